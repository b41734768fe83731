// node.js — a board on a port of this machine, by the npm package serialport, which is imported only here and only when it is used.
import { FecgError, expect } from '../error.js'
import { nodeOnly } from '../node-only.js'

const AGAIN_S = 0.5
const HELD = 1 << 20 // bytes that wait for a reader; what comes beyond is lost, and told

/** @returns {Promise<typeof import('serialport')>} */
async function library() {
  try {
    return await nodeOnly('serialport')
  } catch (cause) {
    throw new FecgError('MISSING', 'ports are read by the npm package serialport, which is not installed: npm install serialport', { cause })
  }
}

/** The ports of this machine. @returns {Promise<{ path: string, manufacturer?: string }[]>} */
export async function nodePorts() {
  const { SerialPort } = await library()
  return SerialPort.list()
}

/**
 * A transport over a port by its path, as /dev/ttyUSB0 or COM3.
 * @param {string} path
 */
export function nodeSerial(path) {
  expect(typeof path === 'string' && path !== '', 'a port is named by its path, as /dev/ttyUSB0 or COM3')
  /** @type {import('serialport').SerialPort | null} */
  let port = null
  /** @type {Uint8Array[]} */
  let waiting = []
  let held = 0
  let closed = true
  let lost = false
  let wake = () => {}
  const transport = {
    overruns: 0,

    /** @param {number} baudRate */
    async open(baudRate) {
      const { SerialPort } = await library()
      const opened = new SerialPort({ path, baudRate, autoOpen: false })
      await new Promise((/** @type {(v?: unknown) => void} */ done, fail) => opened.open((error) => {
        if (error) fail(new FecgError('MISSING', `${path} could not be opened: ${error.message.replace(/^Error: /, '')}`, { cause: error, file: path }))
        else done()
      }))
      port = opened
      waiting = []
      held = 0
      closed = false
      lost = false
      opened.on('data', (/** @type {Buffer} */ bytes) => {
        if (held + bytes.length > HELD) { // nobody reads
          transport.overruns++
          return
        }
        held += bytes.length
        waiting.push(bytes)
        wake()
      })
      const gone = () => {
        if (port === opened) lost = true
        wake()
      }
      opened.on('close', gone)
      opened.on('error', gone)
    },

    readable: {
      async * [Symbol.asyncIterator]() {
        for (;;) {
          for (let bytes = waiting.shift(); bytes; bytes = waiting.shift()) {
            held -= bytes.length
            yield bytes
          }
          if (closed) return
          if (lost) throw new FecgError('MISSING', `the board at ${path} was unplugged`, { file: path })
          await new Promise((/** @type {(v?: unknown) => void} */ done) => { wake = done })
        }
      },
    },

    /** @param {Uint8Array} bytes */
    async write(bytes) {
      const opened = port
      if (!opened || lost) throw new FecgError('MISSING', `the board at ${path} was unplugged`, { file: path })
      await new Promise((/** @type {(v?: unknown) => void} */ done, fail) => {
        opened.write(bytes, (error) => { if (error) fail(error) })
        opened.drain((error) => (error ? fail(error) : done()))
      })
    },

    async close() {
      const opened = port
      closed = true
      port = null
      if (opened?.isOpen) await new Promise((done) => opened.close(done))
      wake()
    },

    /** Whether it is there again only a try to open it tells. @param {AbortSignal} signal */
    async back(signal) {
      if (!signal.aborted) await new Promise((done) => setTimeout(done, AGAIN_S * 1000))
    },
  }
  return transport
}
