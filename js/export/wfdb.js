// wfdb.js — beats as a WFDB annotation file in MIT format, as annot(5) of the WFDB Applications Guide describes it
// (https://physionet.org/physiotools/wag/annot-5.htm): 16-bit little-endian words of a 6-bit code and a 10-bit time step.
import { expect, optionsOf } from '../error.js'

/** @typedef {import('../types.js').ExtractResult} ExtractResult */
/** @typedef {import('./channels.js').Bytes} Bytes */

/**
 * @typedef {object} WfdbOptions
 * @property {number} [fs] Hz, the rate that times are counted in; undefined: that of the result's signals
 * @property {boolean} [mother] her beats instead of the fetus's
 */

const NORMAL = 1, NOTE = 22, SKIP = 59, NUM = 60, SUB = 61, AUX = 63
const LONGEST_STEP = 1023, LONGEST_SKIP = 2 ** 31 - 1
const INTERPOLATED = 1

/**
 * Beats as a WFDB annotation file, for a name as RECORD.fqrs; of the mother, RECORD.mqrs. A beat is an `N` at the sample nearest
 * to its time, so that every reader counts it; of a fetal one `num` is its confidence in percent, 0 to 100, and `subtyp` is 1
 * where it was interpolated, else 0. The first annotation is the usual note of the rate that the times are counted in
 * (`## time resolution: HZ`), so that it need not be that of a header beside the file.
 * @param {ExtractResult} result
 * @param {WfdbOptions | null} [options]
 * @returns {Bytes} the whole file, some six bytes a beat; without beats, its note alone
 * @throws {import('../error.js').FecgError} ARGUMENT where fs is no rate, or beats are not in order of time
 */
export function toWfdbAnnotations({ source, fetal, maternal }, options) {
  const { fs = source.fs, mother = false } = optionsOf(options)
  expect(Number.isFinite(fs) && fs >= 1e-3 && fs <= 1e6, 'fs is a rate of 0.001 to 1000000 Hz')
  const file = new Words()
  file.note(`## time resolution: ${Number(fs.toPrecision(15))}`)
  let before = 0, num = 0
  ;(mother ? maternal : fetal).peaks_s.forEach((t_s, i) => {
    const sample = Math.round(t_s * fs)
    expect(sample >= before && sample <= Number.MAX_SAFE_INTEGER, `beats are in order of time from 0 on, not so beat ${i} at ${t_s} s`)
    file.step(NORMAL, sample - before)
    before = sample
    if (mother) return
    if (fetal.interpolated[i]) file.word(SUB, INTERPOLATED)
    // num goes on to hold for the annotations that follow, so it is told where it changes.
    const percent = Math.round(100 * Math.min(1, Math.max(0, fetal.confidence[i] || 0)))
    if (percent !== num) file.word(NUM, num = percent)
  })
  file.word(0, 0)
  return file.bytes
}

/** The words of a file, one after another. */
class Words {
  #bytes = /** @type {number[]} */ ([])

  get bytes() {
    return Uint8Array.from(this.#bytes)
  }

  /** @param {number} code @param {number} value 0 to 1023 */
  word(code, value) {
    this.#bytes.push(value & 0xff, (code << 2) | (value >> 8))
  }

  /** An annotation some samples after the last. @param {number} code @param {number} step */
  step(code, step) {
    while (step > LONGEST_STEP) {
      const skip = Math.min(step, LONGEST_SKIP)
      this.word(SKIP, 0)
      for (const shift of [16, 24, 0, 8]) this.#bytes.push((skip >>> shift) & 0xff) // the high half first, each half low byte first
      step -= skip
    }
    this.word(code, step)
  }

  /** A note at the current sample. @param {string} text ASCII, at most 255 characters */
  note(text) {
    this.word(NOTE, 0)
    this.word(AUX, text.length)
    for (let i = 0; i < text.length; i++) this.#bytes.push(text.charCodeAt(i))
    if (text.length & 1) this.#bytes.push(0)
  }
}
