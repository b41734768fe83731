/**
 * fhir.js — a result as FHIR R4 (4.0.1): a Bundle of Observations, each complete in itself, with the software as a contained
 * Device. Series are SampledData as https://hl7.org/fhir/R4/datatypes.html#SampledData tells, "E" where nothing is known.
 *
 * The fetal heart rate is LOINC 55283-6, other signals are codes of ISO/IEEE 11073-10101; measures that neither names have
 * their name as text. The mother's rate is not given LOINC 8867-4: R4 wants a single value under it (profile heartrate).
 * The Bundle is a transaction, so that a server takes it as it is; nobody is named in it unless the caller does.
 */
import { expect, optionsOf } from '../error.js'
import { clock, EVENTS, REASONS, TERM_REASONS } from '../words.js'
import { instantOf, later } from './instant.js'

/** @typedef {import('../types.js').ExtractResult} ExtractResult */
/** @typedef {import('../types.js').Rate} Rate */
/** @typedef {{ reference?: string, display?: string, identifier?: { system?: string, value: string } }} Reference */
/** @typedef {{ value: number, unit: string, system: string, code: string }} Quantity */
/** @typedef {{ coding?: { system: string, code: string, display: string }[], text: string }} CodeableConcept */
/** @typedef {{ origin: Quantity, period: number, factor: number, dimensions: number, data: string }} SampledData */
/**
 * @typedef {{ valueQuantity?: Quantity, valueSampledData?: SampledData, valueString?: string, valueInteger?: number, valueBoolean?: boolean,
 *   dataAbsentReason?: CodeableConcept }} Value
 * @typedef {{ code: CodeableConcept } & Value} Component
 * @typedef {object} Observation
 * @property {'Observation'} resourceType
 * @property {object[]} contained
 * @property {'preliminary'} status
 * @property {CodeableConcept[]} category
 * @property {CodeableConcept} code
 * @property {Reference} [subject]
 * @property {Reference[]} [focus]
 * @property {{ start: string, end: string }} [effectivePeriod]
 * @property {CodeableConcept} [dataAbsentReason]
 * @property {{ text: string }[]} note
 * @property {CodeableConcept} method
 * @property {Reference} device
 * @property {Component[]} [component]
 * @typedef {{ resourceType: 'Bundle', type: 'transaction', entry: { resource: Observation, request: { method: 'POST', url: 'Observation' } }[] }} Bundle
 */

/**
 * @typedef {object} FhirOptions
 * @property {string | Date} [start] when the recording began: a Date, or an instant as FHIR writes it, with its zone
 * @property {Reference} [subject] the mother, as the receiver knows her; undefined: nobody is named
 * @property {boolean} [signals] also the fetal and maternal ECG of each lead; the result then has signals
 */

const LOINC = 'http://loinc.org', MDC = 'urn:iso:std:iso:11073:10101', UCUM = 'http://unitsofmeasure.org'
const TERMINOLOGY = 'http://terminology.hl7.org/CodeSystem'
const MOST_CHARACTERS = 1_000_000 // of a series; a FHIR string has at most 1024 * 1024
const DIGITS = 32767 // steps of a signal either side of zero
const BPM_STEP = 0.1

const unit = (/** @type {string} */ code, human = code) => ({ unit: human, system: UCUM, code })
const PER_MINUTE = unit('/min', 'beats/min'), MS = unit('ms'), PERCENT = unit('%'), MICROVOLT = unit('uV', 'µV')

/** @param {string} system @param {string} code @param {string} display @param {string} [text] @returns {CodeableConcept} */
const coded = (system, code, display, text = display) => ({ coding: [{ system, code, display }], text })
const FETAL_RATE = coded(LOINC, '55283-6', 'Fetal Heart rate')
const RATE = (/** @type {string} */ text) => coded(MDC, '147842', 'MDC_ECG_HEART_RATE', text)
const POTENTIAL = (/** @type {string} */ text) => coded(MDC, '131328', 'MDC_ECG_ELEC_POTL', text)

/**
 * A result as FHIR R4: a transaction Bundle of Observations (docs/exports.md).
 * @param {ExtractResult} result
 * @param {FhirOptions | null} [options]
 * @returns {Bundle}
 * @throws {import('../error.js').FecgError} ARGUMENT where an option is not as described
 * @example
 * import { toFhir } from 'fetal-ecg/export'
 * const bundle = toFhir(result, { start: '2026-01-31T14:05:00+01:00', subject: { reference: 'Patient/1' } })
 * console.log(bundle.entry.map(({ resource }) => resource.code.text))
 */
export function toFhir(result, options) {
  const { start, subject, signals: withSignals } = optionsOf(options)
  const { fetal, maternal, source, quality, signals } = result
  expect(!withSignals || signals, 'the result has no signals; extract() gives them with the option signals: true')
  const shared = common(result, start, subject)
  const fetalFocus = { focus: [{ display: 'Fetus' }] }
  /** @type {Observation[]} */
  const observations = [fetal.present
    ? { ...shared, code: FETAL_RATE, ...fetalFocus, component: fetalComponents(result) }
    : { ...shared, code: FETAL_RATE, ...fetalFocus, dataAbsentReason: absent(`no fetal heart was found: ${REASONS[quality.reason ?? ''] ?? quality.reason}`) }]
  if (maternal.peaks_s.length) observations.push({ ...shared, code: RATE('Maternal heart rate'), component: rateSeries(RATE('Maternal heart rate'), maternal.rate) })
  if (withSignals && signals) {
    for (const [key, text] of /** @type {const} */ ([['fetal', 'Fetal ECG'], ['maternal', 'Maternal ECG']])) {
      if (key === 'fetal' && !fetal.present) continue
      observations.push({ ...shared, code: POTENTIAL(`${text}, separated`), ...(key === 'fetal' ? fetalFocus : {}),
        component: source.leads.flatMap((lead, i) => potentialSeries(`${text}, lead ${lead}`, signals[key][i], signals.fs)) })
    }
  }
  return { resourceType: 'Bundle', type: 'transaction', entry: observations.map((resource) => ({ resource, request: { method: 'POST', url: 'Observation' } })) }
}

/**
 * What every Observation says alike.
 * @param {ExtractResult} result
 * @param {string | Date | undefined} start
 * @param {Reference | undefined} subject
 * @returns {Omit<Observation, 'code'>}
 */
function common({ source, method, version, diagnostics }, start, subject) {
  const began = instantOf(start)
  const versions = [`fetal-ecg ${version.engine} (${version.simd})`, ...(version.model ? [`model ${version.model}, SHA-256 ${version.model_sha256}`] : [])]
  return {
    resourceType: 'Observation',
    contained: [{ resourceType: 'Device', id: 'software', deviceName: [{ name: 'fetal-ecg', type: 'model-name' }], type: { text: 'Software for fetal ECG extraction' },
      version: versions.map((value) => ({ value })) }],
    status: 'preliminary',
    category: [coded(`${TERMINOLOGY}/observation-category`, 'procedure', 'Procedure')],
    ...(subject ? { subject } : {}),
    ...(began === undefined ? {} : { effectivePeriod: { start: began, end: later(began, source.duration_s) } }),
    note: ['Research use; not a medical device.', ...diagnostics.map((d) => `${d.code}: ${d.message}`)].map((text) => ({ text })),
    method: { text: `Abdominal ECG, ${source.leads.length} lead${source.leads.length === 1 ? '' : 's'} at ${source.fs} Hz, method ${method}` },
    device: { reference: '#software' },
  }
}

/** @param {ExtractResult} result @returns {Component[]} */
function fetalComponents({ fetal, quality }) {
  const { summary, beat, terms, peaks_s, interpolated, events } = fetal
  const component = (/** @type {string} */ text, /** @type {Value} */ value) => ({ code: { text }, ...value })
  const guessed = interpolated.filter(Boolean).length
  /** @type {Component[]} */
  const components = [
    ...rateSeries(FETAL_RATE, fetal.rate),
    component('Fetal heart rate baseline', quantity(summary.baseline_bpm, PER_MINUTE)),
    component('Fetal heart rate short-term variability', quantity(summary.stv_ms, MS)),
    component('Fetal heart rate long-term variability', quantity(summary.ltv_bpm, PER_MINUTE)),
    component('Share of the time in which the fetal heart rate is known', quantity(hundredfold(summary.coverage), PERCENT)),
    component('Fetal heart beats', { valueInteger: peaks_s.length }),
    component('Fetal heart beats that were interpolated', { valueInteger: guessed }),
    component('Signal quality of the fetal ECG', quantity(hundredfold(quality.fetal), PERCENT)),
  ]
  if (beat) for (const key of /** @type {const} */ (['pr', 'qrs', 'qt'])) components.push(component(`Fetal ${key.toUpperCase()} interval, averaged beat`, quantity(beat[`${key}_ms`], MS)))
  if (terms) {
    for (const [standard, of] of /** @type {const} */ ([['FIGO 2015', terms.figo], ['NICHD 2008', terms.nichd]])) {
      for (const key of /** @type {const} */ (['accelerations', 'decelerations', 'prolonged_decelerations'])) {
        const { count, reason } = of[key]
        components.push(component(`${sentence(key)}, ${standard}`, count === null ? unknown(reason) : { valueInteger: count }))
      }
      for (const key of /** @type {const} */ (['tachycardia', 'bradycardia'])) {
        const { present, reason } = of[key]
        components.push(component(`${sentence(key)}, ${standard}`, present === null ? unknown(reason) : { valueBoolean: present }))
      }
    }
    const { irregular, reason } = terms.rhythm
    components.push(component('Irregular fetal heart rhythm', irregular === null ? unknown(reason) : { valueBoolean: irregular }))
  }
  for (const { type, t_s, duration_s, definition } of events) components.push(component(`Event: ${EVENTS[type]?.name ?? type}`, { valueString: `at ${clock(t_s)} for ${duration_s} s; ${definition}` }))
  return components
}

const hundredfold = (/** @type {number} */ share) => Number((100 * share).toFixed(2))
const sentence = (/** @type {string} */ key) => (key[0].toUpperCase() + key.slice(1)).replaceAll('_', ' ')

/** @param {number | null} value @param {Omit<Quantity, 'value'>} of @returns {Value} */
const quantity = (value, of) => (value === null || !Number.isFinite(value) ? { dataAbsentReason: absent('could not be measured') } : { valueQuantity: { value, ...of } })

/** @param {string} text @returns {CodeableConcept} */
const absent = (text) => coded(`${TERMINOLOGY}/data-absent-reason`, 'unknown', 'Unknown', text)

/** @param {string | null} reason @returns {Value} */
const unknown = (reason) => ({ dataAbsentReason: absent(TERM_REASONS[reason ?? ''] ?? 'not known') })

/** @param {CodeableConcept} code @param {Rate} rate */
const rateSeries = (code, { bpm }) =>
  series(code, 250, PER_MINUTE, BPM_STEP, bpm.length, (i) => (bpm[i] === null ? NaN : bpm[i] / BPM_STEP))

/** @param {string} text @param {Float32Array} samples @param {number} fs */
function potentialSeries(text, samples, fs) {
  let most = 0
  for (const v of samples) if (Math.abs(v) > most) most = Math.abs(v)
  const step = most > 0 ? Number((most / DIGITS).toPrecision(4)) : 1
  return series(POTENTIAL(text), Number((1000 / fs).toPrecision(12)), MICROVOLT, step, samples.length, (i) => samples[i] / step)
}

/**
 * Samples as components; where they are too many for a string, as several, each saying where it begins.
 * @param {CodeableConcept} code
 * @param {number} period ms
 * @param {Omit<Quantity, 'value'>} of
 * @param {number} factor the unit's share that a step stands for
 * @param {number} count
 * @param {(i: number) => number} steps of sample i; NaN: not known
 * @returns {Component[]}
 */
function series(code, period, of, factor, count, steps) {
  /** @type {{ from: number, data: string }[]} */
  const parts = []
  for (let i = 0; i < count;) {
    const from = i
    let data = ''
    for (; i < count && data.length < MOST_CHARACTERS; i++) {
      const v = steps(i)
      data += (i > from ? ' ' : '') + (Number.isFinite(v) ? String(Math.round(v)) : 'E')
    }
    parts.push({ from, data })
  }
  return parts.map(({ from, data }) => ({
    code: parts.length === 1 ? code : { ...code, text: `${code.text}, from ${Number((from * period / 1000).toFixed(6))} s` },
    valueSampledData: { origin: { value: 0, ...of }, period, factor, dimensions: 1, data },
  }))
}
