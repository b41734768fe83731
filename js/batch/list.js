// list.js — which recordings a job is made of: a manifest (CSV), a list (text), patterns, names.
import { readdir, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, sep } from 'node:path'
import { FecgError } from '../error.js'
import { source } from './files.js'

/**
 * A recording of a job. `record` names it in every table and is there once. With a folder, `file` lies in it and may not
 * lead out of it; without, `file` is a path as it is.
 * @typedef {{ record: string, file: string, folder: string | null }} Task
 */

/**
 * Records of fields as RFC 4180 has them: a quoted field may hold commas, line ends and doubled quotes.
 * @param {string} text
 * @param {string} [file] its name, for errors
 * @returns {{ fields: string[], line: number }[]}
 */
export function parseCsv(text, file = 'manifest.csv') {
  /** @type {{ fields: string[], line: number }[]} */
  const rows = []
  /** @type {string[]} */
  let row = []
  let field = '', quoted = false, line = 1
  text = text.replace(/^\ufeff/, '')
  const end = () => {
    row.push(field)
    if (row.length > 1 || row[0] !== '') rows.push({ fields: row, line: start })
    row = []
    field = ''
    start = line + 1
  }
  let start = 1
  for (let i = 0; i < text.length; i++) {
    const ch = text[i]
    if (quoted) {
      if (ch === '"' && text[i + 1] === '"') field += text[++i]
      else if (ch === '"') quoted = false
      else field += ch
    } else if (ch === '"' && field === '') quoted = true
    else if (ch === ',') {
      row.push(field)
      field = ''
    } else if (ch === '\n') end()
    else if (ch !== '\r' || text[i + 1] !== '\n') field += ch
    if (ch === '\n') line++
  }
  if (quoted) throw new FecgError('FORMAT', `line ${start}: a quoted field does not end`, { offset: start, file })
  if (field !== '' || row.length) end()
  return rows
}

/**
 * A name from the manifest inside its folder.
 * @param {string} folder
 * @param {...string} names
 * @throws {FecgError} FORMAT where it leads out of it
 */
export function inside(folder, ...names) {
  const path = join(folder, ...names), from = relative(folder, path)
  if (from.startsWith('..') || isAbsolute(from) || names.some((name) => isAbsolute(name))) throw new FecgError('FORMAT', `"${names.join('/')}" leads out of the folder of the manifest`, { file: 'manifest.csv' })
  return path
}

/** Where the file of a task lies. @param {Task} task */
export const pathOf = ({ file, folder }) => (folder === null ? file : inside(folder, file))

/**
 * The recordings that arguments mean, in their order: manifests and lists by their rows, patterns by what they match in
 * order of name, everything else as a recording itself. Each file once.
 * @param {string[]} names
 * @returns {Promise<Task[]>}
 * @throws {FecgError} MISSING, FORMAT: of a manifest, list or pattern; that a recording is not there is told with it
 */
export async function readList(names) {
  /** @type {Task[]} */
  const tasks = []
  for (const name of names) {
    const ending = /\.(csv|txt)$/i.exec(name)?.[1].toLowerCase()
    if (ending && (await isFile(name))) {
      const rows = ending === 'txt' ? await readLines(name) : await readManifest(name)
      if (rows) {
        for (const row of rows) tasks.push(row)
        continue
      }
    }
    const files = !(await stat(name).catch(() => null)) && isPattern(name) ? await matches(name) : [name]
    for (const file of files) tasks.push({ record: file, file, folder: null })
  }
  const seen = new Set(), list = []
  const records = new Map()
  for (const task of tasks) {
    const file = task.folder === null ? task.file : join(task.folder, task.file)
    if (seen.has(`${task.record}\0${file}`)) continue
    seen.add(`${task.record}\0${file}`)
    if (records.has(task.record)) throw new FecgError('FORMAT', `two recordings are named ${task.record}: ${records.get(task.record)} and ${file}; expected a name of its own for each`)
    records.set(task.record, file)
    list.push(task)
  }
  return list
}

const isFile = (/** @type {string} */ path) => stat(path).then((s) => s.isFile(), () => false)

/** The first bytes of a file, as text; asked for whole, all of them or none. @param {string} path @param {number} most */
async function textOf(path, most) {
  const file = await source(path).catch((error) => {
    throw new FecgError(error.code, `${path}: ${error.message}`)
  })
  try {
    if (most === WHOLE && file.size > WHOLE) throw new FecgError('UNSUPPORTED', `${path}: has ${file.size} bytes, expected at most ${WHOLE}`)
    return new TextDecoder().decode(await file.read(0, Math.min(most, file.size)))
  } finally {
    await file.close()
  }
}

const HEAD = 1 << 16, WHOLE = 1 << 28

/** Rows of a manifest; null where the columns say that it is a recording. @param {string} path @returns {Promise<Task[] | null>} */
async function readManifest(path) {
  const names = (await textOf(path, HEAD)).split(/\r?\n/, 1)[0].replaceAll('"', '').split(',').map((name) => name.trim())
  const at = /** @type {Record<string, number>} */ ({ record: names.indexOf('record'), file: names.indexOf('file') })
  if (at.file < 0) return null
  if (at.record < 0) throw new FecgError('FORMAT', `${path}: line 1: no column record; it has ${names.join(', ').slice(0, 120)}`, { offset: 1 })
  const folder = dirname(path)
  const [head, ...rows] = parseCsv(await textOf(path, WHOLE), path)
  for (const name of ['record', 'file']) at[name] = head.fields.findIndex((field) => field.replaceAll('"', '').trim() === name) // a quoted name before them may hold a comma
  return rows.map(({ fields, line }) => {
    const wrong = (/** @type {string} */ what) => new FecgError('FORMAT', `${path}: line ${line}: ${what}`, { offset: line })
    if (fields.length !== head.fields.length) throw wrong(`${fields.length} fields, expected ${head.fields.length} as in the first line`)
    const record = fields[at.record].trim(), file = fields[at.file].trim()
    if (!record || !file) throw wrong(`no ${record ? 'file' : 'record'}`)
    return { record, file, folder }
  })
}

/** A list: a file a line, beside the list or by its whole path; lines that begin with # are left out. @param {string} path @returns {Promise<Task[] | null>} */
async function readLines(path) {
  const lines = (await textOf(path, WHOLE)).split('\n').map((line) => line.trim()).filter((line) => line && !line.startsWith('#'))
  return lines.map((file) => ({ record: file, file: isAbsolute(file) ? file : join(dirname(path), file), folder: null }))
}

// ---- patterns: node 20 has no glob of its own

export const isPattern = (/** @type {string} */ name) => /[*?[{]/.test(name)

/** A part of a path as a regular expression. @param {string} part */
function expression(part) {
  let depth = 0
  const source = part.replace(/[.+^$()|\\/]|\*|\?|\[!?|\{|\}|,/g, (ch) => {
    if (ch === '{') depth++
    if (ch === ',' && !depth) return ch
    if (ch === '}') depth--
    return { '*': '.*', '?': '.', '[': '[', '[!': '[^', '{': '(?:', '}': ')', ',': '|' }[ch] ?? `\\${ch}`
  })
  try {
    return new RegExp(`^${source}$`, 's')
  } catch {
    throw new FecgError('FORMAT', `"${part}" is no pattern: a bracket or brace is left open`)
  }
}

/**
 * Files that a pattern matches, in order of name: * and ? in a name, [a-z], {a,b}, and ** for any folders. Names that begin
 * with a dot are not matched by a star. The .dat of a record whose header is matched too is left out.
 * @param {string} pattern
 * @returns {Promise<string[]>}
 * @throws {FecgError} MISSING where it matches nothing
 */
async function matches(pattern) {
  const parts = pattern.split(sep === '\\' ? /[\\/]/ : '/')
  let folders = new Set([parts[0] === '' ? '/' : ''])
  for (const [i, part] of parts.entries()) {
    if (part === '' || part === '.') continue
    const last = i === parts.length - 1
    const next = new Set()
    for (const folder of folders) {
      if (!isPattern(part)) next.add(join(folder, part))
      else if (part === '**') for await (const below of foldersIn(folder)) next.add(below)
      else {
        const matching = expression(part)
        const entries = await readdir(folder || '.', { withFileTypes: true }).catch(() => [])
        for (const entry of entries) if (matching.test(entry.name) && (part[0] === '.' || entry.name[0] !== '.') && (last || !entry.isFile())) next.add(join(folder, entry.name))
      }
    }
    folders = next
  }
  const files = []
  for (const path of folders) if (await isFile(path)) files.push(path)
  if (!files.length) throw new FecgError('MISSING', `no file matches ${pattern}`)
  const headers = new Set(files.filter((file) => file.endsWith('.hea')).map((file) => file.slice(0, -4)))
  return files.filter((file) => !(file.endsWith('.dat') && headers.has(file.slice(0, -4)))).sort((a, b) => (a < b ? -1 : 1))
}

/** A folder and those below it; links are not followed, so that none is met twice. @param {string} folder @returns {AsyncGenerator<string>} */
async function * foldersIn(folder) {
  yield folder
  const entries = await readdir(folder || '.', { withFileTypes: true }).catch(() => [])
  for (const entry of entries) if (entry.isDirectory() && entry.name[0] !== '.') yield * foldersIn(join(folder, entry.name))
}
