/**
 * Files on disk: the weights that are meant; outputs that appear only when they are complete, and never
 * in the place of a file that is read. Recordings are opened in ../batch/files.js.
 */
import { randomBytes } from 'node:crypto'
import { open, readdir, readlink, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { words } from '../batch/files.js'
import { FecgError } from '../error.js'
import { UsageError } from './args.js'

export { filesOf, openRecording, readSmall, words } from '../batch/files.js'

/**
 * The weights that FILE or DIR of --model means: in a folder fhnet.safetensors, else the one safetensors file that
 * it holds.
 * @returns {Promise<string>}
 * @throws {FecgError} MISSING
 */
export async function modelFile(path) {
  const names = await readdir(path).catch(() => null)
  if (names === null) return path // no folder: what else is wrong shows when it is opened
  if (names.includes('fhnet.safetensors')) return join(path, 'fhnet.safetensors')
  const found = names.filter(name => name.endsWith('.safetensors'))
  if (found.length !== 1) throw new FecgError('MISSING', `the folder holds ${found.length || 'no'} safetensors files, expected one, or one named fhnet.safetensors`, { file: path })
  return join(path, found[0])
}

/** An output that cannot be written; the message names the option and the file. */
export class OutputError extends Error {}

/** Writes all bytes from a position on, or where the file is (null); a disk that fills up is an error. */
export async function writeAll(handle, bytes, position) {
  for (let n = 0; n < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, n, bytes.length - n, position === null ? null : position + n)
    n += bytesWritten
  }
}

/** Throws the error of an output. */
const failing = (option, path) => error => {
  throw error instanceof OutputError ? error : new OutputError(`${option}: cannot write ${path}: ${error.code === 'ENOENT' ? 'no such folder' : words(error)}`)
}

/** Where a link leads, also where nothing is there yet. */
async function target(path, links = 40) {
  const to = await readlink(path).catch(() => null)
  if (to === null) return path
  if (!links) throw Object.assign(new Error(), { code: 'ELOOP' })
  return target(resolve(dirname(path), to), links - 1)
}

/**
 * An output file, written under another name and renamed by done(), so that what stands under the
 * asked name is always whole; a link stays and the file it leads to is replaced. write(bytes, position)
 * without a position appends. A device or a pipe is written as it is, and can only be appended to.
 */
export async function output(option, path, { rewinds = false } = {}) {
  const fail = failing(option, path)
  const there = await stat(path).catch(() => null)
  if (there?.isDirectory()) fail({ code: 'EISDIR' })
  const direct = there !== null && !there.isFile()
  if (direct && rewinds) fail({ message: 'is not a plain file, and the header of an EDF is written last' })
  const end = direct ? path : await target(path).catch(fail)
  const draft = direct ? path : `${end}.${randomBytes(4).toString('hex')}.part`
  const handle = await open(draft, direct ? 'w' : 'wx').catch(fail)
  let at = 0, open_ = true
  const discard = async () => {
    if (open_) await handle.close()
    open_ = false
    if (!direct) await rm(draft, { force: true })
  }
  return {
    discard,
    async write(data, position) {
      const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data
      await writeAll(handle, bytes, direct ? null : position ?? at).catch(fail)
      if (position === undefined) at += bytes.length
    },
    async done() {
      open_ = false
      await handle.close().catch(fail)
      if (!direct) await rename(draft, end).catch(fail)
    },
  }
}

/** A file on disk by what it is, so that links and other spellings of its name are the same. */
async function identity(path) {
  const there = await stat(path, { bigint: true }).catch(() => null)
  if (there) return there.isFile() ? `${there.dev}:${there.ino}` : null
  const end = resolve(await target(path).catch(() => path))
  return join(await realpath(dirname(end)).catch(() => dirname(end)), basename(end))
}

/**
 * Refuses outputs that are one of the inputs, or that are the same file.
 * @param {Record<string, string | undefined>} outputs path by option; "-" and undefined are no file
 * @param {AsyncIterable<string> | Iterable<string>} inputs every file that will be opened
 * @throws {UsageError}
 */
export async function checkOutputs(outputs, inputs) {
  const wanted = Object.entries(outputs).filter(([, path]) => path !== undefined && path !== '-')
  if (!wanted.length) return
  const taken = new Map()
  for await (const path of inputs) taken.set(await identity(path), path)
  const named = new Map()
  for (const [option, path] of wanted) {
    const file = await identity(path)
    if (file === null) continue // a device or a pipe holds nothing
    if (taken.has(file)) throw new UsageError(`${option} would overwrite the input ${taken.get(file)}`)
    if (named.has(file)) throw new UsageError(`${named.get(file)} and ${option} name the same file`)
    named.set(file, option)
  }
}

/** Samples of some channels over a stretch of time; reading stops at its end. */
export async function readRange(recording, channels, t0_s, seconds, signal) {
  const out = channels.map(c => new Float32Array(Math.round(seconds * recording.channels[c].fs)).fill(NaN))
  const at = channels.map(() => 0)
  for await (const { samples } of recording.blocks({ channels, signal })) {
    let more = false
    samples.forEach((block, k) => {
      const first = Math.round(t0_s * recording.channels[channels[k]].fs)
      const from = Math.max(at[k], first), to = Math.min(at[k] + block.length, first + out[k].length)
      if (from < to) out[k].set(block.subarray(from - at[k], to - at[k]), from - first)
      at[k] += block.length
      more ||= at[k] < first + out[k].length
    })
    if (!more) break
  }
  return out
}
