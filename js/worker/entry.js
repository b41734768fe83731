// entry.js — what runs in the worker: the package, called from the other end of the line.
import { load } from '../index.js'
import { Peer } from './peer.js'

/** Of a page's worker itself, or of a thread of node. @type {any} */
const port = typeof globalThis.postMessage === 'function' ? globalThis : (await import('node:worker_threads')).parentPort

const root = {
  /** @param {import('../types.js').LoadOptions} options */
  async load(options) {
    const fecg = await load(options)
    return { fecg, simulateDefaults: fecg.simulateDefaults }
  },
}

// Nothing that is sent is used here again: rows of samples are given away, which costs no copy.
const peer = new Peer({ post: (message, transfer) => port.postMessage(message, transfer) }, { root, gives: true })
port.addEventListener('message', (/** @type {MessageEvent} */ { data }) => peer.receive(data))
port.start?.()
port.postMessage({ ready: true })
