// bench_net.js — `npm run bench:net`, `npm run bench:ecgnet`: what a network costs here, beside onnxruntime with the same weights.
// One thread; FHNet: windows of 4 s and four leads, ECGNet: 10 s and twelve leads. Prints tables and asserts nothing.
//
// PYTHON names a Python with torch and onnxscript (and onnxruntime, for the native peer); without it peers are left out.
// The module with relaxed SIMD takes part where the set-up built it: with an Emscripten that knows -mrelaxed-simd (3.1.69 does, Debian
// 12's 3.1.6 does not); node 20 has to be asked: node --experimental-wasm-relaxed-simd tests/bench/bench_net.js fhnet. The machine should
// be idle.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { cpus } from 'node:os'
import { delimiter, extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { main, root, setup } from '../../wasm/setup.mjs'
import { Engine, NETWORKS, Onnx, furthest, measure } from './net_measure.js'

const self = fileURLToPath(import.meta.url)
const python = process.env.PYTHON ?? 'python3'
const [network, what, ...rest] = process.argv.slice(2)
const PROGRAM = `bench_${network}`
const MODULE = join(root, 'build', 'wasm', `${PROGRAM}.wasm`)
const RELAXED = join(root, 'build', 'wasm', `${PROGRAM}_relaxed.wasm`)
const TRAINED = join(root, 'models', network, `${network}.safetensors`)
const FORMULA = join(root, 'build', `${network}_formula.safetensors`)
const ONNX = join(root, 'build', `${network}.onnx`)

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]
const row = (name, ...cells) => console.log(`${name.padEnd(40)}${cells.map((c) => String(c).padStart(13)).join('')}`)
const note = (text) => console.log(`  ${text}`)
const kb = (bytes) => `${(bytes / 1000).toFixed(0)} kB`
const zipped = (...paths) => paths.reduce((sum, path) => sum + gzipSync(readFileSync(path), { level: 9 }).length, 0)

function has(...modules) {
  return spawnSync(python, ['-c', `import ${modules.join(', ')}`], { stdio: 'ignore' }).status === 0
}

function runPython(...args) {
  const run = spawnSync(python, args, { cwd: root, encoding: 'utf8' })
  if (run.status !== 0) throw new Error(`${python} ${args.join(' ')}\n${run.stderr}`)
  return run.stdout
}

/** Runs this file again in a process of its own; gives what it prints as JSON. */
function alone(...args) {
  const run = spawnSync(process.execPath, [...process.execArgv, self, network, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  if (run.status !== 0) throw new Error(`bench_net ${args[0]} ended with status ${run.status}`)
  return JSON.parse(run.stdout)
}

async function onnxruntime() {
  const ort = await import('onnxruntime-web')
  ort.env.wasm.numThreads = 1
  return ort
}

/** Module, weights and first window, in a process that has done nothing before. */
async function cold(what, weights) {
  const start = performance.now()
  const contender = what === 'onnx' ? await Onnx.load(network, await onnxruntime(), readFileSync(ONNX)) : await Engine.load(network, readFileSync(MODULE), readFileSync(weights), what === 'int16')
  await contender.run()
  return performance.now() - start
}

async function warm(weightsPath) {
  const weights = readFileSync(weightsPath)
  const f32 = await Engine.load(network, readFileSync(MODULE), weights, false)
  const contenders = { 'simd128 f32': f32, 'simd128 int16': await Engine.load(network, readFileSync(MODULE), weights, true) }
  const peakOf = { 'simd128 f32': f32 }
  if (existsSync(RELAXED) && WebAssembly.validate(readFileSync(RELAXED))) peakOf['relaxed f32'] = contenders['relaxed f32'] = await Engine.load(network, readFileSync(RELAXED), weights, false)
  if (existsSync(ONNX)) contenders['onnxruntime-web'] = await Onnx.load(network, await onnxruntime(), readFileSync(ONNX))
  for (const c of Object.values(contenders)) await c.run()
  const operations = f32.layers(1).reduce((sum, l) => sum + l.operations, 0)
  f32.run()
  const off = Object.fromEntries(Object.entries(contenders).map(([n, c]) => [n, furthest(c.output(), f32.output())]))
  const results = await measure(contenders, { reference: existsSync(ONNX) ? 'onnxruntime-web' : undefined, operations, peakOf })
  return { results, operations, off, layers: { f32: f32.layers(), int16: contenders['simd128 int16'].layers() } }
}

const chromiumPath = () => (process.env.PATH ?? '').split(delimiter).flatMap((folder) => ['chromium', 'chromium-browser', 'google-chrome'].map((n) => join(folder, n))).find(existsSync)

/** The same in a page: simd128 and, where it is built, relaxed. */
async function inChromium(weightsPath) {
  const { chromium } = await import('playwright-core')
  const files = { '/weights': weightsPath, '/onnx': ONNX, '/simd128': MODULE, '/relaxed': RELAXED }
  const types = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm' }
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url, 'http://localhost').pathname)
    if (path === '/') return response.setHeader('content-type', 'text/html').end('<!doctype html><title>bench</title>')
    const file = files[path] ?? (/^\/(tests\/bench|node_modules\/onnxruntime-web\/dist)\//.test(path) ? join(root, path) : '')
    try {
      const body = await readFile(file)
      response.setHeader('content-type', types[extname(file)] ?? 'application/octet-stream').end(body)
    } catch {
      response.writeHead(404).end()
    }
  }).listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox'] })
  try {
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${server.address().port}/`)
    return await page.evaluate(async ({ network, relaxed, onnx }) => {
      const { Engine, Onnx, furthest, measure } = await import('/tests/bench/net_measure.js')
      const bytes = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer())
      const weights = await bytes('/weights')
      const f32 = await Engine.load(network, await bytes('/simd128'), weights, false)
      const contenders = { 'simd128 f32': f32, 'simd128 int16': await Engine.load(network, await bytes('/simd128'), weights, true) }
      const peakOf = { 'simd128 f32': f32 }
      if (relaxed) peakOf['relaxed f32'] = contenders['relaxed f32'] = await Engine.load(network, await bytes('/relaxed'), weights, false)
      if (onnx) {
        const ort = await import('/node_modules/onnxruntime-web/dist/ort.wasm.bundle.min.mjs')
        ort.env.wasm.numThreads = 1
        ort.env.wasm.wasmPaths = '/node_modules/onnxruntime-web/dist/'
        contenders['onnxruntime-web'] = await Onnx.load(network, ort, await bytes('/onnx'))
      }
      for (const c of Object.values(contenders)) await c.run()
      const off = Object.fromEntries(Object.entries(contenders).map(([n, c]) => [n, furthest(c.output(), f32.output())]))
      const operations = f32.layers(1).reduce((sum, l) => sum + l.operations, 0)
      return { results: await measure(contenders, { reference: onnx ? 'onnxruntime-web' : undefined, operations, peakOf }), off }
    }, { network, relaxed: existsSync(RELAXED), onnx: existsSync(ONNX) })
  } finally {
    await browser.close()
    server.close()
  }
}

function show({ results, off }) {
  for (const [name, r] of Object.entries(results)) {
    row(name, r.ms.toFixed(2), r.best.toFixed(2), r.ratio ? r.ratio.toFixed(2) : '', r.gflops.toFixed(1), r.share ? `${(100 * r.share).toFixed(0)} % of ${r.peak.toFixed(1)}` : '', off[name].toExponential(0))
  }
}

/** The native engine and onnxruntime, as reference. */
function natively(weights) {
  const lines = spawnSync(join(root, 'build', 'native', PROGRAM), [weights], { encoding: 'utf8' }).stdout.trim().split('\n')
  const at = (name) => Number(lines.find((l) => l.startsWith(`${name} `))?.split(' ')[1])
  row('native f32 (SSE2), best', at('f32').toFixed(2))
  row('native int16 (SSE2), best', at('int16').toFixed(2))
  if (!existsSync(ONNX) || !has('onnxruntime')) return note(`no native onnxruntime: ${python} lacks it`)
  const best = runPython('-c', `
import json, time, numpy, onnxruntime as o
s = o.SessionOptions(); s.intra_op_num_threads = 1
r = o.InferenceSession(${JSON.stringify(ONNX)}, s)
x = {k: numpy.random.default_rng(1).uniform(-1, 1, d).astype('f4') for k, d in json.loads(${JSON.stringify(JSON.stringify(NETWORKS[network].feeds))}).items()}
x['mask'] = numpy.ones((1, ${NETWORKS[network].leads}), 'f4')
def once():
    t = time.perf_counter(); r.run(None, x); return time.perf_counter() - t
print(o.__version__, 1e3 * min(once() for _ in range(200)))`).trim().split(' ')
  row(`native onnxruntime ${best[0]}, best`, Number(best[1]).toFixed(2))
}

async function table() {
  let weights = TRAINED
  const exports = has('torch', 'safetensors', 'onnxscript')
  if (!existsSync(TRAINED)) {
    if (!existsSync(FORMULA) && !exports) return note(`no weights: models/${network}/${network}.safetensors is absent, and ${python} has no torch to make some`)
    if (!existsSync(FORMULA)) runPython(`models/${network}/vectors.py`, '--weights', FORMULA)
    weights = FORMULA
  }
  if ((!existsSync(ONNX) || statSync(ONNX).mtimeMs < statSync(weights).mtimeMs) && exports) runPython(`models/${network}/onnx_export.py`, ONNX, '--weights', weights)
  console.log(`${cpus()[0].model}, ${process.platform} ${process.arch}, node ${process.versions.node}, one thread; weights: ${weights === TRAINED ? `${network}.safetensors` : 'the formula of vectors.py'}`)
  if (!existsSync(ONNX)) note(`no onnxruntime: ${python} has no torch and onnxscript to export build/${network}.onnx`)

  const node = alone('--warm', weights)
  console.log(`\n${(node.operations / 1e6).toFixed(1)} MFLOP a window; medians of rounds in which all take turns\n`)
  const head = ['ms', 'best ms', 'x onnx', 'GFLOP/s', 'of f32 peak', 'off by']
  row('node', ...head)
  show(node)
  natively(weights)
  console.log('')
  if (chromiumPath()) {
    row('Chromium', ...head)
    show(alone('--chromium', weights))
    if (!existsSync(RELAXED)) note('no relaxed SIMD: the Emscripten of build/wasm does not have it')
  } else note('no Chromium on the PATH')

  console.log('')
  row('layer (node, simd128)', 'f32 ms', 'GFLOP/s', 'int16 ms', 'GOP/s')
  node.layers.f32.forEach((l, i) => {
    const whole = node.layers.int16[i]
    row(l.name, l.ms.toFixed(3), (l.operations / l.ms * 1e-6).toFixed(1), whole.ms.toFixed(3), (l.operations / whole.ms * 1e-6).toFixed(1))
  })

  console.log('')
  row('from nothing to the first window', 'ms', 'x faster')
  const times = (what, n) => median(Array.from({ length: n }, () => alone('--cold', what, weights)))
  const onnxCold = existsSync(ONNX) ? times('onnx', 5) : NaN
  for (const what of ['f32', 'int16']) {
    const ms = times(what, 9)
    row(`simd128 ${what}`, ms.toFixed(1), (onnxCold / ms).toFixed(1))
  }
  row('onnxruntime-web', onnxCold.toFixed(0))

  console.log('')
  row('download, gzip', 'code', 'weights')
  row('fecg.wasm, the whole engine', kb(zipped(join(root, 'dist', 'fecg.wasm'))), kb(zipped(weights)))
  const dist = (name) => join(root, 'node_modules', 'onnxruntime-web', 'dist', name)
  row('onnxruntime-web', kb(zipped(dist('ort.wasm.min.mjs'), dist('ort-wasm-simd-threaded.mjs'), dist('ort-wasm-simd-threaded.wasm'))), existsSync(ONNX) ? kb(zipped(ONNX)) : '')
}

if (what === '--warm') console.log(JSON.stringify(await warm(...rest)))
else if (what === '--chromium') console.log(JSON.stringify(await inChromium(...rest)))
else if (what === '--cold') console.log(JSON.stringify(await cold(...rest)))
else {
  await main(async () => {
    await setup({ programs: true })
    await table()
    return 0
  })
}
