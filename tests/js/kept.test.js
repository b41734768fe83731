// Nothing of an extraction is kept in the engine or in V8's heap, whatever became of it: what a process holds besides is the allocator's.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Engine } from '../../js/engine.js'
import { extract } from '../../js/extract.js'
import { Models } from '../../js/models.js'
import { load } from '../../js/index.js'
import { read } from '../../js/recording.js'
import { edfBytes } from './helpers.js'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc')

test('extractions that end, fail, are aborted or are left in the middle keep no memory', async () => {
  const fecg = await load()
  const edf = edfBytes(fecg, fecg.simulate({ seconds: 3, leads: 2, fs: 250, seed: 3 }))
  const engine = await Engine.load(), models = new Models(engine)
  const run = async (options) => extract(engine, models, await read(engine, edf), { method: 'classical', ...options })
  const failing = [
    () => read(engine, Uint8Array.from({ length: 20_000 }, (_, i) => (i * 7919) & 255)),
    () => read(engine, edf.subarray(0, 200)),
    () => run({ leads: ['Z'] }),
    () => {
      const abort = new AbortController()
      return run({ signal: abort.signal, signals: () => abort.abort() })
    },
    async () => {
      for await (const _ of (await read(engine, edf)).blocks()) throw new Error('enough')
    },
  ]
  const held = async (count) => {
    for (let i = 0; i < count; i++) {
      await run()
      await assert.rejects(failing[i % failing.length]())
    }
    gc()
    const at = engine.alloc(1 << 16) // where the allocator finds room: it moves on where something stays behind
    engine.free(at)
    return { bytes: engine.memory.buffer.byteLength, at, heap: process.memoryUsage().heapUsed }
  }
  const first = await held(100), last = await held(400)
  assert.deepEqual([last.bytes, last.at], [first.bytes, first.at])
  assert.ok(last.heap - first.heap < 1 << 20, `the heap grew by ${last.heap - first.heap} bytes over 800 uses`)
})
