// result.js — what became of one recording, as a line of results.ndjson.
import { FecgError } from '../error.js'

/**
 * A document of fecg.extract/1 or fecg.error/1, whose source also has `record` and `sha256`, as a line of JSON without its end;
 * the error in it, or null; how many seconds of signal it tells of.
 * @typedef {{ line: string, error: { code: string, message: string, offset: number | null } | null, seconds: number }} Result
 */

/**
 * The result of a recording that gave none.
 * @param {{ record: string, file: string, sha256: string | null }} source
 * @param {any} thrown
 * @returns {Result}
 */
export function failure(source, thrown) {
  const known = thrown instanceof FecgError
  const inner = known && thrown.file && !source.file.endsWith(thrown.file) ? `${thrown.file}: ` : '' // a file that a header names
  const error = { code: known ? thrown.code : 'INTERNAL', message: inner + (thrown?.message ?? String(thrown)), offset: known ? thrown.offset : null }
  return { line: JSON.stringify({ schema: 'fecg.error/1', source, error }), error, seconds: 0 }
}
