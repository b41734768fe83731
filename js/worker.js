// worker.js — the package in a worker, so that a page stays smooth while it computes: the calls of fetal-ecg, each with a promise.
// Web Workers in browsers, worker threads in node.
import { FecgError, expect, optionsOf } from './error.js'
import { own } from './fetched.js'
import { frames, piped } from './piped.js'
import { nodeOnly } from './node-only.js'
import { isFile, randomAccess } from './source.js'
import { Peer } from './worker/peer.js'

export { FecgError }

/** @typedef {import('./types.js').Frame} Frame */
/** @typedef {import('./types.js').FileSource} FileSource */
/** @typedef {import('./types.js').ReadInput} ReadInput */
/** @typedef {import('./types.js').ModelSource} ModelSource */
/** @typedef {import('./types.js').ExtractOptions} DirectExtractOptions */
/** @typedef {import('./types.js').ClassifyOptions} DirectClassifyOptions */
/** @typedef {import('./types.js').StreamOptions} DirectStreamOptions */

/**
 * A recording that read() gave; its properties follow what the worker learns of it.
 * @typedef {Pick<import('./recording.js').Recording, keyof import('./recording.js').Recording>} Recording
 */

/**
 * An object in the worker: what a method gives comes as a promise.
 * @template T
 * @typedef {{ [K in keyof T]: T[K] extends (...args: infer A) => infer R ? (...args: A) => Promise<Awaited<R>> : T[K] }} Remote
 */

/** @typedef {Remote<Pick<import('./models.js').Model, 'name' | 'sha256' | 'network' | 'metadata' | 'close'>>} Model */
/** @typedef {Remote<Pick<import('./edf.js').EdfWriter, keyof import('./edf.js').EdfWriter>>} EdfWriter */
/** @typedef {import('./types.js').Simulation} DirectSimulation */
/** @typedef {import('./types.js').SimulatedChunk} SimulatedChunk */
/**
 * @typedef {Omit<DirectSimulation, 'chunks'> & { chunks(o?: { seconds?: number }): AsyncGenerator<SimulatedChunk, void, undefined> }} Simulation
 */
/**
 * @typedef {{ transfer?: boolean }} Transfer whether typed arrays are given away to the worker rather than copied; those of a part of a
 *   buffer are copied all the same
 */
/** @typedef {Omit<DirectExtractOptions, 'model'> & { model?: Model | ModelSource }} ExtractOptions */
/** @typedef {Omit<DirectClassifyOptions, 'model'> & { model?: Model | ModelSource }} ClassifyOptions */
/** @typedef {Omit<DirectStreamOptions, 'model'> & { model?: Model | ModelSource } & Transfer} StreamOptions */

/** @typedef {{ postMessage(message: any, transfer: any[]): void, terminate(): unknown }} AnyWorker a Worker of a browser or of node */
/**
 * @typedef {import('./types.js').LoadOptions & { worker?: string | URL | AnyWorker }} LoadOptions worker: the script worker/entry.js,
 *   or a worker that runs it and has not been used yet; undefined: the package's
 */

const inBrowser = typeof Worker === 'function'

/** A text is a URL relative to the page, not to the worker's script. @template T @param {T} source @returns {T | string} */
const located = (source) => (typeof source === 'string' && globalThis.location ? new URL(source, globalThis.location.href).href : source)

/** @param {any} sources */
const allLocated = (sources) => (sources && Object.getPrototypeOf(sources) === Object.prototype
  ? Object.fromEntries(Object.entries(sources).map(([name, source]) => [name, located(source)])) : located(sources))

/**
 * A file as it goes to the worker: bytes and a page's Blob as they are, anything else is read here, range by range.
 * @template T
 * @param {T} file
 */
function portable(file) {
  if (!isFile(file) || file instanceof ArrayBuffer || ArrayBuffer.isView(file) || (inBrowser && file instanceof Blob)) return file
  const source = randomAccess(file)
  return { size: source.size, read: source.read.bind(source), close: source.close?.bind(source) }
}

/** @param {any} files a FileSet, if the caller is right */
function portableSet(files) {
  if (typeof files === 'function') return async (/** @type {string} */ name) => portable(await files(name))
  if (typeof files !== 'object' || files === null) return files
  return Object.fromEntries(Object.entries(files).map(([name, file]) => [name, portable(file)]))
}

/**
 * What a generator in the worker yields.
 * @template T
 * @param {() => Promise<Remote<Generator<T> | AsyncGenerator<T>>>} start
 * @returns {AsyncGenerator<T, void, undefined>}
 */
async function * iterate(start) {
  const there = await start()
  try {
    for (let next = await there.next(); !next.done; next = await there.next()) yield next.value
  } finally {
    await there.return(undefined)
  }
}

/** A live recording in the worker. */
export class LiveStream {
  #peer
  #there
  #transfer
  /** @type {ReturnType<typeof piped> | undefined} */
  #pipe

  /** @param {Peer} peer @param {any} there @param {boolean} [transfer] */
  constructor(peer, there, transfer) {
    this.#peer = peer
    this.#there = there
    this.#transfer = transfer
    /** Labels, in the order of the rows that push() takes. @type {string[]} */
    this.leads = there.leads
  }

  /**
   * Samples of each lead, µV, NaN = gap; as many as there are. Gives the frames that they settled, when the worker has worked them:
   * who awaits it never gets ahead of the worker.
   * @param {Float32Array[]} samples one row a lead, of one length
   * @param {Transfer | null} [options] undefined: as stream() was told
   * @returns {Promise<Frame[]>}
   */
  async push(samples, options) {
    return this.#peer.call(this.#there, 'push', [samples], optionsOf(options).transfer ?? this.#transfer)
  }

  /** No more samples will come: the frames up to the last one. @returns {Promise<Frame[]>} */
  finish() {
    return this.#there.finish()
  }

  /** Samples come at another rate from the next one on; time goes on. @param {number} fs Hz @returns {Promise<void>} */
  setRate(fs) {
    return this.#there.setRate(fs)
  }

  /** The whole state, from which a stream of the same leads, method and weights goes on. @returns {Promise<Uint8Array>} */
  save() {
    return this.#there.save()
  }

  /** Gives its memory back. What is not finished is left. */
  async close() {
    if (this.#pipe) this.#peer.watchers.delete(this.#pipe.end)
    this.#pipe?.end()
    await this.#there.close().catch(() => {}) // it went with the worker
  }

  /** Samples go in here, and frames come out of `readable`; closed at the end. @returns {WritableStream<Float32Array[]>} */
  get writable() {
    return this.#piped.writable
  }

  /** @returns {ReadableStream<Frame>} */
  get readable() {
    return this.#piped.readable
  }

  get #piped() {
    if (!this.#pipe) {
      this.#pipe = piped(this)
      this.#peer.watchers.add(this.#pipe.end) // a reader that waits hears of a worker that dies, too
    }
    return this.#pipe
  }

  /** The frames of what is written to `writable`. */
  [Symbol.asyncIterator]() {
    return frames(this)
  }
}

/** The engine, loaded in a worker of its own. Its calls may run at the same time, and take turns. */
export class Fecg {
  #peer
  #there
  #end

  /**
   * @param {Peer} peer
   * @param {{ fecg: any, simulateDefaults: Required<import('./types.js').SimulateOptions> }} loaded
   * @param {() => Promise<void>} end
   */
  constructor(peer, { fecg, simulateDefaults }, end) {
    this.#peer = peer
    this.#there = fecg
    this.#end = end
    /** Of the engine. @type {string} */
    this.version = fecg.version
    /** Which module it is: "simd128", or "relaxed". @type {string} */
    this.simd = fecg.simd
    /** The options of simulate() as they are when not given. */
    this.simulateDefaults = simulateDefaults
  }

  /**
   * Opens a recording. Bytes and samples are copied to the worker, or given away with `transfer: true`; a Blob is read there; functions
   * and random access are asked from there.
   * @param {ReadInput} input
   * @param {(import('./types.js').ReadOptions & Transfer) | null} [options]
   * @returns {Promise<Recording>}
   */
  async read(input, options) {
    const { transfer, ...rest } = optionsOf(options)
    const { hea, files } = /** @type {any} */ (isFile(input) ? {} : Object(input))
    const file = hea ?? (isFile(input) ? input : null)
    const named = { name: /** @type {any} */ (file)?.name, ...rest } // a Blob that is read here leaves its name here
    const there = hea ? { hea: portable(hea), files: portableSet(files) } : portable(input)
    const recording = await this.#peer.call(this.#there, 'read', [there, named], transfer)
    const { blocks } = recording
    return Object.assign(recording, { blocks: (/** @type {unknown[]} */ ...args) => iterate(() => blocks(...args)) })
  }

  /**
   * As extract() of the package, without holding up this thread.
   * @param {Recording} recording
   * @param {ExtractOptions | null} [options]
   * @returns {Promise<import('./types.js').ExtractResult>}
   */
  extract(recording, options) {
    return this.#long('extract', recording, options)
  }

  /**
   * As classify() of the package.
   * @param {Recording} recording
   * @param {ClassifyOptions | null} [options]
   * @returns {Promise<import('./types.js').ClassifyResult>}
   */
  classify(recording, options) {
    return this.#long('classify', recording, options)
  }

  /**
   * As denoise() of the package.
   * @param {Recording} recording
   * @param {import('./types.js').DenoiseOptions | null} [options]
   * @returns {Promise<import('./types.js').DenoiseResult>}
   */
  denoise(recording, options) {
    return this.#long('denoise', recording, options)
  }

  /** A live recording. With `transfer: true` the samples that it is given are given away. @param {StreamOptions} options */
  async stream(options) {
    const { transfer, model, ...rest } = /** @type {StreamOptions} */ (optionsOf(options))
    return new LiveStream(this.#peer, await this.#there.stream({ ...rest, model: located(model) }), transfer)
  }

  /** Weights for the option model; close() it in the end. @param {ModelSource} [source] @returns {Promise<Model>} */
  model(source) {
    return this.#there.model(located(source))
  }

  /** A simulated recording with its truth. @param {import('./types.js').SimulateOptions | null} [options] @returns {Promise<Simulation>} */
  async simulate(options) {
    const { chunks, ...about } = await this.#there.simulate(options)
    return { ...about, chunks: (/** @type {unknown[]} */ ...args) => iterate(() => chunks(...args)) }
  }

  /** What a fetal rate alone tells. @param {(number | null)[]} bpm each 0.25 s @returns {Promise<import('./types.js').RateTerms>} */
  rateTerms(bpm) {
    return this.#there.rateTerms(bpm)
  }

  /** Which standard lead a label names, as 0 to 11; -1: none. @param {string} label @returns {Promise<number>} */
  standardLead(label) {
    return this.#there.standardLead(label)
  }

  /** Writes EDF+; close() it in the end. @param {import('./types.js').EdfChannel[]} channels @returns {Promise<EdfWriter>} */
  edfWriter(channels) {
    return this.#there.edfWriter(channels)
  }

  /** Reads an MIT-format annotation file. @param {Uint8Array} bytes @param {number} fs Hz @returns {Promise<import('./types.js').Annotation[]>} */
  annotations(bytes, fs) {
    return this.#there.annotations(bytes, fs)
  }

  /** Ends the worker; what it was doing is lost, and its calls reject. */
  close() {
    return this.#end()
  }

  /**
   * A call with progress, which a failure of onProgress ends, as it does without a worker.
   * @param {'extract' | 'classify' | 'denoise'} name
   * @param {Recording} recording
   * @param {any} options
   */
  async #long(name, recording, options) {
    const { model, ...given } = /** @type {any} */ (optionsOf(options))
    const { onProgress, signal } = given
    const run = (/** @type {object} */ more) => this.#there[name](recording, { ...given, model: located(model), ...more })
    if (typeof onProgress !== 'function') return run({})
    const stop = new AbortController()
    const abort = () => stop.abort(signal.reason)
    if (signal?.aborted) abort()
    signal?.addEventListener?.('abort', abort)
    const heard = (/** @type {unknown} */ progress) => {
      try {
        if (!stop.signal.aborted) onProgress(progress)
      } catch (error) {
        stop.abort(error)
      }
    }
    try {
      return await run({ onProgress: heard, signal: stop.signal })
    } finally {
      signal?.removeEventListener?.('abort', abort)
    }
  }
}

/** @param {LoadOptions['worker']} worker @returns {Promise<any>} */
async function start(worker) {
  if (typeof worker === 'object' && 'postMessage' in worker) return worker
  expect(worker === undefined || typeof worker === 'string' || worker instanceof URL, 'worker is a URL or a worker')
  if (inBrowser) {
    if (worker !== undefined) return new Worker(worker, { type: 'module' })
    return own('worker', () => new Worker(new URL('./worker/entry.js', import.meta.url), { type: 'module' })) // written as bundlers look for it
  }
  const { Worker: Thread } = /** @type {typeof import('node:worker_threads')} */ (await nodeOnly('node:worker_threads'))
  // Not for bundlers: in a page it would be a second copy.
  return new Thread(worker === undefined ? own('worker', () => new URL(/* webpackIgnore: true */ /* @vite-ignore */ './worker/entry.js', import.meta.url)) : new URL(worker))
}

/**
 * Starts a worker and loads the engine in it; every call makes a new one, to be ended by close().
 * @param {LoadOptions | null} [options] as load() of the package takes them, and the worker
 * @returns {Promise<Fecg>}
 * @throws {FecgError} MISSING: the worker did not start, or the module cannot be fetched
 * @throws {FecgError} SIMD, FORMAT: as load() of the package
 * @example
 * import { load } from 'fetal-ecg/worker'
 * const fecg = await load()
 * const { fetal } = await fecg.extract(await fecg.read({ fs: 500, leads: ['A1', 'A2', 'A3', 'A4'], samples }))
 * console.log(fetal.summary.baseline_bpm)
 * await fecg.close()
 */
export async function load(options) {
  const { wasm, models, worker: asked } = optionsOf(options)
  const worker = await start(asked)
  let ready = false
  const peer = new Peer({
    post: (message, transfer) => worker.postMessage(message, transfer),
    hold: (pending) => (pending ? worker.ref?.() : worker.unref?.()),
  })
  const end = async (/** @type {FecgError} */ error) => {
    peer.end(error)
    await worker.terminate()
  }
  const died = (/** @type {any} */ cause) => {
    const code = !ready ? 'MISSING' : cause?.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'MEMORY' : 'INTERNAL'
    const why = cause?.message ? `: ${cause.message}` : ready ? '' : ': its script is not where it should be, or cannot run; load({ worker }) names it'
    return end(new FecgError(code, ready ? `the worker has ended, and with it what it was doing${why}` : `the worker did not start${why}`, { cause }))
  }
  await new Promise((started) => {
    const hear = (/** @type {any} */ message) => {
      if (!message.ready) return peer.receive(message)
      ready = true
      started(undefined)
    }
    const failed = (/** @type {unknown} */ cause) => {
      died(cause)
      started(undefined)
    }
    if (typeof worker.on === 'function') {
      worker.on('message', hear).on('messageerror', failed).on('error', failed)
        .on('exit', (/** @type {number} */ status) => failed(new Error(`its thread has ended with status ${status}`)))
    } else {
      worker.addEventListener('message', (/** @type {MessageEvent} */ { data }) => hear(data))
      worker.addEventListener('messageerror', failed)
      worker.addEventListener('error', failed)
    }
  })
  try {
    const loaded = await peer.call(null, 'load', [{ wasm: located(wasm), models: allLocated(models) }])
    return new Fecg(peer, loaded, () => end(new FecgError('STATE', 'the worker was closed')))
  } catch (error) {
    await worker.terminate()
    throw error
  }
}
