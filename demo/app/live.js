// live.js — a recording while it comes in: its samples go to the plots at once and to the worker in pieces, whose frames follow.
import { strings } from '../strings.js'
import { showQuality, showRates, showState } from './vitals.js'

/** @typedef {import('../../js/worker.js').Fecg} Fecg */
/** @typedef {import('../../js/types.js').Frame} Frame */

const PIECE_S = 0.25 // of signal, to the worker at a time
const TERMS_S = 10 // seconds of signal between two looks at baseline and events
const KEPT_BYTES = 256e6 // of samples for the analysis afterwards; then the oldest go

/** @param {Float32Array[][]} pieces @returns {Float32Array[]} rows */
export function join(pieces) {
  return pieces[0].map((_, row) => {
    const out = new Float32Array(pieces.reduce((n, p) => n + p[row].length, 0))
    let at = 0
    for (const piece of pieces) {
      out.set(piece[row], at)
      at += piece[row].length
    }
    return out
  })
}

export class Live {
  #fecg
  #view
  #on
  /** @type {Float32Array[][]} */
  #waiting = []
  /** @type {Promise<unknown> | null} */
  #pushing = null
  /** @type {Float32Array[][]} */
  #kept = []
  #keptBytes = 0
  /** @type {(number | null)[]} */
  #bpm = []
  #termsAt = 0
  #shown = false
  #stopped = false
  /** @type {import('../../js/worker.js').LiveStream | null} */
  #stream = null
  samples = 0
  /** @type {import('../../js/types.js').RateTerms | null} */
  terms = null

  /**
   * @param {Fecg} fecg
   * @param {import('./view.js').View} view
   * @param {{ fs: number, leads: string[], method?: 'classical' | 'fhnet', mains?: 50 | 60 | 'auto' }} about
   * @param {{ frame?: (frame: Frame) => void, terms?: (terms: import('../../js/types.js').RateTerms) => void, error: (error: unknown) => void }} on
   */
  constructor(fecg, view, about, on) {
    this.#fecg = fecg
    this.#view = view
    this.#on = on
    this.about = about
    const { fs, leads, method, mains } = about
    view.live(leads, fs)
    showRates({ fetal: null, maternal: null, note: strings.vitals.wait })
    showQuality(0)
    showState(strings.states.learning, 'learning')
    this.#opening = fecg.stream({ fs, leads, method, mains }).then((stream) => { this.#stream = stream })
    this.#opening.catch((error) => this.#fail(error))
  }

  #opening

  /** Samples as they come: shown now, worked soon. @param {Float32Array[]} samples µV, NaN = gap */
  push(samples) {
    if (this.#stopped || !samples[0]?.length) return
    this.samples += samples[0].length
    this.#view.traces.append({ samples })
    this.#waiting.push(samples)
    this.#kept.push(samples)
    this.#keptBytes += samples.length * samples[0].byteLength
    while (this.#keptBytes > KEPT_BYTES) {
      const gone = /** @type {Float32Array[]} */ (this.#kept.shift())
      this.#keptBytes -= gone.length * gone[0].byteLength
    }
    this.#pump()
  }

  #pump() {
    if (this.#pushing || this.#stopped) return
    const n = this.#waiting.reduce((sum, piece) => sum + piece[0].length, 0)
    if (n < PIECE_S * this.about.fs) return
    const samples = join(this.#waiting)
    this.#waiting = []
    this.#pushing = this.#opening.then(() => this.#stream?.push(samples)).then((frames) => {
      this.#pushing = null
      if (this.#stopped) return
      for (const frame of frames ?? []) this.#frame(frame)
      this.#pump()
    }).catch((error) => this.#fail(error))
  }

  /** @param {Frame} frame */
  #frame(frame) {
    const { traces, strip, heat } = this.#view
    traces.append({ frame })
    strip.append({ rate: frame.rate })
    heat.append(frame.attribution)
    this.#bpm.push(...frame.rate.fetal_bpm)
    if (!this.#shown && frame.beats.fetal.length) {
      this.#shown = true
      requestAnimationFrame(() => requestAnimationFrame(() => performance.mark('first-beat')))
    }
    const last = (/** @type {(number | null)[]} */ list) => list.at(-1) ?? null
    const known = frame.rate.t_s.length > 0
    if (known) showRates({ fetal: last(frame.rate.fetal_bpm), maternal: last(frame.rate.maternal_bpm), note: last(frame.rate.fetal_bpm) === null ? strings.vitals.unknown : strings.vitals.now })
    if (known) showQuality(frame.quality.fetal, frame.quality.reason ? strings.reasons[frame.quality.reason] : '')
    showState(strings.states[frame.state], frame.state)
    this.#on.frame?.(frame)
    this.#tell()
  }

  /** Baseline and events of the rate so far. */
  async #tell() {
    const seconds = this.#bpm.length / 4
    if (seconds < this.#termsAt + TERMS_S) return
    this.#termsAt = seconds
    try {
      this.terms = await this.#fecg.rateTerms(this.#bpm)
    } catch (error) {
      return this.#fail(error)
    }
    if (this.#stopped) return
    this.#view.strip.append({ events: this.terms.events, baseline: this.terms.terms.figo.baseline.stretches })
    this.#on.terms?.(this.terms)
  }

  /** @param {unknown} error */
  #fail(error) {
    if (this.#stopped) return
    this.stop()
    this.#on.error(error)
  }

  /** The last seconds of what came, all of it if it is not said. @param {number} [seconds] @returns {Float32Array[] | null} */
  recent(seconds = Infinity) {
    if (!this.#kept.length) return null
    let n = 0, from = this.#kept.length
    while (from > 0 && n < seconds * this.about.fs) n += this.#kept[--from][0].length
    return join(this.#kept.slice(from))
  }

  /** No more is shown. The samples stay. */
  stop() {
    if (this.#stopped) return
    this.#stopped = true
    const stream = this.#stream
    this.#opening.catch(() => {}).finally(() => (stream ?? this.#stream)?.close())
  }
}
