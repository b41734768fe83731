// ticks.js — where the lines of an axis stand and what is written at them.
const TIME_STEPS = [0.04, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400]

/** The smallest usual step of time that is at least that wide. @param {number} pixels_s @param {number} width px */
export const timeStep = (pixels_s, width) => TIME_STEPS.find((step) => step * pixels_s >= width) ?? 86400

/** Multiples of a step within from..to, both included. @param {number} from @param {number} to @param {number} step */
export function multiples(from, to, step) {
  const first = Math.ceil(from / step - 1e-9), last = Math.floor(to / step + 1e-9)
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => Number(((first + i) * step).toPrecision(12)))
}

/** 3725.5 → "1:02:05.5"; as many digits after the point as the step needs. @param {number} t seconds @param {number} [step] */
export function clock(t, step = 1) {
  const digits = step >= 1 ? 0 : step >= 0.1 ? 1 : 2
  const units = Math.round(t * 10 ** digits), whole = Math.floor(units / 10 ** digits)
  const two = (/** @type {number} */ n) => String(n).padStart(2, '0')
  const h = Math.floor(whole / 3600), m = Math.floor(whole / 60) % 60
  const part = digits ? `.${String(units % 10 ** digits).padStart(digits, '0')}` : ''
  return `${h ? `${h}:${two(m)}` : m}:${two(whole % 60)}${part}`
}

/** The first index at which a list in order is at least v. @param {ArrayLike<number>} list @param {number} v */
export function lowerBound(list, v) {
  let low = 0, high = list.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (list[middle] < v) low = middle + 1
    else high = middle
  }
  return low
}
