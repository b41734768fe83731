/**
 * A real recording made harder by a seed: which of its leads are usable, and noise added to them at a level
 * against the fetal QRS.
 *
 * Level of the fetal QRS of a lead: what is left after maternal cancellation, less its moving mean over
 * 200 ms, is laid over itself at the reference beats; the level is the RMS of the median beat within
 * 50 ms of the R peak (the median, so that what was not cancelled does not count). Noise keeps its own
 * proportions between leads and is scaled by one gain, so that the mean over leads of level over noise
 * RMS, in dB, is as asked for.
 *
 * A lead that is flat, dead or nearly so is not usable.
 */
import { extract } from './common.js'
import { noise } from './noise.js'

// Known from the recordings: these leads carry nothing, or nearly nothing, though they are not all flat.
const DEAD = { a40: ['AECG1', 'AECG3'], a53: ['AECG1', 'AECG3'], a65: ['AECG1', 'AECG3'] }

/**
 * @param {object} record what readRow() gave
 * @param {number} seed
 */
export async function harder(record, seed) {
  const whole = await extract(record, { method: 'classical', signals: true })
  const all = record.leads.map((_, l) => l)
  const usable = all.filter(l => whole.quality.leads[l].state !== 'flat' && !DEAD[record.record]?.includes(record.leads[l]))
  let level
  const made = {}
  return {
    /** The classical result of the recording as it is. */
    whole, usable,
    /** Samples of the usable leads with noise of a kind, at db against the fetal QRS. */
    noisy(kind, db) {
      level ??= all.map(l => qrsLevel(record.samples[l].map((v, k) => v - whole.signals.maternal[l][k]), record.fs, record.reference))
      const added = made[kind] ??= noise(kind, { leads: all.length, fs: record.fs, n: record.samples[0].length, seed })
      const gain = 10 ** ((mean(usable.map(l => 20 * Math.log10(level[l] / rms(added[l])))) - db) / 20)
      return usable.map(l => record.samples[l].map((v, k) => v + gain * added[l][k]))
    },
  }
}

/** See above: RMS of the median beat within 50 ms of the reference. */
function qrsLevel(samples, fs, beats) {
  const half = Math.round(0.1 * fs), side = Math.round(0.05 * fs)
  const sum = new Float64Array(samples.length + 1), known = new Float64Array(samples.length + 1)
  samples.forEach((v, k) => {
    sum[k + 1] = sum[k] + (Number.isFinite(v) ? v : 0)
    known[k + 1] = known[k] + Number.isFinite(v)
  })
  const flat = k => {
    const a = Math.max(0, k - half), b = Math.min(samples.length, k + half + 1)
    return samples[k] - (sum[b] - sum[a]) / (known[b] - known[a])
  }
  const beat = Array.from({ length: 2 * side + 1 }, (_, i) =>
    median(beats.map(t => flat(Math.round(t * fs) + i - side)).filter(Number.isFinite)))
  return Math.max(rms(beat), 1e-3)
}

function median(values) {
  values.sort((a, b) => a - b)
  return values.length ? (values[values.length >> 1] + values[(values.length - 1) >> 1]) / 2 : 0
}

function mean(values) {
  return values.reduce((a, b) => a + b, 0) / values.length
}

function rms(samples) {
  let sum = 0, n = 0
  for (const v of samples) if (Number.isFinite(v)) sum += v * v, n++
  return Math.sqrt(sum / Math.max(1, n))
}
