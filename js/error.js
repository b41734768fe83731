// error.js — the one error type of the package.

/**
 * `code` is one of the engine's status words: ARGUMENT, MEMORY, FORMAT, UNSUPPORTED, RATE, MISSING, LEADS,
 * STATE, INTERNAL; or SIMD, where the runtime cannot run the engine.
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
