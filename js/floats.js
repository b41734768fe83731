// floats.js — rows of samples.

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
