// What the engine says of a fetal rate in the words of FIGO and NICHD, on simulated recordings.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { report } from '../../js/cli/report.js'
import { load } from '../../js/index.js'
import { whole } from './helpers.js'

const fecg = await load()
const noColour = Object.fromEntries(['bold', 'dim', 'cyan', 'green', 'yellow', 'red'].map((k) => [k, (/** @type {string} */ s) => s]))

async function extract(scenario, seconds, seed = 3) {
  const simulation = fecg.simulate({ seconds, fs: 250, seed, scenario, snr_db: 9 })
  const recording = await fecg.read({ fs: 250, leads: simulation.leads, samples: whole(simulation) }, { name: scenario })
  return fecg.extract(recording, { method: 'classical' })
}

/** Every term of the tree with its path. */
function* terms(tree, path = '') {
  if ('definition' in tree) yield [path, tree]
  else for (const [key, value] of Object.entries(tree)) yield* terms(value, `${path}${path && '.'}${key}`)
}

const types = (result) => new Set(result.fetal.events.map((e) => e.type))
const normal = await extract('normal', 660)

test('a normal rate has a baseline, moderate variability, and neither tachycardia nor bradycardia nor an irregular rhythm', () => {
  const { figo, nichd, rhythm } = normal.fetal.terms
  assert.equal(figo.baseline.stretches.length, 1)
  assert.ok(Math.abs(figo.baseline.stretches[0].bpm - 140) < 6)
  assert.ok(Math.abs(nichd.baseline.stretches[0].bpm - 140) <= 5 && nichd.baseline.stretches[0].bpm % 5 === 0)
  assert.equal(figo.variability.class, 'normal')
  assert.equal(nichd.variability.stretches[0].class, 'moderate')
  for (const standard of [figo, nichd]) {
    assert.equal(standard.decelerations.count, 0)
    assert.equal(standard.prolonged_decelerations.count, 0)
    assert.equal(standard.tachycardia.present, false)
    assert.equal(standard.bradycardia.present, false)
  }
  assert.equal(rhythm.irregular, false)
  for (const type of ['tachycardia', 'bradycardia', 'prolonged-deceleration', 'irregular']) assert.ok(!types(normal).has(type), type)
})

test('each term names its definition, and one that is known gives no reason', () => {
  const all = [...terms(normal.fetal.terms)]
  assert.equal(all.length, 7 + 8 + 1)
  for (const [path, term] of all) {
    assert.ok(term.definition.length > 30, path)
    if (path.startsWith('figo')) assert.match(term.definition, /^FIGO 2015: /)
    if (path.startsWith('nichd')) assert.match(term.definition, /^NICHD 2008: /)
    assert.equal(term.reason, null, path)
  }
})

for (const [scenario, term, other] of [['tachy', 'tachycardia', 'bradycardia'], ['brady', 'bradycardia', 'tachycardia']]) {
  test(`a recording of eleven minutes in the scenario ${scenario} has a ${term}`, async () => {
    const result = await extract(scenario, 660)
    for (const standard of ['figo', 'nichd']) {
      assert.equal(result.fetal.terms[standard][term].present, true)
      assert.equal(result.fetal.terms[standard][other].present, false)
    }
    const event = result.fetal.events.find((e) => e.type === term)
    assert.ok(event.duration_s > 600)
    assert.match(event.definition, /^FIGO 2015/)
    assert.match(report(result, noColour), new RegExp(`FIGO +baseline \\d+ bpm · ${term}`))
  })
}

test('decelerations are counted by either standard', async () => {
  const { fetal } = await extract('decelerations', 300, 1)
  assert.ok(fetal.terms.figo.decelerations.count >= 2)
  assert.ok(fetal.terms.nichd.decelerations.count + fetal.terms.nichd.prolonged_decelerations.count >= 2)
})

test('ectopic beats make a rhythm irregular, though the reported beats are in step', async () => {
  const result = await extract('ectopic', 70)
  assert.equal(result.fetal.terms.rhythm.irregular, true)
  assert.ok(result.fetal.terms.rhythm.premature_beats >= 3)
  assert.ok(types(result).has('irregular'))
  assert.match(report(result, noColour), /Rhythm +irregular · \d+ premature beats/)
})

test('a minute tells neither a baseline nor what changes it: null, with the reason', async () => {
  const result = await extract('tachy', 60)
  const { figo, nichd } = result.fetal.terms
  for (const standard of [figo, nichd]) {
    for (const key of ['tachycardia', 'bradycardia']) assert.deepEqual([standard[key].present, standard[key].reason], [null, 'TOO_SHORT'])
    for (const key of ['accelerations', 'decelerations', 'prolonged_decelerations']) assert.deepEqual([standard[key].count, standard[key].reason], [null, 'TOO_SHORT'])
    assert.deepEqual([standard.baseline.stretches, standard.baseline.reason], [[], 'TOO_SHORT'])
    assert.equal(standard.variability.reason, 'TOO_SHORT')
  }
  assert.ok(!types(result).has('tachycardia'))
  assert.match(report(result, noColour), /FIGO, NICHD +terms not known, recording too short/)
})

test('without a fetus, or with two, there are no terms', async () => {
  for (const scenario of ['no-fetus', 'twins']) {
    const { fetal, diagnostics } = await extract(scenario, 70, 1)
    assert.equal(fetal.terms, null)
    assert.equal(fetal.present, scenario === 'twins')
    if (scenario === 'twins') assert.ok(diagnostics.some((d) => d.code === 'SECOND_FETUS_SUSPECTED'))
  }
})
