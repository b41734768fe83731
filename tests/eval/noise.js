/**
 * One kind of noise at a time from the simulator, which gives their sum.
 *   motion: what the scenario motion has more than the scenario normal of the same seed; every
 *           component draws from a stream of its own, so the difference is the motion alone
 *   mains:  the narrow bands around 50 (or 60) Hz and its harmonics of the scenario normal
 *   muscle: the rest of it above 15 Hz (second-order high-pass, twice)
 */
import { simulate } from './common.js'

export const NOISES = ['muscle', 'motion', 'mains']

/** Noise of each lead, n samples. @returns {Float32Array[]} */
export function noise(kind, { leads, fs, n, seed }) {
  const of = scenario => simulate({ seed, leads, fs, scenario, seconds: Math.ceil(n / fs) }).noise.map(x => x.subarray(0, n))
  const normal = of('normal')
  if (kind === 'motion') return of('motion').map((x, l) => x.map((v, i) => v - normal[l][i]))
  const mains = normal.map(x => {
    const [at50, at60] = [50, 60].map(hz => narrow(x, fs, hz))
    return power(at50) >= power(at60) ? at50 : at60
  })
  if (kind === 'mains') return mains
  return normal.map((x, l) => {
    const rest = x.map((v, i) => v - mains[l][i])
    return filter(filter(rest, highPass(15, fs)), highPass(15, fs))
  })
}

const power = x => x.reduce((sum, v) => sum + v * v, 0)

/** What notches at the harmonics of hz, 2 Hz wide, take away. */
function narrow(x, fs, hz) {
  let left = x
  for (let f = hz; f < 0.45 * fs && f <= 5 * hz; f += hz) left = filter(left, notch(f, 2, fs))
  return x.map((v, i) => v - left[i])
}

// Biquads by the bilinear transform (R. Bristow-Johnson, Audio EQ Cookbook): b0 b1 b2 a1 a2.
function notch(f, width, fs) {
  const w = 2 * Math.PI * f / fs, alpha = Math.sin(w) * width / f / 2, a0 = 1 + alpha
  return [1 / a0, -2 * Math.cos(w) / a0, 1 / a0, -2 * Math.cos(w) / a0, (1 - alpha) / a0]
}

function highPass(f, fs) {
  const w = 2 * Math.PI * f / fs, alpha = Math.sin(w) / Math.SQRT2, c = Math.cos(w), a0 = 1 + alpha
  return [(1 + c) / 2 / a0, -(1 + c) / a0, (1 + c) / 2 / a0, -2 * c / a0, (1 - alpha) / a0]
}

function filter(x, [b0, b1, b2, a1, a2]) {
  let z1 = 0, z2 = 0
  return x.map(v => {
    const y = b0 * v + z1
    z1 = b1 * v - a1 * y + z2
    z2 = b2 * v - a2 * y
    return y
  })
}
