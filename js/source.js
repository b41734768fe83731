// source.js — a file as random access, whatever the caller has: bytes, a Blob, or random access already.
import { expect } from './error.js'

/** @typedef {import('./types.js').FileSource} FileSource */
/** @typedef {import('./types.js').RandomAccess} RandomAccess */

/** @param {unknown} file @returns {file is RandomAccess} */
const isRandomAccess = (file) => typeof file === 'object' && file !== null && typeof (/** @type {any} */ (file).read) === 'function'

/** @param {unknown} file @returns {file is FileSource} */
export const isFile = (file) =>
  file instanceof ArrayBuffer || ArrayBuffer.isView(file) || (typeof Blob !== 'undefined' && file instanceof Blob) || isRandomAccess(file)

/** @param {FileSource} file @returns {RandomAccess} */
export function randomAccess(file) {
  expect(isFile(file), 'a file is given as a Uint8Array, an ArrayBuffer, a Blob, or { size, read(offset, length) }')
  if (file instanceof ArrayBuffer) file = new Uint8Array(file)
  if (ArrayBuffer.isView(file)) {
    const bytes = new Uint8Array(file.buffer, file.byteOffset, file.byteLength)
    return { size: bytes.length, read: (offset, length) => bytes.subarray(offset, offset + length) }
  }
  if (isRandomAccess(file)) return file
  const blob = file
  return { size: blob.size, read: async (offset, length) => new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer()) }
}
