// beat.js — the averaged fetal beat: its wave on paper of 10 ms and 50 ms, and the intervals that were measured in it, each with how
// much it varied. What was not measured is said to be unknown.
import { qrsOnset } from '../../js/charts.js'
import { amplitude, roundBelow } from '../../js/svg.js'
import { hairlines, paragraph, print, stage, write } from './stage.js'
import { multiples } from './ticks.js'

/** @typedef {import('./stage.js').Surface} Surface */
/** @typedef {{ fs: number, t_s: number[], uv: number[], pr_ms: number | null, pr_ms_sd: number | null, qrs_ms: number | null, qrs_ms_sd: number | null, qt_ms: number | null, qt_ms_sd: number | null }} Beat */

const TOP = 30, BRACKET = 25, AXIS = 22, NUMBERS = 56, HEIGHT = 336, BARE = 120 // CSS pixels
const LEFT = 12, RIGHT = 62
const KEYS = /** @type {const} */ (['pr', 'qrs', 'qt'])

/**
 * The intervals of a beat: from when to when they last, seconds from R, where they can be placed. A QT starts with the QRS.
 * @param {Beat} beat
 */
export function intervals(beat) {
  const onset = qrsOnset(beat)
  return KEYS.map((key) => {
    const ms = beat[`${key}_ms`], sd = beat[`${key}_ms_sd`]
    const span = ms === null || onset === null ? null : key === 'pr' ? [onset - ms / 1000, onset] : [onset, onset + ms / 1000]
    return { key, ms, sd, span }
  })
}

/**
 * @param {HTMLElement} element
 * @param {{ strings: any }} options
 */
export function create(element, { strings }) {
  const words = strings.plots.beat
  /** @type {Beat | null} */
  let beat = null
  const stand = stage(element, 'beat', { changed() {}, draw: () => picture(stand.surface()) })
  stand.tall(BARE)

  /** @param {Surface} surface */
  function picture(surface) {
    const { context, width, colours } = surface
    context.fillStyle = colours.paper
    context.fillRect(0, 0, width, HEIGHT)
    if (!beat) {
      paragraph(surface, width / 2, BARE / 2, words.unknown, width - 32)
      return
    }
    const { t_s, uv } = beat, [from, to] = [t_s[0], t_s[t_s.length - 1]]
    let low = Math.min(0, ...uv), high = Math.max(0, ...uv)
    const step = roundBelow((high - low || 1) / 3)
    low = Math.floor(low / step) * step
    high = Math.ceil(high / step) * step
    const found = intervals(beat), rows = found.some((f) => f.key === 'qt' && f.span) ? 2 : found.some((f) => f.span) ? 1 : 0
    const right = width - RIGHT, bottom = HEIGHT - NUMBERS - AXIS - rows * BRACKET - 4, wave = bottom - TOP
    const x = (/** @type {number} */ t) => LEFT + (t - from) / (to - from) * (right - LEFT)
    const y = (/** @type {number} */ v) => bottom - (v - low) / (high - low) * wave
    const upright = (/** @type {number} */ by) => multiples(from, to, by).map((t) => [x(t), TOP, x(t), bottom])
    if (x(from + 0.01) - x(from) > 7) {
      context.globalAlpha = 0.45
      hairlines(surface, upright(0.01), colours.grid)
      context.globalAlpha = 1
    }
    hairlines(surface, [...upright(0.05), ...multiples(low, high, step).map((v) => [LEFT, y(v), right, y(v)])], colours.grid)
    hairlines(surface, [[LEFT, y(0), right, y(0)], [x(0), TOP, x(0), bottom]], colours.soft, 0.8)
    write(surface, width - 8, 18, words.scale, { size: 11, align: 'right' })
    write(surface, LEFT, 18, words.r, { size: 11 })
    for (const v of multiples(low, high, step)) write(surface, right + 8, y(v) + 4, v === 0 ? '0' : `${v < 0 ? '−' : ''}${amplitude(Math.abs(v))}`, { size: 11 })

    // Bands behind the wave, so that the brackets below can be followed up to it.
    for (const { key, span } of found) {
      if (!span || key === 'qt') continue
      context.globalAlpha = key === 'qrs' ? 0.75 : 0.4
      context.fillStyle = colours.wash
      context.fillRect(x(span[0]), TOP, x(span[1]) - x(span[0]), wave)
      context.globalAlpha = 1
    }
    context.beginPath()
    uv.forEach((v, i) => context.lineTo(x(t_s[i]), y(v)))
    context.strokeStyle = colours.fetal
    context.lineWidth = 2.2
    context.lineJoin = context.lineCap = 'round'
    context.stroke()

    for (const { key, span } of found) {
      if (!span) continue
      const level = bottom + (key === 'qt' ? 16 + BRACKET : 16), [a, b] = [Math.max(LEFT, x(span[0])), Math.min(right, x(span[1]))]
      hairlines(surface, [[a, level, b, level], [a, level - 4, a, level + 4], [b, level - 4, b, level + 4]], colours.ink, 1.4)
      const roomy = b - a > 44, text = words.names[key]
      write(surface, roomy || key === 'qrs' ? (a + b) / 2 : a - 6, level - 5, text, { size: 11, weight: 600, fill: colours.ink, align: roomy || key === 'qrs' ? 'center' : 'right' })
    }
    const axis = bottom + rows * BRACKET + 4
    const by = [0.05, 0.1, 0.2].find((s) => x(from + s) - x(from) > 56) ?? 0.2
    for (const t of multiples(from, to, by)) {
      const label = `${t < 0 ? '−' : ''}${Math.round(Math.abs(t) * 1000)}${t === 0 ? ' ms' : ''}`
      if (x(t) > LEFT + 10 && x(t) < right - 4) write(surface, x(t), axis + 14, label, { size: 11, align: 'center' })
    }
    const column = (width - 2 * LEFT) / 3, large = column < 96 ? 16 : 19
    found.forEach(({ key, ms, sd }, i) => {
      const left = LEFT + i * column
      write(surface, left, axis + AXIS + 18, words.names[key], { size: 11 })
      write(surface, left, axis + AXIS + 40, ms === null ? words.notKnown : `${Math.round(ms)}`, { size: ms === null ? 13 : large, weight: ms === null ? 400 : 600, fill: ms === null ? colours.soft : colours.ink })
      if (ms !== null) write(surface, left + context.measureText(String(Math.round(ms))).width + 4, axis + AXIS + 40, sd === null ? 'ms' : `± ${sd < 2 ? sd.toFixed(1) : Math.round(sd)} ms`, { size: large === 16 ? 10 : 11 })
    })
  }

  return {
    /** @param {Beat | null} data null: there is none */
    set(data) {
      beat = data
      const found = data && intervals(data)
      stand.label(found ? words.summary(found.map(({ key, ms, sd }) => ({ name: words.names[key], ms: ms === null ? null : Math.round(ms), sd: sd === null ? null : Math.round(sd * 10) / 10 })),
        Math.round(Math.max(...data.uv) - Math.min(...data.uv))) : words.unknown)
      stand.tall(data ? HEIGHT : BARE)
      stand.ask()
    },
    resize: stand.fit,
    destroy: stand.destroy,
    png: () => print(Math.max(420, stand.width), beat ? HEIGHT : BARE, stand.family, picture),
  }
}
