// csv.js — CSV of beats, of rates, and of the separated signals. The first line names the columns; what is not known is an
// empty field.
import { blocksOf, channelsOf, signalsOf } from './channels.js'

/** @typedef {import('../types.js').ExtractResult} ExtractResult */
/** @typedef {import('./channels.js').Bytes} Bytes */

const LINES = 4096 // given out at a time
const utf8 = new TextEncoder()
const field = (/** @type {string} */ text) => (/[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text)
const number = (/** @type {number | null | undefined} */ v, /** @type {number} */ digits) =>
  (v === null || v === undefined || Number.isNaN(v) ? '' : String(Number(v.toFixed(digits))))

/**
 * @param {string[]} names
 * @param {number} count
 * @param {(i: number) => string} line
 * @returns {Generator<Bytes, void, void>}
 */
function * table(names, count, line) {
  yield utf8.encode(names.map(field).join(',') + '\n')
  for (let from = 0; from < count; from += LINES) {
    let text = ''
    for (let i = from; i < Math.min(count, from + LINES); i++) text += line(i) + '\n'
    yield utf8.encode(text)
  }
}

/**
 * Beats in order of time: `t` in seconds, `beat` as `fQRS` or `mQRS`, and of a fetal one its confidence and whether it was
 * interpolated (1) or seen (0).
 * @param {ExtractResult} result
 * @returns {Generator<Bytes, void, void>}
 * @example
 * import { beatsToCsv } from 'fetal-ecg/export'
 * const csv = await new Blob([...beatsToCsv(result)]).text()
 */
export function beatsToCsv({ fetal, maternal }) {
  const beats = [
    ...fetal.peaks_s.map((t, i) => ({ t, rest: `fQRS,${number(fetal.confidence[i], 4)},${fetal.interpolated[i] ? 1 : 0}` })),
    ...maternal.peaks_s.map((t) => ({ t, rest: 'mQRS,,' })),
  ].sort((a, b) => a.t - b.t)
  return table(['t', 'beat', 'confidence', 'interpolated'], beats.length, (i) => `${number(beats[i].t, 6)},${beats[i].rest}`)
}

/**
 * Rates four times a second, in beats a minute.
 * @param {ExtractResult} result
 * @returns {Generator<Bytes, void, void>}
 */
export function ratesToCsv({ fetal, maternal }) {
  const { t_s } = maternal.rate // of both: one clock from the start to the end
  return table(['t', 'fetal_bpm', 'maternal_bpm'], t_s.length, (i) => `${number(t_s[i], 6)},${number(fetal.rate.bpm[i], 3)},${number(maternal.rate.bpm[i], 3)}`)
}

/**
 * Signals: time in seconds, then each channel in µV.
 * @param {number} fs
 * @param {string[]} labels
 * @param {import('./channels.js').SampleBlocks} blocks
 * @returns {AsyncGenerator<Bytes, void, void>}
 */
export async function * samplesToCsv(fs, labels, blocks) {
  yield utf8.encode(['t', ...labels].map(field).join(',') + '\n')
  let k = 0
  for await (const block of blocks) {
    const lines = new Array(block[0].length)
    for (let i = 0; i < lines.length; i++, k++) {
      let line = number(k / fs, 6)
      for (const samples of block) line += ',' + number(samples[i], 3)
      lines[i] = line
    }
    yield utf8.encode(lines.join('\n') + '\n')
  }
}

/**
 * The signals of a result: `fECG`, `mECG` and `residual` of each lead.
 * @param {ExtractResult} result with signals
 * @returns {AsyncGenerator<Bytes, void, void>}
 */
export function signalsToCsv(result) {
  const signals = signalsOf(result), channels = channelsOf(signals.leads)
  return samplesToCsv(signals.fs, channels.map((c) => c.label), blocksOf(signals, channels))
}
