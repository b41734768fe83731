// files.js — recordings on disk, in node: random access, never read whole; which files a record is made of.
import { createHash } from 'node:crypto'
import { constants, open, stat } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { FecgError } from '../error.js'

/** @typedef {import('../types.js').RandomAccess & { read(offset: number, length: number): Promise<Uint8Array>, close(): Promise<void> }} DiskFile */

/** @type {Record<string, string>} */
const WORDS = {
  ENOENT: 'no such file', EACCES: 'no permission', EPERM: 'no permission', ENOTDIR: 'a part of its path is not a folder',
  EISDIR: 'is a folder', EMFILE: 'too many open files', ENOSPC: 'the disk is full', EROFS: 'the disk is read-only', EFBIG: 'the file would be too large', EDQUOT: 'the disk quota is used up',
  ENAMETOOLONG: 'the name is too long', ELOOP: 'links in a circle',
}
/** What an error of the file system means. @param {any} error @returns {string} */
export const words = (error) => WORDS[error.code] ?? error.message

/**
 * A file of a recording as { size, read, close }.
 * @param {string} path
 * @returns {Promise<DiskFile>}
 * @throws {FecgError} MISSING where it cannot be opened
 */
export async function source(path) {
  /** @type {import('node:fs/promises').FileHandle | undefined} */
  let handle
  try {
    const file = (handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))) // a pipe would be waited for, also by the end of the process
    const info = await file.stat()
    if (!info.isFile()) throw Object.assign(new Error('is not a plain file'), { code: info.isDirectory() ? 'EISDIR' : '' })
    return {
      size: info.size,
      async read(offset, length) {
        const bytes = new Uint8Array(length)
        let n = 0
        while (n < length) {
          const { bytesRead } = await file.read(bytes, n, length - n, offset + n)
          if (!bytesRead) break
          n += bytesRead
        }
        return bytes.subarray(0, n)
      },
      close: () => file.close(),
    }
  } catch (error) {
    await handle?.close()
    throw new FecgError('MISSING', `cannot be opened: ${words(error)}`, { file: basename(path) })
  }
}

/** @param {string} path */
const isFile = (path) => stat(path).then((s) => s.isFile(), () => false)

/** The file that FILE means: a record's name, or its .dat, means its header beside it. @param {string} file */
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
 * @param {import('../index.js').Fecg} fecg
 * @param {string} file
 * @param {{ fs?: number, unit?: 'uV' | 'mV' | 'V' }} [options]
 */
export async function openRecording(fecg, file, options = {}) {
  const path = await resolveRecord(file)
  const read = { name: basename(path), fs: options.fs, unit: options.unit }
  const first = await source(path)
  if (extname(path).toLowerCase() !== '.hea') return fecg.read(first, read)
  const beside = async (/** @type {string} */ name) => {
    if (name !== basename(name) || /[/\\]/.test(name) || name === '.' || name === '..') return null
    const there = join(dirname(path), name)
    return (await isFile(there)) ? source(there) : null
  }
  return fecg.read({ hea: first, files: beside }, read)
}

/** The files that FILE means: its header and those that the header names, or itself. @param {string} file */
export async function filesOf(file) {
  const path = await resolveRecord(file)
  if (extname(path).toLowerCase() !== '.hea') return [path]
  const bytes = await readSmall(path, 1 << 20).catch(() => new Uint8Array()) // a damaged one is told when it is read
  const lines = new TextDecoder('latin1').decode(bytes).split(/[\r\n]+/).map((line) => line.trim()).filter((line) => line && line[0] !== '#')
  return [path, ...lines.slice(1).map((line) => join(dirname(path), basename(line.split(/\s/)[0])))]
}

/** A file that is needed whole and is small: an annotation file. @param {string} path */
export async function readSmall(path, limit = 64 << 20) {
  const file = await source(path)
  try {
    if (file.size > limit) throw new FecgError('UNSUPPORTED', `has ${file.size} bytes, expected at most ${limit}`, { file: basename(path) })
    return await file.read(0, file.size)
  } finally {
    await file.close()
  }
}

const CHUNK = 1 << 20

/**
 * SHA-256 of what FILE means: of the file, or of a record's header and its signal files one after another. A file that is
 * named and not there is told when the record is read.
 * @param {string} file
 * @returns {Promise<string | null>} null: the file itself cannot be opened
 */
export async function fingerprint(file) {
  const hash = createHash('sha256')
  for (const [i, path] of [...new Set(await filesOf(file))].entries()) {
    const opened = await source(path).catch(() => null)
    if (!opened && i === 0) return null
    if (!opened) continue
    try {
      for (let at = 0; ;) {
        const chunk = await opened.read(at, CHUNK)
        if (!chunk.length) break
        hash.update(chunk)
        at += chunk.length
      }
    } finally {
      await opened.close()
    }
  }
  return hash.digest('hex')
}
