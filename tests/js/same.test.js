// The same numbers natively and as wasm in node: the same document, signals within 1e-3 uV.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { load } from '../../js/index.js'
import { concat, difference, ecgnetWeights, native, nativeExtract, noRecordings, recordings, samples, simd128, whole } from './helpers.js'

const fecg = await load({ wasm: simd128 })

/** Extracts in wasm and natively and compares. */
async function compare(leads, fs, method) {
  const here = await fecg.extract(await fecg.read({ fs, samples: leads }), { method, signals: true })
  const there = nativeExtract(leads, fs, method)
  const { signals, ...document } = here
  for (const d of [document, there.result]) { // what says which build it was
    d.source.file = null
    d.version.simd = ''
    d.diagnostics = d.diagnostics.filter((x) => x.code !== 'LEADS_ASSUMED')
  }
  assert.deepEqual(document, there.result)
  for (const kind of ['fetal', 'maternal', 'residual']) {
    signals[kind].forEach((s, lead) => assert.ok(difference(s, there.signals[kind][lead]) <= 1e-3, `${kind} of lead ${lead}`))
  }
  return here
}

test('the simulator gives the same recording', () => {
  for (const [seed, fs, leads, scenario] of [[1, 500, 4, 'normal'], [9, 250, 2, 'motion'], [5, 1000, 3, 'gaps']]) {
    const here = whole(fecg.simulate({ seed, fs, leads, scenario, seconds: 20, snr_db: 6 }))
    const { outputs: [there] } = native(['simulate', 'out.f32', seed, 20, fs, leads, 6, scenario], {}, ['out.f32'])
    here.forEach((s, lead) => assert.equal(difference(s, there.subarray(lead * 20 * fs, (lead + 1) * 20 * fs)), 0))
  }
})

for (const [name, options] of Object.entries({
  'a clear recording': { seed: 2, seconds: 70, snr_db: 12 },
  'a noisy one at 1 kHz': { seed: 3, seconds: 30, snr_db: 0, fs: 1000 },
  'one with gaps, two leads, 250 Hz': { seed: 4, seconds: 130, scenario: 'gaps', leads: 2, fs: 250 },
  'one without a fetus': { seed: 5, seconds: 30, scenario: 'no-fetus' },
})) {
  for (const method of ['classical', 'network', 'fhnet']) {
    test(`extraction by ${method} gives the same of ${name}`, async () => {
      const simulation = fecg.simulate(options)
      await compare(whole(simulation), simulation.fs, method)
    })
  }
}

for (const method of ['classical', 'fhnet']) test(`extraction by ${method} gives the same of a real recording`, { skip: noRecordings }, async () => {
  const recording = await fecg.read(readFileSync(join(recordings, 'adfecgdb', 'r01.edf')), { name: 'r01.edf' })
  const leads = (await samples(recording, { channels: [1, 2, 3, 4] })).map((s) => s.subarray(0, 60_000))
  const result = await compare(leads.map((s) => s.slice()), 1000, method)
  assert.ok(result.fetal.peaks_s.length > 100)
})

for (const scenario of ['standard:normal', 'standard:lbbb', 'standard:af']) test(`classification gives the same document of ${scenario}`, async () => {
  for (const fs of [125, 500]) {
    const simulation = fecg.simulate({ seed: 11, seconds: 24, fs, leads: 12, snr_db: 10, scenario })
    const leads = whole(simulation)
    const here = await fecg.classify(await fecg.read({ fs, leads: simulation.leads, samples: leads }))
    const { stdout } = native(['classify', 'in.f32', fs, ecgnetWeights], { 'in.f32': concat(leads) }, [])
    const there = JSON.parse(stdout)
    for (const d of [here, there]) {
      d.source.file = null
      d.version.simd = ''
    }
    assert.deepEqual(here, there)
  }
})
