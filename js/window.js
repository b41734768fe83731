// window.js — which seconds and which leads of a recording its pictures show in full: where the fetus is clearest.

/** @typedef {import('./types.js').ExtractResult} ExtractResult */
/**
 * The seconds shown, µV.
 * @typedef {{ t0_s: number, fs: number, input: { label: string, samples: Float32Array, fs: number }[],
 *   fetal: { label: string, samples: Float32Array } | null }} Window
 */

const SECONDS = 5, MOST_LEADS = 2, MOST_STARTS = 200

/**
 * The start of the stretch worth showing: of the given starts, the one where detected beats are surest
 * and the rate is known throughout; the earliest among equals.
 * @param {ExtractResult} result @param {number[]} starts @param {number} seconds @returns {number}
 */
export function bestStart({ fetal }, starts, seconds) {
  const score = (/** @type {number} */ t0) => {
    let sum = 0, beats = 0
    fetal.peaks_s.forEach((t, i) => {
      if (t < t0 || t >= t0 + seconds) return
      beats++
      sum += fetal.interpolated[i] ? 0 : fetal.confidence[i]
    })
    const bpm = fetal.rate.bpm.slice(Math.round(t0 * 4), Math.round((t0 + seconds) * 4))
    return beats ? sum / beats * bpm.filter((v) => v !== null).length / bpm.length : 0
  }
  return starts.map((t0) => [score(t0), t0]).reduce((best, item) => (item[0] > best[0] + 1e-6 ? item : best))[1]
}

/** The most telling seconds of a result. @param {ExtractResult} result */
export function windowRange(result) {
  const { duration_s } = result.source
  const seconds = Math.min(SECONDS, duration_s), last = Math.max(0, duration_s - seconds)
  const count = Math.min(MOST_STARTS, Math.floor(last / seconds) + 1)
  const starts = Array.from({ length: count }, (_, i) => Math.floor(i * last / Math.max(1, count - 1)))
  return { t0_s: bestStart(result, starts, seconds), seconds }
}

/**
 * Leads by how clear the fetus is, of which a picture shows the first: where the fetal signal is large beside what is left over.
 * @param {ExtractResult} result
 * @param {Float32Array[]} fetal of each lead in the window
 * @param {Float32Array[]} residual
 */
export function clearestLeads({ quality }, fetal, residual) {
  const clarity = fetal.map((samples, i) => (quality.leads[i].state === 'flat' ? -1 : rms(samples) / (rms(residual[i]) || 1)))
  return clarity.map((_, i) => i).sort((a, b) => clarity[b] - clarity[a]).slice(0, MOST_LEADS)
}

/**
 * The window of a result that has its signals.
 * @param {ExtractResult} result
 * @param {{ label: string, fs: number, samples: Float32Array }[]} input the recording's leads, in the order of the result's
 * @returns {Window}
 */
export function windowOf(result, input) {
  const { signals } = result
  const { t0_s, seconds } = windowRange(result)
  const cut = (/** @type {Float32Array} */ samples, /** @type {number} */ fs) => samples.slice(Math.round(t0_s * fs), Math.round((t0_s + seconds) * fs))
  if (!signals) return { t0_s, fs: result.source.fs, input: input.slice(0, MOST_LEADS).map((lead) => ({ ...lead, samples: cut(lead.samples, lead.fs) })), fetal: null }
  const fetal = signals.fetal.map((samples) => cut(samples, signals.fs))
  const shown = clearestLeads(result, fetal, signals.residual.map((samples) => cut(samples, signals.fs)))
  return { t0_s, fs: signals.fs, input: shown.map((i) => ({ ...input[i], samples: cut(input[i].samples, input[i].fs) })), fetal: { label: signals.leads[shown[0]], samples: fetal[shown[0]] } }
}

/** @param {Float32Array} samples */
function rms(samples) {
  let sum = 0, n = 0
  for (const v of samples) if (Number.isFinite(v)) sum += v * v, n++
  return n ? Math.sqrt(sum / n) : 0
}
