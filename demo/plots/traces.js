// traces.js — leads and separated signals one below the other on one time axis, from a whole night down to a beat, and rolling
// while they are recorded.
//
// Drawn on canvases of its own, not by uPlot: at 10 s of 8 leads at 1 kHz in 1300 pixels, on two cores without a graphics card,
// uPlot (which draws everything anew) took 81 ms a frame, one line of all columns 66 ms, all columns as bars 17 ms. Moving what
// is drawn and drawing the new columns is the least. The picture is a row of tiles: a pan moves tiles, samples draw their own
// columns in one tile, a zoom draws all in slices, over as many frames as it takes.
import { layout, scales, size } from './columns.js'
import { margins, paint, times } from './rows.js'
import { Floor, Pace, Signal } from './signal.js'
import { hands, node, print, stage, still, write } from './stage.js'
import { clock, lowerBound } from './ticks.js'
import { Tiles } from './tiles.js'

/** @typedef {import('./columns.js').Kind} Kind */
/** @typedef {import('./rows.js').FetalBeat} FetalBeat */
/**
 * A row: samples µV, NaN = gap. In a live recording rows start empty; `lead` says which of the samples or of a frame's signals
 * are its own.
 * @typedef {{ label: string, kind: Kind, lead?: number, fs: number, samples?: Float32Array }} Row
 * @typedef {{ rows: Row[], duration_s?: number, beats?: { maternal: number[], fetal: FetalBeat[] }, live?: boolean }} TracesData
 * @typedef {{ c0: number, pps: number }} View first column and columns a second, both of the screen's own pixels
 */

const FIRST_WINDOW_S = 8, LIVE_WINDOW_S = 10 // on a desk; on a phone 60 %, or beats would stand too close
const SHORTEST_S = 0.4
const BUDGET_MS = 7 // of a frame, for columns; of a slice of the pyramid
const LIVE_BYTES = 96e6 // of samples kept while recording, all rows; the oldest go

/**
 * @param {HTMLElement} element
 * @param {{ strings: any, onview?: (from_s: number, to_s: number) => void }} options onview: what is shown has changed
 */
export function create(element, { strings, onview }) {
  const words = strings.plots.traces
  /** @type {(import('./rows.js').SceneRow & { lead: number, floor: Floor | null })[]} */
  let rows = []
  /** @type {import('./rows.js').Scene} */
  let scene = { rows, maternal: [], fetal: [], fetalAt: [], end_s: 0 }
  let duration_s = 0, live = false, following = false, scaleAt = 0
  let place = layout(0, 0)
  /** @type {View} */
  let view = { c0: 0, pps: 1 }
  let pace = new Pace(), loop = 0, building = 0, spoken = 0, viewed = 0
  const tools = node('div', 'plot-tools')
  const shown = tools.appendChild(node('span', 'plot-shown'))
  const button = (/** @type {string} */ name, /** @type {string} */ sign, /** @type {() => void} */ act) => {
    const made = tools.appendChild(node('button', 'plot-button', sign))
    made.setAttribute('type', 'button')
    made.setAttribute('aria-label', name)
    made.title = name
    made.addEventListener('click', act)
    return made
  }
  button(words.zoomOut, '−', () => zoom(1 / 1.6, middle()))
  button(words.zoomIn, '+', () => zoom(1.6, middle()))
  button(words.whole, words.wholeSign, () => showWhole())
  const now = button(words.now, words.nowSign, () => follow())
  const stand = stage(element, 'traces', {
    tiled: true, keys: words.keys,
    changed() {
      const seconds = span(), from = view.c0 / view.pps
      arrange()
      tiles.forget()
      if (seconds) setView(from, seconds)
      rescale(true)
    },
    draw,
  })
  stand.root.prepend(tools)
  const tiles = new Tiles(stand.front)
  const axis = stand.place.appendChild(node('div', 'plot-axis')) // not in the tiles, which the edges of the picture cut
  axis.setAttribute('aria-hidden', 'true')
  /** @type {Map<string, HTMLElement>} */
  const labels = new Map()
  let axisKey = '', axisAt = 0
  const cursor = stand.place.appendChild(node('div', 'plot-cursor')), cursorTime = cursor.appendChild(node('span'))
  let cursorX = 0
  cursor.hidden = true
  const readCursor = () => {
    cursorTime.textContent = clock((view.c0 + (cursorX - place.left) * stand.ratio) / view.pps, 0.01)
  }

  const width = () => Math.max(1, Math.round((stand.width - place.left) * stand.ratio))
  const middle = () => place.left + (stand.width - place.left) / 2
  const span = () => (drawnWidth ? drawnWidth / view.pps : 0)
  let drawnWidth = 0
  const end = () => (live ? Math.max(duration_s, ...rows.map(({ signal }) => signal.length / signal.fs)) : duration_s)

  function arrange() {
    const { context, family } = stand.surface()
    context.font = `600 12px ${family || 'sans-serif'}`
    place = layout(stand.width, rows.length, Math.max(0, ...rows.map(({ label }) => context.measureText(label).width)))
    drawnWidth = width()
    stand.side = place.left || Infinity
    stand.tall(place.height)
    stand.sized()
  }

  const fitting = (/** @type {number} */ seconds) => (place.left ? seconds : 0.6 * seconds)

  /** @param {number} from_s @param {number} seconds */
  function setView(from_s, seconds) {
    drawnWidth = width()
    const longest = Math.max(live ? fitting(LIVE_WINDOW_S) : SHORTEST_S, end())
    seconds = Math.min(longest, Math.max(SHORTEST_S, seconds))
    const pps = drawnWidth / seconds
    from_s = Math.max(0, Math.min(end() - seconds, from_s))
    if (pps !== view.pps) tiles.forget()
    view = { c0: following ? rolled(pace.edge(performance.now() / 1000), pps) : Math.round(from_s * pps), pps }
    now.hidden = !live || following
    shown.textContent = words.shown(seconds)
    stand.ask()
    tellView()
  }

  function tellView() {
    viewed = performance.now()
    onview?.(view.c0 / view.pps, view.c0 / view.pps + span())
  }

  function showWhole() {
    following = false
    setView(live ? Math.max(0, ...rows.map(({ signal }) => signal.first / signal.fs)) : 0, Infinity)
  }

  /** @param {number} factor above 1: less time @param {number} x CSS pixels */
  function zoom(factor, x) {
    const seconds = span() / factor
    if (following) return setView(0, seconds)
    const part = Math.min(1, Math.max(0, (x - place.left) / Math.max(1, stand.width - place.left)))
    const at = view.c0 / view.pps + span() * part
    const kept = Math.min(Math.max(SHORTEST_S, seconds), Math.max(SHORTEST_S, end()))
    setView(at - kept * part, kept)
  }

  /** @param {number} seconds */
  function pan(seconds) {
    following = false
    setView(view.c0 / view.pps + seconds, span())
    if (live && seconds > 0 && view.c0 + drawnWidth >= Math.floor(end() * view.pps) - 1) follow()
  }

  function follow() {
    if (!live) return
    following = true
    setView(view.c0 / view.pps, span())
    run()
  }

  /** The first column of a window that ends at an edge; who wants things to stand still gets pages, on which the pen moves. @param {number} edge_s @param {number} pps */
  const rolled = (edge_s, pps) => (still() ? Math.floor(edge_s * pps / drawnWidth) * drawnWidth : Math.max(0, Math.floor(edge_s * pps) - drawnWidth))

  /** Rolls while it follows a recording. */
  function run() {
    if (loop || !live || !following) return
    const step = () => {
      loop = 0
      if (!live || !following) return
      view = { pps: view.pps, c0: rolled(pace.edge(performance.now() / 1000), view.pps) }
      stand.now()
      if (performance.now() - viewed > 1000) tellView()
      if (performance.now() - spoken > 5000) say()
      loop = requestAnimationFrame(step)
    }
    loop = requestAnimationFrame(step)
  }

  /** What is there is not what is drawn. @param {number} from_s @param {number} to_s */
  const touch = (from_s, to_s) => tiles.touch(Math.floor(from_s * view.pps) - 2, Math.ceil(to_s * view.pps) + 2)

  /** Fits the scales to the signals: at once, or only where they are plainly off. @param {boolean} [always] */
  function rescale(always = false) {
    let moved = always
    const found = rows.map(({ signal }) => {
      const to = signal.length / signal.fs
      return size(signal, Math.max(signal.first / signal.fs, live ? to - 20 : 0), to)
    })
    const next = scales(rows.map(({ kind }, i) => ({ kind, span_uv: found[i]?.span_uv ?? null })), place.row)
    // All or none: what was drawn to one scale stays so.
    const off = rows.some((row, i) => next[i] && (!row.px_uv || next[i] / row.px_uv < 0.66 || next[i] / row.px_uv > 1.5))
    rows.forEach((row, i) => {
      const middle_uv = found[i]?.middle_uv
      if (middle_uv !== undefined && (always || !row.px_uv || Number.isNaN(row.middle_uv) || Math.abs(middle_uv - row.middle_uv) * row.px_uv > place.row / 4)) {
        row.middle_uv = middle_uv
        moved = true
      }
      if (!next[i] || !(always || off)) return
      row.px_uv = next[i]
      moved = true
    })
    if (!moved) return
    touch(-Infinity, Infinity)
    margins(stand.surface(), scene, place, words)
    stand.ask()
  }

  function draw() {
    scene.end_s = live ? Infinity : duration_s
    const surface = stand.surface()
    const done = tiles.show(view.c0, width(), place, stand.ratio, BUDGET_MS, (context, from, to, x0) => paint({ ...surface, context }, scene, place, view.pps, from, to, x0))
    label()
    if (!cursor.hidden) readCursor()
    if (!done) stand.ask()
    else if (!following && performance.now() - spoken > 400) say()
  }

  /** The labels of the time axis, which move with the picture. */
  function label() {
    const css = view.pps / stand.ratio, key = `${view.pps} ${stand.ratio} ${place.left} ${place.bottom}`
    if (key !== axisKey || Math.abs(view.c0 - axisAt) > 1e5) {
      axisKey = key
      axisAt = view.c0
      axis.style.top = `${place.bottom}px`
      axis.replaceChildren()
      labels.clear()
    }
    const wanted = times(view.pps, stand.ratio, view.c0, view.c0 + width(), scene.end_s)
    for (const [text, element] of labels) {
      if (wanted.some((w) => w.text === text)) continue
      element.remove()
      labels.delete(text)
    }
    for (const { t, text } of wanted) {
      if (labels.has(text)) continue
      const made = axis.appendChild(node('span', t ? '' : 'plot-start', text))
      made.style.left = `${place.left + t * css - axisAt / stand.ratio}px`
      labels.set(text, made)
    }
    axis.style.transform = `translate(${(axisAt - view.c0) / stand.ratio}px, 0)`
  }

  function say() {
    spoken = performance.now()
    const from = view.c0 / view.pps, to = from + span()
    const within = (/** @type {number[]} */ times) => lowerBound(times, to) - lowerBound(times, from)
    stand.label(words.summary({ leads: rows.filter((r) => r.kind === 'lead').length, signals: rows.filter((r) => r.kind !== 'lead').length, from: clock(from), to: clock(Math.min(to, end())),
      duration: clock(end()), maternal: within(scene.maternal), fetal: within(scene.fetalAt), live }))
  }

  /** Builds the pyramids a little at a time, all rows from the start on. @param {Row[]} given */
  function build(given) {
    const turn = ++building
    const waiting = rows.map((row, i) => row.signal.adopt(given[i].samples ?? new Float32Array(), row.floor))
    let first = true
    const step = () => {
      if (turn !== building) return
      const started = performance.now(), before = Math.min(...rows.map(({ signal }) => signal.length / signal.fs))
      while (waiting.length && performance.now() - started < BUDGET_MS) {
        const work = /** @type {Generator<undefined>} */ (waiting.shift())
        if (!work.next().done) waiting.push(work)
      }
      touch(before - 1, Math.max(...rows.map(({ signal }) => signal.length / signal.fs)))
      if (first || !waiting.length) rescale(first)
      first = false
      stand.ask()
      if (waiting.length) setTimeout(step)
    }
    step()
  }

  hands(stand.front, {
    pan: (dx) => pan(-dx * stand.ratio / view.pps), zoom,
    hover(x) {
      cursor.hidden = x === null || x < place.left
      if (x === null) return
      cursor.style.transform = `translate(${x}px, 0)`
      cursorX = x
      readCursor()
    },
  })
  stand.front.addEventListener('keydown', (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return
    /** @type {Record<string, () => void>} */
    const acts = {
      ArrowLeft: () => pan(-span() * (e.shiftKey ? 0.9 : 0.1)), ArrowRight: () => pan(span() * (e.shiftKey ? 0.9 : 0.1)),
      PageUp: () => pan(-span() * 0.9), PageDown: () => pan(span() * 0.9), Home: () => pan(-Infinity), End: () => (live ? follow() : pan(Infinity)),
      '+': () => zoom(1.6, middle()), '=': () => zoom(1.6, middle()), '-': () => zoom(1 / 1.6, middle()), 0: showWhole,
    }
    if (!acts[e.key]) return
    e.preventDefault()
    acts[e.key]()
    say()
    stand.tell(stand.front.getAttribute('aria-label') ?? '')
  })

  return {
    /** @param {TracesData} data */
    set(data) {
      building++
      live = data.live ?? false
      following = live
      rows = data.rows.map(({ label, kind, lead = 0, fs }) => ({ label, kind, lead, signal: new Signal(fs), floor: kind === 'lead' || kind === 'residual' ? new Floor(fs) : null, middle_uv: NaN, px_uv: 0 }))
      duration_s = data.duration_s ?? Math.max(0, ...data.rows.map(({ samples, fs }) => (samples?.length ?? 0) / fs))
      const fetal = [...data.beats?.fetal ?? []]
      scene = { rows, maternal: [...data.beats?.maternal ?? []], fetal, fetalAt: fetal.map((b) => b.t_s), end_s: duration_s }
      pace = new Pace()
      scaleAt = 0
      tiles.forget()
      arrange()
      setView(0, fitting(live ? LIVE_WINDOW_S : FIRST_WINDOW_S))
      if (live) run()
      else build(data.rows)
      say()
    },
    /**
     * What came while it is recorded: samples of the leads, from t0_s on, and a frame of what was separated.
     * @param {{ t0_s?: number, samples?: Float32Array[], frame?: { t0_s: number, fs: number, fetal: Float32Array[], maternal: Float32Array[], residual: Float32Array[],
     *   beats: { fetal: FetalBeat[], maternal: number[] } } }} news
     */
    append({ t0_s, samples, frame }) {
      const put = (/** @type {Signal} */ signal, /** @type {Float32Array} */ part, /** @type {number | undefined} */ at_s) => {
        const missing = at_s === undefined ? 0 : Math.round(at_s * signal.fs) - signal.length
        if (missing > 0) signal.append(new Float32Array(missing).fill(NaN))
        const from = signal.length / signal.fs
        signal.append(missing < 0 ? part.subarray(-missing) : part)
        signal.drop(signal.length - LIVE_BYTES / 4 / rows.length)
        touch(from, signal.length / signal.fs)
      }
      for (const row of rows) {
        if (row.kind === 'lead') {
          const part = samples?.[row.lead]
          if (part) put(row.signal, row.floor ? row.floor.level(part) : part, t0_s)
        } else {
          const part = frame?.[row.kind][row.lead]
          if (frame && part) put(row.signal, row.floor ? row.floor.level(part) : part, frame.t0_s)
        }
      }
      if (frame) {
        for (const t of frame.beats.maternal) scene.maternal.push(t)
        for (const beat of frame.beats.fetal) {
          scene.fetal.push(beat)
          scene.fetalAt.push(beat.t_s)
        }
        const early = Math.min(...frame.beats.maternal, ...frame.beats.fetal.map((b) => b.t_s))
        if (early < Infinity) touch(early - 0.2, end())
      }
      duration_s = end()
      const wall = performance.now() / 1000
      pace.came(wall, duration_s)
      if (wall > scaleAt) {
        rescale()
        scaleAt = wall + 2
      }
      if (!following) stand.ask()
    },
    /** Shows a stretch. @param {number} from_s @param {number} to_s */
    show(from_s, to_s) {
      following = false
      setView(from_s, to_s - from_s)
    },
    follow,
    resize: stand.fit,
    destroy() {
      building++
      cancelAnimationFrame(loop)
      live = false
      stand.destroy()
    },
    /** What is shown, on white. */
    png() {
      const seconds = span(), from = view.c0 / view.pps, w = Math.max(900, stand.width), at = layout(w, rows.length, place.left - 36)
      const factor = at.row / place.row
      const printed = { ...scene, rows: rows.map((row) => ({ ...row, px_uv: row.px_uv * factor })) }
      return print(w, at.height, stand.family, (surface) => {
        const columns = Math.round((w - at.left) * surface.ratio), pps = columns / seconds, c0 = Math.round(from * pps)
        margins(surface, printed, at, words)
        paint(surface, printed, at, pps, c0, c0 + columns, Math.round(at.left * surface.ratio) - c0)
        surface.context.setTransform(surface.ratio, 0, 0, surface.ratio, 0, 0)
        for (const { text, x } of times(pps, surface.ratio, c0, c0 + columns, scene.end_s)) write(surface, at.left + x, at.bottom + 16, text, { size: 11, align: 'center' })
      })
    },
  }
}
