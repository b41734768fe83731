// classify.js — a recording of standard leads into fecg_classifier, window by window, and its document out.
import { FecgError, expect, optionsOf } from './error.js'
import { find, list } from './leads.js'
import { Model, isModelSource, withModel } from './models.js'
import { turns } from './pace.js'
import { Recording } from './recording.js'

/** @typedef {import('./engine.js').Engine} Engine */
/** @typedef {import('./types.js').Channel} Channel */

const MIN_FS = 100, MAX_FS = 4000
const FETAL = /^\s*(fecg|fo?et(al|us))/i
const NAMES = 'I II III aVR aVL aVF V1 to V6'

/** @param {import('./types.js').ClassifyOptions} o */
function checkOptions(o) {
  expect(o.model === undefined || o.model instanceof Model || isModelSource(o.model), 'model is what model() gave, a URL, or bytes')
  expect(o.mains === undefined || [50, 60, 'auto'].includes(o.mains), 'mains is 50, 60 or auto')
  expect(o.signal === undefined || typeof o.signal?.throwIfAborted === 'function', 'signal is an AbortSignal')
  expect(o.onProgress === undefined || typeof o.onProgress === 'function', 'onProgress is a function')
  expect(o.leads === undefined || (Array.isArray(o.leads) && o.leads.length > 0), 'leads is an array of labels or zero-based numbers')
}

/**
 * Which channels are standard leads, and their names.
 * @param {(label: string) => number} standard which standard lead a label names, or -1
 * @param {Channel[]} channels
 * @param {(string | number)[]} [leads]
 * @returns {{ channels: number[], names: string[], diagnostics: import('./types.js').Diagnostic[] }}
 */
export function chooseStandardLeads(standard, channels, leads) {
  /** @type {import('./types.js').Diagnostic[]} */
  const diagnostics = []
  /** @type {{ channel: number, name: string }[]} */
  const chosen = []
  const fits = (/** @type {number} */ i) => channels[i].fs >= MIN_FS && channels[i].fs <= MAX_FS
  for (const lead of leads ?? channels.map((_, i) => i)) {
    const [, label, name] = (typeof lead === 'string' && !channels.some((c) => c.label === lead) && lead.match(/^(.*)=([^=]*)$/)) || [null, lead, null]
    const channel = find(channels, label)
    const as = name ?? channels[channel].label
    const which = standard(as)
    if (FETAL.test(channels[channel].label) && leads) throw new FecgError('UNSUPPORTED', `"${channels[channel].label}" is a fetal signal: classify is for a born person; extract tells what a fetal signal supports`)
    if (which < 0 && leads) throw new FecgError('LEADS', `"${as}" is no standard lead (${NAMES}); name it: --leads ${label}=II`)
    if (which < 0) continue
    const same = chosen.find((c) => standard(c.name) === which)
    if (same && leads) throw new FecgError('LEADS', `"${as}" and "${same.name}" are the same standard lead`)
    if (!fits(channel)) {
      if (leads) throw new FecgError('UNSUPPORTED', `lead "${channels[channel].label}" has ${channels[channel].fs} Hz, expected ${MIN_FS} to ${MAX_FS} Hz`)
      diagnostics.push({ code: 'LEADS_RATE', message: `"${channels[channel].label}" is left out: it has ${channels[channel].fs} Hz, expected ${MIN_FS} to ${MAX_FS} Hz`.slice(0, 190), offset: null })
      continue
    }
    if (same) diagnostics.push({ code: 'LEADS_TWICE', message: `"${as}" is left out: "${same.name}" is the same standard lead`.slice(0, 190), offset: null })
    else chosen.push({ channel, name: as })
  }
  if (chosen.length) return { channels: chosen.map((c) => c.channel), names: chosen.map((c) => c.name), diagnostics }
  if (channels.some((c) => FETAL.test(c.label))) throw new FecgError('UNSUPPORTED', 'this is a fetal signal: classify is for a born person; extract tells what a fetal signal supports')
  if (diagnostics.length) throw new FecgError('UNSUPPORTED', diagnostics[0].message)
  throw new FecgError('LEADS', `no standard lead (${NAMES}) by its label; the recording has: ${list(channels)}; name one: --leads ${channels.length ? 0 : 'N'}=II`)
}

/**
 * @param {Engine} engine
 * @param {import('./models.js').Models} models the engine's own
 * @param {Recording} recording
 * @param {import('./types.js').ClassifyOptions | null} [asked]
 * @returns {Promise<import('./types.js').ClassifyResult>}
 */
export async function classify(engine, models, recording, asked) {
  const options = optionsOf(asked)
  checkOptions(options)
  options.signal?.throwIfAborted()
  expect(recording instanceof Recording, 'classify takes a recording that read() gave')
  const chosen = chooseStandardLeads((label) => engine.call('fecg_standard_lead', label), recording.channels, options.leads)
  return withModel(engine, models, 'ecgnet', options.model, options.signal, (model) => classifyWith(engine, recording, chosen, options, model))
}

/**
 * @param {Engine} engine
 * @param {Recording} recording
 * @param {ReturnType<typeof chooseStandardLeads>} chosen
 * @param {import('./types.js').ClassifyOptions} options
 * @param {number} model fecg_model
 * @returns {Promise<import('./types.js').ClassifyResult>}
 */
async function classifyWith(engine, recording, chosen, { signal, onProgress, mains }, model) {
  const { calls } = engine
  const fs = Float64Array.from(chosen.channels, (i) => recording.channels[i].fs)
  const handle = engine.create('abi_classify_create', chosen.names.length, chosen.names, fs, mains === 50 || mains === 60 ? mains : 0, model)
  let done = 0 // samples of the first lead
  const turn = turns()
  const progress = (/** @type {boolean} */ end) => {
    const done_s = done / fs[0]
    const { duration_s } = recording
    onProgress?.({ done_s, duration_s, fraction: end ? 1 : duration_s ? Math.min(done_s / duration_s, 1) : null })
  }
  const work = async () => {
    for (let more = 1; more;) {
      engine.check(calls.fecg_classify_process(handle, engine.cells))
      more = engine.word()
      await turn(() => progress(false))
      signal?.throwIfAborted()
    }
  }
  try {
    for await (const { samples } of recording.blocks({ channels: chosen.channels, signal })) {
      samples.forEach((s, lead) => engine.check(engine.call('fecg_classify_push', handle, lead, s, s.length)))
      done += samples[0].length
      await work()
    }
    engine.check(calls.fecg_classify_finish(handle))
    await work()
    for (const { code, message, offset } of [...recording.diagnostics, ...chosen.diagnostics]) {
      engine.check(engine.call('abi_classify_note', handle, code, message, offset ?? -1))
    }
    engine.check(engine.call('fecg_classify_json', handle, recording.name, engine.cells, engine.cells + 4))
    progress(true)
    return engine.document()
  } finally {
    calls.fecg_classify_destroy(handle)
  }
}
