// json.js — the document as it is, without the signals, which have files of their own.

/** @param {import('../types.js').ExtractResult} result @returns {string} */
export function toJson({ signals, ...document }) {
  return JSON.stringify(document) + '\n'
}
