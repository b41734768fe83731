// job.js — what a job of the queue is: one recording and how it is extracted; its id says both, so that the same job twice is
// one job, and its result is one file.
import { createHash } from 'node:crypto'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { Redis } from 'ioredis'
import { load } from 'fetal-ecg'
import { readList } from 'fetal-ecg/batch'

const QUEUE = {
  redis: { type: 'string', default: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379' },
  queue: { type: 'string', default: 'fetal-ecg' },
}
const HOW = { method: { type: 'string', default: 'fhnet' }, leads: { type: 'string' }, mains: { type: 'string' }, fs: { type: 'string' }, unit: { type: 'string' } }

/** Options of the command line; wrong ones end the process with status 2. */
export function options(usage, { how = false, positionals = 0, ...own } = {}) {
  try {
    const given = parseArgs({ options: { ...QUEUE, ...(how ? HOW : {}), ...own }, allowPositionals: true })
    if (given.positionals.length !== positionals) throw new Error(`expected ${positionals || 'no'} file, got ${given.positionals.length}`)
    for (const [name, { needed }] of Object.entries(own)) if (needed && given.values[name] === undefined) throw new Error(`--${name} is needed`)
    return { ...given.values, files: given.positionals, how: how ? howOf(given.values) : undefined }
  } catch (error) {
    console.error(`${error.message}\n${usage}`)
    process.exit(2)
  }
}

function howOf({ method, leads, mains, fs, unit }) {
  const oneOf = (name, value, words) => {
    if (value !== undefined && !words.includes(value)) throw new Error(`--${name}: expected ${words.join(' or ')}, got "${value}"`)
    return value
  }
  if (fs !== undefined && !(Number(fs) > 0 && Number(fs) < Infinity)) throw new Error(`--fs: expected a rate in hertz, got "${fs}"`)
  return {
    method: oneOf('method', method, ['classical', 'network', 'fhnet']),
    leads: leads?.split(','),
    mains: oneOf('mains', mains, ['50', '60']) && Number(mains),
    fs: fs && Number(fs),
    unit: oneOf('unit', unit, ['uV', 'mV', 'V']),
  }
}

/** The engine and weights that results are of: a worker with others does not take the job. */
export async function engineOf({ method }) {
  const fecg = await load()
  return { engine: fecg.version, model_sha256: method === 'classical' ? null : (await fecg.model()).sha256 }
}

/** The jobs of a manifest: { id, data }. */
export async function jobsOf(manifest, how) {
  const tasks = await readList([resolve(manifest)]) // its folder is a part of the id: two archives may name their files alike
  if (tasks.some(({ folder }) => folder === null)) throw new Error(`${manifest}: expected a CSV with the columns record and file`)
  const engine = await engineOf(how)
  return tasks.map((task) => {
    const { record, file, folder } = task
    return { id: createHash('sha256').update(JSON.stringify([record, file, folder, how, engine])).digest('hex'), data: { task, how, engine } }
  })
}

/** The file of a result. */
export const resultOf = (out, id) => join(out, 'done', `${id}.json`)

/** A connection: one that waits for a server that is away, or one that rejects. */
export async function connect(url, { waits }) {
  if (waits) return new Redis(url, { maxRetriesPerRequest: null })
  const connection = new Redis(url, { lazyConnect: true, retryStrategy: null })
  let cause
  connection.on('error', (error) => (cause = error))
  await connection.connect().catch((error) => {
    throw new Error(`${url}: ${(cause ?? error).message}`)
  })
  return connection
}
