// columns.js — where rows of signals stand and how they become columns of pixels. No canvas here.
import { roundBelow } from '../../js/svg.js'

/** @typedef {import('./signal.js').Signal} Signal */
/** @typedef {'lead' | 'maternal' | 'fetal' | 'residual'} Kind */

/** What is drawn to one scale if it can: the leads with what the mother gives them and what remains of them, and the fetus. @type {Record<Kind, 'large' | 'small'>} */
export const SCALE = { lead: 'large', maternal: 'large', fetal: 'small', residual: 'large' }

const LANES = 36, AXIS = 24 // heights of the beats' lanes and of the time axis

/**
 * Where things stand, CSS pixels. A wide picture has its labels in a margin, a narrow one within the rows.
 * @param {number} width @param {number} rows @param {number} [label] width of the widest label; one beyond measure is cut
 */
export function layout(width, rows, label = 0) {
  const left = width >= 560 ? Math.round(Math.min(176, Math.max(96, label + 36))) : 0
  const row = Math.round(Math.min(84, Math.max(left ? 44 : 52, 560 / Math.max(1, rows))))
  const top = LANES
  return { left, top, row, lanes: LANES, axis: AXIS, bottom: top + rows * row, height: top + rows * row + AXIS }
}

/**
 * How large a signal usually is, and around which level: medians over stretches of a second, so that neither an artefact nor a
 * flat stretch decides. Null where nothing is known.
 * @param {Signal} signal @param {number} from_s @param {number} to_s
 */
export function size(signal, from_s, to_s) {
  const spans = [], middles = [], out = { least: 0, greatest: 0 }
  const step = Math.max(1, (to_s - from_s) / 120)
  for (let t = from_s; t + 1 <= to_s + 1e-9; t += step) {
    const { least, greatest } = signal.range(Math.floor(t * signal.fs), Math.floor((t + 1) * signal.fs), out)
    if (Number.isNaN(least)) continue
    spans.push(greatest - least)
    middles.push((greatest + least) / 2)
  }
  if (!spans.length) return null
  const median = (/** @type {number[]} */ list) => list.sort((a, b) => a - b)[list.length >> 1]
  return { span_uv: median(spans), middle_uv: median(middles) }
}

/** The scale of signals drawn alike: three quarters of the larger ones fit the row. @param {number[]} spans_uv @param {number} row px @returns {number} px per µV */
export function gain(spans_uv, row) {
  const sorted = spans_uv.filter((v) => v > 0).sort((a, b) => a - b)
  return sorted.length ? 0.86 * row / sorted[Math.floor(0.75 * (sorted.length - 1))] : 0
}

const LARGE = 1.6, SMALL = 3 // so many times as large as fits, or as small: another scale
const QUIET_UV = 20 // what is smaller is not made to fill a row: a lead that is off would look like one that is on

/**
 * The scale of each row: one for those of a kind, so that they can be compared; for a row that would cover or flatten the others, as one at
 * the rails of its amplifier does, or be flat among them, a half of it, a quarter, and so on, or twice, four times.
 * @param {{ kind: Kind, span_uv: number | null }[]} rows span_uv: how large it usually is; null: nothing is known @param {number} height px of a row
 * @returns {number[]} px per µV; 0: not known
 */
export function scales(rows, height) {
  const common = Object.fromEntries(/** @type {const} */ (['large', 'small']).map((key) => [key, gain(rows.flatMap((r) => (r.span_uv && SCALE[r.kind] === key ? [r.span_uv] : [])), height)]))
  return rows.map(({ kind, span_uv }) => {
    const alike = common[SCALE[kind]]
    if (!span_uv) return alike
    const own = gain([Math.max(QUIET_UV, span_uv)], height)
    return own < alike / LARGE || own > alike * SMALL ? alike * 2 ** Math.floor(Math.log2(own / alike)) : alike
  })
}

/** The calibration mark of a scale: a round number of µV, at most half a row. @param {number} px_uv @param {number} row */
export function calibration(px_uv, row) {
  const uv = roundBelow(0.5 * row / px_uv)
  return { uv, px: uv * px_uv }
}

/**
 * A signal as columns: column c of the picture stands for the time from c / pps to (c + 1) / pps. Each gets its least and
 * greatest value, reaching to the column before where they do not touch, so that the line holds together; a column without a
 * known sample is a gap, and nothing is joined over it.
 * @param {Signal} signal @param {number} pps columns a second @param {number} from @param {number} to columns, to left out
 * @param {(column: number, least: number, greatest: number) => void} bar
 * @param {(column: number) => void} gap
 */
export function columns(signal, pps, from, to, bar, gap) {
  const out = { least: 0, greatest: 0 }, per = signal.fs / pps
  let before = { least: NaN, greatest: NaN }
  for (let c = from - 1; c < to; c++) {
    const first = Math.floor(c * per), end = Math.max(first + 1, Math.floor((c + 1) * per))
    if (end <= signal.first || first >= signal.length) {
      before = { least: NaN, greatest: NaN }
      continue
    }
    const { least, greatest } = signal.range(first, end, out)
    if (c >= from) {
      if (Number.isNaN(least)) gap(c)
      else bar(c, before.greatest < least ? before.greatest : least, before.least > greatest ? before.least : greatest)
    }
    before = { least, greatest }
  }
}

/**
 * A signal as a line through its samples, where they are wider apart than columns. Breaks at gaps, which it names.
 * @param {Signal} signal @param {number} pps @param {number} from @param {number} to columns
 * @param {(x: number, v: number, starts: boolean) => void} point x in columns
 * @param {(from: number, to: number) => void} gap in columns
 */
export function points(signal, pps, from, to, point, gap) {
  const per = pps / signal.fs
  const first = Math.max(signal.first, Math.floor(from / per) - 1), end = Math.min(signal.length, Math.ceil(to / per) + 2)
  let starts = true
  for (let i = first; i < end; i++) {
    const v = signal.at(i)
    if (Number.isNaN(v)) {
      const open = i
      while (i + 1 < end && Number.isNaN(signal.at(i + 1))) i++
      gap(open * per, (i + 1) * per)
      starts = true
    } else {
      point(i * per, v, starts)
      starts = false
    }
  }
}
