// Scoring of beats and rate on cases small enough to be worked out by hand.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bootstrap, groupBy, match, random, scoreBeats, scoreRate, summarise } from '../../js/cli/score.js'

const near = (actual, expected, tolerance = 1e-9) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`)
const beats = (n, rr, t0 = 0) => Array.from({ length: n }, (_, i) => t0 + i * rr)

test('beats within 50 ms match one to one', () => {
  const s = scoreBeats([1, 1.5, 2], [1.01, 1.45, 2.06])
  assert.deepEqual([s.tp, s.fn, s.fp], [2, 1, 1])
  near(s.se, 2 / 3)
  near(s.ppv, 2 / 3)
  near(s.f1, 2 / 3)
  near(s.mae_ms, 30, 1e-6)
})

test('exactly 50 ms is a match, 51 ms is none', () => {
  assert.equal(scoreBeats([1], [1.05]).tp, 1)
  assert.equal(scoreBeats([1.05], [1]).tp, 1)
  assert.equal(scoreBeats([1], [1.051]).tp, 0)
})

test('a second detection of one beat is a false one', () => {
  const s = scoreBeats([1, 1.4], [0.99, 1.001, 1.4])
  assert.deepEqual([s.tp, s.fn, s.fp], [2, 0, 1])
  near(s.mae_ms, 0.5, 1e-6)
})

test('the pairing with the most matches wins over the nearest pair', () => {
  // The nearest pair is 1.03 with 1.04; taking it would leave 1.00 and 1.09 without a partner.
  assert.deepEqual(match([1, 1.04], [1.03, 1.09]), [[0, 0], [1, 1]])
})

test('among pairings of equal size the least total error wins', () => {
  assert.deepEqual(match([1, 1.02], [1.02]), [[1, 0]])
  assert.deepEqual(match([1.02], [1, 1.021, 1.03]), [[0, 1]])
})

test('order of the lists does not matter', () => {
  assert.equal(scoreBeats([3, 1, 2], [2.01, 3.01, 1.01]).f1, 1)
})

test('empty lists: nothing detected scores 0, nothing to detect scores null', () => {
  assert.deepEqual(scoreBeats([1, 2], []), { tp: 0, fn: 2, fp: 0, ignored: 0, se: 0, ppv: null, f1: 0, mae_ms: null })
  assert.equal(scoreBeats([], [1]).f1, 0)
  assert.equal(scoreBeats([], [1]).se, null)
  assert.equal(scoreBeats([], []).f1, null)
})

test('detections inside a reference gap longer than 1 s are not scored', () => {
  const s = scoreBeats([1, 1.4, 3.4, 3.8], [1, 1.4, 1.8, 2.2, 2.6, 3.0, 3.4, 3.8])
  assert.deepEqual([s.tp, s.fn, s.fp, s.ignored, s.f1], [4, 0, 0, 4, 1])
})

test('a gap of 1 s or less does not excuse a false beat, nor does silence before the first beat', () => {
  assert.equal(scoreBeats([1, 2], [1, 1.5, 2]).fp, 1)
  assert.equal(scoreBeats([5, 5.4], [2, 5, 5.4]).fp, 1)
})

test('a duplicate at the edge of a gap stays a false beat', () => {
  const s = scoreBeats([1, 3], [1, 1.03, 3])
  assert.deepEqual([s.tp, s.fp, s.ignored], [2, 1, 0])
})

test('long lists are matched as short ones are', () => {
  const reference = beats(20000, 0.42)
  const s = scoreBeats(reference, reference.map((t, i) => t + (i % 2 ? 0.004 : -0.004)))
  assert.equal(s.tp, 20000)
  near(s.mae_ms, 4, 1e-6)
})

const grid = (seconds, bpm) => {
  const t_s = Array.from({ length: seconds * 4 }, (_, i) => i / 4)
  return { t_s, bpm: t_s.map(bpm) }
}

test('PPA counts epochs within 10 %, an absent rate as a failure', () => {
  const reference = beats(51, 0.4) // 150 bpm over 20 s
  assert.equal(scoreRate(reference, grid(20, () => 150), 20).ppa, 1)
  assert.equal(scoreRate(reference, grid(20, () => 164), 20).ppa, 1)
  assert.equal(scoreRate(reference, grid(20, () => 166), 20).ppa, 0)
  const half = scoreRate(reference, grid(20, t => (t < 10 ? 150 : null)), 20)
  assert.deepEqual([half.ppa, half.epochs, half.coverage], [0.5, 10, 0.5])
})

test('epochs in which the reference is silent are not scored', () => {
  const reference = [...beats(11, 0.4), ...beats(11, 0.4, 16)] // 0..4 s and 16..20 s
  const s = scoreRate(reference, grid(20, t => (t < 4 || t >= 16 ? 150 : 90)), 20)
  assert.deepEqual([s.epochs, s.ppa], [4, 1])
})

test('a result without any rate covers nothing', () => {
  assert.deepEqual(scoreRate(beats(50, 0.4), { t_s: [], bpm: [] }, 20), { ppa: 0, epochs: 10, coverage: 0 })
})

const record = (subject, f1) => ({ subject, f1, tp: 10, fn: 0, fp: 0, ppa: 1, coverage: 1, mae_ms: 2 })

test('the bootstrap draws women, is seeded, and gives no interval below five women', () => {
  const same = ['a', 'b', 'c', 'd'].flatMap(w => [record(w, 1), record(w, 0.5)]) // records vary, women do not
  assert.deepEqual(bootstrap(same), [null, null])
  const five = [...same, record('e', 1), record('e', 0.5)]
  assert.deepEqual(bootstrap(five), [0.75, 0.75])
  assert.deepEqual(bootstrap([...five, record('e', 0)]), bootstrap([...five, record('e', 0)]))
  const many = Array.from({ length: 40 }, (_, i) => record(String(i), 0.9 + 0.0025 * i))
  const [lo, hi] = bootstrap(many)
  assert.ok(lo > 0.93 && lo < 0.945 && hi > 0.952 && hi < 0.966, `${lo} ${hi}`)
})

test('a group gives mean, pooled and worst tenth', () => {
  const records = [
    { ...record('a', 1), tp: 100 },
    { ...record('b', 0.5), tp: 10, fn: 10, fp: 10, ppa: null, mae_ms: null },
  ]
  const g = summarise('g', records)
  near(g.f1_mean, 0.75)
  near(g.f1_pooled, 220 / 240)
  assert.equal(g.f1_worst_tenth, 0.5)
  assert.equal(g.ppa, 1)
  assert.equal(g.mae_ms, 2)
  const twenty = Array.from({ length: 20 }, (_, i) => record(String(i), i / 20))
  near(summarise('g', twenty).f1_worst_tenth, 0.025)
})

test('an empty group has no figures', () => {
  const g = summarise('g', [])
  assert.deepEqual([g.records, g.f1_mean, g.f1_pooled, g.f1_worst_tenth], [0, null, null, null])
})

test('groupBy keeps the order of first appearance', () => {
  assert.deepEqual([...groupBy([3, 1, 4, 5], n => n % 2)], [[1, [3, 1, 5]], [0, [4]]])
})

test('the random generator repeats for a seed and differs between seeds', () => {
  const draw = seed => Array.from({ length: 3 }, random(seed))
  assert.deepEqual(draw(7), draw(7))
  assert.notDeepEqual(draw(7), draw(8))
  assert.ok(draw(7).every(x => x >= 0 && x < 1))
})
