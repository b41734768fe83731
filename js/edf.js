// edf.js — writing EDF+ in a stream: samples in, bytes out as they are ready.
import { expect } from './error.js'

/** @typedef {import('./engine.js').Engine} Engine */

/** An EDF+ that is being written: 16-bit channels in µV and annotations. */
export class EdfWriter {
  #engine
  #handle

  /** @param {Engine} engine @param {import('./types.js').EdfChannel[]} channels */
  constructor(engine, channels) {
    expect(Array.isArray(channels) && channels.length > 0 && channels.every((c) => typeof c?.label === 'string'), 'channels is an array of { label, fs, phys_min_uv, phys_max_uv }')
    this.#engine = engine
    this.#handle = engine.create('abi_edf_writer_create', channels.map((c) => c.label),
      Float64Array.from(channels.flatMap((c) => [c.fs, c.phys_min_uv, c.phys_max_uv])), channels.length)
  }

  /**
   * The next samples of a channel.
   * @param {number} channel zero-based number
   * @param {Float32Array} uv µV, NaN = gap
   */
  push(channel, uv) {
    expect(uv instanceof Float32Array, 'samples are a Float32Array')
    this.#engine.check(this.#engine.call('fecg_edf_writer_push', this.#handle, channel, uv, uv.length))
  }

  /**
   * A note. It stands in the record of its time, so: push, annotate, then take.
   * @param {number} t_s seconds from the first sample
   * @param {number} duration_s 0: a moment
   * @param {string} text 55 bytes of it are kept
   */
  annotate(t_s, duration_s, text) {
    this.#engine.check(this.#engine.call('fecg_edf_writer_annotate', this.#handle, t_s, duration_s, text))
  }

  /** No more samples: the last data record is filled up and closed. */
  finish() {
    this.#engine.check(this.#engine.calls.fecg_edf_writer_finish(this.#handle))
  }

  /** Bytes that are ready and not yet taken, the header first; an empty array when there are none. @returns {Uint8Array} */
  take() {
    const p = this.#engine.calls.fecg_edf_writer_take(this.#handle, this.#engine.cells)
    return this.#engine.u8(p, this.#engine.word()).slice()
  }

  /** The final header, to be written over the first one when finished: it holds the record count. @returns {Uint8Array} */
  header() {
    const p = this.#engine.calls.fecg_edf_writer_header(this.#handle, this.#engine.cells)
    return this.#engine.u8(p, this.#engine.word()).slice()
  }

  /** Releases its memory. */
  close() {
    this.#engine.calls.fecg_edf_writer_destroy(this.#handle)
    this.#handle = 0
  }
}
