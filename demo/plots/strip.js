// strip.js — the fetal and the maternal heart rate as clinicians read them: 30 to 240 bpm on paper of 1 or 3 cm a minute, true to
// the centimetre of CSS. A rate that is not known is a gap. Over hours it scrolls, with the whole recording small below it.
import { Signal } from './signal.js'
import { columns, points } from './columns.js'
import { HEIGHT, HIGHEST, LOWEST, NORMAL, SPEEDS, TICKS, at, down, lanes, pixels, rules, ticks } from './paper.js'
import { hairlines, hands, node, print, stage, write } from './stage.js'
import { clock, multiples } from './ticks.js'

/** @typedef {import('./stage.js').Surface} Surface */
/** @typedef {{ type: string, t_s: number, duration_s: number }} Event */
/** @typedef {{ t_s: number, duration_s: number, bpm: number | null }} Stretch */
/** @typedef {{ t_s: number[], bpm: (number | null)[] }} Rate */
/** @typedef {{ duration_s: number, fetal: Rate, maternal: Rate, events?: Event[], baseline?: Stretch[], live?: boolean }} StripData */

const LEFT = 38, LEGEND = 24, LANE = 20, LANES = 3, LOSS = 6, AXIS = 22, OVERVIEW = 44 // CSS pixels
const FALLS = new Set(['deceleration', 'prolonged-deceleration', 'bradycardia'])

/** @typedef {{ led(from_s: number, speed: 1 | 3, cursor: number | null): void, link(other: Led | null): void }} Led */

/**
 * @param {HTMLElement} element
 * @param {{ strings: any, onpick?: (t_s: number) => void, beside?: Led }} options onpick: a place on the strip was chosen; beside: a strip
 *   on whose time axis this one stands: both show the same stretch, and one cursor
 */
export function create(element, { strings, onpick, beside }) {
  const words = strings.plots.strip
  let fetal = new Signal(TICKS), maternal = new Signal(TICKS)
  /** @type {Event[]} */
  let events = []
  /** @type {(Event & { lane: number, room: boolean, name: string })[]} */
  let named = []
  /** @type {Stretch[]} */
  let baseline = []
  let duration_s = 0, live = false, following = false, from_s = 0, used = 0
  /** @type {1 | 3} */
  let speed = 1
  let chosen = false // by hand
  let caption = ''
  /** @type {Led | null} the strip that goes with this one */
  let other = beside ?? null
  let led = false // by it, now
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let speaking
  /** @type {number | null} */
  let cursor = null
  /** @type {[number, number] | null} */
  let marked = null

  const tools = node('div', 'plot-tools')
  const speeds = SPEEDS.map((cm) => {
    const made = tools.appendChild(node('button', 'plot-button', words.speed(cm)))
    made.setAttribute('type', 'button')
    made.addEventListener('click', () => choose(cm))
    return made
  })
  const now = tools.appendChild(node('button', 'plot-button', words.nowSign))
  now.setAttribute('type', 'button')
  now.setAttribute('aria-label', words.now)
  now.addEventListener('click', () => follow())
  const stand = stage(element, 'strip', { layers: 2, keys: words.keys, changed: suit, draw })
  if (!beside) stand.root.prepend(tools)

  const window_s = (width = stand.width) => (width - LEFT) / pixels(speed)
  const long = () => duration_s > window_s() + 1
  const top = () => LEGEND + used * LANE + (used ? 4 : 0)
  const below = () => top() + HEIGHT + LOSS + AXIS
  const clamp = (/** @type {number} */ t) => Math.max(0, Math.min(t, duration_s - window_s()))

  /** @param {number} t start of what is shown */
  function move(t) {
    from_s = clamp(following ? Infinity : t)
    now.hidden = !live || following
    lead()
    stand.tall(Math.ceil(below() + (long() ? OVERVIEW : 0)))
    stand.ask()
    clearTimeout(speaking)
    speaking = setTimeout(say, 400) // once it has come to rest
  }

  /** The other strip goes where this one goes. */
  function lead() {
    if (!led) other?.led(from_s, speed, cursor)
  }

  function follow() {
    following = live
    move(from_s)
  }

  /** @param {1 | 3} cm a minute */
  function choose(cm) {
    chosen = true
    setSpeed(cm)
  }

  /** Unless a speed was chosen: what fits the wider paper is easier to read on it, and so is the little that a live recording starts with. */
  function suit() {
    const wanted = chosen ? speed : live || duration_s * pixels(3) <= stand.width - LEFT ? 3 : 1
    if (wanted === speed) move(from_s)
    else setSpeed(wanted)
  }

  /** @param {1 | 3} cm a minute */
  function setSpeed(cm) {
    const middle = cursor ?? from_s + window_s() / 2
    speed = cm
    name()
    speeds.forEach((made, i) => made.setAttribute('aria-pressed', String(SPEEDS[i] === speed)))
    move(middle - window_s() / 2)
  }

  /** Names of events, and the lane in which each has room. */
  function name() {
    const titled = events.map((e) => ({ ...e, name: `${FALLS.has(e.type) ? '▼' : e.type === 'acceleration' || e.type === 'tachycardia' ? '▲' : '◆'} ${words.event(e.type, e.duration_s)}` }))
      .sort((a, b) => a.t_s - b.t_s)
    const given = lanes(titled.map((e) => ({ from: e.t_s * pixels(speed), to: e.t_s * pixels(speed) + Math.max(e.duration_s * pixels(speed), e.name.length * 6.4 + 14) })), LANES)
    named = titled.map((e, i) => ({ ...e, ...given[i] }))
    used = named.length ? Math.max(...named.map((e) => e.lane)) + 1 : 0
  }

  function draw() {
    const surface = stand.surface()
    surface.context.clearRect(0, 0, stand.width, stand.height)
    sheet(surface, from_s)
    if (long()) overview(surface)
    over()
  }

  /** The paper from a time on. @param {Surface} surface @param {number} from */
  function sheet(surface, from) {
    const { context, width, ratio, colours } = surface
    const y0 = top(), px = pixels(speed), to = from + (width - LEFT) / px, x = (/** @type {number} */ t) => LEFT + (t - from) * px
    const known_to = live ? to : Math.min(to, duration_s), right = Math.min(width, x(known_to))
    context.fillStyle = colours.paper
    context.fillRect(0, 0, width, below())
    const narrow = width < 460
    if (caption) write(surface, LEFT, 16, caption, { size: 11, weight: 650, fill: colours.ink })
    if (!caption || !narrow) write(surface, caption ? LEFT + context.measureText(caption).width + 12 : LEFT, 16, narrow ? words.speed(speed) : words.scale(speed, 30), { size: 11 })
    if (!beside || !narrow) legend(surface)
    context.save()
    context.beginPath()
    context.rect(LEFT, 0, width - LEFT, below())
    context.clip()
    context.globalAlpha = 0.55
    context.fillStyle = colours.wash
    context.fillRect(LEFT, y0 + down(NORMAL[1]), width - LEFT, down(NORMAL[0]) - down(NORMAL[1]))
    context.globalAlpha = 1
    const { thin, thick, label } = rules(speed)
    const vertical = (/** @type {number} */ step) => multiples(from, to, step).map((t) => [x(t), y0, x(t), y0 + HEIGHT])
    const across = (/** @type {number} */ step) => multiples(LOWEST, HIGHEST, step).map((v) => [LEFT, y0 + down(v), width, y0 + down(v)])
    context.globalAlpha = 0.5
    hairlines(surface, [...vertical(thin), ...across(10)], colours.ruled)
    context.globalAlpha = 1
    hairlines(surface, [...vertical(thick), ...across(30)], colours.ruled, 1.4)

    for (const e of named) {
      const a = x(e.t_s), b = Math.max(a + 2, x(e.t_s + e.duration_s))
      if (a > width || Math.max(b, a + e.name.length * 8) < LEFT) continue
      const colour = e.type === 'acceleration' ? colours.fetal : colours.guess, y = LEGEND + e.lane * LANE
      context.fillStyle = colour
      context.globalAlpha = 0.1
      context.fillRect(a, y0, b - a, HEIGHT)
      context.globalAlpha = 1
      context.fillRect(a, y + LANE - 3, b - a, 3)
      if (e.room) write(surface, Math.min(Math.max(a, LEFT + 4), Math.max(a, b - e.name.length * 6)), y + LANE - 7, e.name, { size: 11, fill: colours.ink })
    }
    for (const s of baseline) {
      if (s.bpm === null || x(s.t_s) > width || x(s.t_s + s.duration_s) < LEFT) continue
      const y = y0 + down(s.bpm), a = Math.max(LEFT, x(s.t_s))
      context.setLineDash([7, 4])
      hairlines(surface, [[a, y, Math.min(width, x(s.t_s + s.duration_s)), y]], colours.ink, 1.2)
      context.setLineDash([])
    }

    const line = (/** @type {Signal} */ signal, /** @type {string} */ colour, /** @type {number} */ thick_css, loss = false) => {
      const pps = px * ratio, c0 = Math.round(from * pps), thick = Math.max(1, thick_css * ratio * 0.8)
      context.save()
      context.setTransform(1, 0, 0, 1, 0, 0)
      const x0 = Math.round(LEFT * ratio) - c0
      const gap = (/** @type {number} */ a, /** @type {number} */ b) => {
        if (!loss) return
        context.fillStyle = colours.soft
        context.fillRect(Math.floor(x0 + a), Math.round((y0 + HEIGHT + 2) * ratio), Math.max(1, Math.round(b - a)), Math.round((LOSS - 2) * ratio))
      }
      if (TICKS > 2.5 * pps) {
        columns(signal, pps, c0, Math.round(to * pps) + 1, (c, least, greatest) => {
          const high = (y0 + down(greatest)) * ratio - thick_css * ratio / 2
          context.fillStyle = colour
          context.fillRect(x0 + c, high, thick, (y0 + down(least)) * ratio + thick_css * ratio / 2 - high)
        }, (c) => gap(c, c + 1))
      } else {
        context.beginPath()
        points(signal, pps, c0, Math.round(to * pps) + 1, (c, v, starts) => {
          if (starts) context.moveTo(x0 + c - 0.01, (y0 + down(v)) * ratio)
          context.lineTo(x0 + c, (y0 + down(v)) * ratio)
        }, gap)
        context.strokeStyle = colour
        context.lineWidth = thick_css * ratio
        context.lineJoin = context.lineCap = 'round'
        context.stroke()
      }
      context.restore()
    }
    line(maternal, colours.maternal, 1.1)
    line(fetal, colours.fetal, 1.7, true)
    for (const s of baseline) {
      if (s.bpm === null || x(s.t_s) > width - 40 || x(s.t_s + s.duration_s) < LEFT + 90) continue
      write(surface, Math.max(LEFT, x(s.t_s)) + 5, y0 + down(s.bpm) - 22, words.baseline(s.bpm), { size: 11, fill: colours.ink, back: colours.paper })
    }
    for (const t of multiples(Math.max(0, from), to, label)) { // whole ones, at the edges too
      const at_edge = x(t) < LEFT + 18 ? 'left' : x(t) > width - 18 ? 'right' : 'center'
      write(surface, at_edge === 'left' ? Math.max(LEFT, x(t) - 14) : at_edge === 'right' ? Math.min(width, x(t) + 14) : x(t), y0 + HEIGHT + LOSS + 15, clock(t), { size: 11, align: at_edge })
    }
    if (right < width) { // after the end of the recording
      context.globalAlpha = 0.75
      context.fillStyle = colours.paper
      context.fillRect(right, y0, width - right, HEIGHT)
      context.globalAlpha = 1
      hairlines(surface, [[right, y0, right, y0 + HEIGHT]], colours.soft)
    }
    context.restore()
    for (const v of multiples(LOWEST, HIGHEST, 30)) write(surface, LEFT - 7, y0 + down(v) + (v === HIGHEST ? 9 : v === LOWEST ? 0 : 4), String(v), { size: 11, align: 'right' })
  }

  /** @param {Surface} surface */
  function legend(surface) {
    const { context, width, colours } = surface
    let x = width - 8
    /** @type {[string, string, (x: number) => void][]} */
    const items = [
      [words.noRate, '', (at) => { context.fillStyle = colours.soft; context.fillRect(at, 10, 16, LOSS - 2) }],
      [words.normal(...NORMAL), '', (at) => { context.fillStyle = colours.wash; context.fillRect(at, 6, 16, 11) }],
      [words.mother, colours.maternal, (at) => { context.fillStyle = colours.maternal; context.fillRect(at, 11.5, 16, 1.2) }],
      [words.fetus, colours.fetal, (at) => { context.fillStyle = colours.fetal; context.fillRect(at, 11, 16, 2.4) }],
    ]
    if (width < 560) items.splice(0, 2)
    for (const [text, fill, mark] of items) {
      write(surface, x, 16, text, { size: 11, align: 'right', ...fill && { fill, weight: 600 } })
      x -= context.measureText(text).width + 22
      mark(x)
      x -= 16
    }
  }

  /** The whole recording under the paper, and where the paper is in it. @param {Surface} surface */
  function overview(surface) {
    const { context, width, ratio, colours } = surface
    const y0 = below() + 4, h = OVERVIEW - 8, pps = (width - LEFT) * ratio / duration_s
    context.fillStyle = colours.paper
    context.fillRect(0, below(), width, OVERVIEW)
    const x = (/** @type {number} */ t) => LEFT + t / duration_s * (width - LEFT)
    context.fillStyle = colours.wash
    context.globalAlpha = 0.55
    context.fillRect(LEFT, y0, width - LEFT, h)
    context.globalAlpha = 1
    context.save()
    context.setTransform(1, 0, 0, 1, 0, 0)
    columns(fetal, pps, 0, Math.round((width - LEFT) * ratio), (c, least, greatest) => {
      const y = (/** @type {number} */ v) => (y0 + down(v) / HEIGHT * h) * ratio
      context.fillStyle = colours.fetal
      context.fillRect(Math.round(LEFT * ratio) + c, y(greatest), 1, Math.max(1.2 * ratio, y(least) - y(greatest)))
    }, () => {})
    context.restore()
    const a = x(from_s), b = Math.min(width - 1, Math.max(a + 6, x(from_s + window_s())))
    context.strokeStyle = colours.ink
    context.lineWidth = 1.5
    context.strokeRect(a, y0, b - a, h)
  }

  /** Over the paper: what the traces show, and the cursor with what it reads. */
  function over() {
    const surface = stand.surface(1), { context, width, colours } = surface
    const here = cursor !== null && cursor >= from_s && cursor <= from_s + window_s()
    stand.see(1, marked !== null || here)
    context.clearRect(0, 0, width, stand.height)
    const y0 = top(), x = (/** @type {number} */ t) => LEFT + (t - from_s) * pixels(speed)
    if (marked) {
      const a = Math.max(LEFT, x(marked[0])), b = Math.min(width, Math.max(a + 2, x(marked[1])))
      context.fillStyle = colours.ink
      context.globalAlpha = 0.09
      if (b > LEFT && a < width) {
        context.fillRect(a, y0, b - a, HEIGHT)
        context.globalAlpha = 0.6
        hairlines(surface, [[a, y0, a, y0 + HEIGHT], [b, y0, b, y0 + HEIGHT]], colours.ink)
      }
      context.globalAlpha = 1
    }
    if (cursor === null || !here) return
    const { f, m } = read(cursor)
    hairlines(surface, [[x(cursor), y0, x(cursor), y0 + HEIGHT]], colours.ink)
    for (const [v, colour] of /** @type {[number, string][]} */ ([[m, colours.maternal], [f, colours.fetal]])) {
      if (Number.isNaN(v)) continue
      context.beginPath()
      context.arc(x(cursor), y0 + down(v), 4, 0, 7)
      context.fillStyle = colours.paper
      context.fill()
      context.strokeStyle = colour
      context.lineWidth = 2
      context.stroke()
    }
    const text = readOut(cursor)
    context.font = `600 12px ${surface.family}`
    const w = context.measureText(text).width + 20, box = Math.max(LEFT + 2, Math.min(width - w - 2, x(cursor) + 10))
    const left = x(cursor) + 10 + w > width && x(cursor) - w - 10 > LEFT ? x(cursor) - w - 10 : box
    context.fillStyle = colours.ink
    context.beginPath()
    context.roundRect(left, y0 + HEIGHT - 38, w, 26, 6)
    context.fill()
    write(surface, left + 10, y0 + HEIGHT - 21, text, { size: 12, weight: 600, fill: colours.paper })
  }

  const read = (/** @type {number} */ t) => ({ f: fetal.at(Math.floor(t * TICKS)), m: maternal.at(Math.floor(t * TICKS)) })

  /** @param {number} t */
  function readOut(t) {
    const { f, m } = read(t)
    return words.read({ at: clock(t), fetal: Number.isNaN(f) ? null : Math.round(f), maternal: Number.isNaN(m) ? null : Math.round(m),
      baseline: at(baseline, t)[0]?.bpm ?? null, events: at(events, t).map((e) => words.event(e.type, e.duration_s)) })
  }

  function say() {
    const to = Math.min(duration_s, from_s + window_s()), within = events.filter((e) => e.t_s < to && e.t_s + e.duration_s > from_s)
    const first = Math.floor(from_s * TICKS), values = Float32Array.from({ length: Math.max(0, Math.ceil(to * TICKS) - first) }, (_, i) => fetal.at(first + i))
    const known = values.filter((v) => !Number.isNaN(v)).sort()
    /** @type {Record<string, number>} */
    const counts = {}
    for (const { type } of within) counts[type] = (counts[type] ?? 0) + 1
    stand.label(words.summary({ from: clock(from_s), to: clock(to), known: values.length ? known.length / values.length : 0, counts,
      median: known.length ? Math.round(known[known.length >> 1]) : null, least: known.length ? Math.round(known[Math.floor(0.02 * known.length)]) : null,
      greatest: known.length ? Math.round(known[Math.ceil(0.98 * known.length) - 1]) : null, baseline: baseline.filter((s) => s.bpm !== null && s.t_s < to && s.t_s + s.duration_s > from_s).map((s) => s.bpm) }))
  }

  /** @param {number | null} t @param {boolean} [aloud] */
  function point(t, aloud = false) {
    cursor = t === null ? null : Math.max(0, Math.min(duration_s - 1 / TICKS, t))
    if (cursor !== null && aloud) {
      following = false
      if (cursor < from_s) move(cursor - window_s() * 0.1)
      else if (cursor > from_s + window_s()) move(cursor - window_s() * 0.9)
      stand.tell(readOut(cursor))
    }
    over()
    lead()
  }

  let grip = /** @type {'paper' | 'overview'} */ ('paper'), pointerY = 0
  stand.front.addEventListener('pointerdown', (e) => {
    pointerY = e.clientY - stand.front.getBoundingClientRect().top
    grip = long() && pointerY > below() ? 'overview' : 'paper'
  })
  const timeAt = (/** @type {number} */ x) => from_s + (x - LEFT) / pixels(speed)
  hands(stand.front, {
    pan(dx) {
      following = false
      if (grip === 'paper') move(from_s - dx / pixels(speed))
      else move(from_s + dx / (stand.width - LEFT) * duration_s)
      if (live && from_s >= duration_s - window_s() - 1) follow()
    },
    hover(x, y) { point(x === null || x < LEFT || y > below() ? null : timeAt(x)) },
    tap(x, y) {
      if (x < LEFT) return
      if (long() && y > below()) {
        following = false
        move((x - LEFT) / (stand.width - LEFT) * duration_s - window_s() / 2)
      } else if (timeAt(x) <= duration_s) {
        point(timeAt(x))
        onpick?.(timeAt(x))
      }
    },
  })
  stand.front.addEventListener('keydown', (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return
    const here = cursor ?? from_s + window_s() / 2, step = e.shiftKey ? 60 : 5
    /** @type {Record<string, () => void>} */
    const acts = {
      ArrowLeft: () => point(here - step, true), ArrowRight: () => point(here + step, true), Home: () => point(0, true), End: () => (live ? follow() : point(duration_s, true)),
      PageUp: () => point(here - window_s() * 0.9, true), PageDown: () => point(here + window_s() * 0.9, true), Escape: () => point(null), Enter: () => onpick?.(here),
      1: () => choose(1), 3: () => choose(3),
    }
    if (!acts[e.key]) return
    e.preventDefault()
    acts[e.key]()
  })

  const self = {
    /** Where the strip beside this one is. @param {number} from @param {1 | 3} cm @param {number | null} t */
    led(from, cm, t) {
      led = chosen = true
      if (cm !== speed) setSpeed(cm)
      cursor = t
      move(from)
      over()
      led = false
    },
    /** Goes with another from now on; null: alone again. @param {Led | null} strip */
    link(strip) {
      other = strip
      if (strip) lead()
    },
    /** What is written over the paper. @param {string} text */
    name(text) {
      caption = text
      stand.ask()
    },
    /** @param {StripData} data */
    set(data) {
      live = following = data.live ?? false
      duration_s = data.duration_s
      fetal = new Signal(TICKS)
      maternal = new Signal(TICKS)
      fetal.append(ticks(0, data.fetal.t_s, data.fetal.bpm))
      maternal.append(ticks(0, data.maternal.t_s, data.maternal.bpm))
      events = data.events ?? []
      baseline = data.baseline ?? []
      cursor = null
      from_s = 0
      setSpeed(speed)
      suit()
      say()
    },
    /**
     * What was settled since, while it is recorded; events and baseline: all of them, as they are known now.
     * @param {{ duration_s?: number, rate?: { t_s: number[], fetal_bpm: (number | null)[], maternal_bpm: (number | null)[] }, events?: Event[], baseline?: Stretch[] }} news
     */
    append({ duration_s: length, rate, events: all, baseline: stretches }) {
      if (rate) {
        fetal.append(ticks(fetal.length, rate.t_s, rate.fetal_bpm))
        maternal.append(ticks(maternal.length, rate.t_s, rate.maternal_bpm))
      }
      duration_s = Math.max(duration_s, length ?? 0, fetal.length / TICKS)
      if (all) events = all
      if (stretches) baseline = stretches
      if (all) name()
      move(from_s)
    },
    /** Marks what is shown elsewhere. @param {number} from @param {number} to */
    mark(from, to) {
      marked = [from, to]
      over()
    },
    resize: stand.fit,
    destroy() {
      clearTimeout(speaking)
      beside?.link(null)
      stand.destroy()
    },
    /** The paper on white: what is shown, or a stretch. @param {{ from_s?: number, to_s?: number }} [stretch] */
    png({ from_s: start = from_s, to_s: end = Math.min(duration_s, from_s + window_s()) } = {}) {
      return print(Math.max(400, Math.ceil(LEFT + (end - start) * pixels(speed))), Math.ceil(below()), stand.family, (surface) => sheet(surface, start))
    },
  }
  return self
}
