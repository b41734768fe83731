/**
 * manifest.csv of a folder of recordings: quoted fields as RFC 4180 has them, columns by name, and
 * what a row says about how it may be scored.
 */
import { parseCsv } from '../batch/list.js'
import { FecgError } from '../error.js'

export { inside, parseCsv } from '../batch/list.js'

const COLUMNS = ['record', 'file', 'ann', 'dataset', 'subject', 'flags']

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
