// signal.js — one signal as it is drawn: its samples in chunks, each with a pyramid of least and greatest values, so that a
// picture costs the same for a second and for a day. Samples come at the end while others are drawn; the oldest may go.
const CHUNK = 1 << 14 // samples
const PIECE = 1 << 11 // samples that are levelled at a time
const BIN = 16, STEP = 4 // samples of the finest bin; each level joins STEP bins of the one before
/** Start of each level in a chunk's bins; the last is their number. */
const LEVELS = [0]
for (let bins = CHUNK / BIN; bins >= 1; bins /= STEP) LEVELS.push(LEVELS[LEVELS.length - 1] + bins)
const TOP = LEVELS.length - 2

/** @typedef {{ samples: Float32Array, least: Float32Array, greatest: Float32Array }} Chunk bins without a known sample are NaN */

export class Signal {
  /** @type {Chunk[]} */
  #chunks = []
  #dropped = 0 // chunks

  /** @param {number} fs Hz */
  constructor(fs) {
    this.fs = fs
    /** Samples so far, those dropped included. */
    this.length = 0
  }

  /** The first sample that is still there. */
  get first() {
    return this.#dropped * CHUNK
  }

  /** Samples at the end, NaN = gap; they are copied. @param {Float32Array} samples */
  append(samples) {
    for (let from = 0; from < samples.length;) {
      const at = this.length % CHUNK
      if (at === 0) this.#chunks.push(chunk(new Float32Array(CHUNK).fill(NaN)))
      const part = samples.subarray(from, from + CHUNK - at)
      const last = this.#chunks[this.#chunks.length - 1]
      last.samples.set(part, at)
      fold(last, at, at + part.length)
      this.length += part.length
      from += part.length
    }
  }

  /**
   * A long signal, at most a chunk at each turn of the iterator; its samples stay where they are and are not to change. Those that are
   * to be levelled are copied.
   * @param {Float32Array} samples
   * @param {Floor | null} [floor]
   */
  * adopt(samples, floor) {
    for (let from = 0; from < samples.length; from += CHUNK) {
      const given = samples.subarray(from, from + CHUNK)
      let part = given
      if (floor) {
        part = new Float32Array(given.length)
        for (let at = 0; at < given.length; at += PIECE) {
          part.set(floor.level(given.subarray(at, at + PIECE)), at)
          yield
        }
      }
      const next = chunk(part)
      fold(next, 0, part.length)
      this.#chunks.push(next)
      this.length += part.length
      yield
    }
  }

  /** Forgets chunks that lie wholly before a sample. @param {number} sample */
  drop(sample) {
    while (this.#chunks.length && (this.#dropped + 1) * CHUNK <= sample) {
      this.#chunks.shift()
      this.#dropped++
    }
  }

  /** @param {number} i @returns {number} NaN where there is none */
  at(i) {
    return this.#chunks[Math.floor(i / CHUNK) - this.#dropped]?.samples[i % CHUNK] ?? NaN
  }

  /**
   * The least and the greatest of the samples from..to (to left out), into out; NaN where none is known. Of more than some
   * samples the bins are asked, which may reach beyond by a quarter of the stretch.
   * @param {number} from
   * @param {number} to
   * @param {{ least: number, greatest: number }} out
   */
  range(from, to, out) {
    let least = Infinity, greatest = -Infinity
    from = Math.max(from, this.first)
    to = Math.min(to, this.length)
    let level = -1
    for (let bin = BIN; level < TOP && 4 * bin <= to - from; bin *= STEP) level++
    if (level < 0) {
      for (let i = from; i < to; i++) {
        const v = this.at(i)
        if (v < least) least = v
        if (v > greatest) greatest = v
      }
    } else {
      const bin = BIN * STEP ** level, bins = CHUNK / bin
      for (let b = Math.floor(from / bin); b * bin < to; b++) {
        const { least: low, greatest: high } = this.#chunks[Math.floor(b / bins) - this.#dropped]
        const i = LEVELS[level] + b % bins
        if (low[i] < least) least = low[i]
        if (high[i] > greatest) greatest = high[i]
      }
    }
    out.least = least === Infinity ? NaN : least
    out.greatest = greatest === -Infinity ? NaN : greatest
    return out
  }
}

/** @param {Float32Array} samples @returns {Chunk} */
const chunk = (samples) => ({ samples, least: new Float32Array(LEVELS[TOP + 1]).fill(NaN), greatest: new Float32Array(LEVELS[TOP + 1]).fill(NaN) })

/** Brings the bins of a chunk up to date with its samples from..to. @param {Chunk} chunk @param {number} from @param {number} to */
function fold({ samples, least, greatest }, from, to) {
  let first = Math.floor(from / BIN), last = Math.floor((to - 1) / BIN)
  for (let b = first; b <= last; b++) {
    let low = Infinity, high = -Infinity
    for (let i = b * BIN, end = Math.min(i + BIN, samples.length); i < end; i++) {
      const v = samples[i]
      if (v < low) low = v
      if (v > high) high = v
    }
    least[b] = low === Infinity ? NaN : low
    greatest[b] = high === -Infinity ? NaN : high
  }
  for (let level = 1; level <= TOP; level++) {
    first = Math.floor(first / STEP)
    last = Math.floor(last / STEP)
    for (let b = first; b <= last; b++) {
      let low = Infinity, high = -Infinity
      for (let i = LEVELS[level - 1] + b * STEP, end = i + STEP; i < end; i++) {
        if (least[i] < low) low = least[i]
        if (greatest[i] > high) high = greatest[i]
      }
      least[LEVELS[level] + b] = low === Infinity ? NaN : low
      greatest[LEVELS[level] + b] = high === -Infinity ? NaN : high
    }
  }
}

/**
 * What an electrode's signal rides on, taken off as monitors do, for the eye alone: offsets of millivolts would hide a fetus of
 * microvolts. The level is the mean of the medians of the five fifths of a second before; it needs no later sample, so that
 * what was drawn once stays true.
 */
export class Floor {
  /** @type {number[]} medians of the last fifths, NaN = not known, the newest last */
  #medians = []
  #from = NaN // level at the start of this fifth
  #to = NaN // and at its end
  #some = new Float32Array(32) // of the samples of this fifth: a median needs no more
  #kept = 0
  #at = 0

  /** @param {number} fs Hz */
  constructor(fs) {
    this.length = Math.max(1, Math.round(fs / 5))
    this.stride = Math.ceil(this.length / this.#some.length)
  }

  /** @param {Float32Array} samples @returns {Float32Array} new ones, on the level 0 */
  level(samples) {
    const out = new Float32Array(samples.length), { length, stride } = this
    for (let i = 0; i < samples.length; i++) {
      const v = samples[i]
      if (Number.isNaN(this.#from) && !Number.isNaN(v)) this.#from = this.#to = v
      out[i] = v - (this.#from + (this.#to - this.#from) * this.#at / length)
      if (this.#at % stride === 0 && !Number.isNaN(v)) this.#some[this.#kept++] = v
      if (++this.#at === length) this.#next()
    }
    return out
  }

  #next() {
    const sorted = this.#some.subarray(0, this.#kept).sort()
    this.#medians.push(sorted.length ? sorted[sorted.length >> 1] : NaN)
    if (this.#medians.length > 5) this.#medians.shift()
    const known = this.#medians.filter((m) => !Number.isNaN(m))
    this.#from = this.#to
    this.#to = known.length ? known.reduce((a, b) => a + b, 0) / known.length : NaN
    if (Number.isNaN(this.#to)) this.#from = NaN
    this.#kept = this.#at = 0
  }
}

/**
 * Where the right edge of a rolling window stands: it moves evenly although samples come in pieces and late, and never runs
 * past them.
 */
export class Pace {
  /** @type {{ wall_s: number, lead_s: number }[]} how far the samples were ahead of the clock just before a piece came */
  #pieces = []
  #lead = NaN
  #newest = 0
  #edge = 0
  #asked = NaN

  /** A piece came. @param {number} wall_s @param {number} newest_s time of the end of the samples */
  came(wall_s, newest_s) {
    if (!this.#pieces.length) this.#lead = newest_s - wall_s
    this.#pieces.push({ wall_s, lead_s: (this.#pieces.length ? this.#newest : newest_s) - wall_s })
    while (this.#pieces.length > 1 && this.#pieces[0].wall_s < wall_s - 3) this.#pieces.shift()
    this.#newest = newest_s
  }

  /** @param {number} wall_s @returns {number} seconds of the recording */
  edge(wall_s) {
    if (!this.#pieces.length) return 0
    const wanted = Math.min(...this.#pieces.map((p) => p.lead_s))
    const passed = Number.isNaN(this.#asked) ? 0 : wall_s - this.#asked
    this.#asked = wall_s
    this.#lead += (wanted - this.#lead) * (1 - Math.exp(-passed / 0.4))
    this.#edge = Math.max(this.#edge, Math.min(this.#newest, wall_s + this.#lead))
    return this.#edge
  }
}
