// The page's gathering of samples and signals, which come in blocks.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rows, collectSignals, expected } from '../../demo/app/collected.js'
import { load } from '../../js/index.js'

test('rows hold what came, whether less, as much or more than was expected', () => {
  for (const length of [null, 0, 3, 7, 1000]) {
    const rows = new Rows([length, length])
    rows.add([Float32Array.of(1, 2), Float32Array.of(-1)])
    rows.add([Float32Array.of(3, NaN, 5), Float32Array.of()])
    rows.add([Float32Array.of(6, 7), Float32Array.of(-2)])
    assert.deepEqual(rows.whole.map((r) => [...r]), [[1, 2, 3, NaN, 5, 6, 7], [-1, -2]])
  }
})

test('signals gathered block by block are those that extract gives at once', async () => {
  const fecg = await load()
  const { fs, leads, chunks } = fecg.simulate({ seconds: 40, fs: 250, leads: 3, seed: 5 })
  const samples = [...chunks({ seconds: 40 })][0].mixture
  const recording = await fecg.read({ fs, leads, samples })
  const { signals } = await fecg.extract(recording, { method: 'classical', signals: true })
  for (const duration_s of [recording.duration_s, null, 1]) {
    const collected = collectSignals(duration_s)
    assert.equal(collected.signals, undefined)
    await fecg.extract(recording, { method: 'classical', signals: collected.add })
    assert.deepEqual(collected.signals, signals)
  }
  assert.equal(expected(40, 250), 10000)
})
