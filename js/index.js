// index.js — the package: load() gives the engine with its calls. The same files run in node and browsers.
import { classify } from './classify.js'
import { denoise } from './denoise.js'
import { EdfWriter } from './edf.js'
import { Engine } from './engine.js'
import { extract } from './extract.js'
import { Models, openModel } from './models.js'
import { annotations, read } from './recording.js'
import { defaults, simulate } from './simulate.js'
import { LiveStream, rateTerms } from './stream.js'

export { FecgError } from './error.js'

/** @typedef {import('./types.js').ReadInput} ReadInput */
/** @typedef {import('./types.js').ReadOptions} ReadOptions */
/** @typedef {import('./types.js').ExtractOptions} ExtractOptions */
/** @typedef {import('./types.js').ExtractResult} ExtractResult */
/** @typedef {import('./types.js').ClassifyOptions} ClassifyOptions */
/** @typedef {import('./types.js').ClassifyResult} ClassifyResult */
/** @typedef {import('./types.js').SimulateOptions} SimulateOptions */
/** @typedef {import('./types.js').ModelSource} ModelSource */
/** @typedef {import('./recording.js').Recording} Recording */
/** @typedef {import('./models.js').Model} Model */

/** The engine, loaded. Its calls may run at the same time. */
export class Fecg {
  #engine
  #models

  /** @param {Engine} engine @param {Models} models */
  constructor(engine, models) {
    this.#engine = engine
    this.#models = models
    this.version = engine.version
    /** Which module it is: "simd128", or "relaxed" with relaxed SIMD in the networks' products (beats are the same, signals within 1e-3 µV). */
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
   * The weights are fetched with the first extraction that needs them; the method classical needs none.
   * @param {Recording} recording
   * @param {ExtractOptions | null} [options]
   */
  extract(recording, options) {
    return extract(this.#engine, this.#models, recording, options)
  }

  /**
   * The same while it is recorded: push() samples as they come, and get a frame for every second of signal, or pipe through
   * readable and writable. What is told is 1.5 to 2.5 s old, from 10 s on.
   * @param {import('./types.js').StreamOptions} options
   */
  stream(options) {
    return new LiveStream(this.#engine, this.#models, options)
  }

  /**
   * Baseline, variability, events and the terms of two standards of a fetal rate alone, such as a stream has told so far; the
   * same as in a result of extract(), but the rhythm, which needs the beats.
   * @param {(number | null)[]} bpm one value each 0.25 s from the start, null where not known
   */
  rateTerms(bpm) {
    return rateTerms(this.#engine, bpm)
  }

  /**
   * A standard-lead ECG of a born person, the mother included: normal or abnormal, five conditions, intervals, and a level of
   * risk, ten seconds at a time. Never of a fetus. Research use; not a medical device.
   * @param {Recording} recording
   * @param {ClassifyOptions | null} [options]
   */
  classify(recording, options) {
    return classify(this.#engine, this.#models, recording, options)
  }

  /** Which of I II III aVR aVL aVF V1..V6 a label names, as 0 to 11; -1: none. @param {string} label */
  standardLead(label) {
    return this.#engine.call('fecg_standard_lead', String(label))
  }

  /**
   * Leads without baseline wander, mains and muscle noise, at their own rate; waves stay where they are and gaps stay gaps.
   * With a function for signals it takes little memory, however long the recording.
   * @param {Recording} recording
   * @param {import('./types.js').DenoiseOptions | null} [options]
   */
  denoise(recording, options) {
    return denoise(this.#engine, recording, options)
  }

  /**
   * Weights for the option model of extract(): a safetensors file by its URL or bytes; close() it in the end.
   * Without a source: the engine's own weights, which every extraction shares. These need no close().
   * @param {ModelSource} [source]
   * @returns {Promise<Model>}
   */
  model(source) {
    return source === undefined ? this.#models.get('fhnet') : openModel(this.#engine, source)
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

/** @param {import('./types.js').LoadOptions} options */
async function make({ wasm, models }) {
  const engine = await Engine.load(wasm)
  return new Fecg(engine, new Models(engine, models))
}

/**
 * Loads the engine, once: later calls give the same. With { wasm } or { models } a new one is made: wasm is a URL,
 * bytes or a WebAssembly.Module; models the weights, a URL or bytes, also as { fhnet }.
 * @param {import('./types.js').LoadOptions | null} [options]
 * @returns {Promise<Fecg>}
 */
export function load(options) {
  if (options?.wasm !== undefined || options?.models !== undefined) return make(options)
  loaded ??= make({}).catch((error) => {
    loaded = undefined // a failed download may be tried again
    throw error
  })
  return loaded
}
