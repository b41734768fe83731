// session.js — a board at work: it is started, its bytes become samples, and what happens to the link is told. What was lost is NaN
// and has the length it had: a session's time is the board's, from its first sample to the end, unplugged or not.
import { FecgError, expect } from '../error.js'
import { find } from '../leads.js'
import { boardOf } from './boards.js'

const STALL_S = 1 // without bytes
const RESTART_S = 5 // of a stall: a board that was reset waits for its command
const GAP_S = 10 // longest piece of a gap

/** @typedef {import('./types.js').Board} Board */
/** @typedef {import('./types.js').Transport} Transport */
/** @typedef {import('./types.js').Piece} Piece */
/** @typedef {import('./types.js').SessionState} SessionState */
/**
 * @typedef {object} ConnectOptions
 * @property {string | Board} board
 * @property {import('./types.js').Settings} [settings]
 * @property {(string | number)[]} [leads] channels by label or number, in this order; 'CH1=A1' renames one. undefined: all
 * @property {number} [timeout_s] how long to wait for the first samples
 * @property {number} [buffer_s] seconds of samples that wait for a slow reader; what is older is lost to it
 * @property {boolean} [reconnect] false: it ends when it is unplugged
 */

/** Seconds of the host that go on while it sleeps, which performance.now() may not; the wall clock alone may be set back. */
function hostClock() {
  let steady = performance.now(), wall = Date.now(), total = 0
  return () => {
    const steadily = performance.now() - steady, by = Date.now() - wall
    steady += steadily
    wall += by
    total += by - steadily > 2000 ? by : steadily
    return total / 1000
  }
}

/** @param {number} s */
const sleep = (s) => new Promise((done) => setTimeout(done, s * 1000))

/**
 * A board at work: `for await (const { samples } of session)` gives its samples, µV, NaN where they were lost. Made by connect().
 */
export class Session {
  #transport
  #setup
  #decoder
  #now
  #options
  /** @type {number[]} */
  #selection = []
  /** @type {{ index: number, n: number, samples?: Float32Array[], leadOff?: boolean[] }[]} */
  #queue = []
  #queued = 0
  #next = 0
  #overruns = 0
  #reconnects = 0
  /** @type {SessionState} */
  #state = 'connecting'
  /** @type {unknown} */
  #error = null
  #heard = 0 // time of the last bytes
  #bytes = 0
  #starting = true
  #reply = ''
  #stopped = new AbortController()
  /** @type {Set<() => void>} what waits for something to happen */
  #waiting = new Set()
  /** @type {Promise<unknown>} */
  #work = Promise.resolve()
  #leadNames = /** @type {string[]} */ ([])
  /** Called when the state or a lead's electrode changes. @type {((session: Session) => unknown) | null} */
  onchange = null
  /** Which electrodes are off, by lead; null where the board does not tell. @type {boolean[] | null} */
  leadOff = null

  /** @param {Transport} transport @param {ConnectOptions} options */
  constructor(transport, options) {
    const { board, settings, timeout_s = 10, buffer_s = 60, reconnect = true } = options
    this.board = boardOf(board)
    this.#transport = transport
    this.#setup = this.board.setup(settings)
    this.#decoder = this.board.decoder(settings)
    this.#now = transport.now ?? hostClock()
    this.#options = { timeout_s, buffer_s, reconnect, leads: options.leads }
    if (this.#setup.channels.length) this.#choose(this.#setup.channels)
  }

  /** @param {string[]} channels */
  #choose(channels) {
    const asChannels = channels.map((label) => ({ label, unit: 'uV', fs: this.fs, phys_min_uv: 0, phys_max_uv: 0, samples: null }))
    const chosen = (this.#options.leads ?? channels.map((_, i) => i)).map((lead) => {
      const [from, to] = typeof lead === 'string' ? lead.split(/=(.*)/s) : [lead, '']
      const at = find(asChannels, from)
      return { at, label: to?.trim() || channels[at] }
    })
    expect(chosen.length > 0, 'at least one lead is chosen')
    this.#selection = chosen.map((c) => c.at)
    this.#leadNames = chosen.map((c) => c.label)
  }

  /** Hz, nominal: what the samples are numbered by. clock.fs is what was measured. */
  get fs() {
    return this.#decoder.fs ?? this.#setup.fs
  }

  /** Their labels; a board that prints text tells them with its first samples. */
  get leads() {
    return this.#leadNames
  }

  /** What it is at: see SessionState. */
  get state() {
    return this.#state
  }

  /** Why it ended by itself, null else. */
  get error() {
    return this.#error
  }

  /** What happened to the bytes: frames taken, checksums that failed, new locks, frames lost, overruns of the host, reconnects. */
  get counters() {
    return { ...this.#decoder.counters, overruns: this.#overruns + (this.#transport.overruns ?? 0), reconnects: this.#reconnects }
  }

  /** The board's clock by the host's: { fs, ppm, jitter_s }. */
  get clock() {
    return this.#decoder.clock
  }

  /** @param {SessionState} state */
  #become(state) {
    if (this.#state === state || this.#state === 'ended') return
    this.#state = state
    this.onchange?.(this)
    this.#ring()
  }

  #ring() {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const done of waiting) done()
  }

  /** Until something happened, or some seconds passed. @param {number} [s] @returns {Promise<void>} */
  #change(s) {
    return new Promise((done) => {
      const timer = s === undefined ? undefined : setTimeout(() => { this.#waiting.delete(ring); done() }, s * 1000)
      const ring = () => { clearTimeout(timer); done() }
      this.#waiting.add(ring)
    })
  }

  /** Opens, starts, and waits for the first samples. */
  async begin() {
    const { timeout_s } = this.#options
    try {
      await this.#transport.open(this.#setup.baudRate)
      this.#work = this.#run()
      await this.#perform(this.#setup.start)
      this.#starting = false
      this.#heard = this.#now()
      for (const until = performance.now() + timeout_s * 1000; this.#next === 0 && this.#state !== 'ended';) {
        const left = (until - performance.now()) / 1000
        if (left <= 0) throw new FecgError('MISSING', `${this.board.title}: ${this.#bytes === 0
          ? `no byte within ${timeout_s} s: is the board switched on, and is this its port?`
          : `${this.#bytes} bytes within ${timeout_s} s and no frames among them: is it this board, at ${this.#setup.baudRate} baud?`}`)
        await this.#change(left)
      }
      if (this.#next === 0) throw this.#error ?? new FecgError('MISSING', `${this.board.title}: the stream ended before its first sample`)
    } catch (error) {
      this.#end(error)
      await this.#transport.close().catch(() => {})
      throw error
    }
    return this
  }

  /** Sends commands, one after another. @param {import('./types.js').Step[]} steps */
  async #perform(steps) {
    this.#reply = ''
    for (const step of steps) {
      if ('send' in step) await this.#transport.write(step.send)
      else if ('wait_s' in step) await (this.#transport.patient ? undefined : sleep(step.wait_s)) // a patient board is no real one
      else {
        const until = performance.now() + step.timeout_s * 1000
        while (!this.#reply.includes(step.until)) {
          const left = (until - performance.now()) / 1000
          if (left <= 0 || this.#state === 'ended') {
            throw new FecgError('MISSING', `${this.board.title} did not answer ${JSON.stringify(step.until)} within ${step.timeout_s} s: is it switched on?`)
          }
          await this.#change(left)
        }
        this.#reply = ''
      }
    }
  }

  /** Reads until it ends, over unplugs. */
  async #run() {
    for (;;) {
      const watch = setInterval(() => this.#watch(), STALL_S * 500)
      try {
        for await (const bytes of this.#transport.readable) await this.#receive(bytes)
        return this.#end(null)
      } catch (error) {
        if (this.#stopped.signal.aborted) return this.#end(null)
        const gone = error instanceof FecgError && error.code === 'MISSING'
        if (!gone || !this.#options.reconnect || !this.#transport.back || this.#next === 0) return this.#end(error)
      } finally {
        clearInterval(watch)
      }
      this.#become('unplugged')
      this.#decoder.cut()
      await this.#transport.close().catch(() => {})
      if (!await this.#again()) return this.#end(null)
      this.#reconnects++
    }
  }

  /** Opens it again when it is back. */
  async #again() {
    const { signal } = this.#stopped
    while (!signal.aborted) {
      await this.#transport.back?.(signal)
      if (signal.aborted) break
      try {
        await this.#transport.open(this.#setup.baudRate)
        this.#become('connecting')
        this.#restart()
        return true
      } catch {
        await this.#change(0.5) // it is not there yet, or not ready
      }
    }
    return false
  }

  /** Starts the board while its bytes are read. */
  async #restart() {
    if (this.#setup.start.length === 0) return
    this.#starting = true
    try {
      await this.#perform(this.#setup.start)
    } catch {
      // it is tried again while the stall lasts
    }
    this.#starting = false
    this.#heard = this.#now()
  }

  #watch() {
    if (this.#starting || this.#next === 0 || this.#stopped.signal.aborted) return
    const silent = this.#now() - this.#heard
    if (silent >= STALL_S && this.#state === 'streaming') this.#become('stalled')
    if (silent >= RESTART_S && this.#setup.start.length) {
      this.#decoder.cut()
      this.#restart()
    }
  }

  /** @param {Uint8Array} bytes */
  async #receive(bytes) {
    const t = this.#now()
    this.#bytes += bytes.length
    if (this.#starting) {
      this.#reply = (this.#reply + String.fromCharCode(...bytes.subarray(-256))).slice(-512)
      this.#ring()
      if (this.#setup.start.length) return
    }
    if (t - this.#heard >= STALL_S && this.#state === 'streaming') this.#become('stalled')
    this.#heard = t
    this.#accept(this.#decoder.push(bytes, t))
    while (this.#transport.patient && this.#queued > 2 * this.fs && this.#state !== 'ended') await this.#change()
  }

  /** @param {Piece} piece */
  #accept({ samples, index, leadOff }) {
    const n = samples[0]?.length ?? 0
    if (n === 0) return
    if (this.#next === 0 && this.#decoder.channels) this.#choose(this.#decoder.channels)
    const off = leadOff && this.#selection.map((c) => leadOff[c])
    if (index > this.#next) this.#enqueue({ index: this.#next, n: index - this.#next })
    this.#enqueue({ index, n, samples: this.#selection.map((c) => samples[c]), leadOff: off })
    if (off && String(off) !== String(this.leadOff)) {
      this.leadOff = off
      this.onchange?.(this)
    }
    this.#become('streaming')
    this.#ring()
  }

  /** @param {{ index: number, n: number, samples?: Float32Array[], leadOff?: boolean[] }} item */
  #enqueue(item) {
    this.#queue.push(item)
    this.#queued += item.samples ? item.n : 0
    this.#next = item.index + item.n
    while (this.#queued > this.#options.buffer_s * this.fs) { // the oldest that nobody read become a gap
      const at = this.#queue.findIndex((q) => q.samples)
      const { index, n } = this.#queue[at]
      this.#queued -= n
      this.#overruns++
      const before = this.#queue[at - 1]
      if (before) this.#queue.splice(at - 1, 2, { index: before.index, n: before.n + n })
      else this.#queue[at] = { index, n }
    }
  }

  /** @param {unknown} error */
  #end(error) {
    if (this.#state === 'ended') return
    this.#accept(this.#decoder.finish())
    this.#error = error
    this.#become('ended')
  }

  /** Stops the board and closes the port; what was sampled can still be read. */
  async stop() {
    if (!this.#stopped.signal.aborted && this.#state !== 'ended') {
      this.#stopped.abort()
      this.#ring()
      await this.#perform(this.#setup.stop).catch(() => {}) // an unplugged board needs no stop
      await this.#transport.close().catch(() => {})
    }
    await this.#work
  }

  /** The next samples; undefined: there are no more. @returns {Promise<Piece | undefined>} */
  async read() {
    while (this.#queue.length === 0) {
      if (this.#state === 'ended') {
        if (this.#error) throw this.#error
        return undefined
      }
      await this.#change()
    }
    const { index, n, samples, leadOff } = this.#queue[0]
    if (samples) {
      this.#queue.shift()
      this.#queued -= n
      this.#ring()
      return { index, samples, ...leadOff && { leadOff } }
    }
    const some = Math.min(n, Math.ceil(GAP_S * this.fs))
    if (some === n) this.#queue.shift()
    else this.#queue[0] = { index: index + some, n: n - some }
    return { index, samples: this.#selection.map(() => new Float32Array(some).fill(NaN)) }
  }

  async * [Symbol.asyncIterator]() {
    for (let piece = await this.read(); piece; piece = await this.read()) yield piece
  }
}

/**
 * Opens a board, starts it, and gives its session once the first samples are there.
 * @param {Transport} transport
 * @param {ConnectOptions} options
 * @throws {FecgError} MISSING: the port cannot be opened, or nothing that the board sends arrives in time
 * @throws {FecgError} ARGUMENT, LEADS: no such board, setting or channel
 * @example
 * import { connect, fakeBoard } from 'fetal-ecg/serial'
 * const board = fakeBoard({ board: 'cyton', source: fecg.simulate({ fs: 250, leads: 8, seconds: 5 }), speed: Infinity })
 * const session = await connect(board, { board: 'cyton', leads: ['CH1=A1', 'CH2=A2'], reconnect: false })
 * for await (const { samples } of session) console.log(session.leads, samples[0].length)
 */
export function connect(transport, options) {
  return new Session(transport, options).begin()
}
