// live.js — a recording while it comes in: its samples go to the plots at once and to the worker in pieces, whose frames follow.
import { strings } from '../strings.js'
import { showQuality, showRates, showState } from './vitals.js'

/** @typedef {import('../../js/worker.js').Fecg} Fecg */
/** @typedef {import('../../js/types.js').Frame} Frame */

const PIECE_S = 0.25 // of signal, to the worker at a time
const TERMS_S = 10 // seconds of signal between two looks at baseline and events
const KEPT_BYTES = 256e6 // of samples for the analysis afterwards; then the oldest go
const FRAMES = 600 // kept, so that the signals of another lead can be shown

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
  /** @type {Frame[]} */
  #frames = []
  #chosen = false
  /** The lead whose separated signals are shown. */
  lead = 0
  /** In place of the state of the frames: what the source says. @type {{ text: string, kind: '' | 'bad' } | null} */
  says = null
  #stopped = false
  /** @type {import('../../js/worker.js').LiveStream | null} */
  #stream = null
  samples = 0
  /** @type {import('../../js/types.js').RateTerms | null} */
  terms = null

  /**
   * @param {Fecg} fecg
   * @param {import('./view.js').View} view
   * @param {{ fs: number, leads: string[], method?: 'classical' | 'fhnet', mains?: 50 | 60 | 'auto' }} about more: leads that
   *   are shown and kept beside the abdominal ones; uses: what each is used as
   * @param {{ frame?: (frame: Frame) => void, terms?: (terms: import('../../js/types.js').RateTerms) => void, error: (error: unknown) => void }} on
   */
  constructor(fecg, view, about, on) {
    this.#fecg = fecg
    this.#view = view
    this.#on = on
    this.about = about
    const { fs, leads, method, mains } = about
    this.#start()
    showRates({ fetal: null, maternal: null, note: strings.vitals.wait })
    showQuality(null)
    showState(leads.length ? strings.states.learning : strings.states.live, leads.length ? 'learning' : 'live')
    this.#opening = !leads.length ? Promise.resolve() : fecg.stream({ fs, leads, method, mains }).then((stream) => { this.#stream = stream })
    this.#opening.catch((error) => this.#fail(error))
  }

  #opening

  #start() {
    const { leads, more = [], fs } = this.about
    this.#view.live(leads, fs, this.lead, more, (lead) => this.showLead(lead))
  }

  /** Shows the separated signals of another lead. @param {number} lead */
  showLead(lead) {
    this.#chosen = true
    if (lead === this.lead || this.#stopped) return
    this.lead = lead
    const { leads, fs } = this.about
    const samples = this.recent(FRAMES), t0_s = samples && (this.samples - samples[0].length) / fs
    this.#view.rows(leads, fs, lead, this.about.more ?? [])
    if (samples) this.#view.traces.append({ samples, t0_s: t0_s ?? 0 })
    for (const frame of this.#frames) this.#view.traces.append({ frame })
  }

  /** Samples as they come: shown now, worked soon. @param {Float32Array[]} samples µV, NaN = gap: the abdominal leads, then the others */
  push(samples) {
    if (this.#stopped || !samples[0]?.length) return
    this.samples += samples[0].length
    this.#view.traces.append({ samples })
    if (this.about.leads.length) this.#waiting.push(samples.slice(0, this.about.leads.length))
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
    this.#frames.push(frame)
    if (this.#frames.length > FRAMES) this.#frames.shift()
    traces.append({ frame })
    if (!this.#chosen && frame.beats.fetal.length) this.#choose(frame)
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
    showState(this.says?.text ?? strings.states[frame.state], this.says?.kind ?? frame.state)
    this.#on.frame?.(frame)
    this.#tell()
  }

  /** The lead in which the fetus is clearest: by what carries the answer, else by the signals. @param {Frame} frame */
  #choose({ attribution, quality }) {
    this.#chosen = true
    const shares = attribution?.leads.map((l) => l.contribution) ?? quality.leads.map((l) => l.quality)
    const best = shares.indexOf(Math.max(...shares))
    if (best > 0) this.#view.choose(best)
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
