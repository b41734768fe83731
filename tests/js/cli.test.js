// The command line from end to end, on recordings that it simulates itself.
import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, cpSync, existsSync, linkSync, lstatSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { before, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { scoreBeats } from '../../js/cli/score.js'
import { load } from '../../js/index.js'
import { COMMANDS } from '../../js/cli/args.js'
import { CLI, fecg, folder, mitBeats } from './cli.tools.js'
import { ecgnetWeights, weights, withMetadata } from './helpers.js'

const dir = folder()
const at = name => join(dir, name)
const sha = name => createHash('sha256').update(readFileSync(at(name))).digest('hex')
const ok = run => {
  assert.equal(run.status, 0, run.err)
  return run
}
let truth

before(async () => {
  const run = ok(fecg(['simulate', at('sim.edf'), '--seed', '3', '--seconds', '40', '--snr', '10', '--truth', at('truth.edf')]))
  assert.equal(run.out, '')
  truth = (await load()).simulate({ seed: 3, seconds: 40, snr_db: 10 })
})

const annotated = (document, text) => document.annotations.labels[text] ?? 0
const info = name => ok(fecg(['info', at(name), '--json', '-'])).documents[0]

test('simulate writes leads, beats and, apart, the truth', () => {
  const mixture = info('sim.edf')
  assert.equal(mixture.format, 'EDF+C')
  assert.equal(mixture.duration_s, 40)
  assert.deepEqual(mixture.channels.map(c => c.label), truth.leads)
  assert.deepEqual([annotated(mixture, 'fQRS'), annotated(mixture, 'mQRS')], [truth.beats.fetal.length, truth.beats.maternal.length])
  const labels = info('truth.edf').channels.map(c => c.label)
  assert.equal(labels.length, 3 * truth.leads.length)
  for (const word of ['fECG', 'mECG', 'noise']) assert.equal(labels.filter(l => l.startsWith(`${word} `)).length, truth.leads.length)
})

test('the components of the truth add up to the mixture', async () => {
  const engine = await load()
  const read = async name => {
    const recording = await engine.read(readFileSync(at(name)), { name })
    const parts = recording.channels.map(() => [])
    for await (const { samples } of recording.blocks()) samples.forEach((s, i) => parts[i].push(...s))
    return parts
  }
  const mixture = await read('sim.edf'), parts = await read('truth.edf'), n = mixture.length
  let worst = 0
  for (let lead = 0; lead < n; lead++)
    for (let i = 0; i < mixture[lead].length; i += 7) worst = Math.max(worst, Math.abs(mixture[lead][i] - parts[lead][i] - parts[lead + n][i] - parts[lead + 2 * n][i]))
  assert.ok(worst < 0.2, `they differ by ${worst} uV`)
})

test('simulate gives the same bytes for the same options, others for another seed', () => {
  for (const [name, seed] of [['again.edf', 3], ['other.edf', 4]]) ok(fecg(['simulate', at(name), '--seed', seed, '--seconds', '40', '--snr', '10'].map(String)))
  assert.equal(sha('again.edf'), sha('sim.edf'))
  assert.notEqual(sha('other.edf'), sha('sim.edf'))
})

test('simulate --standard writes the twelve leads of a person, and refuses a scenario of the other kind', () => {
  const run = ok(fecg(['simulate', at('standard.edf'), '--standard', '--scenario', 'lbbb', '--seconds', '10', '--truth', at('standard-truth.edf')]))
  assert.match(run.err + run.out, /12 standard leads.*lbbb \(conduction, abnormal\)/)
  const of = file => JSON.parse(ok(fecg(['info', at(file), '--json', '-'])).out).channels.map(c => c.label)
  assert.deepEqual(of('standard.edf'), ['I', 'II', 'III', 'aVR', 'aVL', 'aVF', 'V1', 'V2', 'V3', 'V4', 'V5', 'V6'])
  assert.deepEqual(of('standard-truth.edf').filter((_, i) => i % 12 === 0), ['ECG I', 'noise I'])
  for (const args of [['--scenario', 'lbbb'], ['--standard', '--scenario', 'twins'], ['--standard', '--leads', '2'], ['--standard', '--fhr', '150']]) assert.equal(fecg(['simulate', at('none.edf'), ...args]).status, 2)
})

test('the defaults in the help are the simulator\'s', async () => {
  const { simulateDefaults: d } = await load()
  const of = name => COMMANDS.simulate.options[name].default
  assert.deepEqual([of('--seed'), of('--seconds'), of('--fs'), of('--leads'), of('--snr'), of('--fm-ratio'), of('--fhr'), of('--mhr'), of('--scenario')],
    [d.seed, d.seconds, d.fs, d.leads, d.snr_db, d.fm_ratio_db, d.fhr_bpm, d.mhr_bpm, d.scenario])
})

test('extract gives the document of the schema, and finds the simulated fetus', () => {
  const { documents, err } = ok(fecg(['extract', at('sim.edf'), '--json', '-']))
  const [d] = documents
  assert.equal(documents.length, 1)
  assert.equal(d.schema, 'fecg.extract/1')
  assert.deepEqual(d.source, { file: at('sim.edf'), fs: 500, duration_s: 40, leads: truth.leads })
  assert.equal(d.method, 'fhnet')
  for (const key of ['maternal', 'fetal', 'quality', 'attribution', 'diagnostics', 'version']) assert.ok(key in d, key)
  assert.equal(d.fetal.present, true)
  assert.equal(d.fetal.peaks_s.length, d.fetal.confidence.length)
  assert.equal(d.fetal.peaks_s.length, d.fetal.interpolated.length)
  assert.equal(d.fetal.rate.t_s.length, d.fetal.rate.bpm.length)
  assert.ok(d.fetal.confidence.every(c => c >= 0 && c <= 1))
  assert.ok(scoreBeats(truth.beats.fetal, d.fetal.peaks_s).f1 > 0.97)
  assert.ok(scoreBeats(truth.beats.maternal, d.maternal.peaks_s).f1 > 0.97)
  assert.match(err, /sim\.edf: fetal rate \d+ bpm/)
  assert.ok(!err.includes('\r'), 'a progress bar off a terminal')
})

test('without --json the report goes to standard output, without colour off a terminal', () => {
  const { out, err } = ok(fecg(['extract', at('sim.edf')]))
  assert.match(out, /Fetal rate +\d+ bpm baseline/)
  assert.ok(!out.includes('\x1b'))
  assert.equal(err, '')
})

test('--quiet says nothing; --json FILE still writes', () => {
  const { out, err } = ok(fecg(['extract', at('sim.edf'), '--quiet', '--json', at('r.json')]))
  assert.deepEqual([out, err], ['', ''])
  assert.equal(JSON.parse(readFileSync(at('r.json'), 'utf8')).schema, 'fecg.extract/1')
})

test('several files: one document a line, an error among them, the highest status', () => {
  const { status, documents, err } = fecg(['extract', at('sim.edf'), at('none.edf'), at('other.edf'), '--json', '-', '--quiet'])
  assert.equal(status, 3)
  assert.deepEqual(documents.map(d => d.schema), ['fecg.extract/1', 'fecg.error/1', 'fecg.extract/1'])
  assert.deepEqual(documents[1], { schema: 'fecg.error/1', source: { file: at('none.edf') }, error: { code: 'MISSING', message: 'cannot be opened: no such file', offset: null } })
  assert.equal(err, `fecg: ${at('none.edf')}: cannot be opened: no such file\n`)
})

test('--leads takes labels and numbers; a lead that is not there is wrong usage', () => {
  const { documents } = ok(fecg(['extract', at('sim.edf'), '--leads', `${truth.leads[2]},0`, '--json', '-', '--quiet']))
  assert.deepEqual(documents[0].source.leads, [truth.leads[2], truth.leads[0]])
  const wrong = fecg(['extract', at('sim.edf'), '--leads', 'Nose', '--json', '-'])
  assert.equal(wrong.status, 2)
  assert.match(wrong.err, /no lead "Nose"/)
})

test('--method and --model choose how, and the document says with what', () => {
  const bytes = new Uint8Array(readFileSync(weights)), there = folder()
  const of = (...args) => ok(fecg(['extract', at('sim.edf'), '--json', '-', '--quiet', ...args])).documents[0]
  for (const method of ['network', 'fhnet']) assert.equal(of('--method', method).method, method)
  const classical = of('--method', 'classical')
  assert.deepEqual([classical.method, classical.version.model, classical.version.model_sha256, classical.attribution], ['classical', null, null, null])
  writeFileSync(join(there, 'other.safetensors'), withMetadata(bytes, { note: 'other' }))
  const other = createHash('sha256').update(readFileSync(join(there, 'other.safetensors'))).digest('hex')
  for (const model of [join(there, 'other.safetensors'), there]) assert.equal(of('--model', model).version.model_sha256, other)
  copyFileSync(weights, join(there, 'fhnet.safetensors')) // of two files in a folder this one is meant
  assert.equal(of('--model', there).version.model_sha256, createHash('sha256').update(bytes).digest('hex'))
})

test('weights that cannot be used are status 3 with one line that names the file', () => {
  const there = folder(), file = name => join(there, name)
  writeFileSync(file('cut.safetensors'), readFileSync(weights).subarray(0, 5000))
  writeFileSync(file('words.safetensors'), 'no weights at all, only some words that stand here')
  const empty = folder()
  for (const [model, said] of [[file('cut.safetensors'), 'cut'], [file('words.safetensors'), 'words'], [file('none.safetensors'), 'no such file'], [there, '2 safetensors files'], [empty, 'no safetensors files'], [ecgnetWeights, 'of ECGNet, expected those of FHNet']]) {
    for (const args of [['extract', at('sim.edf')], ['eval', dir]]) {
      if (args[0] === 'eval') writeFileSync(at('manifest.csv'), 'record,file,ann,dataset,subject,flags\n')
      const { status, err, out } = fecg([...args, '--model', model])
      assert.deepEqual([status, out], [3, ''], err)
      assert.match(err, /^fecg: [^\n]+\n$/)
      assert.ok(err.includes(model) && err.includes(said), err)
    }
  }
})

test('--model with the method classical, or an output in its place, is wrong usage', () => {
  const { status, err } = fecg(['extract', at('sim.edf'), '--method', 'classical', '--model', weights])
  assert.equal(status, 2)
  assert.match(err, /^fecg extract: --model: the method classical takes no weights/)
  copyFileSync(weights, at('w.safetensors'))
  for (const args of [['extract', at('sim.edf')], ['eval', dir]]) {
    const run = fecg([...args, '--model', at('w.safetensors'), '--json', at('w.safetensors')])
    assert.equal(run.status, 2)
    assert.match(run.err, /--json would overwrite the input .*w\.safetensors/)
  }
  assert.deepEqual(readFileSync(at('w.safetensors')), readFileSync(weights))
})

test('--signals EDF holds fECG, mECG and residual in step with the input, and the beats', async () => {
  const { documents } = ok(fecg(['extract', at('sim.edf'), '--signals', at('s.edf'), '--json', '-', '--quiet']))
  const [d] = documents, i = info('s.edf')
  assert.equal(i.channels.length, 12)
  for (const word of ['fECG', 'mECG', 'residual']) assert.equal(i.channels.filter(c => c.label.startsWith(`${word} `)).length, 4)
  assert.ok(i.channels.every(c => c.fs === 500 && c.samples >= 20000 && c.samples < 20500))
  assert.equal(annotated(i, 'fQRS') + annotated(i, 'fQRS interpolated'), d.fetal.peaks_s.length)
  assert.equal(annotated(i, 'fQRS interpolated'), d.fetal.interpolated.filter(Boolean).length)
  assert.equal(annotated(i, 'mQRS'), d.maternal.peaks_s.length)
})

test('--signals CSV has names first, a line a sample, the same values as the EDF', async () => {
  ok(fecg(['extract', at('sim.edf'), '--signals', at('s.csv'), '--quiet']))
  const lines = readFileSync(at('s.csv'), 'utf8').trimEnd().split('\n')
  assert.deepEqual(lines[0].split(','), ['t', ...['fECG', 'mECG', 'residual'].flatMap(word => truth.leads.map(l => `${word} ${l}`))])
  assert.equal(lines.length, 20001)
  assert.equal(lines[501].split(',')[0], '1')
  const engine = await load()
  const whole = await engine.extract(await engine.read(readFileSync(at('sim.edf')), { name: 'sim.edf' }), { signals: true })
  for (let k = 0; k < 20000; k += 7) {
    const text = lines[k + 1].split(',')[1], value = whole.signals.fetal[0][k]
    assert.ok(Number.isNaN(value) ? text === '' : Math.abs(Number(text) - value) <= 0.00051, `line ${k + 2}: ${text}, not ${value}`)
  }
  const back = ok(fecg(['info', at('s.csv'), '--json', '-'])).documents[0]
  assert.deepEqual([back.format, back.channels.length, Math.round(back.channels[0].fs)], ['CSV', 12, 500])
})

test('gaps stay gaps: empty in CSV, annotated in EDF+', () => {
  ok(fecg(['simulate', at('gaps.edf'), '--scenario', 'gaps', '--seconds', '60', '--seed', '5', '--snr', '10']))
  assert.ok(info('gaps.edf').channels.every(c => c.gap_samples > 0))
  ok(fecg(['extract', at('gaps.edf'), '--signals', at('gs.csv'), '--quiet']))
  ok(fecg(['extract', at('gaps.edf'), '--signals', at('gs.edf'), '--quiet']))
  const lines = readFileSync(at('gs.csv'), 'utf8').trimEnd().split('\n').slice(1)
  assert.equal(lines.length, 30000)
  assert.ok(lines.some(line => /^[\d.]+,,/.test(line)), 'no line with an empty field')
  const edf = info('gs.edf')
  assert.ok(edf.channels[0].gap_samples > 0)
  assert.match(readFileSync(at('gs.edf'), 'latin1'), /\x14gap fECG/)
})

test('--figure writes an SVG; nothing but the asked files is left behind', () => {
  ok(fecg(['extract', at('sim.edf'), '--figure', at('f.svg'), '--quiet']))
  const svg = readFileSync(at('f.svg'), 'utf8')
  assert.match(svg, /^<svg /)
  assert.match(svg, /Averaged fetal beat/)
  assert.ok(!svg.includes(dir), 'the figure names a folder')
  assert.deepEqual(readdirSync(dir).filter(name => name.endsWith('.part')), [])
})

test('a recording without a fetus ends with 0 and says why', () => {
  ok(fecg(['simulate', at('nofetus.edf'), '--scenario', 'no-fetus', '--seconds', '40']))
  const [d] = ok(fecg(['extract', at('nofetus.edf'), '--json', '-', '--figure', at('nofetus.svg'), '--signals', at('nofetus-s.edf')])).documents
  assert.equal(d.fetal.present, false)
  assert.deepEqual([d.fetal.peaks_s, d.fetal.beat], [[], null])
  assert.equal(typeof d.quality.reason, 'string')
  assert.match(readFileSync(at('nofetus.svg'), 'utf8'), /No fetal heart was found/)
})

test('outputs that cannot be written, or that would overwrite the input, are wrong usage', () => {
  const before = sha('sim.edf')
  for (const [args, pattern] of [
    [['--json', at('no/such/r.json')], /--json: cannot write .*no such folder/],
    [['--signals', at('no/such/s.edf')], /--signals: cannot write/],
    [['--figure', dir + '/d.svg'], /--figure: cannot write .*is a folder/],
    [['--signals', at('sim.edf')], /would overwrite the input/],
    [['--json', at('link.json')], /would overwrite the input/],
  ]) {
    if (args[1].endsWith('d.svg') && !existsSync(args[1])) symlinkSync(dir, args[1])
    if (args[1].endsWith('link.json')) symlinkSync(at('sim.edf'), args[1])
    const { status, err } = fecg(['extract', at('sim.edf'), ...args])
    assert.equal(status, 2, err)
    assert.match(err, pattern)
    assert.equal(err.trimEnd().split('\n').length, 1)
  }
  assert.equal(sha('sim.edf'), before)
  assert.deepEqual(readdirSync(dir).filter(name => name.endsWith('.part')), [])
})

test('no output takes the place of a file that is read, whatever its name', async () => {
  const there = folder(), file = name => join(there, name)
  copyFileSync(at('sim.edf'), file('a.edf'))
  writeFileSync(file('rec.dat'), Buffer.alloc(10000))
  writeFileSync(file('rec.hea'), '# a comment\nrec 1 500 5000\nrec.dat 16 200/mV 16 0 0 0 0 aecg\n')
  writeFileSync(file('a.qrs'), mitBeats(truth.beats.fetal, 500))
  writeFileSync(file('manifest.csv'), 'dataset,record,file,ann,subject,flags\nown,a,a.edf,a.qrs,w,\nown,rec,rec.hea,none,w,\n')
  symlinkSync(there, file('way'))
  linkSync(file('a.edf'), file('hard.edf'))
  symlinkSync('a.edf', file('soft.svg'))
  const contents = () => readdirSync(there).filter(name => name !== 'way').map(name => [name, sha(join(there, name))])
  const sha = path => createHash('sha256').update(readFileSync(path)).digest('hex')
  const before = contents()
  for (const args of [
    ['info', 'a.edf', '--json', 'a.edf'], ['info', 'a.edf', 'rec', '--json', 'rec.hea'], ['info', 'a.edf', '--json', 'way/a.edf'],
    ['extract', 'rec', '--json', 'rec.hea'], ['extract', 'rec', '--json', './rec.dat'], ['extract', 'rec.dat', '--json', 'rec.hea'],
    ['extract', 'rec.hea', '--json', 'way/rec.dat'], ['extract', 'a.edf', '--signals', 'hard.edf'], ['extract', 'a.edf', '--figure', 'soft.svg'],
    ['extract', 'a.edf', '--json', 'new.svg', '--figure', 'way/new.svg'], ['simulate', 'new.edf', '--truth', 'way/new.edf'],
    ['eval', '.', '--json', 'manifest.csv'], ['eval', '.', '--json', 'a.edf'], ['eval', '.', '--json', 'a.qrs'], ['eval', 'way', '--json', 'rec.dat'],
  ]) {
    const { status, err, out } = fecg(args, { cwd: there })
    assert.deepEqual([status, out], [2, ''], `${args.join(' ')}: ${err}`)
    assert.match(err, /would overwrite the input|name the same file/)
    assert.equal(err.split('\n').length, 2)
    assert.deepEqual(contents(), before, args.join(' '))
  }
})

test('an output that is a link is followed, also where nothing is there yet', () => {
  const there = folder()
  writeFileSync(join(there, 'old.json'), 'old')
  for (const name of ['old.json', 'new.json']) {
    symlinkSync(name, join(there, `link-${name}`))
    ok(fecg(['info', at('sim.edf'), '--json', `link-${name}`], { cwd: there }))
    assert.ok(lstatSync(join(there, `link-${name}`)).isSymbolicLink())
    assert.equal(JSON.parse(readFileSync(join(there, name), 'utf8')).schema, 'fecg.info/1')
  }
  assert.equal(readdirSync(there).length, 4)
})

test('EDF goes to a plain file only; JSON to a pipe too', async () => {
  const there = folder(), pipe = join(there, 'pipe.edf')
  execFileSync('mkfifo', [pipe])
  for (const args of [['extract', at('sim.edf'), '--signals', pipe], ['simulate', pipe], ['simulate', join(there, 'x.edf'), '--truth', pipe]]) {
    const { status, err } = fecg(args)
    assert.equal(status, 2)
    assert.match(err, /pipe\.edf: is not a plain file/)
  }
  assert.deepEqual(readdirSync(there), ['pipe.edf'])
  const reader = spawn('cat', [pipe]), words = reader.stdout.toArray()
  ok(fecg(['info', at('sim.edf'), '--json', pipe]))
  assert.equal(JSON.parse(Buffer.concat(await words).toString()).schema, 'fecg.info/1')
})

test('a recording of three seconds gives signals that are gaps of its length', () => {
  ok(fecg(['simulate', at('s3.edf'), '--seconds', '3']))
  for (const name of ['s3-out.edf', 's3-out.csv']) {
    const { documents } = ok(fecg(['extract', at('s3.edf'), '--signals', at(name), '--figure', at('s3.svg'), '--json', '-', '--quiet']))
    assert.equal(documents[0].quality.reason, 'TOO_SHORT')
  }
  const edf = info('s3-out.edf')
  assert.deepEqual([edf.channels.length, edf.duration_s], [12, 3])
  assert.ok(edf.channels.every(c => c.gap_samples === 1500 && c.samples === 1500))
  const lines = readFileSync(at('s3-out.csv'), 'utf8').trimEnd().split('\n')
  assert.equal(lines.length, 1501)
  assert.equal(lines[1500], `2.998${','.repeat(12)}`)
})

test('a signals file that does not fit is told, and nothing is left of it', () => {
  const there = folder()
  // Writes beyond 8 kB are cut short, then fail.
  const run = spawnSync('bash', ['-c', 'ulimit -f 8; exec "$@"', '-', process.execPath, CLI, 'extract', at('sim.edf'), '--signals', join(there, 's.edf')], { encoding: 'utf8' })
  assert.equal(run.status, 2, run.stderr)
  assert.match(run.stderr, /^fecg extract: --signals: cannot write .*too large\n$/)
  assert.deepEqual(readdirSync(there), [])
})

const shell = (script, ...args) => spawnSync('bash', ['-c', script, '-', process.execPath, CLI, ...args], { encoding: 'utf8', timeout: 120000 })

test('a closed pipe stops the printing, not the files', () => {
  const there = folder()
  const files = Array.from({ length: 3 }, () => at('sim.edf'))
  const whole = ['--json', join(there, 'a.json')]
  const { status, stderr } = shell('"$@" | true; exit "${PIPESTATUS[0]}"', 'info', ...files, ...whole)
  assert.deepEqual([status, stderr], [0, ''])
  assert.equal(readFileSync(whole[1], 'utf8').trimEnd().split('\n').length, 3)
  const one = shell('"$@" | true; exit "${PIPESTATUS[0]}"', 'extract', files[0], '--json', '-', '--signals', join(there, 's.csv'), '--quiet')
  assert.deepEqual([one.status, one.stderr], [0, ''])
  assert.deepEqual(readdirSync(there).sort(), ['a.json', 's.csv'])
})

test('standard output that cannot be written is told, with status 2; files are still written', { skip: !existsSync('/dev/full') && 'no /dev/full here' }, () => {
  for (const args of [['--help'], ['info', at('sim.edf'), at('sim.edf')], ['info', at('sim.edf'), '--json', '-'], ['extract', at('sim.edf'), '--figure', at('full.svg')]]) {
    const { status, stderr } = shell('"$@" >/dev/full', ...args)
    assert.deepEqual([status, stderr], [2, 'fecg: cannot write to standard output: the disk is full\n'], args.join(' '))
  }
  assert.match(readFileSync(at('full.svg'), 'utf8'), /<\/svg>/)
})

test('a run that is ended from outside leaves no file behind', async () => {
  const there = folder()
  ok(fecg(['simulate', at('long.edf'), '--seconds', '1200']))
  for (const [name, status, ...args] of [['SIGTERM', 143, 'extract', at('long.edf'), '--signals', 's.edf', '--json', 'a.json'], ['SIGINT', 130, 'simulate', 'a.edf', '--seconds', '20000'], ['SIGHUP', 129, 'simulate', 'a.edf', '--seconds', '20000']]) {
    const run = spawn(process.execPath, [CLI, ...args], { cwd: there })
    const ended = new Promise(done => run.on('exit', done)), words = run.stderr.toArray()
    while (!readdirSync(there).some(file => file.endsWith('.part'))) await setTimeout(5)
    run.kill(name)
    assert.equal(await ended, status)
    assert.equal(Buffer.concat(await words).toString(), 'fecg: interrupted\n')
    assert.deepEqual(readdirSync(there), [])
  }
})

test('eval scores beats of a manifest, leaves out what has no fetal reference, and groups', () => {
  const beats = truth.beats.fetal
  copyFileSync(at('sim.edf'), at('a.edf'))
  writeFileSync(at('a.qrs'), mitBeats(beats, 500))
  copyFileSync(at('sim.edf'), at('b.edf'))
  writeFileSync(at('b.qrs'), mitBeats(beats.map(t => t + 0.2), 500))
  writeFileSync(at('manifest.csv'), 'dataset,record,file,ann,note,subject,flags\n' +
    'cinc2013_seta,a,a.edf,a.qrs,"one, two",w1,\ncinc2013_seta,b,b.edf,b.qrs,,w2,BAD_ANN(made)\nown,m,a.edf,a.qrs (MATERNAL),,w3,\nown,n,a.edf,none,,w3,\n')
  const [d] = ok(fecg(['eval', dir, '--method', 'classical', '--json', '-'])).documents
  assert.deepEqual([d.schema, d.method, d.model_sha256, d.trained_on], ['fecg.eval/1', 'classical', null, []])
  assert.deepEqual(d.groups.map(g => [g.name, g.records]), [['cinc2013_seta/good', 1], ['cinc2013_seta/bad', 1]])
  for (const key of ['f1_mean', 'f1_pooled', 'f1_worst_tenth', 'f1_ci', 'ppa', 'coverage', 'mae_ms']) assert.ok(key in d.groups[0], key)
  assert.deepEqual(d.records.map(r => r.record), ['a', 'b', 'm', 'n'])
  assert.ok(d.records[0].f1 > 0.97 && d.records[0].mae_ms < 5 && d.records[0].ppa > 0.9)
  assert.ok(d.records[1].f1 < 0.2)
  for (const r of d.records.slice(2)) assert.deepEqual([r.se, r.ppv, r.f1, r.mae_ms, r.ppa], [null, null, null, null, null])
  const { out } = ok(fecg(['eval', dir]))
  assert.match(out, /cinc2013_seta\/good/)
  assert.match(out, /Not scored/)
  assert.match(out, /Method fhnet/)
  assert.match(ok(fecg(['eval', dir, '--method', 'classical'])).out, /Method classical[^]*\n$/)
  assert.ok(!ok(fecg(['eval', dir, '--method', 'classical'])).out.includes('Model '))

  // Weights that have seen one of the women.
  writeFileSync(at('seen.safetensors'), withMetadata(new Uint8Array(readFileSync(weights)), { trained_on: '["w2","w9"]' }))
  const model = ['--model', at('seen.safetensors')]
  const [seen] = ok(fecg(['eval', dir, ...model, '--json', '-'])).documents
  assert.deepEqual([seen.method, seen.model_sha256, seen.trained_on], ['fhnet', sha('seen.safetensors'), ['w2', 'w9']])
  assert.deepEqual(seen.records.map(r => r.seen), [false, true, false, false])
  const told = ok(fecg(['eval', dir, ...model])).out
  assert.match(told, /^b \*  /m)
  assert.match(told, /^a  /m)
  assert.match(told, /^\* the weights have seen recordings of this woman: 1 of 4 records/m)
  assert.match(told, new RegExp(`^Model .*, sha256 ${sha('seen.safetensors').slice(0, 12)}, trained on recordings of 2 women: w2, w9$`, 'm'))
  writeFileSync(at('odd.safetensors'), withMetadata(new Uint8Array(readFileSync(weights)), { trained_on: 'all of them' }))
  const odd = fecg(['eval', dir, '--model', at('odd.safetensors')])
  assert.equal(odd.status, 3)
  assert.match(odd.err, /^fecg: .*trained_on.*all of them\n$/)
})

test('eval of a folder without a manifest, or with a missing record, is status 3', () => {
  const none = fecg(['eval', at('nowhere')])
  assert.equal(none.status, 3)
  assert.match(none.err, /^fecg: .*manifest\.csv: .*no such file\n$/)
  const other = folder()
  writeFileSync(join(other, 'manifest.csv'), 'record,file,ann,dataset,subject,flags\nx,x.edf,x.qrs,own,w,\nup,../a.edf,a.qrs,own,w,\n')
  const run = fecg(['eval', other, '--json', '-'])
  assert.equal(run.status, 3)
  assert.deepEqual(run.documents[0].records.map(r => r.error.code), ['MISSING', 'FORMAT'])
  assert.deepEqual(run.documents[0].groups, [])
})

test('--help, --version, and commands that are not', () => {
  assert.match(ok(fecg(['--help'])).out, /fecg extract FILE/)
  assert.match(ok(fecg(['extract', '--help'])).out, /--signals OUT\.edf/)
  assert.match(ok(fecg(['simulate', '--help'])).out, /default 500/)
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  assert.equal(ok(fecg(['--version'])).out, `${version}\n`)
  for (const args of [[], ['clasify', 'x'], ['live'], ['extract'], ['extract', '--nope', 'x']]) {
    const run = fecg(args)
    assert.equal(run.status, 2)
    assert.equal(run.out, '')
    assert.ok(run.err.length > 0)
  }
})

test('a checkout that was never built says what builds it', () => {
  cpSync(dirname(CLI), at('checkout/js'), { recursive: true, filter: name => !name.endsWith('relaxed.js') })
  copyFileSync(new URL('../../package.json', import.meta.url), at('checkout/package.json'))
  const { status, stdout, stderr } = spawnSync(process.execPath, [at('checkout/js/cli.js'), '--version'], { encoding: 'utf8' })
  assert.deepEqual([status, stdout, stderr], [4, '', 'fecg: js/relaxed.js is not there; npm run build makes it\n'])
})
