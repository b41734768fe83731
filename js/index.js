// index.js — the package: load() gives the engine with its calls. The same files run in node and browsers.
import { EdfWriter } from './edf.js'
import { Engine } from './engine.js'
import { extract } from './extract.js'
import { annotations, read } from './recording.js'
import { defaults, simulate } from './simulate.js'

export { FecgError } from './error.js'

/** @typedef {import('./types.js').ReadInput} ReadInput */
/** @typedef {import('./types.js').ReadOptions} ReadOptions */
/** @typedef {import('./types.js').ExtractOptions} ExtractOptions */
/** @typedef {import('./types.js').ExtractResult} ExtractResult */
/** @typedef {import('./types.js').SimulateOptions} SimulateOptions */
/** @typedef {import('./recording.js').Recording} Recording */

/** The engine, loaded. Its calls may run at the same time. */
export class Fecg {
  #engine

  /** @param {Engine} engine */
  constructor(engine) {
    this.#engine = engine
    this.version = engine.version
    /** How the engine was built: "simd128" or "scalar". */
    this.simd = engine.simd
  }

  /**
   * Opens a recording: EDF, EDF+, BDF, WFDB, CSV or TSV; nothing but its header is read yet.
   * @param {ReadInput} input
   * @param {ReadOptions | null} [options]
   */
  read(input, options) {
    return read(this.#engine, input, options)
  }

  /**
   * Fetal and maternal beats, rate, averaged beat, quality, and on request the separated signals. The
   * event loop has its turn, and an abort is seen, between segments of a minute; a segment of four leads
   * takes some tenths of a second, one of 32 leads seconds. For a page that stays smooth, call it in a worker.
   * @param {Recording} recording
   * @param {ExtractOptions | null} [options]
   */
  extract(recording, options) {
    return extract(this.#engine, recording, options)
  }

  /** A simulated recording with its truth. @param {SimulateOptions | null} [options] */
  simulate(options) {
    return simulate(this.#engine, options)
  }

  /** The options of simulate() as they are when not given. */
  get simulateDefaults() {
    return defaults(this.#engine)
  }

  /** Writes EDF+; close() it in the end. @param {import('./types.js').EdfChannel[]} channels */
  edfWriter(channels) {
    return new EdfWriter(this.#engine, channels)
  }

  /** Reads an MIT-format annotation file (.qrs, .fqrs, .atr). @param {Uint8Array} bytes @param {number} fs Hz */
  annotations(bytes, fs) {
    return annotations(this.#engine, bytes, fs)
  }
}

/** @type {Promise<Fecg> | undefined} */
let loaded

/**
 * Loads the engine, once: later calls give the same. With { wasm } a new one is made from that URL,
 * those bytes, or that WebAssembly.Module.
 * @param {{ wasm?: import('./engine.js').WasmSource } | null} [options]
 * @returns {Promise<Fecg>}
 */
export function load(options) {
  const wasm = options?.wasm
  if (wasm !== undefined) return Engine.load(wasm).then((engine) => new Fecg(engine))
  loaded ??= Engine.load().then((engine) => new Fecg(engine), (error) => {
    loaded = undefined // a failed download may be tried again
    throw error
  })
  return loaded
}
