/**
 * One kind of noise at a time.
 *   motion: the simulator's; what the scenario motion has more than the scenario normal of the same
 *           seed. Every component draws from a stream of its own, so the difference is motion alone
 *   muscle: the simulator's noise of the scenario normal above 15 Hz (second-order high-pass, twice),
 *           without the bands 2 Hz wide around the mains and its harmonics
 *   mains:  50 Hz and three harmonics with sizes and phases of their own in each lead; the frequency
 *           wanders by 0.05 Hz and the size by a tenth, once in some ten seconds. The simulator does
 *           not give its mains apart.
 */
import { random } from '../../js/cli/score.js'
import { simulate } from './common.js'

export const NOISES = ['muscle', 'motion', 'mains']

/** Noise of each lead, n samples. @returns {Float32Array[]} */
export function noise(kind, { leads, fs, n, seed }) {
  if (kind === 'mains') return mains(leads, fs, n, seed)
  const of = scenario => simulate({ seed, leads, fs, scenario, seconds: Math.ceil(n / fs) }).noise.map(x => x.subarray(0, n))
  const normal = of('normal')
  if (kind === 'motion') return of('motion').map((x, l) => x.map((v, i) => v - normal[l][i]))
  return normal.map(x => {
    const [no50, no60] = [50, 60].map(hz => withoutMains(x, fs, hz))
    return filter(filter(power(no50) <= power(no60) ? no50 : no60, highPass(15, fs)), highPass(15, fs))
  })
}

function mains(leads, fs, n, seed) {
  const next = random(seed), turn = 2 * Math.PI
  const slow = { hz: 0.08 + 0.05 * next(), at: turn * next(), size: 0.08 + 0.05 * next(), sizeAt: turn * next() }
  const lines = Array.from({ length: leads }, () => [1, 2, 3, 5].map(h => ({ h, size: (0.5 + next()) / h, at: turn * next() })))
  return lines.map(harmonics => Float32Array.from({ length: n }, (_, i) => {
    const t = i / fs
    const phase = turn * 50 * t + 0.05 / slow.hz * Math.sin(turn * slow.hz * t + slow.at)
    const size = 1 + 0.1 * Math.sin(turn * slow.size * t + slow.sizeAt)
    return size * harmonics.reduce((sum, { h, size: a, at }) => (h * 50 < fs / 2 ? sum + a * Math.sin(h * phase + at) : sum), 0)
  }))
}

const power = x => x.reduce((sum, v) => sum + v * v, 0)

/** Notches 2 Hz wide at hz and its harmonics. */
function withoutMains(x, fs, hz) {
  for (let f = hz; f < 0.45 * fs && f <= 5 * hz; f += hz) x = filter(x, notch(f, 2, fs))
  return x
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
