// How right classification is on recordings that its weights have not seen: a change may not make it worse.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from './helpers.js'

const absent = existsSync(join(root, '..', 'shared', 'data', 'adult')) ? false : 'the recordings of ../shared/data are not here'

/** The table of a part of npm run eval:ecgnet. */
function tables(part) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'tests', 'eval', 'ecgnet.js'), '--only', part], { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  return stdout
}
const figure = (text, row) => Number(text.match(new RegExp(`^${row} .*?(\\d\\.\\d{3})`, 'm'))[1])

test('fold 9: normal or abnormal, and the conditions', { skip: absent }, () => {
  const text = tables('answers')
  const least = { abnormal: 0.96, arrhythmia: 0.89, conduction: 0.82, infarction: 0.83, hypertrophy: 0.87, 'macro AUROC of the four conditions:': 0.86 }
  for (const [row, value] of Object.entries(least)) assert.ok(figure(text, row) >= value, `${row} ${figure(text, row)}, was at least ${value}`)
})

test('atrial fibrillation on records held out', { skip: absent }, () => {
  const text = tables('rhythm')
  for (const [row, value] of Object.entries({ 'mitdb, AF against normal': 0.975, 'cinc2017, AF against normal': 0.99 })) assert.ok(figure(text, row) >= value, row)
})

test('damaged input is never answered wrongly with certainty', { skip: absent }, () => {
  const rows = tables('damage').split('\n').map((line) => line.match(/^(.*?)\s+(\d+\.\d) %\s+(?:–|\d\.\d{3})\s+(\d+\.\d) %\s+(\d+\.\d) %/)).filter(Boolean)
  assert.equal(rows.length, 12)
  for (const [, name, , , wrong] of rows) assert.ok(Number(wrong) <= 1, `${name}: ${wrong} % wrongly sure`)
})
