// The module with relaxed SIMD beside the one without: the same beats, signals within 1e-3 uV, and who gets which. Where the Emscripten
// of the set-up has no relaxed SIMD there is none to test.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { relaxed } from '../../js/relaxed.js'
import { noRecordings, root } from './helpers.js'

const program = fileURLToPath(new URL('relaxed.example.js', import.meta.url))
const file = join(root, 'dist', 'fecg.relaxed.wasm')
const bytes = existsSync(file) ? readFileSync(file) : null
const skip = bytes ? false : 'the Emscripten of the set-up has no relaxed SIMD: NOTHING OF IT WAS TESTED'

// node 20 has it behind an option that later ones no longer know.
const OPTION = '--experimental-wasm-relaxed-simd'
const options = spawnSync(process.execPath, [OPTION, '-e', '0']).status === 0 ? [OPTION] : []

/** What relaxed.example.js prints. @param {string[]} [node] options of node */
function run(what, folder = root, node = options) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...node, program, what, pathToFileURL(folder).href], { encoding: 'utf8', maxBuffer: 1 << 26 })
  assert.equal(status, 0, stderr)
  return JSON.parse(stdout)
}

test('the package knows of the module just where it has it', () => {
  assert.equal(Boolean(relaxed), Boolean(bytes))
  if (relaxed) assert.equal(fileURLToPath(relaxed()), file)
})

test('it is under 150 kB gzipped', { skip }, () => {
  assert.ok(gzipSync(/** @type {Buffer} */ (bytes), { level: 9 }).length < 150_000)
})

for (const [what, why] of /** @type {const} */ ([['simulated', false], ['recorded', noRecordings]])) {
  test(`beats of ${what} recordings are the same, confidences within 1e-4, signals within 1e-3 uV`, { skip: skip || why }, (t) => {
    const rows = run(what)
    assert.ok(rows.length >= 2)
    for (const { name, simd, same, beats, confidence, uv } of rows) {
      t.diagnostic(`${name}: ${beats} beats, confidences within ${confidence.toExponential(1)}, signals within ${uv.toExponential(1)} uV`)
      assert.deepEqual(simd, ['simd128', 'relaxed'])
      assert.ok(same && beats > 0, `${name}: other beats`)
      assert.ok(confidence <= 1.001e-4, `${name}: confidences differ by ${confidence}`) // they are told to four places
      assert.ok(uv <= 1e-3, `${name}: signals differ by ${uv} uV`)
    }
  })
}

test('its kernels are the reference, its products near exact', { skip }, () => {
  const { status, stdout } = spawnSync(process.execPath, [...options, join(root, 'build', 'wasm', 'test_net_kernels_relaxed.js')], { encoding: 'utf8' })
  assert.equal(status, 0, stdout)
})

/** A package with some modules, and js/relaxed.js as it is for them. */
function packed(t, ...modules) {
  const folder = mkdtempSync(join(tmpdir(), 'fecg-relaxed-'))
  t.after(() => rmSync(folder, { recursive: true }))
  cpSync(join(root, 'js'), join(folder, 'js'), { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(folder, 'js', 'relaxed.js'), "export const relaxed = () => new URL('../dist/fecg.relaxed.wasm', import.meta.url)\n")
  mkdirSync(join(folder, 'dist'))
  for (const name of modules) symlinkSync(join(root, 'dist', name), join(folder, 'dist', name))
  return folder + '/'
}

test('load() takes it where the runtime does, else the other', { skip }, (t) => {
  const folder = packed(t, 'fecg.wasm', 'fecg.relaxed.wasm')
  assert.equal(run('load', folder), 'relaxed')
  assert.equal(run('load', folder, []), WebAssembly.validate(/** @type {Buffer} */ (bytes)) ? 'relaxed' : 'simd128')
})

test('where it is absent from its place load() takes the other', (t) => {
  const folder = packed(t, 'fecg.wasm')
  writeFileSync(join(folder, 'dist', 'fecg.relaxed.wasm'), 'not found') // as some hosts answer
  assert.equal(run('load', folder), 'simd128')
  rmSync(join(folder, 'dist', 'fecg.relaxed.wasm'))
  assert.equal(run('load', folder), 'simd128')
})
