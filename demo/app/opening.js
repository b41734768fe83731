// opening.js — files to recordings: which of them belong together, and what a file that is in no known format may be.
import { strings } from '../strings.js'
import { Rows, expected } from './collected.js'

/** @typedef {import('../../js/worker.js').Fecg} Fecg */
/** @typedef {import('../../js/worker.js').Recording} Recording */
/** @typedef {{ fs?: number, unit?: 'uV' | 'mV' | 'V' }} ReadSettings */
/** How the samples of an unknown file lie. @typedef {{ kind: 'i16' | 'i24' | 'i32' | 'f32', big: boolean, channels: number, fs: number, scale: number, skip: number }} RawSettings */
/** A recording that can be opened. @typedef {{ name: string, file: File | null, settings?: import('./settings.js').Settings, kept?: { file: Blob, remove: () => Promise<void> }, trial?: boolean, open: (fecg: Fecg, settings: ReadSettings) => Promise<Recording> }} Entry */

const BESIDE = /\.(dat|qrs|fqrs|atr|ann|xws|md|txt)$/i // not recordings of themselves beside others

/**
 * The recordings among files.
 * @param {File[]} files
 * @returns {Entry[]}
 */
export function entriesOf(files) {
  const byName = Object.fromEntries(files.map((file) => [file.name, file]))
  const headers = files.filter((file) => /\.hea$/i.test(file.name))
  const records = headers.map((hea) => ({ name: hea.name, file: hea, open: (/** @type {Fecg} */ fecg, /** @type {ReadSettings} */ settings) => fecg.read({ hea, files: byName }, { name: hea.name, ...settings }) }))
  const rest = files.filter((file) => !headers.includes(file))
  const alone = rest.filter((file) => !BESIDE.test(file.name) || (files.length === 1 && !/\.dat$/i.test(file.name)))
  const orphan = !records.length && !alone.length ? rest[0] : undefined
  if (orphan && /\.dat$/i.test(orphan.name)) throw new Error(strings.files.needsHea(orphan.name))
  if (!records.length && !alone.length) throw new Error(strings.files.nothing)
  return [...records, ...alone.map((file) => ({ name: file.name, file, open: (/** @type {Fecg} */ fecg, /** @type {ReadSettings} */ settings) => fecg.read(file, settings) }))]
}

/**
 * A recording that was made here.
 * @param {import('../../js/serial/targets.js').Kept} kept @param {string} name @param {import('./settings.js').Settings} [settings] @returns {Entry}
 */
export function recordedEntry(kept, name, settings) {
  const file = new File([kept.file], name)
  return { name, file, settings, kept, open: (fecg, given) => fecg.read(file, given) }
}

/** Samples that are there already. @param {string} name @param {number} fs @param {string[]} leads @param {Float32Array[]} samples
 * @param {import('./settings.js').Settings} [settings] @returns {Entry} */
export const entryOf = (name, fs, leads, samples, settings) => ({ name, file: null, settings, open: (fecg) => fecg.read({ fs, leads, samples }, { name }) })

const BYTES = { i16: 2, i24: 3, i32: 4, f32: 4 }

/** The samples of a file by what a person says of it. @param {ArrayBuffer} buffer @param {RawSettings} how @returns {Float32Array[]} */
export function decodeRaw(buffer, { kind, big, channels, scale, skip }) {
  const view = new DataView(buffer), size = BYTES[kind], n = Math.max(0, Math.floor((view.byteLength - skip) / (size * channels)))
  const read = {
    i16: (/** @type {number} */ at) => view.getInt16(at, !big),
    i24: (/** @type {number} */ at) => (big ? (view.getInt8(at) << 16) | view.getUint16(at + 1) : (view.getInt8(at + 2) << 16) | view.getUint16(at, true)),
    i32: (/** @type {number} */ at) => view.getInt32(at, !big),
    f32: (/** @type {number} */ at) => view.getFloat32(at, !big),
  }[kind]
  return Array.from({ length: channels }, (_, c) => Float32Array.from({ length: n }, (_, i) => read(skip + (i * channels + c) * size) * scale))
}

/** @param {Entry} entry @param {RawSettings} how @returns {Entry} */
export const rawEntry = (entry, how) => ({
  ...entry,
  async open(fecg) {
    const samples = decodeRaw(await /** @type {File} */ (entry.file).arrayBuffer(), how)
    return fecg.read({ fs: how.fs, leads: samples.map((_, i) => `CH${i + 1}`), samples }, { name: entry.name })
  },
})

/**
 * Every channel's samples, those that are wanted.
 * @param {Recording} recording @param {number[]} channels @param {AbortSignal} signal
 * @returns {Promise<Float32Array[]>}
 */
export async function samplesOf(recording, channels, signal) {
  if (!channels.length) return []
  const rows = new Rows(channels.map((c) => expected(recording.duration_s, recording.channels[c].fs)))
  for await (const { samples } of recording.blocks({ channels })) {
    signal.throwIfAborted()
    rows.add(samples)
  }
  return rows.whole
}
