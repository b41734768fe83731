// recorder.js — raw samples to EDF+ while they come. Each second is one data record, which its target has before push() resolves;
// the header then says how many there are, so that what stands there is a whole file at any moment, whatever happens next.
//
// EDF has 16 bits, a board up to 24, and an electrode an offset of tens of mV that wanders. A step fine enough for a fetal signal
// does not reach over that. So the step is the board's own where its values have 16 bits or fewer, and nothing is lost; else it is
// 0.5 µV, which adds 0.14 µV (RMS) of noise, as much as such a board's own, and reaches ±16.4 mV. Where a lead leaves this range,
// its voltage there is taken off from then on, and an annotation says so: "CH1: 21040.5 uV taken off" (in all, not in addition).
// That is done once a second at most; what is still outside is clipped, as an electrode that is off is by the board.
import { FecgError, expect } from '../error.js'
import { edfLabels } from '../export/edf.js'
import { layoutOf, setRecords, setStart } from './edf-header.js'

const STEP_UV = 0.5
const STEPS = 32767 // to either side
const HOLD_S = 1

/** @typedef {import('../export/edf.js').EdfSource} EdfSource */
/** @typedef {import('../export/edf.js').Writer} Writer */
/**
 * Where the bytes of a recording go.
 * @template T
 * @typedef {object} Target
 * @property {(at: number, bytes: Uint8Array) => Promise<void>} write
 * @property {(size: number) => Promise<T>} finish so many bytes count
 * @property {() => Promise<void>} discard what was written is not wanted
 */
/**
 * @typedef {object} RecorderOptions
 * @property {number} fs Hz
 * @property {string[]} leads labels
 * @property {number} [step_uv] of what is stored; a board's setup() has one where that keeps its values as they are
 * @property {Date} started when the first sample was taken
 * @property {string} [equipment] what it was made with
 */

/**
 * A recording that is being written, EDF+, each second whole when push() resolves. Made by Recorder.open().
 * @template T
 */
export class Recorder {
  /** @type {Writer} */
  #writer
  #target
  #options
  #labels
  #range
  #step
  /** What is taken off each lead, and until which sample that stays. */
  #levels
  /** @type {Promise<unknown>} */
  #last = Promise.resolve()
  /** @type {unknown} */
  #error = null
  #finished = false
  /** @type {Uint8Array | null} */
  #header = null
  #size = 0
  #pushed = 0
  /** @type {'unplugged' | 'stalled' | null} why samples are missing, until they come again */
  #away = null
  /** @type {string} */
  #state = 'streaming'
  /** @type {boolean[] | null} */
  #off = null

  /** @param {Writer} writer @param {Target<T>} target @param {RecorderOptions} options @param {string[]} labels @param {number} step */
  constructor(writer, target, options, labels, step) {
    this.#writer = writer
    this.#target = target
    this.#options = options
    this.#labels = labels
    this.#step = step
    this.#range = STEPS * step
    this.#levels = labels.map(() => ({ uv: 0, until: 0 }))
  }

  /**
   * Begins a recording.
   * @template T
   * @param {EdfSource} fecg the engine, or the engine in a worker
   * @param {Target<T>} target
   * @param {RecorderOptions} options
   * @returns {Promise<Recorder<T>>}
   */
  static async open(fecg, target, options) {
    const { fs, leads, started, step_uv = STEP_UV } = options
    expect(started instanceof Date && !Number.isNaN(started.getTime()), 'started is the Date of the first sample')
    expect(step_uv > 0, `step_uv is a number above 0, given ${step_uv}`)
    const labels = edfLabels(leads.map((lead) => ({ label: lead, lead })))
    const most = Number((STEPS * step_uv).toPrecision(6)) // what a field of the header holds, with a sign
    const range = { phys_min_uv: -most, phys_max_uv: most }
    return new Recorder(await fecg.edfWriter(labels.map((label) => ({ label, fs, ...range }))), target, options, labels, step_uv)
  }

  /** Seconds of signal so far. */
  get seconds() {
    return this.#pushed / this.#options.fs
  }

  /** Why the target takes no more, null while it does. */
  get error() {
    return this.#error
  }

  /** µV of a step of what is stored. */
  get step_uv() {
    return this.#step
  }

  /** @template R @param {() => Promise<R>} work @returns {Promise<R>} */
  #run(work) {
    const run = async () => {
      if (this.#finished) throw new FecgError('STATE', 'the recording is finished')
      if (this.#error) throw this.#error
      return work()
    }
    const result = this.#last.then(run)
    this.#last = result.catch(() => {})
    return result
  }

  /**
   * The next samples of each lead, µV, NaN = gap; resolves when the target has the seconds that they complete. Once it has failed
   * (a full disk, a full memory) it fails each time, and finish() gives what there is until then.
   * @param {Float32Array[]} samples one row a lead, of one length
   */
  push(samples) {
    expect(samples.length === this.#labels.length && samples.every((s) => s.length === samples[0].length), `push takes ${this.#labels.length} rows of one length`)
    return this.#run(async () => {
      if (this.#away && this.#state === 'streaming') await this.#back(samples)
      for (let c = 0; c < samples.length; c++) await this.#writer.push(c, await this.#level(c, samples[c]))
      this.#pushed += samples[0].length
      await this.#drain()
    })
  }

  /**
   * A note, now or at a moment of the signal; 55 bytes of it are kept.
   * @param {string} text
   * @param {{ t_s?: number, duration_s?: number }} [when]
   */
  mark(text, { t_s, duration_s = 0 } = {}) {
    return this.#run(async () => { await this.#writer.annotate(t_s ?? this.seconds, duration_s, text) })
  }

  /**
   * Marks what has happened to a board; for its session's onchange.
   * @param {{ state: import('./types.js').SessionState, leadOff: boolean[] | null, leads: string[] }} session
   */
  changed({ state, leadOff, leads }) {
    const note = (/** @type {string} */ text) => this.mark(text).catch(() => {}) // push() fails likewise
    if (state !== this.#state && (state === 'unplugged' || state === 'stalled')) {
      this.#away = state
      note(state === 'unplugged' ? 'unplugged' : 'no data')
    }
    this.#state = state
    const off = leadOff ?? []
    leads.forEach((lead, i) => {
      if ((off[i] ?? false) !== (this.#off?.[i] ?? false)) note(`electrode ${off[i] ? 'off' : 'on'}: ${lead}`)
    })
    this.#off = off
  }

  /** Marks where samples come again. @param {Float32Array[]} samples */
  async #back(samples) {
    const first = samples.reduce((least, row) => Math.min(least, row.findIndex((v) => !Number.isNaN(v)) >>> 0), Infinity)
    if (first >= samples[0].length) return
    await this.#writer.annotate((this.#pushed + first) / this.#options.fs, 0, this.#away === 'unplugged' ? 'plugged in again' : 'data again')
    this.#away = null
  }

  /** A lead's samples within the range. @param {number} c @param {Float32Array} samples */
  async #level(c, samples) {
    const level = this.#levels[c], range = this.#range, { fs } = this.#options
    let out = level.uv === 0 ? samples : samples.map((v) => v - level.uv)
    for (let i = 0; i < out.length; i++) {
      if (!(Math.abs(out[i]) > range) || this.#pushed + i < level.until) continue
      level.uv = Math.round(samples[i] / this.#step) * this.#step
      level.until = this.#pushed + i + HOLD_S * fs
      await this.#writer.annotate((this.#pushed + i) / fs, 0, `${this.#labels[c]}: ${Number(level.uv.toFixed(3))} uV taken off`)
      out = samples.map((v, k) => (k < i ? out[k] : v - level.uv))
    }
    return out
  }

  /** Gives the target what is ready. */
  async #drain() {
    const before = this.#size
    for (let bytes = await this.#writer.take(); bytes.length; bytes = await this.#writer.take()) {
      if (!this.#header) this.#header = this.#dated(bytes)
      await this.#give(this.#size, this.#size === 0 ? this.#header : bytes)
      this.#size += bytes.length
    }
    if (this.#size > before) await this.#count()
  }

  /** @param {Uint8Array} header */
  #dated(header) {
    setStart(header, this.#options.started, this.#options.equipment)
    return header
  }

  async #count() {
    const header = /** @type {Uint8Array} */ (this.#header), layout = layoutOf(header)
    if (layout) setRecords(header, Math.floor((this.#size - layout.headerBytes) / layout.recordBytes))
    await this.#give(0, header)
  }

  /** @param {number} at @param {Uint8Array} bytes */
  async #give(at, bytes) {
    try {
      await this.#target.write(at, bytes)
    } catch (error) {
      this.#error ??= error
      throw error
    }
  }

  /**
   * No more samples: the last second is filled up with gap. Gives what the target has, which after a failure is what it had before;
   * a recording without a sample gives null and leaves nothing behind.
   * @returns {Promise<T | null>}
   */
  finish() {
    const end = async () => {
      if (this.#finished) throw new FecgError('STATE', 'the recording is finished')
      this.#finished = true
      try {
        if (!this.#error && this.#pushed > 0) {
          await this.#writer.finish()
          await this.#drain().catch(() => {})
        }
        if (this.#error && this.#size > 0) await this.#count().catch(() => {}) // counting needs no more room
        if (this.#pushed > 0 && this.#size > 0) return await this.#target.finish(this.#size)
        await this.#target.discard()
        return null
      } finally {
        await this.#writer.close()
      }
    }
    const result = this.#last.then(end)
    this.#last = result.catch(() => {})
    return result
  }
}
