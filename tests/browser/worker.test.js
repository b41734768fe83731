// fetal-ecg/worker in Chromium and Firefox, as a module worker under the policy of the page: what node gives, with abort, sinks and a
// live stream, while the page itself computes nothing.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { serve } from '../../demo/serve.mjs'
import { load } from '../../js/index.js'
import { edfBytes, root, simd128 } from '../js/helpers.js'
import { BROWSERS, launch, skip } from './browsers.js'

const fecg = await load({ wasm: simd128 })
const simulation = fecg.simulate({ seed: 21, seconds: 70, snr_db: 6 })
const edf = edfBytes(fecg, simulation)
const expected = JSON.parse(JSON.stringify(await fecg.extract(await fecg.read(edf, { name: 'sim.edf' }))))

let folder, server

/** A host that serves the package as it is, and a page that loads it. */
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fecg-worker-'))
  for (const name of ['js', 'dist', 'models']) symlinkSync(join(root, name), join(folder, name))
  writeFileSync(join(folder, 'sim.edf'), edf)
  writeFileSync(join(folder, 'page.js'), "import { FecgError, load } from './js/worker.js'\nObject.assign(globalThis, { FecgError, load })\n")
  writeFileSync(join(folder, 'index.html'), '<!doctype html><meta charset="utf-8"><title>test</title><link rel="icon" href="data:,"><script type="module" src="page.js"></script>')
  server = await serve(folder)
})

after(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

/** Runs in the page before its scripts: notes what it compiles itself. */
function noteCompiling() {
  globalThis.compiled = []
  for (const key of ['compile', 'compileStreaming', 'instantiate', 'instantiateStreaming', 'Module']) {
    WebAssembly[key] = new Proxy(WebAssembly[key], { apply: (f, self, args) => { compiled.push(key); return Reflect.apply(f, self, args) } })
  }
}

for (const name of BROWSERS) {
  test(`in ${name}`, { skip: skip(name) }, async (t) => {
    const browser = await launch(name)
    try {
      const page = await browser.page({ before: [{ script: noteCompiling }] })
      await page.goto(server.address)
      await page.until('the package is loaded', () => 'load' in globalThis)
      await page.evaluate(async () => {
        globalThis.fecg = await load({ wasm: 'dist/fecg.wasm' })
        globalThis.file = new File([await (await fetch('sim.edf')).arrayBuffer()], 'sim.edf')
      })

      await t.test('a File is read in the worker and gives what node gives, and the page compiles nothing', async () => {
        const there = await page.evaluate(async () => {
          const recording = await fecg.read(file)
          const progress = []
          const document = await fecg.extract(recording, { onProgress: (p) => progress.push(p) })
          return { document, progress, compiled, shown: [recording.name, recording.format, recording.annotations.length], simd: fecg.simd }
        })
        assert.deepEqual(there.document, expected)
        assert.equal(there.progress.at(-1).fraction, 1)
        assert.deepEqual(there.shown, ['sim.edf', 'EDF+C', simulation.beats.fetal.length])
        assert.deepEqual(there.compiled, [])
        assert.equal(there.simd, 'simd128')
      })

      await t.test('a sink is waited for, an abort rejects with its reason, errors keep their code', async () => {
        const there = await page.evaluate(async () => {
          const recording = await fecg.read(file)
          let busy = 0, worst = 0, samples = 0
          await fecg.denoise(recording, {
            signals: async ({ uv }) => {
              worst = Math.max(worst, ++busy)
              await new Promise((done) => setTimeout(done, 20))
              busy--
              samples += uv[0].length
            },
          })
          const stop = new AbortController()
          const reason = { why: 'enough' }
          const aborted = await fecg.extract(recording, { signal: stop.signal, signals: () => stop.abort(reason) }).catch((error) => error)
          const error = await fecg.read(new Uint8Array(9)).catch((e) => e)
          return { worst, samples, same: aborted === reason, code: error.code, known: error instanceof FecgError }
        })
        assert.deepEqual(there, { worst: 1, samples: expected.source.duration_s * simulation.fs, same: true, code: 'FORMAT', known: true })
      })

      await t.test('a live stream is piped through the worker', async () => {
        const here = fecg.stream({ fs: simulation.fs, leads: simulation.leads })
        const frames = []
        for (const { mixture } of simulation.chunks({ seconds: 1 })) frames.push(...await here.push(mixture))
        frames.push(...await here.finish())
        here.close()
        const there = await page.evaluate(async (options) => {
          const { fs, leads, chunks } = await fecg.simulate(options)
          const stream = await fecg.stream({ fs, leads, transfer: true })
          const writer = stream.writable.getWriter()
          const written = (async () => {
            for await (const { mixture } of chunks({ seconds: 1 })) {
              await writer.ready
              writer.write(mixture)
            }
            await writer.close()
          })()
          const got = []
          for await (const { beats, rate, quality, state, t0_s, fetal } of stream) got.push({ beats, rate, quality, state, t0_s, n: fetal[0].length })
          await written
          return got
        }, { seed: 21, seconds: 70, snr_db: 6 })
        assert.deepEqual(there, JSON.parse(JSON.stringify(frames.map(({ beats, rate, quality, state, t0_s, fetal }) => ({ beats, rate, quality, state, t0_s, n: fetal[0].length })))))
      })

      await t.test('close() ends the worker, and what waits rejects; a script that is not there is an error', async () => {
        const there = await page.evaluate(async () => {
          const other = await load()
          const running = other.extract(await other.read(file)).catch((error) => error)
          await other.close()
          const missing = await load({ worker: 'nowhere.js' }).catch((error) => error)
          return [(await running).code, (await other.read(file).catch((error) => error)).message, missing.code]
        })
        assert.deepEqual(there, ['STATE', 'the worker was closed', 'MISSING'])
      })

      await t.test('nothing breaks the policy', async () => {
        assert.deepEqual(await page.violations(), [])
      })
    } finally {
      await browser.close()
    }
  })
}
