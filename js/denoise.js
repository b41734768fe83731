// denoise.js — recording to recording: the wavelet denoising of each lead, block by block.
import { FecgError, expect, optionsOf } from './error.js'
import { concat } from './floats.js'
import { find, list } from './leads.js'
import { turns } from './pace.js'
import { Recording } from './recording.js'

/** @typedef {import('./engine.js').Engine} Engine */
/** @typedef {import('./types.js').Channel} Channel */
/** @typedef {import('./types.js').Diagnostic} Diagnostic */

const MIN_FS = 100, MAX_FS = 1000 // FECG_DENOISE_MIN_FS, FECG_DENOISE_MAX_FS
/** FECG_DENOISE_* @type {Record<string, number>} */
const STAGES = { morlet: 1, daubechies: 2 }
const NO_ECG = /^\s*(annotation|resp|toco|pleth|spo2|abp|cvp|temp|acc|emg|eeg|eog|marker|status)/i

/** @param {import('./types.js').DenoiseOptions} o */
function checkOptions(o) {
  expect(o.signals === undefined || typeof o.signals === 'function', 'signals is a function')
  expect(o.stages === undefined || (Array.isArray(o.stages) && o.stages.every((s) => Object.hasOwn(STAGES, s))), `stages is an array of ${Object.keys(STAGES).join(', ')}`)
  expect(o.onProgress === undefined || typeof o.onProgress === 'function', 'onProgress is a function')
  expect(o.signal === undefined || typeof o.signal?.throwIfAborted === 'function', 'signal is an AbortSignal')
  expect(o.mains === undefined || [50, 60, 'auto'].includes(o.mains), 'mains is 50, 60 or auto')
}

/**
 * The leads that are asked for, else all that are ECG by their labels and share the rate of the first that fits.
 * @param {Channel[]} channels
 * @param {(string | number)[]} [leads] labels or zero-based numbers
 * @returns {{ channels: number[], diagnostics: Diagnostic[] }}
 */
export function chooseEcg(channels, leads) {
  /** @param {number} i */
  const fits = (i) => channels[i].fs >= MIN_FS && channels[i].fs <= MAX_FS
  if (leads === undefined) {
    const all = channels.map((_, i) => i).filter((i) => !NO_ECG.test(channels[i].label))
    if (all.length === 0) throw new FecgError('LEADS', `no ECG by its label; the recording has: ${list(channels)}`)
    const first = all.find(fits)
    if (first !== undefined) {
      const chosen = all.filter((i) => channels[i].fs === channels[first].fs)
      const left = all.filter((i) => !chosen.includes(i)).map((i) => channels[i])
      return {
        channels: chosen,
        diagnostics: left.length ? [{ code: 'LEADS_RATE', message: `left out for their sampling rate: ${list(left)}`.slice(0, 190), offset: null }] : [],
      }
    }
    leads = all
  }
  expect(Array.isArray(leads) && leads.length > 0, 'leads is an array of labels or zero-based numbers')
  const chosen = leads.map((lead) => find(channels, lead))
  if (new Set(chosen).size < chosen.length) throw new FecgError('LEADS', 'a lead is asked for twice')
  const bad = chosen.find((i) => !fits(i))
  if (bad !== undefined) throw new FecgError('UNSUPPORTED', `lead "${channels[bad].label}" has ${channels[bad].fs} Hz, expected ${MIN_FS} to ${MAX_FS} Hz`)
  const other = chosen.find((i) => channels[i].fs !== channels[chosen[0]].fs)
  if (other !== undefined) throw new FecgError('UNSUPPORTED', `leads of one rate are denoised together: "${channels[chosen[0]].label}" has ${channels[chosen[0]].fs} Hz, "${channels[other].label}" ${channels[other].fs} Hz`)
  return { channels: chosen, diagnostics: [] }
}

/**
 * @param {Engine} engine
 * @param {Recording} recording
 * @param {import('./types.js').DenoiseOptions | null} [asked]
 * @returns {Promise<import('./types.js').DenoiseResult>}
 */
export async function denoise(engine, recording, asked) {
  const options = optionsOf(asked)
  checkOptions(options)
  const { signals, signal, onProgress, stages = Object.keys(STAGES), mains } = options
  signal?.throwIfAborted()
  expect(recording instanceof Recording, 'denoise takes a recording that read() gave')
  const chosen = chooseEcg(recording.channels, options.leads)
  const leads = chosen.channels.map((i) => recording.channels[i].label), { fs } = recording.channels[chosen.channels[0]]
  const { calls } = engine
  const flags = stages.reduce((sum, s) => sum | STAGES[s], 0)
  /** @type {number[]} */
  const handles = []
  /** Settled and not yet handed out, of each lead. @type {Float32Array[][]} */
  const settled = leads.map(() => [])
  let done = 0, given = 0 // samples of each lead
  /** @param {number} lead @returns how many samples were settled */
  const take = (lead) => {
    const p = calls.fecg_denoise_signal(handles[lead], engine.cells), n = engine.word()
    if (n) settled[lead].push(engine.f32(p, n).slice())
    return n
  }
  /** Leads settle in step, for they have the same rate and length. */
  const hand = async () => {
    if (!signals || settled[0].length === 0) return
    const uv = settled.map((pieces) => concat(pieces.splice(0)))
    const t0_s = given / fs
    given += uv[0].length
    await signals({ t0_s, fs, leads, uv })
  }
  const turn = turns()
  const progress = (/** @type {boolean} */ end) => {
    const { duration_s } = recording
    onProgress?.({ done_s: done / fs, duration_s, fraction: end ? 1 : duration_s ? Math.min(done / fs / duration_s, 1) : null })
  }
  try {
    for (const _ of leads) handles.push(engine.create('fecg_denoise_create', fs, flags, mains === 50 || mains === 60 ? mains : 0))
    for await (const { samples } of recording.blocks({ channels: chosen.channels, signal })) {
      for (const [lead, uv] of samples.entries()) {
        for (let at = 0; at < uv.length; at += engine.word()) {
          engine.check(engine.call('fecg_denoise_push', handles[lead], uv.subarray(at), uv.length - at, engine.cells))
          const taken = engine.word()
          take(lead)
          engine.u32(engine.cells, 1)[0] = taken
        }
      }
      done += samples[0].length
      await hand()
      await turn(() => progress(false))
      signal?.throwIfAborted()
    }
    for (const lead of leads.keys()) do engine.check(calls.fecg_denoise_finish(handles[lead])); while (take(lead))
    await hand()
    progress(true)
    const diagnostics = [...recording.diagnostics, ...chosen.diagnostics]
    return { fs, leads, ...(signals ? {} : { uv: settled.map(concat) }), diagnostics }
  } finally {
    for (const handle of handles) calls.fecg_denoise_destroy(handle)
  }
}
