// thread.js — a thread of the pool: one engine, one recording at a time, its result given back as a line of JSON.
import { parentPort, workerData } from 'node:worker_threads'
import { load } from '../index.js'
import { fingerprint, openRecording } from './files.js'
import { pathOf } from './list.js'
import { failure } from './result.js'

/** @typedef {import('./list.js').Task} Task */
/** @typedef {import('./pool.js').Options} Options */

const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort)
const { model: weights } = /** @type {{ model: Uint8Array | undefined }} */ (workerData)
const TELL_MS = 500

const fecg = await load()
const model = weights && (await fecg.model(weights))

/** @param {Task} task @param {Options} options @returns {Promise<import('./result.js').Result>} */
async function analyse(task, options) {
  const { record, file } = task
  const input = { record, file, sha256: /** @type {string | null} */ (null) }
  let recording
  try {
    const path = pathOf(task)
    input.sha256 = await fingerprint(path)
    recording = await openRecording(fecg, path, options)
    let told = performance.now()
    const { leads, method, mains } = options
    const result = await fecg.extract(recording, {
      leads, method, mains, model,
      onProgress({ fraction }) {
        if (performance.now() - told < TELL_MS) return
        told = performance.now()
        port.postMessage({ fraction })
      },
    })
    Object.assign(result.source, input)
    return { line: JSON.stringify(result), error: null, seconds: result.source.duration_s }
  } catch (error) {
    return failure(input, error)
  } finally {
    await recording?.close()
  }
}

port.on('message', async (/** @type {{ task: Task, options: Options }} */ { task, options }) => port.postMessage({ result: await analyse(task, options) }))
port.postMessage({ ready: true })
