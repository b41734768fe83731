/**
 * Denoising: the gain in SNR of each stage, dB, beside a plain zero-phase band-pass of 0.5 to 40 Hz, on known hearts
 * with known noise; then what each does to the hearts alone.
 *   simulated  a simulated adult's leads (fecg simulate --scenario adult), without the simulator's noise
 *   LUDB       the leads I, II, V1, V5 of LUDB with the least power below 0.45 and above 100 Hz: what is left there
 *              counts as heart, so that taking it costs
 *   wander, mains, muscle, white   made here; real: cinc2017 of the class noisy, as it is, at its 100 Hz
 * Options: --seed N (1), --leads N of each kind (20)
 */
import { existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { random } from '../../js/cli/score.js'
import { ADULT, bar, fecg, simulate } from './common.js'

const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' }, leads: { type: 'string', default: '20' } } })
const seed = Number(values.seed), most = Number(values.leads)
const LEVELS = [0, 6, 12, 18] // dB before

// ---- methods

/** A Butterworth section by the bilinear transform: b0 b1 b2 a1 a2. */
function section(kind, hz, fs) {
  const k = Math.tan(Math.PI * hz / fs), a0 = 1 + Math.SQRT2 * k + k * k
  const b = kind === 'high' ? [1, -2, 1] : [k * k, 2 * k * k, k * k]
  return [...b.map(v => v / a0), 2 * (k * k - 1) / a0, (1 - Math.SQRT2 * k + k * k) / a0]
}

function once(x, [b0, b1, b2, a1, a2]) {
  let z1 = 0, z2 = 0
  return x.map(v => {
    const y = b0 * v + z1
    z1 = b1 * v - a1 * y + z2
    z2 = b2 * v - a2 * y
    return y
  })
}

/** Forwards and backwards, the ends continued by point reflection over three seconds. */
function zeroPhase(x, fs, sections) {
  const n = x.length, pad = Math.min(n - 1, 3 * fs)
  let y = Float64Array.from({ length: n + 2 * pad }, (_, j) => {
    const i = j - pad
    return i < 0 ? 2 * x[0] - x[-i] : i >= n ? 2 * x[n - 1] - x[2 * n - 2 - i] : x[i]
  })
  for (const s of sections) y = once(once(y, s).reverse(), s).reverse()
  return y.subarray(pad, pad + n)
}

const bandPass = async (x, fs) => zeroPhase(x, fs, [section('high', 0.5, fs), section('low', 40, fs)])
const stages = (...wanted) => async (x, fs) => (await fecg.denoise(await fecg.read({ fs, samples: [x] }), { stages: wanted })).uv[0]
const morlet = stages('morlet'), daubechies = stages('daubechies')
const METHODS = {
  'band-pass': bandPass, Morlet: morlet, Daubechies: daubechies, both: stages('morlet', 'daubechies'),
  reversed: async (x, fs) => morlet(await daubechies(x, fs), fs),
}

// ---- hearts

const centred = x => {
  const mean = x.reduce((sum, v) => sum + v, 0) / x.length
  return Float32Array.from(x, v => v - mean)
}
const rms = x => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / x.length)
/** 500 to 100 Hz: a zero-phase low-pass, then every fifth. */
const slower = x => centred(zeroPhase(x, 500, [section('low', 40, 500), section('low', 40, 500)]).filter((_, i) => i % 5 === 0))

function simulated() {
  return Array.from({ length: most }, (_, i) => {
    const { maternal } = simulate({ seed: 1000 * seed + i, fs: 500, seconds: 12, leads: 1, scenario: 'adult', mhr_bpm: 50 + (i * 17) % 70 })
    return centred(maternal[0].subarray(500, 5500))
  })
}

function ludb() {
  const bytes = readFileSync(`${ADULT}/ludb/ludb_500hz.i16`)
  const all = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2)
  const leads = []
  for (let r = 0; r < all.length / 60000; r++) for (const l of [0, 1, 6, 10]) leads.push(centred(Float32Array.from({ length: 5000 }, (_, i) => all[r * 60000 + 12 * i + l])))
  const parts = leads.map(x => {
    const whole = rms(x) || Infinity
    return { x, low: rms(zeroPhase(x, 500, [section('low', 0.45, 500)])) / whole, high: rms(zeroPhase(x, 500, [section('high', 100, 500)])) / whole }
  })
  const median = key => parts.map(p => p[key]).sort((a, b) => a - b)[parts.length >> 1]
  const low = median('low'), high = median('high')
  return parts.map(p => ({ x: p.x, of: Math.max(p.low / low, p.high / high) })).sort((a, b) => a.of - b.of).slice(0, most).map(p => p.x)
}

// ---- noise

const normal = next => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())

/** Real noise: windows of the class noisy. */
function noisyWindows() {
  const rows = readFileSync(`${ADULT}/cinc2017/cinc2017_100hz.csv`, 'utf8').trim().split('\n').slice(1).map(line => line.split(','))
  const bytes = readFileSync(`${ADULT}/cinc2017/cinc2017_100hz.i16`)
  const all = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2)
  return rows.filter(([, , label]) => label === '~').map(([row]) => Float32Array.from(all.subarray(1000 * row, 1000 * row + 1000)))
}

const NOISES = {
  wander(n, fs, next) {
    const slow = zeroPhase(Float64Array.from({ length: 3 * n }, () => normal(next)), fs, [section('low', 0.4, fs)]).subarray(n, 2 * n)
    const size = rms(slow), hz = 0.15 + 0.25 * next(), at = 2 * Math.PI * next() // and the breath
    return slow.map((v, i) => v / size + Math.sin(2 * Math.PI * hz * i / fs + at))
  },
  mains(n, fs, next) {
    const hz = (next() < 0.5 ? 50 : 60) + 0.2 * next() - 0.1, at = [1, 2, 3].map(() => 2 * Math.PI * next())
    return Float64Array.from({ length: n }, (_, i) => (1 + 0.1 * Math.sin(0.6 * i / fs + at[2])) *
      (Math.sin(2 * Math.PI * hz * i / fs + at[0]) + (3 * hz < fs / 2 ? 0.2 * Math.sin(6 * Math.PI * hz * i / fs + at[1]) : 0)))
  },
  muscle(n, fs, next) {
    const sections = [section('high', 20, fs), ...(fs > 320 ? [section('low', 150, fs)] : [])]
    const from = Math.floor(next() * n / 2), to = from + n / 3 // a third of it three times as strong
    return zeroPhase(Float64Array.from({ length: n }, () => normal(next)), fs, sections).map((v, i) => (i >= from && i < to ? 3 * v : v))
  },
  white: (n, fs, next) => Float64Array.from({ length: n }, () => normal(next)),
  real: (n, fs, next, windows) => centred(windows[Math.floor(next() * windows.length)]),
}

// ---- tables

const mean = v => v.reduce((sum, x) => sum + x, 0) / v.length
const cells = v => v.map(x => x.toFixed(1).padStart(11)).join('')
const away = (y, x) => rms(centred(y.map((v, i) => v - x[i])))

async function table(name, fs, hearts, windows) {
  const kinds = ['wander', ...(fs > 100 ? ['mains'] : []), 'muscle', 'white', ...(fs === 100 && windows ? ['real'] : [])]
  console.log(`\n${name}, ${hearts.length} leads of 10 s at ${fs} Hz: gain, dB\nnoise    before${Object.keys(METHODS).map(m => m.padStart(11)).join('')}`)
  for (const kind of kinds) for (const level of LEVELS) {
    const gains = Object.keys(METHODS).map(() => [])
    const next = random(seed)
    for (const x of hearts) {
      bar.update(0, `${name} ${fs} Hz ${kind} ${level} dB`)
      const w = centred(NOISES[kind](x.length, fs, next, windows)), scale = rms(x) * 10 ** (-level / 20) / (rms(w) || 1)
      const noisy = x.map((v, i) => v + scale * w[i])
      for (const [m, method] of Object.values(METHODS).entries()) gains[m].push(20 * Math.log10(scale * rms(w) / away(await method(noisy, fs), x)))
    }
    bar.clear()
    console.log(`${kind.padEnd(9)}${String(level).padStart(6)}${cells(gains.map(mean))}`)
  }
  const change = [], peak = []
  for (const method of Object.values(METHODS)) {
    const c = [], p = []
    for (const x of hearts) {
      const y = await method(x, fs), top = x.reduce((best, v, i) => (Math.abs(v) > Math.abs(x[best]) ? i : best), 0)
      const offset = mean(Array.from(y, (v, i) => v - x[i]))
      c.push(100 * away(y, x) / rms(x))
      p.push(100 * Math.abs(y[top] - offset - x[top]) / Math.abs(x[top]))
    }
    change.push(mean(c))
    peak.push(mean(p))
  }
  console.log(`no noise: RMS of the change, % of the heart's\n${' '.repeat(15)}${cells(change)}\nno noise: change of the largest peak, %\n${' '.repeat(15)}${cells(peak)}`)
}

const there = existsSync(ADULT)
if (!there) console.log('LUDB and real noise are left out: no recordings at ../shared/data')
const windows = there ? noisyWindows() : null
for (const [name, hearts] of [['simulated', simulated()], ...(there ? [['LUDB', ludb()]] : [])]) {
  await table(name, 500, hearts, windows)
  await table(name, 100, hearts.map(slower), windows)
}
