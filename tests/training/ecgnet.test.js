/**
 * Training of ECGNet from end to end, small: simulated persons through the engine's front end, a few steps, a stop and going on,
 * export, and the engine with these weights. Needs Python with PyTorch (models/fhnet/requirements.txt): build/venv, or what
 * FECG_PYTHON names; no recordings.
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

test('a run of ECGNet trains, stops, goes on, is exported, and the engine classifies with its weights', { skip }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ecgnet-'))
  const run = (script, ...args) => execFileSync(python, [join(root, 'models', 'ecgnet', script), ...args.map(String)], { encoding: 'utf8' })
  try {
    if (!process.env.ECGNET_BRIDGE) execFileSync('cmake', ['--build', join(root, 'build', 'native'), '--target', 'ecgnet_bridge'], { stdio: 'ignore' })
    const data = join(folder, 'variants'), out = join(folder, 'run')
    run('simulated.py', join(data, 'simulated.npz'), '--persons', 8)
    run('variants.py', data, '--data', 'simulated', '--copies', 2)
    assert.ok(existsSync(join(data, 'simulated-001.npz')))
    const train = steps => run('train.py', out, '--data', data, '--sets', 'simulated', '--steps', steps, '--lead-windows', 12)
    train(4)
    const before = readFileSync(join(out, 'weights.pt'))
    assert.match(train(6), /step 6/)
    assert.notDeepEqual(readFileSync(join(out, 'weights.pt')), before)
    assert.match(readFileSync(join(out, 'log.csv'), 'utf8'), /^step,.*\n4,.*\n6,/)

    const file = join(folder, 'smoke.safetensors')
    run('export.py', file, join(out, 'weights.pt'), '--name', 'smoke', '--trained-on')
    const fecg = await load({})
    const simulated = fecg.simulate({ seed: 3, seconds: 10, leads: 12, scenario: 'standard:normal' })
    const samples = Array.from({ length: 12 }, () => [])
    for (const { mixture } of simulated.chunks()) mixture.forEach((x, l) => samples[l].push(...x))
    const labels = ['I', 'II', 'III', 'aVR', 'aVL', 'aVF', 'V1', 'V2', 'V3', 'V4', 'V5', 'V6']
    const recording = await fecg.read({ fs: simulated.fs, leads: labels, samples: samples.map(x => Float32Array.from(x)) })
    const result = await fecg.classify(recording, { model: await fecg.model(readFileSync(file)) })
    assert.equal(result.version.model, 'smoke')
    assert.ok(result.abnormal > 0 && result.abnormal < 1)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
