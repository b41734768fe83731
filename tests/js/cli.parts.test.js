// Parts of the command line that need no engine: manifest, chart, report, figure, labels.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { groupOf, inside, parseCsv, readManifest } from '../../js/cli/manifest.js'
import { oneLine, report } from '../../js/cli/report.js'
import { chart, colours, plain, progressBar, table } from '../../js/cli/text.js'
import { edfLabels, edfRange } from '../../js/export/edf.js'
import { figure } from '../../js/figure.js'
import { bestStart } from '../../js/window.js'
import { clock } from '../../js/words.js'
import { exampleResult } from './cli.example.js'

const noColour = colours({ isTTY: false })

test('quoted CSV fields hold commas, quotes and line ends', () => {
  assert.deepEqual(parseCsv('a,b\r\n"x, ""y""","1\n2"\n').map(r => r.fields), [['a', 'b'], ['x, "y"', '1\n2']])
  assert.deepEqual(parseCsv('a\n\n"1\n2"\n3').map(r => r.line), [1, 3, 5])
  assert.throws(() => parseCsv('a,"b\n'), { code: 'FORMAT' })
})

const HEAD = 'dataset,record,file,ann,extra,subject,flags\n'
test('a manifest gives groups and what is not scored', () => {
  const rows = readManifest(HEAD +
    'cinc2013_seta,a1,f/a1.dat,a1.fqrs,"x, y",s1,LIKELY_SIMULATED (inferred)\n' +
    'cinc2013_seta,a2,f/a2.dat,a2.fqrs,,s2,BAD_ANN(literature); gap\n' +
    'cinc2013_seta,a3,f/a3.dat,a3.fqrs,,s3,\n' +
    'other,b1,b1.edf,b1.qrs (MATERNAL),,s4,\n' +
    'other,b2,b2.edf,b2.qrs,,s4,qrs = maternal; scale\n' +
    'other,b3,b3.edf,none,,s4,\nother,b4,b4.edf,,,s4,\n')
  assert.deepEqual(rows.map(r => r.group), ['cinc2013_seta/simulated', 'cinc2013_seta/bad', 'cinc2013_seta/good', 'other', 'other', 'other', 'other'])
  assert.deepEqual(rows.map(r => r.skip !== null), [false, false, false, true, true, true, true])
  assert.equal(groupOf({ dataset: 'cinc2013_seta', flags: 'LIKELY_SIMULATED; BAD_ANN' }), 'cinc2013_seta/bad')
})

test('a manifest without a needed column, or with a ragged row, is refused by line', () => {
  assert.throws(() => readManifest('record,file\n'), /no column ann, dataset, subject, flags/)
  assert.throws(() => readManifest(HEAD + 'a,b\n'), error => error.offset === 2 && /2 fields, expected 7/.test(error.message))
  assert.throws(() => readManifest(''), /empty/)
})

test('a manifest may not lead out of its folder', () => {
  assert.equal(inside('/data/x', 'a', 'b.edf'), '/data/x/a/b.edf')
  assert.equal(inside('.', 'a/b.edf'), 'a/b.edf')
  for (const name of ['../b.edf', '/etc/passwd', 'a/../../b.edf']) assert.throws(() => inside('/data/x', name), { code: 'FORMAT' })
  assert.throws(() => inside('.', '../b.edf'), { code: 'FORMAT' })
})

test('a chart leaves gaps blank', () => {
  const values = Array.from({ length: 120 }, (_, i) => (i >= 40 && i < 80 ? null : 140))
  const { lines, lo, hi } = chart(values, { width: 60, height: 5 })
  assert.ok(lo <= 138 && hi >= 142 && hi - lo >= 60)
  assert.ok(lines.every(line => line.slice(20, 40).trim() === ''), 'the gap is not blank')
  assert.ok(lines.some(line => line.slice(0, 20).trim().length === 20))
  assert.deepEqual(chart([null, null]).lines, [])
})

test('a higher rate is drawn higher', () => {
  const row = value => chart([100, 180, value]).lines.findIndex(line => line.at(-1) !== ' ')
  assert.ok(row(180) < row(100))
})

test('words: clock, table, and no control characters', () => {
  assert.deepEqual([clock(65), clock(3665), clock(0)], ['1:05', '1:01:05', '0:00'])
  assert.deepEqual(table([['a', 'bb'], ['ccc', '7']]), ['a    bb', 'ccc   7'])
  assert.equal(plain('a\x1b[31mb\nc\u009b'), 'a [31mb c ')
})

test('colour only on a terminal that wants it', () => {
  assert.equal(colours({ isTTY: true }, {}).bold('x'), '\x1b[1mx\x1b[0m')
  for (const [tty, env] of [[false, {}], [true, { NO_COLOR: '1' }], [true, { TERM: 'dumb' }]]) assert.equal(colours({ isTTY: tty }, env).bold('x'), 'x')
})

test('the progress bar has no colour where none is wanted, and is none on a terminal without escapes', () => {
  const drawn = env => {
    let text = ''
    const bar = progressBar({ isTTY: true, write: piece => { text += piece } }, false, env)
    bar.update(0.5, 'a.edf')
    bar.clear()
    return text
  }
  assert.match(drawn({}), /━{14}\x1b\[2m─{14}\x1b\[0m  50 % a\.edf/)
  assert.match(drawn({ NO_COLOR: '1' }), /━{14}─{14}  50 % a\.edf/)
  assert.ok(!/\x1b\[\d*m/.test(drawn({ NO_COLOR: '1' })))
  assert.equal(drawn({ TERM: 'dumb' }), '')
})

test('the report tells rate, beats, intervals, leads and notes', () => {
  const text = report(exampleResult(), noColour)
  for (const p of [/r01\.edf/, /138 bpm baseline/, /known for 9\d %/, /6\.4 ms short-term/, /11\.2 bpm long-term/, /\d+ of them interpolated/,
    /PR 98 ± 6 ms · QRS 48 ± 4 ms · QT 231 ± 9 ms/, /Mother +83 bpm/, /Abdomen_4 +▁ flat/, /LEADS_ASSUMED/]) assert.match(text, p)
  assert.ok(!text.includes('\x1b'))
})

test('the report gives the share of each lead where a network had a part', () => {
  const text = report(exampleResult({ attributed: true }), noColour)
  assert.match(text, /Abdomen_1 +█ ok +0\.93 +carried +52 %/)
  assert.match(text, /Abdomen_4 +▁ flat +0\.02 +carried +0 %/)
  assert.ok(!report(exampleResult(), noColour).includes('carried'))
})

test('events and notes are counted where there are many', () => {
  const result = exampleResult()
  result.fetal.events = Array.from({ length: 9 }, (_, i) => ({ type: 'acceleration', t_s: 20 * i, duration_s: 16, definition: '' }))
  result.diagnostics = Array.from({ length: 20 }, (_, i) => ({ code: 'GAP', message: `gap ${i}`, offset: null }))
  const text = report(result, noColour)
  assert.match(text, /Events +9 accelerations · at 0:00, 0:20/)
  assert.match(text, /and 12 more notes/)
  assert.ok(text.split('\n').length < 40)
})

test('the report of a recording without a fetus says why', () => {
  const result = exampleResult({ present: false })
  assert.match(report(result, noColour), /Fetus +not found · no second heart/)
  assert.match(oneLine(result), /no fetus found \(NO_FETUS\)/)
})

test('report and figure give every reason of the engine the same words', () => {
  const result = exampleResult({ present: false })
  for (const [reason, words] of [['NO_FETUS', 'no second heart stands out'], ['MATERNAL_LOCK', 'locked to the mother'], ['NO_SIGNAL', 'no lead carries a usable signal'], ['TOO_SHORT', 'too short to tell']]) {
    result.quality.reason = reason
    for (const text of [report(result, noColour), figure(result, window())]) assert.ok(text.includes(words) && !text.includes(reason), reason)
  }
})

test('EDF labels have at most 16 characters and are never the same', () => {
  const leads = ['Abdomen_1', 'Abdomen_2', 'Abdomen_2', 'Bäuchlein', 'x']
  const labels = edfLabels(leads.flatMap(lead => ['fECG', 'mECG', 'residual'].map(kind => ({ label: `${kind} ${lead}`, lead }))))
  assert.equal(new Set(labels).size, labels.length)
  assert.ok(labels.every(l => l.length <= 16 && /^[\x20-\x7e]+$/.test(l)), labels.join('|'))
  assert.deepEqual(labels.slice(0, 3), ['fECG Abdomen_1', 'mECG Abdomen_1', 'residual Abdom_1'])
})

test('an EDF range holds the samples and is never empty', () => {
  const { phys_min_uv, phys_max_uv } = edfRange(-3, 120)
  assert.ok(phys_min_uv < -120 && phys_max_uv > 120)
  assert.deepEqual(edfRange(Infinity, -Infinity), { phys_min_uv: -1, phys_max_uv: 1 })
  assert.ok(edfRange(0, 0).phys_max_uv > 0)
})

const wave = (n, f) => Float32Array.from({ length: n }, (_, i) => f(i))
const window = (t0_s = 20) => ({
  t0_s, fs: 500,
  input: [{ label: 'Abdomen_1', fs: 500, samples: wave(2500, i => (i > 1000 && i < 1200 ? NaN : 50 * Math.sin(i / 20))) }, { label: 'Abdomen_<2>', fs: 500, samples: wave(2500, i => i % 100) }],
  fetal: { label: 'Abdomen_1', samples: wave(2500, i => 5 * Math.sin(i / 9)) },
})
const pathOf = (svg, colour) => svg.match(new RegExp(`<path d="([^"]*)" fill="none" stroke="${colour}"`))[1]

test('the figure is one self-contained, well-formed SVG with beats marked', () => {
  const result = exampleResult()
  const svg = figure(result, window())
  assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/)
  assert.ok(!/(href|url\(|<script|<image|@import)/.test(svg), 'it refers to something outside')
  assert.ok(!svg.includes('Abdomen_<2>') && svg.includes('Abdomen_&#60;2&#62;'))
  assert.ok(!/NaN|undefined|Infinity/.test(svg))
  const inside = list => list.filter(t => t >= 20 && t < 25).length
  assert.equal((svg.match(/>M<\/text>/g) ?? []).length, inside(result.maternal.peaks_s))
  assert.equal((svg.match(/>\(?F\)?<\/text>/g) ?? []).length, inside(result.fetal.peaks_s))
  const tags = svg.match(/<\/?[a-z]+[^>]*>/g), open = []
  for (const tag of tags) {
    const name = tag.match(/[a-z]+/)[0]
    if (tag.startsWith('</')) assert.equal(open.pop(), name)
    else if (!tag.endsWith('/>')) open.push(name)
  }
  assert.deepEqual(open, [])
})

test('the figure draws gaps as gaps', () => {
  const svg = figure(exampleResult(), window())
  assert.equal(pathOf(svg, '#17212b').match(/M/g).length, 2, 'the input is not broken at its gap')
  assert.match(svg, /no rate known/)
})

test('the figure of a recording without a fetus says so and marks no fetal beat', () => {
  const svg = figure(exampleResult({ present: false }), window())
  assert.match(svg, /No fetal heart was found/)
  assert.ok(!/>\(?F\)?<\/text>/.test(svg))
})

test('the figure shows what carried the answer: each lead, and each moment with its gaps', () => {
  const svg = figure(exampleResult({ attributed: true }), window())
  assert.ok(!/NaN|undefined|Infinity/.test(svg))
  assert.match(svg, /Contribution of each lead/)
  for (const share of ['52 %', '7 %', '41 %', '0 %']) assert.ok(svg.includes(`>${share}<`), share)
  const bars = [...svg.matchAll(/width="([\d.]+)" height="12" rx="3" fill="#0b7a9b"/g)].map(m => Number(m[1]))
  assert.equal(bars.length, 4)
  assert.ok(bars[0] > bars[2] && bars[2] > bars[1] && bars[3] === 0)
  assert.equal(svg.match(/<path d="([^"]*)" fill="none" stroke="#0b7a9b" stroke-width="1.1"/)[1].match(/M/g).length, 3, 'a gap is not left open')
  assert.ok(!/contribution/i.test(figure(exampleResult(), window())))
  assert.ok(!/contribution/i.test(figure(exampleResult({ attributed: true, present: false }), window())))
})

test('of very many leads the figure shows the largest shares and adds up the rest', () => {
  const result = exampleResult({ attributed: true })
  result.attribution.leads = Array.from({ length: 32 }, (_, i) => ({ label: `lead ${i}`, contribution: i < 16 ? 0.05 : 0.0125 }))
  const svg = figure(result, window())
  assert.match(svg, /16 more leads, together 20 %/)
  assert.equal(svg.match(/rx="3" fill="#0b7a9b"/g).length, 16)
})

test('the figure stays small for a day of rate', () => {
  for (const attributed of [false, true]) assert.ok(figure(exampleResult({ seconds: 86400, attributed }), window()).length < 500000)
})

test('the seconds shown are those with the surest beats', () => {
  const result = exampleResult()
  result.fetal.confidence = result.fetal.peaks_s.map(t => (t > 100 && t < 110 ? 1 : 0.2))
  assert.equal(bestStart(result, [0, 50, 102, 200], 5), 102)
})
