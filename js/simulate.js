// simulate.js — recordings made by the engine's simulator, with every component apart.
import { abandoned } from './engine.js'
import { expect, optionsOf } from './error.js'

/** @typedef {import('./engine.js').Engine} Engine */
/** @typedef {import('./types.js').SimulateOptions} SimulateOptions */

/**
 * Numeric options in the order of the flat call: their range as src/fecg.h states it, and what they are.
 * @type {readonly (readonly [key: keyof SimulateOptions, min: number, max: number, what: string])[]}
 */
const NUMBERS = [
  ['seed', 0, Number.MAX_SAFE_INTEGER, 'a whole number from 0 to 2^53 - 1'], ['seconds', 0, 31 * 86400, 'seconds above 0, at most 2678400 (31 days)'],
  ['fs', 125, 4000, 'a rate from 125 to 4000 Hz'], ['leads', 1, 32, 'a whole number from 1 to 32'],
  ['snr_db', -60, 100, 'decibels from -60 to 100'], ['fm_ratio_db', -80, 40, 'decibels from -80 to 40'],
  ['fhr_bpm', 60, 220, 'beats a minute from 60 to 220'], ['mhr_bpm', 40, 160, 'beats a minute from 40 to 160'],
]

/** By key: what a value has to be, in words, and whether it is. @type {Record<string, { what: string, holds(v: unknown): boolean }>} */
export const RANGES = Object.fromEntries(NUMBERS.map(([key, min, max, what]) => [key, {
  what,
  holds: (v) => typeof v === 'number' && v >= min && v <= max && (Number.isInteger(v) || !what.startsWith('a whole')) && (key !== 'seconds' || v > 0),
}]))

export const SCENARIOS = ['normal', 'no-fetus', 'adult', 'twins', 'brady', 'tachy', 'decelerations', 'ectopic', 'motion', 'electrode-loss', 'gaps']

/** A born person in the standard leads, as scenario `standard:NAME`. */
export const STANDARD = ['normal', 'sinus-brady', 'sinus-tachy', 'af', 'flutter', 'pvc', 'pac', 'av-block-1', 'av-block-2', 'av-block-3', 'lbbb', 'rbbb', 'lafb',
  'infarction-anterior', 'infarction-inferior', 'infarction-lateral', 'ischaemia', 'lvh', 'rvh', 'long-qt', 'short-qt']

const CLASSES = ['arrhythmia', 'conduction', 'infarction', 'qt', 'hypertrophy', 'abnormal'] // bits of fecg_sim_classes()

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
 * @param {SimulateOptions | null} [given]
 * @returns {import('./types.js').Simulation}
 */
export function simulate(engine, given) {
  const options = defaults(engine)
  for (const [key, value] of Object.entries(optionsOf(given))) {
    expect(Object.hasOwn(options, key), `simulate has no option ${key}`)
    if (value !== undefined) Object.assign(options, { [key]: value })
  }
  const scenarios = [...SCENARIOS, ...STANDARD.map((name) => `standard:${name}`)]
  expect(scenarios.includes(options.scenario), `scenario is one of ${scenarios.join(', ')}, given ${options.scenario}`)
  if (options.scenario.startsWith('standard:')) {
    if (given?.leads === undefined) options.leads = 12
    expect(options.leads <= 12, `there are 12 standard leads, given ${options.leads}`)
  }
  for (const [key] of NUMBERS) expect(RANGES[key].holds(options[key]), `${key} is ${RANGES[key].what}, given ${options[key]}`)
  const create = () => engine.create('abi_sim_create', Float64Array.from(NUMBERS, ([key]) => Number(options[key])), options.scenario)

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
      classes: CLASSES.filter((_, bit) => engine.calls.fecg_sim_classes(handle) >> bit & 1), // what holds in a standard scenario
    }
  })

  /** @param {number} room samples of a chunk @returns {Generator<import('./types.js').SimulatedChunk, void, undefined>} */
  function * pieces(room) {
    const handle = create()
    const buffer = engine.alloc(3 * options.leads * room * 4)
    const at = (/** @type {number} */ part, /** @type {number} */ lead) => buffer + (part * options.leads + lead) * room * 4
    const release = () => {
      engine.free(buffer)
      engine.calls.fecg_sim_destroy(handle)
    }
    const token = {}
    abandoned.register(token, release, token)
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
      abandoned.unregister(token)
      release()
    }
  }

  /**
   * The components and their sum, one after the other.
   * @param {{ seconds?: number }} [o] length of a chunk
   */
  function chunks(o) {
    const { seconds = 10 } = optionsOf(o)
    expect(typeof seconds === 'number' && seconds > 0, `seconds is the length of a chunk, above 0, given ${seconds}`)
    return pieces(Math.max(1, Math.round(Math.min(seconds, options.seconds) * options.fs)))
  }
  return { options, fs: options.fs, ...about, chunks }
}
