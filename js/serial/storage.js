// storage.js — recordings in the browser's own storage (the origin private file system), which outlive the page: what was being
// recorded when it was closed, or crashed, is found there on the next visit. A file is written by a worker of its own, which may do
// so at once (createSyncAccessHandle); what a page writes itself, or to a file that the user chose, counts only when it is closed.
import { FecgError, expect } from '../error.js'
import { headerLength, layoutOf, setRecords } from './edf-header.js'
import { memoryTarget } from './targets.js'

/** @typedef {import('./targets.js').Kept} Kept */
/** @template T @typedef {import('./recorder.js').Target<T>} Target */

const FOLDER = 'fetal-ecg recordings' // in the storage; with a file's name, also the lock of who writes it

const hasStorage = () => typeof navigator.storage?.getDirectory === 'function' && Boolean(navigator.locks)

/** @returns {Promise<FileSystemDirectoryHandle>} */
async function folder() {
  const root = await navigator.storage.getDirectory()
  return root.getDirectoryHandle(FOLDER, { create: true })
}

/** Removes it if it is there. @param {string} name */
async function remove(name) {
  await (await folder()).removeEntry(name).catch((error) => {
    if (error.name !== 'NotFoundError') throw error
  })
}

/**
 * A new file in the browser's storage.
 * @param {string} name of the recording; one that is taken gets a number
 * @returns {Promise<Target<Kept>>}
 */
export async function storageTarget(name) {
  const worker = new Worker(new URL('./storage-worker.js', import.meta.url), { type: 'module' })
  /** @type {((v: any) => void)[]} */
  const waiting = []
  worker.onmessage = ({ data }) => waiting.shift()?.(data)
  worker.onerror = ({ message }) => waiting.shift()?.({ error: message || 'its worker could not be started' })
  /** @param {object} message @param {Transferable[]} [transfer] @returns {Promise<any>} */
  const ask = async (message, transfer = []) => {
    const { error, full, value } = await new Promise((done) => {
      waiting.push(done)
      worker.postMessage(message, transfer)
    })
    if (full) throw new FecgError('MEMORY', "the browser's storage is full; what the recording has until now is kept")
    if (error) throw new FecgError('MISSING', `the browser's storage cannot be written: ${error}`)
    return value
  }
  let taken
  try {
    taken = await ask({ open: name, folder: FOLDER })
  } catch (error) {
    worker.terminate()
    throw error
  }
  return {
    async write(at, bytes) {
      const copy = bytes.slice()
      await ask({ at, bytes: copy }, [copy.buffer])
    },
    async finish(size) {
      await ask({ finish: size })
      worker.terminate()
      return { file: await (await (await folder()).getFileHandle(taken)).getFile(), remove: () => remove(taken) }
    },
    async discard() {
      await ask({ finish: 0 })
      worker.terminate()
      await remove(taken)
    },
  }
}

/** @param {string} name */
async function stored(name) {
  if (!hasStorage()) return null
  const target = await folder().then(() => storageTarget(name)).catch(() => null) // both the page and the worker have to get at it
  return target && { ...target, kept: /** @type {const} */ ('storage'), limit: Infinity }
}

/**
 * Where a page records: into the browser's storage; into memory, up to a limit, where it has none, as in some private windows. With
 * a file that the user chose (showSaveFilePicker), the recording is put there in the end, since until it is closed such a file holds
 * nothing; what the storage has is removed then.
 * @param {string} name
 * @param {{ saveTo?: { createWritable(): Promise<WritableStream>, getFile(): Promise<File> }, limit?: number }} [options] saveTo: a
 *   FileSystemFileHandle; limit: bytes in memory
 * @returns {Promise<Target<Kept> & { kept: 'storage' | 'memory', limit: number }>} limit: Infinity in storage
 */
export async function pageTarget(name, { saveTo, limit } = {}) {
  expect(typeof name === 'string' && /^[^/\\]+$/.test(name), 'a recording has a name without slashes')
  const target = await stored(name) ?? { ...memoryTarget({ limit }), kept: /** @type {const} */ ('memory') }
  return {
    ...target,
    async finish(size) {
      const kept = await target.finish(size)
      if (!saveTo) return kept
      await kept.file.stream().pipeTo(/** @type {WritableStream} */ (await saveTo.createWritable()))
      await kept.remove()
      return { file: await saveTo.getFile(), async remove() {} }
    },
  }
}

/**
 * A recording that was being made when its page ended.
 * @typedef {object} Recovered
 * @property {string} name
 * @property {Date} started
 * @property {number} seconds
 * @property {File} file a whole EDF+, its header counting the records that are there
 * @property {() => Promise<void>} remove from the storage, when it is saved elsewhere or not wanted
 */

/**
 * The recordings in the browser's storage that no page is writing, the oldest first; those without a whole second are removed.
 * @returns {Promise<Recovered[]>}
 */
export async function recover() {
  if (!hasStorage()) return []
  const there = await folder().catch(() => null)
  if (!there) return []
  const { held = [] } = await navigator.locks.query()
  const busy = new Set(held.map((lock) => lock.name))
  /** @type {Recovered[]} */
  const found = []
  for await (const [name, handle] of /** @type {any} */ (there).entries()) {
    if (handle.kind !== 'file' || busy.has(`${FOLDER}/${name}`)) continue
    const whole = await repaired(await handle.getFile())
    if (whole) found.push({ name, ...whole, remove: () => remove(name) })
    else await remove(name)
  }
  return found.sort((a, b) => Number(a.started) - Number(b.started))
}

/**
 * An EDF+ whose header counts the records that are there, without what follows the last whole one; null without any.
 * @param {File} file
 */
export async function repaired(file) {
  const bytes = async (/** @type {number} */ n) => new Uint8Array(await file.slice(0, n).arrayBuffer())
  const header = await bytes(headerLength(await bytes(256)))
  const layout = layoutOf(header)
  const records = layout ? Math.floor((file.size - layout.headerBytes) / layout.recordBytes) : 0
  if (!layout || records < 1) return null
  const { headerBytes, recordBytes, record_s, started } = layout
  setRecords(header, records)
  return {
    started,
    seconds: records * record_s,
    file: new File([header, file.slice(headerBytes, headerBytes + records * recordBytes)], file.name, { type: 'application/octet-stream', lastModified: file.lastModified }),
  }
}
