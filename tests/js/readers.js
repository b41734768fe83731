// readers.js — programs that are not ours, to read what the package writes.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './helpers.js'

const PYTHONS = [process.env.FECG_PYTHON, join(root, 'build', 'venv', 'bin', 'python'), 'python3']

/** An interpreter that can import these modules; undefined: there is none. @param {...string} modules */
export const pythonWith = (...modules) =>
  PYTHONS.find((p) => p && (p === 'python3' || existsSync(p)) && spawnSync(p, ['-c', `import ${modules.join(', ')}`]).status === 0)

/** Whether a program can be run. @param {string} name */
export const has = (name) => spawnSync(name, ['--version']).error === undefined

/**
 * What a script of tests/tools prints, as JSON, of files with these bytes.
 * @param {string} python
 * @param {string} script
 * @param {Record<string, Uint8Array | string>} files by name
 */
export const readWith = (python, script, files) => withFiles(files, (...paths) => {
  const { status, stdout, stderr } = spawnSync(python, [join(root, 'tests', 'tools', script), ...paths], { encoding: 'utf8', maxBuffer: 1 << 29 })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
})

/** What work gives of the paths of files. @template T @param {Record<string, Uint8Array | string>} files by name @param {(...paths: string[]) => T} work */
export function withFiles(files, work) {
  const folder = mkdtempSync(join(tmpdir(), 'fecg-read-'))
  try {
    return work(...Object.entries(files).map(([name, bytes]) => {
      writeFileSync(join(folder, name), bytes)
      return join(folder, name)
    }))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The bytes of a file that comes in pieces. @param {AsyncIterable<Uint8Array> | Iterable<Uint8Array>} pieces */
export async function bytesOf(pieces) {
  const parts = []
  for await (const piece of pieces) parts.push(piece)
  return new Uint8Array(Buffer.concat(parts))
}
