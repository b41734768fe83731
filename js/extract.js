// extract.js — recording to result: feeds the engine's extractor block by block, hands out its signals
// as they settle, and lets the event loop run between segments.
import { expect, optionsOf } from './error.js'
import { concat } from './floats.js'
import { chooseLeads } from './leads.js'
import { Model, isModelSource, withModel } from './models.js'
import { turns } from './pace.js'
import { Recording } from './recording.js'

/** @typedef {import('./engine.js').Engine} Engine */
/** @typedef {import('./types.js').Signals} Signals */

/** @typedef {import('./models.js').Models} Models */

const METHODS = ['classical', 'network', 'fhnet']
const KINDS = /** @type {const} */ (['fetal', 'maternal', 'residual']) // fecg_signal

/** @param {import('./types.js').ExtractOptions} o */
function checkOptions(o) {
  expect(o.method === undefined || METHODS.includes(o.method), `method is one of ${METHODS.join(', ')}`)
  expect(o.model === undefined || o.model instanceof Model || isModelSource(o.model), 'model is what model() gave, a URL, or bytes')
  expect(o.model === undefined || o.method !== 'classical', 'the method classical takes no model')
  expect(o.signals === undefined || ['boolean', 'function'].includes(typeof o.signals), 'signals is true or a function')
  expect(o.onProgress === undefined || typeof o.onProgress === 'function', 'onProgress is a function')
  expect(o.signal === undefined || typeof o.signal?.throwIfAborted === 'function', 'signal is an AbortSignal')
  expect(o.mains === undefined || [50, 60, 'auto'].includes(o.mains), 'mains is 50, 60 or auto')
}

/** Puts blocks of signals one after another. @param {Signals[]} blocks @returns {Signals} */
function join(blocks) {
  const { fs, leads } = blocks[0]
  const [fetal, maternal, residual] = KINDS.map((kind) => leads.map((_, i) => concat(blocks.map((b) => b[kind][i]))))
  return { fs, leads, fetal, maternal, residual }
}

/**
 * @param {Engine} engine
 * @param {Models} models the engine's own
 * @param {Recording} recording
 * @param {import('./types.js').ExtractOptions | null} [asked]
 * @returns {Promise<import('./types.js').ExtractResult>}
 */
export async function extract(engine, models, recording, asked) {
  const options = optionsOf(asked)
  checkOptions(options)
  options.signal?.throwIfAborted()
  expect(recording instanceof Recording, 'extract takes a recording that read() gave')
  const { method = 'fhnet', model } = options
  const chosen = chooseLeads(recording.channels, options.leads)
  const run = (/** @type {number | null} */ handle) => extractWith(engine, recording, chosen, options, method, handle)
  return method === 'classical' ? run(null) : withModel(engine, models, 'fhnet', model, options.signal, run)
}

/**
 * @param {Engine} engine
 * @param {Recording} recording
 * @param {ReturnType<typeof chooseLeads>} chosen
 * @param {import('./types.js').ExtractOptions} options
 * @param {string} method
 * @param {number | null} model fecg_model
 * @returns {Promise<import('./types.js').ExtractResult>}
 */
async function extractWith(engine, recording, chosen, options, method, model) {
  const { signal, signals = false, onProgress } = options
  const channels = chosen.channels.map((i) => recording.channels[i])
  const labels = channels.map((c) => c.label)
  const handle = engine.create('abi_extract_create', labels.length, labels, Float64Array.from(channels, (c) => c.fs),
    options.mains === 'auto' ? 0 : options.mains ?? 0, signals ? 1 : 0, method, model)
  const { calls } = engine

  /** @type {Signals[]} */
  const kept = []
  let given = 0 // samples of the signals handed out
  /** The signals that the last process() settled. */
  const hand = async () => {
    if (!signals) return
    const fs = calls.fecg_extract_signal_fs(handle)
    const [fetal, maternal, residual] = KINDS.map((_, kind) => labels.map((__, lead) => {
      const p = calls.fecg_extract_signal(handle, kind, lead, engine.cells)
      return engine.f32(p, engine.word()).slice()
    }))
    const block = { t0_s: given / fs, fs, leads: labels, fetal, maternal, residual }
    if (fetal[0].length === 0 && kept.length) return
    given += fetal[0].length
    if (signals === true) kept.push(block)
    else if (fetal[0].length) await signals(block)
  }

  let done = 0 // samples of the first lead
  const turn = turns()
  const progress = (/** @type {boolean} */ end) => {
    const done_s = done / channels[0].fs
    const { duration_s } = recording
    onProgress?.({ done_s, duration_s, fraction: end ? 1 : duration_s ? Math.min(done_s / duration_s, 1) : null })
  }
  const work = async () => {
    for (let more = 1; more;) {
      engine.check(calls.fecg_extract_process(handle, engine.cells))
      more = engine.word()
      await hand()
      await turn(() => progress(false))
      signal?.throwIfAborted()
    }
  }

  try {
    for await (const { samples } of recording.blocks({ channels: chosen.channels, signal })) {
      samples.forEach((s, lead) => engine.check(engine.call('fecg_extract_push', handle, lead, s, s.length)))
      done += samples[0].length
      await work()
    }
    engine.check(calls.fecg_extract_finish(handle))
    await work()
    for (const { code, message, offset } of [...recording.diagnostics, ...chosen.diagnostics]) {
      engine.check(engine.call('abi_extract_note', handle, code, message, offset ?? -1))
    }
    engine.check(engine.call('fecg_extract_json', handle, recording.name, engine.cells, engine.cells + 4))
    /** @type {import('./types.js').ExtractResult} */
    const result = engine.document()
    if (signals === true) result.signals = join(kept)
    progress(true)
    return result
  } finally {
    calls.fecg_extract_destroy(handle)
  }
}
