// timeline.js — the numbers of the samples: where frames are missing stand NaN, as many as the counter tells, as the bytes between
// tell, and where the caller gives host times, as the clock tells. Time is never spliced.
//
// A counter of 16 or 256 frames cannot tell a hole longer than its turn. What the bytes between suggest is right when they were
// damaged and wrong when they were lost; a clock is right but knows a moment only when the backlog of a stalled link has arrived.
// So after a break, or after a silence, the samples wait until HOLD_S of host time have passed, and the least lateness since then
// decides, if it is beyond what this link does.
import { Clock } from './clock.js'

const SILENCE_S = 0.5 // no bytes for so long: bytes may be lost without a trace
const HOLD_S = 0.3

/** @typedef {import('./types.js').Piece} Piece */
/**
 * @typedef {object} Waiting
 * @property {Rows} rows
 * @property {number} gap frames lost before them, by counter and bytes
 * @property {number} least of them, by the counter alone
 * @property {number} since host time
 * @property {number} late by how many frames, at least until now
 * @property {number} counter of the first frame
 * @property {number} before the counter of the frame before the hole
 * @property {number} doubtful so many of the rows stand before another hole
 * @property {number} inner so many of these are gaps
 */

/** Rows of samples that grow. */
class Rows {
  #n = 0
  /** @type {Float32Array[]} */
  #rows

  /** @param {number} width */
  constructor(width) {
    this.#rows = Array.from({ length: width }, () => new Float32Array(256))
  }

  get length() {
    return this.#n
  }

  /** @param {number} more */
  #room(more) {
    if (this.#n + more <= this.#rows[0].length) return
    const size = Math.max(2 * this.#rows[0].length, this.#n + more)
    this.#rows = this.#rows.map((row) => {
      const larger = new Float32Array(size)
      larger.set(row.subarray(0, this.#n))
      return larger
    })
  }

  /** @param {ArrayLike<number>} row */
  push(row) {
    this.#room(1)
    for (let i = 0; i < this.#rows.length; i++) this.#rows[i][this.#n] = row[i]
    this.#n++
  }

  /** @param {number} n */
  gap(n) {
    this.#room(n)
    for (const row of this.#rows) row.fill(NaN, this.#n, this.#n + n)
    this.#n += n
  }

  take() {
    const taken = this.#rows.map((row) => row.slice(0, this.#n))
    this.#n = 0
    if (this.#rows[0].length > 1 << 16) this.#rows = this.#rows.map(() => new Float32Array(256))
    return taken
  }
}

export class Timeline {
  #fs
  #width
  #modulo
  #grain
  #counters
  #rows
  /** Frames already numbered. */
  #next = 0
  #begun = false
  #lastCounter = 0
  #lastStart = 0
  #lastLength = 1
  /** Where a silence began, in bytes. @type {number | null} */
  #mark = null
  #cut = false
  /** @type {number | null} */
  #time = null
  /** Samples that wait for the clock, which has to tell how many were lost before them. @type {Waiting | null} */
  #waiting = null
  /** @type {[number, number]} */
  #off = [0, 0]

  /**
   * @param {{ fs: number, width: number, modulo: number, grain?: number }} o grain: frames that belong together by their counter
   * @param {import('./types.js').Counters} counters
   */
  constructor({ fs, width, modulo, grain = 1 }, counters) {
    this.#fs = fs
    this.#width = width
    this.#modulo = modulo
    this.#grain = grain
    this.#counters = counters
    this.#rows = new Rows(width)
    this.clock = new Clock(fs)
  }

  /** Before the bytes of a push are worked. @param {number} bytes before them @param {number} [t] host time, seconds */
  open(bytes, t) {
    if (t === undefined) return
    if (this.#time !== null && this.#begun && t - this.#time >= SILENCE_S) {
      if (this.#waiting) this.#settle(this.#waiting)
      this.#mark ??= bytes
    }
    this.#time = t
  }

  /**
   * A frame that counts, before its row is pushed.
   * @param {boolean} first of a run: frames before it may be missing
   * @param {number} counter
   * @param {number} start in bytes from the first byte of all
   * @param {number} length bytes
   * @param {number} [steps] frames from the last one to this one, where bytes do not tell it
   */
  frame(first, counter, start, length, steps) {
    if (this.#begun && (first || (this.#mark !== null && start >= this.#mark))) this.#hole(first, counter, start, steps)
    this.#begun = true
    this.#lastCounter = counter
    this.#lastStart = start
    this.#lastLength = length
    this.#counters.frames++
  }

  /** @param {boolean} first @param {number} counter @param {number} start @param {number} [given] */
  #hole(first, counter, start, given) {
    let least = 1, steps = 1
    if (first && (!this.#cut || this.#waiting)) {
      const apart = given ?? (start - this.#lastStart) / this.#lastLength
      least = this.#modulo === 0 ? 1 : (counter - this.#lastCounter + 2 * this.#modulo) % this.#modulo || this.#modulo
      steps = this.#modulo ? least + this.#modulo * Math.max(0, Math.round((apart - least) / this.#modulo)) : Math.max(1, Math.round(apart))
    }
    this.#mark = null
    if (this.#time === null || !this.clock.known) {
      this.#cut = false
      return this.#lose(steps - 1)
    }
    if (this.#waiting) {
      this.#waiting.rows.gap(steps - 1)
      this.#counters.lost += steps - 1
      this.#waiting.doubtful = this.#waiting.rows.length
      this.#waiting.inner += steps - 1
    } else {
      this.#waiting = {
        rows: new Rows(this.#width), gap: steps - 1, least: least - 1, since: this.#time, late: Infinity,
        counter, before: this.#lastCounter, doubtful: 0, inner: 0,
      }
    }
  }

  /** @param {number} n */
  #lose(n) {
    this.#rows.gap(n)
    this.#next += n
    this.#counters.lost += n
  }

  /** @param {ArrayLike<number>} row @param {number} [leadOff] one bit a channel */
  push(row, leadOff = 0) {
    this.#off = [this.#off[1], leadOff]
    if (this.#waiting) return this.#waiting.rows.push(row)
    this.#rows.push(row)
    this.#next++
  }

  /** The connection was lost: the counter says nothing about the hole, the clock all. */
  cut() {
    if (this.#waiting) this.#settle(this.#waiting)
    this.#cut = true
    this.#mark = null
  }

  /** After the bytes of a push. @param {boolean} [all] nothing more comes @returns {Piece} */
  take(all = false) {
    const index = this.#next - this.#rows.length
    const samples = this.#rows.take()
    const t = this.#time
    const waiting = this.#waiting
    if (t !== null && waiting) {
      waiting.late = Math.min(waiting.late, this.clock.samples(t) - (this.#next + waiting.gap + waiting.rows.length))
      if (all || t - waiting.since >= HOLD_S) {
        this.#settle(waiting)
        if (samples[0].length === 0) return this.take()
      }
    } else if (t !== null && this.#begun) {
      this.clock.push(this.#next, t)
    }
    return { index, samples }
  }

  /** @param {Waiting} waiting */
  #settle({ rows, gap, least, late, counter, before, doubtful, inner }) {
    const known = Number.isFinite(late)
    const samples = rows.take()
    let lost = gap, from = 0
    if (this.#cut) { // the counter began anew, and tells only which half of a pair it was
      const odd = (((counter - before - 1) % this.#grain) + this.#grain) % this.#grain
      lost = odd + this.#grain * Math.max(0, Math.round(((known ? late : 0) - odd) / this.#grain))
    } else if (known && Math.abs(late) > this.clock.calm_s * this.#fs) {
      const turn = this.#modulo || 1
      lost = Math.max(least, gap + Math.round(late / turn) * turn)
      if (lost !== gap) from = doubtful // which of the holes is the longer one nobody knows: between them all is lost
    }
    lost += from
    this.#next += lost
    this.#counters.lost += lost - (from && inner)
    this.#counters.frames -= from && from - inner
    for (let i = from; i < samples[0].length; i++) this.#rows.push(samples.map((row) => row[i]))
    this.#next += samples[0].length - from
    this.#waiting = null
    this.#cut = false
  }

  /** Which channels' electrodes were off in both of the last two frames. */
  get leadOff() {
    return this.#off[0] & this.#off[1]
  }
}
