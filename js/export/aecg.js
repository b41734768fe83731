/**
 * aecg.js — a result as HL7 V3 Annotated ECG: the separated signals as series, beats and intervals as annotations on them.
 * Structure: ANSI/HL7 V3 ECG R1-2004, message type PORT_MT020001, and the HL7 aECG Implementation Guide of 21 March 2005.
 *
 * Kinds of series, of time and of regions are codes of HL7 ActCode; beats and intervals are reference identifiers of ISO/IEEE
 * 11073 (MDC), which the guide writes in place of numbers. No code of theirs names a signal that software has separated from
 * abdominal leads, nor how sure a beat is: those are codes of this package, under a code system of its own.
 *
 * `digits` hold whole numbers and no gap. So a series has one sequence set for each stretch of time in which the same leads are
 * known, with its own start; where a lead is in no sequence set it is not known. Nothing is filled.
 */
import { expect, optionsOf } from '../error.js'
import { escape } from '../svg.js'
import { REASONS } from '../words.js'
import { blockLength, samplesOf, signalsOf } from './channels.js'
import { instantOf, timestamp, zoneOf } from './instant.js'
import { NAMESPACE, uuid5 } from './uuid.js'

/** @typedef {import('../types.js').ExtractResult} ExtractResult */
/** @typedef {import('../types.js').Signals} Signals */
/** @typedef {import('./channels.js').Bytes} Bytes */

/**
 * @typedef {object} AecgOptions
 * @property {string | Date} [start] when the recording began: a Date, or an instant with its zone, as 2026-01-31T14:05:00+01:00;
 *   times are then dates,
 *   to a millisecond; undefined: times are seconds from its start, and no date is told
 * @property {{ root: string, extension?: string }} [subject] the mother, as the receiver knows her: an OID or UUID, and what she is
 *   called within it; undefined: nobody is named
 */
/**
 * The signals wherever they lie, in memory or in a file: `length` samples of each lead; `most`, the largest absolute value of a lead
 * in µV; `read`, the samples [from, to) of a lead, NaN = gap.
 * @typedef {'fetal' | 'maternal'} Kind
 * @typedef {object} SignalSource
 * @property {number} fs
 * @property {number} length
 * @property {(kind: Kind, lead: number) => number} most
 * @property {(kind: Kind, lead: number, from: number, to: number) => Float32Array | Promise<Float32Array>} read
 *
 * Samples [from, to) in which the same leads are known, by number.
 * @typedef {{ from: number, to: number, leads: number[] }} Stretch
 */

/** The code system of the codes that are this package's own. */
export const AECG_CODES = uuid5(NAMESPACE, 'codes')

const ACT = '2.16.840.1.113883.5.4', MDC = '2.16.840.1.113883.6.24', LOINC = '2.16.840.1.113883.6.1'
const DIGITS = 32750 // steps of a signal either side of zero; with a step of four digits they stay within 16 bits
const BEATS = 256 // given out at a time
const UID = /^([0-2](\.(0|[1-9]\d*))+|[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12})$/i
// Readers in use know a lead by `_ECG_LEAD_` in its code, whoever's code it is.
const KINDS = /** @type {const} */ ({
  fetal: { code: 'FECG_ECG_LEAD_FETAL_ESTIMATE', label: 'fECG', words: 'Fetal ECG, an estimate that was separated from abdominal leads by software' },
  maternal: { code: 'FECG_ECG_LEAD_MATERNAL_ESTIMATE', label: 'mECG', words: 'Maternal ECG, an estimate that was separated from abdominal leads by software' },
})
// In words, too: MDC_ECG_TIME_PD_PR is the interval in the guide and in files in use, but in the tables of ISO/IEEE 11073-10102 for a
// single lead it is P offset to QRS onset.
const INTERVALS = { pr: 'PR interval, onset of P to onset of QRS', qrs: 'QRS duration', qt: 'QT interval, onset of QRS to end of T' }

const utf8 = new TextEncoder()
const act = (/** @type {string} */ code, name = 'code') => `<${name} code="${code}" codeSystem="${ACT}" codeSystemName="ActCode"/>`
const mdc = (/** @type {string} */ code, words = '') => `<code code="${code}" codeSystem="${MDC}" codeSystemName="MDC"${words && ` displayName="${words}"`}/>`
const own = (/** @type {string} */ code, /** @type {string} */ words) =>
  `<code code="${code}" codeSystem="${AECG_CODES}" codeSystemName="fetal-ecg" displayName="${escape(words)}"/>`
const second = (/** @type {number} */ t_s) => String(Number(t_s.toFixed(9)))
const period = (/** @type {number} */ fs) => String(Number((1 / fs).toPrecision(15)))

/**
 * A result with its signals as an aECG document, UTF-8, some at a time. Signals are in µV with a step of a 32,750th part of the
 * largest value of their lead; gaps are left out. Each fetal lead says that it is an estimate; where no fetus was found there is none.
 * @param {ExtractResult} result with signals
 * @param {AecgOptions | null} [options]
 * @returns {AsyncGenerator<Bytes, void, void>}
 * @throws {import('../error.js').FecgError} ARGUMENT where the result has no signals, or an option is not as described
 */
export async function * toAecg(result, options) {
  const signals = signalsOf(result), of = (/** @type {Kind} */ key, /** @type {number} */ i) => samplesOf(signals, { key, i, lead: '', label: '' })
  yield * aecgPieces(result, {
    fs: signals.fs,
    length: signals.fetal[0]?.length ?? 0,
    most: (kind, lead) => of(kind, lead).reduce((most, v) => (Math.abs(v) > most && Number.isFinite(v) ? Math.abs(v) : most), 0),
    read: (kind, lead, from, to) => of(kind, lead).subarray(from, to),
  }, options)
}

/**
 * The same of signals that lie elsewhere.
 * @param {ExtractResult} result
 * @param {SignalSource} source
 * @param {AecgOptions | null} [options]
 * @returns {AsyncGenerator<Bytes, void, void>}
 */
export async function * aecgPieces(result, source, options) {
  const { start: given, subject } = optionsOf(options), start = instantOf(given)
  expect(subject === undefined || (UID.test(subject?.root) && (subject.extension === undefined || typeof subject.extension === 'string')), 'subject is { root, extension }, root an OID or a UUID')
  const { signals, ...document } = result, { fetal, source: recording } = result
  const id = uuid5(NAMESPACE, JSON.stringify([{ ...document, source: { ...recording, file: null } }, start ?? null, subject ?? null])) // wherever the file lies
  /** Of a time in the recording: as a value of the type that suits a list or an interval. */
  const clock = start === undefined
    ? { code: 'TIME_RELATIVE', list: 'GLIST_PQ', interval: 'IVL_PQ', at: (/** @type {number} */ t_s) => `value="${second(t_s)}" unit="s"` }
    : { code: 'TIME_ABSOLUTE', list: 'GLIST_TS', interval: 'IVL_TS', at: (/** @type {number} */ t_s) => `value="${timestamp(start, t_s)}"` }
  const effectiveTime = start === undefined ? '<effectiveTime nullFlavor="NI"/>'
    : `<effectiveTime><low value="${timestamp(start, 0)}"/><high value="${timestamp(start, recording.duration_s)}"/></effectiveTime>`

  yield utf8.encode(`<?xml version="1.0" encoding="UTF-8"?>
<AnnotatedECG xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" classCode="OBS" moodCode="EVN">
<id root="${id}"/>
<code code="11524-6" codeSystem="${LOINC}" codeSystemName="LOINC" displayName="EKG study"/>
<text>${escape(about(result, start))}</text>
${effectiveTime}
<componentOf><timepointEvent><componentOf><subjectAssignment>
<subject><trialSubject>${subject ? `<id root="${subject.root}"${subject.extension === undefined ? '' : ` extension="${escape(subject.extension)}"`}/>` : '<id nullFlavor="NI"/>'}</trialSubject></subject>
<componentOf><clinicalTrial><id nullFlavor="NA"/></clinicalTrial></componentOf>
</subjectAssignment></componentOf></timepointEvent></componentOf>
`)
  for (const kind of /** @type {Kind[]} */ (fetal.present ? ['fetal', 'maternal'] : ['maternal'])) {
    const known = await stretches(source, kind, recording.leads.length)
    if (!known.length) continue // a series without a sequence set is none
    yield utf8.encode(`<component><series classCode="OBS" moodCode="EVN">
<id root="${uuid5(id, kind)}"/>
<code code="RHYTHM" codeSystem="${ACT}" codeSystemName="ActCode" displayName="${KINDS[kind].words}"/>
${effectiveTime}
<author><seriesAuthor><manufacturedSeriesDevice><manufacturerModelName>fetal-ecg</manufacturerModelName><softwareName>${escape(software(result))}</softwareName></manufacturedSeriesDevice></seriesAuthor></author>
`)
    const scales = recording.leads.map((_, lead) => scaleOf(source.most(kind, lead)))
    for (const { from, to, leads } of known) {
      yield utf8.encode(`<component><sequenceSet>
<component><sequence>${act(clock.code)}<value xsi:type="${clock.list}"><head ${clock.at(from / source.fs)}/><increment value="${period(source.fs)}" unit="s"/></value></sequence></component>
`)
      for (const lead of leads) {
        yield utf8.encode(`<component><sequence>${leadCode(kind, lead, recording.leads[lead])}${listHead(scales[lead])}`)
        for (let at = from; at < to; at += blockLength(source.fs)) yield utf8.encode((at > from ? ' ' : '') + digits(await source.read(kind, lead, at, Math.min(to, at + blockLength(source.fs))), scales[lead]))
        yield utf8.encode('</digits></value></sequence></component>\n')
      }
      yield utf8.encode('</sequenceSet></component>\n')
    }
    yield * beatAnnotations(result, kind, clock)
    if (kind === 'fetal' && fetal.beat) yield utf8.encode(averagedBeat(result, fetal.beat, uuid5(id, 'averaged beat'), effectiveTime))
    yield utf8.encode('</series></component>\n')
  }
  yield utf8.encode('</AnnotatedECG>\n')
}

/** What a person should know of the document. @param {ExtractResult} result @param {string} [start] */
function about({ fetal, source, quality, diagnostics }, start) {
  return ['Research use; not a medical device.',
    `${fetal.present ? 'Fetal and maternal leads are estimates that software separated' : `No fetal heart was found: ${REASONS[quality.reason ?? ''] ?? quality.reason}. Maternal leads are estimates that software separated`} from ${source.leads.length} abdominal lead${source.leads.length === 1 ? '' : 's'} (${source.leads.join(', ')}) at ${source.fs} Hz. The subject is the mother.`,
    'Where a lead is in no sequence set it is not known.',
    ...(start === undefined ? [] : [`Times are local, in the zone ${zoneOf(start)}.`]),
    ...diagnostics.map((d) => `${d.code}: ${d.message}.`)].join(' ')
}

/** @param {ExtractResult} result */
const software = ({ version, method }) => `fetal-ecg ${version.engine} (${version.simd}), method ${method}${version.model ? `, model ${version.model}, SHA-256 ${version.model_sha256}` : ''}`

/** @param {Kind} kind @param {number} lead @param {string} label */
const leadCode = (kind, lead, label) => own(`${KINDS[kind].code}_${lead + 1}`, `${KINDS[kind].label} ${label}, ${kind} estimate`)

/** The step of a lead whose largest absolute value is `most`, µV. @param {number} most */
const scaleOf = (most) => (most > 0 && Number.isFinite(most) ? Number((most / DIGITS).toPrecision(4)) : 1)

/** @param {number} scale */
const listHead = (scale) => `<value xsi:type="SLIST_PQ"><origin value="0" unit="uV"/><scale value="${scale}" unit="uV"/><digits>`

/** @param {ArrayLike<number>} samples @param {number} scale */
const digits = (samples, scale) => Array.from(samples, (v) => Math.round(v / scale)).join(' ')

/**
 * The stretches of time in which the same leads are known, at least one of them.
 * @param {SignalSource} source
 * @param {Kind} kind
 * @param {number} leads
 * @returns {Promise<Stretch[]>}
 */
async function stretches({ fs, length, read }, kind, leads) {
  const found = /** @type {Stretch[]} */ ([]), known = new Array(leads).fill(false)
  for (let from = 0; from < length; from += blockLength(fs)) {
    const to = Math.min(length, from + blockLength(fs)), rows = /** @type {Float32Array[]} */ ([])
    for (let lead = 0; lead < leads; lead++) rows.push(await read(kind, lead, from, to))
    for (let k = 0; k < to - from; k++) {
      let changed = false
      for (let lead = 0; lead < leads; lead++) {
        const here = Number.isFinite(rows[lead][k])
        if (here !== known[lead]) changed = true
        known[lead] = here
      }
      if (!changed) continue
      const last = found.at(-1)
      if (last) last.to = from + k
      found.push({ from: from + k, to: length, leads: known.flatMap((here, lead) => (here ? [lead] : [])) })
    }
  }
  return found.filter((stretch) => stretch.leads.length)
}

/**
 * Every beat as MDC_ECG_BEAT where it is; of a fetal one how sure it is, and whether it was interpolated.
 * @param {ExtractResult} result
 * @param {Kind} kind
 * @param {{ code: string, interval: string, at: (t_s: number) => string }} clock
 */
function * beatAnnotations(result, kind, clock) {
  const { peaks_s } = result[kind], { confidence, interpolated } = result.fetal
  const inner = (/** @type {string} */ code, /** @type {string} */ value) => `<component><annotation>${code}${value}</annotation></component>`
  const sure = own('CONFIDENCE', 'how sure the beat is, 0 to 1'), guessed = own('INTERPOLATED', 'filled in between its neighbours, not seen')
  yield utf8.encode(`<subjectOf><annotationSet>${authorOf(result)}\n`)
  for (let from = 0; from < peaks_s.length; from += BEATS) {
    let text = ''
    for (let i = from; i < Math.min(peaks_s.length, from + BEATS); i++) {
      text += `<component><annotation>${mdc('MDC_ECG_BEAT')}<support><supportingROI>${act('ROIPS')}<component><boundary>${act(clock.code)}<value xsi:type="${clock.interval}"><center ${clock.at(peaks_s[i])}/></value></boundary></component></supportingROI></support>`
      if (kind === 'fetal') text += inner(sure, `<value xsi:type="REAL" value="${Number(confidence[i].toFixed(4))}"/>`) + (interpolated[i] ? inner(guessed, '<value xsi:type="BL" value="true"/>') : '')
      text += '</annotation></component>\n'
    }
    yield utf8.encode(text)
  }
  yield utf8.encode('</annotationSet></subjectOf>\n')
}

/** @param {ExtractResult} result */
const authorOf = (result) => `<author><assignedEntity><assignedAuthorType><assignedDevice><manufacturerModelName>fetal-ecg</manufacturerModelName><softwareName>${escape(software(result))}</softwareName></assignedDevice></assignedAuthorType></assignedEntity></author>`

/**
 * The averaged fetal beat, time from its fiducial, and the intervals that could be measured on it.
 * @param {ExtractResult} result
 * @param {NonNullable<ExtractResult['fetal']['beat']>} beat
 * @param {string} id
 * @param {string} effectiveTime
 */
function averagedBeat(result, beat, id, effectiveTime) {
  const scale = scaleOf(beat.uv.reduce((most, v) => Math.max(most, Math.abs(v)), 0))
  const intervals = /** @type {(keyof typeof INTERVALS)[]} */ (Object.keys(INTERVALS)).flatMap((key) => (beat[`${key}_ms`] === null ? [] : [`<component><annotation>${mdc(`MDC_ECG_TIME_PD_${key.toUpperCase()}`, INTERVALS[key])}<value xsi:type="PQ" value="${beat[`${key}_ms`]}" unit="ms"/></annotation></component>\n`]))
  return `<derivation><derivedSeries classCode="OBS" moodCode="EVN">
<id root="${id}"/>
<code code="REPRESENTATIVE_BEAT" codeSystem="${ACT}" codeSystemName="ActCode" displayName="Averaged fetal beat, an estimate"/>
${effectiveTime}
<component><sequenceSet>
<component><sequence>${act('TIME_RELATIVE')}<value xsi:type="GLIST_PQ"><head value="${second(beat.t_s[0])}" unit="s"/><increment value="${period(beat.fs)}" unit="s"/></value></sequence></component>
<component><sequence>${own('FECG_ECG_LEAD_FETAL_ESTIMATE_AVERAGED', 'fECG, averaged beat, fetal estimate')}${listHead(scale)}${digits(beat.uv, scale)}</digits></value></sequence></component>
</sequenceSet></component>
<subjectOf><annotationSet>${authorOf(result)}
${intervals.join('')}</annotationSet></subjectOf>
</derivedSeries></derivation>
`
}
