// worker.js — takes jobs and leaves each result as one file, which is whole before the job counts as done. A worker that is
// killed leaves jobs whose lock runs out; another takes them. The same job done twice gives the same file.
import { randomUUID } from 'node:crypto'
import { access, mkdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'
import { Worker } from 'bullmq'
import { Draft, Pool } from 'fetal-ecg/batch'
import { connect, engineOf, options, resultOf } from './job.js'

const DEATHS = 3 // of workers over a job, after which it is given up: it may be what kills them
const { out, in: folder, threads, lock, queue: name, redis } = options(
  'node worker.js --out DIR [--in DIR] [--threads N] [--lock SECONDS] [--redis URL] [--queue NAME]',
  {
    out: { type: 'string', needed: true },
    in: { type: 'string' }, // where the folder of the manifest is on this machine
    threads: { type: 'string', default: String(availableParallelism()) },
    lock: { type: 'string', default: '30' }, // after which the jobs of a worker that is silent are another's
  })
if (!(Number(threads) >= 1 && Number(lock) >= 1)) {
  console.error('--threads and --lock: expected 1 or more')
  process.exit(2)
}

await mkdir(dirname(resultOf(out, '')), { recursive: true })
const pool = new Pool()

async function work({ id, data: { task, how, engine } }) {
  const there = folder ?? task?.folder
  // The file's name comes from the server: an id is a hash and nothing else.
  if (!/^[0-9a-f]{64}$/.test(id) || ![task?.record, task?.file, there].every((text) => typeof text === 'string')) throw new Error('not a job of enqueue.js')
  const path = resultOf(out, id)
  if (await access(path).then(() => true, () => false)) return null
  const here = await engineOf(how)
  if (here.engine !== engine.engine || here.model_sha256 !== engine.model_sha256) throw new Error(`this worker has engine ${here.engine} and weights ${here.model_sha256}, expected ${engine.engine} and ${engine.model_sha256}`)
  // A machine that has not mounted the archive would call every recording missing.
  await access(there).catch(() => { throw new Error(`the folder ${there} is not on this machine; --in says where it is`) })
  const { line, error } = await pool.run({ ...task, folder: there }, how)
  const draft = await Draft.create(path, `${randomUUID()}.part`)
  try {
    await draft.write(`${line}\n`)
    await draft.done()
  } finally {
    await draft.discard()
  }
  return error && `${error.code}: ${error.message}`
}

const connection = await connect(redis, { waits: true })
const worker = new Worker(name, work, {
  connection, concurrency: Number(threads),
  lockDuration: 1000 * Number(lock), stalledInterval: 1000 * Number(lock), maxStalledCount: DEATHS,
})
worker.on('completed', ({ data: { task } }, error) => console.log(`${task.record}${error ? `: ${error}` : ''}`))
worker.on('failed', (job, error) => console.error(`${job?.data.task?.record}: ${error.message}`))
let told = ''
for (const source of [worker, connection]) {
  source.on('error', (error) => {
    if (error.message !== told) console.error(`waiting: ${error.message}`)
    told = error.message
  })
}

/** What is under way is finished first; a second signal ends it at once, and other workers do it. */
async function stop() {
  await worker.close()
  await pool.close()
  connection.disconnect()
}
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop)
