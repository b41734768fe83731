// heat.js — what carried the network's answer, as a heat map: a row for each lead, a column for each moment. A cell is the lead's
// share times the moment's contribution, against the largest share. Shades differ in lightness, so that no colour need be told
// from another; where there is no answer the cell is hatched.
import { cut, hairlines, hands, hatch, paragraph, print, stage, write } from './stage.js'
import { clock, lowerBound, multiples, timeStep } from './ticks.js'

/** @typedef {import('./stage.js').Surface} Surface */
/** @typedef {{ leads: { label: string, contribution: number }[], t_s: number[], time: (number | null)[] }} Attribution */

const TOP = 4, AXIS = 24, LEGEND = 26 // CSS pixels
const SHADES = 48
const TICK_S = 0.25
const LIVE_S = 300 // of a live recording

/**
 * The mean of what is known of each of n columns from a time to a time; null where nothing is.
 * @param {number[]} t_s in order @param {(number | null)[]} values @param {number} from_s @param {number} to_s @param {number} n
 * @returns {(number | null)[]}
 */
export function bins(t_s, values, from_s, to_s, n) {
  return Array.from({ length: n }, (_, c) => {
    const start = from_s + c / n * (to_s - from_s), end = from_s + (c + 1) / n * (to_s - from_s)
    let first = lowerBound(t_s, start - 1e-9), last = lowerBound(t_s, end - 1e-9)
    if (first === last) { // narrower than a tick: the one that holds it
      first = Math.max(0, first - 1)
      last = t_s.length && t_s[first] + TICK_S > start + 1e-9 && t_s[first] < end ? first + 1 : first
    }
    const known = values.slice(first, last).filter((v) => v !== null)
    return known.length ? known.reduce((a, b) => a + b, 0) / known.length : null
  })
}

/**
 * @param {HTMLElement} element
 * @param {{ strings: any }} options
 */
export function create(element, { strings }) {
  const words = strings.plots.heat
  /** @type {Attribution | null} */
  let data = null
  /** @type {number[][]} share of each lead at each time; of a whole recording they are the same throughout */
  let shares = []
  let live = false
  /** @type {{ row: number, t: number } | null} */
  let cursor = null
  const stand = stage(element, 'heat', { layers: 2, keys: words.keys, changed: () => arrange(), draw() {
    picture(stand.surface())
    over()
  } })
  arrange()

  /** Room for labels, of which long ones are cut. @param {number} width */
  const left = (width) => Math.min(0.42 * width, Math.max(104, Math.max(0, ...(data?.leads ?? []).map((l) => l.label.length)) * 7.6 + 68))
  function rowHeight() {
    const n = data ? data.leads.length + 1 : 4
    return Math.max(18, Math.min(stand.width < 400 ? 34 : 48, Math.round(240 / n)))
  }
  function arrange() {
    stand.tall(TOP + rowHeight() * (data ? data.leads.length + 1 : 4) + AXIS + LEGEND)
  }
  function extent() {
    if (!data?.t_s.length) return [0, 1]
    const to = data.t_s[data.t_s.length - 1] + TICK_S
    return live ? [Math.max(0, to - LIVE_S), Math.max(to, 30)] : [Math.min(0, data.t_s[0]), to]
  }

  /** Colours from little to much, from paper to ink over the fetus' own. @param {Surface} surface */
  const ramp = ({ colours }) => Array.from({ length: SHADES }, (_, i) => {
    const p = i / (SHADES - 1)
    return p < 0.6 ? `color-mix(in oklab, ${colours.fetal} ${p / 0.6 * 100}%, ${colours.wash})` : `color-mix(in oklab, ${colours.ink} ${(p - 0.6) / 0.4 * 90}%, ${colours.fetal})`
  })

  /** @param {Surface} surface */
  function picture(surface) {
    const { context, width, ratio, colours } = surface
    const high = rowHeight(), rows = data ? data.leads.length + 1 : 4, x0 = left(width), bottom = TOP + rows * high
    context.fillStyle = colours.paper
    context.fillRect(0, 0, width, bottom + AXIS + LEGEND)
    if (!data) {
      paragraph(surface, width / 2, (bottom + AXIS + LEGEND) / 2, words.unknown, width - 32)
      return
    }
    const { t_s, time, leads } = data, [from, to] = extent(), shades = ramp(surface), none = hatch(surface, colours.soft)
    const right = width - 10, n = Math.max(1, Math.min(Math.floor((right - x0) / 2), Math.round((to - from) / TICK_S)))
    const most = Math.max(1e-9, ...leads.map((l) => l.contribution), ...live ? shares.map((s) => Math.max(...s)) : [])
    const all = bins(t_s, time, from, to, n)
    // Of a whole recording the shares are the same throughout, and its hours need not be gone through for each lead.
    const values = [all, ...leads.map((l, i) => (live ? bins(t_s, time.map((v, k) => (v === null ? null : v * shares[k][i] / most)), from, to, n)
      : all.map((v) => (v === null ? null : v * l.contribution / most))))]
    const edge = (/** @type {number} */ c) => Math.round((x0 + c / n * (right - x0)) * ratio) / ratio
    const known_to = t_s.length ? t_s[t_s.length - 1] + TICK_S : 0
    values.forEach((row, r) => {
      const y = TOP + r * high
      const until = row.findIndex((_, c) => from + (c + 0.5) / n * (to - from) > known_to), end = until < 0 ? n : until // what follows is not yet
      const shade = (/** @type {number} */ c) => (row[c] === null ? -1 : Math.round(Math.min(1, Math.max(0, /** @type {number} */ (row[c]))) * (SHADES - 1)))
      for (let c = 0, next = 0; c < end; c = next) { // columns of one shade as one
        const s = shade(c)
        for (next = c + 1; next < end && shade(next) === s;) next++
        context.fillStyle = s < 0 ? none : shades[s]
        context.fillRect(edge(c), y, edge(next) - edge(c), high - (r ? 1 : 3))
      }
      const share = r ? leads[r - 1].contribution : null
      write(surface, 8, y + high / 2 + 3, cut(surface, r ? leads[r - 1].label : words.all, x0 - (r ? 58 : 16), 12, r ? 400 : 600), { fill: colours.ink, weight: r ? 400 : 600 })
      if (share !== null) write(surface, x0 - 10, y + high / 2 + 3, `${Math.round(100 * share)} %`, { size: 11, align: 'right' })
    })
    const step = timeStep((right - x0) / (to - from), 70)
    for (const t of multiples(from, to, step)) {
      const x = x0 + (t - from) / (to - from) * (right - x0)
      hairlines(surface, [[x, bottom, x, bottom + 4]], colours.soft)
      write(surface, x > right - 14 ? Math.min(right + 8, x + 14) : x, bottom + 17, clock(t, step), { size: 11, align: x - x0 < 14 ? 'left' : x > right - 14 ? 'right' : 'center' })
    }
    const y = bottom + AXIS + 6, long = Math.min(120, width / 4)
    write(surface, 8, y + 11, words.little, { size: 11 })
    let x = 8 + context.measureText(words.little).width + 8
    for (let i = 0; i < SHADES; i++) {
      context.fillStyle = shades[i]
      context.fillRect(x + i / SHADES * long, y, long / SHADES + 0.5, 12)
    }
    write(surface, x += long + 8, y + 11, words.much, { size: 11 })
    x += context.measureText(words.much).width + 18
    context.fillStyle = none
    context.fillRect(x, y, 20, 12)
    write(surface, x + 28, y + 11, words.none, { size: 11 })
  }

  function over() {
    const surface = stand.surface(1), { context, width, colours } = surface
    stand.see(1, cursor !== null && data !== null)
    context.clearRect(0, 0, width, stand.height)
    if (!cursor || !data) return
    const [from, to] = extent(), high = rowHeight(), x0 = left(width), right = width - 10
    const x = x0 + (cursor.t - from) / (to - from) * (right - x0), y = TOP + cursor.row * high
    context.strokeStyle = colours.paper
    context.lineWidth = 4
    context.strokeRect(x - 4, y, 8, high - 1)
    context.strokeStyle = colours.guess
    context.lineWidth = 2
    context.strokeRect(x - 4, y, 8, high - 1)
    const text = readOut()
    context.font = `600 12px ${surface.family}`
    const w = context.measureText(text).width + 16, at = Math.max(2, Math.min(width - w - 2, x - w / 2)), top = cursor.row > data.leads.length / 2 ? y - 30 : y + high + 6
    context.fillStyle = colours.ink
    context.beginPath()
    context.roundRect(at, top, w, 24, 6)
    context.fill()
    context.strokeStyle = colours.paper
    context.stroke()
    write(surface, at + 8, top + 16, text, { weight: 600, fill: colours.paper })
  }

  function readOut() {
    if (!data || !cursor) return ''
    const k = Math.max(0, lowerBound(data.t_s, cursor.t + 1e-9) - 1), moment = data.time[k] ?? null
    return words.read({ at: clock(cursor.t), lead: cursor.row ? data.leads[cursor.row - 1].label : null, share: cursor.row ? shares[k]?.[cursor.row - 1] ?? null : null, moment })
  }

  function say() {
    if (!data) return stand.label(words.unknown)
    const known = data.time.filter((v) => v !== null).length, order = [...data.leads].sort((a, b) => b.contribution - a.contribution)
    stand.label(words.summary({ leads: order.map((l) => ({ label: l.label, percent: Math.round(100 * l.contribution) })), known: data.time.length ? known / data.time.length : 0 }))
  }

  hands(stand.front, {
    hover: (x, y) => aim(x, y),
    tap: (x, y) => aim(x, y),
  })
  /** @param {number | null} x @param {number} y */
  function aim(x, y) {
    const [from, to] = extent(), x0 = left(stand.width), row = Math.floor((y - TOP) / rowHeight())
    cursor = x === null || !data || x < x0 || x > stand.width - 10 || row < 0 || row > data.leads.length ? null : { row, t: from + (x - x0) / (stand.width - 10 - x0) * (to - from) }
    over()
  }
  stand.front.addEventListener('keydown', (e) => {
    if (!data || e.ctrlKey || e.metaKey || e.altKey) return
    const [from, to] = extent(), step = (to - from) / (e.shiftKey ? 10 : 60), at = cursor ?? { row: 0, t: (from + to) / 2 }
    /** @type {Record<string, { row: number, t: number } | null>} */
    const next = { ArrowLeft: { ...at, t: at.t - step }, ArrowRight: { ...at, t: at.t + step }, ArrowUp: { ...at, row: at.row - 1 }, ArrowDown: { ...at, row: at.row + 1 },
      Home: { ...at, t: from }, End: { ...at, t: to }, Escape: null }
    if (!(e.key in next)) return
    e.preventDefault()
    const to_be = next[e.key]
    cursor = to_be && { row: Math.max(0, Math.min(data.leads.length, to_be.row)), t: Math.max(from, Math.min(to - TICK_S / 2, to_be.t)) }
    over()
    stand.tell(readOut())
  })

  return {
    /** @param {Attribution | null} given null: nothing tells what carried the answer @param {{ live?: boolean }} [how] */
    set(given, how = {}) {
      live = how.live ?? false
      data = given && { leads: given.leads, t_s: [...given.t_s], time: [...given.time] }
      shares = given ? given.t_s.map(() => given.leads.map((l) => l.contribution)) : []
      cursor = null
      arrange()
      say()
      stand.ask()
    },
    /** What a frame of a live recording says. @param {Attribution | null} given */
    append(given) {
      if (!given) return
      live = true
      const share = given.leads.map((l) => l.contribution)
      data ??= { leads: given.leads, t_s: [], time: [] }
      data.leads = given.leads
      given.t_s.forEach((t, i) => {
        data?.t_s.push(t)
        data?.time.push(given.time[i])
        shares.push(share)
      })
      const old = lowerBound(data.t_s, data.t_s[data.t_s.length - 1] - LIVE_S)
      for (const list of [data.t_s, data.time, shares]) list.splice(0, old)
      arrange()
      say()
      stand.ask()
    },
    resize: stand.fit,
    destroy: stand.destroy,
    png: () => print(Math.max(720, stand.width), stand.height, stand.family, picture),
  }
}
