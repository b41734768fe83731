// entry.js — what runs in the worker: the package, called from the other end of the line.
import { load } from '../index.js'
import { nodeOnly } from '../node-only.js'
import { Peer } from './peer.js'

const root = {
  /** @param {import('../types.js').LoadOptions} options */
  async load(options) {
    const fecg = await load(options)
    return { fecg, simulateDefaults: fecg.simulateDefaults }
  },
}

/** Answers what comes over a port. @param {any} port of a page's worker, which is the worker itself, or of a thread of node */
function answer(port) {
  // Nothing that is sent is used here again: rows of samples are given away, which costs no copy.
  const peer = new Peer({ post: (message, transfer) => port.postMessage(message, transfer) }, { root, gives: true })
  port.addEventListener('message', (/** @type {MessageEvent} */ { data }) => peer.receive(data))
  port.start?.()
  port.postMessage({ ready: true })
}

// Without a top-level await, which the plain scripts that vite makes of workers cannot have.
if (typeof globalThis.postMessage === 'function') answer(globalThis)
else nodeOnly('node:worker_threads').then(({ parentPort }) => answer(parentPort))
