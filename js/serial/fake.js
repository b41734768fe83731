// fake.js — a board that is not there: it plays a recording as the bytes of any board, answers its commands, and fails as links do:
// bytes lost, flipped, doubled, inserted; stalls; the plug pulled. The same seed fails the same way. It runs at real speed, at a
// multiple of it, or as fast as it is read; its time then is that of the recording. As a transport, or as what Web Serial gives.
import { FecgError, expect } from '../error.js'
import { boardOf } from './boards.js'

/** @typedef {import('./types.js').Transport} Transport */
/**
 * What fails. The first four are probabilities for each byte; moments are seconds from the start of the stream.
 * @typedef {object} Faults
 * @property {number} [lose]
 * @property {number} [flip]
 * @property {number} [duplicate]
 * @property {number} [insert]
 * @property {{ at_s: number, for_s: number, lost?: boolean }[]} [stalls] nothing arrives; afterwards all of it at once, or lost: none of it
 * @property {{ at_s: number, for_s?: number }[]} [unplugs] without for_s it stays away
 */
/**
 * @typedef {Float32Array[] | { chunks: () => Iterable<{ mixture: Float32Array[] }> } | AsyncIterable<Float32Array[]> | Iterable<Float32Array[]>} FakeSource
 * @typedef {object} FakeOptions
 * @property {string | import('./types.js').Board} board
 * @property {import('./types.js').Settings} [settings]
 * @property {FakeSource} source rows of µV at the board's rate; NaN in all of them: a frame that is never sent
 * @property {number} [fs] the source's rate, Hz, to be checked against the board's
 * @property {boolean} [loop] begin again at the end; for arrays and simulations
 * @property {number} [speed] 1: real; Infinity: as fast as it is read
 * @property {number} [ppm] how much faster than nominal its clock runs
 * @property {number} [chunk_s] seconds of samples that arrive together
 * @property {number} [seed]
 * @property {Faults} [faults]
 */

/** Uniform random numbers from 0 to 1 (mulberry32). @param {number} seed */
export function random(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let v = Math.imul(state ^ (state >>> 15), state | 1)
    v ^= v + Math.imul(v ^ (v >>> 7), v | 61)
    return ((v ^ (v >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Pieces of a source, one after another. @param {FakeSource} source @param {boolean} loop @returns {AsyncGenerator<Float32Array[]>} */
async function * pieces(source, loop) {
  do {
    if (Array.isArray(source) && source[0] instanceof Float32Array) yield source
    else if ('chunks' in source) for (const { mixture } of source.chunks()) yield mixture
    else yield * /** @type {AsyncIterable<Float32Array[]>} */ (source)
  } while (loop)
}

/** Damages bytes at random places. */
class Damage {
  #random
  #rates
  #rate
  #next

  /** @param {Faults} faults @param {() => number} random */
  constructor({ lose = 0, flip = 0, duplicate = 0, insert = 0 }, random) {
    this.#random = random
    this.#rates = [lose, flip, duplicate, insert]
    this.#rate = lose + flip + duplicate + insert
    this.#next = this.#skip()
    this.made = 0
  }

  #skip() {
    return this.#rate > 0 ? Math.floor(Math.log(1 - this.#random()) / Math.log(1 - Math.min(this.#rate, 0.999))) : Infinity
  }

  /** @param {Uint8Array} bytes */
  apply(bytes) {
    if (this.#next >= bytes.length) {
      this.#next -= bytes.length
      return bytes
    }
    const out = []
    for (const byte of bytes) {
      if (this.#next-- > 0) {
        out.push(byte)
        continue
      }
      this.#next = this.#skip()
      this.made++
      let kind = 0
      for (let u = this.#random() * this.#rate; kind < 3 && u >= this.#rates[kind]; kind++) u -= this.#rates[kind]
      if (kind === 1) out.push(byte ^ 1 << Math.floor(this.#random() * 8))
      if (kind === 2) out.push(byte, byte)
      if (kind === 3) out.push(Math.floor(this.#random() * 256), byte)
    }
    return Uint8Array.from(out)
  }
}

const gone = () => new FecgError('MISSING', 'the board was unplugged')

/** The board itself; what reads it decides when time goes on. */
class Device {
  #board
  #setup
  #encoder
  #source
  #piece = /** @type {Float32Array[]} */ ([])
  #at = 0
  #dry = false
  #taken = 0 // samples since the start
  #late = 0 // of the next ones, those that passed while it was not running
  #back = Infinity // when it is plugged in again
  #running = false
  #open = false
  #garbled = false
  #plugged = true
  #time = 0 // of the board, seconds
  /** @type {number | null} when it was first started */
  #start = null
  #host = performance.now()
  /** @type {Uint8Array[]} */
  #out = []
  #wake = () => {}
  #speed
  #chunk
  #rate
  #random
  #damage
  #stalls
  #unplugs
  #cutting = false

  /** @param {FakeOptions} options */
  constructor({ board, settings, source, fs, loop = false, speed = 1, ppm = 0, chunk_s = 0.04, seed = 1, faults = {} }) {
    this.#board = boardOf(board)
    this.#setup = this.#board.setup(settings)
    expect(fs === undefined || fs === this.#setup.fs,
      `${this.#board.title} samples at ${this.#setup.fs} Hz, the source has ${fs} Hz: make the recording at the board's rate`)
    expect(speed > 0, `speed is a number above 0, given ${speed}`)
    this.#encoder = this.#board.encoder(settings)
    this.#source = pieces(source, loop)
    this.#speed = speed
    this.#chunk = chunk_s
    this.#rate = this.#setup.fs * (1 + ppm * 1e-6)
    this.#random = random(seed)
    this.#damage = new Damage(faults, this.#random)
    this.#stalls = [...faults.stalls ?? []]
    this.#unplugs = [...faults.unplugs ?? []]
  }

  get patient() {
    return this.#speed === Infinity
  }

  /** Bytes damaged until now. */
  get damaged() {
    return this.#damage.made
  }

  get plugged() {
    return this.#plugged
  }

  now() {
    return this.patient ? this.#time : (performance.now() - this.#host) / 1000 * this.#speed
  }

  /** @param {number} [s] of the board's time, at most @returns {Promise<void>} */
  #pause(s) {
    return new Promise((done) => {
      const timer = s === undefined ? undefined : setTimeout(done, s / this.#speed * 1000)
      this.#wake = () => { clearTimeout(timer); done() }
    })
  }

  /** @param {number} baudRate */
  open(baudRate) {
    if (this.now() >= this.#back) this.plug()
    if (!this.#plugged) throw gone()
    this.#open = true
    this.#garbled = baudRate !== this.#setup.baudRate
    this.#out = []
    if (!this.#encoder.command) this.#run()
  }

  close() {
    this.#open = false
    this.#wake()
  }

  #run() {
    this.#running = true
    this.#start ??= this.now()
    if (this.#encoder.hello) this.#out.push(this.#encoder.hello)
    this.#skipTo(this.now())
  }

  /** @param {Uint8Array} bytes */
  write(bytes) {
    if (!this.#plugged) throw gone()
    const { reply, running } = this.#encoder.command?.(bytes) ?? {}
    if (running === false) this.#running = false
    if (reply) this.#out.push(reply)
    if (running && !this.#running) this.#run()
    this.#wake()
  }

  /** Pulls the plug, until plug() or for some seconds of its time. @param {number} [for_s] */
  unplug(for_s) {
    this.#plugged = false
    this.#running = false
    this.#open = false
    this.#back = for_s === undefined ? Infinity : this.now() + for_s
    this.#wake()
  }

  plug() {
    this.#plugged = true
    this.#back = Infinity
    this.#wake()
  }

  /** Waits until it is plugged in again. @param {AbortSignal} signal */
  async back(signal) {
    signal.addEventListener('abort', () => this.#wake(), { once: true })
    while (!this.#plugged && !signal.aborted) {
      if (this.#back !== Infinity && this.patient) this.#time = Math.max(this.#time, this.#back)
      if (this.now() >= this.#back) this.plug()
      else await this.#pause(this.#back === Infinity ? undefined : this.#back - this.now())
    }
  }

  /** Samples until a moment pass unseen. @param {number} t */
  #skipTo(t) {
    const due = Math.floor((t - (this.#start ?? t)) * this.#rate)
    this.#late = Math.max(0, due - this.#taken)
  }

  /** The next n samples as bytes. @param {number} n */
  async #encode(n) {
    const frames = []
    const row = new Float64Array(this.#encoder.channels ?? this.#setup.channels.length)
    while (n > 0 || this.#late > 0) {
      if (this.#at >= (this.#piece[0]?.length ?? 0)) {
        const { value, done } = await this.#source.next()
        if (done) { this.#dry = true; break }
        this.#piece = value
        this.#at = 0
        continue
      }
      if (this.#late > 0) {
        const skipped = Math.min(this.#late, this.#piece[0].length - this.#at)
        this.#late -= skipped
        this.#at += skipped
        this.#taken += skipped
        continue
      }
      let known = false
      for (let c = 0; c < row.length; c++) {
        row[c] = this.#piece[c]?.[this.#at] ?? 0
        known ||= !Number.isNaN(row[c])
      }
      if (known || !this.#encoder.skip) frames.push(this.#encoder.frame(row))
      else this.#encoder.skip()
      this.#at++
      this.#taken++
      n--
    }
    return join(frames)
  }

  /** The next bytes; null: the port was closed, or the source has ended. Throws when it is unplugged. @returns {Promise<Uint8Array | null>} */
  async pull() {
    let held = new Uint8Array(0)
    for (;;) {
      if (!this.#plugged) throw gone()
      if (!this.#open) return null
      if (this.#out.length) return this.#send(join(this.#out.splice(0)))
      if (!this.#running) { await this.#pause(); continue }
      if (this.#dry) return held.length ? this.#send(held) : null
      if (this.patient) {
        this.#time += this.#chunk
        await turn()
      } else {
        await this.#pause(this.#chunk)
        if (!this.#running || !this.#open || !this.#plugged) continue
      }
      const since = this.now() - (this.#start ?? 0)
      if (this.#unplugs[0] && since >= this.#unplugs[0].at_s) {
        this.unplug(this.#unplugs.shift()?.for_s)
        continue
      }
      const bytes = await this.#encode(Math.max(0, Math.floor(since * this.#rate + 1e-6) - this.#taken - this.#late))
      const stall = this.#stalls[0]
      if (!stall || since < stall.at_s) {
        held = join([held, this.#cutting ? this.#part(bytes, false) : bytes])
        this.#cutting = false
        if (held.length) return this.#send(held)
      } else {
        if (!stall.lost) held = join([held, bytes])
        else if (!this.#cutting) held = this.#part(bytes, true) // the link goes in the middle of a frame
        this.#cutting = stall.lost === true
        if (since >= stall.at_s + stall.for_s) this.#stalls.shift()
      }
    }
  }

  /** The beginning or the end of some bytes, cut where it happens. @param {Uint8Array} bytes @param {boolean} head */
  #part(bytes, head) {
    const at = Math.floor(this.#random() * bytes.length)
    return head ? bytes.slice(0, at) : bytes.slice(at)
  }

  /** @param {Uint8Array} bytes */
  #send(bytes) {
    const sent = this.#damage.apply(bytes)
    return this.#garbled ? sent.map(() => Math.floor(this.#random() * 256)) : sent
  }
}

/** @param {Uint8Array[]} parts */
function join(parts) {
  const whole = new Uint8Array(parts.reduce((n, p) => n + p.length, 0))
  let at = 0
  for (const p of parts) {
    whole.set(p, at)
    at += p.length
  }
  return whole
}

/** @type {(() => Promise<void>) | undefined} */
let turning

/** Lets others in, timers too; a timer of a browser would wait for milliseconds. */
function turn() {
  if (!turning) {
    if (typeof setImmediate === 'function') turning = () => new Promise((done) => setImmediate(done))
    else {
      const { port1, port2 } = new MessageChannel()
      /** @type {(() => void)[]} */
      const waiting = []
      port1.onmessage = () => waiting.shift()?.()
      turning = () => new Promise((done) => {
        waiting.push(done)
        port2.postMessage(0)
      })
    }
  }
  return turning()
}

/**
 * A fake board as a transport. unplug() and plug() do what a hand would.
 * @param {FakeOptions} options
 */
export function fakeBoard(options) {
  const device = new Device(options)
  return {
    async open(/** @type {number} */ baudRate) { device.open(baudRate) },
    readable: {
      async * [Symbol.asyncIterator]() {
        for (let bytes = await device.pull(); bytes; bytes = await device.pull()) yield bytes
      },
    },
    async write(/** @type {Uint8Array} */ bytes) { device.write(bytes) },
    async close() { device.close() },
    back: (/** @type {AbortSignal} */ signal) => device.back(signal),
    now: () => device.now(),
    patient: device.patient,
    overruns: 0,
    unplug: (/** @type {number | undefined} */ for_s) => device.unplug(for_s),
    plug: () => device.plug(),
    /** Bytes damaged until now. */
    get damaged() { return device.damaged },
  }
}

/** What Web Serial gives for a board. Its events are sent to the fake navigator.serial too, as a page's are. */
class FakeSerialPort extends EventTarget {
  #device
  #serial
  /** @type {ReadableStream<Uint8Array> | null} */
  readable = null
  /** @type {WritableStream<Uint8Array> | null} */
  writable = null

  /** @param {FakeOptions} options @param {EventTarget} serial */
  constructor(options, serial) {
    super()
    this.#device = new Device(options)
    this.#serial = serial
  }

  /** Bytes damaged until now. */
  get damaged() {
    return this.#device.damaged
  }

  get connected() {
    return this.#device.plugged
  }

  getInfo() {
    return { usbVendorId: 0xfec6, usbProductId: 1 }
  }

  /** @param {{ baudRate: number, bufferSize?: number }} o */
  async open({ baudRate }) {
    if (this.readable) throw new DOMException('The port is already open.', 'InvalidStateError')
    try {
      this.#device.open(baudRate)
    } catch {
      throw new DOMException('Failed to open serial port.', 'NetworkError')
    }
    this.readable = new ReadableStream({
      pull: async (controller) => {
        try {
          const bytes = await this.#device.pull()
          if (bytes) return controller.enqueue(bytes)
          await new Promise(() => {}) // a port without bytes does not end
        } catch {
          controller.error(new DOMException('The device has been lost.', 'NetworkError'))
          this.#leave()
        }
      },
      cancel: () => this.#device.close(),
    }, { highWaterMark: 0 })
    this.writable = new WritableStream({ write: (bytes) => this.#device.write(bytes) })
  }

  #leave() {
    this.readable = null
    this.writable = null
    this.#tell('disconnect')
    this.#device.back(new AbortController().signal).then(() => this.#tell('connect'))
  }

  /** @param {string} type */
  #tell(type) {
    this.dispatchEvent(new Event(type))
    this.#serial.dispatchEvent(new Event(type))
  }

  async close() {
    this.#device.close()
    this.readable = null
    this.writable = null
  }

  /** @param {number} [for_s] */
  unplug(for_s) {
    this.#device.unplug(for_s)
  }

  plug() {
    this.#device.plug()
  }

  async forget() {
    await this.close()
  }
}

/** A fake board as navigator.serial, with one port. @param {FakeOptions} options */
export function fakeSerial(options) {
  const serial = new EventTarget()
  const port = new FakeSerialPort(options, serial)
  return Object.assign(serial, { port, getPorts: async () => (port.connected ? [port] : []), requestPort: async () => port })
}

/** A fake board as a SerialPort. @param {FakeOptions} options */
export const fakeSerialPort = (options) => fakeSerial(options).port
