// bench.js — `npm run bench [-- --day]`: what the engine costs on this machine. Prints a table and asserts
// nothing. --day adds the 24-hour recording (a temporary file of about 350 MB, some minutes).
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, statSync, writeSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { main, root, setup } from '../../wasm/setup.mjs'

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1]
const row = (name, ...cells) => console.log(`${name.padEnd(44)}${cells.map((c) => String(c).padStart(16)).join('')}`)
const self = fileURLToPath(import.meta.url)

/** Runs this file again in a process of its own, for one measurement; gives what it prints as JSON. */
function alone(...args) {
  const run = spawnSync(process.execPath, [self, ...args.map(String)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  if (run.status !== 0) throw new Error(`bench ${args[0]} ended with status ${run.status}`)
  return JSON.parse(run.stdout)
}

/** From nothing to an engine that answers, in a fresh process: import and load(). */
async function measureLoad() {
  const start = performance.now()
  const { load } = await import('../../js/index.js')
  await load()
  return performance.now() - start
}

async function measureExtract() {
  const { load } = await import('../../js/index.js')
  const { nativeExtract, whole } = await import('../js/helpers.js')
  const fecg = await load()
  const simulation = fecg.simulate({ seconds: 60, fs: 1000, leads: 4 })
  const leads = whole(simulation)
  const recording = await fecg.read({ fs: 1000, samples: leads })
  const runs = []
  for (let i = 0; i < 5; i++) {
    const start = performance.now()
    await fecg.extract(recording, { signals: true })
    runs.push((performance.now() - start) / 1000)
  }
  const natives = [1, 2, 3, 4, 5].map(() => nativeExtract(leads, 1000).seconds)
  return { first: runs[0], wasm: median(runs), native: median(natives) }
}

/** Ten seconds of the twelve standard leads at some rates: denoised, and classified (denoised, delineated, network). */
async function measureStandard() {
  const { load } = await import('../../js/index.js')
  const { whole } = await import('../js/helpers.js')
  const fecg = await load()
  const rows = []
  for (const fs of [125, 250, 500, 1000]) {
    const simulation = fecg.simulate({ seconds: 10, fs, scenario: 'standard:normal' })
    const recording = await fecg.read({ fs, leads: simulation.leads, samples: whole(simulation) })
    const times = { denoise: [], classify: [] }
    for (let i = 0; i < 15; i++) {
      for (const call of Object.keys(times)) {
        const start = performance.now()
        await fecg[call](recording)
        times[call].push(performance.now() - start)
      }
    }
    rows.push({ fs, denoise: median(times.denoise), classify: median(times.classify) })
  }
  return rows
}

/** A simulated day, written in a stream. */
async function writeDay(path) {
  const { load } = await import('../../js/index.js')
  const fecg = await load()
  const simulation = fecg.simulate({ seconds: 86400, fs: 500, leads: 4, seed: 24 })
  const writer = fecg.edfWriter(simulation.leads.map((label) => ({ label, fs: 500, phys_min_uv: -4000, phys_max_uv: 4000 })))
  const file = openSync(path, 'w')
  const drain = () => { for (let b = writer.take(); b.length; b = writer.take()) writeSync(file, b) }
  for (const { mixture } of simulation.chunks({ seconds: 60 })) {
    mixture.forEach((s, lead) => writer.push(lead, s))
    drain()
  }
  writer.finish()
  drain()
  const header = writer.header()
  writeSync(file, header, 0, header.length, 0)
  closeSync(file)
  return simulation.beats.fetal.length
}

async function measureDay(path) {
  const { load } = await import('../../js/index.js')
  const fecg = await load()
  const file = openSync(path, 'r')
  const source = {
    size: statSync(path).size,
    read(offset, length) {
      const bytes = new Uint8Array(length)
      return bytes.subarray(0, readSync(file, bytes, 0, length, offset))
    },
  }
  const start = performance.now()
  let shown = 0
  let samples = 0
  const result = await fecg.extract(await fecg.read(source, { name: 'day.edf' }), {
    signals: (block) => { samples += block.fetal[0].length },
    onProgress: ({ fraction }) => {
      if (!process.stderr.isTTY || fraction * 100 < shown + 1) return
      shown = Math.floor(fraction * 100)
      process.stderr.write(`\rday: ${shown} %`)
    },
  })
  const usage = process.resourceUsage()
  return { seconds: (performance.now() - start) / 1000, rss_mb: usage.maxRSS / 1024, beats: result.fetal.peaks_s.length, hours: samples / 500 / 3600 }
}

function kernels(program, args) {
  const run = spawnSync(program, args, { encoding: 'utf8' })
  return Object.fromEntries(run.stdout.trim().split('\n').map((line) => line.split(' ')).map(([k, v]) => [k, Number(v)]))
}

async function table(day) {
  console.log(`${cpus()[0].model}, ${process.platform} ${process.arch}, node ${process.versions.node}, one thread\n`)
  const wasm = readFileSync(join(root, 'dist', 'fecg.wasm'))
  row('fecg.wasm', `${(wasm.length / 1000).toFixed(1)} kB`, `${(gzipSync(wasm, { level: 9 }).length / 1000).toFixed(1)} kB gzip`)
  row('load(), median of 15 fresh processes', `${median(Array.from({ length: 15 }, () => alone('--load'))).toFixed(1)} ms`)

  console.log('')
  row('60 s x 4 leads x 1 kHz, with signals', 'seconds', 'x real time')
  const e = alone('--extract')
  for (const [name, s] of [['wasm in node, first', e.first], ['wasm in node, median of 5', e.wasm], ['native, median of 5', e.native]]) {
    row(name, s.toFixed(3), (60 / s).toFixed(0))
  }

  console.log('')
  row('10 s x 12 standard leads in node, ms', 'denoise()', 'classify()')
  for (const { fs, denoise, classify } of alone('--standard')) row(`${fs} Hz`, denoise.toFixed(1), classify.toFixed(1))

  console.log('')
  row('kernels, f32, GFLOP/s (share of peak)', 'wasm in node', 'native')
  const [inWasm, natively] = [kernels(process.execPath, [join(root, 'build', 'wasm', 'bench_kernels.js')]), kernels(join(root, 'build', 'native', 'bench_kernels'), [])]
  for (const name of Object.keys(natively)) {
    row(name, ...[inWasm, natively].map((k) => `${k[name].toFixed(1)} (${(100 * k[name] / k.peak).toFixed(0)} %)`))
  }

  if (!day) return
  const folder = mkdtempSync(join(tmpdir(), 'fecg-day-'))
  try {
    const path = join(folder, 'day.edf')
    const truth = alone('--write-day', path)
    const d = alone('--extract-day', path)
    console.log('')
    row('24 h x 4 leads x 500 Hz EDF', `${(statSync(path).size / 1e6).toFixed(0)} MB`)
    row('extract with a signal sink', `${d.seconds.toFixed(0)} s`, `${(86400 / d.seconds).toFixed(0)} x real time`)
    row('peak resident memory of the process', `${d.rss_mb.toFixed(0)} MB`)
    row('fetal beats found, true; hours of signal', d.beats, truth, d.hours.toFixed(2))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const [what, path] = process.argv.slice(2)
const measurements = { '--load': measureLoad, '--extract': measureExtract, '--standard': measureStandard, '--write-day': () => writeDay(path), '--extract-day': () => measureDay(path) }
if (measurements[what]) console.log(JSON.stringify(await measurements[what]()))
else {
  await main(async () => {
    await setup({ programs: true })
    await table(what === '--day')
    return 0
  })
}
