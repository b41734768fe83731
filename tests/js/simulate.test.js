// The simulator through the wrapper.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from '../../js/index.js'
import { RANGES, SCENARIOS, STANDARD } from '../../js/simulate.js'
import { concat, whole } from './helpers.js'

const fecg = await load()

test('the same seed gives the same samples, another seed others', () => {
  const a = whole(fecg.simulate({ seconds: 5, seed: 7 }))
  assert.deepEqual(whole(fecg.simulate({ seconds: 5, seed: 7 })), a)
  assert.notDeepEqual(whole(fecg.simulate({ seconds: 5, seed: 8 })), a)
})

test('components add up to the mixture, in any chunking', () => {
  const simulation = fecg.simulate({ seconds: 12, leads: 2, fs: 250 })
  const [fetal, maternal, noise, mixture] = ['fetal', 'maternal', 'noise', 'mixture'].map((c) => whole(simulation, c))
  for (const lead of [0, 1]) {
    assert.equal(mixture[lead].length, 3000)
    mixture[lead].forEach((v, i) => assert.equal(v, Math.fround(Math.fround(fetal[lead][i] + maternal[lead][i]) + noise[lead][i])))
  }
  const small = [...simulation.chunks({ seconds: 0.7 })].map((c) => c.mixture)
  assert.deepEqual([0, 1].map((lead) => concat(small.map((c) => c[lead]))), mixture)
})

test('beats are those of the hearts that are there', () => {
  const { beats } = fecg.simulate({ seconds: 60, fhr_bpm: 150, mhr_bpm: 75 })
  assert.ok(Math.abs(beats.fetal.length - 150) < 15)
  assert.ok(Math.abs(beats.maternal.length - 75) < 10)
  assert.equal(beats.twin.length, 0)
  assert.equal(fecg.simulate({ scenario: 'no-fetus' }).beats.fetal.length, 0)
  assert.ok(fecg.simulate({ scenario: 'twins' }).beats.twin.length > 60)
})

test('every scenario runs and defaults are told', () => {
  for (const scenario of SCENARIOS) assert.equal(whole(fecg.simulate({ scenario, seconds: 3 }))[0].length, 1500)
  const { simulateDefaults } = fecg
  assert.equal(simulateDefaults.fs, 500)
  assert.equal(simulateDefaults.scenario, 'normal')
  assert.deepEqual(fecg.simulate().options, simulateDefaults)
})

test('a person in standard leads: twelve of them, a finding with its classes, no fetus', () => {
  for (const name of STANDARD) {
    const simulation = fecg.simulate({ scenario: `standard:${name}`, seconds: 10, fs: 250 })
    const { leads, beats, classes } = simulation
    assert.deepEqual(leads, ['I', 'II', 'III', 'aVR', 'aVL', 'aVF', 'V1', 'V2', 'V3', 'V4', 'V5', 'V6'])
    assert.ok(beats.maternal.length >= 4 && beats.fetal.length === 0)
    assert.equal(classes.includes('abnormal'), name !== 'normal')
    const [one, two, three] = whole(simulation, 'maternal')
    three.forEach((v, i) => assert.equal(v, Math.fround(two[i] - one[i])))
  }
  assert.deepEqual(fecg.simulate({ scenario: 'standard:lbbb', leads: 2 }).classes, ['conduction', 'abnormal'])
  assert.deepEqual(fecg.simulate({ scenario: 'standard:lbbb', leads: 2 }).leads, ['I', 'II'])
  assert.deepEqual(fecg.simulate({ scenario: 'adult' }).classes, [])
  for (const options of [{ scenario: 'lbbb' }, { scenario: 'standard:gaps' }, { scenario: 'standard:af', leads: 13 }])
    assert.throws(() => fecg.simulate(options), { code: 'ARGUMENT' })
})

test('values out of range and unknown options are errors of code ARGUMENT', () => {
  const wrong = [{ seed: -1 }, { seed: 1.5 }, { seconds: 0 }, { seconds: NaN }, { fs: 100 }, { fs: 5000 }, { leads: 0 }, { leads: 33 }, { leads: 2.5 },
    { fhr_bpm: 59 }, { mhr_bpm: 161 }, { snr_db: Infinity }, { scenario: 'party' }, { scenario: 3 }, { colour: 1 }, { constructor: 1 },
    { seconds: 31 * 86400 + 1 }, { snr_db: -61 }, { snr_db: 101 }, { fm_ratio_db: -81 }, { fm_ratio_db: 41 }, 3]
  for (const options of wrong) assert.throws(() => fecg.simulate(/** @type {any} */ (options)), { name: 'FecgError', code: 'ARGUMENT' }, JSON.stringify(options))
})

test('the ranges are those of src/fecg.h, and an error names the option and its range', () => {
  for (const options of [{ snr_db: -60 }, { snr_db: 100 }, { fm_ratio_db: -80 }, { fm_ratio_db: 40 }]) assert.equal(whole(fecg.simulate({ ...options, seconds: 1 }))[0].length, 500)
  assert.ok(RANGES.seconds.holds(31 * 86400) && !RANGES.seconds.holds(31 * 86400 + 1) && !RANGES.seconds.holds(0))
  assert.throws(() => fecg.simulate({ fm_ratio_db: 50 }), { message: 'fm_ratio_db is decibels from -80 to 40, given 50' })
  assert.throws(() => fecg.simulate({ seconds: 2678401 }), { message: /^seconds .*2678400/ })
})

test('a chunk has a length; options that are null are as none', () => {
  const simulation = fecg.simulate(null)
  assert.deepEqual(simulation.options, fecg.simulateDefaults)
  for (const seconds of [NaN, 0, -1, '3', null]) assert.throws(() => simulation.chunks(/** @type {any} */ ({ seconds })), { name: 'FecgError', code: 'ARGUMENT' }, String(seconds))
  assert.equal([...simulation.chunks({ seconds: Infinity })].length, 1)
  assert.equal([...simulation.chunks(null)].length, 6)
})
