// Recording in Chromium and Firefox: into the browser's storage, from where a page that was closed gets it back; into a file that the
// user chose; into memory where there is no storage.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { serve } from '../../demo/serve.mjs'
import { load } from '../../js/index.js'
import { difference, root, samples, whole } from '../js/helpers.js'
import { BROWSERS, launch, skip } from './browsers.js'

const fecg = await load()
const simulation = { seed: 4, seconds: 20, fs: 250, leads: 3 }
const source = whole(fecg.simulate(simulation))

let folder, server

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fecg-recorder-'))
  for (const name of ['js', 'dist', 'models']) symlinkSync(join(root, name), join(folder, name))
  writeFileSync(join(folder, 'page.js'), `import { load } from './js/worker.js'
import { Recorder, pageTarget, recover } from './js/serial/index.js'
const fecg = await load()
const { leads, fs, chunks } = await fecg.simulate(${JSON.stringify(simulation)})
const pieces = []
for await (const { mixture } of chunks({ seconds: 0.5 })) pieces.push(mixture)
const base64 = async (file) => new Promise((done) => {
  const reader = new FileReader()
  reader.onload = () => done(reader.result.split(',')[1])
  reader.readAsDataURL(file)
})
Object.assign(globalThis, { base64, pageTarget, recover, started: async (name, options) => {
  const target = await pageTarget(name, options)
  const recorder = await Recorder.open(fecg, target, { fs, leads, started: new Date(2026, 10, 26, 10, 30) })
  return { target, recorder, push: async (seconds) => { for (let i = 0; i < 2 * seconds; i++) await recorder.push(pieces[i]) } }
} })
`)
  writeFileSync(join(folder, 'index.html'), '<!doctype html><meta charset="utf-8"><title>test</title><link rel="icon" href="data:,"><script type="module" src="page.js"></script>')
  server = await serve(folder)
})

after(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

/** Checks the bytes of a recording of so many seconds. */
async function check(base64, seconds) {
  const recording = await fecg.read(Buffer.from(base64, 'base64'), { name: 'r.edf' })
  assert.equal(recording.duration_s, seconds)
  assert.deepEqual(recording.diagnostics, [])
  const rows = await samples(recording)
  rows.forEach((row, c) => assert.ok(difference(row, source[c].slice(0, row.length)) <= 0.2501))
}

for (const name of BROWSERS) {
  test(`in ${name}`, { skip: skip(name) }, async (t) => {
    const browser = await launch(name)
    const open = async (...before) => {
      const page = await browser.page({ before })
      await page.goto(server.address)
      await page.until('the package is loaded', () => 'started' in globalThis)
      return page
    }
    try {
      const page = await open()

      await t.test('a page that is closed while it records leaves its whole seconds; while it records nobody is given them', async () => {
        const closing = await open()
        const kept = await closing.evaluate(async () => {
          const { target, push } = await started('live.edf')
          await push(7.5)
          return target.kept
        })
        assert.equal(kept, 'storage')
        assert.deepEqual(await page.evaluate(async () => (await recover()).length), 0)
        await closing.close()
        await page.until('the storage is let go', async () => (await recover()).length === 1)
        const found = await page.evaluate(async () => {
          const [{ name, seconds, started, file }] = await recover()
          return { name, seconds, started: started.getTime(), file: file.name, bytes: await base64(file) }
        })
        assert.deepEqual({ ...found, bytes: '' }, { name: 'live.edf', seconds: 7, started: new Date(2026, 10, 26, 10, 30).getTime(), file: 'live.edf', bytes: '' })
        await check(found.bytes, 7)
      })

      await t.test('another of its name gets a number; finished it is a file, removed it is gone', async () => {
        const there = await page.evaluate(async () => {
          const { recorder, push } = await started('live.edf')
          await push(3)
          const kept = await recorder.finish()
          const names = async () => (await recover()).map((r) => r.name).sort()
          const before = await names(), bytes = await base64(kept.file)
          await kept.remove()
          for (const left of await recover()) await left.remove()
          return { bytes, before, after: await names() }
        })
        assert.deepEqual([there.before, there.after], [['live-2.edf', 'live.edf'], []])
        await check(there.bytes, 3)
      })

      await t.test('a file that the user chose has it in the end, and the storage no more', async () => {
        const there = await page.evaluate(async () => {
          const root = await navigator.storage.getDirectory()
          const saveTo = await root.getFileHandle('chosen.edf', { create: true }) // as a picker gives it
          const { recorder, push } = await started('x.edf', { saveTo })
          await push(4)
          const during = (await saveTo.getFile()).size
          await recorder.finish()
          return { during, bytes: await base64(await saveTo.getFile()), left: (await recover()).length }
        })
        assert.deepEqual([there.during, there.left], [0, 0])
        await check(there.bytes, 4)
      })

      await t.test('nothing recorded leaves nothing', async () => {
        const there = await page.evaluate(async () => {
          const { recorder } = await started('empty.edf')
          const kept = await recorder.finish(), left = []
          for await (const key of (await (await navigator.storage.getDirectory()).getDirectoryHandle('fetal-ecg recordings')).keys()) left.push(key)
          return { kept, left }
        })
        assert.deepEqual(there, { kept: null, left: [] })
      })

      await t.test('without storage it is memory, up to a limit', async () => {
        const bare = await open({ script: () => { StorageManager.prototype.getDirectory = () => Promise.reject(new DOMException('no', 'SecurityError')) } })
        const there = await bare.evaluate(async () => {
          const { target, recorder, push } = await started('m.edf', { limit: 20_000 })
          const code = await push(20).then(() => null, (e) => e.code)
          return { kept: target.kept, limit: target.limit, code, recovered: await recover(), bytes: await base64((await recorder.finish()).file) }
        })
        assert.deepEqual({ ...there, bytes: '' }, { kept: 'memory', limit: 20_000, code: 'MEMORY', recovered: [], bytes: '' })
        await check(there.bytes, Math.floor((20_000 - 1280) / (2 * (3 * 250 + 368))))
      })

      assert.deepEqual(page.errors, [])
      assert.deepEqual(await page.violations(), [])
    } finally {
      await browser.close()
    }
  })
}
