// simulate.js — recordings made by the engine's simulator, with every component apart.
import { expect } from './error.js'

/** @typedef {import('./engine.js').Engine} Engine */
/** @typedef {import('./types.js').SimulateOptions} SimulateOptions */

/** Numeric options in the order of the flat call, with their ranges as src/fecg.h states them. */
const NUMBERS = /** @type {const} */ ([
  ['seed', 0, Number.MAX_SAFE_INTEGER], ['seconds', 0, 1e7], ['fs', 125, 4000], ['leads', 1, 32],
  ['snr_db', -1e3, 1e3], ['fm_ratio_db', -1e3, 1e3], ['fhr_bpm', 60, 220], ['mhr_bpm', 40, 160],
])

export const SCENARIOS = ['normal', 'no-fetus', 'adult', 'twins', 'brady', 'tachy', 'decelerations', 'ectopic', 'motion', 'electrode-loss', 'gaps']

/** What the simulator takes where an option is not given. @param {Engine} engine @returns {Required<SimulateOptions>} */
export function defaults(engine) {
  const scenario = engine.text(engine.calls.abi_sim_defaults(engine.cells))
  const values = engine.f64(engine.cells, NUMBERS.length)
  return /** @type {any} */ ({ ...Object.fromEntries(NUMBERS.map(([key], i) => [key, values[i]])), scenario })
}

/**
 * A simulated recording: beat times of each heart (R peaks, s), and its samples in chunks; `chunks()`
 * may be called again and gives the same.
 * @param {Engine} engine
 * @param {SimulateOptions} given
 */
export function simulate(engine, given) {
  const options = defaults(engine)
  for (const [key, value] of Object.entries(given)) {
    expect(key in options, `simulate has no option ${key}`)
    if (value !== undefined) Object.assign(options, { [key]: value })
  }
  for (const [key, min, max] of NUMBERS) {
    const v = options[key]
    const whole = key === 'seed' || key === 'leads'
    expect(typeof v === 'number' && v >= min && v <= max && (!whole || Number.isInteger(v)) && (key !== 'seconds' || v > 0),
      `${key} is ${whole ? 'a whole number' : 'a number'} from ${min} to ${max}, given ${v}`)
  }
  expect(SCENARIOS.includes(options.scenario), `scenario is one of ${SCENARIOS.join(', ')}, given ${options.scenario}`)
  const create = () => engine.create('abi_sim_create', Float64Array.from(NUMBERS, ([key]) => options[key]), options.scenario)

  /** @template T @param {(handle: number) => T} use */
  const once = (use) => {
    const handle = create()
    try { return use(handle) } finally { engine.calls.fecg_sim_destroy(handle) }
  }
  const about = once((handle) => {
    const beats = [0, 1, 2].map((heart) => { // fecg_sim_heart
      const p = engine.calls.fecg_sim_beats(handle, heart, engine.cells)
      return [...engine.f64(p, engine.word())]
    })
    return {
      leads: Array.from({ length: options.leads }, (_, i) => engine.text(engine.calls.fecg_sim_label(handle, i))),
      beats: { fetal: beats[0], maternal: beats[1], twin: beats[2] },
    }
  })

  /**
   * The components and their sum, one after the other.
   * @param {{ seconds?: number }} [o] length of a chunk
   * @returns {Generator<import('./types.js').SimulatedChunk, void, undefined>}
   */
  function * chunks({ seconds = 10 } = {}) {
    const room = Math.max(1, Math.round(seconds * options.fs))
    const handle = create()
    const buffer = engine.alloc(3 * options.leads * room * 4)
    const at = (/** @type {number} */ part, /** @type {number} */ lead) => buffer + (part * options.leads + lead) * room * 4
    try {
      for (;;) {
        const pointers = [0, 1, 2].map((part) => about.leads.map((_, lead) => at(part, lead)))
        engine.u32(engine.cells, 1)[0] = room
        engine.check(engine.call('fecg_sim_read', handle, ...pointers, engine.cells))
        const n = engine.word()
        if (n === 0) return
        const [fetal, maternal, noise] = pointers.map((part) => part.map((p) => engine.f32(p, n).slice()))
        const mixture = fetal.map((f, lead) => f.map((v, i) => Math.fround(v + maternal[lead][i]) + noise[lead][i]))
        yield { fetal, maternal, noise, mixture }
      }
    } finally {
      engine.free(buffer)
      engine.calls.fecg_sim_destroy(handle)
    }
  }
  return { options, fs: options.fs, ...about, chunks }
}
