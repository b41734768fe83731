/**
 * What one run of the command line shares: where words and JSON go, the engine, the exit status,
 * being ended from outside.
 */
import { fileURLToPath } from 'node:url'
import { FecgError, load } from '../index.js'
import { otherNetwork } from '../models.js'
import { UsageError } from './args.js'
import { checkOutputs, filesOf, modelFile, OutputError, output, readSmall, words } from './files.js'
import { colours, plain } from './text.js'

const USAGE = 2, INPUT = 3, FAULT = 4
const ENDING = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } // 128 and the signal's number
const LARGEST_MODEL = 256 << 20
const INPUT_CODES = ['FORMAT', 'UNSUPPORTED', 'RATE', 'MISSING', 'LEADS']

export class Session {
  status = 0
  reports = 0
  #abort = new AbortController()
  #ended = name => this.#abort.abort(name)
  #deaf = false // standard output takes no more

  constructor(stdout, stderr) {
    this.stdout = stdout
    this.stderr = stderr
    this.colours = colours(stdout)
    this.signal = this.#abort.signal
    for (const name of Object.keys(ENDING)) process.once(name, this.#ended)
    stderr.on('error', () => {}) // nowhere is left to say so
    stdout.on('error', error => {
      // A reader that has seen enough, head for one, closes the pipe: that is no fault. Files are still written.
      if (!this.#deaf && error.code !== 'EPIPE') {
        this.say(`fecg: cannot write to standard output: ${words(error)}`)
        this.raise(USAGE)
      }
      this.#deaf = true
    })
  }

  /** Waits until standard output has taken or refused what was printed. */
  async end() {
    if (!this.#deaf) await new Promise(done => this.stdout.write('', done))
    await new Promise(done => setImmediate(done))
    for (const name of Object.keys(ENDING)) process.removeListener(name, this.#ended)
  }

  /** Nobody hears what is printed. */
  get deaf() {
    return this.#deaf
  }

  print(text) {
    if (!this.#deaf) this.stdout.write(text)
  }

  say(line) {
    this.stderr.write(`${line}\n`)
  }

  engine() {
    return load().catch(error => {
      throw error.code === 'MISSING' ? new Error(`${error.file} is not there; npm run build makes it`, { cause: error }) : error
    })
  }

  /**
   * The weights that the options ask for: those that --model names, else the package's for the method; null for the
   * method classical, and for commands without methods unless --model names some.
   */
  async weights(fecg, { method, model }) {
    if (method === 'classical' || (method === undefined && model === undefined)) return null
    if (model === undefined) {
      return fecg.model().catch(error => {
        const message = error.code === 'MISSING' ? 'the weights of the method are not there; --model names others, --method classical needs none' : error.message
        throw error instanceof FecgError ? new FecgError(error.code, message, { offset: error.offset, file: error.file ? fileURLToPath(error.file) : null }) : error
      })
    }
    const path = await modelFile(model)
    const named = error => {
      throw error instanceof FecgError ? new FecgError(error.code, error.message, { offset: error.offset, file: path }) : error
    }
    const given = await fecg.model(await readSmall(path, LARGEST_MODEL).catch(named)).catch(named)
    const network = method === undefined ? 'ecgnet' : 'fhnet'
    return given.network === network ? given : named(otherNetwork(given, network))
  }

  /** A function that writes one JSON document a line to where --json says, and done() in the end. */
  async jsonOutput(where) {
    if (where === undefined) return null
    if (where === '-') return { write: async document => this.print(JSON.stringify(document) + '\n'), done() {}, discard() {} }
    const out = await output('--json', where)
    return { write: document => out.write(JSON.stringify(document) + '\n'), done: () => out.done(), discard: () => out.discard() }
  }

  /** Runs work on each file; a file that fails is told and does not stop the others. */
  async eachFile(files, options, work) {
    const exports = Object.fromEntries((options.export ?? []).map(path => [`--export ${path}`, path]))
    await checkOutputs({ '--json': options.json, '--signals': options.signals, '--figure': options.figure, ...exports }, allFiles(files, options))
    const json = await this.jsonOutput(options.json)
    try {
      const fecg = await this.engine()
      const model = await this.weights(fecg, options)
      for (const file of files) {
        if (this.#deaf && (options.json === undefined || options.json === '-')) break // nobody would hear
        try {
          await work(file, { fecg, model, json: json?.write })
        } catch (error) {
          if (error instanceof UsageError || error instanceof OutputError || this.signal.aborted) throw error
          this.raise(this.tell(error, file, options))
          await json?.write(errorDocument(error, file))
        }
      }
      await json?.done()
    } finally {
      await json?.discard()
    }
  }

  raise(status) {
    this.status = Math.max(this.status, status)
  }

  /** Tells of a file that failed; gives the status it stands for. */
  tell(error, file, options = {}) {
    this.say(`fecg: ${plain(describe(error, file))}`)
    if (!(error instanceof FecgError)) {
      this.say(error.stack)
      return FAULT
    }
    return this.statusOf(error.code, options)
  }

  /** The status that the code of a FecgError stands for. */
  statusOf(code, options) {
    if (code === 'LEADS' && options.leads) return USAGE
    return INPUT_CODES.includes(code) ? INPUT : FAULT
  }

  /** What ended the whole run. */
  fail(error, command) {
    if (this.signal.aborted) {
      this.say('fecg: interrupted')
      return ENDING[this.signal.reason]
    }
    if (error instanceof UsageError || error instanceof OutputError) {
      this.say(`fecg${command ? ` ${command}` : ''}: ${plain(error.message)}${error instanceof UsageError ? ` (see fecg ${command ? `${command} ` : ''}--help)` : ''}`)
      return USAGE
    }
    if (error instanceof FecgError && INPUT_CODES.includes(error.code)) return this.tell(error, null)
    this.say(`fecg: a fault of the program: ${error.stack ?? error}`)
    return FAULT
  }
}

/**
 * Where and what, on one line; a file of a record is named beside the record. The engine's messages
 * say the byte or the line themselves.
 */
export function describe(error, file) {
  const inner = error.file && !file?.endsWith(error.file) ? error.file : null
  return [file, inner, error.message].filter(Boolean).join(': ')
}

export function errorDocument(error, file) {
  const known = error instanceof FecgError
  return { schema: 'fecg.error/1', source: { file }, error: { code: known ? error.code : 'INTERNAL', message: error.message, offset: known ? error.offset : null } }
}

async function * allFiles(files, { model }) {
  yield * modelFiles(model)
  for (const file of files) yield * await filesOf(file)
}

/** The file that --model means, if there is one: no output may take its place. */
export async function * modelFiles(model) {
  const path = model && (await modelFile(model).catch(() => null)) // one that is not there is told when it is read
  if (path) yield path
}
