// channels.js — the separated signals as channels of a file: their names, their order, ten seconds at a time.
import { expect } from '../error.js'

/** @typedef {import('../types.js').ExtractResult} ExtractResult */
/** @typedef {import('../types.js').Signals} Signals */

/**
 * `key` of the signals, `i` the number of the lead, `label` with the word that says what was separated.
 * @typedef {{ key: string, i: number, lead: string, label: string }} ExportChannel
 *
 * Samples of all channels in step, µV, NaN = gap; blocks may come from memory or from a file.
 * @typedef {Iterable<Float32Array[]> | AsyncIterable<Float32Array[]>} SampleBlocks
 *
 * A piece of a file, as a Blob takes it.
 * @typedef {Uint8Array<ArrayBuffer>} Bytes
 */

/** What extract() separates: by key, the word before the lead's label. */
export const SEPARATED = [['fetal', 'fECG'], ['maternal', 'mECG'], ['residual', 'residual']]

/**
 * @param {string[]} leads
 * @param {string[][]} [kinds] key and word; without a word the lead's label stands alone
 * @returns {ExportChannel[]}
 */
export const channelsOf = (leads, kinds = SEPARATED) =>
  kinds.flatMap(([key, word]) => leads.map((lead, i) => ({ key, i, lead, label: word ? `${word} ${lead}` : lead })))

/** Samples in a block of ten seconds. @param {number} fs */
export const blockLength = (fs) => Math.ceil(10 * fs)

/** The signals of a result that was asked for them. @param {ExtractResult} result @returns {Signals} */
export function signalsOf({ signals }) {
  expect(signals, 'the result has no signals; extract() gives them with the option signals: true')
  return signals
}

/** The channel's samples. @param {Signals} signals @param {ExportChannel} channel @returns {Float32Array} */
export const samplesOf = (signals, { key, i }) => signals[/** @type {'fetal' | 'maternal' | 'residual'} */ (key)][i]

/** Signals in memory, block by block. @param {Signals} signals @param {ExportChannel[]} channels */
export function * blocksOf(signals, channels) {
  const rows = channels.map((channel) => samplesOf(signals, channel)), size = blockLength(signals.fs)
  for (let from = 0; from < rows[0].length; from += size) yield rows.map((row) => row.subarray(from, from + size))
}
