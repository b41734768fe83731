// web-serial.js — a board on a port of Web Serial. The stream of a port ends with every overrun, break or framing error and is opened
// again as long as the port is there; when the board is unplugged it is not.
import { FecgError, expect } from '../error.js'

const BUFFER = 1 << 16 // the usual 255 bytes are 31 ms of a Cyton
const AGAIN_S = 1

/**
 * What is used of a SerialPort, and of navigator.serial.
 * @typedef {EventTarget & { open(o: { baudRate: number, bufferSize?: number }): Promise<void>, close(): Promise<void>, getInfo(): object,
 *   readonly connected?: boolean, readonly readable: ReadableStream<Uint8Array> | null, readonly writable: WritableStream<Uint8Array> | null }} Port
 * @typedef {EventTarget & { getPorts(): Promise<Port[]> }} Ports
 */

/** Which device a port belongs to. @param {Port} port */
const kind = (port) => JSON.stringify(port.getInfo())

/**
 * A transport over a port that navigator.serial.requestPort() gave.
 * @param {Port} given
 * @param {{ serial?: Ports }} [options] serial: what finds the port again; undefined: navigator.serial
 */
export function webSerial(given, { serial = /** @type {any} */ (globalThis.navigator)?.serial } = {}) {
  expect(typeof given?.open === 'function', 'the port is what navigator.serial.requestPort() gave')
  let port = given
  let closed = true
  /** @type {ReadableStreamDefaultReader<Uint8Array> | null} */
  let reader = null
  const transport = {
    overruns: 0,

    /** @param {number} baudRate */
    async open(baudRate) {
      try {
        await port.open({ baudRate, bufferSize: BUFFER })
      } catch (cause) {
        throw new FecgError('MISSING', `the port could not be opened: ${/** @type {Error} */ (cause).message} Is it open in another program or page?`, { cause })
      }
      closed = false
    },

    readable: {
      async * [Symbol.asyncIterator]() {
        while (port.readable && !closed) {
          reader = port.readable.getReader()
          try {
            for (;;) {
              const { value, done } = await reader.read()
              if (done) break
              if (value.length) yield value
            }
          } catch (error) {
            const { name } = /** @type {Error} */ (error)
            if (name === 'BufferOverrunError') transport.overruns++
            else if (!['BreakError', 'FramingError', 'ParityError'].includes(name)) throw new FecgError('MISSING', 'the board was unplugged', { cause: error })
          } finally {
            reader.releaseLock()
            reader = null
          }
        }
        if (!closed) throw new FecgError('MISSING', 'the board was unplugged')
      },
    },

    /** @param {Uint8Array} bytes */
    async write(bytes) {
      if (!port.writable) throw new FecgError('MISSING', 'the board was unplugged')
      const writer = port.writable.getWriter()
      try {
        await writer.write(bytes)
      } finally {
        writer.releaseLock()
      }
    },

    async close() {
      closed = true
      await reader?.cancel().catch(() => {}) // a lost device's stream has an error already
      while (reader) await new Promise((done) => setTimeout(done)) // the loop above lets go of it
      await port.close().catch(() => {}) // so has its port
    },

    /** Waits until a port of the same kind is there: the same object, or what the browser gives for it. @param {AbortSignal} signal */
    async back(signal) {
      const same = kind(given)
      while (!signal.aborted) {
        const ports = serial ? await serial.getPorts() : [port]
        const found = ports.find((p) => p === port && p.connected !== false) ?? ports.find((p) => kind(p) === same && p.connected !== false)
        if (found) {
          port = found
          return
        }
        await event(serial ?? port, 'connect', signal)
      }
    },
  }
  return transport
}

/** Until an event, an abort, or a second has passed: not every browser tells. @param {EventTarget} target @param {string} type @param {AbortSignal} signal */
function event(target, type, signal) {
  return new Promise((/** @type {(v?: unknown) => void} */ resolve) => {
    const timer = setTimeout(done, AGAIN_S * 1000)
    function done() {
      clearTimeout(timer)
      target.removeEventListener(type, done)
      signal.removeEventListener('abort', done)
      resolve()
    }
    target.addEventListener(type, done)
    signal.addEventListener('abort', done)
  })
}
