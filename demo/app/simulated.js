// simulated.js — a recording that is made as it is shown, by the clock.

const AHEAD_S = 10.6 // shown from the first moment on
const STEP_MS = 60
const LATE_S = 4 // a page that slept goes on from where it was

/**
 * @param {import('../../js/worker.js').Fecg} fecg
 * @param {import('../../js/types.js').SimulateOptions} options
 */
export async function simulated(fecg, options) {
  const simulation = await fecg.simulate(options)
  return { fs: simulation.fs, leads: simulation.leads, play: (/** @type {(samples: Float32Array[]) => void} */ push, /** @type {AbortSignal} */ signal) => play(simulation, push, signal) }
}

/**
 * @param {import('../../js/worker.js').Simulation} simulation
 * @param {(samples: Float32Array[]) => void} push
 * @param {AbortSignal} signal
 */
async function play(simulation, push, signal) {
  const { fs } = simulation
  const ahead = Math.round(AHEAD_S * fs)
  let sent = 0, started = 0
  for await (const { mixture } of simulation.chunks({ seconds: AHEAD_S })) {
    for (let at = 0; at < mixture[0].length;) {
      if (signal.aborted) return
      if (sent >= ahead) {
        await new Promise((done) => setTimeout(done, STEP_MS))
        const late = (performance.now() - started) / 1000 + AHEAD_S - sent / fs
        if (late > LATE_S) started += (late - 0.1) * 1000
      }
      const due = started ? Math.floor(((performance.now() - started) / 1000 + AHEAD_S) * fs) - sent : ahead
      const n = Math.min(due, mixture[0].length - at)
      if (n <= 0) continue
      push(mixture.map((row) => row.slice(at, at + n)))
      sent += n
      at += n
      if (!started) started = performance.now()
    }
  }
}
