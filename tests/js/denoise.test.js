// Denoising by the wrapper and the command line: the same as natively, block by block, with its gaps and its errors.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { load } from '../../js/index.js'
import { fecg as run, folder } from './cli.tools.js'
import { concat, difference, edfBytes, native, samples, whole } from './helpers.js'

const fecg = await load()
const there = folder()
const at = (name) => join(there, name)

/** Leads of a simulated adult. */
const heart = (fs, seconds, { seed = 3, scenario = 'adult', leads = 2 } = {}) => whole(fecg.simulate({ seed, fs, seconds, leads, scenario, snr_db: 0 }))
/** Every nth sample: a rate that the simulator does not make. */
const every = (n, leads) => leads.map((s) => s.filter((_, i) => i % n === 0))
const rms = (s) => Math.sqrt(s.reduce((sum, v) => sum + (Number.isFinite(v) ? v * v : 0), 0) / s.length)

for (const [fs, seconds, leads] of [[100, 10, every(5, heart(500, 10))], [250, 70, heart(250, 70, { scenario: 'gaps' })], [500, 10, heart(500, 10)], [1000, 31, heart(1000, 31)]]) {
  test(`${seconds} s at ${fs} Hz give the same bits as natively`, async () => {
    const here = await fecg.denoise(await fecg.read({ fs, samples: leads }))
    assert.equal(here.fs, fs)
    const { outputs: [out] } = native(['denoise', 'in.f32', fs, leads.length, 'out.f32'], { 'in.f32': concat(leads) }, ['out.f32'])
    here.uv.forEach((s, lead) => assert.equal(difference(s, out.subarray(lead * s.length, (lead + 1) * s.length)), 0))
    assert.ok(here.uv.every((s, lead) => rms(s) > 1 && s.length === leads[lead].length))
  })
}

test('wander, mains and muscle noise go, the heart stays', async () => {
  const fs = 500, [heard] = whole(fecg.simulate({ seed: 5, fs, seconds: 20, leads: 1, scenario: 'adult' }), 'maternal')
  const mean = heard.reduce((sum, v) => sum + v, 0) / heard.length, clean = heard.map((v) => v - mean) // a constant is baseline
  const level = rms(clean)
  let seed = 1
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647 - 0.5
  const noisy = clean.map((v, i) => v + level * (2 * Math.sin(1.3 * i / fs) + Math.sin(2 * Math.PI * 50 * i / fs) + random()))
  const { uv: [out] } = await fecg.denoise(await fecg.read({ fs, samples: [noisy] }))
  const before = rms(noisy.map((v, i) => v - clean[i])), after = rms(out.map((v, i) => v - clean[i]))
  assert.ok(after < before / 5, `${after} of ${before}`)
})

test('gaps stay gaps, and only they', async () => {
  const leads = heart(250, 60, { scenario: 'gaps', leads: 3 })
  assert.ok(leads.some((s) => s.some(Number.isNaN)))
  const { uv } = await fecg.denoise(await fecg.read({ fs: 250, samples: leads }))
  uv.forEach((s, lead) => s.forEach((v, i) => assert.equal(Number.isFinite(v), Number.isFinite(leads[lead][i]))))
})

test('a sink receives the same, block by block, and the result holds no samples', async () => {
  const recording = await fecg.read({ fs: 360, samples: heart(360, 100), leads: ['a', 'b'] })
  const { uv } = await fecg.denoise(recording)
  const blocks = [], fractions = []
  const result = await fecg.denoise(recording, { signals: (b) => blocks.push(b), onProgress: (p) => fractions.push(p.fraction) })
  assert.equal(result.uv, undefined)
  assert.deepEqual(result.leads, ['a', 'b'])
  assert.equal(fractions.at(-1), 1)
  assert.ok(blocks.length > 1)
  let n = 0
  for (const b of blocks) {
    assert.equal(b.t0_s, n / 360)
    n += b.uv[0].length
  }
  uv.forEach((s, lead) => assert.equal(difference(s, concat(blocks.map((b) => b.uv[lead]))), 0))
})

test('each stage can be left out; without any the signal is as it was', async () => {
  const recording = await fecg.read({ fs: 500, samples: heart(500, 10) })
  const [both, morlet, none] = await Promise.all([undefined, ['morlet'], []].map((stages) => fecg.denoise(recording, { stages })))
  assert.ok(difference(both.uv[0], morlet.uv[0]) > 0.01)
  assert.ok(difference(none.uv[0], (await samples(recording))[0]) < 1e-3)
})

test('leads are chosen by name or number; what is no ECG or of another rate is left out', async () => {
  const [a, b] = heart(250, 5)
  const recording = await fecg.read({ fs: [250, 250, 50, 250], leads: ['II', 'V1', 'temp', 'resp'], samples: [a, b, new Float32Array(250), b] })
  assert.deepEqual((await fecg.denoise(recording)).leads, ['II', 'V1'])
  assert.deepEqual((await fecg.denoise(recording, { leads: ['v1', 3] })).leads, ['V1', 'resp'])
  await assert.rejects(fecg.denoise(recording, { leads: ['II', 'II'] }), { code: 'LEADS' })
  await assert.rejects(fecg.denoise(recording, { leads: ['V9'] }), { code: 'LEADS' })
  await assert.rejects(fecg.denoise(recording, { leads: ['temp'] }), { code: 'UNSUPPORTED', message: /50 Hz, expected 100 to 1000/ })
  const rates = await fecg.read({ fs: [250, 500], leads: ['I', 'II'], samples: [a, heart(500, 5)[0]] })
  const { leads, diagnostics } = await fecg.denoise(rates)
  assert.deepEqual([leads, diagnostics.map((d) => d.code)], [['I'], ['LEADS_RATE']])
  await assert.rejects(fecg.denoise(rates, { leads: [0, 1] }), { code: 'UNSUPPORTED', message: /one rate/ })
})

test('rates outside 100 to 1000 Hz are told', async () => {
  for (const fs of [99, 1001]) await assert.rejects(fecg.denoise(await fecg.read({ fs, samples: [new Float32Array(3000)] })), { code: 'UNSUPPORTED' })
})

test('wrong options are told, an abort is heard', async () => {
  const recording = await fecg.read({ fs: 250, samples: heart(250, 60) })
  for (const bad of [{ signals: true }, { stages: ['haar'] }, { stages: 'morlet' }, { mains: 55 }, { leads: [] }, { onProgress: 1 }, { signal: {} }, 7]) {
    await assert.rejects(fecg.denoise(recording, bad), { code: 'ARGUMENT' }, JSON.stringify(bad))
  }
  await assert.rejects(fecg.denoise({}), { code: 'ARGUMENT' })
  await assert.rejects(fecg.denoise(recording, { signal: AbortSignal.abort('enough') }), (e) => e === 'enough')
  const stop = new AbortController()
  await assert.rejects(fecg.denoise(recording, { signal: stop.signal, signals: () => stop.abort('now') }), (e) => e === 'now')
})

// ---- the command line

const simulation = fecg.simulate({ seed: 8, fs: 250, seconds: 20, leads: 2, scenario: 'gaps' })
writeFileSync(at('in.edf'), edfBytes(fecg, simulation))

/** The samples and annotations of a file. */
async function readBack(name, options) {
  const recording = await fecg.read(readFileSync(at(name)), { name, ...options })
  return { uv: await samples(recording), labels: recording.channels.map((c) => c.label), fs: recording.channels[0].fs, marks: recording.annotations }
}

test('fecg denoise writes what denoise() gives, as EDF with the annotations and as CSV', async () => {
  const expected = await fecg.denoise(await fecg.read(readFileSync(at('in.edf')), { name: 'in.edf' }))
  for (const name of ['out.edf', 'out.csv']) {
    const { status, err } = run(['denoise', at('in.edf'), '--signals', at(name)])
    assert.equal(status, 0, err)
    assert.match(err, /2 leads, 250 Hz, denoised/)
    const { uv, labels, fs, marks } = await readBack(name)
    assert.deepEqual([labels, fs], [expected.leads, 250])
    uv.forEach((s, lead) => assert.ok(difference(s, expected.uv[lead]) < 0.1))
    if (name === 'out.edf') assert.equal(marks.length, simulation.beats.fetal.length)
  }
})

test('fecg denoise: wrong usage, unreadable input, rates and outputs that cannot be', () => {
  writeFileSync(at('slow.csv'), `# fs=50 unit=uV ch=A\n${'1\n'.repeat(500)}`)
  writeFileSync(at('fast.csv'), `# fs=2000 unit=uV ch=A\n${'1\n'.repeat(500)}`)
  writeFileSync(at('bad.edf'), 'no EDF')
  for (const [status, pattern, ...args] of [
    [2, /--signals/, at('in.edf')],
    [2, /expected FILE/, '--signals', at('x.edf')],
    [2, /expected one FILE/, at('in.edf'), at('in.edf'), '--signals', at('x.edf')],
    [2, /\.edf or \.csv/, at('in.edf'), '--signals', at('x.txt')],
    [2, /cannot write/, at('in.edf'), '--signals', at('no/such/x.edf')],
    [2, /overwrite the input/, at('in.edf'), '--signals', at('in.edf')],
    [2, /no lead/, at('in.edf'), '--leads', 'V7', '--signals', at('x.edf')],
    [2, /--mains/, at('in.edf'), '--mains', '55', '--signals', at('x.edf')],
    [3, /50 Hz, expected 100 to 1000/, at('slow.csv'), '--signals', at('x.edf')],
    [3, /2000 Hz, expected 100 to 1000/, at('fast.csv'), '--signals', at('x.csv')],
    [3, /bad\.edf/, at('bad.edf'), '--signals', at('x.edf')],
    [3, /no such file/, at('absent.edf'), '--signals', at('x.edf')],
  ]) {
    const { status: got, err } = run(['denoise', ...args])
    assert.equal(got, status, err)
    assert.match(err, pattern)
    assert.equal(err.trimEnd().split('\n').length, 1, err)
  }
  assert.deepEqual(readdirSync(there).filter((f) => f.startsWith('x.')), [], 'nothing is left behind')
})

test('fecg denoise --quiet says nothing', () => {
  const { status, out, err } = run(['denoise', at('in.edf'), '--quiet', '--signals', at('q.csv')])
  assert.deepEqual([status, out, err], [0, '', ''])
})
