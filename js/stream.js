// stream.js — the fetal heart while it is recorded: samples in, a frame out for every second of signal.
import { abandoned } from './engine.js'
import { FecgError, expect, optionsOf } from './error.js'
import { withModel } from './models.js'
import { turns } from './pace.js'
import { frames, piped } from './piped.js'

/** @typedef {import('./engine.js').Engine} Engine */
/** @typedef {import('./models.js').Models} Models */
/** @typedef {import('./types.js').Frame} Frame */
/** @typedef {import('./types.js').StreamOptions} StreamOptions */

const OPTIONS = ['fs', 'leads', 'method', 'model', 'mains', 'state']
const KINDS = 3 // fetal, maternal, residual: fecg_signal
const TICKS = 4 // rates and contributions of time a second
const LOWEST_FS = 125, HIGHEST_FS = 4000, MOST_LEADS = 32

const round = (/** @type {number} */ v, /** @type {number} */ scale) => (Number.isNaN(v) ? null : Math.round(v * scale) / scale)
const ticks = (/** @type {number} */ from, /** @type {number} */ n) => Array.from({ length: n }, (_, i) => from + i / TICKS)

/** What gives the engine's memory back. It must not hold the stream, or that would never be found abandoned. @param {Engine} engine @param {number} handle */
const releaseOf = (engine, handle) => () => engine.calls.fecg_stream_destroy(handle)

/** @param {unknown} fs */
function expectRate(fs) {
  expect(typeof fs === 'number' && fs >= LOWEST_FS && fs <= HIGHEST_FS, `fs is a rate from ${LOWEST_FS} to ${HIGHEST_FS} Hz, given ${fs}`)
}

/**
 * What a fetal rate tells so far, as a clinician names it.
 * @param {Engine} engine
 * @param {(number | null)[]} bpm one value each 0.25 s from the start, null where not known
 * @returns {import('./types.js').RateTerms}
 */
export function rateTerms(engine, bpm) {
  expect(Array.isArray(bpm) && bpm.every((v) => v === null || typeof v === 'number'), 'rateTerms takes a list of rates, null where not known')
  const values = Float32Array.from(bpm, (v) => v ?? NaN)
  engine.check(engine.call('fecg_rate_terms_json', values, values.length, engine.cells, engine.cells + 4))
  return engine.document()
}

/**
 * A live recording. Calls are carried out in the order in which they are made; each returns when it is done. close() it in
 * the end: the engine's memory that it holds is some megabytes.
 */
export class LiveStream {
  #engine
  #models
  #options
  /** @type {Promise<number> | undefined} */
  #opening
  #end = () => {}
  /** @type {Promise<unknown>} */
  #last = Promise.resolve()
  #closed = false
  /** @type {ReturnType<typeof piped> | undefined} */
  #pipe

  /** @param {Engine} engine @param {Models} models @param {StreamOptions} given */
  constructor(engine, models, given) {
    const options = /** @type {StreamOptions} */ (optionsOf(given))
    for (const key of Object.keys(options)) expect(OPTIONS.includes(key), `stream has no option ${key}`)
    const { fs, leads, method, mains, state } = options
    expectRate(fs)
    expect(Array.isArray(leads) && leads.length >= 1 && leads.length <= MOST_LEADS && leads.every((l) => typeof l === 'string'),
      `leads is a list of 1 to ${MOST_LEADS} labels`)
    expect(method === undefined || method === 'classical' || method === 'fhnet', `method is classical or fhnet, given ${method}`)
    expect([undefined, 'auto', 50, 60].includes(mains), `mains is 50, 60 or auto, given ${mains}`)
    expect(state === undefined || state instanceof Uint8Array, 'state is what save() gave, a Uint8Array')
    this.#engine = engine
    this.#models = models
    this.#options = options
    /** Labels, in the order of the rows that push() takes. */
    this.leads = [...leads]
  }

  /** The stream in the engine, made when it is first needed: its weights may have to be fetched. */
  #open() {
    this.#opening ??= new Promise((done, fail) => {
      const { fs, method, model, mains, state } = this.#options
      const engine = this.#engine
      const work = async (/** @type {number} */ weights) => {
        const handle = engine.create('abi_stream_create', this.leads.length, fs, mains === 'auto' ? 0 : mains ?? 0, method ?? null, weights)
        const release = releaseOf(engine, handle)
        try {
          if (state) engine.check(engine.call('fecg_stream_restore', handle, state, state.length))
          abandoned.register(this, release, this)
          const ended = new Promise((end) => { this.#end = () => end(undefined) })
          done(handle)
          await ended
        } finally {
          abandoned.unregister(this)
          release()
        }
      }
      const { signal } = new AbortController()
      const run = method === 'classical' ? work(0) : withModel(engine, this.#models, 'fhnet', model, signal, work)
      run.catch(fail)
    })
    return this.#opening
  }

  /**
   * Runs work with the handle, after all work that was asked for before.
   * @template T
   * @param {(handle: number) => T | Promise<T>} work
   * @returns {Promise<T>}
   */
  #run(work) {
    const run = async () => {
      if (this.#closed) throw new FecgError('STATE', 'the stream is closed')
      return work(await this.#open())
    }
    const result = this.#last.then(run, run)
    this.#last = result.catch(() => {})
    return result
  }

  /**
   * Samples of each lead, µV, NaN = gap; as many as there are. Gives the frames that they settled.
   * @param {Float32Array[]} samples one row a lead, of one length
   * @returns {Promise<Frame[]>}
   */
  async push(samples) {
    const { leads } = this
    expect(Array.isArray(samples) && samples.length === leads.length && samples.every((s) => s instanceof Float32Array && s.length === samples[0].length),
      `push takes ${leads.length} Float32Arrays of one length, one for each lead`)
    const n = samples[0].length
    const rows = new Float32Array(leads.length * n)
    samples.forEach((s, lead) => rows.set(s, lead * n))
    return this.#run(async (handle) => {
      const engine = this.#engine
      const at = engine.alloc(rows.byteLength)
      try {
        engine.f32(at, rows.length).set(rows)
        const turn = turns()
        /** @type {Frame[]} */
        const frames = []
        for (let from = 0; from < n;) {
          engine.check(engine.calls.abi_stream_push(handle, at, leads.length, n, from, engine.cells))
          const [used, ready] = engine.f64(engine.cells, 2)
          from += used
          if (ready) frames.push(this.#frame(handle))
          await turn(() => {})
          if (this.#closed) throw new FecgError('STATE', 'the stream was closed')
        }
        return frames
      } finally {
        engine.free(at)
      }
    })
  }

  /** No more samples will come: the frames up to the last one. @returns {Promise<Frame[]>} */
  finish() {
    return this.#run((handle) => {
      const engine = this.#engine
      engine.check(engine.calls.abi_stream_finish(handle, engine.cells))
      return engine.f64(engine.cells, 1)[0] ? [this.#frame(handle)] : []
    })
  }

  /** Samples come at another rate from the next one on; time goes on. @param {number} fs Hz @returns {Promise<void>} */
  async setRate(fs) {
    expectRate(fs)
    return this.#run((handle) => this.#engine.check(this.#engine.call('fecg_stream_set_rate', handle, fs)))
  }

  /** The whole state, from which a stream of the same leads, method and weights goes on. @returns {Promise<Uint8Array>} */
  save() {
    return this.#run((handle) => {
      const engine = this.#engine
      const at = engine.calls.fecg_stream_save(handle, engine.cells)
      return engine.u8(at, engine.word()).slice()
    })
  }

  /** Gives its memory back. What is not finished is left. */
  close() {
    if (this.#closed) return
    this.#closed = true
    this.#pipe?.end()
    // Work under way ends first: it holds the handle.
    if (this.#opening) this.#last.then(() => this.#opening).then(() => this.#end(), () => {})
  }

  /** Samples go in here, and frames come out of `readable`; closed at the end. @returns {WritableStream<Float32Array[]>} */
  get writable() {
    return this.#piped.writable
  }

  /** @returns {ReadableStream<Frame>} */
  get readable() {
    return this.#piped.readable
  }

  get #piped() {
    return this.#pipe ??= piped(this)
  }

  /** The frames of what is written to `writable`. */
  [Symbol.asyncIterator]() {
    return frames(this)
  }

  /** The frame that the last call settled. @param {number} handle @returns {Frame} */
  #frame(handle) {
    const engine = this.#engine
    engine.check(engine.calls.abi_stream_frame(handle, engine.cells))
    const [t0_s, fs, n, fetalCount, fetalAt, confidenceAt, interpolatedAt, maternalCount, maternalAt, tick0_s, tickCount, fhrAt, mhrAt,
      fetalQuality, reason, qualityAt, stateAt, contributionAt, moment0_s, momentCount, timeAt, live] = [...engine.f64(engine.cells, 22)]
    const [fetal, maternal, residual] = Array.from({ length: KINDS }, (_, kind) =>
      this.leads.map((__, lead) => engine.f32(engine.calls.abi_stream_signal(handle, kind, lead), n).slice()))
    const times = (/** @type {number} */ at, /** @type {number} */ count) => Array.from(engine.f64(at, count), (t) => Math.round(t * 1e4) / 1e4)
    const values = (/** @type {number} */ at, /** @type {number} */ count, scale = 1000) => Array.from(engine.f32(at, count), (v) => round(v, scale))
    const confidence = values(confidenceAt, fetalCount), interpolated = engine.u8(interpolatedAt, fetalCount).slice()
    const quality = values(qualityAt, this.leads.length), states = engine.u32(stateAt, this.leads.length).slice()
    const contribution = contributionAt ? values(contributionAt, this.leads.length, 1e4) : null
    return {
      t0_s, fs, fetal, maternal, residual,
      beats: {
        fetal: times(fetalAt, fetalCount).map((t_s, i) => ({ t_s, confidence: Number(confidence[i]), interpolated: interpolated[i] === 1 })),
        maternal: times(maternalAt, maternalCount),
      },
      rate: { t_s: ticks(tick0_s, tickCount), fetal_bpm: values(fhrAt, tickCount, 100), maternal_bpm: values(mhrAt, tickCount, 100) },
      quality: {
        fetal: Number(round(fetalQuality, 1000)), reason: reason ? engine.text(reason) : null,
        leads: this.leads.map((label, i) => ({ label, quality: Number(quality[i]), state: engine.text(states[i]) })),
      },
      attribution: contribution && {
        leads: this.leads.map((label, i) => ({ label, contribution: Number(contribution[i]) })),
        t_s: ticks(moment0_s, momentCount), time: values(timeAt, momentCount, 1e4),
      },
      state: live ? 'live' : 'learning',
    }
  }
}
