/**
 * fecg live: a board on a port of this machine while it measures: recorded as it comes, its frames told. It ends in order by Ctrl-C,
 * after --seconds, or where nobody listens any more: the board is stopped, the last frames and the recording are finished. An
 * unplugged board is waited for.
 */
import { FecgError } from '../error.js'
import { BOARDS } from '../serial/boards.js'
import { nodeSerial } from '../serial/node.js'
import { Recorder } from '../serial/recorder.js'
import { connect } from '../serial/session.js'
import { fileTarget } from '../serial/targets.js'
import { UsageError } from './args.js'
import { checkOutputs, OutputError, words } from './files.js'
import { modelFiles } from './session.js'
import { duration, LiveStatus } from './live-status.js'
import { plain } from './text.js'

const LEAST_FS = 125, MOST_FS = 4000 // Hz, of the extraction

export async function liveCommand(session, _, options) {
  const { port, board: name, record } = options
  if (port === undefined) throw new UsageError('expected --port PATH, as /dev/ttyUSB0 or COM3')
  if (name === undefined) throw new UsageError(`expected --board NAME, one of ${Object.keys(BOARDS).join(', ')}`)
  if (options.method === 'classical' && options.model !== undefined) throw new UsageError('--model: the method classical takes no weights')
  const board = BOARDS[name], settings = settingsOf(board, options)
  await checkOutputs({ '--json': options.json, '--record': record }, modelFiles(options.model))
  const json = await session.jsonOutput(options.json)
  let target = null
  try {
    const fecg = await session.engine()
    const model = await session.weights(fecg, options)
    if (record !== undefined) target = await recordingFile(record)
    const opened = await open(session, board, settings, options)
    const run = new Live(session, fecg, opened, options, model, json)
    if (target) {
      run.recorder = await Recorder.open(fecg, target, {
        fs: opened.fs, leads: opened.leads, step_uv: board.setup(settings).step_uv, started: new Date(), equipment: board.title,
      })
      target = null // the recorder's from here on
    }
    await run.work()
    await json?.done()
  } finally {
    await target?.discard()
    await json?.discard()
  }
}

/** A board's settings out of --set and --fs. */
function settingsOf(board, { set = [], fs }) {
  const known = Object.entries(board.settings).map(([key, s]) => `${key}=${s.default}`).join(', ')
  const settings = {}
  for (const item of set) {
    const [key, text] = item.split(/=(.*)/s)
    if (!Object.hasOwn(board.settings, key) || !text) {
      throw new UsageError(`--set: expected ${known ? `settings of ${board.title}, by default ${known}` : `none: ${board.title} has no settings`}; got "${item}"`)
    }
    const { kind, choices = [] } = board.settings[key]
    settings[key] = kind === 'number' ? Number(text) : choices.find(c => String(c) === text) ?? text
  }
  const rate = ['fs', 'rate'].find(key => Object.hasOwn(board.settings, key))
  if (fs !== undefined && rate) settings[rate] = fs
  const checked = () => {
    try {
      return board.setup(settings)
    } catch (error) {
      throw error instanceof FecgError ? new UsageError(`${board.title}: ${error.message}`) : error
    }
  }
  const setup = checked()
  if (fs !== undefined && setup.fs !== fs) throw new UsageError(`--fs: ${board.title} samples at ${setup.fs} Hz, got ${fs}`)
  if (setup.fs < LEAST_FS) throw new UsageError(`${board.title} at ${setup.fs} Hz: expected at least ${LEAST_FS} Hz for a fetal rate`)
  return settings
}

/** The recording is written where it is wanted, because it has to outlive a crash; so nothing may be there yet. */
function recordingFile(path) {
  return fileTarget(path).catch(error => {
    const why = error.code === 'EEXIST' ? 'it is there already, and recordings are not overwritten' : error.code === 'ENOENT' ? 'no such folder' : words(error)
    throw new OutputError(`--record: cannot write ${path}: ${why}`)
  })
}

/** The board, started; Ctrl-C meanwhile closes the port again. */
async function open(session, board, settings, { port, leads, quiet }) {
  const transport = nodeSerial(port)
  const close = () => { transport.close() }
  session.signal.addEventListener('abort', close)
  if (!quiet) session.say(`${plain(port)}: waiting for ${board.title}`)
  try {
    const opened = await connect(transport, { board, settings, leads })
    if (session.signal.aborted) await opened.stop()
    session.signal.throwIfAborted()
    if (opened.fs < LEAST_FS || opened.fs > MOST_FS) {
      await opened.stop()
      throw new FecgError('RATE', `${board.title} tells a rate of ${opened.fs} Hz, expected ${LEAST_FS} to ${MOST_FS}`)
    }
    return opened
  } catch (error) {
    if (error instanceof FecgError && error.code === 'LEADS' && leads) throw new UsageError(`--leads: ${error.message}`)
    throw error instanceof FecgError ? new FecgError(error.code, error.message, { cause: error }) : error // its words name the port
  } finally {
    session.signal.removeEventListener('abort', close)
  }
}

/** One run: samples to the recording and to the stream, frames to where they are wanted. */
class Live {
  /** @type {Recorder | null} */
  recorder = null
  #samples = 0

  constructor(session, fecg, board, options, model, json) {
    const { method, mains = 'auto' } = options
    this.session = session
    this.board = board
    this.options = options
    this.json = json
    this.stream = fecg.stream({ fs: board.fs, leads: board.leads, method, model: model ?? undefined, mains: mains === 'auto' ? mains : Number(mains) })
    this.status = new LiveStatus(session.stderr, options.quiet)
  }

  async work() {
    const { session, board, status } = this
    const stop = () => { board.stop() }
    session.signal.addEventListener('abort', stop)
    if (session.signal.aborted) stop()
    const changed = () => {
      this.recorder?.changed(board)
      status.state(board, this.#seconds)
    }
    board.onchange = changed
    status.begin(board)
    const timer = setInterval(() => status.tick(board, this.#seconds), 1000)
    try {
      await this.#follow()
      await board.stop()
      await this.#tell(await this.stream.finish())
      if (board.error) throw board.error
    } finally {
      clearInterval(timer)
      board.onchange = null
      session.signal.removeEventListener('abort', stop)
      await board.stop()
      this.stream.close()
      status.end()
      await this.#sum()
    }
  }

  get #seconds() {
    return this.#samples / this.board.fs
  }

  async #follow() {
    const { board, session, options } = this
    const most = options.seconds === undefined ? Infinity : Math.round(options.seconds * board.fs)
    for await (let { samples } of board) {
      samples = samples.map(row => row.subarray(0, most - this.#samples))
      await this.recorder?.push(samples).catch(error => this.#unrecorded(error))
      this.#samples += samples[0].length
      await this.#tell(await this.stream.push(samples))
      if (this.#samples >= most || (session.deaf && !this.recorder)) break
    }
  }

  #told = false

  /** Measuring goes on without a recording; the exit status tells. */
  #unrecorded(error) {
    if (this.#told) return
    this.#told = true
    this.status.say(`fecg live: --record: ${plain(this.options.record)} takes no more: ${words(error)}; what it has until now is kept`)
    this.session.raise(2)
  }

  async #tell(frames) {
    const { board, status, json } = this
    for (const { fetal, maternal, residual, ...told } of frames) {
      status.frame(told, board, this.#seconds)
      await json?.write({ schema: 'fecg.frame/1', t0_s: told.t0_s, duration_s: fetal[0].length / told.fs, ...told, board: { state: board.state, ...board.counters } })
    }
  }

  async #sum() {
    const { board, session, status, recorder, options } = this
    const recorded = await recorder?.finish()
    if (options.quiet) return
    const say = line => (options.json === '-' ? session.say(line) : session.print(`${line}\n`))
    for (const line of status.summary(board, this.#seconds)) say(line)
    if (recorded) say(`${plain(options.record)}: ${duration(recorder.seconds)}, ${board.leads.length} lead${board.leads.length === 1 ? '' : 's'}, ${Number(recorder.step_uv.toPrecision(3))} uV per step`)
  }
}
