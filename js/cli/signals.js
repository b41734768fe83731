/**
 * The separated signals on their way to a file. Signals come block by block while the extraction
 * runs; their range, which EDF wants first, and all beats are known only at its end. So blocks are
 * laid down in a temporary file beside the output, and the output is written from there: any length,
 * little memory, and the full resolution of 16 bits.
 */
import { randomBytes } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import { blockLength, channelsOf, SEPARATED } from '../export/channels.js'
import { samplesToCsv } from '../export/csv.js'
import { edfLabels, edfPieces, edfRange } from '../export/edf.js'
import { OutputError, words, writeAll } from './files.js'

/** What denoise() gives, as SEPARATED is what extract() gives: by key of the block, with the word before the lead's label. */
export const DENOISED = [['uv', '']]

/** Blocks of signals in a temporary file: 32-bit floats, one channel of a block after another. */
export class Spool {
  #file
  #path
  #at = 0
  blocks = [] // { start, n, at }: first sample, samples, byte offset
  channels = [] // { key, i, lead, label, lo, hi }

  #fail
  #kinds

  static async create(option, beside, kinds = SEPARATED) {
    const spool = new Spool()
    spool.#kinds = kinds
    spool.#path = `${beside}.${randomBytes(4).toString('hex')}.part`
    spool.#fail = error => {
      throw new OutputError(`${option}: cannot write ${spool.#path}: ${words(error)}`)
    }
    spool.#file = await open(spool.#path, 'wx+').catch(spool.#fail)
    return spool
  }

  /** Rate and channels, by the first block or, where there is none, by the result. */
  begin({ fs, leads }) {
    if (this.channels.length) return
    this.fs = fs
    this.channels = channelsOf(leads, this.#kinds).map(channel => ({ ...channel, lo: Infinity, hi: -Infinity }))
  }

  /** The sink for extract() and denoise(): one block. */
  async push({ fs, leads, ...signals }) {
    this.begin({ fs, leads })
    const n = signals[this.channels[0].key][0].length
    const whole = new Float32Array(n * this.channels.length)
    this.channels.forEach((channel, c) => {
      const samples = signals[channel.key][channel.i]
      whole.set(samples, c * n)
      for (const v of samples) {
        if (v < channel.lo) channel.lo = v
        if (v > channel.hi) channel.hi = v
      }
    })
    this.blocks.push({ start: this.length, n, at: this.#at })
    await writeAll(this.#file, new Uint8Array(whole.buffer), this.#at).catch(this.#fail)
    this.#at += whole.byteLength
  }

  /** Samples of each channel so far. */
  get length() {
    const last = this.blocks.at(-1)
    return last ? last.start + last.n : 0
  }

  /** Samples [from, to) of a channel; where there are none, NaN. */
  async read(channel, from, to) {
    const out = new Float32Array(to - from).fill(NaN)
    for (const { start, n, at } of this.blocks) {
      const a = Math.max(from, start), b = Math.min(to, start + n)
      if (a >= b) continue
      const bytes = new Uint8Array(out.buffer, (a - from) * 4, (b - a) * 4)
      await this.#file.read(bytes, 0, bytes.length, at + (channel * n + a - start) * 4)
    }
    return out
  }

  async remove() {
    await this.#file.close()
    await rm(this.#path, { force: true })
  }
}

/**
 * An EDF+ into a file that can go back to its start, for the header.
 * @param {AsyncIterable<Float32Array[]> | Iterable<Float32Array[]>} blocks in step, one array for each channel
 * @param {[number, string][]} annotations sorted by time
 */
export async function writeEdf(fecg, out, channels, blocks, annotations) {
  const pieces = edfPieces(fecg, channels, blocks, annotations)
  try {
    let piece = await pieces.next()
    for (; !piece.done; piece = await pieces.next()) await out.write(piece.value)
    await out.write(piece.value, 0)
  } finally {
    await pieces.return()
  }
}

/** The spooled signals as EDF+. @param {[number, string][]} annotations sorted by time */
export async function signalsToEdf(fecg, out, spool, annotations) {
  const labels = edfLabels(spool.channels)
  const channels = spool.channels.map((c, i) => ({ label: labels[i], fs: spool.fs, ...edfRange(c.lo, c.hi) }))
  await writeEdf(fecg, out, channels, chunks(spool), annotations)
}

/** The spooled signals as CSV. */
export async function signalsToCsv(out, spool) {
  for await (const bytes of samplesToCsv(spool.fs, spool.channels.map(c => c.label), chunks(spool))) await out.write(bytes)
}

async function * chunks(spool) {
  const size = blockLength(spool.fs)
  for (let from = 0; from < spool.length; from += size) {
    const to = Math.min(spool.length, from + size)
    const block = []
    for (let c = 0; c < spool.channels.length; c++) block.push(await spool.read(c, from, to))
    yield block
  }
}
