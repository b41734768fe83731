// The packed tarball gives the same in every runtime: conformance/suite.js in each, held to what it gives in node 20. Beats, rates and
// documents have to be equal, signals bit by bit.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { serve } from '../../demo/serve.mjs'
import { app } from '../../wasm/pack.mjs'
import { BROWSERS, launch, skip as noBrowser } from '../browser/browsers.js'
import { program, skip, workerd } from './conformance/programs.js'

const here = fileURLToPath(new URL('conformance', import.meta.url))
const WORKER_CASE = 'the same calls in a worker'
const run = promisify(execFile)

/** What node 20 gave, or the node that runs the tests. */
let expected
/** A user's place: the package in node_modules, and the suite in a folder beside it. */
const place = mkdtempSync(join(tmpdir(), 'fecg-runtimes-')), folder = join(place, 'conformance')

before(async () => {
  for (const name of ['package.json', 'node_modules']) cpSync(join(app, name), join(place, name), { recursive: true })
  cpSync(here, folder, { recursive: true })
  expected = await command(process.execPath)
})

after(() => rmSync(place, { recursive: true, force: true }))

/** The report of a runtime with a command line. @param {string} file @param {string[]} args */
async function command(file, ...args) {
  const env = { ...process.env, DENO_DIR: join(place, 'deno'), DENO_NO_UPDATE_CHECK: '1' }
  const { stdout } = await run(file, [...args, join(folder, 'command.js')], { cwd: place, env, maxBuffer: 1 << 26 })
  return JSON.parse(stdout)
}

/** What a runtime gave against what was expected; `without`: a case that it cannot have. */
function same(report, { without } = {}) {
  assert.deepEqual(report.failed, {})
  assert.equal(report.simd, 'simd128')
  const { [without]: _, ...cases } = expected.cases
  assert.deepEqual(report.cases, cases)
}

/** load() of itself: relaxed SIMD or not, the same beats. */
function itself(report, test) {
  assert.match(report.own.simd, /^(simd128|relaxed)$/)
  test.diagnostic(`load() of itself took ${report.own.simd}, signals within ${report.own.worst_uv} uV of simd128`)
}

test('the suite passes in the node that runs the tests', (t) => {
  assert.deepEqual(expected.failed, {})
  assert.ok(Object.keys(expected.cases).length >= 12)
  itself(expected, t)
})

for (const [name, ...args] of /** @type {const} */ ([['the newest node'], ['Deno', 'run', '--no-remote', '--allow-read'], ['Bun']])) {
  test(`${name} gives the same, to the bit, as node 20`, { skip: skip(name) }, async (t) => {
    const report = await command(/** @type {string} */ (program(name)), ...args)
    same(report)
    itself(report, t)
  })
}

test('workerd gives the same, to the bit, as node 20', { skip: skip('workerd') }, async () => {
  const pack = join(place, 'node_modules', 'fetal-ecg')
  const listed = (/** @type {string} */ kind, /** @type {string} */ name, /** @type {string} */ path) => `(name = "${name}", ${kind} = embed "${relative(folder, path)}")`
  const js = readdirSync(join(pack, 'js'), { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.js') && !f.startsWith('cli'))
  const modules = [
    ...['edge.js', 'suite.js'].map((f) => listed('esModule', f, join(folder, f))),
    ...js.map((f) => listed('esModule', `fetal-ecg/js/${f}`, join(pack, 'js', f))),
    listed('wasm', 'fetal-ecg/dist/fecg.wasm', join(pack, 'dist', 'fecg.wasm')),
    ...['fhnet', 'ecgnet'].map((n) => listed('data', `fetal-ecg/models/${n}/${n}.safetensors`, join(pack, 'models', n, `${n}.safetensors`))),
  ]
  const config = join(folder, 'config.capnp')
  writeFileSync(config, `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "suite", worker = (compatibilityDate = "2026-11-01", modules = [
    ${modules.join(',\n    ')}
  ]))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "suite")],
);
`)
  const server = await workerd(config)
  try {
    const response = await fetch(server.address)
    assert.equal(response.status, 200, server.said())
    const report = await response.json()
    same(report, { without: WORKER_CASE }) // there are no workers in it
    assert.equal(report.own.code, 'MISSING') // its scripts do not know where they lie
    assert.match(report.own.message, /load\(\{ wasm \}\)/)
  } finally {
    await server.close()
  }
})

for (const name of BROWSERS) {
  test(`${name} gives the same, to the bit, as node 20`, { skip: noBrowser(name) }, async (t) => {
    writeFileSync(join(folder, 'index.html'), '<!doctype html><title>conformance</title>')
    const host = await serve(place)
    const browser = await launch(name)
    try {
      const page = await browser.page()
      await page.goto(`${host.address}conformance/index.html`)
      const report = await page.evaluate(async () => {
        const at = '/node_modules/fetal-ecg'
        const [fetal, exported, { load: connect }, { run, byItself }] = await Promise.all([`${at}/js/index.js`, `${at}/js/export/index.js`, `${at}/js/worker.js`, '/conformance/suite.js'].map((path) => import(path)))
        const ecgnet = `${at}/models/ecgnet/ecgnet.safetensors`
        const sources = { wasm: `${at}/dist/fecg.wasm`, models: { fhnet: `${at}/models/fhnet/fhnet.safetensors`, ecgnet } }
        const given = { fetal, exported, connect, sources, ecgnet: new Uint8Array(await (await fetch(ecgnet)).arrayBuffer()) }
        return { ...await run(given), own: await byItself(given) }
      })
      same(report)
      itself(report, t)
      assert.deepEqual(await page.violations(), [])
    } finally {
      await browser.close()
      await host.close()
    }
  })
}
