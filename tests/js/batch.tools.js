// An archive made to measure: short simulated recordings, and damaged ones among them.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { load } from '../../js/index.js'
import { edfBytes } from './helpers.js'

/** What can be wrong with a file, by the name of it: bytes from those of a sound one, and the code that it must give. */
export const DAMAGE = {
  empty: { bytes: () => new Uint8Array(), code: 'FORMAT' },
  noise: { bytes: (b) => b.map((_, i) => (i * 2654435761) >>> 13), code: 'FORMAT' },
  header: { bytes: (b) => b.subarray(0, 200), code: 'FORMAT' },
  signals: { bytes: (b) => b.subarray(0, 600), code: 'FORMAT' },
  labels: { bytes: (b) => with_(b, 256, 'Chest'.padEnd(16) + 'Resp'.padEnd(16)), code: 'LEADS' },
  count: { bytes: (b) => with_(b, 252, '-3  '), code: 'FORMAT' },
  samples: { bytes: (b) => with_(b, 256 + 3 * 216, '0       '), code: 'FORMAT' },
  text: { bytes: () => new TextEncoder().encode('<html>not found</html>\n'), code: 'FORMAT' },
  gone: { bytes: () => null, code: 'MISSING' },
  folder: { bytes: () => 'folder', code: 'MISSING' },
}

function with_(bytes, at, text) {
  const copy = Uint8Array.from(bytes)
  copy.set(new TextEncoder().encode(text), at)
  return copy
}

/**
 * Writes recordings r000.edf … and manifest.csv; those in `damaged`, by their number, have the damage that is named there.
 * @returns {Promise<string>} the manifest
 */
export async function archive(folder, count, { damaged = {}, seconds = 12, fs = 250, leads = 2 } = {}) {
  const fecg = await load()
  const rows = ['record,file,note']
  for (let i = 0; i < count; i++) {
    const name = `r${String(i).padStart(3, '0')}`, path = join(folder, `${name}.edf`)
    const sound = edfBytes(fecg, fecg.simulate({ seconds, fs, leads, seed: i + 1 }))
    const bytes = damaged[i] ? DAMAGE[damaged[i]].bytes(sound) : sound
    if (bytes === 'folder') mkdirSync(path)
    else if (bytes) writeFileSync(path, bytes)
    rows.push(`${name},${name}.edf,"seed ${i + 1}, simulated"`)
  }
  const manifest = join(folder, 'manifest.csv')
  writeFileSync(manifest, rows.join('\n') + '\n')
  return manifest
}
