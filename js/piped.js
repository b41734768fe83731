// piped.js — a live recording as streams, here or in a worker: samples are written, frames are read, and what is slow is waited for.

/** @typedef {import('./types.js').Frame} Frame */
/** @typedef {{ push(samples: Float32Array[]): Promise<Frame[]>, finish(): Promise<Frame[]>, close(): unknown }} Live */

/**
 * A stream of samples in, a stream of frames out, with the back-pressure of streams. At its end the recording is closed; end() ends
 * it when the recording was closed by someone else, or failed.
 * @param {Live} live
 */
export function piped(live) {
  let over = false
  /** @type {TransformStreamDefaultController<Frame>} */
  let to
  /** @type {TransformStream<Float32Array[], Frame>} */
  const { readable, writable } = new TransformStream({
    start: (controller) => { to = controller },
    transform: async (samples) => { for (const frame of await live.push(samples)) to.enqueue(frame) },
    flush: async () => {
      for (const frame of await live.finish()) to.enqueue(frame)
      over = true
      await live.close()
    },
    // @ts-expect-error cancel is newer than the types, and called where it is known
    cancel: () => {
      over = true
      live.close() // not waited for: a write that is under way would find the stream neither open nor closed
    },
  }, { highWaterMark: 1 }, { highWaterMark: 2 })
  /** @param {unknown} [error] */
  const end = (error) => {
    if (over) return
    over = true
    if (error) to.error(error)
    else to.terminate()
  }
  return { readable, writable, end }
}

/**
 * The frames of what is written, one after the other; the recording is closed at their end.
 * @param {Live & { readable: ReadableStream<Frame> }} live
 * @returns {AsyncGenerator<Frame, void, undefined>}
 */
export async function * frames(live) {
  const reader = live.readable.getReader()
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value
  } finally {
    await reader.cancel().catch(() => {}) // what failed has been told by read()
    await live.close()
  }
}
