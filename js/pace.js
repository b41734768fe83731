// pace.js — long work that lets others in: the event loop has its turn, and an abort is seen at once.

// The event loop has its turn between calls of the engine, once they took this long together. A call itself is not divided.
const BUSY_MS = 20

/** @type {() => Promise<void>} */
const rest = () => new Promise((done) => (typeof setImmediate === 'function' ? setImmediate(done) : setTimeout(done, 0)))

/** A function to be awaited between calls of the engine; before it rests it runs what it is given. */
export function turns() {
  let since = performance.now()
  return async (/** @type {() => unknown} */ before) => {
    if (performance.now() - since < BUSY_MS) return
    before()
    await rest()
    since = performance.now()
  }
}

/**
 * What the promise gives, unless the signal aborts before; then the reason, at once.
 * @template T
 * @param {Promise<T>} promise
 * @param {AbortSignal} [signal]
 * @returns {Promise<T>}
 */
export function unlessAborted(promise, signal) {
  if (!signal) return promise
  return new Promise((done, fail) => {
    const stop = () => fail(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    promise.then(done, fail).finally(() => signal.removeEventListener('abort', stop))
  })
}
