/**
 * fecg batch: an archive of recordings, extracted over all cores. Results are written as they come; what is done is not
 * done again when the job goes on.
 */
import { createHash } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Pool } from '../batch/pool.js'
import { readList } from '../batch/list.js'
import { writeTables } from '../batch/tables.js'
import { FecgError } from '../error.js'
import { clock } from '../words.js'
import { UsageError } from './args.js'
import { JobFolder } from './batch-folder.js'
import { checkMethod, extractOptions } from './extract.js'
import { modelFile, OutputError, readSmall, words } from './files.js'
import { progressBar } from './text.js'

export async function batchCommand(session, names, options) {
  checkMethod(options)
  if (options.out === undefined) throw new UsageError('--out DIR is needed: the folder that results are written to')
  const tasks = await readList(names)
  if (!tasks.length) throw new FecgError('MISSING', `${names.join(' ')}: no recording is listed`)
  const fecg = await session.engine()
  const model = await session.weights(fecg, options)
  const { fs, unit } = options, { leads, method, mains } = extractOptions(options)
  const how = { method, leads, mains, fs, unit }
  const folder = await JobFolder.open(options.out, { ...how, model: model?.name, model_sha256: model?.sha256, engine: fecg.version }, tasks, options.resume)
  try {
    const counts = await work(session, tasks, folder, options, how, await bytesOf(options, model))
    await conclude(session, tasks, folder, options, counts)
  } catch (error) {
    if (session.signal.aborted) session.say(`fecg batch: ${tasks.filter(({ record }) => folder.log.has(record)).length} of ${tasks.length} recordings are done; the same command with --resume goes on`)
    // Of the disk, which takes no more for one.
    throw error.syscall ? new OutputError(`--out: cannot write in ${options.out}: ${words(error)}`) : error
  } finally {
    await folder.close()
  }
}

/** Weights other than the package's, as the threads take them. */
async function bytesOf(options, model) {
  if (options.model === undefined) return undefined
  const bytes = await readSmall(await modelFile(options.model), 256 << 20)
  if (createHash('sha256').update(bytes).digest('hex') !== model.sha256) throw new FecgError('FORMAT', 'the weights have changed while they were read', { file: options.model })
  return bytes
}

/** Extracts what is not done yet. */
async function work(session, tasks, folder, options, how, model) {
  const todo = tasks.filter(({ record }) => !folder.log.has(record))
  const counts = { before: tasks.length - todo.length, done: 0, failed: 0, signal_s: 0, seconds: 0 }
  if (!todo.length) return counts
  await folder.begin()
  const lanes = Math.min(options.jobs ?? availableParallelism(), todo.length)
  const pool = new Pool({ model })
  const stop = () => pool.close()
  session.signal.addEventListener('abort', stop)
  const bar = batchBar(session, options, counts, todo.length, lanes)
  let next = 0, appended = Promise.resolve()
  try {
    session.signal.throwIfAborted()
    await Promise.all(Array.from({ length: lanes }, async (_, lane) => {
      while (next < todo.length) {
        const task = todo[next++]
        const result = await pool.run(task, how, fraction => bar.within(lane, fraction))
        await (appended = appended.then(() => folder.log.append(task.record, result.line)))
        counts[result.error ? 'failed' : 'done']++
        counts.signal_s += result.seconds
        bar.within(lane, 0)
        if (result.error) {
          bar.clear()
          session.raise(session.tell(new FecgError(result.error.code, result.error.message), task.file, options))
        }
      }
    }))
  } finally {
    bar.clear()
    session.signal.removeEventListener('abort', stop)
    await pool.close()
    await appended.catch(() => {})
  }
  counts.seconds = bar.seconds()
  return counts
}

/** Recordings done, how fast, and how long it still takes. */
function batchBar(session, options, counts, total, lanes) {
  const bar = progressBar(session.stderr, options.quiet)
  const begun = performance.now()
  const parts = new Array(lanes).fill(0)
  const seconds = () => (performance.now() - begun) / 1000
  return {
    seconds,
    clear: () => bar.clear(),
    within(lane, fraction) {
      parts[lane] = fraction ?? 0
      const done = counts.done + counts.failed, all = done + parts.reduce((a, b) => a + b, 0), s = seconds()
      const words = [`${done}/${total}`, `${(all / s).toPrecision(2)}/s`, all > 0 && `${clock((total - all) * s / all)} left`, counts.failed && `${counts.failed} failed`]
      bar.update(all / total, words.filter(Boolean).join(' · '))
    },
  }
}

/** The tables, and the line that says what has become of all recordings. */
async function conclude(session, tasks, folder, options, counts) {
  const lines = async function * () {
    for (const { record } of tasks) {
      session.signal.throwIfAborted()
      yield folder.log.read(record)
    }
    await folder.log.close() // its place is taken, which Windows allows no file that is open
  }
  const { done, errors } = await writeTables(folder.path, lines())
  for (const code of Object.keys(errors)) session.raise(session.statusOf(code, options))
  const failed = Object.values(errors).reduce((a, b) => a + b, 0)
  if (options.quiet) return
  const rate = counts.signal_s && `${clock(counts.signal_s)} of signal in ${counts.seconds.toFixed(1)} s, ${Math.round(counts.signal_s / counts.seconds)} times real time`
  session.say([`fecg batch: ${done} recordings done`, failed && `${failed} failed`, counts.before && `${counts.before} of these ${tasks.length} earlier`, rate, join(options.out, 'summary.csv')].filter(Boolean).join(', '))
}
