// enqueue.js — the recordings of a manifest become jobs. Those that are in the queue already, waiting or done, stay as they
// are; those that were given up are tried once more.
import { Queue } from 'bullmq'
import { connect, jobsOf, options } from './job.js'

const AT_A_TIME = 1000
const { files: [manifest], how, queue: name, redis } = options(
  'node enqueue.js MANIFEST [--redis URL] [--queue NAME] [--method M] [--leads A,B] [--mains 50|60] [--fs HZ] [--unit uV|mV|V]', { how: true, positionals: 1 })

let connection
try {
  connection = await connect(redis, { waits: false })
  await enqueue(new Queue(name, { connection }))
} catch (error) {
  console.error(`enqueue: ${error.message}`)
  process.exitCode = 1
} finally {
  connection?.disconnect()
}

async function enqueue(queue) {
  queue.on('error', () => {}) // told by the call that it happens to
  const jobs = await jobsOf(manifest, how)
  const before = await count(queue)
  await queue.retryJobs({ state: 'failed' })
  for (let i = 0; i < jobs.length; i += AT_A_TIME) {
    await queue.addBulk(jobs.slice(i, i + AT_A_TIME).map(({ id, data }) => ({
      name: 'extract', data,
      // Tried again is what a worker could not do: write the result, above all. What is wrong with a recording is its result.
      opts: { jobId: id, attempts: 5, backoff: { type: 'exponential', delay: 1000 }, removeOnComplete: false, removeOnFail: false },
    })))
  }
  console.error(`${jobs.length} recordings, ${(await count(queue)) - before} of them new in the queue ${name}`)
}

async function count(queue) {
  return Object.values(await queue.getJobCounts()).reduce((a, b) => a + b, 0)
}
