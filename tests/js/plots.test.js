// plots.test.js — what the page's plots draw, without drawing: pyramids, columns, levels, the pace of a rolling window, paper, axes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { intervals } from '../../demo/plots/beat.js'
import { calibration, columns, gain, layout, points, scales, size } from '../../demo/plots/columns.js'
import { bins } from '../../demo/plots/heat.js'
import { HEIGHT, at, down, lanes, pixels, ticks } from '../../demo/plots/paper.js'
import { Floor, Pace, Signal } from '../../demo/plots/signal.js'
import { clock, lowerBound, multiples, timeStep } from '../../demo/plots/ticks.js'

/** Noise that is the same every time. */
function noise(n, seed = 1) {
  let s = seed
  return Float32Array.from({ length: n }, () => ((s = (s * 1664525 + 1013904223) >>> 0) / 2 ** 31 - 1) * 100)
}
const known = (a) => a.filter((v) => !Number.isNaN(v))
const extremes = (a) => (known(a).length ? [known(a).reduce((x, v) => Math.min(x, v), Infinity), known(a).reduce((x, v) => Math.max(x, v), -Infinity)] : [NaN, NaN])

test('a signal that comes in pieces of any length answers as one that was there at once', () => {
  const samples = noise(70_001)
  samples.fill(NaN, 20_000, 41_000)
  const pieces = new Signal(1000), whole = new Signal(1000)
  for (let from = 0, n = 1; from < samples.length; from += n, n = (n * 7) % 997 + 1) pieces.append(samples.subarray(from, from + n))
  for (const _ of whole.adopt(samples));
  assert.equal(pieces.length, samples.length)
  assert.equal(whole.length, samples.length)
  for (let from = 0; from < samples.length; from += 4111) {
    for (const n of [1, 10, 63, 64, 300, 5000, 40_000]) assert.deepEqual({ ...pieces.range(from, from + n, {}) }, { ...whole.range(from, from + n, {}) })
  }
})

test('the range of a stretch holds each of its samples and none far outside it', () => {
  const samples = noise(100_000, 7), signal = new Signal(500)
  signal.append(samples)
  for (const n of [1, 5, 63, 64, 100, 1000, 9999, 50_000]) {
    for (let from = 0; from + n <= samples.length; from += 6007) {
      const { least, greatest } = signal.range(from, from + n, {})
      const [a, b] = extremes(samples.subarray(from, from + n))
      const [c, d] = extremes(samples.subarray(Math.max(0, from - n / 4), Math.ceil(from + n * 1.25)))
      assert.ok(least <= a && greatest >= b, `${from}+${n} leaves out a sample`)
      assert.ok(least >= c && greatest <= d, `${from}+${n} reaches further than a quarter`)
    }
  }
})

test('what is dropped is gone, what is younger stays, and the length counts both', () => {
  const signal = new Signal(250), samples = noise(60_000)
  signal.append(samples)
  signal.drop(40_000)
  assert.ok(signal.first > 16_384 && signal.first <= 40_000)
  assert.equal(signal.length, 60_000)
  assert.ok(Number.isNaN(signal.at(signal.first - 1)))
  assert.equal(signal.at(50_000), samples[50_000])
  assert.deepEqual({ ...signal.range(0, 60_000, {}) }, { ...signal.range(signal.first, 60_000, {}) })
})

test('a stretch without a known sample has no range', () => {
  const signal = new Signal(250)
  signal.append(new Float32Array(1000).fill(NaN))
  for (const n of [1, 900]) assert.deepEqual({ ...signal.range(0, n, {}) }, { least: NaN, greatest: NaN })
})

test('columns hold together where samples are known and leave gaps where they are not', () => {
  const fs = 1000, samples = Float32Array.from({ length: 10_000 }, (_, i) => 50 * Math.sin(i / 40))
  samples.fill(NaN, 4000, 6000)
  const signal = new Signal(fs)
  signal.append(samples)
  const bars = new Map(), gaps = []
  columns(signal, 100, 0, 1000, (c, low, high) => bars.set(c, [low, high]), (c) => gaps.push(c))
  assert.deepEqual(gaps, Array.from({ length: 200 }, (_, i) => 400 + i))
  for (const [c, [low, high]] of bars) {
    const before = bars.get(c - 1)
    if (before) assert.ok(low <= before[1] && high >= before[0], `column ${c} does not touch the one before`)
  }
  assert.ok(bars.get(600)[1] - bars.get(600)[0] < 20, 'the column after a gap is not joined to the one before it')
})

test('columns drawn in any slices are those drawn at once, and there are none after the end', () => {
  const signal = new Signal(500)
  signal.append(noise(3000, 3))
  const all = [], sliced = []
  columns(signal, 97.3, 0, 800, (...bar) => all.push(bar), () => assert.fail('a gap'))
  for (let c = 0; c < 800; c += 37) columns(signal, 97.3, c, Math.min(800, c + 37), (...bar) => sliced.push(bar), () => assert.fail('a gap'))
  assert.deepEqual(sliced, all)
  assert.equal(all.at(-1)[0], Math.ceil(6 * 97.3) - 1)
})

test('a line through samples breaks at each gap and names it', () => {
  const signal = new Signal(100)
  signal.append(Float32Array.of(1, 2, NaN, NaN, 5, 6))
  const starts = [], gaps = []
  points(signal, 1000, 0, 60, (x, v, fresh) => fresh && starts.push([x, v]), (...gap) => gaps.push(gap))
  assert.deepEqual(starts, [[0, 1], [40, 5]])
  assert.deepEqual(gaps, [[20, 40]])
})

test('a floor takes offset and drift away, keeps beats, and gives the same for any pieces', () => {
  const fs = 500, n = 10 * fs
  const beat = (i) => 300 * Math.exp(-(((i % 400) - 200) ** 2) / 60)
  const samples = Float32Array.from({ length: n }, (_, i) => 40_000 + 900 * Math.sin(2 * Math.PI * 0.1 * i / fs) + beat(i))
  const whole = new Floor(fs).level(samples), pieces = new Floor(fs)
  const joined = []
  for (let from = 0; from < n; from += 33) joined.push(...pieces.level(samples.subarray(from, from + 33)))
  assert.deepEqual(joined, [...whole])
  const late = whole.subarray(2 * fs), [low, high] = extremes(late)
  assert.ok(low > -450 && high < 750, `left ${low} to ${high} µV of an offset of 40 mV`)
  assert.ok(whole[5 * 400 + 200] - whole[5 * 400 + 100] > 200, 'a beat is still one')
})

test('a floor starts anew after a gap of more than a second', () => {
  const fs = 250, samples = new Float32Array(8 * fs).fill(100)
  samples.fill(NaN, 2 * fs, 4 * fs)
  samples.fill(9000, 4 * fs)
  const level = new Floor(fs).level(samples)
  assert.ok(Number.isNaN(level[3 * fs]))
  assert.ok(Math.abs(level[4 * fs + 5]) < 1)
})

test('the window rolls evenly while samples come in pieces of a second, and never past them', () => {
  const pace = new Pace()
  let before = 0, newest = 0
  const steps = []
  for (let i = 0; i < 60 * 20; i++) {
    const wall = 100 + i / 60
    if (i % 60 === 0) pace.came(wall, newest += 1)
    const edge = pace.edge(wall)
    assert.ok(edge >= before && edge <= newest)
    if (i > 60 * 8) steps.push(edge - before)
    before = edge
  }
  for (const step of steps) assert.ok(Math.abs(step - 1 / 60) < 0.002, `a step of ${step} s`)
  assert.ok(newest - before < 1.3, `${newest - before} s behind`)
})

test('the window stands while nothing comes and catches up after', () => {
  const pace = new Pace()
  for (let i = 0; i < 100; i++) {
    pace.came(i / 25, (i + 1) / 25)
    pace.edge(i / 25)
  }
  assert.equal(pace.edge(10), 4)
  for (let i = 0; i < 200; i++) {
    pace.came(10 + i / 25, 4 + (i + 1) / 25)
    pace.edge(10 + i / 25)
  }
  assert.ok(12 - pace.edge(18) < 0.2)
})

test('the size of a signal is that of most seconds, not of an artefact or a flat stretch', () => {
  const fs = 250, signal = new Signal(fs)
  signal.append(Float32Array.from({ length: 60 * fs }, (_, i) => (i > 10 * fs && i < 12 * fs ? 9000 : i > 40 * fs ? 0 : i % 250 < 10 ? 80 : 0) + 0))
  assert.equal(size(signal, 0, 40).span_uv, 80)
  assert.equal(size(new Signal(fs), 0, 0), null)
})

test('a lead at the rails of its amplifier does not flatten the others, nor do three; one that is off is not blown up', () => {
  const of = (...spans) => scales(spans.map((span_uv) => ({ kind: 'lead', span_uv })), 70)
  const alike = of(100, 120, 90, 110)
  assert.ok(alike.every((px) => px === alike[0]))
  for (const spans of [[100, 120, 90, 300_000], [100, 300_000, 280_000, 290_000], [300_000, 120, 9, 110, 100]]) {
    const found = of(...spans)
    spans.forEach((span, i) => assert.ok(found[i] * Math.max(20, span) > 70 / 5 && found[i] * span < 1.6 * 70, `${span} µV: ${found[i] * span} px of 70`))
  }
  const [on, , off] = of(500, 480, 0.5)
  assert.ok(off * 0.5 < 3 && on * 500 > 40)
  assert.deepEqual(scales([{ kind: 'lead', span_uv: null }], 70), [0])
})

test('calibration marks are round and fit half a row', () => {
  for (const span of [3, 17, 80, 450, 2600]) {
    const scale = gain([span], 70), { uv, px } = calibration(scale, 70)
    assert.match(String(uv), /^0?\.?0*[125]0*$/)
    assert.ok(px <= 35 && px > 12, `${px} px for ${uv} µV`)
  }
  assert.equal(gain([], 70), 0)
})

test('rows fit wide and narrow pictures, labels in the margin or within', () => {
  assert.equal(layout(390, 8).left, 0)
  assert.ok(layout(1440, 8).left > 60)
  for (const n of [1, 4, 12, 32]) assert.equal(layout(1440, n).bottom, layout(1440, n).top + n * layout(1440, n).row)
})

test('paper is true to the centimetre: 30 bpm high, 1 or 3 wide for a minute', () => {
  const cm = 96 / 2.54
  assert.ok(Math.abs(HEIGHT - 7 * cm) < 1e-9)
  assert.ok(Math.abs(down(120) - down(150) - cm) < 1e-9)
  assert.ok(Math.abs(60 * pixels(1) - cm) < 1e-9)
  assert.ok(Math.abs(60 * pixels(3) - 3 * cm) < 1e-9)
  assert.equal(down(300), 0)
  assert.equal(down(10), HEIGHT)
})

test('rates become ticks: what is null or missing between is a gap', () => {
  assert.deepEqual([...ticks(0, [0, 0.25, 0.5], [140, null, 142])], [140, NaN, 142])
  assert.deepEqual([...ticks(3, [1.25, 1.5], [150, 151])], [NaN, NaN, 150, 151])
  assert.deepEqual([...ticks(2, [0.25, 0.5], [99, 120])], [120])
  assert.equal(ticks(5, [], []).length, 0)
})

test('names of events cover one another only where no lane is free', () => {
  const given = lanes([{ from: 0, to: 10 }, { from: 5, to: 20 }, { from: 12, to: 30 }, { from: 13, to: 40 }], 2)
  assert.deepEqual(given.map((g) => [g.lane, g.room]), [[0, true], [1, true], [0, true], [1, false]])
  assert.deepEqual(at([{ t_s: 5, duration_s: 10 }], 15), [])
  assert.equal(at([{ t_s: 5, duration_s: 10 }], 14.9).length, 1)
})

test('times are written as the step of the axis needs', () => {
  assert.equal(clock(0), '0:00')
  assert.equal(clock(59.96, 0.2), '1:00.0')
  assert.equal(clock(3725.5, 0.5), '1:02:05.5')
  assert.equal(clock(1.24, 0.04), '0:01.24')
  assert.deepEqual(multiples(0.05, 0.6, 0.2), [0.2, 0.4, 0.6])
  assert.deepEqual(multiples(3, 2, 1), [])
  assert.ok(timeStep(100, 80) * 100 >= 80)
  assert.equal(lowerBound([1, 2, 2, 5], 2), 1)
  assert.equal(lowerBound([1, 2], 9), 2)
})

test('moments that share a column are averaged, a column without an answer has none, a wide one repeats its moment', () => {
  const t = [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75]
  assert.deepEqual(bins(t, [0, 1, null, 0.5, null, null, 1, 1], 0, 2, 4), [0.5, 0.5, null, 1])
  assert.deepEqual(bins(t.slice(0, 2), [0.2, 0.8], 0, 0.5, 4), [0.2, 0.2, 0.8, 0.8])
  assert.deepEqual(bins([0, 0.25], [1, 1], 0, 1, 4), [1, 1, null, null])
})

test('intervals of a beat stand where its QRS is, and one that was not measured stands nowhere', () => {
  const fs = 500, t_s = Array.from({ length: 276 }, (_, i) => (i - 100) / fs)
  const uv = t_s.map((t) => 50 * Math.exp(-((t / 0.008) ** 2)) + 4 * Math.exp(-(((t + 0.09) / 0.02) ** 2)))
  const beat = { fs, t_s, uv, pr_ms: 100, pr_ms_sd: 4, qrs_ms: 50, qrs_ms_sd: null, qt_ms: null, qt_ms_sd: null }
  const [pr, qrs, qt] = intervals(beat)
  assert.ok(qrs.span[0] < -0.01 && qrs.span[1] > 0.01, 'R is in the QRS')
  assert.ok(Math.abs(qrs.span[1] - qrs.span[0] - 0.05) < 1e-9)
  assert.ok(Math.abs(pr.span[1] - qrs.span[0]) < 1e-9 && Math.abs(pr.span[1] - pr.span[0] - 0.1) < 1e-9)
  assert.deepEqual(qt, { key: 'qt', ms: null, sd: null, span: null })
  assert.deepEqual(intervals({ ...beat, qrs_ms: null }).map((i) => i.span), [null, null, null])
})
