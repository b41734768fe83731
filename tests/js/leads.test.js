// Which leads are taken: the rule that the command line and extract() share.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseLeads } from '../../js/leads.js'

const channels = (labels, fs = 1000) => labels.map((label) => ({ label, unit: 'uV', fs, phys_min_uv: 0, phys_max_uv: 0, samples: 1 }))
const chosen = (labels, leads) => chooseLeads(channels(labels), leads).channels
const codes = (labels) => chooseLeads(channels(labels)).diagnostics.map((d) => d.code)

test('labels that say abdominal are taken and nothing else', () => {
  assert.deepEqual(chosen(['Direct_1', 'Abdomen_1', 'Abdomen_2', 'SpO2']), [1, 2])
  assert.deepEqual(chosen(['Thorax_1', 'AECG1', 'aECG2']), [1, 2])
  assert.deepEqual(codes(['Direct_1', 'Abdomen_1']), [])
})

test('labels of other places are left out in any case; the rest is assumed abdominal and said so', () => {
  assert.deepEqual(chosen(['direct', 'SCALP 1', 'Thor', 'tho2', 'Chest', 'EDF x', 'resp', 'TOCO', 'lead 1']), [5, 8])
  assert.deepEqual(codes(['resp', 'lead 1']), ['LEADS_ASSUMED'])
})

test('an abdominal label that starts like another place is left out', () => {
  assert.deepEqual(chosen(['Direct_abd', 'x1', 'x2']), [1, 2])
})

test('leads are asked for by label, in any case, or by number', () => {
  const labels = ['A', 'b', '0', 'B']
  assert.deepEqual(chosen(labels, ['A', 'B', 1]), [0, 3, 1])
  assert.deepEqual(chosen(labels, ['a']), [0])
  assert.deepEqual(chosen(labels, ['0']), [2]) // a label comes before a number
  assert.deepEqual(chosen(labels, ['1', 0]), [1, 0])
})

test('a lead that is not there is an error that lists what is', () => {
  for (const lead of ['C', '7', 7, -1]) {
    assert.throws(() => chosen(['A', 'B'], [lead]), (e) => e.code === 'LEADS' && e.message.includes('0 "A", 1 "B"'))
  }
  assert.throws(() => chosen(['A', 'B'], ['A', 0]), { code: 'LEADS' })
  assert.throws(() => chosen(['Direct_1', 'Thorax'], undefined), { code: 'LEADS' })
})

test('a wrong kind of argument is an error of its own', () => {
  for (const leads of ['A', [], [1.5], [null], {}]) assert.throws(() => chosen(['A', 'B'], /** @type {any} */ (leads)), { code: 'ARGUMENT' })
})

test('a channel too slow for an ECG is left out of the assumed leads, and refused when asked for', () => {
  const mixed = [...channels(['x', 'y']), ...channels(['temperature'], 1)]
  const { channels: taken, diagnostics } = chooseLeads(mixed)
  assert.deepEqual(taken, [0, 1])
  assert.deepEqual(diagnostics.map((d) => d.code), ['LEADS_RATE', 'LEADS_ASSUMED'])
  assert.throws(() => chooseLeads(mixed, ['temperature']), { code: 'UNSUPPORTED' })
  assert.throws(() => chooseLeads(channels(['x'], 100)), { code: 'UNSUPPORTED' })
})

test('more than 32 leads are refused', () => {
  assert.throws(() => chooseLeads(channels(Array.from({ length: 33 }, (_, i) => `e${i}`))), { code: 'LEADS' })
  assert.equal(chooseLeads(channels(Array.from({ length: 32 }, (_, i) => `e${i}`))).channels.length, 32)
})
