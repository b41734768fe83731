// pool.js — threads, each with an engine of its own, that take one recording at a time. What happens to one recording
// stays with it: one that cannot be read, and one that ends its thread, are results too.
import { Worker } from 'node:worker_threads'
import { FecgError, expect } from '../error.js'
import { failure } from './result.js'

/** @typedef {import('./list.js').Task} Task */

/**
 * As extract() and read() take them.
 * @typedef {{ method?: 'classical' | 'network' | 'fhnet', leads?: (string | number)[], mains?: 50 | 60 | 'auto', fs?: number, unit?: 'uV' | 'mV' | 'V' }} Options
 */

/** @typedef {import('./result.js').Result} Result */
/** As node has them. @typedef {{ maxOldGenerationSizeMb?: number, maxYoungGenerationSizeMb?: number }} Limits */

const THREAD = new URL('./thread.js', import.meta.url)

/** Threads that extract recordings. */
export class Pool {
  /** @type {Set<Worker>} */
  #threads = new Set()
  /** @type {Worker[]} */
  #idle = []
  #data
  #limits
  #open = true

  /**
   * @param {{ model?: Uint8Array, limits?: Limits }} [given] model: weights other than the
   *   package's; limits: of the heap of a thread, which holds the result; the engine's memory is beside it
   */
  constructor({ model, limits } = {}) {
    expect(model === undefined || model instanceof Uint8Array, 'model is bytes')
    this.#data = { model }
    this.#limits = limits
  }

  /**
   * Runs a recording in a thread that is free, or in a new one: as many run at a time as calls are waited for, so
   * that a program asks for the next when one is done, and holds as many recordings as it has cores.
   * @param {Task} task
   * @param {Options} [options]
   * @param {(fraction: number) => unknown} [onProgress]
   * @returns {Promise<Result>} whatever is in the recording; rejects where no thread can be started, and once close() is called
   * @example
   * import { Pool, readList } from 'fetal-ecg/batch'
   *
   * const pool = new Pool()
   * for (const task of await readList(['night.edf', 'day.hea'])) {
   *   const { line, error } = await pool.run(task, { method: 'classical' })
   *   console.log(task.record, error?.message ?? JSON.parse(line).fetal.summary.baseline_bpm)
   * }
   * await pool.close()
   */
  async run(task, options = {}, onProgress) {
    expect(this.#open, 'the pool is open')
    const thread = this.#idle.pop() ?? (await this.#start())
    return new Promise((done, failed) => {
      forget(thread)
      thread.on('message', ({ fraction, result }) => {
        if (!result) return void onProgress?.(fraction)
        this.#rest(thread)
        done(result)
      })
      const ended = (/** @type {any} */ error) => {
        this.#threads.delete(thread)
        if (this.#open) done(lost(task, error))
        else failed(new Error('the pool is closed'))
      }
      thread.on('error', ended)
      thread.on('exit', (code) => ended(new Error(`it ended with status ${code}`)))
      thread.postMessage({ task, options })
    })
  }

  /** @returns {Promise<Worker>} once its engine is there */
  #start() {
    const thread = new Worker(THREAD, { workerData: this.#data, resourceLimits: this.#limits })
    this.#threads.add(thread)
    return new Promise((ready, failed) => {
      thread.once('message', () => ready(thread))
      thread.once('error', failed)
      thread.once('exit', (code) => failed(new Error(`a thread ended with status ${code} before it began`)))
    })
  }

  /** A thread that ends while it has nothing to do costs nothing. @param {Worker} thread */
  #rest(thread) {
    forget(thread)
    thread.on('error', () => {})
    thread.on('exit', () => {
      this.#threads.delete(thread)
      this.#idle = this.#idle.filter((t) => t !== thread)
    })
    this.#idle.push(thread)
  }

  /** Ends the threads; a recording that is under way is given up and its call rejects. */
  async close() {
    this.#open = false
    await Promise.all([...this.#threads].map((thread) => thread.terminate()))
  }
}

/** Only these: with all of its listeners a thread would lose those of node itself. @param {Worker} thread */
function forget(thread) {
  for (const event of ['message', 'error', 'exit']) thread.removeAllListeners(event)
}

/** The result of a recording whose thread ended. @param {Task} task @param {any} error @returns {Result} */
function lost({ record, file }, error) {
  const full = error.code === 'ERR_WORKER_OUT_OF_MEMORY'
  return failure({ record, file, sha256: null }, new FecgError(full ? 'MEMORY' : 'INTERNAL', full ? 'the thread that worked on it ran out of memory' : `the thread that worked on it ended: ${error.message}`))
}
