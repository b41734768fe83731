// The tarball as npm would publish it: complete, without a run-time dependency, and it works.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { app, tarball } from '../../wasm/pack.mjs'
import { root } from '../js/helpers.js'

const folder = join(app, 'node_modules', 'fetal-ecg')

function run(program, args, cwd) {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8', shell: process.platform === 'win32' })
  assert.equal(status, 0, stderr)
  return stdout
}

test('the packed package extracts a recording', async () => {
  const { load } = await import(pathToFileURL(join(folder, 'js', 'index.js')).href)
  const fecg = await load()
  const simulation = fecg.simulate({ seconds: 20 })
  const [{ mixture }] = simulation.chunks({ seconds: 20 })
  const result = await fecg.extract(await fecg.read({ fs: simulation.fs, leads: simulation.leads, samples: mixture }))
  assert.equal(result.schema, 'fecg.extract/1')
  assert.equal(result.method, 'fhnet')
})

test('the packed package classifies one', async () => {
  const { load } = await import(pathToFileURL(join(folder, 'js', 'index.js')).href)
  const fecg = await load()
  const simulation = fecg.simulate({ seconds: 10, scenario: 'standard:normal' })
  const [{ mixture }] = simulation.chunks({ seconds: 10 })
  const result = await fecg.classify(await fecg.read({ fs: simulation.fs, leads: simulation.leads, samples: mixture }))
  assert.equal(result.schema, 'fecg.classify/1')
  assert.notEqual(result.label, null)
})

test('the weights are in the package (and by npm 9 their cards), training code, folds and vectors are not', () => {
  const names = run('tar', ['tzf', tarball], root).trim().split('\n').map((f) => f.replace('package/', ''))
  assert.deepEqual(names.filter((f) => /^models\/.*(?<!README\.md)$/.test(f)).sort(), ['models/ecgnet/ecgnet.safetensors', 'models/fhnet/fhnet.safetensors'])
  assert.deepEqual(names.filter((f) => /^(src|tests|wasm|build)\/|\.(py|c|h)$/.test(f)), [])
})

test('the modules are in the package, and js/relaxed.js says whether the one with relaxed SIMD is', async () => {
  const { relaxed } = await import(pathToFileURL(join(folder, 'js', 'relaxed.js')).href)
  const modules = readdirSync(join(folder, 'dist')).filter((f) => f.endsWith('.wasm'))
  assert.deepEqual(modules.sort(), [...(relaxed ? [basename(fileURLToPath(relaxed()))] : []), 'fecg.wasm'])
})

test('the packed command answers', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  assert.match(run(process.execPath, [join(folder, 'js', 'cli.js'), '--version'], folder), new RegExp(version))
})

test('the package has no run-time dependency; ports in node need serialport, for who wants them', () => {
  const { dependencies, peerDependencies, peerDependenciesMeta } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  assert.equal(dependencies, undefined)
  assert.deepEqual(Object.keys(peerDependencies), ['serialport'])
  assert.deepEqual(peerDependenciesMeta, { serialport: { optional: true } })
})

test('the lock file names no host', () => {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  assert.deepEqual(Object.values(lock.packages).filter((p) => p.resolved), [])
})
