// relaxed.example.js — what relaxed.test.js runs, in a node with the options that it needs:
//   node relaxed.example.js load FOLDER         which module load() of the package in a folder takes
//   node relaxed.example.js simulated|recorded FOLDER   recordings extracted by both modules
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { difference, recordings, whole } from './helpers.js'

const [what, folder] = process.argv.slice(2)
const { load } = await import(new URL('js/index.js', folder).href)

const SIMULATED = [{ seed: 1 }, { seed: 2, leads: 2, fs: 1000 }, { seed: 3, leads: 6, scenario: 'motion' }, { seed: 5, scenario: 'gaps' }]
const RECORDED = ['adfecgdb/r01.edf', 'cinc2013/a01.hea']

/** Inputs of read(), with options of extract(). */
async function inputs(simulator) {
  if (what === 'recorded') {
    return Promise.all(RECORDED.map(async (name) => {
      const bytes = await readFile(join(recordings, name)), at = (other) => readFile(join(recordings, dirname(name), other))
      return { name, input: name.endsWith('.hea') ? { hea: bytes, files: at } : bytes, how: { name } }
    }))
  }
  return SIMULATED.map((options) => {
    const simulation = simulator.simulate({ seconds: 30, fs: 500, leads: 4, ...options })
    return { name: JSON.stringify(options), input: { fs: simulation.fs, leads: simulation.leads, samples: whole(simulation) }, how: undefined }
  })
}

async function compare() {
  const engines = await Promise.all(['fecg', 'fecg.relaxed'].map((name) => load({ wasm: readFileSync(new URL(`dist/${name}.wasm`, folder)) })))
  const rows = []
  for (const { name, input, how } of await inputs(engines[0])) {
    const results = []
    for (const fecg of engines) results.push(await fecg.extract(await fecg.read(input, how), { signals: true }))
    const [a, b] = results
    const found = ({ maternal, fetal: { confidence, beat, ...fetal } }) => JSON.stringify({ maternal, fetal })
    rows.push({
      name, simd: [a.version.simd, b.version.simd], same: found(a) === found(b), beats: a.fetal.peaks_s.length,
      confidence: difference(a.fetal.confidence, b.fetal.confidence),
      uv: Math.max(...['fetal', 'maternal', 'residual'].flatMap((kind) => a.signals[kind].map((row, i) => difference(row, b.signals[kind][i])))),
    })
  }
  return rows
}

console.log(JSON.stringify(what === 'load' ? (await load()).simd : await compare()))
