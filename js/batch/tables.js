// tables.js — the results of a job in their order: results.ndjson, and the tables summary.csv, a line a recording, and
// beats.csv, a line a beat. Columns have one type each and an empty field is null, so that they become Parquet as they are.
import { join } from 'node:path'
import { Draft } from './draft.js'
import { median } from '../floats.js'

/** @typedef {string | number | boolean | null | undefined} Cell */

/** The files, in the order in which they are written. */
export const TABLES = ['results.ndjson', 'summary.csv', 'beats.csv']

/** A number of a column of reals, which a whole one among them does not make a column of integers. @param {number | null | undefined} v @returns {Cell} */
const real = (v) => (Number.isInteger(v) ? `${v}.0` : v)

/** Columns of summary.csv: of every document, of extract's, of an error's. @type {Record<string, (document: any) => Cell>} */
const SOURCE = { record: (d) => d.source.record, file: (d) => d.source.file, sha256: (d) => d.source.sha256 }
/** @type {Record<string, (document: any) => Cell>} */
const EXTRACT = {
  duration_s: (d) => real(d.source.duration_s),
  fs: (d) => real(d.source.fs),
  leads: (d) => d.source.leads.length,
  method: (d) => d.method,
  present: (d) => d.fetal.present,
  reason: (d) => d.quality.reason,
  quality: (d) => real(d.quality.fetal),
  beats: (d) => d.fetal.peaks_s.length,
  interpolated: (d) => d.fetal.interpolated.filter(Boolean).length,
  baseline_bpm: (d) => real(d.fetal.summary.baseline_bpm),
  coverage: (d) => real(d.fetal.summary.coverage),
  stv_ms: (d) => real(d.fetal.summary.stv_ms),
  ltv_bpm: (d) => real(d.fetal.summary.ltv_bpm),
  pr_ms: (d) => real(d.fetal.beat?.pr_ms),
  qrs_ms: (d) => real(d.fetal.beat?.qrs_ms),
  qt_ms: (d) => real(d.fetal.beat?.qt_ms),
  maternal_beats: (d) => d.maternal.peaks_s.length,
  maternal_bpm: (d) => real(median(d.maternal.rate.bpm)),
  diagnostics: (d) => [...new Set(d.diagnostics.map((/** @type {any} */ { code }) => code))].join(' '),
}
/** @type {Record<string, (document: any) => Cell>} */
const ERROR = { error_code: (d) => d.error.code, error_message: (d) => d.error.message, error_offset: (d) => d.error.offset }
/** @type {Record<string, (document: any) => Cell>} */
const VERSION = { engine: (d) => d.version.engine, simd: (d) => d.version.simd, model: (d) => d.version.model, model_sha256: (d) => d.version.model_sha256 }

const COLUMNS = [
  ...Object.entries(SOURCE).map(([name, of]) => ({ name, of, schema: '' })),
  ...Object.entries(EXTRACT).map(([name, of]) => ({ name, of, schema: 'fecg.extract/1' })),
  ...Object.entries(ERROR).map(([name, of]) => ({ name, of, schema: 'fecg.error/1' })),
  ...Object.entries(VERSION).map(([name, of]) => ({ name, of, schema: 'fecg.extract/1' })),
]
const BEATS = ['record', 'kind', 't_s', 'confidence', 'interpolated']

/** A field of RFC 4180. @param {Cell} value */
function field(value) {
  const text = value === null || value === undefined ? '' : String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** @param {Cell[]} cells */
const row = (cells) => `${cells.map(field).join(',')}\r\n`

/** @param {any} document @returns {Cell[]} */
const summary = (document) => COLUMNS.map(({ of, schema }) => (schema === '' || schema === document.schema ? of(document) : null))

/** Beats in order of time. @param {any} document @returns {Cell[][]} */
function beats({ schema, source: { record }, fetal, maternal }) {
  if (schema !== 'fecg.extract/1') return []
  return [
    ...fetal.peaks_s.map((/** @type {number} */ t, /** @type {number} */ i) => [record, 'fetal', t, real(fetal.confidence[i]), fetal.interpolated[i]]),
    ...maternal.peaks_s.map((/** @type {number} */ t) => [record, 'maternal', t, null, null]),
  ].sort((a, b) => a[2] - b[2]).map(([r, kind, t, ...rest]) => [r, kind, real(t), ...rest])
}

/**
 * Writes the three files of a job; each appears when it is whole.
 * @param {string} folder
 * @param {AsyncIterable<string>} lines documents in the order that they are to have
 * @returns {Promise<{ done: number, errors: Record<string, number> }>} how many gave a result, how many which error
 */
export async function writeTables(folder, lines) {
  /** @type {Draft[]} */
  const drafts = []
  try {
    for (const name of TABLES) drafts.push(await Draft.create(join(folder, name)))
    const [results, table, long] = drafts
    await table.write(row(COLUMNS.map(({ name }) => name)))
    await long.write(row(BEATS))
    let done = 0
    /** @type {Record<string, number>} */
    const errors = {}
    for await (const line of lines) {
      const document = JSON.parse(line)
      await results.write(`${line}\n`)
      await table.write(row(summary(document)))
      await long.write(beats(document).map(row).join(''))
      if (document.error) errors[document.error.code] = (errors[document.error.code] ?? 0) + 1
      else done++
    }
    for (const draft of drafts) await draft.done()
    return { done, errors }
  } finally {
    for (const draft of drafts) await draft.discard()
  }
}
