// collect.js — the results of a manifest as fecg batch writes them: results.ndjson, summary.csv, beats.csv, in its order.
import { readFile } from 'node:fs/promises'
import { Queue } from 'bullmq'
import { failure, writeTables } from 'fetal-ecg/batch'
import { connect, jobsOf, options, resultOf } from './job.js'

const { files: [manifest], how, out, queue: name, redis } = options(
  'node collect.js MANIFEST --out DIR [--redis URL] [--queue NAME] [the options of enqueue.js]', { how: true, positionals: 1, out: { type: 'string', needed: true } })

let connection // only where something has no result yet

/** The line of a job's result; null where there is none yet. */
const lineOf = (id) => readFile(resultOf(out, id), 'utf8').then((text) => text.trimEnd(), (error) => {
  if (error.code === 'ENOENT') return null
  throw error
})

async function collect() {
  const jobs = await jobsOf(manifest, how)
  const given = new Map() // reasons of jobs that were given up
  const open = {}
  let queue
  for (const { id, data: { task: { record, file } } } of jobs) {
    if ((await lineOf(id)) !== null) continue
    queue ??= await opened()
    const job = await queue.getJob(id)
    const state = job ? await job.getState() : 'not in the queue'
    if (state === 'failed') given.set(id, failure({ record, file, sha256: null }, new Error(job.failedReason)).line)
    else if ((await lineOf(id)) === null) open[state] = (open[state] ?? 0) + 1 // it may have been done just now
  }
  const left = Object.values(open).reduce((a, b) => a + b, 0)
  if (left) {
    console.error(`${left} of ${jobs.length} recordings have no result yet: ${Object.entries(open).map(([state, n]) => `${n} ${state === 'completed' ? `done in another folder than ${out}` : state}`).join(', ')}`)
    return 1
  }
  const lines = async function * () {
    for (const { id } of jobs) yield given.get(id) ?? (await lineOf(id))
  }
  const { done, errors } = await writeTables(out, lines())
  const failed = Object.entries(errors)
  console.error(`${done} recordings done${failed.map(([code, n]) => `, ${n} ${code}`).join('')}`)
  return failed.length ? 3 : 0
}

async function opened() {
  connection = await connect(redis, { waits: false })
  const queue = new Queue(name, { connection })
  queue.on('error', () => {}) // told by the call that it happens to
  return queue
}

try {
  process.exitCode = await collect()
} catch (error) {
  console.error(`collect: ${error.message}`)
  process.exitCode = 1
} finally {
  connection?.disconnect()
}
