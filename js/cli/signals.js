/**
 * The separated signals on their way to a file. Signals come block by block while the extraction
 * runs; their range, which EDF wants first, and all beats are known only at its end. So blocks are
 * laid down in a temporary file beside the output, and the output is written from there: any length,
 * little memory, and the full resolution of 16 bits.
 */
import { randomBytes } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import { OutputError, words, writeAll } from './files.js'

/** What extract() separates, and what denoise() gives: by key of the block, with the word before the lead's label. */
const SEPARATED = [['fetal', 'fECG'], ['maternal', 'mECG'], ['residual', 'residual']]
export const DENOISED = [['uv', '']]

/** Blocks of signals in a temporary file: 32-bit floats, one channel of a block after another. */
export class Spool {
  #file
  #path
  #at = 0
  blocks = [] // { start, n, at }: first sample, samples, byte offset
  channels = [] // { kind, label, lo, hi }

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
    this.channels = this.#kinds.flatMap(([kind, word]) => leads.map((lead, i) => ({ kind, i, lead, label: word ? `${word} ${lead}` : lead, lo: Infinity, hi: -Infinity })))
  }

  /** The sink for extract() and denoise(): one block. */
  async push({ fs, leads, ...signals }) {
    this.begin({ fs, leads })
    const n = signals[this.channels[0].kind][0].length
    const whole = new Float32Array(n * this.channels.length)
    this.channels.forEach((channel, c) => {
      const samples = signals[channel.kind][channel.i]
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

/** `kind lead` in the 16 characters of an EDF label, each label once: long lead names lose their middle. */
export function edfLabels(channels) {
  const taken = new Set()
  return channels.map(({ label, lead }) => {
    const kind = label.slice(0, label.length - lead.length)
    const ascii = lead.replace(/[^\x20-\x7e]/g, '_')
    const room = 16 - kind.length
    let short = ascii.length > room ? ascii.slice(0, room - 2) + ascii.slice(-2) : ascii
    for (let k = 2; taken.has(kind + short); k++) short = ascii.slice(0, room - 1 - String(k).length) + `~${k}`
    taken.add(kind + short)
    return kind + short
  })
}

/** Beats as EDF+ annotations, in order of time. */
export function beatAnnotations({ fetal, maternal }) {
  const beats = [
    ...fetal.peaks_s.map((t, i) => [t, fetal.interpolated[i] ? 'fQRS interpolated' : 'fQRS']),
    ...maternal.peaks_s.map(t => [t, 'mQRS']),
  ]
  return beats.sort((a, b) => a[0] - b[0])
}

/** Writes what comes from an EDF+ writer until it has no more. */
export async function drain(writer, out) {
  for (let bytes = writer.take(); bytes.length; bytes = writer.take()) await out.write(bytes)
}

/**
 * Streams channels and annotations through the engine's EDF+ writer.
 * @param {AsyncIterable<Float32Array[]>} blocks in step, one array for each channel
 * @param {[number, string][]} annotations sorted by time
 */
export async function writeEdf(fecg, out, channels, blocks, annotations) {
  const writer = fecg.edfWriter(channels)
  try {
    let next = 0, pushed = 0
    const annotate = until => {
      for (; next < annotations.length && annotations[next][0] < until; next++) writer.annotate(annotations[next][0], 0, annotations[next][1])
    }
    for await (const block of blocks) {
      annotate((pushed + block[0].length) / channels[0].fs)
      block.forEach((samples, c) => writer.push(c, samples))
      pushed += block[0].length
      await drain(writer, out)
    }
    annotate(Infinity)
    writer.finish()
    await drain(writer, out)
    await out.write(writer.header(), 0)
  } finally {
    writer.close()
  }
}

/** A range for a channel that holds [lo, hi], with a digital step to spare at either end. */
export function edfRange(lo, hi) {
  if (!(lo <= hi)) return { phys_min_uv: -1, phys_max_uv: 1 }
  const most = Math.max(Math.abs(lo), Math.abs(hi), 0.01) * 1.001
  return { phys_min_uv: -most, phys_max_uv: most }
}

/** The spooled signals as EDF+. @param {[number, string][]} annotations sorted by time */
export async function signalsToEdf(fecg, out, spool, annotations) {
  const labels = edfLabels(spool.channels)
  const channels = spool.channels.map((c, i) => ({ label: labels[i], fs: spool.fs, ...edfRange(c.lo, c.hi) }))
  await writeEdf(fecg, out, channels, chunks(spool), annotations)
}

/** The spooled signals as CSV: time in seconds, then each channel in uV; a gap is an empty field. */
export async function signalsToCsv(out, spool) {
  const field = text => (/[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text)
  await out.write(['t', ...spool.channels.map(c => field(c.label))].join(',') + '\n')
  let k = 0
  for await (const block of chunks(spool)) {
    const lines = new Array(block[0].length)
    for (let i = 0; i < lines.length; i++, k++) {
      let line = String(Number((k / spool.fs).toFixed(6)))
      for (const samples of block) line += ',' + (Number.isNaN(samples[i]) ? '' : String(Number(samples[i].toFixed(3))))
      lines[i] = line
    }
    await out.write(lines.join('\n') + '\n')
  }
}

async function * chunks(spool) {
  const size = Math.ceil(10 * spool.fs)
  for (let from = 0; from < spool.length; from += size) {
    const to = Math.min(spool.length, from + size)
    const block = []
    for (let c = 0; c < spool.channels.length; c++) block.push(await spool.read(c, from, to))
    yield block
  }
}
