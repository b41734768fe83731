/**
 * manifest.csv of a folder of recordings: quoted fields as RFC 4180 has them, columns by name, and
 * what a row says about how it may be scored.
 */
import { isAbsolute, join, relative } from 'node:path'
import { FecgError } from '../error.js'

const COLUMNS = ['record', 'file', 'ann', 'dataset', 'subject', 'flags']

/** Records of fields. A quoted field may hold commas, line ends and doubled quotes. */
export function parseCsv(text) {
  const rows = []
  let row = [], field = '', quoted = false, line = 1
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
  if (quoted) throw new FecgError('FORMAT', `line ${start}: a quoted field does not end`, { offset: start, file: 'manifest.csv' })
  if (field !== '' || row.length) end()
  return rows
}

/**
 * Rows of a manifest, each with the six needed columns, `group`, and `skip`: why it is not scored, or null.
 * @throws {FecgError} FORMAT
 */
export function readManifest(text) {
  const [head, ...rows] = parseCsv(text)
  if (!head) throw new FecgError('FORMAT', `the file is empty, expected the columns ${COLUMNS.join(', ')}`, { offset: 1, file: 'manifest.csv' })
  const at = Object.fromEntries(COLUMNS.map(name => [name, head.fields.indexOf(name)]))
  const missing = COLUMNS.filter(name => at[name] < 0)
  if (missing.length) throw new FecgError('FORMAT', `line 1: no column ${missing.join(', ')}; it has ${head.fields.join(', ').slice(0, 120)}`, { offset: 1, file: 'manifest.csv' })
  return rows.map(({ fields, line }) => {
    if (fields.length !== head.fields.length) throw new FecgError('FORMAT', `line ${line}: ${fields.length} fields, expected ${head.fields.length} as in the first line`, { offset: line, file: 'manifest.csv' })
    const row = Object.fromEntries(COLUMNS.map(name => [name, fields[at[name]].trim()]))
    return { ...row, group: groupOf(row), skip: whyNotScored(row) }
  })
}

/** A group is the dataset; set A of the challenge splits in three. Wrong annotations outweigh the rest. */
export function groupOf({ dataset, flags }) {
  if (dataset !== 'cinc2013_seta') return dataset
  return `${dataset}/${/BAD_ANN/.test(flags) ? 'bad' : /LIKELY_SIMULATED/.test(flags) ? 'simulated' : 'good'}`
}

function whyNotScored({ ann, flags }) {
  if (ann === '' || ann.toLowerCase() === 'none') return 'no reference'
  if (/\(maternal\)/i.test(ann) || /qrs\s*=\s*maternal/i.test(flags)) return 'reference beats are maternal'
  return null
}

/** A name from the manifest inside its folder. @throws {FecgError} FORMAT where it leads out of it */
export function inside(folder, ...names) {
  const path = join(folder, ...names), from = relative(folder, path)
  if (from.startsWith('..') || isAbsolute(from) || names.some(isAbsolute)) throw new FecgError('FORMAT', `"${names.join('/')}" leads out of the folder of the manifest`, { file: 'manifest.csv' })
  return path
}
