// helpers.js — what the tests of the wrapper share.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))
/** Public recordings for development; not part of the project. */
export const recordings = join(root, '..', 'shared', 'data', 'fetal')
export const noRecordings = existsSync(recordings) ? false : 'the recordings of ../shared/data are not here'

/** The module that gives the same bits everywhere, whichever load() takes of itself. */
export const simd128 = pathToFileURL(join(root, 'dist', 'fecg.wasm')).href

/** The weights of the package: of FHNet, of ECGNet. */
export const weights = join(root, 'models', 'fhnet', 'fhnet.safetensors')
export const ecgnetWeights = join(root, 'models', 'ecgnet', 'ecgnet.safetensors')

/** A safetensors file as it is, with some of its metadata replaced: other weights by their sha256, the same numbers. */
export function withMetadata(bytes, metadata) {
  const n = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true))
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + n)))
  header.__metadata__ = { ...header.__metadata__, ...metadata }
  const text = new TextEncoder().encode(JSON.stringify(header))
  const padded = new Uint8Array(Math.ceil(text.length / 8) * 8).fill(0x20)
  padded.set(text)
  const size = new Uint8Array(8)
  new DataView(size.buffer).setBigUint64(0, BigInt(padded.length), true)
  return concat([size, padded, new Uint8Array(bytes.subarray(8 + n))])
}

const bytesOf = (a) => new Uint8Array(a.buffer, a.byteOffset, a.byteLength)

export function concat(chunks) {
  const whole = new chunks[0].constructor(chunks.reduce((n, c) => n + c.length, 0))
  let at = 0
  for (const c of chunks) {
    whole.set(c, at)
    at += c.length
  }
  return whole
}

/** The whole of one component of a simulation: Float32Array for each lead. */
export function whole(simulation, component = 'mixture') {
  const chunks = [...simulation.chunks()].map((c) => c[component])
  return simulation.leads.map((_, lead) => concat(chunks.map((c) => c[lead])))
}

/** A simulation as the bytes of an EDF+ file. */
export function edfBytes(fecg, simulation, { range = 5000 } = {}) {
  const writer = fecg.edfWriter(simulation.leads.map((label) => ({ label, fs: simulation.fs, phys_min_uv: -range, phys_max_uv: range })))
  const parts = []
  const drain = () => { for (let b = writer.take(); b.length; b = writer.take()) parts.push(b) }
  for (const { mixture } of simulation.chunks()) {
    mixture.forEach((s, lead) => writer.push(lead, s))
    drain()
  }
  for (const t of simulation.beats.fetal) writer.annotate(t, 0, 'fQRS')
  writer.finish()
  drain()
  const bytes = concat(parts)
  bytes.set(writer.header())
  writer.close()
  return bytes
}

/** All samples of chosen channels of a recording. */
export async function samples(recording, options) {
  const blocks = []
  for await (const { samples } of recording.blocks(options)) blocks.push(samples)
  return blocks[0].map((_, i) => concat(blocks.map((b) => b[i])))
}

/** Runs build/native/fecg_native in a folder of its own; files: name → Float32Array put there before. */
export function native(args, files, outputs) {
  const folder = mkdtempSync(join(tmpdir(), 'fecg-'))
  try {
    for (const [name, data] of Object.entries(files)) writeFileSync(join(folder, name), bytesOf(data))
    const run = spawnSync(join(root, 'build', 'native', 'fecg_native'), args.map(String), { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 28 })
    if (run.status !== 0) throw new Error(`fecg_native: ${run.error ?? run.stderr}`)
    const read = outputs.map((name) => {
      const b = readFileSync(join(folder, name))
      return new Float32Array(b.buffer.slice(b.byteOffset, b.byteOffset + b.byteLength))
    })
    return { stdout: run.stdout, outputs: read }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The native extraction of samples: { result, signals, seconds }. */
export function nativeExtract(leads, fs, method = 'fhnet') {
  const { stdout, outputs: [out] } = native(['extract', 'in.f32', fs, leads.length, 'out.f32', ...(method === 'classical' ? [] : [method, weights])], { 'in.f32': concat(leads) }, ['out.f32'])
  const [json, seconds] = stdout.trim().split('\n')
  const n = out.length / leads.length / 3
  const rows = Array.from({ length: 3 * leads.length }, (_, i) => out.subarray(i * n, (i + 1) * n))
  const part = (i) => rows.slice(i * leads.length, (i + 1) * leads.length)
  return { result: JSON.parse(json), signals: { fetal: part(0), maternal: part(1), residual: part(2) }, seconds: Number(seconds) }
}

/** The largest difference of two signals; infinite where lengths or gaps differ. */
export function difference(a, b) {
  if (a.length !== b.length) return Infinity
  let worst = 0
  for (let i = 0; i < a.length; i++) {
    if (Number.isNaN(a[i]) !== Number.isNaN(b[i])) return Infinity
    if (!Number.isNaN(a[i])) worst = Math.max(worst, Math.abs(a[i] - b[i]))
  }
  return worst
}
