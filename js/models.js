// models.js — trained weights: fetched when a method first needs them, kept in the engine's memory, and
// shared by all extractions of that engine.
import { abandoned } from './engine.js'
import { FecgError, expect } from './error.js'
import { fetched, own } from './fetched.js'
import { unlessAborted } from './pace.js'

/** @typedef {import('./engine.js').Engine} Engine */
/** @typedef {import('./types.js').ModelSource} ModelSource */

const OWN = {
  fhnet: () => new URL('../models/fhnet/fhnet.safetensors', import.meta.url),
  ecgnet: () => new URL('../models/ecgnet/ecgnet.safetensors', import.meta.url),
}
const TITLES = { fhnet: 'FHNet', ecgnet: 'ECGNet' }
/** @typedef {'fhnet' | 'ecgnet'} Network */

/** @param {unknown} source @returns {source is ModelSource} */
export const isModelSource = (source) =>
  typeof source === 'string' || source instanceof URL || source instanceof ArrayBuffer || ArrayBuffer.isView(source)

/** Weights of a network, as Fecg.model() gives them. */
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
    /** As the file has it, '' where it has none. */
    this.name = engine.text(calls.fecg_model_name(handle))
    /** SHA-256 of the file, in hexadecimal. */
    this.sha256 = engine.text(calls.fecg_model_sha256(handle))
    /** Which network they are of. @type {Network} */
    this.network = /** @type {Network} */ (engine.text(calls.fecg_model_architecture(handle)))
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
   * @internal
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

/** The error of weights that are of another network. @param {Model} model @param {Network} network */
export const otherNetwork = (model, network) => new FecgError('UNSUPPORTED', `the weights are of ${TITLES[model.network]}, expected those of ${TITLES[network]}`)

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

/** The weights that an engine takes where none are named, fetched once each. */
export class Models {
  #engine
  /** @type {{ [network in Network]?: ModelSource | undefined }} */
  #sources
  /** @type {{ [network in Network]?: Promise<Model> }} */
  #open = {}

  /** @param {Engine} engine @param {import('./types.js').ModelSources} [sources] */
  constructor(engine, sources) {
    const named = sources ?? {}
    const given = isModelSource(named) ? { fhnet: named } : named
    expect(typeof given === 'object' && Object.entries(given).every(([key, source]) => Object.hasOwn(OWN, key) && (source === undefined || isModelSource(source))),
      'models is a URL or bytes of FHNet, or { fhnet, ecgnet }: URLs or bytes')
    this.#engine = engine
    this.#sources = given
  }

  /** @param {Network} network @returns {Promise<Model>} */
  async get(network) {
    const open = await this.#open[network]
    if (open && !open.closed) return open
    if (open) this.#open[network] = undefined // closed by someone: opened anew
    this.#open[network] ??= openModel(this.#engine, this.#sources[network] ?? own(`models: { ${network} }`, OWN[network])).catch((error) => {
      this.#open[network] = undefined // a failed download may be tried again
      throw error.code === 'MISSING' ? new FecgError('MISSING', `the weights of ${TITLES[network]} cannot be had: ${error.message}`, { file: error.file, cause: error }) : error
    })
    return /** @type {Promise<Model>} */ (this.#open[network])
  }
}

/**
 * Runs work with the weights that are asked for: a Model, those of a source for this once, or the engine's own.
 * @template T
 * @param {Engine} engine
 * @param {Models} models
 * @param {Network} network whose own weights stand in where none are named
 * @param {Model | ModelSource | undefined} model
 * @param {AbortSignal | undefined} signal
 * @param {(handle: number) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withModel(engine, models, network, model, signal, work) {
  const use = (/** @type {Model} */ m) => {
    if (m.network !== network) throw otherNetwork(m, network)
    return m.use(engine, work)
  }
  if (model instanceof Model) return use(model)
  if (model === undefined) return use(await unlessAborted(models.get(network), signal))
  const own = await unlessAborted(openModel(engine, model), signal)
  try {
    return await use(own)
  } finally {
    own.close()
  }
}
