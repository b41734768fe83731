// intervals.js — the frames of a live recording as results of equal intervals, in the shape of fecg.extract/1, so that what exports a
// result exports these. An interval's result says what its own time told: events and terms, which need a baseline of ten minutes, and the
// averaged beat are not in it.

/** @typedef {import('../../js/types.js').Frame} Frame */
/** @typedef {import('../../js/types.js').ExtractResult} ExtractResult */

const TICKS = 4 // rates a second
const SETTLED_S = 1 // of signal beyond an interval, by when its beats have been told

const round = (/** @type {number} */ v) => Math.round(v * 1e4) / 1e4
/** The values before a time, which are taken out of the list. @template T @param {T[]} list @param {(item: T) => boolean} before @returns {T[]} */
function takeBefore(list, before) {
  const n = list.findIndex((item) => !before(item))
  return list.splice(0, n < 0 ? list.length : n)
}

export class Intervals {
  #fecg
  #about
  #from = 0 // seconds: start of the interval
  #end = 0 // of the signals told
  /** @type {Frame['beats']['fetal']} */
  #fetal = []
  /** @type {number[]} */
  #maternal = []
  /** @type {(number | null)[]} */
  #fetalBpm = []
  /** @type {(number | null)[]} */
  #maternalBpm = []
  /** @type {{ quality: Frame['quality'], learning: boolean, t_s: number }[]} */
  #frames = []

  /**
   * @param {{ version: string, simd: string, rateTerms(bpm: (number | null)[]): import('../../js/types.js').RateTerms | Promise<import('../../js/types.js').RateTerms> }} fecg
   * @param {{ every_s: number, fs: number, leads: string[], model: { name: string, sha256: string } | null }} about every_s: whole seconds
   */
  constructor(fecg, about) {
    this.#fecg = fecg
    this.#about = about
  }

  /**
   * Takes a frame; gives the results of the intervals that are over with it.
   * @param {Frame} frame
   * @returns {Promise<{ from_s: number, result: ExtractResult }[]>}
   */
  async push({ t0_s, fs, fetal, beats, rate, quality, state }) {
    this.#end = t0_s + fetal[0].length / fs
    this.#fetal.push(...beats.fetal)
    this.#maternal.push(...beats.maternal)
    this.#fetalBpm.push(...rate.fetal_bpm)
    this.#maternalBpm.push(...rate.maternal_bpm)
    this.#frames.push({ quality, learning: state === 'learning', t_s: t0_s })
    const done = [], { every_s } = this.#about
    while (this.#fetalBpm.length >= every_s * TICKS && this.#end >= this.#from + every_s + SETTLED_S) done.push(await this.#close(every_s))
    return done
  }

  /** No more frames come: what is left, which may be more than one interval. */
  async finish() {
    const done = []
    while (this.#fetalBpm.length) done.push(await this.#close(Math.min(this.#about.every_s, this.#fetalBpm.length / TICKS)))
    return done
  }

  /** @param {number} duration_s */
  async #close(duration_s) {
    const from_s = this.#from, to_s = from_s + duration_s, n = duration_s * TICKS
    this.#from = to_s
    const fetal = takeBefore(this.#fetal, (b) => b.t_s < to_s).filter((b) => b.t_s >= from_s)
    const maternal = takeBefore(this.#maternal, (t) => t < to_s).filter((t) => t >= from_s)
    const bpm = this.#fetalBpm.splice(0, n), t_s = bpm.map((_, i) => i / TICKS), maternalBpm = this.#maternalBpm.splice(0, n)
    const here = takeBefore(this.#frames, (f) => f.t_s < to_s)
    const { summary } = await this.#fecg.rateTerms(bpm)
    const { fs, leads, model } = this.#about
    /** @type {ExtractResult} */
    const result = {
      schema: 'fecg.extract/1', source: { file: null, fs, duration_s, leads }, method: model ? 'fhnet' : 'classical',
      maternal: { peaks_s: maternal.map((t) => round(t - from_s)), rate: { t_s, bpm: maternalBpm } },
      fetal: {
        present: fetal.length > 0, peaks_s: fetal.map((b) => round(b.t_s - from_s)), confidence: fetal.map((b) => b.confidence), interpolated: fetal.map((b) => b.interpolated),
        rate: { t_s, bpm }, summary, events: [], terms: null, beat: null,
      },
      quality: { fetal: mean(here.map((f) => f.quality.fetal)), reason: fetal.length ? null : here.map((f) => f.quality.reason).filter(Boolean).at(-1) ?? 'NO_SIGNAL', leads: here.at(-1)?.quality.leads ?? [] },
      attribution: null, diagnostics: [...learning(here), ...electrodes(here, leads)],
      version: { engine: this.#fecg.version, model: model?.name ?? null, model_sha256: model?.sha256 ?? null, simd: this.#fecg.simd },
    }
    return { from_s, result }
  }
}

/** @param {number[]} list */
const mean = (list) => (list.length ? Math.round(1000 * list.reduce((sum, v) => sum + v, 0) / list.length) / 1000 : 0)
const percent = (/** @type {number} */ part, /** @type {unknown[]} */ of) => `${Math.round(100 * part / of.length)} %`

/** @param {{ learning: boolean }[]} frames */
function learning(frames) {
  const n = frames.filter((f) => f.learning).length
  return n ? [{ code: 'LEARNING', message: `for ${percent(n, frames)} of this time the leads had not settled yet`, offset: null }] : []
}

/** What of the time electrodes were not as they should be. @param {{ quality: Frame['quality'] }[]} frames @param {string[]} leads */
function electrodes(frames, leads) {
  return leads.flatMap((label, i) => {
    const states = frames.map((f) => f.quality.leads[i]?.state), kinds = [...new Set(states)].filter((s) => s && s !== 'ok')
    return kinds.map((kind) => ({ code: 'LEAD', message: `lead "${label}" was ${kind === 'gaps' ? 'missing' : kind} for ${percent(states.filter((s) => s === kind).length, frames)} of this time`, offset: null }))
  })
}
