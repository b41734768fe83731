// floats.js — rows of samples, and of values that may not be known.

/** One after another. @param {Float32Array[]} pieces */
export function concat(pieces) {
  const whole = new Float32Array(pieces.reduce((n, p) => n + p.length, 0))
  let at = 0
  for (const p of pieces) {
    whole.set(p, at)
    at += p.length
  }
  return whole
}

/** The middle one of those that are known; null where none is. @param {(number | null)[]} values */
export function median(values) {
  const known = /** @type {number[]} */ (values.filter((v) => v !== null)).sort((a, b) => a - b)
  return known.length ? known[known.length >> 1] : null
}
