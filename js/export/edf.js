// edf.js — the separated signals as EDF+, with the beats as annotations.
import { blocksOf, channelsOf, samplesOf, signalsOf } from './channels.js'

/** @typedef {import('../types.js').ExtractResult} ExtractResult */
/** @typedef {import('../types.js').EdfChannel} EdfChannel */
/** @typedef {import('./channels.js').Bytes} Bytes */
/** @typedef {[t_s: number, text: string]} Mark */

/**
 * What writes EDF+: the engine, or the engine in a worker.
 * @typedef {{ push(channel: number, uv: Float32Array): unknown, annotate(t_s: number, duration_s: number, text: string): unknown,
 *   finish(): unknown, take(): Uint8Array | Promise<Uint8Array>, header(): Uint8Array | Promise<Uint8Array>, close(): unknown }} Writer
 * @typedef {{ edfWriter(channels: EdfChannel[]): Writer | Promise<Writer> }} EdfSource
 */

/** `word lead` in the 16 characters of an EDF label, each label once: long lead names lose their middle. @param {{ label: string, lead: string }[]} channels */
export function edfLabels(channels) {
  const taken = new Set()
  return channels.map(({ label, lead }) => {
    const word = label.slice(0, label.length - lead.length)
    const ascii = lead.replace(/[^\x20-\x7e]/g, '_')
    const room = 16 - word.length
    let short = ascii.length > room ? ascii.slice(0, room - 2) + ascii.slice(-2) : ascii
    for (let k = 2; taken.has(word + short); k++) short = ascii.slice(0, room - 1 - String(k).length) + `~${k}`
    taken.add(word + short)
    return word + short
  })
}

/** A range for a channel that holds [lo, hi], with a digital step to spare at either end. @param {number} lo @param {number} hi */
export function edfRange(lo, hi) {
  if (!(lo <= hi)) return { phys_min_uv: -1, phys_max_uv: 1 }
  const most = Math.max(Math.abs(lo), Math.abs(hi), 0.01) * 1.001
  return { phys_min_uv: -most, phys_max_uv: most }
}

/** Beats as EDF+ annotations, in order of time. @param {ExtractResult} result @returns {Mark[]} */
export function beatAnnotations({ fetal, maternal }) {
  /** @type {Mark[]} */
  const beats = [
    ...fetal.peaks_s.map((t, i) => /** @type {Mark} */ ([t, fetal.interpolated[i] ? 'fQRS interpolated' : 'fQRS'])),
    ...maternal.peaks_s.map((t) => /** @type {Mark} */ ([t, 'mQRS'])),
  ]
  return beats.sort((a, b) => a[0] - b[0])
}

/**
 * An EDF+ piece by piece. Its first header lacks the count of records; the one that it returns when done has it, and belongs
 * where the first one is.
 * @param {EdfSource} fecg
 * @param {EdfChannel[]} channels of one rate
 * @param {import('./channels.js').SampleBlocks} blocks
 * @param {Mark[]} annotations in order of time
 * @returns {AsyncGenerator<Bytes, Bytes, void>}
 */
export async function * edfPieces(fecg, channels, blocks, annotations) {
  const writer = await fecg.edfWriter(channels)
  const { fs } = channels[0]
  const take = async () => /** @type {Bytes} */ (await writer.take()) // a copy of what lies in the module
  let next = 0, pushed = 0
  const annotate = async (/** @type {number} */ until) => {
    for (; next < annotations.length && annotations[next][0] < until; next++) await writer.annotate(annotations[next][0], 0, annotations[next][1])
  }
  try {
    for await (const block of blocks) {
      await annotate((pushed + block[0].length) / fs)
      for (let c = 0; c < block.length; c++) await writer.push(c, block[c])
      pushed += block[0].length
      for (let bytes = await take(); bytes.length; bytes = await take()) yield bytes
    }
    await annotate(Infinity)
    await writer.finish()
    for (let bytes = await take(); bytes.length; bytes = await take()) yield bytes
    return /** @type {Bytes} */ (await writer.header())
  } finally {
    await writer.close()
  }
}

/**
 * The signals of a result as the bytes of an EDF+ file, in order, some at a time: `fECG`, `mECG` and `residual` of each lead in
 * µV, gaps as gaps, beats as annotations. They are written twice, because the header that comes first counts what follows.
 * @param {EdfSource} fecg
 * @param {ExtractResult} result with signals
 * @returns {AsyncGenerator<Bytes, void, void>}
 * @example
 * import { toEdf } from 'fetal-ecg/export'
 * const parts = []
 * for await (const bytes of toEdf(fecg, result)) parts.push(bytes)
 * const file = new Blob(parts)
 */
export async function * toEdf(fecg, result) {
  const signals = signalsOf(result)
  const chosen = channelsOf(signals.leads), labels = edfLabels(chosen)
  const channels = chosen.map((channel, c) => ({ label: labels[c], fs: signals.fs, ...edfRange(...extremes(samplesOf(signals, channel))) }))
  const write = () => edfPieces(fecg, channels, blocksOf(signals, chosen), beatAnnotations(result))
  const count = write()
  let header = await count.next()
  while (!header.done) header = await count.next()
  let first = true
  for await (const bytes of write()) {
    yield first ? header.value : bytes
    first = false
  }
}

/** @param {Float32Array} samples @returns {[number, number]} */
function extremes(samples) {
  let lo = Infinity, hi = -Infinity
  for (const v of samples) {
    if (v < lo) lo = v
    if (v > hi) hi = v
  }
  return [lo, hi]
}
