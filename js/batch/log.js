// log.js — results.ndjson while a job runs: a line is appended as its recording is done; what a process that was killed
// has left is read back, and a line that it was in the middle of is left out.
import { open } from 'node:fs/promises'
import { Draft } from './draft.js'

/** @typedef {import('node:fs/promises').FileHandle} FileHandle */
/** Where a line lies, without its end. @typedef {{ offset: number, length: number }} Place */

const CHUNK = 1 << 20, SYNC_MS = 1000
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The document of a line; null where it is not whole. @param {Uint8Array} bytes */
function parsed(bytes) {
  try {
    const document = JSON.parse(utf8.decode(bytes))
    return typeof document?.source?.record === 'string' && typeof document.source.file === 'string' ? document : null
  } catch {
    return null
  }
}

/**
 * The lines of a file, one in memory at a time; the last without an end is not whole.
 * @param {FileHandle} handle
 * @returns {AsyncGenerator<Place & { document: any }>}
 */
async function * lines(handle) {
  /** @type {Uint8Array[]} */
  let parts = []
  let offset = 0, length = 0 // of the line
  for (let at = 0; ;) {
    const { bytesRead, buffer } = await handle.read(new Uint8Array(CHUNK), 0, CHUNK, at)
    if (!bytesRead) break
    const read = buffer.subarray(0, bytesRead)
    let from = 0
    for (let end; (end = read.indexOf(10, from)) >= 0; from = end + 1) {
      parts.push(read.subarray(from, end))
      length += end - from
      yield { offset, length, document: parsed(Buffer.concat(parts)) }
      offset += length + 1
      parts = []
      length = 0
    }
    parts.push(read.subarray(from))
    length += bytesRead - from
    at += bytesRead
  }
  if (length) yield { offset, length, document: null }
}

/** Lines of JSON by the record that they are of. */
export class Log {
  #handle
  /** @type {Map<string, Place>} */
  #places = new Map()
  #size = 0
  #synced = 0

  /** @param {FileHandle} handle */
  constructor(handle) {
    this.#handle = handle
  }

  /**
   * Opens a file, or makes it. Lines that are not whole, second ones of a record, and those that `keeps` does not keep are
   * taken out of it.
   * @param {string} path
   * @param {(document: any) => boolean | Promise<boolean>} [keeps]
   * @returns {Promise<Log>}
   */
  static async open(path, keeps = () => true) {
    const log = new Log(await open(path, 'a+'))
    try {
      let all = 0
      for await (const { offset, length, document } of lines(log.#handle)) {
        all++
        if (!document || log.has(document.source.record) || !(await keeps(document))) continue
        log.#places.set(document.source.record, { offset, length })
        log.#size = offset + length + 1
      }
      if (all === log.#places.size) return log
      const draft = await Draft.create(path)
      try {
        for (const record of log.#places.keys()) await draft.write(`${await log.read(record)}\n`)
        await draft.done()
      } finally {
        await draft.discard()
      }
    } catch (error) {
      await log.close()
      throw error
    }
    await log.close()
    return Log.open(path)
  }

  /** @param {string} record */
  has(record) {
    return this.#places.has(record)
  }

  /** The line of a record, without its end. @param {string} record */
  async read(record) {
    const { offset, length } = /** @type {Place} */ (this.#places.get(record))
    const bytes = new Uint8Array(length)
    for (let n = 0; n < length;) {
      const { bytesRead } = await this.#handle.read(bytes, n, length - n, offset + n)
      if (!bytesRead) throw new Error(`the line of ${record} is no longer there`)
      n += bytesRead
    }
    return utf8.decode(bytes)
  }

  /** Calls must wait for one another. @param {string} record @param {string} line */
  async append(record, line) {
    const bytes = new TextEncoder().encode(`${line}\n`)
    await this.#handle.appendFile(bytes)
    this.#places.set(record, { offset: this.#size, length: bytes.length - 1 })
    this.#size += bytes.length
    if (performance.now() - this.#synced < SYNC_MS) return // what a loss of power takes is done again
    await this.#handle.datasync()
    this.#synced = performance.now()
  }

  async close() {
    await this.#handle.close()
  }
}
