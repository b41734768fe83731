// Weights: those of the package, others, none, broken ones; how long they stay.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { FecgError, load } from '../../js/index.js'
import { weights, whole, withMetadata } from './helpers.js'

const bytes = new Uint8Array(readFileSync(weights))
const other = withMetadata(bytes, { trained_on: '["w1","w2"]' })
const sha = (b) => createHash('sha256').update(b).digest('hex')
const fecg = await load()
const simulation = fecg.simulate({ seconds: 20 })
const samples = whole(simulation)
/** The sha256 of the weights that an extraction used. */
const used = async (engine, options) => {
  const recording = await engine.read({ fs: 500, leads: simulation.leads, samples })
  return (await engine.extract(recording, options)).version.model_sha256
}

test('the weights of the package are those that an extraction uses, and model() gives them', async () => {
  assert.equal(await used(fecg), sha(bytes))
  const model = await fecg.model()
  assert.equal(model.sha256, sha(bytes))
  assert.ok(model.name)
  assert.ok(Array.isArray(JSON.parse(model.metadata('trained_on'))))
  assert.equal(model.metadata('nothing of that name'), '')
  assert.equal(await fecg.model(), model)
})

test('load takes other weights: a URL, its text, bytes, or by name, and makes a new engine of them', async () => {
  for (const models of [other, other.buffer, { fhnet: other }]) assert.equal(await used(await load({ models })), sha(other))
  for (const models of [pathToFileURL(weights), pathToFileURL(weights).href, {}]) {
    const engine = await load({ models })
    assert.notEqual(engine, fecg)
    assert.equal(await used(engine), sha(bytes))
  }
  for (const models of [42, true, { fhnet: 42 }]) await assert.rejects(load({ models: /** @type {any} */ (models) }), { name: 'FecgError', code: 'ARGUMENT' })
})

test('an extraction takes other weights: bytes, a URL, or an open model, which outlives it', async () => {
  assert.equal(await used(fecg, { model: other }), sha(other))
  assert.equal(await used(fecg, { model: pathToFileURL(weights), method: 'network' }), sha(bytes))
  const model = await fecg.model(other)
  assert.equal(model.metadata('trained_on'), '["w1","w2"]')
  for (let i = 0; i < 2; i++) assert.equal(await used(fecg, { model }), sha(other))
  model.close()
  await assert.rejects(used(fecg, { model }), { name: 'FecgError', code: 'STATE' })
  assert.throws(() => model.metadata('x'), { code: 'STATE' })
  model.close()
  assert.equal(await used(fecg), sha(bytes))
})

test('a model that is closed while an extraction uses it stays until that is done', async () => {
  const model = await fecg.model(other)
  const recording = await fecg.read({ fs: 500, leads: simulation.leads, samples })
  const work = fecg.extract(recording, { model, signals: () => model.close() })
  assert.equal((await work).version.model_sha256, sha(other))
  assert.throws(() => model.metadata('x'), { code: 'STATE' })
})

test('the shared model, closed by someone, is opened anew', async () => {
  const engine = await load({ models: bytes })
  const first = await engine.model()
  first.close()
  assert.equal(await used(engine), sha(bytes))
  assert.notEqual(await engine.model(), first)
})

test('extractions side by side on one model give what each gives alone', async () => {
  const leads = [[0], [0, 1, 2]]
  const run = async (l) => JSON.stringify(await fecg.extract(await fecg.read({ fs: 500, leads: l.map(String), samples: l.map((k) => samples[k]) }), { leads: l.map((_, k) => k) }))
  const alone = [await run(leads[0]), await run(leads[1])]
  assert.deepEqual(await Promise.all(leads.map(run)), alone)
})

test('a model belongs to the engine that opened it', async () => {
  const model = await (await load({ models: other })).model()
  await assert.rejects(used(fecg, { model }), { name: 'FecgError', code: 'ARGUMENT' })
})

test('weights that are not there are told when a method needs them, and classical needs none', async () => {
  const nowhere = new URL('nowhere.safetensors', pathToFileURL(weights))
  const engine = await load({ models: nowhere })
  assert.equal(await used(engine, { method: 'classical' }), null)
  for (const method of [undefined, 'network']) {
    await assert.rejects(used(engine, { method }), (e) => e instanceof FecgError && e.code === 'MISSING' && e.file === nowhere.href && /weights/.test(e.message))
  }
  assert.equal(await used(engine, { model: other }), sha(other))
})

test('bytes that are no weights, or damaged ones, are errors that say what is wrong', async () => {
  const cut = bytes.slice(0, bytes.length - 1000)
  for (const wrong of [new Uint8Array(), new Uint8Array(100), new TextEncoder().encode('not a model at all'), cut]) {
    for (const attempt of [fecg.model(wrong), used(fecg, { model: wrong }), load({ models: wrong }).then((engine) => used(engine))]) {
      await assert.rejects(attempt, (e) => e instanceof FecgError && ['FORMAT', 'UNSUPPORTED'].includes(e.code) && e.message.length > 20)
    }
  }
  await assert.rejects(fecg.model(/** @type {any} */ (42)), { code: 'ARGUMENT' })
  assert.equal(await used(fecg), sha(bytes))
})

test('weights are fetched once, with the first extraction that needs them, and a failed download may be tried again', async (t) => {
  let asked = 0, up = false
  t.mock.method(globalThis, 'fetch', async () => {
    asked++
    return up ? new Response(bytes) : new Response('', { status: 503 })
  })
  const engine = await load({ models: 'http://localhost/fhnet.safetensors' })
  await used(engine, { method: 'classical' })
  assert.equal(asked, 0)
  await assert.rejects(used(engine), (e) => e instanceof FecgError && e.code === 'MISSING' && /503/.test(e.message))
  up = true
  assert.deepEqual(await Promise.all([used(engine), used(engine)]), [sha(bytes), sha(bytes)])
  assert.equal(await used(engine), sha(bytes))
  assert.equal(asked, 2)
})

test('an abort is heard while the weights are on their way', async (t) => {
  t.mock.method(globalThis, 'fetch', () => new Promise(() => {}))
  const engine = await load({ models: 'http://localhost/slow.safetensors' })
  const controller = new AbortController()
  const work = used(engine, { signal: controller.signal })
  setTimeout(() => controller.abort('stop'), 5)
  await assert.rejects(work, (reason) => reason === 'stop')
})

test('memory of models is given back', async () => {
  const { Engine } = await import('../../js/engine.js')
  const { openModel } = await import('../../js/models.js')
  const engine = await Engine.load()
  const once = async () => (await openModel(engine, bytes)).close()
  for (let i = 0; i < 3; i++) await once()
  const before = engine.memory.buffer.byteLength
  for (let i = 0; i < 40; i++) {
    await once()
    await assert.rejects(openModel(engine, bytes.subarray(0, bytes.length - 8)))
  }
  assert.equal(engine.memory.buffer.byteLength, before)
})
