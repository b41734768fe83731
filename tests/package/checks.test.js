// What checkers say of the tarball, and what it may weigh.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { publint } from 'publint'
import { app, tarball } from '../../wasm/pack.mjs'

const MB = 1e6
const packed = join(app, 'node_modules', 'fetal-ecg')
const manifest = JSON.parse(readFileSync(join(packed, 'package.json'), 'utf8'))
/** Entries as they are imported; one with a star stands for its files. @type {[string, any][]} */
const entries = Object.entries(manifest.exports)
/** Those that pages can load: all that is code, but for what is for node alone. */
const forPages = entries.filter(([name, target]) => target.default?.endsWith('.js') && name !== './batch').map(([name]) => name.replace('.', 'fetal-ecg'))

const folder = mkdtempSync(join(app, 'checks-'))
after(() => rmSync(folder, { recursive: true }))

test('publint has nothing to say of it, strictly', async () => {
  const bytes = readFileSync(tarball)
  const { messages } = await publint({ pack: { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) }, strict: true })
  assert.deepEqual(messages, [])
})

test('attw finds the types of every entry, as an ES module', () => {
  const cli = join(dirname(createRequire(import.meta.url).resolve('@arethetypeswrong/cli/package.json')), 'dist', 'index.js')
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, tarball, '--profile', 'esm-only', '--no-definitely-typed', '--format', 'json'], { encoding: 'utf8', maxBuffer: 1 << 26 })
  assert.equal(status, 0, stdout + stderr)
  const { entrypoints } = JSON.parse(stdout).analysis
  assert.deepEqual(Object.keys(entrypoints).sort(), entries.map(([name]) => name).sort())
})

test('the engine weighs 150 kB at most over the wire, each network 1 MB, the tarball 3 MB', (t) => {
  const kB = (/** @type {number} */ n) => `${(n / 1000).toFixed(1)} kB`
  const weigh = (/** @type {string} */ what, /** @type {number} */ bytes, /** @type {number} */ most) => {
    t.diagnostic(`${what}: ${kB(bytes)} of ${kB(most)}`)
    assert.ok(bytes <= most, `${what} weighs ${kB(bytes)}, may weigh ${kB(most)}`)
  }
  const modules = readdirSync(join(packed, 'dist')).filter((file) => file.endsWith('.wasm'))
  assert.ok(modules.includes('fecg.wasm'))
  for (const file of modules) weigh(`${file}, gzip`, gzipSync(readFileSync(join(packed, 'dist', file)), { level: 9 }).length, 150e3)
  for (const network of readdirSync(join(packed, 'models'))) weigh(network, statSync(join(packed, 'models', network, `${network}.safetensors`)).size, MB)
  weigh('tarball', statSync(tarball).size, 3 * MB)
})

test('types come first in every entry, whose files are there; what is no entry cannot be imported', () => {
  for (const [name, target] of entries) {
    if (name === './package.json') continue
    assert.deepEqual(Object.keys(target), ['types', 'default'], name)
    for (const file of Object.values(target)) if (!file.includes('*')) assert.ok(existsSync(join(packed, file)), `${name}: ${file}`)
  }
  const resolve = (/** @type {string} */ name) => {
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', `console.log(import.meta.resolve('fetal-ecg/${name}'))`], { cwd: app, encoding: 'utf8' })
    return stdout.trim()
  }
  for (const [name, file] of [['models/fhnet.safetensors', 'models/fhnet/fhnet.safetensors'], ['models/ecgnet.safetensors', 'models/ecgnet/ecgnet.safetensors'], ['fecg.wasm', 'dist/fecg.wasm']])
    assert.ok(resolve(name).endsWith(`/fetal-ecg/${file}`), `${name}: ${resolve(name)}`)
  assert.equal(resolve('js/index.js'), '')
})

/** A bundle for pages: its text, what it still imports, and what the bundler complained of. @param {string} code @param {import('esbuild').BuildOptions} [options] */
async function bundled(code, options) {
  const { outputFiles, metafile, warnings } = await build({
    stdin: { contents: code, resolveDir: folder }, bundle: true, format: 'esm', write: false, metafile: true, logLevel: 'silent', ...options,
  })
  return { text: outputFiles[0].text, imports: Object.values(metafile.outputs).flatMap((output) => output.imports), warnings }
}

test('what pages load asks for nothing of node', async () => {
  assert.ok(forPages.length > 4)
  for (const name of forPages) {
    const { imports, warnings } = await bundled(`export * from '${name}'`) // throws where a page cannot have what is imported
    assert.deepEqual([imports, warnings], [[], []], name)
  }
})

test('what is not used is left out of a bundle, but for scripts that start something', async () => {
  const starts = ['fetal-ecg/worker/entry', 'fetal-ecg/serial/storage-worker']
  for (const name of forPages) {
    const { text } = await bundled(`import '${name}'`, { minify: true })
    if (starts.includes(name)) assert.ok(text.length > 500, name)
    else assert.equal(text.trim(), '', name)
  }
})

test('a bundle that does not know where it lies says what to name', async () => {
  const { text } = await bundled(`
    import { load } from 'fetal-ecg'
    import { load as loadInWorker } from 'fetal-ecg/worker'
    const words = (work) => work.then(() => 'nothing', ({ code, message }) => code + ' ' + message)
    Promise.all([words(load()), words(loadInWorker())]).then((all) => console.log(JSON.stringify(all)))
  `, { format: 'cjs', logOverride: { 'empty-import-meta': 'silent' } })
  const file = join(folder, 'bundle.cjs')
  writeFileSync(file, text)
  const { stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8' })
  assert.match(stdout, /^\[/, stderr)
  const [wasm, worker] = JSON.parse(stdout)
  assert.match(wasm, /^MISSING .*import\.meta\.url.*load\(\{ wasm \}\)/)
  assert.match(worker, /^MISSING .*import\.meta\.url.*load\(\{ worker \}\)/)
})

for (const [kind, program, skip] of [
  ['require()', "const { load } = require('fetal-ecg'); go(load)", process.features.require_module ? false : 'node requires ES modules from 20.19 and 22.12 on'],
  ['import()', "import('fetal-ecg').then(({ load }) => go(load))", false],
]) {
  test(`a CommonJS program gets it by ${kind}`, { skip }, () => {
    const cjs = join(folder, 'program.cjs')
    writeFileSync(cjs, `const go = async (load) => console.log((await load()).version)\n${program}\n`)
    const { status, stdout, stderr } = spawnSync(process.execPath, [cjs], { encoding: 'utf8' })
    assert.equal(status, 0, stderr)
    assert.equal(stdout.trim(), manifest.version)
  })
}
