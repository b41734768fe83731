/**
 * What the tables of this folder share: the recordings with references, read once into memory, extraction
 * of samples as they are, and the options
 *   --methods classical,network,fhnet   which methods (default: all of them)
 *   --model FILE                        weights other than the package's
 */
import { existsSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { load } from '../../js/index.js'
import { chooseLeads } from '../../js/leads.js'
import { manifestOf, modelLine, referenceBeats, trainedOn } from '../../js/cli/eval.js'
import { openRecording } from '../../js/cli/files.js'
import { inside } from '../../js/cli/manifest.js'
import { scoreBeats, scoreRate } from '../../js/cli/score.js'
import { progressBar } from '../../js/cli/text.js'

const shared = fileURLToPath(new URL('../../../shared/data/', import.meta.url))
export const FETAL = `${shared}fetal`
export const ADULT = `${shared}adult`
export const SCALP = ['adfecgdb', 'b2_labour_new7']
// The four leads are near copies of each other: the fetus is in their differences.
export const COMMON_REFERENCE = ['a27', 'a43', 'a50', 'a60', 'a63', 'a68', 'a71']

export const METHODS = ['classical', 'network', 'fhnet']

export const fecg = await load()
export const bar = progressBar(process.stderr)

/**
 * A script's options and what else it was given.
 * @param {Record<string, { type: 'string' | 'boolean' }>} more options beside --methods and --model
 * @param {string[]} methods where --methods names none
 */
export async function scriptOptions(more = {}, methods = METHODS) {
  const { values, positionals } = parseArgs({ options: { methods: { type: 'string' }, model: { type: 'string' }, ...more }, allowPositionals: true })
  if (values.methods) methods = values.methods.split(',')
  const unknown = methods.find(m => !METHODS.includes(m))
  if (unknown !== undefined) throw new Error(`no method ${unknown}; there are ${METHODS.join(', ')}`)
  if (methods.every(m => m === 'classical')) return { ...values, methods, model: undefined, rest: positionals }
  const model = values.model ? await fecg.model(pathToFileURL(values.model)) : undefined
  const used = model ?? await fecg.model()
  console.log(`${modelLine(used, trainedOn(used))}\n`)
  return { ...values, methods, model, rest: positionals }
}

/** Ends a script, saying so, where the recordings are absent. */
export function needData(folder = FETAL) {
  if (existsSync(folder)) return
  console.log(`skipped: no recordings at ../shared/data`)
  process.exit(0)
}

/**
 * A row of the manifest with its abdominal leads and its reference beats.
 * @returns {Promise<{ record, subject, group, leads: string[], fs: number, samples: Float32Array[], reference: number[] }>}
 */
export async function readRow(row, leads) {
  const recording = await openRecording(fecg, inside(FETAL, row.file))
  try {
    const { channels } = chooseLeads(recording.channels, leads)
    const parts = channels.map(() => [])
    for await (const { samples } of recording.blocks({ channels })) samples.forEach((block, i) => parts[i].push(block))
    return {
      record: row.record, subject: row.subject, group: SCALP.includes(row.group) ? 'scalp' : row.group,
      leads: channels.map(c => recording.channels[c].label), fs: recording.channels[channels[0]].fs,
      samples: parts.map(concat), reference: row.skip ? [] : await referenceBeats(fecg, FETAL, row, recording),
    }
  } finally {
    await recording.close()
  }
}

export const rows = () => manifestOf(FETAL)

export function concat(blocks) {
  const whole = new Float32Array(blocks.reduce((n, b) => n + b.length, 0))
  let at = 0
  for (const b of blocks) {
    whole.set(b, at)
    at += b.length
  }
  return whole
}

/** Extraction of all the given leads, whatever their labels say; a model is left out where the method takes none. */
export async function extract({ fs, leads, samples }, { method, model, signals = false }) {
  return fecg.extract(await fecg.read({ fs, leads, samples }), { leads: samples.map((_, l) => l), method, signals, model: method === 'classical' ? undefined : model })
}

/** A scored record: what summarise() takes. */
export function score({ record, subject, reference, fs, samples }, result) {
  const { ppa, coverage } = scoreRate(reference, result.fetal.rate, samples[0].length / fs)
  return { record, subject, ...scoreBeats(reference, result.fetal.peaks_s), ppa, coverage }
}

/** A simulation of the whole length: components of each lead and the beats. */
export function simulate(options) {
  const simulation = fecg.simulate(options)
  const parts = { fetal: [], maternal: [], noise: [], mixture: [] }
  for (const chunk of simulation.chunks())
    for (const kind of Object.keys(parts)) chunk[kind].forEach((samples, i) => (parts[kind][i] ??= []).push(samples))
  return { ...simulation, ...Object.fromEntries(Object.entries(parts).map(([kind, leads]) => [kind, leads.map(concat)])) }
}
