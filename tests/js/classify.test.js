// Classification: what goes in, what comes out, and what is refused. How right it is: npm run eval:ecgnet.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { FecgError, load } from '../../js/index.js'
import { sheet } from '../../js/sheet.js'
import { ecgnetWeights, weights, whole, withMetadata } from './helpers.js'

const fecg = await load()
const STANDARD = ['I', 'II', 'III', 'aVR', 'aVL', 'aVF', 'V1', 'V2', 'V3', 'V4', 'V5', 'V6']
const FS = 500
const person = (options = {}) => whole(fecg.simulate({ seed: 7, seconds: 10, fs: FS, leads: 12, snr_db: 20, scenario: 'standard:normal', ...options }))
const classify = async (samples, options, leads = STANDARD, fs = FS) => fecg.classify(await fecg.read({ fs, leads: leads.slice(0, samples.length), samples }), options)
const normal = person()
const share = (list, key) => list.reduce((sum, l) => sum + l[key], 0)

test('twelve leads give the whole document', async () => {
  const r = await classify(normal)
  assert.equal(r.schema, 'fecg.classify/1')
  assert.deepEqual(r.source, { file: null, fs: FS, duration_s: 10, leads: STANDARD })
  for (const p of [r.abnormal, r.atrial_fibrillation, ...Object.values(r.classes)]) assert.ok(p >= 0 && p <= 1, String(p))
  assert.deepEqual(Object.keys(r.classes), ['arrhythmia', 'conduction', 'infarction', 'qt', 'hypertrophy'])
  assert.equal(r.label === 'normal', r.abnormal < r.threshold)
  assert.ok(['low', 'moderate', 'high'].includes(r.risk.level))
  assert.equal(r.quality.reason, null)
  assert.equal(r.quality.judged, 1)
  assert.deepEqual(r.quality.leads.map((l) => [l.label, l.lead, l.state]), STANDARD.map((l) => [l, l, 'ok']))
  assert.ok(Math.abs(share(r.attribution.leads, 'contribution') - 1) < 1e-3)
  assert.equal(r.attribution.t_s.length, r.attribution.time.length)
  assert.ok(r.attribution.t_s.every((t, i) => Math.abs(t - 0.4 * i) < 1e-9) && r.attribution.t_s.length === 25)
  assert.equal(r.version.model_sha256, createHash('sha256').update(readFileSync(ecgnetWeights)).digest('hex'))
})

test('the intervals are those of the simulated heart', async () => {
  const { beats } = fecg.simulate({ seed: 7, seconds: 10, fs: FS, leads: 12, snr_db: 20, scenario: 'standard:normal' })
  const rr = beats.maternal.slice(1).map((t, i) => t - beats.maternal[i]).sort((a, b) => a - b)
  const { intervals } = await classify(normal)
  assert.ok(Math.abs(intervals.rate_bpm - 60 / rr[rr.length >> 1]) < 2, String(intervals.rate_bpm))
  assert.ok(intervals.pr_ms > 100 && intervals.pr_ms < 220, String(intervals.pr_ms))
  assert.ok(intervals.qrs_ms > 60 && intervals.qrs_ms < 120, String(intervals.qrs_ms))
  assert.ok(intervals.qtcf_ms > 340 && intervals.qtcf_ms < 470, String(intervals.qtcf_ms))
})

test('a measured QTc beyond its limit is the qt class, and makes the ECG abnormal', async () => {
  const r = await classify(person({ scenario: 'standard:long-qt' }))
  assert.ok(r.intervals.qtcf_ms > 470, String(r.intervals.qtcf_ms))
  assert.ok(r.classes.qt > 0.7 && r.abnormal >= r.classes.qt)
  assert.notEqual(r.label, 'normal')
  assert.notEqual(r.risk.level, 'low')
  assert.ok(r.risk.because.some((b) => b.startsWith('QTc')))
})

test('what implies another is not more probable than it', async () => {
  for (const scenario of ['af', 'pvc', 'lbbb', 'infarction-anterior', 'lvh', 'long-qt', 'normal']) {
    const { windows } = await classify(person({ seconds: 20, scenario: `standard:${scenario}` }))
    for (const w of windows) {
      assert.ok(w.arrhythmia >= w.atrial_fibrillation, scenario)
      for (const key of ['arrhythmia', 'conduction', 'infarction', 'qt', 'hypertrophy']) assert.ok(w[key] <= w.abnormal, `${scenario}: ${key} ${w[key]}, abnormal ${w.abnormal}`)
    }
  }
})

test('a long recording is judged every ten seconds, and its parts are as if alone', async () => {
  const long = person({ seconds: 34 })
  const r = await classify(long)
  assert.deepEqual(r.windows.map((w) => [w.t_s, w.duration_s]), [[0, 10], [10, 10], [20, 10]], 'a rest below five seconds is not judged')
  const part = await classify(long.map((s) => s.slice(10 * FS, 20 * FS)))
  assert.equal(part.abnormal, r.windows[1].abnormal)
  const mean = r.windows.reduce((sum, w) => sum + w.abnormal, 0) / 3
  assert.ok(Math.abs(mean - r.abnormal) < 2e-4)
  assert.deepEqual((await classify(person({ seconds: 36 }))).windows.map((w) => w.duration_s), [10, 10, 10, 6])
})

test('fewer leads answer, and say that infarction and hypertrophy may not show', async () => {
  for (const leads of [['I', 'II'], ['II'], ['V2']]) {
    const r = await classify(leads.map((l) => normal[STANDARD.indexOf(l)]), {}, leads)
    assert.ok(r.abnormal !== null)
    assert.ok(r.diagnostics.some((d) => d.code === 'FEW_LEADS'))
    assert.equal(r.attribution.leads.length, leads.length)
  }
})

test('leads are found by their labels, by number, and by a name given to them', async () => {
  const samples = [normal[1], normal[0], normal[6]]
  const read = (leads) => fecg.read({ fs: FS, leads, samples })
  const byLabel = await fecg.classify(await read(['ECG II', 'resp', 'MDC_ECG_LEAD_V1']))
  assert.deepEqual(byLabel.quality.leads.map((l) => [l.label, l.lead]), [['ECG II', 'II'], ['MDC_ECG_LEAD_V1', 'V1']])
  const named = await fecg.classify(await read(['a', 'b', 'c']), { leads: ['a=II', '2=V1'] })
  assert.equal(named.abnormal, byLabel.abnormal)
  const unnamed = await read(['a', 'b', 'c'])
  await assert.rejects(fecg.classify(unnamed), { code: 'LEADS', message: /no standard lead .*0 "a".*--leads 0=II/ })
  await assert.rejects(fecg.classify(unnamed, { leads: ['a'] }), { code: 'LEADS', message: /"a" is no standard lead/ })
  await assert.rejects(fecg.classify(unnamed, { leads: ['a=II', 'b=II'] }), { code: 'LEADS', message: /same standard lead/ })
  await assert.rejects(fecg.classify(unnamed, { leads: ['z=II'] }), { code: 'LEADS', message: /no lead "z"/ })
  assert.ok((await fecg.classify(await read(['II', 'II', 'V1']))).diagnostics.some((d) => d.code === 'LEADS_TWICE'))
})

test('a fetal signal is refused, by its label and by its look', async () => {
  const s = fecg.simulate({ seconds: 20, fs: FS, leads: 4, snr_db: 30 })
  const fetal = whole(s, 'fetal')
  await assert.rejects(fecg.classify(await fecg.read({ fs: FS, leads: ['fECG A1', 'fECG A2', 'fECG A3', 'fECG A4'], samples: fetal })), { code: 'UNSUPPORTED', message: /fetal signal/ })
  await assert.rejects(fecg.classify(await fecg.read({ fs: FS, leads: ['fECG A1'], samples: [fetal[0]] }), { leads: ['fECG A1=II'] }), { code: 'UNSUPPORTED', message: /fetal signal/ })
  for (const label of ['fetus 1', 'Foetus', 'foetal II']) {
    const named = await fecg.read({ fs: FS, leads: [label], samples: [fetal[0]] })
    await assert.rejects(fecg.classify(named), { code: 'UNSUPPORTED', message: /fetal signal/ }, label)
    await assert.rejects(fecg.classify(named, { leads: ['0=II'] }), { code: 'UNSUPPORTED', message: /fetal signal/ }, label)
  }
  const louder = fetal.map((x) => x.map((v) => 20 * v))
  const r = await fecg.classify(await fecg.read({ fs: FS, leads: ['I', 'II', 'V1', 'V2'], samples: louder }))
  assert.deepEqual([r.label, r.abnormal, r.risk, r.quality.reason], [null, null, null, 'FETAL_SUSPECTED'], 'of what may be a fetus nothing is said')
})

test('what cannot be judged has no answer, and says why', async () => {
  const none = async (samples, reason) => {
    const r = await classify(samples)
    assert.deepEqual([r.label, r.abnormal, r.risk, r.attribution, r.quality.reason], [null, null, null, null, reason])
    assert.ok(Object.values(r.classes).every((p) => p === null))
    return r
  }
  await none(normal.map((s) => s.slice(0, 2 * FS)), 'TOO_SHORT')
  await none(normal.map((s) => new Float32Array(s.length)), 'NO_SIGNAL')
  await none(normal.map((s) => new Float32Array(s.length).fill(NaN)), 'NO_SIGNAL')
  const mV = await none(normal.map((s) => s.map((v) => v / 1000)), 'UNIT_SUSPECTED')
  assert.ok(mV.diagnostics.some((d) => d.code === 'UNIT_SUSPECTED'))
  const large = await none(normal.map((s) => s.map((v) => v * 1000)), 'UNIT_SUSPECTED')
  assert.ok(large.diagnostics.some((d) => d.code === 'UNIT_SUSPECTED'))
})

test('a change in a long recording is told, and so are leads of an unusual size or upside down', async () => {
  const changing = normal.map((s, l) => Float32Array.from([...Array(7)].flatMap(() => [...s]).concat([...person({ seconds: 30, scenario: 'standard:lbbb', seed: 4 })[l]])))
  const r = await classify(changing)
  assert.equal(r.windows.length, 10)
  if (r.label === 'normal') assert.ok(r.diagnostics.some((d) => d.code === 'VARIES'))
  assert.ok(r.windows.slice(7).every((w) => w.abnormal >= r.threshold))
  const small = await classify(normal.map((s) => s.map((v) => v * 0.15)))
  assert.ok(small.diagnostics.some((d) => d.code === 'UNIT_SUSPECTED'))
  const other = person({ seed: 2 }) // whose heart lies well to the left
  const arms = [other[0].map((v) => -v), other[2], other[1]]
  assert.ok((await classify(arms)).diagnostics.some((d) => d.code === 'LEADS_SUSPECTED'))
  assert.ok(!(await classify(normal)).diagnostics.some((d) => ['LEADS_SUSPECTED', 'UNIT_SUSPECTED', 'VARIES'].includes(d.code)))
})

test('limb leads that contradict each other take no part, and it is said', async () => {
  const exchanged = normal.slice()
  exchanged[0] = normal[1]
  exchanged[1] = normal[0]
  const r = await classify(exchanged)
  assert.ok(r.diagnostics.some((d) => d.code === 'LEADS_SUSPECTED'))
  assert.ok(r.attribution.leads.slice(0, 6).every((l) => l.contribution === 0))
  assert.equal(r.intervals.axis_deg, null)
  const limbs = await classify(exchanged.slice(0, 6))
  assert.deepEqual([limbs.label, limbs.quality.reason], [null, 'LEADS_SUSPECTED'])
})

test('flat and missing leads take no part; gaps are told', async () => {
  const damaged = normal.slice()
  damaged[6] = new Float32Array(normal[6].length)
  damaged[7] = normal[7].map((v, i) => (i > 4 * FS ? NaN : v))
  const r = await classify(damaged)
  assert.deepEqual([r.quality.leads[6].state, r.quality.leads[7].state], ['flat', 'gaps'])
  assert.deepEqual([r.attribution.leads[6].contribution, r.attribution.leads[7].contribution], [0, 0])
  assert.ok(r.abnormal !== null)
})

test('100 Hz and 1000 Hz, 2000 Hz and mixed rates are the same heart; below 100 Hz is an error', async () => {
  const expected = await classify(normal)
  const slow = normal.map((s) => Float32Array.from({ length: 1000 }, (_, i) => s.subarray(5 * i, 5 * i + 5).reduce((a, b) => a + b) / 5))
  for (const fs of [100, 250, 1000, 2000]) {
    const r = await classify(fs === 100 ? slow : person({ fs }), {}, STANDARD, fs)
    assert.ok(Math.abs(r.intervals.rate_bpm - expected.intervals.rate_bpm) < 2, `${fs} Hz: ${r.intervals.rate_bpm} bpm`)
    assert.ok(Math.abs(r.intervals.qrs_ms - expected.intervals.qrs_ms) < 15, `${fs} Hz: QRS ${r.intervals.qrs_ms} ms`)
  }
  const mixed = await fecg.classify(await fecg.read({ fs: [500, 250], leads: ['I', 'II'], samples: [normal[0], normal[1].filter((_, i) => i % 2 === 0)] }))
  assert.ok(Math.abs(mixed.intervals.rate_bpm - expected.intervals.rate_bpm) < 2)
  await assert.rejects(classify(normal.map((s) => s.slice(0, 800)), {}, STANDARD, 80), { code: 'UNSUPPORTED', message: /80 Hz/ })
})

test('other weights are used and named; those of FHNet are refused', async () => {
  const bytes = new Uint8Array(readFileSync(ecgnetWeights))
  const other = withMetadata(bytes, { name: 'other' })
  assert.equal((await classify(normal, { model: other })).version.model, 'other')
  await assert.rejects(classify(normal, { model: new Uint8Array(readFileSync(weights)) }), { code: 'UNSUPPORTED', message: /of FHNet, expected those of ECGNet/ })
  const abdominal = await fecg.read({ fs: FS, samples: normal.slice(0, 2) })
  await assert.rejects(fecg.extract(abdominal, { model: bytes }), { code: 'UNSUPPORTED', message: /of ECGNet, expected those of FHNet/ })
  const engine = await load({ models: { ecgnet: other } })
  const r = await engine.classify(await engine.read({ fs: FS, leads: STANDARD, samples: normal }))
  assert.equal(r.version.model, 'other')
})

test('wrong options are named, an abort is heard', async () => {
  for (const options of [{ mains: 55 }, { leads: [] }, { model: 42 }, { signal: {} }, { onProgress: 1 }])
    await assert.rejects(classify(normal, /** @type {any} */ (options)), (e) => e instanceof FecgError && e.code === 'ARGUMENT')
  await assert.rejects(fecg.classify(/** @type {any} */ ({})), { code: 'ARGUMENT' })
  const stop = new AbortController()
  const long = await fecg.read({ fs: FS, leads: STANDARD, samples: person({ seconds: 300 }) })
  await assert.rejects(fecg.classify(long, { signal: stop.signal, onProgress: () => stop.abort(new Error('enough')) }), { message: 'enough' })
})

test('the sheet is one well-formed picture with every lead and every word', async () => {
  const r = await classify(normal)
  const svg = sheet({ ...r, source: { ...r.source, file: '<a&b>.edf' } }, { t0_s: 0, leads: STANDARD.map((label, i) => ({ label, fs: FS, samples: normal[i] })) })
  assert.ok(svg.startsWith('<svg') && !/NaN|undefined|<a&b>/.test(svg))
  for (const lead of STANDARD) assert.ok(svg.includes(`>${lead}</text>`), lead)
  const none = await classify([new Float32Array(5000)], {}, ['II'])
  assert.ok(sheet({ ...none, source: { ...none.source, file: 'x' } }, { t0_s: 0, leads: [{ label: 'II', fs: FS, samples: new Float32Array(5000) }] }).includes('No answer'))
})
