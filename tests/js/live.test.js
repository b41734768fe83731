// fecg live from end to end: a fake board's bytes over a pseudo-terminal, as over a cable, to the command as a process of its own;
// what it tells and what it recorded beside what was sent.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { duration, LiveStatus } from '../../js/cli/live-status.js'
import { load } from '../../js/index.js'
import { fakeBoard } from '../../js/serial/index.js'
import { CLI, fecg, folder } from './cli.tools.js'
import { root, samples, whole } from './helpers.js'

const dir = folder()
const at = name => join(dir, name)
const engine = await load()
const noPort = spawnSync('python3', ['-c', 'import os; os.openpty()']).status === 0
  ? await import('serialport').then(() => false, () => 'the npm package serialport is not here: NO PORT WAS TESTED')
  : 'no python3 that opens a pseudo-terminal: NO PORT WAS TESTED'

/** A fake board on a pseudo-terminal under a name. pull() is what a hand does to the plug. */
async function plugged(t, path, board) {
  const line = spawn('python3', [fileURLToPath(new URL('pseudo_terminal.py', import.meta.url)), path], { stdio: ['pipe', 'pipe', 'inherit'] })
  await new Promise(done => line.stdout.once('data', done))
  line.stdout.on('data', bytes => board.write(bytes).catch(() => {}))
  line.stdin.on('error', () => {})
  t.after(() => line.kill())
  await board.open(board.baudRate)
  const pump = (async () => {
    try {
      for await (const bytes of board.readable) line.stdin.write(bytes)
    } catch {
      // unplugged
    }
  })()
  return {
    async pull() {
      board.unplug()
      await pump
      line.stdin.end()
      await new Promise(done => line.on('exit', done))
    },
    async close() {
      await board.close()
      line.stdin.end()
      if (line.exitCode === null) await new Promise(done => line.on('exit', done))
    },
  }
}

/** `fecg live` as a process: until(pattern) waits for words on standard error. */
function live(t, args) {
  const child = spawn(process.execPath, [CLI, 'live', ...args])
  t.after(() => child.kill('SIGKILL'))
  const run = { out: '', err: '', child }
  let heard = () => {}
  child.stdout.on('data', b => { run.out += b })
  child.stderr.on('data', b => { run.err += b; heard() })
  run.ended = new Promise(done => child.on('close', (status, signal) => { run.status = status ?? signal; heard(); done(run) }))
  run.until = async pattern => {
    while (!pattern.test(run.err)) {
      if (run.status !== undefined) throw new Error(`it ended with ${run.status} before it said ${pattern}: ${run.err}`)
      await new Promise(done => { heard = done })
    }
  }
  return run
}

const cyton = (options = {}) => {
  const simulation = engine.simulate({ seed: 5, seconds: 60, fs: 250, leads: 8, snr_db: 10 })
  const source = whole(simulation)
  return { source, simulation, board: Object.assign(fakeBoard({ board: 'cyton', source, fs: 250, ...options }), { baudRate: 115200 }) }
}

async function recorded(path) {
  const recording = await engine.read(readFileSync(path), { name: 'r.edf' })
  return { recording, rows: await samples(recording), texts: recording.annotations.map(a => a.text), annotations: recording.annotations }
}

/** The most that rows differ from the source from a sample on; gaps are left out, and counted. */
function compare(rows, source, shift = 0) {
  let worst = 0, gaps = 0
  rows.forEach((row, c) => row.forEach((v, i) => {
    if (Number.isNaN(v)) gaps++
    else worst = Math.max(worst, Math.abs(v - source[c][i + shift]))
  }))
  return { worst, gaps }
}

const frameKeys = ['schema', 't0_s', 'duration_s', 'fs', 'beats', 'rate', 'quality', 'attribution', 'state', 'board']

test('a board over a pseudo-terminal: frames as JSON, the recording what was sent, an end after --seconds', { skip: noPort, timeout: 120_000 }, async t => {
  const { source, simulation, board } = cyton()
  const line = await plugged(t, at('port'), board)
  const run = await live(t, ['--port', at('port'), '--board', 'cyton', '--record', at('r.edf'), '--json', '-', '--seconds', '14', '--leads', '0,1,2,CH4=Left']).ended
  await line.close()
  assert.equal(run.status, 0, run.err)
  const frames = run.out.trimEnd().split('\n').map(text => JSON.parse(text))
  assert.deepEqual(Object.keys(frames[0]).sort(), [...frameKeys].sort())
  assert.ok(frames.every((f, i) => f.schema === 'fecg.frame/1' && f.t0_s === (i ? frames[i - 1].t0_s + frames[i - 1].duration_s : 0)))
  assert.equal(frames.at(-1).t0_s + frames.at(-1).duration_s, 14)
  assert.deepEqual(frames[0].quality.leads.map(l => l.label), ['CH1', 'CH2', 'CH3', 'Left'])
  const beats = frames.flatMap(f => f.beats.fetal.map(b => b.t_s)), true_ = simulation.beats.fetal.filter(t => t > 1 && t < 13)
  assert.ok(true_.filter(t => beats.some(b => Math.abs(b - t) < 0.05)).length > 0.9 * true_.length, `${beats.length} of ${true_.length} beats`)
  assert.equal(frames.at(-1).board.lost, 0)

  const { recording, rows } = await recorded(at('r.edf'))
  assert.deepEqual(recording.channels.map(c => c.label), ['CH1', 'CH2', 'CH3', 'Left'])
  assert.equal(rows[0].length, 14 * 250)
  const { worst, gaps } = compare(rows, source)
  assert.equal(gaps, 0)
  assert.ok(worst <= 0.2625, `differs by ${worst} uV, half a step is 0.25`) // and half a count of the board
  assert.match(run.err, /r\.edf: 0:14, 4 leads, 0\.5 uV per step\n$/)
  assert.ok(!run.err.includes('\r'), 'a line that is redrawn, off a terminal')
})

test('unplugged and plugged in again, then Ctrl-C: what came is kept, the hole is a gap of its length, and it ends in order', { skip: noPort, timeout: 120_000 }, async t => {
  const { source, board } = cyton({ faults: { lose: 5e-5, flip: 0 }, seed: 3 })
  const first = await plugged(t, at('port2'), board)
  const run = live(t, ['--port', at('port2'), '--board', 'cyton', '--record', at('u.edf')])
  await run.until(/Ctrl-C ends/)
  await new Promise(done => setTimeout(done, 3000))
  await first.pull()
  await run.until(/unplugged; waiting/)
  assert.ok(existsSync(at('u.edf')))
  await new Promise(done => setTimeout(done, 1500))
  board.plug()
  const second = await plugged(t, at('port2'), board)
  await run.until(/starting the board[^]*\n[^\n]*listening/)
  await new Promise(done => setTimeout(done, 2500))
  run.child.kill('SIGINT')
  await run.ended
  assert.equal(run.status, 0, run.err)
  assert.match(run.out, /1 reconnect\n/)
  assert.match(run.out, /u\.edf: 0:\d\d, 8 leads/)
  const { rows, annotations, texts } = await recorded(at('u.edf'))
  const out = annotations.find(a => a.text === 'unplugged'), back = annotations.find(a => a.text === 'plugged in again')
  assert.ok(out && back && back.t_s - out.t_s > 1.5 && back.t_s - out.t_s < 8, texts.join('; '))
  const from = Math.round(out.t_s * 250), to = Math.round(back.t_s * 250)
  const before = compare(rows.map(r => r.subarray(0, from)), source)
  assert.ok(before.worst <= 0.2625, `before the plug was pulled it differs by ${before.worst} uV`)
  assert.ok(rows.every(r => r.subarray(from, to).every(Number.isNaN)), 'samples where the board was away')
  const end = rows[0].findLastIndex(v => !Number.isNaN(v)) + 1, after_ = rows.map(r => r.subarray(to, end))
  assert.ok(end - to > 250, 'a second and more came after')
  // How long it was away the host's clock tells, as well as this machine keeps its appointments.
  const shifts = Array.from({ length: 1001 }, (_, i) => i - 500).filter(s => compare(after_.slice(0, 1), source, to + s).worst <= 0.2625)
  assert.equal(shifts.length, 1, `what came after is found in the source ${shifts.length} times`)
  await second.close()
})

test('killed half-way it leaves a recording that is whole to the last second', { skip: noPort, timeout: 120_000 }, async t => {
  const { source, board } = cyton()
  const line = await plugged(t, at('port3'), board)
  const run = live(t, ['--port', at('port3'), '--board', 'cyton', '--record', at('k.edf'), '--quiet', '--method', 'classical'])
  while (!(existsSync(at('k.edf')) && readFileSync(at('k.edf')).length > 3 * 5000)) await new Promise(done => setTimeout(done, 50))
  run.child.kill('SIGKILL')
  await run.ended
  await line.close()
  const { recording, rows } = await recorded(at('k.edf'))
  assert.ok(recording.duration_s >= 2)
  const { worst, gaps } = compare(rows, source)
  assert.ok(gaps === 0 && worst <= 0.2625, `${gaps} gaps, differs by ${worst} uV`)
})

test('wrong usage is told before a port is opened', () => {
  const wrong = (args, pattern) => {
    const { status, err } = fecg(['live', ...args])
    assert.equal(status, 2, err)
    assert.match(err, pattern)
  }
  const named = ['--port', at('none')]
  wrong([], /expected --port PATH/)
  wrong(named, /expected --board NAME, one of cyton,/)
  wrong([...named, '--board', 'cytn'], /did you mean cyton/)
  wrong([...named, '--board', 'cyton', '--set', 'gains=3'], /settings of OpenBCI Cyton, by default gain=24; got "gains=3"/)
  wrong([...named, '--board', 'cyton', '--set', 'gain=5'], /gain \(Gain\) is one of 1, 2/)
  wrong([...named, '--board', 'cyton', '--fs', '500'], /samples at 250 Hz, got 500/)
  wrong([...named, '--board', 'bitalino', '--fs', '100'], /at least 125 Hz/)
  wrong([...named, '--board', 'cyton', 'x.edf'], /expected no file, got x\.edf/)
  wrong([...named, '--board', 'cyton', '--method', 'network'], /classical or fhnet/)
  wrong([...named, '--board', 'cyton', '--method', 'classical', '--model', 'w'], /takes no weights/)
  writeFileSync(at('there.edf'), 'x')
  wrong([...named, '--board', 'cyton', '--record', at('there.edf')], /not overwritten/)
  assert.equal(readFileSync(at('there.edf'), 'utf8'), 'x')
})

test('a port that is not there is status 3, and leaves no recording', { skip: noPort }, () => {
  const { status, err } = fecg(['live', '--port', at('none'), '--board', 'cyton', '--record', at('n.edf'), '--method', 'classical'])
  assert.equal(status, 3, err)
  assert.match(err, /none could not be opened/)
  assert.ok(!existsSync(at('n.edf')))
})

test('without the package serialport it is status 3, and says what to install', () => {
  cpSync(join(root, 'js'), at('js'), { recursive: true })
  cpSync(join(root, 'package.json'), at('package.json'))
  symlinkSync(join(root, 'dist'), at('dist'))
  const run = spawnSync(process.execPath, [at('js/cli.js'), 'live', '--port', '/dev/ttyUSB0', '--board', 'olimex', '--method', 'classical'], { encoding: 'utf8' })
  assert.equal(run.status, 3, run.stderr)
  assert.match(run.stderr, /npm install serialport/)
})

/** What a terminal of some columns shows after what was written to it: its lines. */
function terminal(columns) {
  let shown = ''
  return {
    isTTY: true, columns,
    write(text) { shown += text },
    get lines() { return shown.replaceAll(/\x1b\[\d+m/g, '').split('\n').map(line => line.split('\r\x1b[K').at(-1)) },
    get shown() { return shown },
  }
}

const counters = { frames: 9, crcErrors: 0, resyncs: 0, lost: 0, overruns: 0, reconnects: 0 }
const seen = { board: { title: 'A board' }, fs: 250, leads: ['CH1', 'CH2'], leadOff: null, state: 'streaming', counters, clock: { ppm: -12.4 } }
const second = { rate: { t_s: [0, 0.25], fetal_bpm: [141.2, null], maternal_bpm: [null, 78] }, quality: { fetal: 0.8, reason: null, leads: [{ label: 'CH1', state: 'ok' }, { label: 'CH2', state: 'flat' }] }, state: 'live' }

test('a terminal shows one line, drawn anew; words of their own stand above it', () => {
  const screen = terminal(80), status = new LiveStatus(screen, false, { TERM: 'xterm' })
  status.begin(seen)
  status.tick(seen, 3)
  status.frame(second, seen, 75)
  assert.deepEqual(screen.lines, ['A board: 250 Hz, CH1 CH2; Ctrl-C ends', '1:15 · fetus 141 bpm · mother 78 bpm · quality 0.80 · CH2 flat'])
  status.say('the disk is full')
  const away = { ...seen, state: 'unplugged', leadOff: [false, true], counters: { ...counters, lost: 7 } }
  status.state(away, 76)
  assert.deepEqual(screen.lines.slice(1), ['the disk is full', '1:16 · unplugged; waiting for it to come back · fetus 141 bpm · mother 78 bpm'])
  status.end()
  assert.equal(screen.lines.at(-1), '')
  assert.deepEqual(status.summary(away, 3700), ['A board: 1:01:40 of signal at 250 Hz, its clock slow by 12 ppm',
    'fetal rate 141 bpm (median), known for 50 % of the time; mother 78 bpm', '9 frames, 7 lost, 0 damaged, 0 resyncs, 0 overruns, 0 reconnects'])
})

test('off a terminal there is a line every ten seconds and for each change; quiet, none', () => {
  const paper = { ...terminal(80), isTTY: false, text: '', write(t) { this.text += t } }
  for (const quiet of [false, true]) {
    paper.text = ''
    const status = new LiveStatus(paper, quiet, {})
    for (let s = 1; s <= 25; s++) status.frame(second, seen, s)
    status.state({ ...seen, state: 'stalled' }, 25.5)
    status.tick(seen, 26)
    const starts = paper.text.split('\n').filter(Boolean).map(line => line.split(' · ').slice(0, 2).join(' '))
    assert.deepEqual(starts, quiet ? [] : ['0:10 fetus 141 bpm', '0:20 fetus 141 bpm', '0:25 no data'])
  }
  assert.deepEqual([0, 9.9, 75, 3600].map(duration), ['0:00', '0:09', '1:15', '1:00:00'])
})
