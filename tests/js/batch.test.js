// fecg batch: results of an archive, which are those of extract; going on after any end; what is refused.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { appendFileSync, copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Log } from '../../js/batch/log.js'
import { parseCsv, readList } from '../../js/batch/list.js'
import { Pool } from '../../js/batch/pool.js'
import { archive, DAMAGE } from './batch.tools.js'
import { CLI, fecg, folder } from './cli.tools.js'
import { noRecordings, recordings, weights, withMetadata } from './helpers.js'

const dir = folder()
const at = (...names) => join(dir, ...names)
const made = (...names) => {
  mkdirSync(at(...names), { recursive: true })
  return at(...names)
}
const text = (...names) => readFileSync(at(...names), 'utf8')
const documents = (...names) => text(...names, 'results.ndjson').trimEnd().split('\n').map((line) => JSON.parse(line))
const files = ['results.ndjson', 'summary.csv', 'beats.csv']

/** Rows of a table as objects, every cell text. */
function table(...names) {
  const [head, ...rows] = parseCsv(text(...names))
  return rows.map(({ fields }) => Object.fromEntries(head.fields.map((name, i) => [name, fields[i]])))
}

/** Starts fecg batch and waits until so many lines are there; the process is still running then, as `ended` shows. */
async function begun(args, out, lines) {
  const child = spawn(process.execPath, [CLI, 'batch', ...args, '--out', out], { stdio: ['ignore', 'ignore', 'pipe'] })
  let err = ''
  child.stderr.on('data', (data) => (err += data))
  const ended = new Promise((done) => child.on('exit', (status, signal) => done({ status, signal, err })))
  for (;;) {
    const there = await readFileLines(join(out, 'results.ndjson'))
    if (there >= lines) return { child, ended }
    if (child.exitCode !== null) throw new Error(`it ended before ${lines} were done: ${err}`)
    await new Promise((done) => setTimeout(done, 20))
  }
}

async function readFileLines(path) {
  try {
    return readFileSync(path, 'latin1').split('\n').length - 1
  } catch {
    return 0
  }
}

test('200 recordings, 10 damaged, killed half-way: 190 results, each once, and 10 reasons', { timeout: 300e3 }, async () => {
  const kinds = Object.keys(DAMAGE)
  const damaged = Object.fromEntries(kinds.map((kind, i) => [7 + 20 * i, kind]))
  const manifest = await archive(made('many'), 200, { damaged })
  const { child, ended } = await begun([manifest], at('many-out'), 100)
  child.kill('SIGKILL')
  assert.equal((await ended).signal, 'SIGKILL')
  const before = text('many-out', 'results.ndjson').split('\n').slice(0, -1)
  assert.ok(before.length >= 100 && before.length < 200)
  // As a kill in the midst of a write leaves it: a line that was begun.
  appendFileSync(at('many-out', 'results.ndjson'), before[3].slice(0, 4000))
  assert.equal(fecg(['batch', manifest, '--out', at('many-out')]).status, 2)

  const run = fecg(['batch', manifest, '--out', at('many-out'), '--resume'])
  assert.equal(run.status, 3, run.err)
  assert.match(run.err, /190 recordings done, 10 failed, \d+ of these 200 earlier/)
  const all = documents('many-out')
  assert.deepEqual(all.map((d) => d.source.record), Array.from({ length: 200 }, (_, i) => `r${String(i).padStart(3, '0')}`))
  const results = all.filter((d) => d.schema === 'fecg.extract/1'), reasons = all.filter((d) => d.schema === 'fecg.error/1')
  assert.equal(results.length, 190)
  assert.ok(results.every((d) => d.method === 'fhnet' && d.fetal.present))
  assert.deepEqual(reasons.map((d) => d.error.code), kinds.map((kind) => DAMAGE[kind].code))
  assert.ok(reasons.every((d) => d.error.message.length > 10))
  // What was done before the kill was not done again, but for files that could not be opened.
  const again = new Set(text('many-out', 'results.ndjson').split('\n'))
  assert.ok(before.every((line) => again.has(line)))
  const summary = table('many-out', 'summary.csv')
  assert.equal(summary.length, 200)
  assert.equal(summary.filter((row) => row.error_code === '' && row.present === 'true').length, 190)
  assert.equal(new Set(table('many-out', 'beats.csv').map((row) => row.record)).size, 190)
})

test('the documents are those of extract, and the same whatever the number of threads', async () => {
  const manifest = await archive(made('few'), 5, { damaged: { 2: 'header' }, leads: 3 })
  for (const jobs of ['1', '3']) assert.equal(fecg(['batch', manifest, '--out', at(`few-${jobs}`), '--jobs', jobs, '--quiet']).status, 3)
  for (const name of files) assert.equal(text('few-1', name), text('few-3', name), name)
  const single = fecg(['extract', ...[0, 1, 2, 3, 4].map((i) => at('few', `r00${i}.edf`)), '--json', '-', '--quiet']).documents
  documents('few-1').forEach((document, i) => {
    const { record, sha256, ...source } = document.source
    assert.equal(record, `r00${i}`)
    assert.match(sha256, /^[0-9a-f]{64}$/)
    assert.deepEqual({ ...document, source: { ...source, file: at('few', source.file) } }, single[i])
  })
})

test('tables have one type a column, an empty field where nothing is known, and quote as RFC 4180', async () => {
  const manifest = await archive(made('typed'), 3, { damaged: { 1: 'noise' } })
  writeFileSync(manifest, text('typed', 'manifest.csv').replace('\nr000,', '\n"a ""b"", c",'))
  fecg(['batch', manifest, '--out', at('typed-out'), '--quiet'])
  const rows = table('typed-out', 'summary.csv'), all = documents('typed-out')
  assert.ok(text('typed-out', 'summary.csv').split('\r\n').length === 5 && !/[^\r]\n/.test(text('typed-out', 'summary.csv')))
  assert.equal(rows[0].record, 'a "b", c')
  const words = ['record', 'file', 'sha256', 'method', 'reason', 'diagnostics', 'error_code', 'error_message', 'engine', 'simd', 'model', 'model_sha256']
  const whole = ['leads', 'beats', 'interpolated', 'maternal_beats', 'error_offset']
  for (const row of rows) {
    for (const [name, cell] of Object.entries(row)) {
      if (cell === '' || words.includes(name)) continue
      if (name === 'present') assert.match(cell, /^(true|false)$/)
      else assert.match(cell, whole.includes(name) ? /^\d+$/ : /^-?\d+\.\d+$/, name)
    }
  }
  const { fetal, maternal, source } = all[0]
  assert.deepEqual([rows[0].beats, rows[0].baseline_bpm, rows[0].coverage, rows[0].duration_s, rows[0].leads].map(Number),
    [fetal.peaks_s.length, fetal.summary.baseline_bpm, fetal.summary.coverage, source.duration_s, source.leads.length])
  assert.equal(fetal.summary.stv_ms, null)
  assert.equal(rows[0].stv_ms, '')
  assert.deepEqual([rows[0].duration_s, rows[0].fs], [`${source.duration_s}.0`, '250.0'])
  assert.deepEqual([rows[1].present, rows[1].beats, rows[1].engine], ['', '', ''])
  assert.equal(rows[1].error_message, all[1].error.message)
  const beats = table('typed-out', 'beats.csv').filter((row) => row.record === 'a "b", c')
  assert.deepEqual(beats.filter((b) => b.kind === 'fetal').map((b) => [Number(b.t_s), Number(b.confidence), b.interpolated === 'true']),
    fetal.peaks_s.map((t, i) => [t, fetal.confidence[i], fetal.interpolated[i]]))
  assert.deepEqual(beats.filter((b) => b.kind === 'maternal').map((b) => [Number(b.t_s), b.confidence, b.interpolated]), maternal.peaks_s.map((t) => [t, '', '']))
  assert.ok(beats.every((b, i) => !i || Number(b.t_s) >= Number(beats[i - 1].t_s)))
})

test('a job goes on only as it was begun, and says what is different', async () => {
  const manifest = await archive(made('job'), 3, { damaged: { 1: 'header' } })
  const out = at('job-out'), same = ['batch', manifest, '--out', out, '--method', 'classical']
  assert.equal(fecg(same).status, 3)
  const refused = (args, pattern) => {
    const { status, err } = fecg(args)
    assert.equal(status, 2, err)
    assert.match(err, pattern)
    assert.equal(err.trimEnd().split('\n').length, 1)
  }
  refused(same, /job-out holds a job; --resume goes on with it/)
  refused(['batch', manifest, '--out', out, '--resume'], /begun with method classical, this is fhnet/)
  refused([...same, '--resume', '--mains', '60'], /begun with mains auto, this is 60/)
  refused([...same, '--resume', '--leads', '0'], /begun with leads none, this is 0/)
  refused(['batch', at('job', 'r000.edf'), '--out', out, '--method', 'classical', '--resume'], /has a result of r000, which is not listed now/)
  refused(['batch', manifest, '--out', at('job')], /is not empty and holds no job/)

  const done = files.map((name) => text('job-out', name))
  utimesSync(at('job', 'r000.edf'), new Date(), new Date()) // touched, the same bytes
  assert.equal(fecg([...same, '--resume']).status, 3)
  assert.deepEqual(files.map((name) => text('job-out', name)), done)

  copyFileSync(at('job', 'r002.edf'), at('job', 'r001.edf')) // what was damaged is mended: it is done now
  writeFileSync(manifest, text('job', 'manifest.csv') + 'new,r000.edf,more\n')
  const mended = fecg([...same, '--resume'])
  assert.equal(mended.status, 0, mended.err)
  assert.match(mended.err, /4 recordings done, 2 of these 4 earlier/)
  assert.deepEqual(table('job-out', 'summary.csv').map((row) => [row.record, row.error_code]), [['r000', ''], ['r001', ''], ['r002', ''], ['new', '']])

  copyFileSync(at('job', 'r002.edf'), at('job', 'r000.edf'))
  refused([...same, '--resume'], /r000\.edf has changed since it was done/)
})

test('other weights are another job', async () => {
  const manifest = await archive(made('weights'), 1)
  writeFileSync(at('other.safetensors'), withMetadata(readFileSync(weights), { name: 'other' }))
  const run = (...more) => fecg(['batch', manifest, '--out', at('weights-out'), ...more])
  assert.equal(run('--model', at('other.safetensors')).status, 0)
  const [document] = documents('weights-out')
  assert.equal(document.version.model, 'other')
  const { status, err } = run('--resume')
  assert.equal(status, 2)
  assert.match(err, /begun with model other, this is fhnet/)
})

test('Ctrl-C ends it in order, and says how to go on', { timeout: 120e3 }, async () => {
  const manifest = await archive(made('stopped'), 24)
  const args = [manifest, '--jobs', '1']
  const { child, ended } = await begun(args, at('stopped-out'), 3)
  child.kill('SIGINT')
  const { status, err } = await ended
  assert.equal(status, 130)
  assert.match(err, /^fecg batch: \d+ of 24 recordings are done; the same command with --resume goes on\nfecg: interrupted\n$/)
  assert.deepEqual(readdirSync(at('stopped-out')).sort(), ['job.json', 'results.ndjson'])
  assert.ok(text('stopped-out', 'results.ndjson').endsWith('}\n'))
  assert.equal(fecg(['batch', ...args, '--out', at('stopped-out'), '--resume']).status, 0)
  assert.equal(new Set(documents('stopped-out').map((d) => d.source.record)).size, 24)
})

test('one process at a time works in a folder; a lock of one that has ended is taken over', async () => {
  const manifest = await archive(made('locked'), 1)
  const run = () => fecg(['batch', manifest, '--out', at('locked-out'), '--method', 'classical'])
  mkdirSync(at('locked-out'))
  for (const lock of [`${process.pid} ${hostname()}\n`, '7 elsewhere\n', '']) {
    writeFileSync(at('locked-out', 'lock'), lock)
    const { status, err } = run()
    assert.equal(status, 2, err)
    assert.match(err, /works in .*; if it does not, remove .*lock/)
    assert.equal(text('locked-out', 'lock'), lock)
  }
  const ended = spawn(process.execPath, ['-e', ''])
  await new Promise((done) => ended.on('exit', done))
  writeFileSync(at('locked-out', 'lock'), `${ended.pid} ${hostname()}\n`)
  assert.equal(run().status, 0)
  assert.ok(!readdirSync(at('locked-out')).includes('lock'))
})

test('names: patterns, lists, records of several files; each once, in order', async () => {
  const here = made('names', 'a', 'b')
  for (const name of ['x.edf', 'y.edf', 'z.bdf', '.hidden.edf', 'a,b.edf']) writeFileSync(join(here, name), '')
  writeFileSync(join(here, '..', 'w.hea'), '')
  writeFileSync(join(here, '..', 'w.dat'), '')
  symlinkSync(here, at('names', 'loop'))
  const top = at('names')
  const found = async (...names) => (await readList(names.map((name) => join(top, name)))).map(({ record, file, folder: f }) => {
    assert.ok(file.endsWith(record))
    assert.equal(f, null)
    return file.slice(top.length + 1)
  })
  assert.deepEqual(await found('a/b/*.edf'), ['a/b/a,b.edf', 'a/b/x.edf', 'a/b/y.edf'])
  assert.deepEqual(await found('**/*'), ['a/b/a,b.edf', 'a/b/x.edf', 'a/b/y.edf', 'a/b/z.bdf', 'a/w.hea'])
  assert.deepEqual(await found('**/[yx].edf', 'a/b/x.edf', 'nothing.edf'), ['a/b/x.edf', 'a/b/y.edf', 'nothing.edf'])
  assert.deepEqual(await found('a/?/{x.e,z.b}df'), ['a/b/x.edf', 'a/b/z.bdf'])
  await assert.rejects(found('*/[!a-w]/z*'), { code: 'MISSING' })
  assert.deepEqual(await found('a/b/a,b*'), ['a/b/a,b.edf'])
  await assert.rejects(found('a/b/*.none'), { code: 'MISSING', message: /no file matches .*\*\.none/ })
  await assert.rejects(found('a/b/[x*.edf'), { code: 'FORMAT', message: /no pattern/ })
  writeFileSync(at('names', 'list.txt'), `# those of May\r\na/b/x.edf\n\n${here}/y.edf\n`)
  assert.deepEqual(await found('list.txt'), ['a/b/x.edf', 'a/b/y.edf'])
})

test('manifests: rows that are wrong are refused by line, a file outside the folder is one reason', async () => {
  const write = (name, content) => {
    writeFileSync(at(name), content)
    return at(name)
  }
  const wrong = (content, message) => assert.rejects(readList([write('wrong.csv', content)]), { code: 'FORMAT', message })
  await wrong('file,note\nx,y\n', /line 1: no column record/)
  await wrong('record,file\na,b\nc\n', /line 3: 1 fields, expected 2/)
  await wrong('record,file\na,\n', /line 2: no file/)
  await wrong('record,file\na,x.edf\na,y.edf\n', /two recordings are named a: .*x\.edf and .*y\.edf/)
  assert.deepEqual(await readList([write('windows.csv', '\ufeffnote, "record", file\r\n"x, y",a,a.edf\r\n')]), [{ record: 'a', file: 'a.edf', folder: dir }])
  assert.deepEqual(await readList([write('comma.csv', '"note, more",record,file\nx,a,a.edf\n')]), [{ record: 'a', file: 'a.edf', folder: dir }])
  assert.deepEqual(await readList([write('signal.csv', '# fs=500\n1,2\n3,4\n')]), [{ record: at('signal.csv'), file: at('signal.csv'), folder: null }])
  truncateSync(write('huge.csv', 'record,file\na,a.edf\n'), 2 ** 28 + 1)
  await assert.rejects(readList([at('huge.csv')]), { code: 'UNSUPPORTED', message: /huge\.csv: has 268435457 bytes, expected at most 268435456/ })
  const manifest = await archive(made('outside'), 1)
  writeFileSync(manifest, text('outside', 'manifest.csv') + 'up,../few/r000.edf,\nabsolute,/etc/hostname,\n')
  const { status, err } = fecg(['batch', manifest, '--out', at('outside-out'), '--method', 'classical'])
  assert.equal(status, 3)
  assert.match(err, /leads out of the folder/)
  assert.deepEqual(table('outside-out', 'summary.csv').map((row) => row.error_code), ['', 'FORMAT', 'FORMAT'])
  assert.equal(fecg(['batch', write('none.csv', 'record,file\n'), '--out', at('none-out')]).status, 3)
})

test('a pipe among the recordings is one reason, and not waited for', { skip: process.platform === 'win32', timeout: 60e3 }, async () => {
  const manifest = await archive(made('pipe'), 2, { damaged: { 0: 'gone' } })
  assert.equal(spawnSync('mkfifo', [at('pipe', 'r000.edf')]).status, 0)
  // SIGKILL: a thread that waits to open it does not let the process end in another way.
  const { status, stderr } = spawnSync(process.execPath, [CLI, 'batch', manifest, '--out', at('pipe-out'), '--method', 'classical'], { encoding: 'utf8', timeout: 30e3, killSignal: 'SIGKILL' })
  assert.equal(status, 3, stderr)
  assert.match(stderr, /r000\.edf: cannot be opened: is not a plain file/)
  assert.deepEqual(table('pipe-out', 'summary.csv').map((row) => row.error_code), ['MISSING', ''])
})

test('results among the recordings that are listed are refused', async () => {
  await archive(made('inside'), 1)
  const run = (...more) => fecg(['batch', join(at('inside'), '**', '*.{edf,csv}'), '--out', at('inside', 'out'), '--method', 'classical', ...more])
  renameSync(at('inside', 'manifest.csv'), at('inside', 'manifest.old'))
  assert.equal(run().status, 0)
  const { status, err } = run('--resume')
  assert.equal(status, 2)
  assert.match(err, /lies in the folder of --out/)
})

test('wrong usage is status 2', async () => {
  const manifest = await archive(made('usage'), 1)
  for (const args of [[manifest], [manifest, '--out', at('usage-out'), '--jobs', '0'], [manifest, '--out', manifest], ['--out', at('usage-out')], [manifest, '--out', at('usage-out'), '--method', 'classical', '--model', 'x']])
    assert.equal(fecg(['batch', ...args]).status, 2, args.join(' '))
})

test('a line that is damaged in the middle of the results, or there twice, is left out', async () => {
  const line = (record, more = '') => JSON.stringify({ source: { record, file: 'f' }, more })
  const path = at('log.ndjson')
  writeFileSync(path, [line('a'), line('b').slice(0, 20), '\0\0\0\0', line('c', 'é'.repeat(3 << 19)), line('a', 'again'), line('d')].join('\n') + '\n' + line('e'))
  const log = await Log.open(path)
  await log.append('f', line('f'))
  assert.deepEqual(['a', 'b', 'c', 'd', 'e', 'f'].map((r) => log.has(r)), [true, false, true, true, false, true])
  assert.equal(await log.read('c'), line('c', 'é'.repeat(3 << 19)))
  assert.equal(await log.read('f'), line('f'))
  await log.close()
  assert.equal(readFileSync(path, 'utf8'), [line('a'), line('c', 'é'.repeat(3 << 19)), line('d'), line('f')].join('\n') + '\n')
  const size = statSync(path).size
  await (await Log.open(path)).close()
  assert.equal(statSync(path).size, size)
})

test('a recording that ends its thread is one reason, and the next has a new thread', { timeout: 120e3 }, async () => {
  const here = made('heavy')
  await archive(here, 1)
  assert.equal(fecg(['simulate', join(here, 'long.edf'), '--seconds', '2400', '--fs', '125', '--leads', '1']).status, 0)
  const task = (file) => ({ record: file, file, folder: here })
  for (const mb of [6, 8, 10, 12, 16]) {
    // The smallest heap in which a thread starts; what a long result needs is more.
    const pool = new Pool({ limits: { maxOldGenerationSizeMb: mb, maxYoungGenerationSizeMb: 2 } })
    try {
      const first = await pool.run(task('r000.edf'), { method: 'classical' }).catch(() => null)
      if (!first || first.error) continue
      const { line, error } = await pool.run(task('long.edf'), { method: 'classical' })
      assert.equal(error.code, 'MEMORY')
      assert.match(error.message, /the thread that worked on it ran out of memory/)
      assert.deepEqual(JSON.parse(line), { schema: 'fecg.error/1', source: { record: 'long.edf', file: 'long.edf', sha256: null }, error })
      assert.equal((await pool.run(task('r000.edf'), { method: 'classical' })).line, first.line)
      return
    } finally {
      await pool.close()
    }
  }
  assert.fail('no thread started')
})

test('real recordings of three formats, by their manifest', { skip: noRecordings, timeout: 120e3 }, async () => {
  const rows = parseCsv(readFileSync(join(recordings, 'manifest.csv'), 'utf8'))
  const [head] = rows, record = head.fields.indexOf('record'), file = head.fields.indexOf('file')
  const some = rows.filter(({ fields }) => ['r01', 'a01', 'a38'].includes(fields[record]))
  assert.ok(some.length >= 2)
  const list = at('real.txt')
  writeFileSync(list, some.map(({ fields }) => join(recordings, fields[file])).join('\n'))
  const { status, err } = fecg(['batch', list, '--out', at('real-out'), '--method', 'classical'])
  assert.equal(status, 0, err)
  for (const row of table('real-out', 'summary.csv').slice(0, 2)) assert.ok(row.present === 'true' && Number(row.coverage) > 0.9, row.record)
})
