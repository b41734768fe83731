// load.js — `npm run load`: the service as a process of its own under load, by autocannon. First as many connections as there are places,
// then several times what it can do. Prints throughput, latency, refusals and memory; every answer is held to the beats of its recording.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import autocannon from 'autocannon'
import { load } from 'fetal-ecg'

const SEEDS = [3, 5, 7]
const RECORDING = { seconds: 60, fs: 500, leads: 4, snr_db: 9 }
const OVER = 4 // times what it can do, at least

/** A simulation as EDF+. @param {import('fetal-ecg').Fecg} fecg @param {object} options @returns {Uint8Array} */
export function edf(fecg, options) {
  const simulation = fecg.simulate(options)
  const writer = fecg.edfWriter(simulation.leads.map((label) => ({ label, fs: simulation.fs, phys_min_uv: -5000, phys_max_uv: 5000 })))
  /** @type {Uint8Array[]} */
  const parts = []
  const drain = () => { for (let bytes = writer.take(); bytes.length; bytes = writer.take()) parts.push(bytes) }
  for (const { mixture } of simulation.chunks()) {
    mixture.forEach((row, lead) => writer.push(lead, row))
    drain()
  }
  writer.finish()
  drain()
  const whole = Buffer.concat(parts)
  whole.set(writer.header())
  writer.close()
  return whole
}

/** The service as a process. @param {string[]} args of main.js */
export async function serve(args) {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./main.js', import.meta.url)), '--port', '0', ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const log = { text: '' }
  child.stdout.on('data', (bytes) => { log.text = (log.text + bytes).slice(-100_000) })
  const exit = new Promise((done) => child.once('exit', (code, signal) => done(code ?? signal)))
  for (;;) {
    const address = log.text.match(/http:\/\/[\d.]+:\d+/)?.[0]
    if (address) return { child, address, log, exit }
    if (child.exitCode !== null) throw new Error(`the service did not start: ${log.text}`)
    await new Promise((done) => setTimeout(done, 20))
  }
}

/** A file of Linux about a process; empty on other systems. @param {number} pid @param {string} name */
function proc(pid, name) {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch {
    return ''
  }
}
/** Resident megabytes. @param {number} pid */
const megabytes = (pid) => Number(proc(pid, 'status').match(/VmRSS:\s*(\d+)/)?.[1]) / 1024
/** Milliseconds of processor time, in hundredths of a second. @param {number} pid */
const worked_ms = (pid) => 10 * proc(pid, 'stat').replace(/^.*\)/s, '').split(' ').slice(12, 14).reduce((sum, ticks) => sum + Number(ticks), 0)

const at = (/** @type {number[]} */ sorted, /** @type {number} */ share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN
const median = (/** @type {number[]} */ list) => at([...list].sort((a, b) => a - b), 0.5)

/**
 * @param {string} url
 * @param {{ bytes: Uint8Array, peaks: string }[]} recordings
 * @param {{ connections: number, amount: number, rate?: number, pid: number }} how rate: requests a second, all together
 */
async function round(url, recordings, { connections, amount, rate, pid }) {
  amount = Math.max(Math.ceil(amount), 2 * connections)
  const count = { sent: amount, right: 0, wrong: 0, refused: 0, hinted: 0, other: 0 }, ms = /** @type {number[]} */ ([]), memory = /** @type {number[]} */ ([])
  const began = performance.now(), worked = worked_ms(pid)
  const timer = setInterval(() => memory.push(megabytes(pid)), 100)
  const run = autocannon({
    url, connections, amount, timeout: 60, ...(rate && { overallRate: rate }),
    requests: recordings.map(({ bytes, peaks }) => ({
      method: 'POST', headers: { 'content-type': 'application/octet-stream' }, body: bytes,
      onResponse(/** @type {number} */ status, /** @type {string} */ body, /** @type {any} */ _, /** @type {Record<string, string>} */ headers) {
        if (status === 200) count[body.includes(peaks) ? 'right' : 'wrong']++
        else if (status === 503) {
          count.refused++
          if (Object.keys(headers).some((name) => name.toLowerCase() === 'retry-after')) count.hinted++
        } else count.other++
      },
    })),
  })
  run.on('response', (/** @type {unknown} */ _, /** @type {number} */ status, /** @type {number} */ __, /** @type {number} */ time) => { if (status === 200) ms.push(time) })
  const { errors, timeouts } = await run
  clearInterval(timer)
  const seconds = (performance.now() - began) / 1000
  ms.sort((a, b) => a - b)
  return { connections, ...count, errors, timeouts, seconds, perSecond: count.right / seconds, cpu_ms: (worked_ms(pid) - worked) / count.right, p50_ms: at(ms, 0.5), p99_ms: at(ms, 0.99), memory }
}

/** @param {{ seconds: number, recording?: typeof RECORDING, print?: (line: string) => unknown }} options seconds of each of the two rounds */
export async function measure({ seconds, recording = RECORDING, print = console.log }) {
  const fecg = await load()
  const recordings = []
  for (const seed of SEEDS) {
    const bytes = edf(fecg, { ...recording, seed })
    const { fetal } = await fecg.extract(await fecg.read(bytes), { mains: 'auto' })
    recordings.push({ bytes, peaks: `"fetal":{"present":true,"peaks_s":${JSON.stringify(fetal.peaks_s)}` })
  }
  const service = await serve([])
  try {
    const url = `${service.address}/extract`, pid = /** @type {number} */ (service.child.pid)
    const health = async () => (await fetch(`${service.address}/health`)).json()
    const { places, threads } = await health()
    const warm = await round(url, recordings, { connections: threads, amount: 10 * threads, pid })
    const full = await round(url, recordings, { connections: places, amount: warm.perSecond * seconds, pid })
    // Each connection sends so many a second, and so many in all that those who find a place are done after about that time, too.
    const crowd = 3 * places, each = Math.max(1, Math.ceil(OVER * full.perSecond / crowd))
    const over = await round(url, recordings, { connections: crowd, amount: crowd * Math.ceil(Math.min(each, full.perSecond / places) * seconds), rate: crowd * each, pid })
    const { answered, refused, stopped, busy } = await health()
    print(`${threads} threads, ${places} places; ${recording.leads} leads of ${recording.seconds} s at ${recording.fs} Hz, ${Math.round(recordings[0].bytes.length / 1000)} kB a request\n`)
    print('              connections   sent  right  503  other  wrong  lost   per second   CPU ms   p50 ms   p99 ms   MB before, after')
    for (const [name, r] of /** @type {const} */ ([['full', full], ['overload', over]])) {
      const third = Math.ceil(r.memory.length / 3)
      const lost = r.sent - r.right - r.wrong - r.refused - r.other
      print(`${name.padEnd(14)}${[[r.connections, 11], [r.sent, 7], [r.right, 7], [r.refused, 5], [r.other, 7], [r.wrong, 7], [lost, 6], [r.perSecond.toFixed(1), 13], [r.cpu_ms.toFixed(0), 9], [r.p50_ms.toFixed(0), 9], [r.p99_ms.toFixed(0), 9],
        [`${median(r.memory.slice(0, third)).toFixed(0)}, ${median(r.memory.slice(-third)).toFixed(0)}`, 19]].map(([v, n]) => String(v).padStart(/** @type {number} */ (n))).join('')}`)
    }
    return { warm, full, over, health: { answered, refused, stopped, busy } }
  } finally {
    service.child.kill('SIGTERM')
    await service.exit
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' } } })
  await measure({ seconds: Number(values.seconds) })
}
