/**
 * The fetal waveform. Prints two tables for each method:
 *   1. recordings with a scalp electrode: Pearson r, R2 and PRD of each record against the direct lead;
 *   2. simulated recordings per level: R2 and RMSE over the window's range (FHNet's units) against the clean fetal
 *      leads, and the gain in SNR over the lead without the mother.
 *
 * Both sides are taken through 3 to 100 Hz (second-order Butterworth, forwards and backwards). Against the scalp lead,
 * one gain and one lag (within 30 ms) for the whole record are fitted, so R2 = r^2 and PRD = 100 sqrt(1 - r^2); r is told
 * once more for 10 to 100 Hz, since the scalp electrode wanders: in woman silesia-C two thirds of what the scalp lead does
 * not share with its own averaged beat lies between 3 and 6 Hz. Against the simulated truth nothing is fitted. Samples without a value, and a second at each end, are not scored. Leads:
 *   best    the lead of the highest r or R2, chosen with the answer in hand
 *   named   the lead that the result itself names as showing the beat best (fetal.beat.lead)
 *   mean    the mean over all leads
 * The bound is what the averaged abdominal beat, in the place of every beat, would reach if it had no noise at all: r of
 * the averaged beat of each lead (and of the leads' best linear combination) with the averaged scalp beat, around the
 * reference beats. The rest is in the scalp lead itself: r of it with its own averaged beat.
 *
 * Usage: node tests/eval/waveform.js [--methods LIST] [--model FILE] [--seeds N] [--only scalp|simulated] [--bound]
 */
import { existsSync } from 'node:fs'
import { fixed, table } from '../../js/cli/text.js'
import { FETAL, SCALP, bar, extract, readRow, rows, scriptOptions, simulate } from './common.js'

const RATIOS_DB = [-10, -14, -20], SNRS_DB = [12, 6, 0, -6]
const GOAL = { r: 0.90, r2: 0.99, rmse: 0.015 }
const LAG_S = 0.030, EDGE_S = 1, WINDOW_S = 4, BEFORE_S = 0.16, AFTER_S = 0.3

const { methods, model, seeds = '6', only, bound } = await scriptOptions(
  { seeds: { type: 'string' }, only: { type: 'string' }, bound: { type: 'boolean' } }, ['classical', 'fhnet'])

/** Coefficients of a second-order Butterworth section, by the bilinear transform. */
function section(kind, hz, fs) {
  const k = Math.tan(Math.PI * hz / fs), norm = 1 / (1 + Math.SQRT2 * k + k * k)
  const b = kind === 'low' ? [k * k * norm, 2 * k * k * norm, k * k * norm] : [norm, -2 * norm, norm]
  return [...b, 2 * (k * k - 1) * norm, (1 - Math.SQRT2 * k + k * k) * norm]
}

function pass(x, [b0, b1, b2, a1, a2], backward) {
  let u1 = 0, u2 = 0, y1 = 0, y2 = 0
  for (let i = 0; i < x.length; i++) {
    const at = backward ? x.length - 1 - i : i, u = x[at]
    const y = b0 * u + b1 * u1 + b2 * u2 - a1 * y1 - a2 * y2
    u2 = u1; u1 = u; y2 = y1; y1 = y
    x[at] = y
  }
}

/** From `low` to 100 Hz, no delay; gaps count as zero while filtering. */
function band(x, fs, low = 3) {
  const y = Float64Array.from(x, v => (Number.isFinite(v) ? v : 0))
  for (const s of [section('high', low, fs), section('low', 100, fs)]) for (const backward of [false, true]) pass(y, s, backward)
  return y
}

/** Pearson r of a and b shifted by lag samples, over what is known of a. */
function correlation(a, known, b, lag, edge) {
  let n = 0, sa = 0, sb = 0, aa = 0, bb = 0, ab = 0
  for (let i = edge; i < a.length - edge; i++) {
    if (!known[i]) continue
    const u = a[i], v = b[i + lag]
    n++; sa += u; sb += v; aa += u * u; bb += v * v; ab += u * v
  }
  const r = (n * ab - sa * sb) / Math.sqrt((n * aa - sa * sa) * (n * bb - sb * sb))
  return Number.isFinite(r) ? r : 0
}

/** The largest |r| over lags with a scalp lead that is filtered from `low` on. */
function agreement(x, direct, fs, low) {
  const known = Uint8Array.from(x, Number.isFinite), y = band(x, fs, low), reach = Math.round(LAG_S * fs), edge = Math.round(EDGE_S * fs)
  let best = 0, lag = 0
  for (let k = -reach; k <= reach; k++) {
    const r = Math.abs(correlation(y, known, direct, k, edge))
    if (r > best) { best = r; lag = k }
  }
  return { r: best, lag_ms: 1000 * lag / fs }
}

const mean = v => v.reduce((a, b) => a + b, 0) / v.length
const prd = r => 100 * Math.sqrt(1 - r * r)
const three = x => fixed(x, 3)
const shown = (v, column) => (column >= 6 && column < 9 ? fixed(v, 1) : three(v))
/** The place of the lead that the result names; the first where it names none. */
const named = ({ fetal, source }) => Math.max(0, source.leads.indexOf(fetal.beat?.lead))

// ---- against the scalp lead ---------------------------------------------------------------------------

async function scalp() {
  const records = []
  for (const row of (await rows()).filter(r => SCALP.includes(r.group))) {
    const abdomen = await readRow(row), direct = await readRow(row, ['0'])
    records.push({ row, abdomen, direct: band(direct.samples[0], direct.fs), steady: band(direct.samples[0], direct.fs, 10) })
  }
  const lines = [['method', 'record', 'woman', 'r best', 'named', 'mean', 'R2 best', 'named', 'mean', 'PRD best', 'named', 'mean', 'r best 10 Hz', 'mean', 'lag ms']]
  for (const method of methods) {
    const all = []
    for (const [i, { row, abdomen, direct, steady }] of records.entries()) {
      bar.update(i / records.length, `${row.record}  ${method}`)
      const result = await extract(abdomen, { method, model, signals: true })
      const leads = result.signals.fetal.map(x => agreement(x, direct, abdomen.fs))
      const r = leads.map(l => l.r), top = r.indexOf(Math.max(...r)), pick = named(result)
      const of = f => [f(r[top]), f(r[pick]), mean(r.map(f))]
      const high = result.signals.fetal.map(x => agreement(x, steady, abdomen.fs, 10).r)
      all.push([of(x => x), of(x => x * x), of(prd), Math.max(...high), mean(high)].flat())
      const cells = all.at(-1).map(shown)
      lines.push([method, row.record, row.subject, ...cells, fixed(leads[top].lag_ms, 0)])
    }
    const means = all[0].map((_, c) => mean(all.map(v => v[c])))
    lines.push([method, 'mean', '', ...means.map(shown), ''])
  }
  bar.clear()
  console.log('Waveform against the direct scalp lead, 3 to 100 Hz, one gain and one lag a record (two women)\n')
  console.log(table(lines).join('\n'))
  console.log(`\ngoal: r of the best lead ${GOAL.r.toFixed(2)}\n`)
  if (bound) await limits(records)
}

/** The average of x around beats. */
function averaged(x, fs, beats) {
  const before = Math.round(BEFORE_S * fs), n = before + Math.round(AFTER_S * fs) + 1, sum = new Float64Array(n)
  for (const t of beats) {
    const at = Math.round(t * fs) - before
    if (at >= 0 && at + n <= x.length) for (let i = 0; i < n; i++) sum[i] += x[at + i] / beats.length
  }
  const level = mean([...sum])
  return sum.map(v => v - level)
}

/** r of the best linear combination of rows with y: by the normal equations, Gauss with pivots. */
function combined(list, y) {
  const n = list.length, m = list.map(a => [...list.map(b => dot(a, b)), dot(a, y)])
  for (let c = 0; c < n; c++) {
    const top = m.slice(c).reduce((best, r, i) => (Math.abs(r[c]) > Math.abs(m[best][c]) ? c + i : best), c)
    ;[m[c], m[top]] = [m[top], m[c]]
    for (let r = 0; r < n; r++) if (r !== c) m[r] = m[r].map((v, i) => v - m[r][c] / m[c][c] * m[c][i])
  }
  const weights = m.map((r, i) => r[n] / r[i])
  return cosine(y.map((_, i) => list.reduce((s, x, l) => s + weights[l] * x[i], 0)), y)
}

const dot = (a, b) => a.reduce((s, v, i) => s + v * b[i], 0)
const cosine = (a, b) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))

/** What noise-free leads could reach. */
async function limits(records) {
  const lines = [['record', 'woman', ...[1, 2, 3, 4].map(l => `lead ${l}`), 'combination', 'scalp and its own average', 'from 10 Hz']]
  for (const { row, abdomen, direct, steady } of records) {
    bar.update(0, `${row.record}  bound`)
    const { fs, reference } = abdomen, { signals } = await extract(abdomen, { method: 'classical', signals: true })
    const leads = signals.fetal.map((x, l) => band(x.map((v, i) => v + signals.residual[l][i]), fs))
    const reach = Math.round(LAG_S * fs), best = new Float64Array(leads.length + 1)
    for (let k = -reach; k <= reach; k++) {
      const y = averaged(direct, fs, reference.map(t => t + k / fs)), shapes = leads.map(x => averaged(x, fs, reference))
      ;[...shapes.map(s => Math.abs(cosine(s, y))), combined(shapes, y)].forEach((r, l) => { best[l] = Math.max(best[l], r) })
    }
    const own = [[direct, 3], [steady, 10]].map(([x, low]) => {
      const beat = averaged(x, fs, reference), whole = new Float32Array(x.length), before = Math.round(BEFORE_S * fs)
      for (const t of reference) beat.forEach((v, i) => { const at = Math.round(t * fs) - before + i; if (at >= 0 && at < whole.length) whole[at] = v })
      return three(agreement(whole, x, fs, low).r)
    })
    lines.push([row.record, row.subject, ...[...best].map(three), ...own])
  }
  bar.clear()
  console.log('Bound: r of the averaged abdominal beat with the averaged scalp beat\n')
  console.log(`${table(lines).join('\n')}\n`)
}

// ---- against the simulated truth ------------------------------------------------------------------------

/** R2, RMSE over the window's range as the mean over windows, and SNR gain of an estimate over the lead without the mother. */
function accuracy(x, rest, truth, fs) {
  const y = band(x, fs), before = band(rest, fs), t = band(truth, fs), edge = Math.round(EDGE_S * fs), n = Math.round(WINDOW_S * fs)
  let count = 0, sum = 0, square = 0, error = 0, noise = 0
  const windows = []
  for (let at = edge; at + n <= t.length - edge; at += n) {
    let low = Infinity, high = -Infinity, e = 0, known = 0
    for (let i = at; i < at + n; i++) {
      low = Math.min(low, t[i]); high = Math.max(high, t[i])
      if (!Number.isFinite(x[i])) continue
      known++; sum += t[i]; square += t[i] * t[i]; e += (y[i] - t[i]) ** 2; noise += (before[i] - t[i]) ** 2
    }
    count += known; error += e
    if (known > n / 2) windows.push(Math.sqrt(e / known) / (high - low))
  }
  return { r2: 1 - error / (square - sum * sum / count), rmse: mean(windows), gain_db: 10 * Math.log10(noise / error) }
}

async function simulated() {
  const lines = [['method', 'fm dB', 'SNR dB', 'found', 'R2 best', 'named', 'mean', 'median', 'RMSE/range best', 'named', 'mean', 'SNR gain dB', 'short of R2', 'of RMSE']]
  for (const method of methods)
    for (const fm_ratio_db of RATIOS_DB)
      for (const snr_db of SNRS_DB) {
        const all = [], each = []
        for (let seed = 101; seed <= 100 + Number(seeds); seed++) {
          bar.update(seed / 100 - 1, `${method} ${fm_ratio_db} dB, ${snr_db} dB`)
          const fhr_bpm = 115 + seed * 17 % 45, mhr_bpm = 65 + seed * 11 % 30
          const made = simulate({ seed, seconds: 60, fs: 500, leads: 4, snr_db, fm_ratio_db, fhr_bpm, mhr_bpm })
          const result = await extract({ fs: 500, leads: made.fetal.map((_, l) => `lead${l}`), samples: made.mixture }, { method, model, signals: true })
          if (!result.fetal.present) continue
          const { fetal, residual } = result.signals
          const leads = fetal.map((x, l) => accuracy(x, x.map((v, i) => v + residual[l][i]), made.fetal[l], 500)).filter(a => Number.isFinite(a.r2))
          if (!leads.length) continue
          const top = leads.reduce((a, b) => (b.r2 > a.r2 ? b : a)), pick = leads[Math.min(named(result), leads.length - 1)]
          each.push(...leads.map(a => a.r2))
          all.push([top.r2, pick.r2, mean(leads.map(a => a.r2)), top.rmse, pick.rmse, mean(leads.map(a => a.rmse)), mean(leads.map(a => a.gain_db))])
        }
        each.sort((a, b) => a - b)
        const m = all.length ? all[0].map((_, c) => mean(all.map(v => v[c]))) : new Array(7).fill(NaN)
        lines.push([method, String(fm_ratio_db), String(snr_db), `${all.length}/${seeds}`, ...m.slice(0, 3).map(three), three(each[each.length >> 1]),
          ...m.slice(3, 6).map(v => fixed(v, 4)), fixed(m[6], 1), three(Math.max(0, GOAL.r2 - m[1])), fixed(Math.max(0, m[4] - GOAL.rmse), 4)])
      }
  bar.clear()
  console.log(`Waveform against the clean fetal leads: ${seeds} simulated recordings of 60 s and 4 leads a level, seeds from 101, where a fetus was found\n`)
  console.log(table(lines).join('\n'))
  console.log(`\ngoal: R2 ${GOAL.r2}, RMSE ${GOAL.rmse} of the window's range; the last columns: how far the named lead falls short`)
}

if (only !== 'simulated') {
  if (existsSync(FETAL)) await scalp()
  else console.log('skipped: no recordings at ../shared/data\n')
}
if (only !== 'scalp') await simulated()
