// WFDB annotation files, read back by wfdb-python and by the engine, sample by sample.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { toWfdbAnnotations } from '../../js/export/index.js'
import { load } from '../../js/index.js'
import { exampleResult } from './cli.example.js'
import { pythonWith, readWith } from './readers.js'

const python = pythonWith('wfdb')
const skip = python ? false : 'wfdb-python is not here; tests/requirements.txt names it'
let fecg

before(async () => { fecg = await load() })

/** A result with these fetal beats. */
function beatsAt(peaks_s, { fs = 1000, confidence = peaks_s.map(() => 1), interpolated = peaks_s.map(() => false) } = {}) {
  const result = exampleResult()
  return { ...result, source: { ...result.source, fs }, fetal: { ...result.fetal, peaks_s, confidence, interpolated } }
}

const samplesAt = (peaks_s, fs) => peaks_s.map(t => Math.round(t * fs))

/** A day with beats all along, but for two hours, and a beat right at the start. */
function day() {
  const peaks_s = [0]
  for (let k = 0, t = 0.4; t < 86400; t += 0.4 + 0.1 * Math.sin(k++)) if (t < 7200 || t > 14400) peaks_s.push(t)
  return beatsAt(peaks_s, { confidence: peaks_s.map((_, i) => (i % 101) / 100), interpolated: peaks_s.map((_, i) => i % 37 === 5) })
}

const CASES = {
  example: [exampleResult(), {}], 'a day': [day(), {}], 'no beat': [beatsAt([]), {}], 'no fetus': [exampleResult({ present: false }), {}],
  'one beat': [beatsAt([0.5]), {}], 'steps at the limits of ten bits': [beatsAt([0, 1.023, 2.046, 3.07, 4.094, 5.119]), {}],
  'a rate that is no whole number': [beatsAt([0.1, 0.9, 1.7, 300], { fs: 1000 / 3 }), {}], 'a slow rate': [beatsAt([0.1, 40, 4000], { fs: 0.5 }), {}],
  'another rate': [exampleResult(), { fs: 8000 }], 'steps beyond 31 bits': [beatsAt([1, 5000, 9999.5]), { fs: 1e6 }], mother: [exampleResult(), { mother: true }],
}

const fsOf = (result, { fs = result.source.fs }) => fs
const heartOf = (result, { mother }) => (mother ? result.maternal : result.fetal)

test('wfdb-python reads every beat at its sample, as an N, with its confidence and whether it was interpolated', { skip }, () => {
  const read = readWith(python, 'read_wfdb.py', Object.fromEntries(Object.values(CASES).map(([result, options], i) => [`${i}.fqrs`, toWfdbAnnotations(result, options)])))
  Object.entries(CASES).forEach(([name, [result, options]], i) => {
    const fs = fsOf(result, options), heart = heartOf(result, options), { sample, symbol, aux, subtype, num } = read[i]
    assert.deepEqual(sample, samplesAt(heart.peaks_s, fs), name)
    assert.ok(symbol.every(s => s === 'N') && aux.every(text => text === ''), name)
    assert.ok(Math.abs(read[i].fs - fs) <= 1e-12 * fs, `${name}: ${read[i].fs} Hz`)
    assert.deepEqual(subtype, options.mother ? sample.map(() => 0) : heart.interpolated.map(Number), name)
    assert.deepEqual(num, options.mother ? sample.map(() => 0) : heart.confidence.map(v => Math.round(100 * v)), name)
  })
})

test('the engine reads every beat at its sample, whatever rate it is told', () => {
  for (const [name, [result, options]] of Object.entries(CASES)) {
    const read = fecg.annotations(toWfdbAnnotations(result, options), 123)
    assert.deepEqual(read.map(a => Math.round(a.t_s * fsOf(result, options))), samplesAt(heartOf(result, options).peaks_s, fsOf(result, options)), name)
    assert.ok(read.every(a => a.text === 'N'), name)
  }
})

test('the file is small: some six bytes a beat at the most', () => {
  const result = day(), { length } = toWfdbAnnotations(result)
  assert.ok(length < 6.1 * result.fetal.peaks_s.length, `${length / result.fetal.peaks_s.length}`)
})

test('what cannot be written is refused', () => {
  for (const fs of [0, -1, NaN, 2e6, '500']) assert.throws(() => toWfdbAnnotations(exampleResult(), { fs }), { code: 'ARGUMENT' }, String(fs))
  for (const peaks of [[2, 1], [-1], [NaN], [1, Infinity]]) assert.throws(() => toWfdbAnnotations(beatsAt(peaks)), { code: 'ARGUMENT' }, String(peaks))
  assert.throws(() => toWfdbAnnotations(exampleResult(), 500), { code: 'ARGUMENT' })
})
