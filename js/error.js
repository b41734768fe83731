// error.js — the one error type of the package.

/**
 * What every call throws or rejects with, but an abort, which rejects with the signal's reason. `message` says what, where and what
 * was expected; `code` is one of these words:
 *
 * - `ARGUMENT`: an argument or option outside its stated range
 * - `FORMAT`: the input is damaged or not what its name or header says
 * - `UNSUPPORTED`: the input is sound but of a kind that is not read
 * - `RATE`: the sampling rate is not given and cannot be known
 * - `MISSING`: a file, port, device or worker cannot be had
 * - `LEADS`: no such lead, or none that can be used
 * - `STATE`: a call out of order, as on what is closed
 * - `MEMORY`: no memory, or a stated limit is reached
 * - `SIMD`: the runtime has no WebAssembly SIMD
 * - `INTERNAL`: a fault of the program
 */
export class FecgError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {{ offset?: number | null, file?: string | null, cause?: unknown }} [more]
   */
  constructor(code, message, { offset = null, file = null, cause } = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'FecgError'
    /** Which of the words above. */
    this.code = code
    /** Byte offset or line number in `file`, null where there is none. @type {number | null} */
    this.offset = offset
    /** The file it speaks of, null where there is none. @type {string | null} */
    this.file = file
  }
}

/**
 * Throws ARGUMENT unless the condition holds.
 * @param {unknown} condition
 * @param {string} message
 * @returns {asserts condition}
 */
export function expect(condition, message) {
  if (!condition) throw new FecgError('ARGUMENT', message)
}

/**
 * Options as they were given; null is as undefined.
 * @template {object} T
 * @param {T | null | undefined} options
 * @returns {Partial<T>}
 */
export function optionsOf(options) {
  expect(options === undefined || typeof options === 'object', 'options are an object')
  return options ?? {}
}
