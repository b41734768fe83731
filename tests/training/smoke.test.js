/**
 * Training from end to end, small: simulated minutes through the engine's front end, a few steps, a stop and going on,
 * export, and the engine with these weights. Needs Python with PyTorch (models/fhnet/requirements.txt): build/venv, or what
 * FECG_PYTHON names.
 */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { load } from '../../js/index.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const python = [process.env.FECG_PYTHON, join(root, 'build', 'venv', 'bin', 'python'), 'python3'].find(p =>
  p && spawnSync(p, ['-c', 'import torch, safetensors, scipy'], { stdio: 'ignore' }).status === 0)
const skip = python ? false : 'no Python with PyTorch (pip install -r models/fhnet/requirements.txt)'

test('a run trains, stops, goes on, is exported, and the engine extracts with its weights', { skip }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fhnet-'))
  const run = (script, ...args) => execFileSync(python, [join(root, 'models', 'fhnet', script), ...args.map(String)], { encoding: 'utf8' })
  try {
    execFileSync('cmake', ['--build', join(root, 'build', 'native'), '--target', 'fhnet_bridge'], { stdio: 'ignore' })
    const data = join(folder, 'minutes'), out = join(folder, 'run')
    run('simulated.py', data, '--minutes', 3, '--first-seed', 1_000_000, '--workers', 1)
    const train = (steps, to) => run('train.py', to, '--data', data, '--validation', data, '--steps', steps, '--lead-windows', 16)
    train(8, out)
    const before = readFileSync(join(out, 'weights.pt'))
    assert.match(train(12, out), /step 12/)
    assert.notDeepEqual(readFileSync(join(out, 'weights.pt')), before)
    assert.match(readFileSync(join(out, 'log.csv'), 'utf8'), /^step,.*\n8,.*\n12,/)

    const file = join(folder, 'smoke.safetensors')
    run('export.py', join(out, 'weights.pt'), file, '--name', 'smoke')
    assert.ok(existsSync(file))
    const fecg = await load({})
    const simulated = fecg.simulate({ seed: 3, seconds: 12, leads: 2 })
    const samples = [[], []]
    for (const { mixture } of simulated.chunks()) mixture.forEach((x, l) => samples[l].push(...x))
    const recording = await fecg.read({ fs: simulated.fs, leads: ['A', 'B'], samples: samples.map(x => Float32Array.from(x)) })
    const model = await fecg.model(readFileSync(file))
    const result = await fecg.extract(recording, { method: 'network', model })
    assert.equal(result.version.model, 'smoke')
    assert.equal(result.method, 'network')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
