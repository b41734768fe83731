// Recordings through the wrapper: every way in, blocks, and the errors of the formats' readers.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { load } from '../../js/index.js'
import { concat, difference, edfBytes, samples, whole } from './helpers.js'

const fecg = await load()
const simulation = fecg.simulate({ seconds: 25, seed: 3, leads: 3 })
const truth = whole(simulation)
const edf = edfBytes(fecg, simulation)
const lsb = 10000 / 65535
const text = (s) => new TextEncoder().encode(s)

/** Random access that counts what was read of it. */
function counted(bytes) {
  const source = { size: bytes.length, most: 0, closed: 0, read: async (at, n) => { source.most = Math.max(source.most, n); return bytes.subarray(at, at + n) }, close: () => { source.closed++ } }
  return source
}

const hea = text('rec 2 250 500\nrec.dat 16 200 12 0 0 0 0 aecg1\nrec.dat 16 100/mV 12 0 0 0 0 aecg2\n')
const dat = new Uint8Array(Int16Array.from({ length: 1000 }, (_, i) => (i % 2 ? i : -i)).buffer)

test('a file is read from bytes, an ArrayBuffer, a Blob, a File and random access alike', async () => {
  const buffer = edf.slice().buffer
  const inputs = [edf, buffer, new DataView(buffer), new Blob([edf]), new File([edf], 'named.edf'), counted(edf)]
  for (const input of inputs) {
    const recording = await fecg.read(input, { name: 'sim.edf' })
    assert.match(recording.format, /^EDF/)
    assert.equal(recording.name, 'sim.edf')
    assert.deepEqual(recording.channels.map((c) => c.label), simulation.leads)
    assert.ok(recording.channels.every((c) => c.fs === 500 && c.samples >= 12500 && c.phys_max_uv === 5000))
    const got = await samples(recording)
    truth.forEach((t, i) => assert.ok(difference(got[i].subarray(0, t.length), t) <= lsb))
  }
  assert.equal((await fecg.read(new File([edf], 'named.edf'))).name, 'named.edf')
})

test('blocks can be had again, at the same time, and for chosen channels', async () => {
  const recording = await fecg.read(edf)
  const all = await samples(recording)
  const [again, [second], swapped] = await Promise.all([samples(recording), samples(recording, { channels: [1] }), samples(recording, { channels: [2, 0] })])
  assert.deepEqual(again, all)
  assert.deepEqual(second, all[1])
  assert.deepEqual(swapped, [all[2], all[0]])
})

test('a pass that is left early leaves others alone', async () => {
  const recording = await fecg.read(edf)
  for await (const { samples } of recording.blocks()) {
    assert.ok(samples[0].length > 0)
    break
  }
  assert.ok((await samples(recording))[0].length >= 12500)
})

test('annotations are there after a pass, and diagnostics', async () => {
  const recording = await fecg.read(edf)
  await samples(recording)
  const beats = recording.annotations.filter((a) => a.text === 'fQRS').map((a) => a.t_s)
  assert.equal(beats.length, simulation.beats.fetal.length)
  beats.forEach((t, i) => assert.ok(Math.abs(t - simulation.beats.fetal[i]) < 1e-3))
  assert.ok(Array.isArray(recording.diagnostics))
})

test('random access is asked for pieces of at most 1 MiB and closed once', async () => {
  const source = counted(edfBytes(fecg, fecg.simulate({ seconds: 300, fs: 1000, leads: 4 })))
  const recording = await fecg.read(source)
  await samples(recording)
  assert.ok(source.size > 2 << 20 && source.most <= 1 << 20)
  await recording.close()
  await recording.close()
  assert.equal(source.closed, 1)
  assert.throws(() => recording.blocks(), { code: 'STATE' })
})

test('a WFDB record is read from its header and a set or function of files', async () => {
  for (const files of [{ 'rec.dat': dat }, { 'rec.dat': new Blob([dat]) }, (name) => (name === 'rec.dat' ? dat : null), async () => counted(dat)]) {
    const recording = await fecg.read({ hea, files }, { name: 'rec.hea' })
    assert.equal(recording.format, 'WFDB')
    assert.deepEqual(recording.channels.map((c) => c.label), ['aecg1', 'aecg2'])
    const [a, b] = await samples(recording)
    assert.equal(a.length, 500)
    assert.equal(a[10], -20 * 1000 / 200)
    assert.equal(b[10], 21 * 1000 / 100)
  }
})

test('annotation files count in frames: of the WFDB header, else of the slowest channel', async () => {
  const twice = text('rec 1 250 500\nrec.dat 16x2 200 12 0 0 0 0 aecg1\n')
  const recording = await fecg.read({ hea: twice, files: { 'rec.dat': dat } })
  assert.deepEqual([recording.channels[0].fs, recording.frame_fs], [500, 250])
  assert.equal((await fecg.read(edf)).frame_fs, 500)
  assert.equal((await fecg.read({ fs: [500, 250], samples: [truth[0], truth[1]] })).frame_fs, 250)
})

test('a WFDB record without its signal file is an error that names it', async () => {
  for (const files of [{}, () => null, { toString: dat }]) {
    await assert.rejects(async () => { await samples(await fecg.read({ hea, files })) },
      (e) => e.name === 'FecgError' && e.code === 'MISSING' && `${e.file} ${e.message}`.includes('rec.dat'))
  }
})

test('CSV takes its rate and unit from the options', async () => {
  const csv = text('A,B\n' + Array.from({ length: 400 }, (_, i) => `${i / 1000},${-i / 1000}`).join('\n') + '\n')
  await assert.rejects(fecg.read(csv, { name: 'x.csv' }), { code: 'RATE' })
  const recording = await fecg.read(csv, { name: 'x.csv', fs: 250, unit: 'mV' })
  const [a, b] = await samples(recording)
  assert.deepEqual([a.length, a[399], b[399]], [400, 399, -399])
  assert.ok(Math.abs(recording.duration_s - 1.6) < 1e-9)
})

test('samples that are there already make a recording', async () => {
  const recording = await fecg.read({ fs: 500, leads: ['A', 'B', 'C'], samples: truth })
  assert.deepEqual(await samples(recording, { channels: [2, 0] }), [truth[2], truth[0]])
  assert.deepEqual(recording.channels.map((c) => c.label), ['A', 'B', 'C'])
  assert.equal(recording.duration_s, 25)
})

test('samples of different rates and lengths stay in step', async () => {
  const recording = await fecg.read({ fs: [500, 250], samples: [truth[0], truth[1].slice(0, 5000)] })
  const got = []
  for await (const { samples } of recording.blocks()) got.push(samples.map((s) => s.length))
  assert.deepEqual(got, [[5000, 2500], [5000, 2500], [2500, 0]])
})

test('damaged files are typed errors with a place', async () => {
  for (const [bytes, name] of [[new Uint8Array(), 'empty.edf'], [text('this is a text file, no recording at all\n'.repeat(20)), 'text.edf'], [edf.subarray(0, 200), 'cut.edf']]) {
    await assert.rejects(async () => { await samples(await fecg.read(bytes, { name })) },
      (e) => e.name === 'FecgError' && ['FORMAT', 'UNSUPPORTED', 'RATE'].includes(e.code) && e.message.length > 10 && e.file === name)
  }
})

test('a file cut inside a data record is read as far as it goes', async () => {
  const recording = await fecg.read(edf.subarray(0, Math.round(edf.length * 0.6)), { name: 'cut.edf' })
  const got = await samples(recording)
  assert.ok(recording.diagnostics.length > 0)
  const sound = 12500 / 2
  truth.forEach((t, i) => assert.ok(difference(got[i].subarray(0, sound), t.subarray(0, sound)) <= lsb))
})

test('wrong arguments are errors of code ARGUMENT', async () => {
  const wrong = [42, null, 'file.edf', { hea: 'text', files: {} }, { hea, files: 3 }, { samples: [[1, 2]], fs: 500 }, { samples: [truth[0]], fs: 0 }, { samples: truth, fs: 500, leads: ['A'] }]
  for (const input of wrong) await assert.rejects(async () => { await fecg.read(/** @type {any} */ (input)) }, { name: 'FecgError', code: 'ARGUMENT' })
  for (const options of [{ fs: -1 }, { fs: NaN }, { unit: 'kV' }, { name: 3 }]) {
    await assert.rejects(async () => { await fecg.read(edf, /** @type {any} */ (options)) }, { code: 'ARGUMENT' })
  }
  const recording = await fecg.read(edf)
  for (const channels of [[], [9], [0, 0], [-1], 'A']) assert.throws(() => recording.blocks({ channels: /** @type {any} */ (channels) }), { code: 'ARGUMENT' })
})

test('a source that misbehaves is an error, not a crash', async () => {
  await assert.rejects(fecg.read({ size: edf.length, read: async () => /** @type {any} */ ('text') }), { code: 'ARGUMENT' })
  await assert.rejects(fecg.read({ size: edf.length, read: async (at, n) => new Uint8Array(n + 1) }), { code: 'ARGUMENT' })
  await assert.rejects(fecg.read({ size: edf.length, read: async () => { throw new Error('disk') } }), /disk/)
})

test('an annotation file gives beat times', () => {
  // MIT format: code << 10 | samples since the last, little-endian; 1 is a normal beat; 0 ends the file.
  const words = Uint16Array.of((1 << 10) | 100, (1 << 10) | 250, 0)
  const beats = fecg.annotations(new Uint8Array(words.buffer), 250)
  assert.deepEqual(beats.map((b) => b.t_s), [0.4, 1.4])
  assert.equal(beats[0].text, 'N')
  assert.throws(() => fecg.annotations(new Uint8Array(4), 0), { code: 'ARGUMENT' })
  assert.throws(() => fecg.annotations(/** @type {any} */ ([1, 2]), 250), { code: 'ARGUMENT' })
})

test('EDF+ is the same however it is written piece by piece', () => {
  const make = (size) => {
    const writer = fecg.edfWriter([{ label: 'A', fs: 500, phys_min_uv: -5000, phys_max_uv: 5000 }])
    const parts = []
    for (let at = 0; at < truth[0].length; at += size) {
      writer.push(0, truth[0].subarray(at, at + size))
      for (let b = writer.take(); b.length; b = writer.take()) parts.push(b)
    }
    writer.finish()
    for (let b = writer.take(); b.length; b = writer.take()) parts.push(b)
    const bytes = concat(parts)
    bytes.set(writer.header())
    writer.close()
    return bytes
  }
  assert.deepEqual(make(12500), make(777))
})

test('an EDF+ writer refuses impossible channels', () => {
  const channel = { label: 'A', fs: 500, phys_min_uv: -1, phys_max_uv: 1 }
  for (const bad of [[], [{ ...channel, fs: 0 }], [{ ...channel, phys_max_uv: -1 }], [{ ...channel, label: 3 }], [{ ...channel, fs: NaN }]]) {
    assert.throws(() => fecg.edfWriter(/** @type {any} */ (bad)), { code: 'ARGUMENT' })
  }
})

test('a name or label with NUL is refused, not cut', async () => {
  await assert.rejects(fecg.read(edf, { name: 'a.edf\0.csv' }), { name: 'FecgError', code: 'ARGUMENT' })
  const recording = await fecg.read({ fs: 500, leads: ['A\0B'], samples: [truth[0]] })
  await assert.rejects(fecg.extract(recording), { name: 'FecgError', code: 'ARGUMENT' })
})

test('options that are null are as none; what is no object is an error', async () => {
  const recording = await fecg.read(edf, null)
  assert.equal(recording.channels.length, 3)
  assert.equal((await fecg.extract(recording, null)).schema, 'fecg.extract/1')
  assert.equal((await samples(recording, null)).length, 3)
  await assert.rejects(fecg.read(edf, /** @type {any} */ (3)), { name: 'FecgError', code: 'ARGUMENT' })
  await assert.rejects(fecg.extract(recording, /** @type {any} */ ('fast')), { name: 'FecgError', code: 'ARGUMENT' })
})

test('a pass that is dropped unfinished is released by the garbage collector', async () => {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc')
  const { Engine } = await import('../../js/engine.js')
  const { read } = await import('../../js/recording.js')
  const { simulate } = await import('../../js/simulate.js')
  const engine = await Engine.load(), recording = await read(engine, edf)
  const { fecg_reader_destroy, fecg_sim_destroy } = engine.calls
  const destroyed = { reader: 0, sim: 0 }
  const synthetic = simulate(engine, { seconds: 30 })
  engine.calls = { ...engine.calls, fecg_reader_destroy: (p) => { destroyed.reader++; return fecg_reader_destroy(p) }, fecg_sim_destroy: (p) => { destroyed.sim++; return fecg_sim_destroy(p) } }
  const drop = async () => {
    await recording.blocks().next()
    synthetic.chunks().next()
  }
  for (let i = 0; i < 20; i++) await drop()
  for (let i = 0; i < 50 && (destroyed.reader < 20 || destroyed.sim < 20); i++) {
    await new Promise((done) => setTimeout(done, 5))
    gc()
  }
  assert.deepEqual(destroyed, { reader: 20, sim: 20 })
})
