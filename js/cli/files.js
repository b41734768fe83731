/**
 * Files on disk: recordings as random access, never read whole; outputs that appear only when they
 * are complete.
 */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { open, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { FecgError } from '../error.js'

const WORDS = {
  ENOENT: 'no such file', EACCES: 'no permission', EPERM: 'no permission', ENOTDIR: 'a part of its path is not a folder',
  EISDIR: 'is a folder', EMFILE: 'too many open files', ENOSPC: 'the disk is full', EROFS: 'the disk is read-only', ENAMETOOLONG: 'the name is too long', ELOOP: 'links in a circle',
}
const words = error => WORDS[error.code] ?? error.message

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

/** An output that cannot be written; the message names the option and the file. */
export class OutputError extends Error {}

/**
 * An output file, written under another name and renamed by done(), so that what stands under the
 * asked name is always whole. write(bytes, position) without a position appends.
 */
export async function output(option, path) {
  const fail = error => {
    throw error instanceof OutputError ? error : new OutputError(`${option}: cannot write ${path}: ${error.code === 'ENOENT' ? 'no such folder' : words(error)}`)
  }
  if (await stat(path).then(s => s.isDirectory(), () => false)) fail({ code: 'EISDIR' })
  // A device or a pipe, /dev/stdout for one, is written as it is.
  const direct = await stat(path).then(s => !s.isFile(), () => false)
  const draft = direct ? path : `${path}.${randomBytes(4).toString('hex')}.part`
  const handle = await open(draft, direct ? 'w' : 'wx').catch(fail)
  let at = 0, open_ = true
  return {
    async write(data, position) {
      const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data
      for (let n = 0; n < bytes.length;) {
        const { bytesWritten } = await handle.write(bytes, n, bytes.length - n, direct ? null : (position ?? at) + n).catch(fail)
        n += bytesWritten
      }
      if (position === undefined) at += bytes.length
    },
    async done() {
      open_ = false
      await handle.close()
      if (!direct) await rename(draft, path).catch(fail)
    },
    async discard() {
      if (!open_) return
      open_ = false
      await handle.close()
      if (!direct) await rm(draft, { force: true })
    },
  }
}

/** Whether two paths are one file on disk. */
export async function sameFile(a, b) {
  if (resolve(a) === resolve(b)) return true
  if (!existsSync(a) || !existsSync(b)) return false
  return (await realpath(a)) === (await realpath(b))
}
