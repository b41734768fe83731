/**
 * charts.js — charts that the figure and the report share: the fetal rate with its gaps, guesses and events, a strip of a
 * signal with its beats, the averaged beat, and the moments that carried an answer. Each draws into a box, in the picture's own units.
 */
import { amplitude, EVENT, FETAL, GRID, GUESS, INK, line, MATERNAL, n, PALE, PAPER, roundBelow, SOFT, text, trace, WASH, whole } from './svg.js'
import { EVENTS } from './words.js'

/** @typedef {import('./svg.js').Parts} Parts */
/** @typedef {import('./types.js').ExtractResult} ExtractResult */
/** @typedef {{ left: number, right: number, top: number, height: number }} Box */
/** @typedef {(v: number) => number} Axis */

/** [from, to] of the stretches without a rate. @param {import('./types.js').Rate} rate */
export function gaps({ t_s, bpm }) {
  /** @type {[number, number][]} */
  const found = []
  for (let i = 0; i < bpm.length; i++) {
    if (bpm[i] !== null) continue
    const from = i
    while (i < bpm.length && bpm[i] === null) i++
    found.push([t_s[from], i < bpm.length ? t_s[i] : t_s[i - 1] + 0.25])
  }
  return found
}

/** The stretches without a rate as grey bands. @param {import('./types.js').Rate} rate @param {Axis} x @param {Box} box @returns {Parts[]} */
export const gapBands = (rate, x, { top, height }) =>
  gaps(rate).map(([from, to]) => `<rect x="${n(x(from))}" y="${n(top)}" width="${n(Math.max(1, x(to) - x(from)))}" height="${n(height)}" fill="#dfe3e7" opacity=".6"/>`)

/** The line of a rate, thinner where it is dense. @param {import('./types.js').Rate} rate @param {Axis} x @param {Axis} y @param {string} colour @param {number} width */
export const rateLine = ({ t_s, bpm }, x, y, colour, width) =>
  `<path d="${trace(bpm, (i) => x(t_s[Math.min(i, t_s.length - 1)] ?? 0), y)}" fill="none" stroke="${colour}" stroke-width="${width}" stroke-linejoin="round" stroke-linecap="round"/>`

/** A ring at each interpolated beat that has a rate. @param {ExtractResult['fetal']} fetal @param {Axis} x @param {Axis} y @param {number} radius @returns {Parts[]} */
export function guesses({ peaks_s, interpolated, rate: { bpm } }, x, y, radius) {
  /** @type {Parts[]} */
  const parts = []
  let last = -Infinity
  peaks_s.forEach((t, i) => {
    const v = bpm[Math.min(bpm.length - 1, Math.max(0, Math.round(t * 4)))]
    if (!interpolated[i] || v === null || v === undefined || x(t) - last < 4) return
    last = x(t)
    parts.push(`<circle cx="${n(x(t))}" cy="${n(y(v))}" r="${radius}" fill="${PAPER}" stroke="${GUESS}" stroke-width="1.4"/>`)
  })
  return parts
}

export const EVENT_ROW = 15

/** The types of events that there are, in the order in which they are told. @param {ExtractResult['fetal']['events']} events */
export const eventTypes = (events) => [...new Set([...Object.keys(EVENTS), ...events.map((e) => e.type)])].filter((type) => events.some((e) => e.type === type))

/** One row for each type of event, in step with the rate above: when, and for how long. @param {ExtractResult['fetal']['events']} events @param {Axis} x @param {Box} box @returns {Parts[]} */
export const eventRows = (events, x, { left, right, top }) => eventTypes(events).map((type, row) => {
  const y = top + row * EVENT_ROW
  return [text(left - 14, y + 9, EVENTS[type]?.short ?? type, { size: 11, anchor: 'end' }), line(left, y + 5, right, y + 5, PALE, 6),
    events.filter((e) => e.type === type).map(({ t_s, duration_s }) =>
      `<rect x="${n(x(t_s))}" y="${n(y + 2)}" width="${n(Math.max(2, x(t_s + duration_s) - x(t_s)))}" height="6" rx="1.5" fill="${EVENT}"/>`)]
})

/** The same events as a wash over the rate. @param {ExtractResult['fetal']['events']} events @param {Axis} x @param {Box} box @returns {Parts[]} */
export const eventBands = (events, x, { top, height }) => events.map(({ t_s, duration_s }) =>
  `<rect x="${n(x(t_s))}" y="${n(top)}" width="${n(Math.max(1, x(t_s + duration_s) - x(t_s)))}" height="${n(height)}" fill="${EVENT}" opacity=".08"/>`)

/** Seconds between marks on an axis of that many seconds, so that there are at most eight. @param {number} duration_s */
export const timeStep = (duration_s) => [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400].find((s) => duration_s / s <= 8) ?? 86400

/** One signal, its label at the left and a bar of round size at the right. @param {string} label @param {Float32Array} samples @param {Axis} x of a sample's number
 * @param {Box} box @param {string} colour @param {string} [kind] a name above the label @returns {Parts[]} */
export function strip(label, samples, x, { left, right, top, height }, colour, kind = '') {
  const sorted = Float32Array.from(samples.filter(Number.isFinite)).sort()
  const name = label.length > 13 ? label.slice(0, 12) + '…' : label
  const parts = [text(left - 14, top + height / 2 + (kind ? -3 : 4), kind || name, { fill: colour, anchor: 'end' })]
  if (kind) parts.push(text(left - 14, top + height / 2 + 12, name, { size: 11, anchor: 'end' }))
  if (!sorted.length) return [...parts, text((left + right) / 2, top + height / 2 + 4, 'gap', { anchor: 'middle' })]
  const at = (/** @type {number} */ q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]
  // A thousandth at either end may leave the strip: one artefact must not flatten the rest.
  const lo = at(0.001), span = Math.max(at(0.999) - lo, 1e-3), pad = 8
  const y = (/** @type {number} */ v) => Math.min(top + height + 4, Math.max(top - 4, top + height - pad - (v - lo) / span * (height - 2 * pad)))
  const bar = roundBelow(span * 0.45), px = bar / span * (height - 2 * pad), middle = top + height / 2
  return [...parts,
    `<path d="${trace(samples, x, y)}" fill="none" stroke="${colour}" stroke-width="1.15" stroke-linejoin="round"/>`,
    line(right + 10, middle - px / 2, right + 10, middle + px / 2, SOFT, 1.5),
    text(right + 15, middle + 4, amplitude(bar), { size: 10 })]
}

/**
 * Hairlines at the beats through the strips, a letter at each; interpolated fetal beats in brackets.
 * @param {ExtractResult} result @param {number} t0 @param {number} seconds @param {Axis} x @param {Box} box
 * @returns {Parts[]}
 */
export function beatMarks({ maternal, fetal }, t0, seconds, x, { left, top, height }) {
  const letterY = top - 12, bottom = top + height
  const inside = (/** @type {number} */ t) => t >= t0 && t < t0 + seconds
  /** @type {Parts[]} */
  const marks = maternal.peaks_s.filter(inside).map((t) => [
    line(x(t), top - 4, x(t), bottom, MATERNAL, 1, ' opacity=".22"'), text(x(t), letterY - 12, 'M', { size: 11, fill: MATERNAL, anchor: 'middle', weight: 600 })])
  fetal.peaks_s.forEach((t, i) => inside(t) && marks.push([
    line(x(t), top - 4, x(t), bottom, FETAL, 1, ' opacity=".3"' + (fetal.interpolated[i] ? ' stroke-dasharray="3 3"' : '')),
    text(x(t), letterY + 2, fetal.interpolated[i] ? '(F)' : 'F', { size: 11, fill: FETAL, anchor: 'middle', weight: 600 })]))
  return [...marks, text(left - 14, letterY - 12, 'mother', { size: 11, fill: MATERNAL, anchor: 'end' }), fetal.present && text(left - 14, letterY + 2, 'fetus', { size: 11, fill: FETAL, anchor: 'end' })]
}

/** How much each moment carried the network's answer, 0 to 1. @param {NonNullable<ExtractResult['attribution']>} attribution @param {Axis} x @param {Box} box @returns {Parts[]} */
export function momentStrip({ t_s, time }, x, { left, right, top, height }) {
  const y = (/** @type {number} */ v) => top + height * (1 - v), bottom = top + height
  const columns = Math.min(time.length, Math.round((right - left) / 2))
  let d = '', area = ''
  /** @type {number | null} */
  let from = null
  const close = (/** @type {number} */ at) => {
    if (from !== null) area += `L${n(at)} ${n(bottom)}L${n(from)} ${n(bottom)}Z`
    from = null
  }
  for (let c = 0; c < columns; c++) {
    const first = Math.floor(c * time.length / columns), end = Math.max(first + 1, Math.floor((c + 1) * time.length / columns))
    const known = /** @type {number[]} */ (time.slice(first, end).filter((v) => v !== null))
    const at = x((t_s[first] + t_s[end - 1] + 0.25) / 2)
    if (!known.length) {
      close(x(t_s[first]))
      continue
    }
    const point = `${n(at)} ${n(y(known.reduce((a, b) => a + b, 0) / known.length))}`
    d += `${from === null ? 'M' : 'L'}${point}`
    area += from === null ? `M${n(at)} ${n(bottom)}L${point}` : `L${point}`
    from ??= at
    if (c === columns - 1) close(at)
  }
  return [`<rect x="${n(left)}" y="${n(top)}" width="${n(right - left)}" height="${n(height)}" fill="${PALE}"/>`,
    `<path d="${area}" fill="${WASH}"/>`, `<path d="${d}" fill="none" stroke="${FETAL}" stroke-width="1.1" stroke-linejoin="round"/>`,
    text(left - 14, top + height / 2 + 4, 'contribution', { size: 11, anchor: 'end' })]
}

/** @typedef {NonNullable<ExtractResult['fetal']['beat']>} Beat */

/** The mean fetal beat, R at time 0, with its intervals. @param {Beat} beat @param {Box} box @returns {Parts[]} */
export function averagedBeat(beat, { left, right, top, height }) {
  const lo = Math.min(...beat.uv), hi = Math.max(...beat.uv), t0 = beat.t_s[0], t1 = beat.t_s[beat.t_s.length - 1]
  const bottom = top + height - 66
  const x = (/** @type {number} */ t) => left + (t - t0) / (t1 - t0) * (right - left)
  const y = (/** @type {number} */ v) => bottom - (v - lo) / (hi - lo || 1) * (bottom - top - 6)
  const parts = [text(left, top - 22, 'Averaged fetal beat', { size: 13, fill: INK, weight: 600 }), line(left, y(0), right, y(0), GRID)]
  for (let t = Math.ceil(t0 * 10) / 10; t <= t1 + 1e-6; t += 0.1) parts.push(line(x(t), top, x(t), bottom, GRID))
  parts.push(`<path d="${trace(beat.uv, (i) => x(t0 + i / beat.fs), y)}" fill="none" stroke="${FETAL}" stroke-width="2" stroke-linejoin="round"/>`)
  parts.push(text(right, top - 22, 'grid 100 ms', { size: 11, anchor: 'end' }))
  const bar = roundBelow((hi - lo) * 0.4)
  parts.push(line(right + 10, y(hi), right + 10, y(hi - bar), SOFT, 1.5), text(right + 15, (y(hi) + y(hi - bar)) / 2 + 4, amplitude(bar), { size: 10 }))
  const onset = qrsOnset(beat), { pr_ms, qrs_ms, qt_ms, pr_ms_sd, qrs_ms_sd, qt_ms_sd } = beat
  /** @type {[string, number | null, number | null, number, number][]} */
  const spans = [['PR', pr_ms, pr_ms_sd, -(pr_ms ?? 0), 0], ['QRS', qrs_ms, qrs_ms_sd, 0, qrs_ms ?? 0], ['QT', qt_ms, qt_ms_sd, 0, qt_ms ?? 0]]
  spans.forEach(([name, ms, sd, from, to], i) => {
    if (onset !== null && ms !== null) {
      const level = bottom + (name === 'QT' ? 14 : 5), a = x(onset + from / 1000), b = x(onset + to / 1000)
      parts.push(line(a, level, b, level, INK, 1.5), line(a, level - 3, a, level + 3, INK), line(b, level - 3, b, level + 3, INK))
    }
    const column = left + i * 96
    parts.push(text(column, bottom + 46, name, { size: 11 }))
    parts.push(`<text x="${n(column)}" y="${n(bottom + 66)}" font-size="15" font-weight="600" fill="${INK}">${whole(ms)}<tspan font-size="11" font-weight="400" fill="${SOFT}" dx="3">${sd !== null && Number.isFinite(sd) ? `± ${whole(sd, sd < 2 ? 1 : 0)} ms` : ms !== null && Number.isFinite(ms) ? 'ms' : ''}</tspan></text>`)
  })
  return parts
}

/**
 * Where the measured QRS lies in the averaged beat, for its brackets: the stretch of that length around
 * R that holds the most slope. Null where no QRS was measured.
 * @param {Beat} beat
 */
export function qrsOnset({ fs, t_s, uv, qrs_ms }) {
  if (qrs_ms === null) return null
  const width = Math.round(qrs_ms / 1000 * fs), r = t_s.findIndex((t) => t >= -1e-9)
  const slope = (/** @type {number} */ from) => uv.slice(from, from + width).reduce((sum, v, i, part) => sum + (i ? Math.abs(v - part[i - 1]) : 0), 0)
  let best = Math.max(0, r - width)
  for (let from = best; from <= r; from++) if (slope(from) > slope(best)) best = from
  return t_s[best]
}
