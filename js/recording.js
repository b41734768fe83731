// recording.js — bytes to a recording. The engine's reader asks for ranges of bytes and gives blocks of
// samples; here those ranges are fetched. Each pass over the samples has a reader of its own, so passes
// can be repeated and do not disturb one another, and nothing stays behind in the module's memory.
import { abandoned } from './engine.js'
import { FecgError, expect, optionsOf } from './error.js'
import { isFile, randomAccess } from './source.js'

/** @typedef {import('./engine.js').Engine} Engine */
/** @typedef {import('./types.js').Channel} Channel */
/** @typedef {import('./types.js').Diagnostic} Diagnostic */
/** @typedef {import('./types.js').Annotation} Annotation */
/** @typedef {import('./types.js').ReadInput} ReadInput */
/** @typedef {import('./types.js').ReadOptions} ReadOptions */
/** @typedef {import('./types.js').FileSource} FileSource */
/** @typedef {import('./types.js').RandomAccess} RandomAccess */
/** @typedef {{ samples: Float32Array[] }} Block samples of each chosen channel, µV, NaN = gap */

const HEADER = 1, BLOCK = 2, END = 3 // fecg_read_kind; 0 is NEED

/** A pass of the engine's reader over the files of a recording. */
class Reader {
  /**
   * @param {Engine} engine
   * @param {ReadOptions} options
   * @param {(name: string, file: number) => Promise<RandomAccess | null>} open
   */
  constructor(engine, options, open) {
    this.engine = engine
    this.open = open
    /** @type {string[]} */
    this.names = [options.name ?? '']
    this.handle = engine.create('abi_reader_create', options.name ?? null, options.fs ?? 0, options.unit ?? null)
    const { handle } = this
    abandoned.register(this, () => engine.calls.fecg_reader_destroy(handle), this)
  }

  close() {
    abandoned.unregister(this)
    this.engine.calls.fecg_reader_destroy(this.handle)
    this.handle = 0
  }

  /** The next event that is not a wish for bytes. @param {AbortSignal} [signal] */
  async next(signal) {
    const { engine } = this
    for (;;) {
      signal?.throwIfAborted()
      const status = engine.calls.abi_reader_next(this.handle, engine.cells)
      if (status !== 0) throw this.#error(status)
      const [kind, file, name, offset, size] = engine.f64(engine.cells, 5)
      if (kind !== 0) return kind
      if (file > 0) this.names[file] = engine.text(name)
      const source = await this.open(this.names[file], file)
      if (!source) {
        engine.check(engine.calls.fecg_reader_supply_missing(this.handle))
        continue
      }
      const bytes = offset >= source.size ? new Uint8Array() : await source.read(offset, size)
      expect(bytes instanceof Uint8Array && bytes.length <= size, `read(${offset}, ${size}) gives a Uint8Array of at most that length`)
      engine.check(engine.call('abi_reader_supply', this.handle, bytes, bytes.length, source.size))
    }
  }

  /** @param {number} status */
  #error(status) {
    const { engine } = this
    const p = engine.calls.fecg_reader_error(this.handle, engine.cells)
    if (p === 0) return engine.error(status)
    const file = this.names[engine.i32(engine.cells, 1)[0]] || null
    const [{ code, message, offset }] = engine.diagnostics(p, 1)
    return new FecgError(code, message, { offset, file })
  }

  /** @returns {Channel[]} */
  channels() {
    const { engine } = this
    return Array.from({ length: engine.calls.fecg_reader_channel_count(this.handle) }, (_, i) => {
      engine.check(engine.calls.abi_reader_channel(this.handle, i, engine.cells))
      const [label, unit, fs, phys_min_uv, phys_max_uv, samples] = engine.f64(engine.cells, 6)
      return { label: engine.text(label), unit: engine.text(unit), fs, phys_min_uv, phys_max_uv, samples: samples < 0 ? null : samples }
    })
  }

  format() {
    return this.engine.text(this.engine.calls.fecg_reader_format(this.handle))
  }

  duration_s() {
    const seconds = this.engine.calls.fecg_reader_duration_s(this.handle)
    return seconds < 0 ? null : seconds
  }

  frame_fs() {
    return this.engine.calls.fecg_reader_frame_fs(this.handle)
  }

  /** @param {number[]} channels */
  select(channels) {
    this.engine.check(this.engine.call('fecg_reader_select', this.handle, Int32Array.from(channels), channels.length))
  }

  /** A copy of the newest samples of the i-th selected channel. @param {number} i */
  block(i) {
    const { engine } = this
    const p = engine.calls.fecg_reader_block(this.handle, i, engine.cells)
    return engine.f32(p, engine.word()).slice()
  }

  annotations() {
    const { engine } = this
    const p = engine.calls.fecg_reader_annotations(this.handle, engine.cells)
    return engine.annotations(p, engine.word())
  }

  diagnostics() {
    const { engine } = this
    const p = engine.calls.fecg_reader_diagnostics(this.handle, engine.cells)
    return engine.diagnostics(p, engine.word())
  }
}

/**
 * A recording that was opened. Samples come by `blocks()`; what is known only at the end of the files
 * (annotations of EDF+, the duration of a CSV file) is filled in by the first whole pass.
 */
export class Recording {
  /** Its file's name. @type {string | null} */ name = null
  /** "EDF", "EDF+C", "EDF+D", "BDF", "BDF+C", "BDF+D", "WFDB", "CSV" or "samples" */
  format = ''
  /** null: known only at the end of the files. @type {number | null} */ duration_s = null
  /** Hz in which MIT annotation files beside it count: of a WFDB record's frames, else of the slowest channel */
  frame_fs = 0
  /** @type {Channel[]} */ channels = []
  /** Those in the file itself: of EDF+. @type {Annotation[]} */ annotations = []
  /** What is odd about the file, as far as it was read. @type {Diagnostic[]} */ diagnostics = []
  /** @type {(channels: number[], signal?: AbortSignal) => AsyncGenerator<Block, void, undefined>} */
  #pass
  /** @type {() => unknown} */
  #close
  #closed = false

  /**
   * @param {(channels: number[], signal?: AbortSignal) => AsyncGenerator<Block, void, undefined>} pass
   * @param {() => unknown} close
   */
  constructor(pass, close) {
    this.#pass = pass
    this.#close = close
  }

  /**
   * The samples from the start, block by block; may be called again and again. Blocks of a channel
   * follow one another without a hole: what is missing comes as NaN.
   * @param {{ channels?: number[], signal?: AbortSignal } | null} [options] zero-based numbers; without: all
   */
  blocks(options) {
    const { channels = this.channels.map((_, i) => i), signal } = optionsOf(options)
    expect(Array.isArray(channels) && channels.length > 0 && new Set(channels).size === channels.length
      && channels.every((c) => this.channels[c] !== undefined), `channels are numbers from 0 to ${this.channels.length - 1}, each once`)
    if (this.#closed) throw new FecgError('STATE', 'the recording is closed')
    return this.#pass(channels, signal)
  }

  /** Closes the sources that have a close(). */
  async close() {
    if (this.#closed) return
    this.#closed = true
    await this.#close()
  }
}

/** @param {Engine} engine @param {FileSource} file @param {import('./types.js').FileSet} others @param {ReadOptions} options */
async function readFiles(engine, file, others, options) {
  /** Every file is opened once. @type {Map<string, RandomAccess | null>} */
  const opened = new Map()
  const first = randomAccess(file)
  /** @param {string} name @param {number} index */
  const open = async (name, index) => {
    if (index === 0) return first
    if (!opened.has(name)) {
      const found = typeof others === 'function' ? await others(name) : Object.hasOwn(others, name) ? others[name] : null
      opened.set(name, found ? randomAccess(found) : null)
    }
    return opened.get(name) ?? null
  }
  const close = async () => {
    for (const source of [first, ...opened.values()]) await source?.close?.()
  }

  /** Opens a reader and brings it to its header. @param {AbortSignal} [signal] */
  const start = async (signal) => {
    const reader = new Reader(engine, options, open)
    try {
      const kind = await reader.next(signal)
      if (kind !== HEADER) throw new FecgError('INTERNAL', `the reader began with event ${kind}`)
      return reader
    } catch (error) {
      reader.close()
      throw error
    }
  }

  const recording = new Recording(async function * (channels, signal) {
    const reader = await start(signal)
    try {
      reader.select(channels)
      for (let kind = await reader.next(signal); kind !== END; kind = await reader.next(signal)) {
        if (kind === BLOCK) yield { samples: channels.map((_, i) => reader.block(i)) }
      }
      recording.duration_s = reader.duration_s()
      recording.channels = reader.channels()
      recording.annotations = reader.annotations()
    } finally {
      recording.diagnostics = reader.diagnostics()
      reader.close()
    }
  }, close)
  recording.name = options.name ?? null
  try {
    const reader = await start()
    recording.format = reader.format()
    recording.frame_fs = reader.frame_fs()
    recording.duration_s = reader.duration_s()
    recording.channels = reader.channels()
    recording.annotations = reader.annotations()
    recording.diagnostics = reader.diagnostics()
    reader.close()
    return recording
  } catch (error) {
    await close()
    throw error
  }
}

/** @param {{ fs: number | number[], leads?: string[], samples: Float32Array[] }} input @param {ReadOptions} options */
function readSamples({ fs, leads, samples }, options) {
  expect(Array.isArray(samples) && samples.length > 0 && samples.every((s) => s instanceof Float32Array), 'samples is an array of Float32Array, one for each lead')
  const rates = samples.map((_, i) => (Array.isArray(fs) ? fs[i] : fs))
  expect(rates.every((r) => Number.isFinite(r) && r > 0), 'fs is a rate in Hz, or one for each lead')
  expect(leads === undefined || (leads.length === samples.length && leads.every((l) => typeof l === 'string')), 'leads holds a label for each lead')
  const SECONDS = 10
  const recording = new Recording(async function * (channels, signal) {
    for (let t = 0; channels.some((c) => samples[c].length > t * rates[c]); t += SECONDS) {
      signal?.throwIfAborted()
      yield { samples: channels.map((c) => samples[c].slice(Math.round(t * rates[c]), Math.round((t + SECONDS) * rates[c]))) }
    }
  }, () => {})
  recording.name = options.name ?? null
  recording.format = 'samples'
  recording.frame_fs = Math.min(...rates)
  recording.duration_s = Math.max(...samples.map((s, i) => s.length / rates[i]))
  recording.channels = samples.map((s, i) => ({
    label: leads?.[i] ?? `lead${i}`, unit: 'uV', fs: rates[i], phys_min_uv: 0, phys_max_uv: 0, samples: s.length,
  }))
  return recording
}

/**
 * @param {Engine} engine
 * @param {ReadInput} input
 * @param {ReadOptions | null} [given]
 * @returns {Promise<Recording>}
 */
export async function read(engine, input, given) {
  const options = optionsOf(given)
  expect(typeof input === 'object' && input !== null, 'read takes bytes, a Blob, { hea, files } or { fs, leads, samples }')
  expect(options.name === undefined || (typeof options.name === 'string' && !options.name.includes('\0')), 'name is a string without NUL')
  expect(options.fs === undefined || (Number.isFinite(options.fs) && options.fs > 0), 'fs is a rate in Hz')
  expect(options.unit === undefined || ['uV', 'mV', 'V'].includes(options.unit), 'unit is uV, mV or V')
  if (isFile(input)) {
    // A File knows its name.
    return readFiles(engine, input, {}, { ...options, name: options.name ?? /** @type {any} */ (input).name })
  }
  if ('hea' in input) {
    expect(typeof input.files === 'function' || (typeof input.files === 'object' && input.files !== null), 'files is { name: bytes | Blob } or a function of the name')
    return readFiles(engine, input.hea, input.files, { ...options, name: options.name ?? /** @type {any} */ (input.hea).name ?? 'record.hea' })
  }
  return readSamples(/** @type {any} */ (input), options)
}

/**
 * Reads an MIT-format annotation file.
 * @param {Engine} engine
 * @param {Uint8Array} bytes
 * @param {number} fs Hz of its sample counts
 * @returns {Annotation[]}
 */
export function annotations(engine, bytes, fs) {
  expect(bytes instanceof Uint8Array, 'an annotation file is given as a Uint8Array')
  expect(Number.isFinite(fs) && fs > 0, 'fs is a rate in Hz')
  engine.u32(engine.cells, 4).fill(0)
  const status = engine.call('fecg_annotations_read', bytes, bytes.length, fs, engine.cells, engine.cells + 4)
  const [list, count] = engine.u32(engine.cells, 2)
  try {
    engine.check(status, 'the annotation file is damaged')
    return engine.annotations(list, count)
  } finally {
    engine.free(list)
  }
}
