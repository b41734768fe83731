// Extraction through the wrapper: results, signals, progress, aborting, errors.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from '../../js/index.js'
import { Models } from '../../js/models.js'
import { concat, difference, edfBytes, whole } from './helpers.js'

const fecg = await load()
const simulation = fecg.simulate({ seconds: 200, seed: 11, snr_db: 9 })
const mixture = whole(simulation)
const recording = await fecg.read({ fs: 500, leads: simulation.leads, samples: mixture }, { name: 'sim' })
const result = await fecg.extract(recording, { signals: true })

/** Share of reference beats with a found one within 50 ms, and the reverse, as F1. */
function f1(found, reference) {
  const matched = reference.filter((t) => found.some((u) => Math.abs(t - u) <= 0.05)).length
  return (2 * matched) / (found.length + reference.length)
}

test('the result is the document of schema fecg.extract/1', () => {
  assert.equal(result.schema, 'fecg.extract/1')
  assert.equal(result.method, 'fhnet')
  assert.deepEqual(result.source, { file: 'sim', fs: 500, duration_s: 200, leads: simulation.leads })
  assert.equal(result.version.engine, fecg.version)
  assert.equal(result.version.simd, fecg.simd)
  assert.match(result.version.model_sha256, /^[0-9a-f]{64}$/)
  const { fetal, maternal } = result
  assert.equal(fetal.confidence.length, fetal.peaks_s.length)
  assert.equal(fetal.interpolated.length, fetal.peaks_s.length)
  assert.equal(fetal.rate.bpm.length, fetal.rate.t_s.length)
  assert.equal(maternal.rate.bpm.length, maternal.rate.t_s.length)
  assert.deepEqual(result.quality.leads.map((l) => l.label), simulation.leads)
})

for (const method of /** @type {const} */ (['classical', 'network', 'fhnet'])) {
  test(`where no lead has a sample there is no beat, and no rate over it: ${method}`, async () => {
    const gaps = [[8, 9.2], [20, 21.5], [40, 42], [55, 56.3]]
    const samples = mixture.map((x) => x.slice(0, 70 * 500))
    for (const x of samples) for (const [from, to] of gaps) x.fill(NaN, from * 500, to * 500)
    const { fetal, maternal } = await fecg.extract(await fecg.read({ fs: 500, samples }), { method })
    for (const [from, to] of gaps) {
      for (const heart of [fetal, maternal]) {
        assert.deepEqual(heart.peaks_s.filter((t) => t > from + 0.26 && t < to - 0.26), [])
        assert.deepEqual(heart.rate.bpm.filter((_, i) => heart.rate.t_s[i] > from + 0.26 && heart.rate.t_s[i] < to - 0.26).filter((v) => v !== null), [])
      }
    }
    const known = fetal.rate.bpm.filter((v) => v !== null)
    assert.ok(known.length > 0.85 * fetal.rate.bpm.length && Math.min(...known) > 100, `${known.length} of ${fetal.rate.bpm.length}, least ${Math.min(...known)}`)
  })
}

test('the beats of a clear simulated recording are found', () => {
  assert.ok(result.fetal.present)
  assert.ok(f1(result.fetal.peaks_s, simulation.beats.fetal) > 0.95)
  assert.ok(f1(result.maternal.peaks_s, simulation.beats.maternal) > 0.95)
})

/** Pearson correlation. */
function correlation(a, b) {
  const mean = (v) => v.reduce((sum, x) => sum + x, 0) / v.length
  const [ma, mb] = [mean(a), mean(b)]
  let ab = 0, aa = 0, bb = 0
  a.forEach((x, i) => {
    ab += (x - ma) * (b[i] - mb)
    aa += (x - ma) ** 2
    bb += (b[i] - mb) ** 2
  })
  return ab / Math.sqrt(aa * bb)
}

test('signals are at the input rate, one for each lead, and are the hearts they are named after', () => {
  const { signals } = result
  assert.equal(signals.fs, 500)
  assert.deepEqual(signals.leads, simulation.leads)
  for (const kind of ['fetal', 'maternal', 'residual']) {
    assert.equal(signals[kind].length, 4)
    assert.ok(signals[kind].every((s) => s instanceof Float32Array && s.length === mixture[0].length && s.every(Number.isFinite)), kind)
  }
  for (const kind of ['fetal', 'maternal']) {
    const truth = whole(simulation, kind)
    const best = Math.max(...signals[kind].map((s, lead) => correlation(s, truth[lead])))
    assert.ok(best > 0.8, `${kind}: ${best}`)
  }
})

test('a sink receives the same signals block by block, in order, and is waited for', async () => {
  const blocks = []
  let busy = false
  const streamed = await fecg.extract(recording, {
    signals: async (block) => {
      assert.ok(!busy)
      busy = true
      await new Promise((done) => setTimeout(done, 1))
      busy = false
      blocks.push(block)
    },
  })
  assert.equal(streamed.signals, undefined)
  assert.ok(blocks.length > 1)
  let at = 0
  for (const b of blocks) {
    assert.ok(Math.abs(b.t0_s - at / b.fs) < 1e-9)
    at += b.fetal[0].length
  }
  for (const kind of ['fetal', 'maternal', 'residual']) {
    result.signals[kind].forEach((s, lead) => assert.equal(difference(concat(blocks.map((b) => b[kind][lead])), s), 0))
  }
})

test('without signals the document is the same', async () => {
  const { signals, ...document } = result
  assert.deepEqual(await fecg.extract(recording), document)
})

test('two extractions at the same time give what each gives alone', async () => {
  const other = await fecg.read({ fs: 500, leads: simulation.leads.slice(0, 2), samples: mixture.slice(0, 2) })
  const alone = await fecg.extract(other)
  const { signals, ...document } = result
  assert.deepEqual(await Promise.all([fecg.extract(recording), fecg.extract(other)]), [document, alone])
})

test('progress rises to one', async () => {
  const seen = []
  await fecg.extract(recording, { onProgress: (p) => seen.push(p) })
  assert.equal(seen.at(-1).fraction, 1)
  assert.equal(seen.at(-1).done_s, 200)
  assert.equal(seen.at(-1).duration_s, 200)
  seen.forEach((p, i) => assert.ok(i === 0 || p.done_s >= seen[i - 1].done_s))
})

test('an aborted extraction rejects with the reason and leaves the engine sound', async () => {
  const reason = new Error('enough')
  await assert.rejects(fecg.extract(recording, { signal: AbortSignal.abort(reason) }), reason)
  const controller = new AbortController()
  let calls = 0
  await assert.rejects(fecg.extract(recording, { signals: () => { calls++; controller.abort(reason) }, signal: controller.signal }), reason)
  assert.equal(calls, 1)
  const { signals, ...document } = result
  assert.deepEqual(await fecg.extract(recording), document)
})

test('the event loop has its turn between any two segments', async () => {
  const long = await fecg.read({ fs: 500, samples: mixture.map((s) => concat([s, s, s, s])) })
  const { Engine } = await import('../../js/engine.js')
  const { extract } = await import('../../js/extract.js')
  const engine = await Engine.load()
  // Every call is made to look slow, so that how often the loop has its turn does not hang on the machine.
  let now = 0, calls = 0, turns = 0, running = true
  const { fecg_extract_process } = engine.calls
  engine.calls = { ...engine.calls, fecg_extract_process: (...args) => { calls++; now += 100; return fecg_extract_process(...args) } }
  const real = performance.now
  performance.now = () => now
  const loop = () => { if (running) { turns++; setImmediate(loop) } }
  setImmediate(loop)
  try {
    await extract(engine, new Models(engine), long, {})
  } finally {
    performance.now = real
    running = false
  }
  assert.ok(calls >= 800 / 60)
  assert.ok(turns >= calls, `${turns} turns in ${calls} calls`)
})

test('memory is given back: a hundred extractions, half of them aborted, do not grow the module', async () => {
  const { Engine } = await import('../../js/engine.js')
  const { extract } = await import('../../js/extract.js')
  const engine = await Engine.load()
  const models = new Models(engine)
  const short = await fecg.read({ fs: 250, samples: mixture.slice(0, 2).map((s) => s.slice(0, 2500)) })
  const run = async (aborts) => {
    const controller = new AbortController()
    const work = extract(engine, models, short, { signal: controller.signal, signals: () => { if (aborts) controller.abort() } })
    await (aborts ? assert.rejects(work, { name: 'AbortError' }) : work)
  }
  for (let i = 0; i < 6; i++) await run(i % 2)
  const before = engine.memory.buffer.byteLength
  for (let i = 0; i < 100; i++) await run(i % 2)
  assert.equal(engine.memory.buffer.byteLength, before)
})

test('leads are chosen, and what was assumed is said', async () => {
  const two = await fecg.extract(recording, { leads: [simulation.leads[2], 0] })
  assert.deepEqual(two.source.leads, [simulation.leads[2], simulation.leads[0]])
  const plain = await fecg.read({ fs: 500, leads: ['a', 'b', 'c', 'd'], samples: mixture })
  assert.ok((await fecg.extract(plain)).diagnostics.some((d) => d.code === 'LEADS_ASSUMED'))
  await assert.rejects(fecg.extract(recording, { leads: ['nowhere'] }), { code: 'LEADS' })
})

test('each method says its name; the classical stage has neither model nor attribution, the others have both', async () => {
  const short = await fecg.read({ fs: 500, leads: simulation.leads, samples: mixture.map((s) => s.subarray(0, 10_000)) })
  for (const method of /** @type {const} */ (['classical', 'network', 'fhnet'])) {
    const { version, attribution, ...d } = await fecg.extract(short, { method })
    assert.equal(d.method, method)
    if (method === 'classical') {
      assert.deepEqual([version.model, version.model_sha256, attribution], [null, null, null])
      continue
    }
    assert.ok(version.model)
    assert.deepEqual(attribution.leads.map((l) => l.label), simulation.leads)
    const sum = attribution.leads.reduce((s, l) => s + l.contribution, 0)
    assert.ok(attribution.leads.every((l) => l.contribution >= 0) && Math.abs(sum - 1) < 1e-3, `the shares add up to ${sum}`)
    assert.deepEqual(attribution.t_s, d.fetal.rate.t_s)
    assert.equal(attribution.time.length, attribution.t_s.length)
    assert.ok(attribution.time.every((v) => v === null || (v >= 0 && v <= 1)) && attribution.time.some((v) => v > 0))
  }
})

test('wrong arguments are errors of code ARGUMENT', async () => {
  for (const options of [{ method: 'magic' }, { signals: 3 }, { onProgress: 1 }, { signal: {} }, { mains: 55 }, { leads: 'A' }, { model: 1 }, { model: {} }, { method: 'classical', model: 'x' }]) {
    await assert.rejects(fecg.extract(recording, /** @type {any} */ (options)), { name: 'FecgError', code: 'ARGUMENT' })
  }
  await assert.rejects(fecg.extract(/** @type {any} */ ({})), { code: 'ARGUMENT' })
})

test('diagnostics of reading are in the result', async () => {
  const edf = edfBytes(fecg, fecg.simulate({ seconds: 30 }))
  const cut = await fecg.read(edf.subarray(0, Math.round(edf.length * 0.7)), { name: 'cut.edf' })
  const { diagnostics, source } = await fecg.extract(cut)
  assert.equal(source.file, 'cut.edf')
  for (const { code } of cut.diagnostics) assert.ok(diagnostics.some((d) => d.code === code))
  assert.ok(cut.diagnostics.length > 0)
})

test('a source that fails in the middle rejects the extraction', async () => {
  const edf = edfBytes(fecg, fecg.simulate({ seconds: 300, fs: 1000 }))
  let reads = 0
  const failing = await fecg.read({ size: edf.length, read: async (at, n) => {
    if (++reads > 4) throw new Error('disk')
    return edf.subarray(at, at + n)
  } })
  await assert.rejects(fecg.extract(failing), /disk/)
})
