/**
 * The folder of a batch job: which job lies in it, that one process at a time works on it, and which of its results
 * still hold.
 */
import { mkdir, open, readdir, readFile, realpath, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { Draft } from '../batch/draft.js'
import { filesOf, fingerprint } from '../batch/files.js'
import { pathOf } from '../batch/list.js'
import { Log } from '../batch/log.js'
import { TABLES } from '../batch/tables.js'
import { UsageError } from './args.js'
import { OutputError, words } from './files.js'

const JOB = 'job.json', LOCK = 'lock'
// Of a file that was touched this long before the job began, or later, the bytes are looked at, not the time alone: clocks differ.
const MARGIN_MS = 3600e3
// What lies in a recording itself stays as it is; anything else, a file that is not there for one, is tried again.
const LASTING = ['FORMAT', 'UNSUPPORTED', 'RATE', 'LEADS']

export class JobFolder {
  #job
  #locked = false

  constructor(path, job) {
    this.path = path
    this.#job = job
  }

  /**
   * @param {string} path
   * @param {Record<string, unknown>} how what decides about results: options, weights, engine
   * @param {import('../batch/list.js').Task[]} tasks
   * @param {boolean} resume
   * @throws {UsageError} where something else is in the folder, or the job is another
   */
  static async open(path, how, tasks, resume) {
    const job = { schema: 'fecg.batch/1', begun: new Date().toISOString(), how: JSON.parse(JSON.stringify(how)) }
    const folder = new JobFolder(path, job)
    try {
      await mkdir(path, { recursive: true }).catch(error => {
        throw new OutputError(`--out: cannot make the folder ${path}: ${words(error)}`)
      })
      await folder.#lock()
      await folder.#openJob(resume)
      await folder.#notAmong(tasks)
      folder.log = await Log.open(join(path, TABLES[0]), await folder.#keeps(tasks))
      return folder
    } catch (error) {
      await folder.close()
      throw error.syscall ? new OutputError(`--out: cannot work in ${path}: ${words(error)}`) : error
    }
  }

  async close() {
    await this.log?.close()
    if (this.#locked) await rm(join(this.path, LOCK), { force: true })
  }

  /** Tables of what was done before say too little from now on. */
  async begin() {
    for (const name of TABLES.slice(1)) await rm(join(this.path, name), { force: true })
  }

  /** A lock of a process of this machine that has ended is taken over. */
  async #lock() {
    const path = join(this.path, LOCK)
    for (;;) {
      const handle = await open(path, 'wx').catch(error => {
        if (error.code !== 'EEXIST') throw error
      })
      if (handle) {
        this.#locked = true
        await handle.writeFile(`${process.pid} ${hostname()}\n`)
        return handle.close()
      }
      const [, pid, host] = (await readFile(path, 'utf8').catch(() => '')).match(/^(\d+) (.*)\n$/) ?? []
      if (pid && host === hostname() && (Number(pid) === process.pid || !alive(Number(pid)))) await rm(path, { force: true })
      else throw new UsageError(`--out: ${pid ? `process ${pid} of ${host}` : 'another process'} works in ${this.path}; if it does not, remove ${path}`)
    }
  }

  /** A pattern that has caught the results of an earlier run would read what it writes. */
  async #notAmong(tasks) {
    const own = await realpath(this.path)
    for (const { file, folder } of tasks) {
      const path = folder === null ? file : join(folder, file)
      if ((await realpath(dirname(path)).catch(() => null)) === own) throw new UsageError(`${path} lies in the folder of --out; expected recordings to lie elsewhere`)
    }
  }

  /** The job that lies in the folder, or this one from now on. */
  async #openJob(resume) {
    const path = join(this.path, JOB)
    const there = (await readdir(this.path)).filter(name => name !== LOCK && name !== `${JOB}.part`)
    if (!there.length) {
      const draft = await Draft.create(path)
      await draft.write(`${JSON.stringify(this.#job, null, 1)}\n`)
      return draft.done()
    }
    if (!there.includes(JOB)) throw new UsageError(`--out: ${this.path} is not empty and holds no job; expected an empty folder, or one that is not there`)
    if (!resume) throw new UsageError(`--out: ${this.path} holds a job; --resume goes on with it`)
    let job
    try {
      job = JSON.parse(await readFile(path, 'utf8'))
    } catch {} // told below
    if (job?.schema !== this.#job.schema || !job.how || typeof job.how !== 'object' || Number.isNaN(Date.parse(job.begun))) throw new UsageError(`${path} is no description of a job`)
    const now = this.#job.how
    for (const key of new Set([...Object.keys(job.how), ...Object.keys(now)])) {
      const [was, is] = [job.how[key], now[key]].map(value => (value === undefined ? 'none' : [value].flat().join(',')))
      if (was !== is) throw new UsageError(`--resume: the job in ${this.path} was begun with ${key} ${was}, this is ${is}; expected the same, or another folder`)
    }
    this.#job = job
  }

  /** Whether a result still holds. */
  async #keeps(tasks) {
    const byRecord = new Map(tasks.map(task => [task.record, task]))
    const since = Date.parse(this.#job.begun) - MARGIN_MS
    return async ({ source: { record, file, sha256 }, error }) => {
      const task = byRecord.get(record)
      if (!task) throw new UsageError(`--resume: the job in ${this.path} has a result of ${record}, which is not listed now; expected all that were, and new ones`)
      if (task.file !== file) throw new UsageError(`--resume: ${record} was ${file} and is ${task.file} now; expected the same file`)
      if (error && (!sha256 || !LASTING.includes(error.code))) return false
      const path = pathOf(task)
      if (!(await touched(path, since))) return true
      const now = await fingerprint(path)
      if (now === null || now === sha256) return true
      if (error) return false
      throw new UsageError(`--resume: ${path} has changed since it was done; expected the same bytes, or another folder for --out`)
    }
  }
}

/** Whether one of the files that FILE means may have changed since. */
async function touched(file, since) {
  for (const path of await filesOf(file)) {
    const there = await stat(path).catch(() => null)
    if (there && Math.max(there.mtimeMs, there.ctimeMs) >= since) return true
  }
  return false
}

function alive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}
