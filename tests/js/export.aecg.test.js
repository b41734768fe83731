// HL7 aECG: held to a grammar of the message by xmllint, and read back by Python's own XML parser: signals, gaps, beats, intervals.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { AECG_CODES, toAecg } from '../../js/export/index.js'
import { timestamp } from '../../js/export/instant.js'
import { uuid5 } from '../../js/export/uuid.js'
import { load } from '../../js/index.js'
import { REASONS } from '../../js/words.js'
import { exampleResult } from './cli.example.js'
import { root, whole } from './helpers.js'
import { bytesOf, has, pythonWith, readWith, withFiles } from './readers.js'

const FS = 250, START = '2026-01-31T23:59:30.25+01:00'
const python = pythonWith('xml.etree'), noPython = python ? false : 'python3 is not here'
const noXmllint = has('xmllint') ? false : 'xmllint is not here; Debian has it in libxml2-utils'
const LEADS = ['Abdomen "1" <upper>', 'Bäuchlein & Co', 'Abdomen 3']
let result, document

/** Gaps of one lead, of another, that overlap, of all, and of a single sample. */
const GAPS = [[0, 20, 25], [1, 23, 30], [0, 40, 41], [1, 40, 41], [2, 40, 41], [2, 50, 50.004]]

before(async () => {
  const fecg = await load(), samples = whole(fecg.simulate({ seed: 3, seconds: 60, fs: FS, leads: 3 }))
  result = await fecg.extract(await fecg.read({ fs: FS, leads: LEADS, samples }), { method: 'classical', leads: [0, 1, 2], signals: true })
  for (const rows of [result.signals.fetal, result.signals.maternal]) for (const [lead, from, to] of GAPS) rows[lead].fill(NaN, Math.round(from * FS), Math.round(to * FS))
  Object.assign(result.fetal.interpolated, { 5: true, 6: true })
  document = await textOf(result)
})

const textOf = async (of, options) => Buffer.from(await bytesOf(toAecg(of, options))).toString()
const read = text => readWith(python, 'read_aecg.py', { 'x.xml': text })

/** What xmllint has against a document; '' where it has nothing. */
const faults = text => withFiles({ 'x.xml': text }, path => {
  const { status, stderr } = spawnSync('xmllint', ['--noout', '--relaxng', join(root, 'tests', 'tools', 'aecg.rng'), path], { encoding: 'utf8' })
  return status === 0 ? '' : stderr
})

const silent = of => ({ ...of, signals: { ...of.signals, ...Object.fromEntries(['fetal', 'maternal'].map(key => [key, of.signals[key].map(row => new Float32Array(row.length).fill(NaN))])) } })
const without = of => ({ ...of, fetal: exampleResult({ present: false }).fetal, quality: { ...of.quality, reason: 'NO_FETUS' } })

test('every kind of result is a valid message', { skip: noXmllint }, async () => {
  const named = { start: START, subject: { root: '1.2.840.5', extension: '<A&"B>' } }
  const beatless = { ...result, fetal: { ...result.fetal, peaks_s: [], confidence: [], interpolated: [], beat: null } }
  const cases = { plain: [result], timed: [result, named], date: [result, { start: new Date(0) }], 'no fetus': [without(result)], 'nothing known': [silent(result)], 'no beats': [beatless],
    'unmeasured intervals': [{ ...result, fetal: { ...result.fetal, beat: { ...result.fetal.beat, pr_ms: null, qrs_ms: null, qt_ms: null } } }] }
  for (const [name, [of, options]] of Object.entries(cases)) assert.equal(faults(await textOf(of, options)), '', name)
})

test('the grammar finds what is no such message', { skip: noXmllint }, () => {
  const spoil = {
    'not closed': ['</AnnotatedECG>', ''], 'another namespace': ['urn:hl7-org:v3', 'urn:hl7-org:v2'], 'no id': [/<id root="[^"]*"\/>\n<code code="11524-6"/, '<code code="11524-6"'],
    'no trial': [/<componentOf><clinicalTrial>.*<\/componentOf>\n<\/subjectAssignment>/, '</subjectAssignment>'], 'no time axis': [/<component><sequence><code code="TIME_RELATIVE".*\n/, ''],
    'a gap in digits': ['<digits>', '<digits>NaN '], 'a fraction in digits': ['<digits>', '<digits>1.5 '], 'more than 16 bits': ['<digits>', '<digits>40000 '], 'a unit': ['unit="uV"', 'unit="parsec"'],
    'a kind of series': ['code="RHYTHM"', 'code="SONG"'], 'a region': ['code="ROIPS"', 'code="ROI"'], 'another order': [/(<text>.*<\/text>)\n(<effectiveTime.*\/>)/, '$2\n$1'],
    'a confidence above 1': [/(xsi:type="REAL" value=)"[^"]*"/, '$1"1.5"'], 'a date among seconds': [/<center value="[^"]*" unit="s"\/>/, '<center value="20260131"/>'],
  }
  for (const [name, [from, to]] of Object.entries(spoil)) {
    const spoiled = document.replace(from, to)
    assert.notEqual(spoiled, document, name)
    assert.notEqual(faults(spoiled), '', name)
  }
})

const floats = base64 => { const b = Buffer.from(base64, 'base64'); return new Float64Array(b.buffer.slice(b.byteOffset, b.byteOffset + b.length)) }

/** A lead's pieces laid out over its recording, NaN where there is none. */
function layOut({ pieces }, length, t0) {
  const out = new Float64Array(length).fill(NaN)
  for (const { t_s, step_s, uv } of pieces) {
    const from = (t_s - t0) / step_s
    assert.ok(Math.abs(from - Math.round(from)) < 0.01, `a piece starts at sample ${from}`)
    floats(uv).forEach((v, k) => {
      assert.ok(Number.isNaN(out[Math.round(from) + k]), 'pieces overlap')
      out[Math.round(from) + k] = v
    })
  }
  return out
}

const epoch = Date.parse(START.replace(/[+].*/, 'Z')) / 1000 // its clock on the wall

for (const [name, options, t0, error] of [['seconds from the start', {}, 0, 1e-9], ['dates', { start: START }, epoch, 0.000501]]) {
  test(`another XML parser finds the signals to a step and the gaps to a sample, in ${name}`, { skip: noPython }, async () => {
    const { series } = read(await textOf(result, options))
    assert.equal(series.length, 2)
    for (const [k, key, code] of [[0, 'fetal', 'FECG_ECG_LEAD_FETAL_ESTIMATE'], [1, 'maternal', 'FECG_ECG_LEAD_MATERNAL_ESTIMATE']]) {
      assert.equal(series[k].code, 'RHYTHM')
      assert.deepEqual(Object.keys(series[k].leads).sort(), LEADS.map((_, i) => `${code}_${i + 1}`))
      result.signals[key].forEach((row, i) => {
        const lead = series[k].leads[`${code}_${i + 1}`], [{ scale }] = lead.pieces, found = layOut(lead, row.length, t0)
        assert.ok(scale <= 1.001 * row.reduce((most, v) => (Math.abs(v) > most ? Math.abs(v) : most), 0) / 32750)
        row.forEach((v, n) => { if (Number.isNaN(v) ? !Number.isNaN(found[n]) : !(Math.abs(found[n] - v) <= scale * 0.5001)) assert.fail(`${code}_${i + 1}, sample ${n}: ${found[n]} for ${v}`) })
      })
    }
  })

  test(`another XML parser finds every beat, and what is known of it, in ${name}`, { skip: noPython }, async () => {
    const [fetal, maternal] = read(await textOf(result, options)).series
    const near = (annotations, peaks_s) => {
      assert.equal(annotations.length, peaks_s.length)
      annotations.forEach(({ code, system, t_s }, i) => {
        assert.deepEqual([code, system], ['MDC_ECG_BEAT', '2.16.840.1.113883.6.24'])
        assert.ok(Math.abs(t_s - t0 - peaks_s[i]) <= error, `beat ${i}: ${t_s - t0} for ${peaks_s[i]}`)
      })
    }
    near(fetal.annotations, result.fetal.peaks_s)
    near(maternal.annotations, result.maternal.peaks_s)
    const inner = (beat, wanted) => beat.within.find(({ code, system }) => code === wanted && system === AECG_CODES)?.value
    assert.deepEqual(fetal.annotations.map(beat => inner(beat, 'CONFIDENCE')), result.fetal.confidence)
    assert.deepEqual(fetal.annotations.map(beat => inner(beat, 'INTERPOLATED') ?? false), result.fetal.interpolated)
    assert.ok(maternal.annotations.every(beat => beat.within.length === 0))
  })
}

test('the averaged beat and its intervals are derived from the fetal series', { skip: noPython }, () => {
  const [fetal, maternal] = read(document).series, { beat } = result.fetal, [derived] = fetal.derived
  assert.deepEqual([fetal.derived.length, maternal.derived.length, derived.code], [1, 0, 'REPRESENTATIVE_BEAT'])
  const [lead] = Object.values(derived.leads), [{ t_s, step_s, scale, uv }] = lead.pieces, found = floats(uv)
  assert.ok(Math.abs(t_s - beat.t_s[0]) < 1e-9 && Math.abs(step_s - 1 / beat.fs) < 1e-12)
  assert.ok(found.length === beat.uv.length && found.every((v, i) => Math.abs(v - beat.uv[i]) <= scale * 0.5001))
  assert.deepEqual(Object.fromEntries(derived.annotations.map(a => [a.code, a.value])),
    Object.fromEntries(['pr', 'qrs', 'qt'].filter(key => beat[`${key}_ms`] !== null).map(key => [`MDC_ECG_TIME_PD_${key.toUpperCase()}`, beat[`${key}_ms`] / 1000])))
  assert.ok(derived.annotations.length > 0)
})

test('an interval says in words from where to where it goes', () => {
  const { beat } = result.fetal, words = key => document.match(new RegExp(`MDC_ECG_TIME_PD_${key}" codeSystem="[^"]*" codeSystemName="MDC" displayName="([^"]*)"`))?.[1]
  for (const [key, wanted] of [['pr', 'PR interval, onset of P to onset of QRS'], ['qrs', 'QRS duration'], ['qt', 'QT interval, onset of QRS to end of T']])
    assert.equal(words(key.toUpperCase()), beat[`${key}_ms`] === null ? undefined : wanted)
})

test('a sample that is no number is a gap, and makes the steps of the others no coarser', async () => {
  const spoiled = structuredClone(result), [row] = spoiled.signals.fetal
  row.set([Infinity, -Infinity], 1000)
  const scale = text => text.match(/_FETAL_ESTIMATE_1"[^]*?<scale value="([^"]*)"/)[1]
  const text = await textOf(spoiled)
  assert.equal(scale(text), scale(document))
  assert.doesNotMatch(text, /Infinity/)
})

test('dates go on over midnight and the new year, on the clock of their zone', () => {
  const cases = [['2026-12-31T23:59:59.9995Z', 0.001, '20270101000000.000'], ['2026-01-01T00:30:00+05:30', 1.25, '20260101003001.250'], ['2024-02-28T23:59:59-11:45', 1, '20240229000000.000'],
    ['2026-01-31T10:00:00Z', 86400.0004, '20260201100000.000'], ['2026-01-31T10:00:00Z', 1 / 3, '20260131100000.333'], ['0999-01-01T00:00:00Z', 0, '09990101000000.000'],
    ['1970-01-01T00:00:00Z', 1.001, '19700101000001.001'], ['1970-01-01T01:00:00+01:00', 2.003, '19700101010002.003']] // a clock that was never set
  for (const [start, seconds, wanted] of cases) assert.equal(timestamp(start, seconds), wanted, start)
  assert.throws(() => timestamp('9999-12-31T23:59:59Z', 1), { code: 'ARGUMENT' })
})

test('every lead, series and document says that it is an estimate, and of whom', { skip: noPython }, () => {
  const { text, series: [fetal, maternal] } = read(document)
  assert.match(text, /^Research use; not a medical device\. Fetal and maternal leads are estimates/)
  assert.match(fetal.words, /^Fetal ECG, an estimate/)
  assert.match(maternal.words, /^Maternal ECG, an estimate/)
  assert.deepEqual(Object.values(fetal.leads).map(l => l.words), LEADS.map(label => `fECG ${label}, fetal estimate`))
  assert.ok([...Object.values(fetal.leads), ...Object.values(maternal.leads), ...fetal.derived.flatMap(d => Object.values(d.leads))].every(l => l.system === AECG_CODES))
  assert.match(fetal.software, /^fetal-ecg 0\.1\.0 \(simd128\), method classical$/)
})

test('where no fetus was found there is no fetal series, and the reason is told', { skip: noPython }, async () => {
  const { text, series } = read(await textOf(without(result)))
  assert.ok(text.includes(`No fetal heart was found: ${REASONS.NO_FETUS}`))
  assert.deepEqual(series.map(s => Object.keys(s.leads)[0]), ['FECG_ECG_LEAD_MATERNAL_ESTIMATE_1'])
})

test('nobody and no date is named unless it is given', { skip: noPython }, async () => {
  const plain = read(document), named = read(await textOf(result, { start: START, subject: { root: '1.2.840.5', extension: 'A & "B"' } }))
  assert.deepEqual([plain.span, plain.subject], [null, { nullFlavor: 'NI' }])
  assert.match(named.text, /Times are local, in the zone \+01:00\./)
  assert.deepEqual([named.span, named.subject], [[epoch, epoch + 60], { root: '1.2.840.5', extension: 'A & "B"' }])
  for (const options of [{ start: 'yesterday' }, { start: '2026-02-30T10:00:00Z' }, { start: '2026-01-31T10:00:00+25:00' }, { start: '2026-01-31T10:00:00' }, { start: new Date(NaN) }, { subject: 'Patient/1' }, { subject: { root: 'x' } }, { subject: { root: '1.2', extension: 3 } }])
    await assert.rejects(toAecg(result, options).next(), { code: 'ARGUMENT' }, JSON.stringify(options))
  await assert.rejects(toAecg(exampleResult()).next(), { code: 'ARGUMENT' })
})

test('the same result has the same bytes and identifiers, another one others', async () => {
  const idOf = text => text.match(/<id root="([^"]*)"/)[1]
  assert.equal(await textOf(structuredClone(result)), document)
  const other = structuredClone(result)
  other.fetal.peaks_s[0] += 0.001
  const ids = new Set([document, await textOf(other), await textOf(result, { start: START }), await textOf(result, { subject: { root: '1.2' } })].map(idOf))
  assert.equal(ids.size, 4)
  const all = [...document.matchAll(/<id root="([^"]*)"/g)].map(m => m[1])
  assert.equal(new Set(all).size, all.length)
})

test('identifiers are of version 5, as node makes its SHA-1', () => {
  const space = '6ba7b811-9dad-11d1-80b4-00c04fd430c8'
  for (const name of ['', 'npm:fetal-ecg', 'ä'.repeat(20), ...Array.from({ length: 130 }, (_, i) => 'x'.repeat(i)), 'y'.repeat(100_000)]) {
    const hash = createHash('sha1').update(Buffer.from(space.replaceAll('-', ''), 'hex')).update(name).digest()
    hash[6] = (hash[6] & 0x0f) | 0x50
    hash[8] = (hash[8] & 0x3f) | 0x80
    assert.equal(uuid5(space, name).replaceAll('-', ''), hash.toString('hex', 0, 16))
  }
})

test('the code system of the codes that are ours is the one that the documentation names', () => {
  const docs = readFileSync(join(root, 'docs', 'exports.md'), 'utf8')
  const codes = new Set(Array.from(document.matchAll(new RegExp(`code="([^"]*)" codeSystem="${AECG_CODES}"`, 'g')), m => m[1].replace(/_\d$/, '_1')))
  assert.equal(codes.size, 5)
  for (const words of [AECG_CODES, ...codes]) assert.ok(docs.includes(words), words)
})

test('words from outside cannot leave their place', { skip: noXmllint || noPython }, async () => {
  const nasty = 'a\u0000\u0008\ufffe\ud800"/><x>]]>\u2028&amp;'
  const text = await textOf({ ...result, source: { ...result.source, leads: [nasty, nasty, nasty] }, diagnostics: [{ code: 'X', message: nasty, offset: null }], version: { ...result.version, model: nasty, model_sha256: nasty } }, { subject: { root: '1.2', extension: nasty } })
  assert.equal(faults(text), '')
  const clean = 'a   \ufffd"/><x>]]>\u2028&amp;'
  assert.equal(read(text).series[0].leads.FECG_ECG_LEAD_FETAL_ESTIMATE_1.words, `fECG ${clean}, fetal estimate`)
})

test('a long recording comes in small pieces', async () => {
  const seconds = 3600, length = seconds * FS, row = Float32Array.from({ length }, (_, i) => 20 * Math.sin(i / 7))
  const long = { ...exampleResult({ seconds }), signals: { fs: FS, leads: LEADS, fetal: [row], maternal: [row], residual: [row] } }
  long.source = { ...long.source, leads: ['one'] }
  let largest = 0, total = 0
  for await (const piece of toAecg(long)) {
    largest = Math.max(largest, piece.length)
    total += piece.length
  }
  assert.ok(total > 2 * 4 * length && largest < 300_000, `${total} bytes, the largest piece ${largest}`)
})
