/**
 * Files on disk: recordings as random access, never read whole; outputs that appear only when they
 * are complete, and never in the place of a file that is read.
 */
import { randomBytes } from 'node:crypto'
import { open, readdir, readlink, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { FecgError } from '../error.js'
import { UsageError } from './args.js'

const WORDS = {
  ENOENT: 'no such file', EACCES: 'no permission', EPERM: 'no permission', ENOTDIR: 'a part of its path is not a folder',
  EISDIR: 'is a folder', EMFILE: 'too many open files', ENOSPC: 'the disk is full', EROFS: 'the disk is read-only', EFBIG: 'the file would be too large', EDQUOT: 'the disk quota is used up',
  ENAMETOOLONG: 'the name is too long', ELOOP: 'links in a circle',
}
export const words = error => WORDS[error.code] ?? error.message

/** A file of a recording as { size, read, close }. @throws {FecgError} MISSING where it cannot be opened */
async function source(path) {
  let handle
  try {
    handle = await open(path, 'r')
    const info = await handle.stat()
    if (!info.isFile()) throw Object.assign(new Error('is not a plain file'), { code: info.isDirectory() ? 'EISDIR' : '' })
    return {
      size: info.size,
      async read(offset, length) {
        const bytes = new Uint8Array(length)
        let n = 0
        while (n < length) {
          const { bytesRead } = await handle.read(bytes, n, length - n, offset + n)
          if (!bytesRead) break
          n += bytesRead
        }
        return bytes.subarray(0, n)
      },
      close: () => handle.close(),
    }
  } catch (error) {
    await handle?.close()
    throw new FecgError('MISSING', `cannot be opened: ${words(error)}`, { file: basename(path) })
  }
}

const isFile = path => stat(path).then(s => s.isFile(), () => false)

/** The file that FILE means: a record's name, or its .dat, means its header beside it. */
async function resolveRecord(file) {
  if (!(await isFile(file)) && (await isFile(`${file}.hea`))) return `${file}.hea`
  if (extname(file).toLowerCase() === '.dat') {
    const header = file.slice(0, -4) + '.hea'
    if (await isFile(header)) return header
  }
  return file
}

/**
 * Opens the recording that FILE means. The files that a .hea names are looked for beside it and
 * nowhere else: a header may name no folder.
 */
export async function openRecording(fecg, file, options = {}) {
  const path = await resolveRecord(file)
  const read = { name: basename(path), fs: options.fs, unit: options.unit }
  const first = await source(path)
  if (extname(path).toLowerCase() !== '.hea') return fecg.read(first, read)
  const beside = async name => {
    if (name !== basename(name) || /[/\\]/.test(name) || name === '.' || name === '..') return null
    const there = join(dirname(path), name)
    return (await isFile(there)) ? source(there) : null
  }
  return fecg.read({ hea: first, files: beside }, read)
}

/** The files that FILE means: its header and those that the header names, or itself. */
export async function filesOf(file) {
  const path = await resolveRecord(file)
  if (extname(path).toLowerCase() !== '.hea') return [path]
  const bytes = await readSmall(path, 1 << 20).catch(() => new Uint8Array()) // a damaged one is told when it is read
  const lines = new TextDecoder('latin1').decode(bytes).split(/[\r\n]+/).map(line => line.trim()).filter(line => line && line[0] !== '#')
  return [path, ...lines.slice(1).map(line => join(dirname(path), basename(line.split(/\s/)[0])))]
}

/** A file that is needed whole and is small: an annotation file. */
export async function readSmall(path, limit = 64 << 20) {
  const file = await source(path)
  try {
    if (file.size > limit) throw new FecgError('UNSUPPORTED', `has ${file.size} bytes, expected at most ${limit}`, { file: basename(path) })
    return await file.read(0, file.size)
  } finally {
    await file.close()
  }
}

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
