// traces.js — leads and separated signals one below the other on one time axis, from a whole night down to a beat, and rolling
// while they are recorded.
//
// Drawn on canvases of its own, not by uPlot: at 10 s of 8 leads at 1 kHz in 1300 pixels, on two cores without a graphics card,
// uPlot (which draws everything anew) took 81 ms a frame, one line of all columns 66 ms, all columns as bars 17 ms. Moving what
// is drawn and drawing the new columns is the least. The picture is a row of tiles: a pan moves tiles, samples draw their own
// columns in one tile, a zoom draws all in slices, over as many frames as it takes.
import { amplitude } from '../../js/svg.js'
import { SCALE, calibration, columns, gain, layout, points, size } from './columns.js'
import { Floor, Pace, Signal } from './signal.js'
import { cut, hairlines, hands, node, print, stage, still, write } from './stage.js'
import { clock, lowerBound, multiples, timeStep } from './ticks.js'

/** @typedef {import('./columns.js').Kind} Kind */
/** @typedef {import('./stage.js').Surface} Surface */
/** @typedef {{ t_s: number, confidence: number, interpolated: boolean }} FetalBeat */
/**
 * A row: samples µV, NaN = gap. In a live recording rows start empty; `lead` says which of the samples or of a frame's signals
 * are its own.
 * @typedef {{ label: string, kind: Kind, lead?: number, fs: number, samples?: Float32Array }} Row
 * @typedef {{ rows: Row[], duration_s?: number, beats?: { maternal: number[], fetal: FetalBeat[] }, live?: boolean }} TracesData
 * @typedef {{ c0: number, pps: number }} View first column and columns a second, both of the screen's own pixels
 */

const FIRST_WINDOW_S = 8, LIVE_WINDOW_S = 10
const SHORTEST_S = 0.4
const BUDGET_MS = 7 // of a frame, for columns; of a slice of the pyramid
const TILE = 256 // CSS pixels
const LIVE_BYTES = 96e6 // of samples kept while recording, all rows; the oldest go
const LABEL = 80 // CSS pixels between labels of the time axis
const MARGIN = 44 // CSS pixels that a mark or a label reaches to either side

/**
 * @param {HTMLElement} element
 * @param {{ strings: any, onview?: (from_s: number, to_s: number) => void }} options onview: what is shown has changed
 */
export function create(element, { strings, onview }) {
  const words = strings.plots.traces
  /** @type {{ label: string, kind: Kind, lead: number, signal: Signal, floor: Floor | null, middle_uv: number }[]} */
  let rows = []
  /** @type {Record<'large' | 'small', number>} px per µV */
  let scales = { large: 0, small: 0 }
  /** @type {number[]} */
  let maternal = []
  /** @type {FetalBeat[]} */
  let fetal = []
  /** @type {number[]} */
  let fetalAt = []
  let duration_s = 0, live = false, following = false, scaleAt = 0
  let place = layout(0, 0)
  /** @type {View} */
  let view = { c0: 0, pps: 1 }
  /** By number: columns number × columns a tile and on. From..to are to be drawn. @type {Map<number, { canvas: HTMLCanvasElement, from: number, to: number }>} */
  const tiles = new Map()
  /** @type {HTMLCanvasElement[]} */
  const spare = []
  let origin = 0 // the tile at the left of what moves
  let pace = new Pace(), loop = 0, building = 0, spoken = 0
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
      forget()
      if (seconds) setView(from, seconds)
      rescale(true)
    },
    draw,
  })
  stand.root.prepend(tools)
  const roll = stand.front.appendChild(node('div', 'plot-roll'))
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
    place = layout(stand.width, rows.length)
    drawnWidth = width()
    stand.side = place.left || Infinity
    stand.tall(place.height)
    stand.sized()
  }

  /** @param {number} from_s @param {number} seconds */
  function setView(from_s, seconds) {
    drawnWidth = width()
    const longest = Math.max(live ? LIVE_WINDOW_S : SHORTEST_S, end())
    seconds = Math.min(longest, Math.max(SHORTEST_S, seconds))
    const pps = drawnWidth / seconds
    from_s = Math.max(0, Math.min(end() - seconds, from_s))
    if (pps !== view.pps) forget()
    view = { c0: following ? rolled(pace.edge(performance.now() / 1000), pps) : Math.round(from_s * pps), pps }
    now.hidden = !live || following
    shown.textContent = words.shown(seconds)
    stand.ask()
    onview?.(view.c0 / pps, view.c0 / pps + seconds)
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
      if (performance.now() - spoken > 5000) say()
      loop = requestAnimationFrame(step)
    }
    loop = requestAnimationFrame(step)
  }

  /** What is there is not what is drawn. @param {number} from_s @param {number} to_s */
  function touch(from_s, to_s) {
    const from = Math.floor(from_s * view.pps) - 2, to = Math.ceil(to_s * view.pps) + 2, wide = tileWidth()
    for (const [number, tile] of tiles) {
      const start = number * wide
      if (to <= start || from >= start + wide) continue
      tile.from = Math.max(start, Math.min(tile.from, from))
      tile.to = Math.min(start + wide, Math.max(tile.to, to))
    }
  }

  const tileWidth = () => Math.round(TILE * stand.ratio)

  /** Nothing of what is drawn can be used. */
  function forget() {
    for (const { canvas } of tiles.values()) spare.push(canvas)
    tiles.clear()
  }

  /** The tile of a number, new ones bare. @param {number} number */
  function tileOf(number) {
    const wide = tileWidth(), high = Math.round(place.height * stand.ratio)
    let tile = tiles.get(number)
    if (tile) return tile
    const canvas = spare.pop() ?? /** @type {HTMLCanvasElement} */ (roll.appendChild(node('canvas')))
    if (canvas.width !== wide || canvas.height !== high) {
      Object.assign(canvas, { width: wide, height: high })
      canvas.style.width = `${wide / stand.ratio}px`
      canvas.style.height = `${high / stand.ratio}px`
    }
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'))
    context.setTransform(1, 0, 0, 1, 0, 0)
    context.clearRect(0, 0, wide, high)
    canvas.hidden = false
    if (!tiles.size) origin = number
    canvas.style.transform = `translate(${(number - origin) * wide / stand.ratio}px, 0)`
    tile = { canvas, from: number * wide, to: (number + 1) * wide }
    tiles.set(number, tile)
    return tile
  }

  /** Fits the scales to the signals: at once, or only where they are plainly off. @param {boolean} [always] */
  function rescale(always = false) {
    const spans = { large: /** @type {number[]} */ ([]), small: /** @type {number[]} */ ([]) }
    let moved = always
    for (const row of rows) {
      const { signal } = row, to = signal.length / signal.fs
      const found = size(signal, Math.max(signal.first / signal.fs, live ? to - 20 : 0), to)
      if (!found) continue
      spans[SCALE[row.kind]].push(found.span_uv)
      const scale = scales[SCALE[row.kind]]
      if (always || !scale || Number.isNaN(row.middle_uv) || Math.abs(found.middle_uv - row.middle_uv) * scale > place.row / 4) {
        row.middle_uv = found.middle_uv
        moved = true
      }
    }
    for (const key of /** @type {const} */ (['large', 'small'])) {
      const next = gain(spans[key], place.row)
      if (!next || (!always && scales[key] && next / scales[key] > 0.66 && next / scales[key] < 1.5)) continue
      scales[key] = next
      moved = true
    }
    if (!moved) return
    touch(-Infinity, Infinity)
    frameOn(stand.surface())
    stand.ask()
  }

  function draw() {
    const wide = tileWidth(), first = Math.floor(view.c0 / wide), last = Math.floor((view.c0 + width() - 1) / wide)
    for (const [number, { canvas }] of tiles) {
      if (number >= first && number <= last) continue
      tiles.delete(number)
      spare.push(canvas)
    }
    const started = performance.now()
    let late = false
    for (let number = first; number <= last; number++) {
      const tile = tileOf(number)
      if (tile.from >= tile.to) continue
      if (late) continue
      const surface = { ...stand.surface(), context: /** @type {CanvasRenderingContext2D} */ (tile.canvas.getContext('2d')) }
      paint(surface, view.pps, place, tile.from, tile.to, -number * wide)
      tile.from = Infinity
      tile.to = -Infinity
      late = performance.now() - started > BUDGET_MS
    }
    for (const canvas of spare) canvas.hidden = true
    if (!cursor.hidden) readCursor()
    // One thing moves, whatever is in it: moving each tile made the browser take all of their pixels anew.
    roll.style.transform = `translate(${(Math.round(place.left * stand.ratio) + origin * wide - view.c0) / stand.ratio}px, 0)`
    if (late) stand.ask()
    else if (!following && performance.now() - spoken > 400) say()
  }

  /**
   * Columns from..to: paper, rows, beats, axis.
   * @param {Surface} surface @param {number} pps @param {ReturnType<typeof layout>} at @param {number} from @param {number} to
   * @param {number} x0 pixel of the surface at which column 0 stands
   */
  function paint(surface, pps, at, from, to, x0) {
    const { context, ratio, colours } = surface, margin = MARGIN * ratio
    const time = (/** @type {number} */ c) => c / pps
    context.save()
    context.setTransform(1, 0, 0, 1, 0, 0)
    context.beginPath()
    context.rect(x0 + from, 0, to - from, Math.round(at.height * ratio))
    context.clip()
    context.fillStyle = colours.paper
    context.fillRect(x0 + from, 0, to - from, Math.round(at.height * ratio))
    grid(surface, pps, at, from, to, x0)

    rows.forEach((row, i) => {
      const scale = scales[SCALE[row.kind]] * ratio, centre = (at.top + (i + 0.5) * at.row) * ratio
      // A tall wave reaches into the next row, an artefact no further, and none into the lanes and the axis.
      const top = Math.max(at.top, at.top + (i - 0.3) * at.row) * ratio, bottom = Math.min(at.bottom, at.top + (i + 1.3) * at.row) * ratio
      const far = 4 * at.row * ratio, y = (/** @type {number} */ v) => centre - Math.min(far, Math.max(-far, (v - (row.middle_uv || 0)) * scale))
      context.save()
      context.beginPath()
      context.rect(x0 + from, top, to - from, bottom - top)
      context.clip()
      const colour = row.kind === 'maternal' ? colours.maternal : row.kind === 'fetal' ? colours.fetal : row.kind === 'residual' ? colours.soft : colours.ink
      const gap = (/** @type {number} */ a, /** @type {number} */ b) => {
        context.globalAlpha = 0.16
        context.fillStyle = colours.soft
        context.fillRect(Math.round(x0 + a), Math.round(centre - 0.4 * at.row * ratio), Math.round(x0 + b) - Math.round(x0 + a), Math.round(0.8 * at.row * ratio))
        context.globalAlpha = 1
      }
      if (row.signal.fs >= pps) {
        const thick = Math.max(1, 0.75 * ratio)
        columns(row.signal, pps, from - Math.ceil(thick), to, (c, least, greatest) => {
          const high = y(greatest)
          context.fillStyle = colour
          context.fillRect(x0 + c, high, thick, Math.max(1.15 * ratio, y(least) - high))
        }, (c) => gap(c, c + 1))
      } else {
        context.beginPath()
        points(row.signal, pps, from - 4 * ratio, to + 4 * ratio, (c, v, starts) => {
          if (starts) context.moveTo(x0 + c - 0.01, y(v))
          context.lineTo(x0 + c, y(v))
        }, gap)
        context.strokeStyle = colour
        context.lineWidth = 1.3 * ratio
        context.lineJoin = context.lineCap = 'round'
        context.stroke()
      }
      context.restore()
    })
    beatsOn(surface, at, pps, x0, time(from - margin), time(to + margin))
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    const step = timeStep(pps / ratio, LABEL)
    for (const t of multiples(Math.max(0, time(from - margin)), time(to + margin), step)) {
      if (t <= end() + 1e-6 || live) write(surface, (x0 + t * pps) / ratio, at.bottom + 16, clock(t, step), { size: 11, align: t ? 'center' : 'left' })
    }
    context.restore()
  }

  /** ECG paper where beats are wide enough for it: 25 mm/s, 1 mm = 40 ms in squares; else lines at the axis' times. */
  function grid(/** @type {Surface} */ surface, /** @type {number} */ pps, /** @type {typeof place} */ at, /** @type {number} */ from, /** @type {number} */ to, /** @type {number} */ x0) {
    const { context, ratio, colours } = surface
    const top = at.top * ratio, bottom = at.bottom * ratio
    const rules = (/** @type {number} */ step, /** @type {number} */ alpha, /** @type {boolean} */ squares) => {
      context.globalAlpha = alpha
      context.fillStyle = colours.grid
      const thick = Math.max(1, Math.round(ratio * 0.75))
      for (const t of multiples(from / pps, to / pps + 1e-6, step)) context.fillRect(x0 + Math.round(t * pps), top, thick, bottom - top)
      if (squares) for (let y = top; y <= bottom + 0.5; y += step * pps) context.fillRect(x0 + from, Math.round(y), to - from, thick)
      context.globalAlpha = 1
    }
    const millimetre = 0.04 * pps / ratio
    if (millimetre >= 4.5) {
      rules(0.04, Math.min(0.75, (millimetre - 3) / 6), true)
      rules(0.2, 1, true)
    } else if (millimetre >= 2.4) rules(0.2, 0.9, true)
    else rules(timeStep(pps / ratio, LABEL), 1, false)
    context.fillStyle = colours.grid
    context.fillRect(x0 + from, Math.round(bottom), to - from, Math.max(1, Math.round(ratio)))
  }

  /** M and F in their lanes, each over a bar as high as the beat is sure, and hairlines through the rows. */
  function beatsOn(/** @type {Surface} */ surface, /** @type {typeof place} */ at, /** @type {number} */ pps, /** @type {number} */ x0, /** @type {number} */ from_s, /** @type {number} */ to_s) {
    const { context, ratio, colours } = surface
    const css = pps / ratio
    if (css < 5) return
    const letters = css >= 34, lines = css >= 60
    const lane = (/** @type {number[]} */ times, /** @type {number} */ base, /** @type {string} */ colour, /** @type {(i: number) => { letter: string, sure: number, guess: boolean }} */ of) => {
      for (let i = lowerBound(times, from_s); i < times.length && times[i] <= to_s; i++) {
        const { letter, sure, guess } = of(i), x = Math.round(x0 + times[i] * pps), thick = Math.max(1, Math.round(ratio))
        context.fillStyle = colour
        if (lines) {
          context.globalAlpha = 0.28
          if (!guess) context.fillRect(x, at.top * ratio, thick, (at.bottom - at.top) * ratio)
          else for (let y = at.top; y < at.bottom; y += 8) context.fillRect(x, y * ratio, thick, 4 * ratio)
          context.globalAlpha = 1
        }
        const height = (letters ? 3 : 4) + (letters ? 3 : 9) * sure
        context.globalAlpha = guess ? 0.6 : 1
        context.fillRect(x - thick * 0.5, (base - height) * ratio, thick * 2, height * ratio)
        context.globalAlpha = 1
        if (letters) {
          context.font = `600 ${10.5 * ratio}px ${surface.family || 'sans-serif'}`
          context.textAlign = 'center'
          context.fillText(letter, x + thick * 0.5, (base - 7) * ratio)
        }
      }
    }
    lane(maternal, 17, colours.maternal, () => ({ letter: 'M', sure: 1, guess: false }))
    lane(fetalAt, 34, colours.fetal, (i) => ({ letter: fetal[i].interpolated ? '(F)' : 'F', sure: Math.min(1, Math.max(0, fetal[i].confidence)), guess: fetal[i].interpolated }))
  }

  /** What stands still: labels and calibration marks. @param {Surface} surface */
  function frameOn(surface, at = place) {
    const { context, width, height, colours } = surface
    context.clearRect(0, 0, width, height)
    if (at.left) {
      context.fillStyle = colours.paper
      context.fillRect(0, 0, at.left, at.height)
      write(surface, at.left - 12, 14, words.mother, { size: 11, align: 'right', fill: colours.maternal, weight: 600 })
      write(surface, at.left - 12, 31, words.fetus, { size: 11, align: 'right', fill: colours.fetal, weight: 600 })
    }
    let before = ''
    rows.forEach((row, i) => {
      const y = at.top + (i + 0.5) * at.row, scale = scales[SCALE[row.kind]]
      const colour = row.kind === 'maternal' ? colours.maternal : row.kind === 'fetal' ? colours.fetal : row.kind === 'residual' ? colours.soft : colours.ink
      const kind = row.kind === 'lead' ? '' : words.kinds[row.kind]
      const starts = SCALE[row.kind] !== before
      before = SCALE[row.kind]
      if (at.left) {
        const room = at.left - 34
        write(surface, at.left - 24, y + (kind ? -5 : 4), cut(surface, kind || row.label, room, 12, 600), { align: 'right', fill: colour, weight: 600 })
        if (kind) write(surface, at.left - 24, y + 8, cut(surface, row.label, room, 11), { size: 11, align: 'right' })
      } else write(surface, 6, at.top + i * at.row + 12, [kind, row.label].filter(Boolean).join(' '), { size: 11, weight: 600, fill: colour, back: colours.paper })
      if (!scale) return
      const mark = calibration(scale, at.row), x = at.left ? at.left - 10 : width - 8
      hairlines(surface, [[x, y - mark.px / 2, x, y + mark.px / 2], [x - 3, y - mark.px / 2, x + 3, y - mark.px / 2], [x - 3, y + mark.px / 2, x + 3, y + mark.px / 2]], colours.soft)
      if (starts && at.left) write(surface, at.left - 12, y + at.row / 2 - 3, amplitude(mark.uv), { size: 10, align: 'right' })
      if (starts && !at.left) write(surface, width - 14, y + 4, amplitude(mark.uv), { size: 10, align: 'right', back: colours.paper })
    })
  }

  function say() {
    spoken = performance.now()
    const from = view.c0 / view.pps, to = from + span()
    const within = (/** @type {number[]} */ times) => lowerBound(times, to) - lowerBound(times, from)
    stand.label(words.summary({ leads: rows.filter((r) => r.kind === 'lead').length, signals: rows.filter((r) => r.kind !== 'lead').length, from: clock(from), to: clock(Math.min(to, end())),
      duration: clock(end()), maternal: within(maternal), fetal: within(fetalAt), live }))
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
      rows = data.rows.map(({ label, kind, lead = 0, fs }) => ({ label, kind, lead, signal: new Signal(fs), floor: kind === 'lead' || kind === 'residual' ? new Floor(fs) : null, middle_uv: NaN }))
      scales = { large: 0, small: 0 }
      duration_s = data.duration_s ?? Math.max(0, ...data.rows.map(({ samples, fs }) => (samples?.length ?? 0) / fs))
      maternal = [...data.beats?.maternal ?? []]
      fetal = [...data.beats?.fetal ?? []]
      fetalAt = fetal.map((b) => b.t_s)
      pace = new Pace()
      scaleAt = 0
      forget()
      arrange()
      setView(0, live ? LIVE_WINDOW_S : FIRST_WINDOW_S)
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
        for (const t of frame.beats.maternal) maternal.push(t)
        for (const beat of frame.beats.fetal) {
          fetal.push(beat)
          fetalAt.push(beat.t_s)
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
      const seconds = span(), from = view.c0 / view.pps, w = Math.max(900, stand.width), at = layout(w, rows.length)
      const keep = { scales, place }
      return print(w, at.height, stand.family, (surface) => {
        const pps = (w - at.left) * surface.ratio / seconds, c0 = Math.round(from * pps), factor = at.row / keep.place.row
        scales = { large: keep.scales.large * factor, small: keep.scales.small * factor }
        frameOn(surface, at)
        paint(surface, pps, at, c0, c0 + Math.round((w - at.left) * surface.ratio), Math.round(at.left * surface.ratio) - c0)
        scales = keep.scales
      })
    },
  }
}
