// json.js — the document as it is, without the signals, which have files of their own.

/**
 * The document `fecg.extract/1` as text, without the signals.
 * @param {import('../types.js').ExtractResult} result
 * @returns {string} one line
 */
export function toJson({ signals, ...document }) {
  return JSON.stringify(document) + '\n'
}
