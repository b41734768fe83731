// targets.js — where a recording goes: memory, or a file of this machine. A browser's storage is in storage.js.
import { FecgError } from '../error.js'
import { nodeOnly } from '../node-only.js'

const LIMIT = 256 << 20 // bytes: eighteen hours of eight leads at 250 Hz
const SYNC_S = 10 // between the moments from which on a file survives a loss of power, too

/** @typedef {{ file: Blob, remove(): Promise<void> }} Kept a recording; remove() when it is saved elsewhere */

/**
 * In memory, up to a limit; beyond it a write fails with MEMORY.
 * @param {{ limit?: number }} [options] bytes, at most
 * @returns {import('./recorder.js').Target<Kept> & { limit: number }}
 */
export function memoryTarget({ limit = LIMIT } = {}) {
  /** @type {Uint8Array<ArrayBuffer>[]} */
  let parts = []
  let size = 0
  return {
    limit,
    async write(at, bytes) {
      if (at < size) {
        parts[0] = bytes.slice()
        return
      }
      if (size + bytes.length > limit) throw new FecgError('MEMORY', `the recording fills the ${Math.round(limit / 2 ** 20)} MB that it may take in memory; what it has until now is kept`)
      parts.push(bytes.slice())
      size += bytes.length
    },
    async finish(n) {
      const file = new Blob(parts, { type: 'application/octet-stream' }).slice(0, n)
      parts = []
      return { file, async remove() {} }
    },
    async discard() { parts = [] },
  }
}

/**
 * A new file, by node. One that is there already is not overwritten: opening fails with EEXIST.
 * @param {string} path
 * @returns {Promise<import('./recorder.js').Target<{ path: string }>>}
 */
export async function fileTarget(path) {
  const { open, rm } = /** @type {typeof import('node:fs/promises')} */ (await nodeOnly('node:fs/promises'))
  const file = await open(path, 'wx')
  let synced = performance.now()
  return {
    async write(at, bytes) {
      for (let n = 0; n < bytes.length;) n += (await file.write(bytes, n, bytes.length - n, at + n)).bytesWritten
      if (performance.now() - synced < SYNC_S * 1000) return
      await file.datasync()
      synced = performance.now()
    },
    async finish(size) {
      await file.truncate(size)
      await file.sync()
      await file.close()
      return { path }
    },
    async discard() {
      await file.close()
      await rm(path, { force: true })
    },
  }
}
