// A live recording: what is told, how soon, and that it is the same however the samples come.
import assert from 'node:assert/strict'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { test } from 'node:test'
import { Engine } from '../../js/engine.js'
import { load } from '../../js/index.js'
import { LiveStream } from '../../js/stream.js'
import { scoreBeats } from '../../js/cli/score.js'
import { whole } from './helpers.js'

const fecg = await load()
const FS = 250

/** A simulation as one row a lead, changed by `damage`. */
function recording({ damage = () => {}, fs = FS, ...options } = {}) {
  const simulation = fecg.simulate({ seconds: 70, leads: 4, seed: 11, fs, ...options })
  const samples = whole(simulation)
  damage(samples, (t_s) => Math.round(t_s * fs))
  return { ...simulation, fs, samples }
}

/** All frames of a recording, pushed in pieces of the lengths that `next` gives, and when each was told. */
async function frames({ samples, fs, leads }, { next = () => fs, live = fecg.stream({ fs, leads }), from = 0, to = samples[0].length, finish = true } = {}) {
  const told = []
  for (let at = from; at < to;) {
    const end = Math.min(to, at + next())
    for (const frame of await live.push(samples.map((s) => s.subarray(at, end)))) told.push({ ...frame, told_s: end / fs })
    at = end
  }
  if (finish) {
    for (const frame of await live.finish()) told.push({ ...frame, told_s: samples[0].length / fs })
    live.close()
  }
  return told
}

const untimed = (list) => list.map(({ told_s: _, ...frame }) => frame)
const fetal = (list) => list.flatMap((f) => f.beats.fetal.map((b) => b.t_s))
const joined = (list, kind, lead) => Float32Array.from(list.flatMap((f) => [...f[kind][lead]]))

/** Numbers 1 to most, the same each time. */
function lengths(seed, most) {
  return () => (seed = seed * 48271 % 2147483647) % most + 1
}

test('a stream tells the beats that there are, soon, and its frames follow one another', async () => {
  const sim = recording()
  const told = await frames(sim, { next: () => 50 })
  const after = (beats) => beats.filter((t) => t > 1)
  assert.ok(scoreBeats(after(sim.beats.fetal), after(fetal(told))).f1 > 0.99)
  assert.ok(scoreBeats(sim.beats.maternal, told.flatMap((f) => f.beats.maternal)).f1 > 0.99)
  let at = 0
  for (const { t0_s, fs, fetal: rows, beats, told_s } of told) {
    assert.ok(Math.abs(t0_s - at) < 1e-9)
    at += rows[0].length / fs
    if (told_s <= 10.1 || told_s === 70) continue
    assert.ok(told_s - t0_s <= 2.5 + 1e-9, `a sample of ${told_s - t0_s} s`)
    for (const { t_s } of beats.fetal) assert.ok(told_s - t_s <= 3, `a beat of ${told_s - t_s} s`)
  }
  assert.equal(at, 70)
  assert.ok(told[0].told_s >= 10 && told[0].told_s < 10.3)
  for (const { told_s, state } of told) assert.equal(state, told_s < 20 ? 'learning' : 'live')
})

test('fetal, maternal and residual signal add up to the recording', async () => {
  const sim = recording({ seconds: 30 })
  const told = await frames(sim)
  for (const lead of [0, 3]) {
    const [f, m, r] = ['fetal', 'maternal', 'residual'].map((kind) => joined(told, kind, lead))
    let known = 0
    for (let i = 0; i < f.length; i++) {
      if (Number.isNaN(f[i])) continue
      known++
      assert.ok(Math.abs(f[i] + m[i] + r[i] - sim.samples[lead][i]) < 1e-2)
    }
    assert.ok(known > 0.9 * f.length)
  }
})

test('rates come once each quarter of a second, right and without holes', async () => {
  const sim = recording()
  const told = await frames(sim)
  const t = told.flatMap((f) => f.rate.t_s), bpm = told.flatMap((f) => f.rate.fetal_bpm), mhr = told.flatMap((f) => f.rate.maternal_bpm)
  assert.deepEqual(t, Array.from({ length: 280 }, (_, i) => i / 4))
  const beats = sim.beats.fetal
  const wrong = t.filter((at, i) => {
    const k = beats.findIndex((b) => b > at)
    return at > 2 && at < 68 && !(Math.abs(60 / (beats[k] - beats[k - 1]) - bpm[i]) < 5)
  })
  assert.ok(wrong.length <= 3, `wrong at ${wrong}`)
  assert.ok(mhr.filter((v) => v > 60 && v < 100).length > 260)
})

test('any portions of samples give the same frames', async () => {
  const sim = recording({ seconds: 36 })
  const whole_ = untimed(await frames(sim, { next: () => Infinity }))
  for (const next of [lengths(5, 30), lengths(9, 700), () => FS]) assert.deepEqual(untimed(await frames(sim, { next })), whole_)
})

test('a stream that is stored and restored goes on as if nothing had been', async () => {
  const sim = recording({ seconds: 50 })
  const expected = untimed(await frames(sim))
  for (const at of [4.3, 12, 33.7].map((s) => Math.round(s * FS))) {
    const first = fecg.stream({ fs: FS, leads: sim.leads })
    const before = await frames(sim, { live: first, to: at, finish: false })
    const state = await first.save()
    first.close()
    const after = await frames(sim, { live: fecg.stream({ fs: FS, leads: sim.leads, state }), from: at })
    assert.deepEqual(untimed([...before, ...after]), expected)
  }
})

test('a state that is damaged, or of another stream, is refused', async () => {
  const sim = recording({ seconds: 12 })
  const live = fecg.stream({ fs: FS, leads: sim.leads })
  await live.push(sim.samples)
  const state = await live.save()
  live.close()
  const refused = async (options, code) => assert.rejects(fecg.stream({ fs: FS, leads: sim.leads, ...options }).push(sim.samples), { code })
  const flipped = state.slice()
  flipped[state.length >> 1] ^= 1
  await refused({ state: flipped }, 'FORMAT')
  await refused({ state: state.subarray(0, state.length - 1) }, 'FORMAT')
  await refused({ state: new Uint8Array(0) }, 'FORMAT')
  await refused({ state, leads: sim.leads.slice(1) }, 'ARGUMENT')
  await refused({ state, method: 'classical' }, 'ARGUMENT')
})

test('a gap stays a gap: no beat, no signal and no rate in it, and afterwards all comes back', async () => {
  const sim = recording({ seconds: 100, damage: (s, at) => s.forEach((row) => row.fill(NaN, at(40), at(60))) })
  const told = await frames(sim)
  const beats = fetal(told)
  assert.deepEqual(beats.filter((t) => t > 40.3 && t < 59.7), [])
  const f = joined(told, 'fetal', 0)
  assert.ok(f.subarray(40 * FS + 1, 60 * FS - 1).every(Number.isNaN))
  const t = told.flatMap((x) => x.rate.t_s), bpm = told.flatMap((x) => x.rate.fetal_bpm)
  assert.ok(t.every((at, i) => !(at > 41.2 && at < 58.8) || bpm[i] === null))
  const late = (list) => list.filter((at) => at > 62)
  assert.ok(scoreBeats(late(sim.beats.fetal), late(beats)).f1 > 0.98)
  const during = told.find((x) => x.t0_s > 52)
  assert.ok(during.quality.leads.every((l) => l.state === 'gaps' || l.quality < 0.5))
})

test('after a silence all is learned anew, from ten seconds of new signal on', async () => {
  const sim = recording({ seconds: 100, damage: (s, at) => s.forEach((row) => row.fill(NaN, at(32), at(63))) })
  const told = await frames(sim)
  assert.ok(told.filter((f) => f.told_s > 40 && f.told_s < 72).every((f) => f.state === 'learning'))
  assert.ok(told.filter((f) => f.told_s > 84).every((f) => f.state === 'live'))
  const after = (beats) => beats.filter((t) => t > 72.5)
  assert.ok(scoreBeats(after(sim.beats.maternal), after(told.flatMap((f) => f.beats.maternal))).f1 > 0.98)
  assert.ok(scoreBeats(after(sim.beats.fetal), after(fetal(told))).f1 > 0.98)
})

test('an electrode that comes off is told, does no harm, and is used again when it is back', async () => {
  const sim = recording({ seconds: 110, damage: (s, at) => s[2].fill(13, at(40), at(70)) })
  const told = await frames(sim)
  const off = told.filter((x) => x.t0_s > 52 && x.t0_s < 66)
  assert.ok(off.every((x) => x.quality.leads[2].state === 'flat'), off.map((x) => x.quality.leads[2].state).join())
  assert.ok(off.every((x) => x.quality.leads[0].state === 'ok'))
  const late = (list) => list.filter((at) => at > 12)
  assert.ok(scoreBeats(late(sim.beats.fetal), late(fetal(told))).f1 > 0.98)
  const back = told.filter((x) => x.t0_s > 95)
  assert.ok(back.every((x) => x.quality.leads[2].state === 'ok' && x.attribution.leads[2].contribution > 0))
})

test('another rate from one sample on: time goes on, the beats too', async () => {
  const slow = recording({ seconds: 70, fs: 250 }), fast = recording({ seconds: 70, fs: 500 })
  const live = fecg.stream({ fs: 250, leads: slow.leads })
  const first = await live.push(slow.samples.map((s) => s.subarray(0, 35 * 250)))
  await live.setRate(500)
  const then = await live.push(fast.samples.map((s) => s.subarray(35 * 500)))
  const told = [...first, ...then, ...await live.finish()]
  live.close()
  let at = 0
  for (const { t0_s, fs, fetal: rows } of told) {
    assert.ok(Math.abs(t0_s - at) <= 1 / 250, `${t0_s} after ${at}`)
    at = t0_s + rows[0].length / fs
  }
  assert.equal(at, 70)
  assert.deepEqual([...new Set(told.map((f) => f.fs))], [250, 500])
  const after = (list) => list.filter((t) => t > 1)
  assert.ok(scoreBeats(after(slow.beats.fetal), after(fetal(told))).f1 > 0.97)
})

test('no fetus: none is told, and why', async () => {
  const told = await frames(recording({ scenario: 'no-fetus', seconds: 45 }))
  assert.deepEqual(fetal(told), [])
  assert.equal(told.at(-1).quality.reason, 'NO_FETUS')
  assert.ok(told.at(-1).rate.fetal_bpm.every((v) => v === null))
  assert.ok(told.flatMap((f) => f.beats.maternal).length > 40)
})

test('the classical method needs no weights and gives no attribution', async () => {
  const sim = recording({ snr_db: 10, seconds: 60 })
  const told = await frames(sim, { live: fecg.stream({ fs: FS, leads: sim.leads, method: 'classical' }) })
  const after = (list) => list.filter((t) => t > 1)
  assert.ok(scoreBeats(after(sim.beats.fetal), after(fetal(told))).f1 > 0.97)
  assert.ok(told.every((f) => f.attribution === null))
})

test('contributions of leads add up to one, those of time come once each quarter of a second', async () => {
  const told = await frames(recording({ seconds: 40 }))
  const last = told.at(-2).attribution.leads.reduce((sum, l) => sum + l.contribution, 0)
  assert.ok(Math.abs(last - 1) < 1e-3)
  const t = told.flatMap((f) => f.attribution.t_s), time = told.flatMap((f) => f.attribution.time)
  assert.deepEqual(t, Array.from({ length: 160 }, (_, i) => i / 4))
  assert.ok(time.filter((v) => v > 0.5).length > 120)
})

test('a gap of a second or two has no rate over it', async () => {
  const gaps = [[40, 41.2], [50, 51.5]]
  const told = await frames(recording({ damage: (samples, at) => { for (const x of samples) for (const [from, to] of gaps) x.fill(NaN, at(from), at(to)) } }))
  for (const [from, to] of gaps) {
    assert.deepEqual(fetal(told).filter((t) => t > from + 0.26 && t < to - 0.26), [])
    for (const heart of ['fetal', 'maternal']) {
      const rate = told.flatMap((f) => f.rate.t_s.map((t, i) => [t, f.rate[`${heart}_bpm`][i]]))
      assert.deepEqual(rate.filter(([t, bpm]) => t > from + 0.26 && t < to - 0.26 && bpm !== null), [], heart)
      assert.ok(rate.some(([t, bpm]) => t > to + 1 && t < to + 3 && bpm !== null), `${heart} after it`)
    }
  }
})

test('short recordings: seven seconds are worked on at their end, four stay a gap', async () => {
  const seven = await frames(recording({ seconds: 7 }))
  assert.equal(seven.length, 1)
  assert.equal(seven[0].fetal[0].length, 7 * FS)
  assert.ok(seven[0].beats.fetal.length > 10)
  const four = await frames(recording({ seconds: 4 }))
  assert.ok(four[0].fetal[0].length === 4 * FS && four[0].fetal[0].every(Number.isNaN))
  assert.equal(four[0].quality.reason, 'TOO_SHORT')
  const none = fecg.stream({ fs: FS, leads: ['a'] })
  assert.deepEqual(await none.finish(), [])
  none.close()
})

test('samples written give frames to read, with the pace of the reader', async () => {
  const sim = recording({ seconds: 20 })
  const expected = untimed(await frames(sim))
  const live = fecg.stream({ fs: FS, leads: sim.leads })
  const seconds = Array.from({ length: 20 }, (_, i) => sim.samples.map((s) => s.subarray(i * FS, (i + 1) * FS)))
  const read = []
  for await (const frame of ReadableStream.from(seconds).pipeThrough(live)) read.push(frame)
  assert.deepEqual(read, expected)

  const other = fecg.stream({ fs: FS, leads: sim.leads })
  const writer = other.writable.getWriter()
  const writing = (async () => {
    for (const second of seconds) await writer.write(second)
    await writer.close()
  })()
  const again = []
  for await (const frame of other) again.push(frame)
  await writing
  assert.deepEqual(again, expected)
})

test('a stream whose samples are refused is closed with its frames', async () => {
  const live = fecg.stream({ fs: FS, leads: ['a'], method: 'classical' })
  const writer = live.writable.getWriter()
  const written = assert.rejects(writer.write([new Float32Array(1), new Float32Array(1)]), { code: 'ARGUMENT' })
  await assert.rejects((async () => { for await (const _ of live) assert.fail() })(), { code: 'ARGUMENT' })
  await written
  await assert.rejects(live.push([new Float32Array(1)]), { code: 'STATE' })
})

test('a stream that is left open is released by the garbage collector', async () => {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc')
  const engine = await Engine.load()
  const { fecg_stream_destroy } = engine.calls
  let released = 0
  engine.calls = { ...engine.calls, fecg_stream_destroy: (p) => { released++; return fecg_stream_destroy(p) } }
  const leave = () => new LiveStream(engine, /** @type {any} */ (null), { fs: FS, leads: ['a'], method: 'classical' }).push([new Float32Array(9)])
  for (let i = 0; i < 20; i++) await leave()
  for (let i = 0; i < 50 && released < 20; i++) {
    await new Promise((done) => setTimeout(done, 5))
    gc()
  }
  assert.equal(released, 20)
})

test('calls after close(), wrong rows and wrong options are refused in words', async () => {
  const live = fecg.stream({ fs: FS, leads: ['a', 'b'] })
  await assert.rejects(live.push([new Float32Array(3)]), { code: 'ARGUMENT', message: /2 Float32Arrays/ })
  await assert.rejects(live.push([new Float32Array(3), new Float32Array(4)]), { code: 'ARGUMENT' })
  await assert.rejects(live.setRate(5), { code: 'ARGUMENT', message: /125 to 4000/ })
  assert.deepEqual(await live.push([new Float32Array(0), new Float32Array(0)]), [])
  await live.finish()
  await assert.rejects(live.push([new Float32Array(3), new Float32Array(3)]), { code: 'STATE' })
  live.close()
  await assert.rejects(live.push([new Float32Array(3), new Float32Array(3)]), { code: 'STATE' })
  for (const [options, message] of [[{ leads: ['a'] }, /fs is a rate/], [{ fs: 100, leads: ['a'] }, /fs is a rate/], [{ fs: 250, leads: [] }, /1 to 32/],
    [{ fs: 250, leads: ['a'], method: 'network' }, /classical or fhnet/], [{ fs: 250, leads: ['a'], mains: 55 }, /mains/], [{ fs: 250, leads: ['a'], speed: 2 }, /no option speed/]]) {
    assert.throws(() => fecg.stream(options), { code: 'ARGUMENT', message })
  }
})

test('streams side by side do not disturb each other', async () => {
  const a = recording({ seconds: 20 }), b = recording({ seconds: 20, seed: 12 })
  const [first, second] = [a, b].map((sim) => fecg.stream({ fs: FS, leads: sim.leads }))
  const told = [[], []]
  for (let at = 0; at < 20 * FS; at += FS) {
    const piece = (sim) => sim.samples.map((s) => s.subarray(at, at + FS))
    const [x, y] = await Promise.all([first.push(piece(a)), second.push(piece(b))])
    told[0].push(...x)
    told[1].push(...y)
  }
  told[0].push(...await first.finish())
  told[1].push(...await second.finish())
  assert.deepEqual(told[0], untimed(await frames(a)))
  assert.deepEqual(told[1], untimed(await frames(b)))
})

test('a rate alone gives the terms that extract() gives', async () => {
  const sim = fecg.simulate({ seconds: 1300, fs: 250, leads: 2, seed: 4, scenario: 'decelerations', snr_db: 14 })
  const result = await fecg.extract(await fecg.read({ fs: 250, leads: sim.leads, samples: whole(sim) }))
  const { summary, events, terms } = fecg.rateTerms(result.fetal.rate.bpm)
  assert.ok(terms.figo.decelerations.count > 0 && events.length > 1)
  const { rhythm: _, ...expected } = result.fetal.terms
  assert.deepEqual(terms, expected)
  assert.deepEqual(events, result.fetal.events.filter((e) => !/premature|irregular/.test(e.type)))
  assert.deepEqual(Object.keys(summary), Object.keys(result.fetal.summary))
  assert.equal(summary.baseline_bpm, result.fetal.summary.baseline_bpm)
  assert.equal(fecg.rateTerms([]).terms.figo.baseline.reason, 'TOO_SHORT')
  assert.throws(() => fecg.rateTerms('120'), { code: 'ARGUMENT' })
})
