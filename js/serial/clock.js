// clock.js — a board's sampling clock as the host sees it. Samples arrive late by a delay that varies and is never negative, so the
// clock is the line below all arrivals that lies nearest to them: an edge of their lower hull (Moon, Skelly, Towsley: Estimation and
// removal of clock skew from network delay measurements, 1999).

const BLOCK_S = 1 // of each block only the earliest arrival counts
const BLOCKS = 600
const WINDOW_S = 0.3 // of calm_s
const WINDOWS = 32
const DOUBT_S = 0.25 // lateness that no link makes by itself
const SPAN_S = 10 // below this the nominal rate is the better estimate

/** @typedef {{ n: number, t: number }} Point */

/** A board's sampling clock, from when its samples arrived by the host's. */
export class Clock {
  #nominal
  /** @type {Point[]} */
  #points = []
  /** @type {Point | null} */
  #best = null
  #block = 0
  #first = 0
  #last = 0
  #line = { slope: 0, t0: 0, stale: true }
  /** @type {number[]} */
  #late = []
  #window = { since: -Infinity, least: Infinity }
  /** @type {number[]} the least lateness of each window */
  #least = []

  /** @param {number} fs Hz, nominal */
  constructor(fs) {
    this.#nominal = fs
  }

  /** `n` samples had arrived at host time t. @param {number} n @param {number} t seconds */
  push(n, t) {
    if (this.#best === null) {
      this.#first = t
      this.#block = t
    }
    if (this.#best && t - this.#block >= BLOCK_S) {
      this.#points.push(this.#best)
      if (this.#points.length > BLOCKS) this.#points.shift()
      this.#best = null
      this.#block = t
      this.#line.stale = true
    }
    const height = (/** @type {Point} */ p) => p.t - p.n / this.fs
    if (this.#best === null || height({ n, t }) < height(this.#best)) {
      this.#best = { n, t }
      if (this.#points.length < SPAN_S) this.#line.stale = true
    }
    this.#last = t
    this.#late.push(t - this.time(n))
    if (this.#late.length > 64) this.#late.splice(0, 32)
    this.#calm(t)
  }

  /** @param {number} t */
  #calm(t) {
    if (t - this.#window.since >= WINDOW_S) {
      if (this.#window.least !== Infinity) this.#least.push(this.#window.least)
      if (this.#least.length > WINDOWS) this.#least.shift()
      this.#window = { since: t, least: Infinity }
    }
    this.#window.least = Math.min(this.#window.least, this.#late[this.#late.length - 1])
  }

  #fit() {
    if (!this.#line.stale) return this.#line
    const points = this.#best ? [...this.#points, this.#best] : this.#points
    let slope = 1 / this.#nominal
    if (points.length > 2 && points[points.length - 1].t - points[0].t >= SPAN_S) slope = edge(points) ?? slope
    const t0 = points.reduce((low, p) => Math.min(low, p.t - p.n * slope), Infinity)
    this.#line = { slope, t0, stale: false }
    return this.#line
  }

  /** True once a time was pushed. */
  get known() {
    return this.#best !== null
  }

  /** The measured rate, Hz; the nominal one in the first seconds. */
  get fs() {
    return this.#points.length ? 1 / this.#fit().slope : this.#nominal
  }

  /** How much faster than nominal the board samples, parts in a million; null before it is known. */
  get ppm() {
    return this.#last - this.#first < SPAN_S ? null : (this.fs / this.#nominal - 1) * 1e6
  }

  /** How much later than the earliest the latest arrivals were, seconds. */
  get jitter_s() {
    return this.#late.reduce((high, v) => Math.max(high, v), 0)
  }

  /** Lateness that this link makes by itself, seconds: twice the largest that remained throughout a third of a second. */
  get calm_s() {
    if (this.#least.length < WINDOWS / 2) return DOUBT_S
    return Math.min(DOUBT_S, Math.max(0.02, 2 * Math.max(...this.#least)))
  }

  /** The earliest host time at which n samples can have arrived. @param {number} n */
  time(n) {
    const { slope, t0 } = this.#fit()
    return t0 + n * slope
  }

  /** How many samples the board had taken at host time t. @param {number} t */
  samples(t) {
    const { slope, t0 } = this.#fit()
    return (t - t0) / slope
  }
}

/** The slope of the lower hull over the middle of the points, which are in order of n. @param {Point[]} points */
function edge(points) {
  /** @type {Point[]} */
  const hull = []
  for (const p of points) {
    while (hull.length > 1 && turnsUp(hull[hull.length - 2], hull[hull.length - 1], p)) hull.pop()
    hull.push(p)
  }
  const middle = points.reduce((sum, p) => sum + p.n, 0) / points.length
  const right = hull.findIndex((p) => p.n >= middle)
  if (right < 1 || hull[right].n === hull[right - 1].n) return null
  const slope = (hull[right].t - hull[right - 1].t) / (hull[right].n - hull[right - 1].n)
  return slope > 0 ? slope : null
}

/** b lies on or above the line from a to c. @param {Point} a @param {Point} b @param {Point} c */
const turnsUp = (a, b, c) => (b.t - a.t) * (c.n - a.n) >= (c.t - a.t) * (b.n - a.n)
