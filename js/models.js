// models.js — trained weights: fetched when a method first needs them, kept in the engine's memory, and
// shared by all extractions of that engine.
import { abandoned } from './engine.js'
import { FecgError, expect } from './error.js'
import { fetched } from './fetched.js'

/** @typedef {import('./engine.js').Engine} Engine */
/** @typedef {import('./types.js').ModelSource} ModelSource */

const FHNET = new URL('../models/fhnet/fhnet.safetensors', import.meta.url)

/** @param {unknown} source @returns {source is ModelSource} */
export const isModelSource = (source) =>
  typeof source === 'string' || source instanceof URL || source instanceof ArrayBuffer || ArrayBuffer.isView(source)

/** Weights of a network. */
export class Model {
  #engine
  #handle
  #users = 0
  #open = true

  /** @param {Engine} engine @param {number} handle fecg_model, which this now owns */
  constructor(engine, handle) {
    const { calls } = engine
    this.#engine = engine
    this.#handle = handle
    this.name = engine.text(calls.fecg_model_name(handle))
    /** SHA-256 of the file, in hexadecimal. */
    this.sha256 = engine.text(calls.fecg_model_sha256(handle))
    abandoned.register(this, () => calls.fecg_model_destroy(handle), this)
  }

  /** A value of the file's metadata, '' where there is none. @param {string} key @returns {string} */
  metadata(key) {
    expect(typeof key === 'string', 'a key of the metadata is a string')
    if (!this.#handle) throw new FecgError('STATE', 'the model is closed')
    return this.#engine.text(this.#engine.call('fecg_model_metadata', this.#handle, key))
  }

  /** Whether close() was called. */
  get closed() {
    return !this.#open
  }

  /** Gives its memory back, once no extraction uses it any more. */
  close() {
    this.#open = false
    this.#settle()
  }

  /**
   * Runs work with the handle, which stays until the work is done.
   * @template T
   * @param {Engine} engine
   * @param {(handle: number) => Promise<T>} work
   * @returns {Promise<T>}
   */
  async use(engine, work) {
    expect(engine === this.#engine, 'the model belongs to another engine')
    if (!this.#open) throw new FecgError('STATE', 'the model is closed')
    this.#users++
    try {
      return await work(this.#handle)
    } finally {
      this.#users--
      this.#settle()
    }
  }

  #settle() {
    if (this.#open || this.#users || !this.#handle) return
    abandoned.unregister(this)
    this.#engine.calls.fecg_model_destroy(this.#handle)
    this.#handle = 0
  }
}

/** The bytes of a source and the file they are from. @param {ModelSource} source */
async function read(source) {
  if (source instanceof ArrayBuffer) return { bytes: new Uint8Array(source), file: null }
  if (ArrayBuffer.isView(source)) return { bytes: new Uint8Array(source.buffer, source.byteOffset, source.byteLength), file: null }
  const { url, bytes } = await fetched(source)
  return { bytes: await bytes(), file: url }
}

/**
 * @param {Engine} engine
 * @param {ModelSource} source
 * @returns {Promise<Model>}
 * @throws {FecgError} MISSING, FORMAT, UNSUPPORTED, MEMORY
 */
export async function openModel(engine, source) {
  expect(isModelSource(source), 'a model is a URL or bytes')
  const { bytes, file } = await read(source)
  const status = engine.call('abi_model_create', bytes, bytes.length, engine.cells)
  const [handle, error] = engine.u32(engine.cells, 2)
  if (status === 0) return new Model(engine, handle)
  const [told] = error ? engine.diagnostics(error, 1) : []
  if (error) engine.free(error)
  const { code, message } = engine.error(status, told?.message)
  throw new FecgError(code, message, { offset: told?.offset ?? null, file })
}

/** The weights that an engine takes where none are named, fetched once. */
export class Models {
  #engine
  #source
  /** @type {Promise<Model> | undefined} */
  #fhnet

  /** @param {Engine} engine @param {import('./types.js').ModelSources} [sources] */
  constructor(engine, sources) {
    const named = sources ?? {}
    const source = isModelSource(named) || typeof named !== 'object' ? named : named.fhnet
    expect(source === undefined || isModelSource(source), 'models is a URL, bytes, or { fhnet: URL or bytes }')
    this.#engine = engine
    this.#source = source ?? FHNET
  }

  /** @returns {Promise<Model>} */
  async fhnet() {
    const open = await this.#fhnet
    if (open && !open.closed) return open
    if (open) this.#fhnet = undefined // closed by someone: opened anew
    this.#fhnet ??= openModel(this.#engine, this.#source).catch((error) => {
      this.#fhnet = undefined // a failed download may be tried again
      throw error.code === 'MISSING' ? new FecgError('MISSING', `the weights of FHNet cannot be had: ${error.message}`, { file: error.file, cause: error }) : error
    })
    return this.#fhnet
  }
}
