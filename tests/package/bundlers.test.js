// A page built by vite, webpack, esbuild and rollup, in Chromium under the strictest policy: it loads the module and the weights under
// the names that the bundler gave them, in the page and in a worker, and finds the beats that node finds. docs/bundlers.md has these builds.
import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { nodeResolve } from '@rollup/plugin-node-resolve'
import * as esbuild from 'esbuild'
import { rollup } from 'rollup'
import * as vite from 'vite'
import webpack from 'webpack'
import { serve } from '../../demo/serve.mjs'
import { app } from '../../wasm/pack.mjs'
import { launch, skip } from '../browser/browsers.js'
import { beats } from './bundlers/beats.js'

const packed = join(app, 'node_modules', 'fetal-ecg')
const folder = mkdtempSync(join(app, 'page-'))
const out = join(folder, 'out')
cpSync(fileURLToPath(new URL('bundlers', import.meta.url)), folder, { recursive: true })
after(() => rmSync(folder, { recursive: true }))

/** Each builds the page into `out` and gives the warnings of the bundler. @type {Record<string, () => Promise<unknown[]>>} */
const BUILDS = {
  async vite() {
    const warnings = []
    const logger = { ...vite.createLogger('silent'), warn: (/** @type {string} */ words) => warnings.push(words), warnOnce: (/** @type {string} */ words) => warnings.push(words) }
    writeFileSync(join(folder, 'index.html'), html('<script type="module" src="./page.js"></script>'))
    await vite.build({ root: folder, base: './', configFile: false, logLevel: 'warn', customLogger: logger, build: { outDir: out, emptyOutDir: true } })
    return warnings
  },
  async webpack() {
    const compiler = webpack({ mode: 'production', context: folder, entry: './page.js', output: { path: out }, performance: { hints: false } })
    const stats = await new Promise((done, fail) => compiler.run((error, stats) => (error ? fail(error) : done(stats))))
    await new Promise((done) => compiler.close(done))
    const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true })
    assert.deepEqual(errors, [])
    writeFileSync(join(out, 'index.html'), html('<script defer src="main.js"></script>'))
    return warnings
  },
  async esbuild() {
    const { warnings } = await esbuild.build({
      absWorkingDir: folder, entryPoints: { page: './named.js', 'worker/entry': 'fetal-ecg/worker/entry', 'storage-worker': 'fetal-ecg/serial/storage-worker' }, outdir: out,
      bundle: true, format: 'esm', loader: { '.wasm': 'file', '.safetensors': 'file' }, minify: true, logLevel: 'silent',
    })
    writeFileSync(join(out, 'index.html'), html('<script type="module" src="page.js"></script>'))
    return warnings
  },
  async rollup() {
    const warnings = []
    const files = {
      name: 'files',
      load(/** @type {string} */ id) {
        if (!/\.(wasm|safetensors)$/.test(id)) return
        const file = this.emitFile({ type: 'asset', name: basename(id), source: readFileSync(id) })
        return `export default import.meta.ROLLUP_FILE_URL_${file}`
      },
    }
    const bundle = await rollup({
      input: { page: join(folder, 'named.js'), 'worker/entry': 'fetal-ecg/worker/entry', 'storage-worker': 'fetal-ecg/serial/storage-worker' }, plugins: [nodeResolve({ rootDir: folder }), files], onwarn: (warning) => warnings.push(warning.message),
    })
    await bundle.write({ dir: out, format: 'es' })
    await bundle.close()
    writeFileSync(join(out, 'index.html'), html('<script type="module" src="page.js"></script>'))
    return warnings
  },
}
const html = (/** @type {string} */ script) => `<!doctype html><meta charset="utf-8"><title>test</title><link rel="icon" href="data:,">${script}\n`

let expected, browser
before(async () => {
  const { load } = await import(pathToFileURL(join(packed, 'js', 'index.js')).href)
  expected = await beats(await load())
  assert.ok(expected.fetal.length > 30)
  if (!skip('chromium')) browser = await launch('chromium')
})
after(() => browser?.close())

for (const [name, build] of Object.entries(BUILDS)) {
  test(`a page built by ${name} finds the beats that node finds, and in a worker`, { skip: skip('chromium') }, async () => {
    rmSync(out, { recursive: true, force: true })
    assert.deepEqual(await build(), [], 'without a warning')
    const seen = new Set()
    const server = await serve(out, { seen: (path) => seen.add(basename(path)) })
    const page = await browser.page()
    try {
      await page.goto(server.address)
      const answers = await page.until('the beats are found', () => globalThis.answers)
      assert.deepEqual(answers, [expected, expected, 'storage'], page.errors.join('\n'))
      assert.deepEqual([page.errors, await page.violations()], [[], []])
    } finally {
      await page.close()
      await server.close()
    }
    const built = readdirSync(out, { recursive: true, withFileTypes: true }).filter((f) => f.isFile()).map((f) => join(f.parentPath ?? f.path, f.name))
    const modules = readdirSync(join(packed, 'dist')).filter((file) => file.endsWith('.wasm')).map((file) => join('dist', file)) // one of them is what runs
    for (const originals of [modules, [join('models', 'fhnet', 'fhnet.safetensors')]]) {
      const names = originals.flatMap((original) => {
        const bytes = readFileSync(join(packed, original))
        const copies = built.filter((file) => extname(file) === extname(original) && readFileSync(file).equals(bytes)).map((file) => basename(file))
        assert.ok(copies.length < 2, `${original} is there once: ${copies}`)
        return copies
      })
      assert.deepEqual(names.filter((file) => originals.some((original) => basename(original) === file)), [], 'under a name of its own')
      assert.ok(names.some((file) => seen.has(file)), `and was loaded by it; loaded: ${[...seen]}`)
    }
  })
}

test('a page on the development server of vite finds them as well', { skip: skip('chromium') }, async () => {
  writeFileSync(join(folder, 'index.html'), html('<script type="module" src="./page.js"></script>'))
  const server = await vite.createServer({ root: folder, configFile: false, cacheDir: join(folder, 'cache'), server: { port: 0, fs: { allow: [app] } }, logLevel: 'error' })
  const page = await browser.page()
  try {
    await server.listen()
    await page.goto(server.resolvedUrls?.local[0])
    assert.deepEqual(await page.until('the beats are found', () => globalThis.answers), [expected, expected, 'storage'], page.errors.join('\n'))
  } finally {
    await page.close()
    await server.close()
  }
})

test('a page whose bundle left the files behind is told which, and what to do', { skip: skip('chromium') }, async () => {
  rmSync(out, { recursive: true, force: true })
  await esbuild.build({ absWorkingDir: folder, entryPoints: ['page.js'], bundle: true, format: 'esm', outdir: out, logLevel: 'silent' })
  writeFileSync(join(out, 'index.html'), html('<script type="module" src="page.js"></script>'))
  const server = await serve(out)
  const page = await browser.page()
  try {
    await page.goto(server.address)
    const [here, inWorker, kept] = await page.until('all have answered', () => globalThis.answers)
    assert.match(here, /^FecgError: http:.*\/dist\/fecg\.wasm: HTTP status 404: a bundle takes .*load\(\{ wasm \}\)/)
    assert.equal(kept, 'memory')
    assert.match(inWorker, /^FecgError: the worker did not start: its script .*load\(\{ worker \}\)/)
  } finally {
    await page.close()
    await server.close()
  }
})
