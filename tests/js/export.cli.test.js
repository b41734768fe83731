// fecg extract --export: each form from the command line, and the beats of a real recording through an annotation file.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { EXPORTS } from '../../js/cli/exports.js'
import { manifestOf, referenceBeats } from '../../js/cli/eval.js'
import { openRecording } from '../../js/cli/files.js'
import { scoreBeats } from '../../js/cli/score.js'
import { beatsToCsv, ratesToCsv, signalsToCsv, toAecg, toFhir, toWfdbAnnotations } from '../../js/export/index.js'
import { load } from '../../js/index.js'
import { fecg as run, folder } from './cli.tools.js'
import { noRecordings, recordings, root } from './helpers.js'
import { bytesOf, has, pythonWith, readWith } from './readers.js'

const cwd = folder()
const SIMULATED = ['simulate', 'x.edf', '--seconds', '40', '--fs', '250', '--seed', '5', '--leads', '3']
const python = pythonWith('csv'), wfdb = pythonWith('wfdb')

test('each ending is written, and is what the same call of the package gives', async () => {
  assert.equal(run(SIMULATED, { cwd }).status, 0)
  const { status, documents: [document] } = run(['extract', 'x.edf', '--method', 'classical', '--json', '-', '--quiet', ...Object.keys(EXPORTS).flatMap(ending => ['--export', `x${ending}`])], { cwd })
  assert.equal(status, 0)
  const file = ending => readFileSync(join(cwd, `x${ending}`))
  const fecg = await load(), recording = await openRecording(fecg, join(cwd, 'x.edf'))
  const result = await fecg.extract(recording, { method: 'classical', signals: true })
  await recording.close()
  result.source.file = document.source.file
  const same = { '.fhir.json': JSON.stringify(toFhir(result)) + '\n', '.xml': await bytesOf(toAecg(result)), '.fqrs': toWfdbAnnotations(result), '.mqrs': toWfdbAnnotations(result, { mother: true }),
    '.beats.csv': await bytesOf(beatsToCsv(result)), '.rates.csv': await bytesOf(ratesToCsv(result)) }
  for (const [ending, wanted] of Object.entries(same)) assert.ok(Buffer.from(wanted).equals(file(ending)), ending)
  assert.match(file('.report.svg').toString(), /^<svg [^]*>x\.edf<[^]*<\/svg>\s*$/)
  assert.deepEqual([...Object.keys(same), '.report.svg'].sort(), Object.keys(EXPORTS).sort())
  assert.deepEqual(readdirSync(cwd).filter(name => name.endsWith('.part')), [])
})

test('xmllint finds the message of the command line valid', { skip: has('xmllint') ? false : 'xmllint is not here; Debian has it in libxml2-utils' }, () => {
  const { status, stderr } = spawnSync('xmllint', ['--noout', '--relaxng', join(root, 'tests', 'tools', 'aecg.rng'), join(cwd, 'x.xml')], { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
})

test('Python reads the tables: every field where it belongs, also the quoted ones', { skip: python ? false : 'python3 is not here' }, async () => {
  const fecg = await load(), samples = [0, 1].map(k => Float32Array.from({ length: 2500 }, (_, i) => 30 * Math.sin(i / (9 + k))))
  const result = await fecg.extract(await fecg.read({ fs: 250, leads: ['a "quoted", lead\n', 'Bäuchlein'], samples }), { method: 'classical', leads: [0, 1], signals: true })
  result.signals.fetal[0].fill(NaN, 0, 10)
  result.fetal.rate.bpm[3] = 140.25
  const [beats, rates, signals] = [[beatsToCsv, 4], [ratesToCsv, 3], [signalsToCsv, 7]]
  for (const [write, columns] of [beats, rates, signals]) {
    const rows = readWith(python, 'read_csv.py', { 'x.csv': await bytesOf(write(result)) })
    assert.ok(rows.every(row => row.length === columns), write.name)
    if (write === ratesToCsv) assert.deepEqual(rows.slice(1).map(row => (row[1] === '' ? null : Number(row[1]))), result.fetal.rate.bpm)
    if (write !== signalsToCsv) continue
    assert.deepEqual(rows[0], ['t', ...['fECG', 'mECG', 'residual'].flatMap(word => result.source.leads.map(lead => `${word} ${lead}`))])
    assert.deepEqual(rows.slice(1).map(row => row[1] === ''), Array.from(result.signals.fetal[0], Number.isNaN))
  }
})

test('a name that says no form ends with status 2 and all the endings, before anything is read', () => {
  for (const name of ['out.pdf', 'out.json', 'out.csv', 'out']) {
    const { status, err, out } = run(['extract', 'not-there.edf', '--export', name], { cwd })
    assert.deepEqual([status, out], [2, ''], name)
    for (const ending of [...Object.keys(EXPORTS), name]) assert.ok(err.includes(ending), `${name}: ${ending} is not in: ${err}`)
  }
})

test('the documentation lists every ending', () => {
  const docs = readFileSync(join(root, 'docs', 'command-line.md'), 'utf8')
  for (const ending of Object.keys(EXPORTS)) assert.ok(docs.includes(`\`${ending}\``), ending)
})

test('outputs that would overwrite something, or each other, end with status 2 and leave it as it was', () => {
  const before = readFileSync(join(cwd, 'x.fqrs'))
  writeFileSync(join(cwd, 'y.xml'), 'of somebody')
  const cases = [[['x.edf', '--export', 'x.fqrs'], /x\.fqrs: it is there already/], [['x.edf', '--export', 'n.xml', '--export', './n.xml'], /the same file/], [['x.edf', '--export', 'n.xml', '--export', 'n.xml'], /named twice/],
    [['y.xml', '--export', 'y.xml'], /would overwrite the input/], [['x.edf', 'x.edf', '--export', 'n.xml'], /takes one input file/], [['x.edf', '--export', 'none/n.xml'], /no such folder/], [['x.edf', '--export'], /needs a value/]]
  for (const [args, words] of cases) {
    const { status, err } = run(['extract', '--method', 'classical', ...args], { cwd })
    assert.equal(status, 2, err)
    assert.match(err, words)
  }
  assert.ok(readFileSync(join(cwd, 'x.fqrs')).equals(before))
  assert.equal(readFileSync(join(cwd, 'y.xml'), 'utf8'), 'of somebody')
  assert.ok(!existsSync(join(cwd, 'n.xml')) && readdirSync(cwd).every(name => !name.endsWith('.part')))
})

test('a recording that cannot be read leaves no export', () => {
  writeFileSync(join(cwd, 'broken.edf'), 'no recording')
  const { status } = run(['extract', 'broken.edf', '--export', 'broken.xml', '--export', 'broken.fqrs'], { cwd })
  assert.equal(status, 3)
  assert.deepEqual(readdirSync(cwd).filter(name => name.startsWith('broken')), ['broken.edf'])
})

test('a recording too short for an extraction is exported too, with nothing in it', () => {
  assert.equal(run(['simulate', 'short.edf', '--seconds', '3', '--fs', '250'], { cwd }).status, 0)
  assert.equal(run(['extract', 'short.edf', '--quiet', ...Object.keys(EXPORTS).flatMap(ending => ['--export', `short${ending}`])], { cwd }).status, 0)
  assert.ok(!readFileSync(join(cwd, 'short.xml'), 'utf8').includes('<series'))
  assert.equal(readFileSync(join(cwd, 'short.beats.csv'), 'utf8'), 't,beat,confidence,interpolated\n')
})

test('a real recording scores the same by its annotation file as by its document', { skip: noRecordings }, async () => {
  const rows = (await manifestOf(recordings)).filter(row => !row.skip && row.group.endsWith('/good')).slice(0, 2)
  assert.equal(rows.length, 2)
  const fecg = await load()
  for (const row of rows) {
    const file = join(recordings, row.file), recording = await openRecording(fecg, file), name = `${row.record}.fqrs`
    const { status, err, documents: [document] } = run(['extract', file, '--json', '-', '--quiet', '--export', name], { cwd })
    assert.equal(status, 0, err)
    const reference = await referenceBeats(fecg, recordings, row, recording), bytes = readFileSync(join(cwd, name))
    const wanted = scoreBeats(reference, document.fetal.peaks_s), { fs } = document.source
    assert.ok(wanted.f1 > 0.9, `${row.record}: F1 ${wanted.f1}`)
    const scores = [scoreBeats(reference, fecg.annotations(new Uint8Array(bytes), recording.frame_fs).map(a => a.t_s))]
    if (wfdb) scores.push(scoreBeats(reference, readWith(wfdb, 'read_wfdb.py', { [name]: bytes })[0].sample.map(n => n / fs)))
    for (const { f1, tp, fp, fn, mae_ms } of scores) {
      assert.deepEqual([f1, tp, fp, fn], [wanted.f1, wanted.tp, wanted.fp, wanted.fn], row.record)
      assert.ok(Math.abs(mae_ms - wanted.mae_ms) <= 500 / fs, `${mae_ms} ms for ${wanted.mae_ms}`)
    }
    await recording.close()
  }
})
