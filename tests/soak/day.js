// day.js — a day of eight leads at 250 Hz through everything that is live: the simulator → a fake Cyton board, byte by byte →
// decoder and session → fecg.stream(), as fast as the machine goes. What comes out is held to the simulated truth hour by hour.
import { readFile } from 'node:fs/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { load } from '../../js/index.js'
import { load as loadWorker } from '../../js/worker.js'
import { connect, fakeBoard } from '../../js/serial/index.js'

export const FS = 250
export const LEADS = 8
const STEP_UV = 4.5e6 / 24 / (2 ** 23 - 1) // of the Cyton at gain 24
const SETTLED_S = 30 // from here on nothing is being learnt

/** Seconds that this process has worked, all its threads together. */
const worked_s = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** The memory of every module that is made from now on. @returns {{ memories: WebAssembly.Memory[], release(): void }} */
function watchMemory() {
  const memories = []
  const { instantiate } = WebAssembly
  WebAssembly.instantiate = async (...args) => {
    const made = await instantiate.apply(WebAssembly, args)
    memories.push((made.instance ?? made).exports.memory)
    return made
  }
  return { memories, release: () => { WebAssembly.instantiate = instantiate } }
}

/** The true rate at a time: of the beat-to-beat interval that holds it; null outside. Times have to come in order. */
function trueRate(beats) {
  let next = 0
  return (t) => {
    while (next < beats.length && beats[next] <= t) next++
    return next > 0 && next < beats.length ? 60 / (beats[next] - beats[next - 1]) : null
  }
}

/**
 * @typedef {object} Hour what a stretch of the run showed
 * @property {number} end_s of the signal
 * @property {number} samples that came out of the session, of each lead
 * @property {number} wrong values that are not those that went in, to a step of the board
 * @property {number} lost as the session counts
 * @property {number} ticks with a true rate, after the learning
 * @property {number} answered of these
 * @property {number} error_bpm mean over those answered
 * @property {number} wasm bytes of the engine's memory
 * @property {number} heap bytes of JavaScript, buffers included, after a collection
 * @property {number} rss bytes of the process
 * @property {number} load share of one core that live work takes: processor time without the simulator's, by signal time
 * @property {number} speed signal time by the clock, the simulator included
 */

/**
 * @param {{ minutes?: number, every_s?: number, worker?: boolean, seed?: number, report?: (hour: Hour) => unknown }} [options]
 * @returns {Promise<Hour[]>}
 */
export async function soak({ minutes = 24 * 60, every_s = 3600, worker = false, seed = 9, report = () => {} } = {}) {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc')
  const watch = watchMemory()
  const fecg = worker ? await loadWorker() : await load()
  const [memory] = watch.memories // none where the worker has it
  watch.release()
  // A second engine simulates, so that its memory is not the stream's.
  const simulator = await load({ wasm: await readFile(new URL('../../dist/fecg.wasm', import.meta.url)) })
  const simulation = simulator.simulate({ seconds: 60 * minutes, leads: LEADS, fs: FS, seed })

  let simulated_s = 0
  /** What went to the board and has not come back yet. @type {Float32Array[][]} */
  const sent = []
  function * chunks() {
    const pieces = simulation.chunks({ seconds: 10 })
    for (;;) {
      const start = worked_s()
      const { value, done } = pieces.next()
      simulated_s += worked_s() - start
      if (done) return
      sent.push(value.mixture)
      yield value.mixture
    }
  }
  const transport = fakeBoard({ board: 'cyton', source: chunks(), fs: FS, speed: Infinity })
  const session = await connect(transport, { board: 'cyton' })
  const live = await fecg.stream({ fs: FS, leads: simulation.leads })

  const hours = []
  const rateAt = trueRate(simulation.beats.fetal)
  let samples = 0, wrong = 0, ticks = 0, answered = 0, error = 0, at = 0
  let began = { worked: worked_s(), simulated: simulated_s, clock: performance.now() }
  const judge = (frames) => {
    for (const { rate } of frames) rate.t_s.forEach((t, i) => {
      const truth = rateAt(t)
      if (truth === null || t < SETTLED_S) return
      ticks++
      if (rate.fetal_bpm[i] === null) return
      answered++
      error += Math.abs(rate.fetal_bpm[i] - truth)
    })
  }
  const compare = (rows) => {
    for (let i = 0; i < rows[0].length; i++) {
      rows.forEach((row, lead) => { if (!(Math.abs(row[i] - sent[0][lead][at]) <= STEP_UV)) wrong++ })
      if (++at === sent[0][0].length) { sent.shift(); at = 0 }
    }
    samples += rows[0].length
  }
  const settle = () => {
    const worked = worked_s(), clock = performance.now()
    collect()
    const { rss, heapUsed, external } = process.memoryUsage()
    const length = samples / FS - (hours.at(-1)?.end_s ?? 0)
    const hour = {
      end_s: samples / FS, samples, wrong, lost: session.counters.lost, ticks, answered, error_bpm: error / answered, wasm: memory?.buffer.byteLength ?? NaN,
      heap: heapUsed + external - (memory?.buffer.byteLength ?? 0), rss,
      load: (worked - began.worked - (simulated_s - began.simulated)) / length, speed: 1000 * length / (clock - began.clock),
    }
    hours.push(hour)
    report(hour)
    wrong = ticks = answered = error = 0
    began = { worked: worked_s(), simulated: simulated_s, clock: performance.now() }
  }
  for await (const { samples: rows } of session) {
    compare(rows)
    judge(await live.push(rows))
    if (samples >= (hours.length + 1) * every_s * FS) settle()
  }
  judge(await live.finish())
  if (samples > (hours.at(-1)?.samples ?? 0)) settle()
  live.close()
  await fecg.close?.()
  return hours
}

// What a run may do after its first stretch, in which it takes the memory that it needs.
const GROWTH = { wasm: 0, heap: 4e6, rss: 32e6 } // bytes; what JavaScript and the allocators of the process keep comes and goes
const ERROR_BPM = 1
const ANSWERED = 0.98

/** What is wrong with a run of so many minutes, in words. @param {Hour[]} hours @param {number} minutes @returns {string[]} */
export function faults(hours, minutes) {
  const found = []
  // A Cyton's frame has no checksum: the last one, after which none comes, is not believed.
  const missing = 60 * minutes * FS - 1 - hours.at(-1).samples
  if (missing > 0) found.push(`${missing} samples never came`)
  const first = hours[0]
  hours.forEach(({ end_s, samples, wrong, lost, ticks, answered, error_bpm, ...memory }, i) => {
    const when = `until ${(end_s / 3600).toFixed(2)} h`
    if (lost) found.push(`${when}: ${lost} samples lost, expected none`)
    if (wrong) found.push(`${when}: ${wrong} values are not those that were sent`)
    if (!(error_bpm <= ERROR_BPM)) found.push(`${when}: the rate is ${error_bpm.toFixed(2)} bpm off on average, expected at most ${ERROR_BPM}`)
    if (!(answered >= ANSWERED * ticks)) found.push(`${when}: the rate is known ${answered} times of ${ticks}, expected ${100 * ANSWERED} %`)
    for (const [name, most] of Object.entries(GROWTH)) {
      const grown = memory[name] - first[name]
      if (i > 0 && grown > most) found.push(`${when}: ${name} has grown by ${(grown / 1e6).toFixed(1)} MB since the first hour, expected at most ${most / 1e6}`)
    }
  })
  return found
}
