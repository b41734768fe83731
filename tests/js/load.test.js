// The loader: one module, from wherever it comes, without glue.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { FecgError, load } from '../../js/index.js'
import { root } from './helpers.js'

const file = new URL('dist/fecg.wasm', pathToFileURL(root + '/'))
const bytes = await readFile(file)

test('load gives the same engine every time', async () => {
  assert.equal(await load(), await load())
})

test('load takes a URL, its text, bytes, an ArrayBuffer or a module, and makes a new engine of it', async () => {
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)
  const usual = await load()
  for (const wasm of [file, file.href, bytes, buffer, await WebAssembly.compile(bytes)]) {
    const fecg = await load({ wasm })
    assert.notEqual(fecg, usual)
    assert.equal(fecg.simd, 'simd128')
    assert.match(fecg.version, /^\d+\.\d+\.\d+$/)
  }
})

test('load refuses what is no module', async () => {
  await assert.rejects(load({ wasm: /** @type {any} */ (42) }), { name: 'FecgError', code: 'ARGUMENT' })
  const foreign = await WebAssembly.compile(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0))
  for (const [wasm, code] of [[new Uint8Array([1, 2, 3]), 'FORMAT'], [foreign, 'FORMAT'], [new URL('nothing.wasm', file), 'MISSING'], [new URL('../package.json', file).href, 'FORMAT']]) {
    await assert.rejects(load({ wasm }), (e) => e instanceof FecgError && e.code === code && e.cause instanceof Error && e.message.length > 20)
  }
  await assert.rejects(load({ wasm: 'dist/fecg.wasm' }), { code: 'ARGUMENT', message: /not a URL, as file:.*: dist\/fecg\.wasm/ }) // relative to what?
  for (const name of ['nothing.wasm', '../package.json']) {
    const { href } = new URL(name, file)
    await assert.rejects(load({ wasm: href }), (e) => e.file === href && e.message.startsWith(`${href}: `))
  }
})

for (const [lacks, flag] of [['WebAssembly', '--jitless'], ['its SIMD', '--no-enable-sse4-1']]) {
  const skip = flag === '--no-enable-sse4-1' && process.arch !== 'x64' ? 'only on x64 has node a flag that takes SIMD away' : false
  test(`a runtime without ${lacks} is told so`, { skip }, () => {
    const program = "import('./js/index.js').then(({ load }) => load()).catch(({ name, code, message }) => console.log(JSON.stringify({ name, code, message })))"
    const { stdout, stderr } = spawnSync(process.execPath, [flag, '--eval', program], { cwd: root, encoding: 'utf8' })
    assert.match(stdout, /^\{/, stderr)
    const { name, code, message } = JSON.parse(stdout)
    assert.deepEqual([name, code], ['FecgError', 'SIMD'])
    assert.match(message, /no WebAssembly SIMD.*newer/)
  })
}

test('options that are null are as none', async () => {
  assert.equal(await load(/** @type {any} */ (null)), await load())
})

test('over HTTP the module loads with and without its media type, and a missing one is an error', async (t) => {
  t.mock.method(globalThis, 'fetch', async (url) => {
    if (url.pathname === '/down.wasm') throw new TypeError('fetch failed')
    if (url.pathname === '/none.wasm') return new Response('', { status: 404 })
    return new Response(bytes, { headers: { 'content-type': url.pathname === '/typed.wasm' ? 'application/wasm' : 'application/octet-stream' } })
  })
  assert.equal((await load({ wasm: 'http://localhost/typed.wasm' })).simd, 'simd128')
  assert.equal((await load({ wasm: 'http://localhost/plain.wasm' })).simd, 'simd128')
  await assert.rejects(load({ wasm: 'http://localhost/none.wasm' }), (e) => e instanceof FecgError && e.code === 'MISSING' && /404/.test(e.message))
  await assert.rejects(load({ wasm: 'http://localhost/down.wasm' }), { name: 'FecgError', code: 'MISSING' })
})

test('the version is that of the package', async () => {
  const { version } = JSON.parse(await readFile(root + '/package.json', 'utf8'))
  assert.equal((await load()).version, version)
})

test('the module imports nothing but the notice of memory growth', async () => {
  const imports = WebAssembly.Module.imports(await WebAssembly.compile(bytes)).map((i) => `${i.module}.${i.name}`)
  assert.deepEqual(imports.filter((i) => i !== 'env.emscripten_notify_memory_growth'), [])
})

test('the module is under 150 kB gzipped', () => {
  assert.ok(gzipSync(bytes, { level: 9 }).length < 150_000)
})
