// The recorder: what is pushed is read back by the engine and by pyEDFlib, is whole at any moment, and survives what is done to it.
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { load } from '../../js/index.js'
import { BOARDS, Recorder, fileTarget, memoryTarget } from '../../js/serial/index.js'
import { repaired } from '../../js/serial/storage.js'
import { load as loadWorker } from '../../js/worker.js'
import { noReader, readEdf } from '../browser/read_edf.js'
import { samples, whole } from './helpers.js'

const fecg = await load()
const dir = mkdtempSync(join(tmpdir(), 'fecg-recorder-'))
after(() => rmSync(dir, { recursive: true }))

const started = new Date(2026, 10, 26, 9, 5, 7)
const options = { fs: 250, leads: ['CH1', 'CH2'], started, equipment: 'OpenBCI Cyton' }
const simulation = fecg.simulate({ seed: 2, seconds: 12, fs: 250, leads: 2 })
const source = whole(simulation)
const text = (bytes, from, to) => Buffer.from(bytes.subarray(from, to)).toString('latin1').trimEnd()
const part = (rows, from, to) => rows.map(r => r.slice(from, to))
const bytesOf = async file => new Uint8Array(await file.arrayBuffer())
const read = async bytes => {
  const recording = await fecg.read(bytes, { name: 'r.edf' })
  return { recording, rows: await samples(recording), marks: recording.annotations.map(a => [a.t_s, a.text]) }
}

/** Pieces of all sizes, one after another. */
async function pushAll(recorder, rows, size = 97) {
  for (let at = 0; at < rows[0].length; at += size) await recorder.push(part(rows, at, at + size))
}

/** The most that samples differ; gaps have to be gaps in both. What is behind the end of b is gap. */
function worst(a, b) {
  let most = 0
  a.forEach((row, c) => row.forEach((v, i) => {
    const w = b[c][i] ?? NaN
    if (Number.isNaN(v) !== Number.isNaN(w)) most = Infinity
    else if (!Number.isNaN(v)) most = Math.max(most, Math.abs(v - w))
  }))
  return most
}

/** A target that shows what it has at any moment. */
function glass() {
  let bytes = new Uint8Array(0)
  return {
    get bytes() { return bytes.slice() },
    async write(at, piece) {
      const larger = new Uint8Array(Math.max(bytes.length, at + piece.length))
      larger.set(bytes)
      larger.set(piece, at)
      bytes = larger
    },
    async finish(size) { return bytes.slice(0, size) },
    async discard() { bytes = new Uint8Array(0) },
  }
}

/** A recording with a gap, marks and a half second at its end. */
async function example(target, engine = fecg) {
  const rows = part(source, 0, 2625)
  rows[0].fill(NaN, 600, 1100)
  const recorder = await Recorder.open(engine, target, options)
  await pushAll(recorder, part(rows, 0, 1500))
  await recorder.mark('she turned')
  await recorder.mark('a contraction', { t_s: 4.5, duration_s: 30 })
  await pushAll(recorder, part(rows, 1500, 2625))
  return { rows, recorder, kept: await recorder.finish() }
}

test('what was pushed is read back to half a step, gaps as gaps, marks where they were made', async () => {
  const { rows, recorder, kept } = await example(memoryTarget())
  const bytes = await bytesOf(kept.file)
  const back = await read(bytes)
  assert.deepEqual(back.recording.channels.map(c => [c.label, c.fs, c.unit]), [['CH1', 250, 'uV'], ['CH2', 250, 'uV']])
  assert.equal(recorder.step_uv, 0.5)
  assert.equal(back.rows[0].length, 2750)
  assert.ok(worst(back.rows, rows) <= 0.2501, `${worst(back.rows, rows)} uV`)
  assert.deepEqual(back.marks, [[4.5, 'a contraction'], [6, 'she turned']])
  assert.deepEqual(back.recording.diagnostics, [])
})

test('the header says when it began and with what it was made', async () => {
  const { kept } = await example(memoryTarget())
  const bytes = await bytesOf(kept.file)
  assert.equal(text(bytes, 168, 184), '26.11.2609.05.07')
  assert.equal(text(bytes, 88, 168), 'Startdate 26-NOV-2026 X X OpenBCI_Cyton')
  assert.equal(text(bytes, 236, 244), '11')
})

test('the engine in a worker writes the same bytes', async () => {
  const engine = await loadWorker()
  try {
    const [a, b] = [await example(glass()), await example(glass(), engine)]
    assert.deepEqual(b.kept, a.kept)
  } finally {
    await engine.close()
  }
})

test('after every push what the target has is a whole file of the seconds that were completed', async () => {
  const target = glass(), recorder = await Recorder.open(fecg, target, options)
  for (let at = 0; at < 1500; at += 190) {
    await recorder.push(part(source, at, at + 190))
    const seconds = Math.floor((at + 190) / 250)
    if (seconds === 0) continue
    const { recording, rows } = await read(target.bytes)
    assert.equal(recording.duration_s, seconds)
    assert.equal(rows[0].length, 250 * seconds)
    assert.deepEqual(recording.diagnostics, [])
    assert.ok(worst(rows, source) <= 0.2501)
  }
})

test('a file that was cut anywhere is repaired to its last whole second', async () => {
  const { rows, kept } = await example(memoryTarget())
  const bytes = await bytesOf(kept.file), header = 256 * 4, record = (bytes.length - header) / 11
  for (const whole of [bytes, (() => { const never = bytes.slice(); never.set(Buffer.from('-1      '), 236); return never })()]) {
    for (let size = 0; size <= bytes.length; size += size < 1100 ? 41 : 611) {
      const records = Math.floor((size - header) / record)
      const found = await repaired(new File([whole.subarray(0, size)], 'cut.edf'))
      if (records < 1) {
        assert.equal(found, null, `${size} bytes`)
        continue
      }
      assert.equal(found.seconds, records)
      assert.equal(found.started.getTime(), started.getTime())
      const back = await read(found.file)
      assert.equal(back.recording.duration_s, records)
      assert.deepEqual(back.recording.diagnostics, [])
      assert.ok(worst(back.rows, rows) <= 0.2501)
    }
  }
  assert.equal(await repaired(new File(['no EDF at all'.repeat(99)], 'x')), null)
})

test('a file of node is readable while it is written, is the same when finished, and is not overwritten', async () => {
  const path = join(dir, 'r.edf'), recorder = await Recorder.open(fecg, await fileTarget(path), options)
  await pushAll(recorder, part(source, 0, 1100))
  assert.ok(worst((await read(readFileSync(path))).rows, source) <= 0.2501)
  assert.deepEqual(await recorder.finish(), { path })
  const { rows, recording } = await read(readFileSync(path))
  assert.equal(recording.duration_s, 5)
  assert.ok(worst(rows, part(source, 0, 1100)) <= 0.2501)
  await assert.rejects(fileTarget(path), { code: 'EEXIST' })
})

test('a recording without a sample leaves nothing behind', async () => {
  const path = join(dir, 'none.edf'), recorder = await Recorder.open(fecg, await fileTarget(path), options)
  assert.equal(await recorder.finish(), null)
  assert.ok(!existsSync(path))
})

test('when memory is full it says so each time, and what it had is whole', async () => {
  const target = memoryTarget({ limit: 9000 }), recorder = await Recorder.open(fecg, target, options)
  const outcomes = []
  for (let at = 0; at < 3000; at += 250) outcomes.push(await recorder.push(part(source, at, at + 250)).then(() => 'taken', e => e.code))
  const taken = outcomes.indexOf('MEMORY')
  assert.ok(taken > 2 && outcomes.slice(taken).every(o => o === 'MEMORY'), outcomes.join(' '))
  assert.match(recorder.error.message, /fills the 0 MB/)
  const { file } = await recorder.finish()
  assert.ok(file.size <= 9000)
  const { recording, rows } = await read(await bytesOf(file))
  assert.equal(recording.duration_s, taken)
  assert.deepEqual(recording.diagnostics, [])
  assert.ok(worst(rows, source) <= 0.2501)
})

test('a disk that is full in the middle of a second leaves the seconds before it', async () => {
  const target = glass(), whole = target.write
  target.write = async (at, bytes) => {
    if (at < 8000) return whole(at, bytes)
    await whole(at, bytes.subarray(0, 100))
    throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
  }
  const recorder = await Recorder.open(fecg, target, options)
  await assert.rejects(pushAll(recorder, source, 125), { code: 'ENOSPC' })
  const { recording, rows } = await read(await recorder.finish())
  assert.ok(recording.duration_s > 2)
  assert.deepEqual(recording.diagnostics, [])
  assert.ok(worst(rows, source) <= 0.2501)
})

for (const board of Object.values(BOARDS).filter(b => b.setup().step_uv)) {
  test(`${board.name}: its values are kept as they are, from end to end of its range`, async () => {
    const setup = board.setup(), rows = setup.channels.map(() => new Float32Array(2 * setup.fs))
    const decoder = board.decoder(), encoder = board.encoder(), taken = rows.map(() => [])
    for (let i = 0; i < 2 * setup.fs; i++) {
      const frame = encoder.frame(setup.channels.map((_, c) => (i / setup.fs - 1) * 6000 + 11 * c))
      decoder.push(frame).samples.forEach((row, c) => taken[c].push(...row))
    }
    const sent = taken.map(r => Float32Array.from(r)), spread = Math.max(...sent[0]) - Math.min(...sent[0])
    assert.ok(spread > 1000 && sent[0].length > setup.fs)
    const recorder = await Recorder.open(fecg, memoryTarget(), { ...options, fs: setup.fs, leads: setup.channels, step_uv: setup.step_uv })
    await recorder.push(sent)
    const { rows: back, marks } = await read(await bytesOf((await recorder.finish()).file))
    assert.deepEqual(marks, [])
    assert.ok(worst(part(back, 0, sent[0].length), sent) < 0.05 * setup.step_uv, `${worst(part(back, 0, sent[0].length), sent)} uV of ${setup.step_uv}`)
  })
}

test('offsets of electrodes, their drift and jumps: what is taken off is told, and added again gives what was sent', async () => {
  const n = 3000, rows = part(source, 0, n)
  for (let i = 0; i < n; i++) {
    rows[0][i] += 150_000 - 20 * i // an offset near the end of a Cyton's range that drifts by 60 mV
    if (i >= 1700 && i < 1800) rows[1][i] = 187_500 // off, and back at another offset
    if (i >= 1800) rows[1][i] -= 30_000
  }
  const recorder = await Recorder.open(fecg, memoryTarget(), options)
  await pushAll(recorder, rows)
  const { rows: back, marks } = await read(await bytesOf((await recorder.finish()).file))
  const off = marks.map(([t_s, words]) => {
    const [, label, uv] = words.match(/^(CH\d): (-?[\d.]+) uV taken off$/)
    return { c: options.leads.indexOf(label), at: Math.round(t_s * 250), uv: Number(uv) }
  })
  assert.ok(off.length >= 4 && off.length < 12)
  const clipped = [0, 0]
  for (let c = 0; c < 2; c++) {
    for (let i = 0; i < n; i++) {
      const level = off.filter(o => o.c === c && o.at <= i).at(-1)?.uv ?? 0
      if (Math.abs(rows[c][i] - level) > 16383.5) clipped[c]++
      else assert.ok(Math.abs(back[c][i] + level - rows[c][i]) <= 0.27, `lead ${c}, sample ${i}: ${back[c][i]} + ${level}, sent ${rows[c][i]}`)
    }
  }
  assert.equal(clipped[0], 0)
  assert.ok(clipped[1] > 0 && clipped[1] <= 250, `${clipped[1]} samples clipped`) // at most until a second after the jump
})

test('what happens to a board is marked where it happens', async () => {
  const recorder = await Recorder.open(fecg, memoryTarget(), options)
  const board = { state: 'streaming', leadOff: null, leads: options.leads }
  const change = (what) => recorder.changed(Object.assign(board, what))
  await recorder.push(part(source, 0, 500))
  change({ state: 'unplugged' })
  change({ state: 'connecting' })
  change({ state: 'streaming' })
  await recorder.push([new Float32Array(400).fill(NaN), new Float32Array(400).fill(NaN)])
  await recorder.push(part(source, 900, 1500))
  change({ state: 'stalled' })
  change({ state: 'streaming' })
  await recorder.push(part(source, 1500, 2000))
  change({ leadOff: [false, true] })
  await recorder.push(part(source, 2000, 2250))
  change({ leadOff: [false, false] })
  const { rows, marks } = await read(await bytesOf((await recorder.finish()).file))
  assert.deepEqual(marks, [[2, 'unplugged'], [3.6, 'plugged in again'], [6, 'no data'], [6, 'data again'], [8, 'electrode off: CH2'], [9, 'electrode on: CH2']])
  const sent = part(source, 0, 2250)
  sent.forEach(r => r.fill(NaN, 500, 900))
  assert.ok(worst(rows, sent) <= 0.2501)
})

test('long and foreign labels become what EDF can hold, each its own', async () => {
  const leads = ['left below the navel', 'left below the ribs', 'Brühl', 'Brühl'], row = source[0].slice(0, 250)
  const recorder = await Recorder.open(fecg, memoryTarget(), { ...options, leads })
  await recorder.push(leads.map(() => row))
  const { recording } = await read(await bytesOf((await recorder.finish()).file))
  const labels = recording.channels.map(c => c.label)
  assert.equal(new Set(labels).size, 4)
})

test('pyEDFlib reads the same', { skip: noReader }, async () => {
  const { rows, kept } = await example(memoryTarget()), { signals, annotations } = readEdf(await bytesOf(kept.file))
  const back = signals.map(s => s.samples.map(v => (v < -16383.5 ? NaN : v))) // it knows no gaps, and gives the digit below the range
  assert.ok(worst(back, rows) <= 0.2501)
  assert.deepEqual(annotations.filter(a => !a.text.startsWith('gap')).map(a => [a.t_s, Math.max(0, a.duration_s), a.text]), [[4.5, 30, 'a contraction'], [6, 0, 'she turned']])
})
