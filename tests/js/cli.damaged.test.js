// Damaged input on the command line: each gives status 3 and one line that names the file, where and
// what, or is read as far as it is sound, with a diagnostic. Nothing hangs, crashes or invents a sample.
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fecg, folder } from './cli.tools.js'

const dir = folder()
const write = (name, bytes) => {
  writeFileSync(join(dir, name), bytes)
  return join(dir, name)
}

const RECORDS = 10, PER_RECORD = 250

/** An EDF of two channels; header fields and signal fields may be given as they are to be written. */
function edf({ main = {}, signal = {}, keep = Infinity } = {}) {
  const ns = 2
  const field = (text, width) => String(text).padEnd(width).slice(0, width)
  const m = { version: '0', patient: 'X', recording: 'X', date: '01.01.24', time: '00.00.00', bytes: 256 * (ns + 1), reserved: '', records: RECORDS, duration: 1, signals: ns, ...main }
  const s = { transducer: '', unit: 'uV', pmin: -1000, pmax: 1000, dmin: -32768, dmax: 32767, filter: '', samples: PER_RECORD, reserved: '', ...signal }
  const widths = { version: 8, patient: 80, recording: 80, date: 8, time: 8, bytes: 8, reserved: 44, records: 8, duration: 8, signals: 4 }
  const head = Object.entries(widths).map(([key, w]) => field(m[key], w)).join('') +
    ['Abdomen 1', 'Abdomen 2'].map(l => field(l, 16)).join('') +
    [['transducer', 80], ['unit', 8], ['pmin', 8], ['pmax', 8], ['dmin', 8], ['dmax', 8], ['filter', 80], ['samples', 8], ['reserved', 32]]
      .map(([key, w]) => field(s[key], w).repeat(ns)).join('')
  const samples = Int16Array.from({ length: RECORDS * PER_RECORD * ns }, (_, i) => Math.round(8000 * Math.sin(i / 17)))
  return Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(samples.buffer)]).subarray(0, keep)
}

/** Runs info and extract; both must agree on whether the file is read. */
function outcome(file, ...options) {
  const runs = ['info', 'extract'].map(command => fecg([command, file, '--json', '-', ...(command === 'extract' ? ['--quiet'] : []), ...options]))
  assert.equal(runs[0].status, runs[1].status, runs.map(r => r.err).join(''))
  return runs[0]
}

/** Status 3, one line that names the file and matches, and the same in the JSON stream. */
function refused(file, code, pattern, ...options) {
  const { status, err, documents } = outcome(file, ...options)
  assert.equal(status, 3, err)
  assert.equal(err.split('\n').length, 2, `not one line: ${err}`)
  assert.ok(err.startsWith(`fecg: ${file}: `), err)
  assert.match(err, pattern)
  assert.deepEqual([documents.length, documents[0].schema, documents[0].error.code], [1, 'fecg.error/1', code])
  return documents[0].error
}

/** Status 0 with the diagnostic. */
function accepted(file, code, ...options) {
  const { status, err, documents } = outcome(file, ...options)
  assert.equal(status, 0, err)
  assert.ok(documents[0].diagnostics.some(d => d.code === code), JSON.stringify(documents[0].diagnostics))
  return documents[0]
}

test('the files below are sound before they are damaged', () => {
  const d = outcome(write('sound.edf', edf())).documents[0]
  assert.deepEqual([d.schema, d.duration_s, d.channels.length, d.diagnostics], ['fecg.info/1', 10, 2, []])
})

test('an empty file, whatever its name', () => {
  for (const name of ['empty.edf', 'empty.bdf', 'empty.hea', 'empty.csv']) refused(write(name, ''), 'FORMAT', /empty/)
})

test('a text file named .edf, and zeros', () => {
  const { offset } = refused(write('text.edf', 'This is a text file.\n'.repeat(60)), 'FORMAT', /byte 0: .*"This is ".*expected/)
  assert.equal(offset, 0)
  refused(write('zeros.edf', Buffer.alloc(5000)), 'FORMAT', /byte 0/)
})

test('a record count of -1 is a recording that was not closed: it is read to its end', () => {
  const d = outcome(write('open.edf', edf({ main: { records: -1 } }))).documents[0]
  assert.deepEqual([d.duration_s, d.channels[0].samples, d.channels[0].gap_samples], [10, 2500, 0])
})

test('a record count that the file does not hold is told, and no sample is invented', () => {
  for (const [name, records] of [['many.edf', '99999999'], ['minus.edf', -5], ['none.edf', 0]]) {
    const d = accepted(write(name, edf({ main: { records } })), 'RECORD_COUNT')
    assert.deepEqual([d.duration_s, d.channels[0].samples, d.channels[0].gap_samples], [10, 2500, 0], name)
  }
})

test('negative, overlong or wordy header fields', () => {
  refused(write('a.edf', edf({ main: { bytes: -768 } })), 'FORMAT', /byte 184: .*expected 768/)
  refused(write('b.edf', edf({ main: { bytes: '99999999' } })), 'FORMAT', /byte 184/)
  refused(write('c.edf', edf({ main: { signals: -1 } })), 'FORMAT', /byte 252: .*expected 1 or more/)
  refused(write('d.edf', edf({ main: { signals: 0 } })), 'FORMAT', /byte 252/)
  refused(write('f.edf', edf({ signal: { samples: -250 } })), 'FORMAT', /samples in a record/)
  refused(write('g.edf', edf({ signal: { samples: 0 } })), 'FORMAT', /samples in a record/)
  assert.equal(fecg(['info', write('h.edf', edf({ main: { signals: 9999 } }))]).status, 3)
  assert.equal(fecg(['info', write('i.edf', edf({ signal: { samples: '99999999' } }))]).status, 3)
})

test('a duration of zero, below zero, or no number', () => {
  for (const duration of [0, -1, 'abc', 'nan', '1e-300']) assert.equal(fecg(['info', write('duration.edf', edf({ main: { duration } }))]).status, 3, String(duration))
  refused(write('zero.edf', edf({ main: { duration: 0 } })), 'FORMAT', /byte 244: .*duration/)
})

test('digital minimum equal to maximum', () => {
  refused(write('scale.edf', edf({ signal: { dmin: 5, dmax: 5 } })), 'FORMAT', /scale.*expected minimum below maximum/)
})

test('a file cut in its header, before its first record, inside a record', () => {
  refused(write('head.edf', edf({ keep: 100 })), 'FORMAT', /byte 100: .*ends inside the header/)
  refused(write('signals.edf', edf({ keep: 300 })), 'FORMAT', /byte 300: .*ends inside the header/)
  refused(write('bare.edf', edf({ keep: 768 })), 'FORMAT', /byte 768: no data record/)
  const whole = edf(), d = accepted(write('cut.edf', whole.subarray(0, whole.length - 1300)), 'TRUNCATED')
  // Eight records and 700 of 1000 bytes of the ninth: one channel whole, 100 samples of the other.
  assert.deepEqual(d.channels.map(c => c.samples - c.gap_samples), [2250, 2100])
  assert.ok(d.duration_s <= 9)
})

const signal = name => `${name} 16 200/uV 16 0 0 0 0 Abdomen\n`
test('a .hea that names a missing file, or one outside its folder', () => {
  refused(write('gone.hea', `gone 1 250 2500\n${signal('gone.dat')}`), 'MISSING', /"gone\.dat".*missing/)
  mkdirSync(join(dir, 'sub'))
  const secret = write('secret.dat', Buffer.alloc(5000))
  for (const name of ['../secret.dat', secret, '..\\secret.dat', '.', '..'])
    refused(write('sub/up.hea', `up 1 250 2500\n${signal(name)}`), 'FORMAT', /line 2: .*expected a plain name/)
})

test('a .hea that is damaged, and a .dat that is short', () => {
  refused(write('words.hea', 'words x y z\n'), 'FORMAT', /line 1/)
  refused(write('minus.hea', 'minus -1 250 2500\n'), 'FORMAT', /line 1/)
  refused(write('format.hea', 'format 1 250 2500\nsecret.dat 99 200/uV\n'), 'UNSUPPORTED', /line 2: .*"99".*expected 16/)
  write('short.dat', Buffer.alloc(1001))
  const d = accepted(write('short.hea', `short 1 250 2500\n${signal('short.dat')}`), 'TRUNCATED')
  assert.equal(d.channels[0].samples - d.channels[0].gap_samples, 500)
})

const rows = (f, n = 600) => Array.from({ length: n }, (_, i) => f(i)).join('\n') + '\n'
test('a CSV without a rate asks for one', () => {
  const file = write('rate.csv', 'A,B\n' + rows(i => `${i},${-i}`))
  refused(file, 'RATE', /no sampling rate/)
  assert.equal(fecg(['info', file, '--fs', '250', '--json', '-']).documents[0].duration_s, 2.4)
})

test('ragged rows and words in a CSV are gaps, and told by line', () => {
  const ragged = accepted(write('ragged.csv', '# fs=250 unit=uV ch=A,B\n' + rows(i => (i === 300 ? '1' : i === 400 ? '1,2,3' : `${i},${-i}`))), 'RAGGED_ROW')
  assert.deepEqual(ragged.channels.map(c => c.gap_samples), [0, 1])
  assert.deepEqual(ragged.diagnostics.filter(d => d.code === 'RAGGED_ROW').map(d => d.offset), [302, 402])
  const letters = accepted(write('letters.csv', '# fs=250 unit=uV ch=A,B\n' + rows(i => (i === 300 ? 'abc,7' : `${i},${-i}`))), 'BAD_VALUE')
  assert.deepEqual(letters.channels.map(c => c.gap_samples), [1, 0])
  refused(write('prose.csv', '# fs=250\nthe quick brown fox\njumps over\nthe lazy dog\n'), 'FORMAT', /line \d+/)
  refused(write('binary.csv', Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 256))), 'FORMAT', /not text/)
})

test('a CSV whose time turns back', () => {
  refused(write('back.csv', 't,A\n' + rows(i => `${(i > 300 ? 600 - i : i) / 250},${i}`)), 'FORMAT', /line 303: the time does not rise/)
})

test('lines of a million characters', () => {
  const line = (name, text) => write(name, `# fs=250${text}`)
  refused(line('digits.csv', ` ch=A\n${'1'.repeat(1e6)}\n`), 'FORMAT', /line 2: "1{24}\.\.\."/)
  refused(line('columns.csv', `\n${'1,'.repeat(5e5)}1\n`), 'UNSUPPORTED', /line 2: more than 1024 columns/)
  const { channels: [long] } = accepted(line('header.csv', ` ch=${'A'.repeat(1e6)}\n${rows(i => `${i}`)}`), 'LEADS_ASSUMED')
  assert.match(long.label, /^A{16,200}$/)
  assert.deepEqual([long.samples, long.max_uv], [600, 599])
  const { channels: [letters] } = accepted(line('letters.csv', ` ch=A\n1\n${'x'.repeat(1e6)}\n`), 'BAD_VALUE')
  assert.deepEqual([letters.samples, letters.gap_samples], [2, 1])
})

test('a folder, a file that is not there, a name with odd characters', () => {
  refused(join(dir, 'sub'), 'MISSING', /is a folder/)
  refused(join(dir, 'nothing.edf'), 'MISSING', /no such file/)
  const { status, err } = fecg(['info', join(dir, 'a\x1b[31m\nb.edf')])
  assert.equal(status, 3)
  assert.equal(err.split('\n').length, 2)
  assert.ok(!err.includes('\x1b'))
})

test('control characters of a damaged label do not reach the terminal', () => {
  const bytes = edf()
  bytes.write('Abd\x1b[2J', 256, 'latin1')
  const { status, out, err } = fecg(['info', write('label.edf', bytes)])
  assert.ok(status === 0 || status === 3)
  assert.ok(!out.includes('\x1b') && !err.includes('\x1b'))
})
