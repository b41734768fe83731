// paper.js — the geometry of cardiotocography paper: 30 to 240 bpm at 30 bpm a centimetre, 1 or 3 centimetres a minute, and where
// names of events go above it. No canvas here.
export const CM = 96 / 2.54 // CSS pixels
export const LOWEST = 30, HIGHEST = 240, BPM_CM = 30
export const NORMAL = /** @type {const} */ ([110, 160])
export const SPEEDS = /** @type {const} */ ([1, 3]) // cm a minute
export const TICKS = 4 // rates a second

/** Height of the paper, CSS pixels. */
export const HEIGHT = (HIGHEST - LOWEST) / BPM_CM * CM

/** @param {number} bpm @returns {number} CSS pixels from the top of the paper; what leaves it stays at its edge */
export const down = (bpm) => (HIGHEST - Math.min(HIGHEST, Math.max(LOWEST, bpm))) / BPM_CM * CM

/** @param {number} speed cm a minute @returns {number} CSS pixels a second */
export const pixels = (speed) => speed * CM / 60

/** Lines of the paper: seconds between thin ones, thick ones, and labels. @param {number} speed */
export const rules = (speed) => (speed >= 3 ? { thin: 10, thick: 60, label: 60 } : { thin: 30, thick: 60, label: 120 })

/**
 * Rates as they come, every quarter of a second, to a row without holes: what is missing between is a gap.
 * @param {number} length ticks so far
 * @param {number[]} t_s @param {(number | null)[]} bpm
 * @returns {Float32Array} what comes after them
 */
export function ticks(length, t_s, bpm) {
  const last = t_s.length ? Math.round(t_s[t_s.length - 1] * TICKS) + 1 : length
  const row = new Float32Array(Math.max(0, last - length)).fill(NaN)
  for (let i = 0; i < t_s.length; i++) {
    const at = Math.round(t_s[i] * TICKS) - length
    if (at >= 0) row[at] = bpm[i] ?? NaN
  }
  return row
}

/**
 * The lane of each span, so that none covers another; where there is no room, the last one.
 * @param {{ from: number, to: number }[]} spans in order of from
 * @param {number} lanes
 */
export function lanes(spans, lanes) {
  const ends = Array.from({ length: lanes }, () => -Infinity)
  return spans.map(({ from, to }) => {
    const free = ends.findIndex((end) => end <= from), lane = free < 0 ? lanes - 1 : free
    const room = free >= 0
    if (room) ends[lane] = to
    return { lane, room }
  })
}

/** The spans of a list that hold a time. @template {{ t_s: number, duration_s: number }} T @param {T[]} list @param {number} t */
export const at = (list, t) => list.filter((e) => t >= e.t_s && t < e.t_s + e.duration_s)
