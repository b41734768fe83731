// read_edf.js — what another EDF reader than ours, pyEDFlib, finds in a file.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../js/helpers.js'

const python = [process.env.FECG_PYTHON, join(root, 'build', 'venv', 'bin', 'python'), 'python3'].find((p) => p && spawnSync(p, ['-c', 'import pyedflib']).status === 0)

/** Why a test without pyEDFlib is skipped, for node:test. */
export const noReader = python ? false : 'no Python with pyEDFlib (pip install -r tests/requirements.txt)'

/**
 * @param {Uint8Array} bytes
 * @returns {{ signals: { label: string, unit: string, fs: number, samples: Float32Array }[], annotations: { t_s: number, duration_s: number, text: string }[] }}
 */
export function readEdf(bytes) {
  const folder = mkdtempSync(join(tmpdir(), 'fecg-edf-'))
  try {
    const file = join(folder, 'x.edf')
    writeFileSync(file, bytes)
    const run = spawnSync(python, [join(root, 'tests', 'browser', 'read_edf.py'), file], { encoding: 'utf8', maxBuffer: 1 << 28 })
    if (run.status !== 0) throw new Error(run.stderr)
    const { signals, annotations } = JSON.parse(run.stdout)
    const floats = (base64) => { const b = Buffer.from(base64, 'base64'); return new Float32Array(b.buffer.slice(b.byteOffset, b.byteOffset + b.length)) }
    return { signals: signals.map((s) => ({ ...s, samples: floats(s.samples) })), annotations }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
