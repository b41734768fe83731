// The package in a worker thread: the calls of index.js with the same results, errors, aborts, progress and back-pressure; and what
// happens when the worker is closed or dies.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, openAsBlob, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { load as loadDirect } from '../../js/index.js'
import { FecgError, load } from '../../js/worker.js'
import { concat, edfBytes, root, samples, weights, whole } from './helpers.js'

const direct = await loadDirect()
const fecg = await load()
after(() => fecg.close())

const options = { seconds: 130, seed: 11, snr_db: 9 }
const simulation = direct.simulate(options)
const edf = edfBytes(direct, simulation)
const expected = await direct.extract(await direct.read(edf, { name: 'sim.edf' }), { signals: true })
const { signals: expectedSignals, ...expectedDocument } = expected
const recording = await fecg.read(edf, { name: 'sim.edf' })

/** What a promise rejects with. */
const failure = (promise) => promise.then(() => assert.fail('it did not reject'), (error) => error)

test('a worker tells the version, the build and the defaults', async () => {
  assert.deepEqual([fecg.version, fecg.simd, fecg.simulateDefaults], [direct.version, direct.simd, direct.simulateDefaults])
})

test('it is what fetal-ecg/worker names', async () => {
  assert.equal((await import('fetal-ecg/worker')).load, load)
})

test('a recording shows what it shows without a worker, before a pass and after it', async () => {
  const [here, there] = [await direct.read(edf, { name: 'sim.edf' }), await fecg.read(edf, { name: 'sim.edf' })]
  const shown = () => { const { blocks, close, ...fields } = there; return fields }
  assert.deepEqual(shown(), { ...here })
  assert.equal(there.annotations.length, 0)
  assert.deepEqual(await samples(there), await samples(here))
  assert.deepEqual(shown(), { ...here })
  assert.equal(there.annotations.length, simulation.beats.fetal.length)
})

test('extract gives the same document and signals', async () => {
  assert.deepEqual(await fecg.extract(recording, { signals: true }), expected)
})

test('denoise and classify give the same', async () => {
  const person = edfBytes(direct, direct.simulate({ seconds: 20, seed: 5, scenario: 'standard:pvc' }))
  const [here, there] = [await direct.read(person), await fecg.read(person)]
  assert.deepEqual(await fecg.classify(there), await direct.classify(here))
  assert.deepEqual(await fecg.denoise(there, { leads: ['II'] }), await direct.denoise(here, { leads: ['II'] }))
})

test('calls at the same time do not disturb one another', async () => {
  const two = { leads: [0, 1] }
  const alone = await direct.extract(await direct.read(edf, { name: 'sim.edf' }), two)
  assert.deepEqual(await Promise.all([fecg.extract(recording), fecg.extract(recording, two)]), [expectedDocument, alone])
})

test('bytes, a Blob, a File, a file-backed Blob, random access and samples are the same recording', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fecg-'))
  try {
    const path = join(folder, 'sim.edf')
    writeFileSync(path, edf)
    /** A source whose size and bytes hang on `this`. */
    class Source {
      #bytes = edf
      reads = 0
      closed = 0
      get size() { return this.#bytes.length }
      read(offset, length) {
        this.reads++
        return this.#bytes.subarray(offset, offset + length)
      }
      close() { this.closed++ }
    }
    const source = new Source()
    for (const input of [edf.buffer.slice(edf.byteOffset, edf.byteOffset + edf.length), readFileSync(path), new Blob([edf]), new File([edf], 'sim.edf'), await openAsBlob(path), source]) {
      const other = await fecg.read(input, input instanceof File ? {} : { name: 'sim.edf' })
      assert.deepEqual(await fecg.extract(other), expectedDocument)
      await other.close()
    }
    assert.ok(source.reads > 2)
    assert.equal(source.closed, 1)
  } finally {
    rmSync(folder, { recursive: true })
  }
  const rows = whole(simulation)
  const input = { fs: simulation.fs, leads: simulation.leads, samples: rows }
  assert.deepEqual(await fecg.extract(await fecg.read(input)), await direct.extract(await direct.read(input)))
  assert.equal(rows[0].length, 130 * simulation.fs, 'the samples are still here')
})

test('a WFDB record is read with its files as an object or as a function', async () => {
  const hea = new TextEncoder().encode('r 1 250 1000\nr.dat 16 1(0)/uV 16 0 0 0 0 abd1\n')
  const dat = new Uint8Array(Int16Array.from({ length: 1000 }, (_, i) => i - 500).buffer)
  const [uv] = await samples(await direct.read({ hea, files: { 'r.dat': dat } }))
  const asked = []
  for (const files of [{ 'r.dat': dat }, { 'r.dat': new Blob([dat]) }, async (name) => { asked.push(name); return { size: dat.length, read: async (o, n) => dat.slice(o, o + n) } }]) {
    const record = await fecg.read({ hea, files })
    assert.equal(record.format, 'WFDB')
    assert.deepEqual(await samples(record), [uv])
  }
  assert.deepEqual(asked, ['r.dat'])
  const { code, file } = await failure(fecg.read({ hea, files: {} }).then(samples))
  assert.deepEqual([code, file], await direct.read({ hea, files: {} }).then(samples).catch((e) => [e.code, e.file]))
})

test('an error keeps its class, code, place and words', async () => {
  for (const call of [
    (f) => f.read(edf.subarray(0, 100)), (f) => f.read(42), (f) => f.read({ hea: null }), (f) => f.read(edf, { fs: -1 }), (f) => f.read(edf, 'no'),
    (f) => f.extract(42), async (f) => f.extract(await f.read(edf), { method: 'magic' }), async (f) => f.extract(await f.read(edf), { leads: ['nowhere'] }),
    async (f) => f.extract(await f.read(edf), { signal: 42 }), async (f) => f.extract(await f.read(edf), { onProgress: 42 }),
    (f) => f.model(new Uint8Array(3)), (f) => f.model('file:///nowhere.safetensors'), async (f) => f.simulate({ fs: 1 }), async (f) => f.edfWriter([]),
    async (f) => (await f.read(edf)).blocks({ channels: [9] }).next(),
    async (f) => { const r = await f.read(edf); await r.close(); return r.blocks().next() },
  ]) {
    const [here, there] = await Promise.all([failure(call(direct)), failure(call(fecg))])
    assert.ok(there instanceof FecgError, `${call}: ${there.stack}`)
    assert.deepEqual({ ...there, message: there.message, cause: undefined }, { ...here, message: here.message, cause: undefined })
    assert.equal(there.cause?.message, here.cause?.message)
  }
})

test('what cannot be passed to a worker is an error in words', async () => {
  await assert.rejects(fecg.read(edf, { name: Symbol('x') }), { name: 'FecgError', code: 'ARGUMENT', message: /worker/ })
  await assert.rejects(fecg.extract(await direct.read(edf)), { name: 'FecgError', code: 'ARGUMENT', message: /read\(\) gave/ })
})

test('progress comes in order and before the result', async () => {
  const seen = []
  const here = []
  await fecg.extract(recording, { onProgress: (p) => seen.push(p) })
  await direct.extract(await direct.read(edf), { onProgress: (p) => here.push(p) })
  assert.deepEqual(seen.at(-1), here.at(-1))
  seen.forEach((p, i) => assert.ok(i === 0 || p.done_s >= seen[i - 1].done_s))
})

test('a failure of onProgress is that of the call', async () => {
  const error = new Error('no more')
  assert.equal(await failure(fecg.extract(recording, { onProgress: () => { throw error } })), error)
})

test('an abort rejects with the reason itself, before, in the midst, and from a sink', async () => {
  const reason = { why: 'enough' }
  for (const name of ['extract', 'denoise']) {
    assert.equal(await failure(fecg[name](recording, { signal: AbortSignal.abort(reason) })), reason)
    const controller = new AbortController()
    let seen = 0
    const onProgress = () => { if (seen++ === 0) controller.abort(reason) }
    assert.equal(await failure(fecg[name](await fecg.read(edf), { signal: controller.signal, signals: () => onProgress() })), reason)
    assert.equal(seen, 1, 'and nothing is handed out after it')
  }
  assert.equal(await failure(fecg.extract(recording, { signal: AbortSignal.abort('a text') })), 'a text')
  assert.equal((await failure(fecg.extract(recording, { signal: AbortSignal.timeout(1) }))).name, 'TimeoutError')
  const controller = new AbortController()
  const blocks = recording.blocks({ signal: controller.signal })
  await blocks.next()
  controller.abort(reason)
  assert.equal(await failure(blocks.next()), reason)
  assert.deepEqual(await fecg.extract(recording), expectedDocument)
})

test('a sink gets the same signals block by block, and the worker waits for it', async () => {
  for (const name of ['extract', 'denoise']) {
    const here = []
    const there = []
    let busy = false
    const result = await fecg[name](recording, {
      signals: async (block) => {
        assert.ok(!busy)
        busy = true
        await pause(20)
        busy = false
        there.push(block)
      },
    })
    assert.deepEqual(result, await direct[name](await direct.read(edf, { name: 'sim.edf' }), { signals: (block) => { here.push(block) } }))
    assert.ok(there.length > 1)
    assert.deepEqual(there, here)
  }
})

test('a failure of a sink is that of the call', async () => {
  const error = new TypeError('the disk is full')
  assert.equal(await failure(fecg.extract(recording, { signals: async () => { throw error } })), error)
  assert.equal(await failure(fecg.denoise(recording, { signals: () => Promise.reject(7) })), 7)
})

test('a failure of random access is that of the call', async () => {
  const error = new Error('the cable is out')
  assert.equal(await failure(fecg.read({ size: 1000, read() { throw error } })), error)
})

test('blocks can be left before their end', async () => {
  for await (const { samples: [first] } of recording.blocks({ channels: [1] })) {
    assert.ok(first instanceof Float32Array)
    break
  }
  assert.deepEqual(await fecg.extract(recording), expectedDocument)
})

test('simulate gives the same truth and the same chunks, again and again', async () => {
  const there = await fecg.simulate(options)
  const { chunks, ...about } = simulation
  const { chunks: _, ...aboutThere } = there
  assert.deepEqual(aboutThere, about)
  for (let i = 0; i < 2; i++) {
    const got = []
    for await (const chunk of there.chunks({ seconds: 40 })) got.push(chunk)
    assert.deepEqual(got, [...chunks({ seconds: 40 })])
  }
})

test('an EDF+ file is written, annotations are read, a standard lead is known', async () => {
  const writer = await fecg.edfWriter(simulation.leads.map((label) => ({ label, fs: simulation.fs, phys_min_uv: -5000, phys_max_uv: 5000 })))
  const parts = []
  const drain = async () => { for (let b = await writer.take(); b.length; b = await writer.take()) parts.push(b) }
  for (const { mixture } of simulation.chunks()) {
    for (const [lead, uv] of mixture.entries()) await writer.push(lead, uv)
    await drain()
  }
  for (const t of simulation.beats.fetal) await writer.annotate(t, 0, 'fQRS')
  await writer.finish()
  await drain()
  const bytes = concat(parts)
  bytes.set(await writer.header())
  await writer.close()
  assert.deepEqual(bytes, edf)
  const qrs = Uint8Array.of(100, 4, 0, 0)
  assert.deepEqual(await fecg.annotations(qrs, 250), direct.annotations(qrs, 250))
  assert.deepEqual(await Promise.all(['aVR', 'V6', 'abd1'].map((label) => fecg.standardLead(label))), [3, 11, -1])
})

test('weights are opened, named in an option, and closed', async () => {
  const bytes = readFileSync(weights)
  const model = await fecg.model(bytes)
  const own = await fecg.model()
  const here = await direct.model(bytes)
  assert.deepEqual([model.name, model.sha256, model.network, own.sha256], [here.name, here.sha256, here.network, here.sha256])
  assert.equal(await model.metadata('trained_on'), here.metadata('trained_on'))
  assert.deepEqual(await fecg.extract(recording, { model }), expectedDocument)
  assert.deepEqual(await fecg.extract(recording, { model: pathToFileURL(weights) }), expectedDocument)
  await model.close()
  await assert.rejects(fecg.extract(recording, { model }), { name: 'FecgError', code: 'STATE' })
})

test('typed arrays are copied, and given away where transfer says so', async () => {
  const bytes = edf.slice()
  await fecg.read(bytes)
  assert.equal(bytes.length, edf.length)
  const given = await fecg.read(bytes, { name: 'sim.edf', transfer: true })
  assert.equal(bytes.length, 0)
  assert.deepEqual(await fecg.extract(given), expectedDocument)
})

/** Pieces of the simulation as a board would send them. */
function pieces(seconds) {
  const rows = whole(simulation)
  const n = Math.round(seconds * simulation.fs)
  return Array.from({ length: Math.ceil(rows[0].length / n) }, (_, i) => rows.map((row) => row.slice(i * n, (i + 1) * n)))
}

const live = { fs: simulation.fs, leads: simulation.leads, method: 'classical' }

/** All frames of pieces, pushed one after the other. */
async function pushed(stream, all) {
  const frames = []
  for (const piece of all) frames.push(...await stream.push(piece))
  frames.push(...await stream.finish())
  await stream.close()
  return frames
}

const expectedFrames = await pushed(direct.stream(live), pieces(0.7))

test('a live stream gives the same frames, with the network too', async () => {
  assert.deepEqual(await pushed(await fecg.stream(live), pieces(0.7)), expectedFrames)
  const network = { ...live, method: 'fhnet' }
  const some = pieces(0.5).slice(0, 60)
  assert.deepEqual(await pushed(await fecg.stream(network), some), await pushed(direct.stream(network), some))
})

test('pushes are worked in order, and one that resolves was worked', async () => {
  const stream = await fecg.stream(live)
  let worked = 0
  const frames = (await Promise.all(pieces(0.7).map(async (piece, i) => {
    const settled = await stream.push(piece)
    assert.equal(worked++, i)
    return settled
  }))).flat()
  assert.deepEqual([...frames, ...await stream.finish()], expectedFrames)
  await stream.close()
})

test('samples pushed are copied unless transfer says so, of the push or of the stream', async () => {
  const [first, second, third] = pieces(1)
  const stream = await fecg.stream(live)
  await stream.push(first)
  await stream.push(second, { transfer: true })
  assert.deepEqual([first[0].length, second[0].length], [simulation.fs, 0])
  await stream.close()
  const giving = await fecg.stream({ ...live, transfer: true })
  await giving.push(third)
  assert.equal(third[0].length, 0)
  const buffer = new Float32Array(simulation.leads.length * 10)
  const parts = simulation.leads.map((_, i) => buffer.subarray(10 * i, 10 * (i + 1)))
  await giving.push(parts)
  assert.equal(buffer.length, simulation.leads.length * 10, 'a part of a buffer is not given away')
  await giving.close()
})

test('a live stream is saved and goes on, in a worker or not', async () => {
  const all = pieces(0.7)
  const first = await fecg.stream(live)
  const frames = []
  for (const piece of all.slice(0, 90)) frames.push(...await first.push(piece))
  const state = await first.save()
  await first.close()
  for (const next of [await fecg.stream({ ...live, state }), direct.stream({ ...live, state })]) {
    assert.deepEqual([...frames, ...await pushed(next, all.slice(90))], expectedFrames)
  }
})

test('a live stream takes another rate under way', async () => {
  const run = async (stream) => {
    const frames = await stream.push(pieces(30)[0])
    await stream.setRate(250)
    frames.push(...await stream.push(direct.simulate({ ...options, fs: 250 }).chunks({ seconds: 20 }).next().value.mixture), ...await stream.finish())
    await stream.close()
    return frames
  }
  assert.deepEqual(await run(await fecg.stream(live)), await run(direct.stream(live)))
})

test('samples are written and frames are read, no faster than they are taken', async () => {
  const stream = await fecg.stream(live)
  let pulled = 0
  const all = pieces(0.7)
  const source = new ReadableStream({ pull(to) { pulled < all.length ? to.enqueue(all[pulled++]) : to.close() } }, { highWaterMark: 0 })
  const written = source.pipeTo(stream.writable)
  const reader = stream.readable.getReader()
  const first = await reader.read()
  let ahead = 0
  for (let still = 0; still < 30; await pause(10)) { // until nothing more is taken
    still = pulled === ahead ? still + 1 : 0
    ahead = pulled
  }
  assert.ok(ahead < all.length / 2, `${ahead} pieces were taken although one frame was read`)
  const frames = [first.value]
  for (let next = await reader.read(); !next.done; next = await reader.read()) frames.push(next.value)
  await written
  assert.deepEqual(frames, expectedFrames)
})

test('for await gives the frames, and leaving it closes the stream', async () => {
  const stream = await fecg.stream(live)
  const source = new ReadableStream({ start(to) { for (const piece of pieces(0.7)) to.enqueue(piece); to.close() } })
  const written = source.pipeTo(stream.writable).catch((error) => error)
  let seen = 0
  for await (const frame of stream) {
    assert.deepEqual(frame, expectedFrames[seen++])
    if (seen === 3) break
  }
  await written
  await assert.rejects(stream.push(pieces(1)[0]), { name: 'FecgError', code: 'STATE' })
})

test('closing a stream ends who waits for frames, here and in a worker', async () => {
  for (const stream of [direct.stream(live), await fecg.stream(live)]) {
    const reading = (async () => { for await (const frame of stream) assert.equal(frame.t0_s, 0) })()
    await stream.push(pieces(1)[0])
    await stream.close()
    await reading
    await assert.rejects(stream.writable.getWriter().write(pieces(1)[0]))
  }
})

test('errors of a live stream are those without a worker', async () => {
  for (const bad of [{ ...live, fs: 1 }, { ...live, leads: [] }, { ...live, method: 'network' }, { ...live, colour: 'red' }]) {
    const here = await failure((async () => direct.stream(bad))())
    await assert.rejects(fecg.stream(bad), { name: 'FecgError', code: here.code, message: here.message })
  }
  const stream = await fecg.stream(live)
  await assert.rejects(stream.push([new Float32Array(3)]), { name: 'FecgError', code: 'ARGUMENT' })
  await stream.close()
})

test('load passes on the module and the weights, and its errors', async () => {
  const other = await load({ wasm: await WebAssembly.compile(readFileSync(join(root, 'dist', 'fecg.wasm'))), models: { fhnet: pathToFileURL(weights) } })
  assert.deepEqual(await other.extract(await other.read(edf, { name: 'sim.edf' })), expectedDocument)
  await other.close()
  await assert.rejects(load({ wasm: 42 }), { name: 'FecgError', code: 'ARGUMENT' })
  await assert.rejects(load({ models: { fhnet: 42 } }), { name: 'FecgError', code: 'ARGUMENT' })
  await assert.rejects(load({ wasm: pathToFileURL(join(root, 'nothing.wasm')) }), { name: 'FecgError', code: 'MISSING' })
  await assert.rejects(load({ worker: 42 }), { name: 'FecgError', code: 'ARGUMENT' })
  await assert.rejects(load({ worker: pathToFileURL(join(root, 'nothing.js')) }), { name: 'FecgError', code: 'MISSING', message: /did not start/ })
})

test('close() ends the worker: what it was doing rejects, as do later calls', async () => {
  const other = await load()
  const theirs = await other.read(edf)
  const running = failure(other.extract(theirs))
  await other.close()
  await other.close()
  for (const error of [await running, await failure(other.extract(theirs)), await failure(theirs.blocks().next())]) {
    assert.ok(error instanceof FecgError)
    assert.deepEqual([error.code, error.message], ['STATE', 'the worker was closed'])
  }
  await theirs.close()
})

const entry = new URL('js/worker/entry.js', pathToFileURL(root + '/'))

test('a worker that is killed rejects all that waits, and a live stream with it', async () => {
  const thread = new Worker(entry)
  const other = await load({ worker: thread })
  const theirs = await other.read(edf)
  const stream = await other.stream(live)
  const idle = (await other.stream(live)).readable.getReader()
  const reader = stream.readable.getReader()
  const waiting = [failure(idle.read()), failure(other.extract(theirs)), failure(stream.push(pieces(60)[0])), failure(other.extract(theirs, { signals: () => thread.terminate() })),
    failure(stream.writable.getWriter().write(pieces(60)[0])), failure(reader.read())]
  for (const error of await Promise.all(waiting)) {
    assert.ok(error instanceof FecgError)
    assert.equal(error.code, 'INTERNAL')
    assert.match(error.message, /the worker has ended/)
  }
  await assert.rejects(other.read(edf), { name: 'FecgError', code: 'INTERNAL' })
  await other.close()
})

test('a worker that runs out of memory says so', async () => {
  const other = await load({ worker: new Worker(entry, { resourceLimits: { maxOldGenerationSizeMb: 24 } }) })
  const beats = new Uint8Array(Uint16Array.from({ length: 2e6 }, (_, i) => (i < 2e6 - 1 ? (1 << 10) + 100 : 0)).buffer) // each an object in the worker
  const error = await failure(other.annotations(beats, 250))
  assert.equal(error.code, 'MEMORY', error.message)
  await other.close()
})

/** Runs a program of one module to its end: [status, stdout]. */
function program(text) {
  const folder = mkdtempSync(join(root, 'build', 'worker-'))
  try {
    const path = join(folder, 'program.mjs')
    writeFileSync(path, `import { load } from '${pathToFileURL(join(root, 'js', 'worker.js'))}'\n${text}`)
    const { status, stdout, stderr } = spawnSync(process.execPath, [path], { encoding: 'utf8', timeout: 60000 })
    return [status, stdout, stderr]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('a process ends by itself when nothing waits, with and without close(), and stays while something does', () => {
  const extract = `const fecg = await load()
    const { fs, leads, chunks } = await fecg.simulate({ seconds: 20 })
    const { value } = await chunks({ seconds: 20 }).next()
    const { schema } = await fecg.extract(await fecg.read({ fs, leads, samples: value.mixture }), { method: 'classical' })
    console.log(schema)`
  assert.deepEqual(program(extract), [0, 'fecg.extract/1\n', ''])
  assert.deepEqual(program(`${extract}\nawait fecg.close()\nconsole.log('closed')`), [0, 'fecg.extract/1\nclosed\n', ''])
})
