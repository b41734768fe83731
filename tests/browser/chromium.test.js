// The same package in Chromium, under the strictest policy that lets wasm compile: same beats, same
// signals within 1e-3 uV as in node.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { delimiter, extname, join, normalize } from 'node:path'
import { after, before, test } from 'node:test'
import { chromium } from 'playwright-core'
import { load } from '../../js/index.js'
import { difference, edfBytes, root, simd128 } from '../js/helpers.js'

const executablePath = (process.env.PATH ?? '').split(delimiter)
  .flatMap((folder) => ['chromium', 'chromium-browser', 'google-chrome'].map((name) => join(folder, name))).find(existsSync)
const skip = executablePath ? false : 'no Chromium on the PATH: NOTHING WAS TESTED IN A BROWSER'

const TYPES = { '.js': 'text/javascript', '.wasm': 'application/wasm' }
let server, browser, page, address
const violations = []

/** Serves js/, dist/ and models/ of the package as a static host would. */
async function answer(request, response) {
  const path = normalize(new URL(request.url, 'http://localhost').pathname)
  response.setHeader('content-security-policy', "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'")
  if (path === '/') return response.setHeader('content-type', 'text/html').end('<!doctype html><title>test</title>')
  if (path === '/favicon.ico') return response.writeHead(204).end()
  try {
    if (!/^\/(js|dist|models)\//.test(path)) throw new Error('not served')
    const body = await readFile(join(root, path))
    response.setHeader('content-type', TYPES[extname(path)] ?? 'application/octet-stream').end(body)
  } catch {
    response.writeHead(404).end()
  }
}

before(async () => {
  if (skip) return
  server = createServer(answer).listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  address = `http://127.0.0.1:${server.address().port}/`
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  page = await browser.newPage()
  page.on('console', (m) => { if (m.type() === 'error') violations.push(m.text()) })
  page.on('pageerror', (e) => violations.push(String(e)))
  await page.goto(address)
})

after(async () => {
  await browser?.close()
  server?.close()
})

const OPTIONS = { seed: 21, seconds: 70, snr_db: 6, fs: 500 }

/** Runs in the page: simulate, extract, and give signals as base64 of float32. */
async function inPage(options) {
  const { load } = await import('/js/index.js')
  const fecg = await load({ wasm: '/dist/fecg.wasm' })
  const simulation = fecg.simulate(options)
  const chunks = [...simulation.chunks({ seconds: options.seconds })].map((c) => c.mixture)
  const recording = await fecg.read({ fs: simulation.fs, leads: simulation.leads, samples: chunks[0] }, { name: 'sim' })
  const { signals, ...document } = await fecg.extract(recording, { signals: true })
  const base64 = (floats) => {
    const bytes = new Uint8Array(floats.buffer)
    let text = ''
    for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096))
    return btoa(text)
  }
  return { document, signals: [...chunks[0], ...signals.fetal, ...signals.maternal, ...signals.residual].map(base64) }
}

test('extraction in Chromium gives what node gives', { skip }, async () => {
  const there = await page.evaluate(inPage, OPTIONS)
  const fecg = await load({ wasm: simd128 })
  const simulation = fecg.simulate(OPTIONS)
  const [{ mixture }] = simulation.chunks({ seconds: OPTIONS.seconds })
  const { signals, ...document } = await fecg.extract(await fecg.read({ fs: 500, leads: simulation.leads, samples: mixture }, { name: 'sim' }), { signals: true })
  assert.deepEqual(there.document, JSON.parse(JSON.stringify(document)))
  assert.ok(document.fetal.peaks_s.length > 100)
  assert.equal(document.method, 'fhnet')
  const here = [...mixture, ...signals.fetal, ...signals.maternal, ...signals.residual]
  here.forEach((s, i) => {
    const bytes = Buffer.from(there.signals[i], 'base64')
    assert.ok(difference(new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)), s) <= 1e-3)
  })
})

test('classification and denoising in Chromium give what node gives', { skip }, async () => {
  const options = { seed: 5, seconds: 20, fs: 500, scenario: 'standard:pvc' }
  const run = async (/** @type {any} */ load_, wasm, o) => {
    const { load } = load_ ?? await import('/js/index.js')
    const fecg = await load({ wasm })
    const simulation = fecg.simulate(o)
    const [{ mixture }] = simulation.chunks({ seconds: o.seconds })
    const read = () => fecg.read({ fs: o.fs, leads: simulation.leads, samples: mixture })
    const { uv } = await fecg.denoise(await read(), { leads: ['II'] })
    return { document: await fecg.classify(await read()), clean: [...uv[0].subarray(2000, 2100)] }
  }
  const there = await page.evaluate(`(${run})(null, '/dist/fecg.wasm', ${JSON.stringify(options)})`)
  const here = await run({ load }, simd128, options)
  assert.deepEqual(there, JSON.parse(JSON.stringify(here)))
  assert.equal(there.document.windows.length, 2)
})

test('a File of a page is read and extracted, and an abort rejects', { skip }, async () => {
  const fecg = await load({ wasm: simd128 })
  const edf = edfBytes(fecg, fecg.simulate(OPTIONS))
  const expected = await fecg.extract(await fecg.read(edf, { name: 'sim.edf' }))
  const { document, reason } = await page.evaluate(async (base64) => {
    const { load } = await import('/js/index.js')
    const fecg = await load({ wasm: '/dist/fecg.wasm' })
    const recording = await fecg.read(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], 'sim.edf'))
    const document = await fecg.extract(recording)
    const reason = await fecg.extract(recording, { signal: AbortSignal.abort('stop') }).then(() => 'done', (r) => r)
    return { document, reason }
  }, Buffer.from(edf).toString('base64'))
  assert.deepEqual(document, JSON.parse(JSON.stringify(expected)))
  assert.equal(reason, 'stop')
})

test('nothing breaks the content security policy', { skip }, () => {
  assert.deepEqual(violations, [])
})
