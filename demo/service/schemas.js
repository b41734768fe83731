// schemas.js — the shapes that go in and out, as JSON Schema: what a request is checked by, and what /openapi.json tells.

/** @typedef {Record<string, any>} Schema */

/** All of these keys and no others; a key that ends in ? may be absent. @param {Record<string, Schema>} properties @param {Schema} [more] @returns {Schema} */
const object = (properties, more) => ({
  type: 'object', additionalProperties: false,
  properties: Object.fromEntries(Object.entries(properties).map(([key, schema]) => [key.replace(/\?$/, ''), schema])),
  required: Object.keys(properties).filter((key) => !key.endsWith('?')), ...more,
})
const list = (/** @type {Schema} */ items, more = {}) => ({ type: 'array', items, ...more })
const oneOf = (/** @type {(string | number | boolean)[]} */ ...values) => ({ enum: values })
const orNull = (/** @type {Schema} */ schema) => ({ ...schema, type: [schema.type, 'null'] })
const number = { type: 'number' }, text = { type: 'string' }, truth = { type: 'boolean' }, count = { type: 'integer', minimum: 0 }, share = { type: 'number', minimum: 0, maximum: 1 }

// ---- fecg.error/1 ----

export const error = {
  $id: 'Error', title: 'fecg.error/1', description: 'What was wrong, where, and what was expected',
  ...object({
    schema: { const: 'fecg.error/1' },
    source: object({ file: { type: 'null', description: 'a request has no file name' } }),
    error: object({ code: { type: 'string', description: 'ARGUMENT, FORMAT, UNSUPPORTED, RATE, MISSING, LEADS, MEMORY as the package has them; of the service TYPE, LIMIT, BUSY, TIMEOUT, NOT_FOUND, REQUEST, FULL, INTERNAL' },
      message: text, offset: { ...orNull(count), description: 'byte, or line of a CSV' } }),
  }),
}

// ---- fecg.extract/1 ----

const rate = object({ t_s: list(number), bpm: list(orNull(number)) })
const term = (/** @type {Record<string, Schema>} */ value) => object({ reason: orNull(text), definition: text, ...value })
const counted = term({ count: orNull(count) }), present = term({ present: orNull(truth) })
const stretch = (/** @type {Record<string, Schema>} */ value) => list(object({ t_s: number, duration_s: number, ...value }))
const both = {
  baseline: term({ stretches: stretch({ bpm: orNull(number), reason: orNull(text) }) }),
  accelerations: counted, decelerations: counted, prolonged_decelerations: counted, tachycardia: present, bradycardia: present,
}
const terms = object({
  figo: object({ ...both, variability: term({ bandwidth_bpm: orNull(number), class: orNull(text) }) }),
  nichd: object({ ...both, prolonged_accelerations: counted, variability: term({ stretches: stretch({ bandwidth_bpm: orNull(number), class: orNull(text) }) }) }),
  rhythm: term({ irregular: orNull(truth), premature_beats: orNull(count) }),
})
const beat = object({ fs: number, 'lead?': text, t_s: list(number), uv: list(number), ...Object.fromEntries(['pr', 'qrs', 'qt'].flatMap((key) => [`${key}_ms`, `${key}_ms_sd`]).map((key) => [key, orNull(number)])) })

export const extracted = {
  $id: 'Extract', title: 'fecg.extract/1', description: 'Seconds from the start; what is not known is null. Research use; not a medical device.',
  ...object({
    schema: { const: 'fecg.extract/1' },
    source: object({ file: { type: 'null' }, fs: number, duration_s: number, leads: list(text) }),
    method: oneOf('classical', 'network', 'fhnet'),
    maternal: object({ peaks_s: list(number), rate }),
    fetal: object({
      present: truth, peaks_s: list(number), confidence: list(share), interpolated: list(truth), rate,
      summary: object({ baseline_bpm: orNull(number), stv_ms: orNull(number), ltv_bpm: orNull(number), coverage: share }),
      events: list(object({ type: text, t_s: number, duration_s: number, definition: text })), terms: orNull(terms), beat: orNull(beat),
    }),
    quality: object({ fetal: share, reason: orNull(text), leads: list(object({ label: text, quality: share, state: text })) }),
    attribution: orNull(object({ leads: list(object({ label: text, contribution: number })), t_s: list(number), time: list(orNull(number)) })),
    diagnostics: list(object({ code: text, message: text, offset: orNull(count) })),
    version: object({ engine: text, model: orNull(text), model_sha256: orNull(text), simd: text }),
  }),
}

const INSTANT = { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?(Z|[+-]\\d\\d:\\d\\d)$', maxLength: 40 }

export const query = object({
  'leads?': { type: 'string', minLength: 1, maxLength: 1000, description: 'labels or zero-based numbers, with commas between them; without: those whose label says abdomen' },
  'fs?': { type: 'number', exclusiveMinimum: 0, maximum: 1e6, description: 'Hz, of a CSV that does not tell its rate' },
  'unit?': { ...oneOf('uV', 'mV', 'V'), type: 'string', description: "of the samples; without: the recording's own" },
  'mains?': { ...oneOf('50', '60', 'auto'), type: 'string' },
  'method?': { ...oneOf('classical', 'network', 'fhnet'), type: 'string', description: 'without: fhnet' },
  'start?': { ...INSTANT, description: 'when the recording began, as 2026-01-31T14:05:00+01:00: the time of FHIR Observations' },
})

// ---- FHIR R4, as fetal-ecg/export writes it: Observations of rates and measures; of the signals themselves none ----

const word = { type: 'string', minLength: 1, maxLength: 2000 }
const LOINC = 'http://loinc.org', MDC = 'urn:iso:std:iso:11073:10101'
const coding = (/** @type {Schema} */ system, /** @type {Schema} */ code) => list(object({ system, code, 'display?': word }), { minItems: 1, maxItems: 1 })
/** The rate of the fetus or of the mother, and no electric potential (131328). */
const RATES = [['55283-6', LOINC], ['147842', MDC]]
const rated = { oneOf: RATES.map(([code, system]) => object({ coding: coding({ const: system }, { const: code }), text: word })) }
const concept = object({ 'coding?': coding({ ...word, pattern: '^http://terminology\\.hl7\\.org/CodeSystem/' }, word), text: word })
const quantity = object({ value: number, unit: word, system: { const: 'http://unitsofmeasure.org' }, code: word })
const series = object({
  origin: quantity, factor: { type: 'number', exclusiveMinimum: 0 }, dimensions: { const: 1 },
  period: { type: 'number', minimum: 250, description: 'ms: four values a second at most, which is a rate and no signal' },
  data: { type: 'string', maxLength: 1024 * 1024, pattern: '^(E|-?\\d{1,6})?( (E|-?\\d{1,6}))*$' },
})
const reference = object({ 'reference?': word, 'display?': word, 'identifier?': object({ 'system?': word, value: word }) }, { minProperties: 1 })
const component = { anyOf: [object({ code: rated, valueSampledData: series }),
  object({ code: object({ text: word }), 'valueQuantity?': quantity, 'valueString?': word, 'valueInteger?': { type: 'integer' }, 'valueBoolean?': truth, 'dataAbsentReason?': concept })] }
const device = object({
  resourceType: { const: 'Device' }, id: { const: 'software' }, deviceName: list(object({ name: word, type: word }), { maxItems: 4 }), type: concept, version: list(object({ value: word }), { maxItems: 8 }),
})
const period = object({ start: INSTANT, end: INSTANT })
const testData = object({ security: list(object({ system: { const: 'http://terminology.hl7.org/CodeSystem/v3-ActReason' }, code: { const: 'HTEST' }, display: word }), { minItems: 1, maxItems: 1 }) },
  { description: 'of nobody: a page that was tried without a device' })

/** @param {string} $id @param {boolean} timed whether each Observation says of which time it is */
const bundle = ($id, timed) => ({
  $id, description: 'FHIR R4: a transaction of Observations as fetal-ecg/export makes them without signals',
  ...object({
    resourceType: { const: 'Bundle' }, type: { const: 'transaction' },
    entry: list(object({
      resource: object({
        resourceType: { const: 'Observation' }, 'meta?': testData, contained: list(device, { minItems: 1, maxItems: 1 }), status: { const: 'preliminary' },
        category: list(concept, { minItems: 1, maxItems: 2 }), code: rated, 'subject?': reference, 'focus?': list(reference, { minItems: 1, maxItems: 1 }),
        [timed ? 'effectivePeriod' : 'effectivePeriod?']: period, 'dataAbsentReason?': concept, note: list(object({ text: word }), { minItems: 1, maxItems: 64 }), method: concept,
        device: object({ reference: { const: '#software' } }), 'component?': list(component, { minItems: 1, maxItems: 4096 }),
      }),
      request: object({ method: { const: 'POST' }, url: { const: 'Observation' } }),
    }), { minItems: 1, maxItems: 4 }),
  }),
})
export const resultBundle = bundle('ResultBundle', false)
export const patchBundle = bundle('PatchBundle', true)

/**
 * What a schema cannot say of a patch's bundle: its times pass, and have no more values in them than a rate has.
 * @param {{ entry: { resource: Record<string, any> }[] }} bundle
 * @returns {string | null} what is wrong
 */
export function untimely({ entry }) {
  for (const { resource: { effectivePeriod: { start, end }, component = [] } } of entry) {
    const seconds = (Date.parse(end) - Date.parse(start)) / 1000
    if (!(seconds > 0)) return `effectivePeriod is from ${start} to ${end}, expected times of which the second is later`
    const values = component.reduce((/** @type {number} */ n, /** @type {any} */ { valueSampledData }) => n + (valueSampledData?.data.split(' ').length ?? 0), 0)
    if (values > 4 * seconds + 1) return `valueSampledData has ${values} values in ${seconds} s, expected four a second at most`
  }
  return null
}

export const taken = {
  $id: 'Taken', description: 'FHIR R4: 201 Created for what is new, 200 OK for what was there already',
  ...object({
    resourceType: { const: 'Bundle' }, type: { const: 'transaction-response' },
    entry: list(object({ response: object({ status: oneOf('201 Created', '200 OK'), etag: text }) })),
  }),
}

export const health = {
  $id: 'Health',
  ...object({ status: oneOf('ok', 'ending'), engine: text, threads: count, busy: { ...count, description: 'requests that have a place: arriving, waiting and being worked' }, places: count,
    answered: { ...count, description: 'of /extract, with a result' }, refused: { ...count, description: 'for want of a place' }, stopped: { ...count, description: 'at the time limit' } }),
}
