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
    /** Of the engine. @type {string} */
    this.version = engine.version
    /** Which module it is: "simd128", or "relaxed" with relaxed SIMD in the networks' products (beats are the same, signals within 1e-3 µV). */
    this.simd = engine.simd
  }

  /**
   * Opens a recording: EDF, EDF+, BDF, WFDB, CSV or TSV; nothing but its header is read yet. Or takes samples as they are.
   * @param {ReadInput} input
   * @param {ReadOptions | null} [options]
   * @throws {FecgError} FORMAT: it is damaged, or not what its name or header says; `offset` is the byte or line
   * @throws {FecgError} UNSUPPORTED: it is sound but of a kind that is not read
   * @throws {FecgError} RATE: a CSV that gives no rate, and no option fs
   * @throws {FecgError} MISSING: a file that a WFDB header names is not in `files`
   * @throws {FecgError} ARGUMENT: an input or option of another shape
   * @example
   * const flat = await fecg.read({ fs: 250, leads: ['A1', 'A2'], samples: [new Float32Array(5000), new Float32Array(5000)] })
   * const csv = await fecg.read(new TextEncoder().encode('# fs=500 unit=uV ch=A,B\n1,2\n3,4\n'), { name: 'x.csv' })
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
   * @throws {FecgError} LEADS: no such lead, none that can be used, or more than 32
   * @throws {FecgError} UNSUPPORTED: a lead's rate is not 125 to 4000 Hz, or the weights are of another network
   * @throws {FecgError} FORMAT, MISSING: the samples turn out damaged; the weights cannot be had
   * @throws {FecgError} ARGUMENT, STATE, MEMORY: wrong options; the recording is closed; no memory
   * @example
   * const { fetal, quality, signals } = await fecg.extract(recording, { signals: true })
   * if (fetal.present) console.log(`${fetal.summary.baseline_bpm} bpm, ${fetal.peaks_s.length} beats`)
   * else console.log(quality.reason)                       // 'NO_FETUS', 'TOO_SHORT', …
   * console.log(signals.fetal[0].length)                   // Float32Array, µV, NaN in gaps
   */
  extract(recording, options) {
    return extract(this.#engine, this.#models, recording, options)
  }

  /**
   * The same while it is recorded: push() samples as they come, and get a frame for every second of signal, or pipe through
   * readable and writable. What is told is 1.5 to 2.5 s old, from 10 s on.
   * @param {import('./types.js').StreamOptions} options
   * @throws {FecgError} ARGUMENT: an option outside its range
   * @example
   * const live = fecg.stream({ fs: 500, leads: ['A1', 'A2', 'A3', 'A4'] })
   * for (const frame of await live.push(samples)) console.log(frame.t0_s, frame.beats.fetal)
   * for (const frame of await live.finish()) console.log(frame.t0_s, frame.state)
   * live.close()
   */
  stream(options) {
    return new LiveStream(this.#engine, this.#models, options)
  }

  /**
   * Baseline, variability, events and the terms of two standards of a fetal rate alone, such as a stream has told so far; the
   * same as in a result of extract(), but the rhythm, which needs the beats.
   * @param {(number | null)[]} bpm one value each 0.25 s from the start, null where not known
   * @throws {FecgError} ARGUMENT: not a list of numbers and nulls
   * @example
   * const { summary, terms } = fecg.rateTerms(Array(20 * 60 * 4).fill(165))
   * console.log(summary.baseline_bpm, terms.figo.tachycardia.present)     // 165 true
   */
  rateTerms(bpm) {
    return rateTerms(this.#engine, bpm)
  }

  /**
   * A standard-lead ECG of a born person, the mother included: normal or abnormal, five conditions, intervals, and a level of
   * risk, ten seconds at a time. Never of a fetus. Research use; not a medical device.
   * @param {Recording} recording
   * @param {ClassifyOptions | null} [options]
   * @throws {FecgError} LEADS: no standard lead, or one twice
   * @throws {FecgError} UNSUPPORTED: a fetal signal, or a rate outside 100 to 4000 Hz
   * @throws {FecgError} FORMAT, MISSING, ARGUMENT, STATE, MEMORY: as extract()
   * @example
   * const { fs, leads, chunks } = fecg.simulate({ scenario: 'standard:rbbb', seconds: 10 })
   * const [{ mixture }] = chunks()
   * const { label, risk } = await fecg.classify(await fecg.read({ fs, leads, samples: mixture }))
   * console.log(label, risk?.level)
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
   * @throws {FecgError} LEADS: no ECG by its label, or no such lead
   * @throws {FecgError} UNSUPPORTED: a rate outside 100 to 1000 Hz, or leads of several rates
   * @throws {FecgError} FORMAT, ARGUMENT, STATE, MEMORY: as extract()
   * @example
   * const { fs, leads, uv } = await fecg.denoise(recording)
   * console.log(leads, uv[0].length / fs)                  // seconds
   */
  denoise(recording, options) {
    return denoise(this.#engine, recording, options)
  }

  /**
   * Weights for the option model of extract(): a safetensors file by its URL or bytes; close() it in the end.
   * Without a source: the engine's own weights, which every extraction shares. These need no close().
   * @param {ModelSource} [source]
   * @returns {Promise<Model>}
   * @throws {FecgError} FORMAT: damaged, not finite, or of wrong shapes
   * @throws {FecgError} UNSUPPORTED: of a network that this engine does not have
   * @throws {FecgError} MISSING, MEMORY: it cannot be fetched; no memory
   * @example
   * const model = await fecg.model()
   * console.log(model.name, model.sha256.slice(0, 12), model.metadata('trained_on'))
   */
  model(source) {
    return source === undefined ? this.#models.get('fhnet') : openModel(this.#engine, source)
  }

  /**
   * A simulated recording with its truth.
   * @param {SimulateOptions | null} [options]
   * @returns {import('./types.js').Simulation}
   * @throws {FecgError} ARGUMENT: an option outside its range
   * @example
   * const simulation = fecg.simulate({ seconds: 30, seed: 7, scenario: 'decelerations' })
   * for (const { mixture, fetal } of simulation.chunks({ seconds: 10 })) console.log(mixture.length, fetal[0].length)
   */
  simulate(options) {
    return simulate(this.#engine, options)
  }

  /** The options of simulate() as they are when not given. */
  get simulateDefaults() {
    return defaults(this.#engine)
  }

  /**
   * Writes EDF+; close() it in the end.
   * @param {import('./types.js').EdfChannel[]} channels
   * @throws {FecgError} ARGUMENT: no channel, a label beyond 16 ASCII characters, a range or rate that EDF cannot hold
   * @example
   * const writer = fecg.edfWriter([{ label: 'A1', fs: 500, phys_min_uv: -2000, phys_max_uv: 2000 }])
   * writer.push(0, samples[0])
   * writer.annotate(1.5, 0, 'moved')
   * writer.finish()
   * const bytes = writer.take()                            // until it gives none
   * writer.close()
   */
  edfWriter(channels) {
    return new EdfWriter(this.#engine, channels)
  }

  /**
   * Reads an MIT-format annotation file (.qrs, .fqrs, .atr).
   * @param {Uint8Array} bytes
   * @param {number} fs Hz in which it counts: `frame_fs` of its recording
   * @throws {FecgError} FORMAT: it is damaged
   */
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
 * @throws {FecgError} SIMD: the runtime has no WebAssembly SIMD
 * @throws {FecgError} MISSING: the module cannot be fetched; the cause is in `cause`
 * @throws {FecgError} FORMAT: what was given is not the engine's module
 * @example
 * import { load } from 'fetal-ecg'
 * const fecg = await load()
 * console.log(fecg.version, fecg.simd)
 */
export function load(options) {
  if (options?.wasm !== undefined || options?.models !== undefined) return make(options)
  loaded ??= make({}).catch((error) => {
    loaded = undefined // a failed download may be tried again
    throw error
  })
  return loaded
}
