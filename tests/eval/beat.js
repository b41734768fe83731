/**
 * Intervals of the averaged fetal beat. Prints
 *   1. recordings with a scalp electrode: from the abdomen, and from the scalp lead averaged around the
 *      reference beats, measured by the same code (build/native/fecg_beat);
 *   2. simulated recordings: against the clean fetal leads, with the share left untold, and the share of
 *      errors within twice the stated uncertainty.
 * Usage: node tests/eval/beat.js [--methods METHOD] [--model FILE] [SEEDS]
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fixed, table } from '../../js/cli/text.js'
import { FETAL, SCALP, bar, extract, readRow, rows, scriptOptions, simulate } from './common.js'

const TOOL = fileURLToPath(new URL('../../build/native/fecg_beat', import.meta.url))
const KEYS = ['pr_ms', 'qrs_ms', 'qt_ms']
const { methods: [method], model, rest: [seeds = '40'] } = await scriptOptions({}, ['fhnet'])

/** Intervals of the average of leads around beats. */
function measured(leads, fs, beats) {
  const folder = mkdtempSync(join(tmpdir(), 'fecg-beat-'))
  try {
    const all = new Float32Array(leads.length * leads[0].length)
    leads.forEach((x, l) => all.set(x, l * x.length))
    writeFileSync(join(folder, 'x'), all)
    writeFileSync(join(folder, 't'), Float64Array.from(beats))
    const run = spawnSync(TOOL, ['x', fs, leads.length, 't'].map(String), { cwd: folder, encoding: 'utf8' })
    if (run.status !== 0) throw new Error(`fecg_beat: ${run.error ?? run.stderr}`)
    return JSON.parse(run.stdout) ?? { pr_ms: null, qrs_ms: null, qt_ms: null }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Reference beats at the fiducial of the extraction: moved by the median difference. */
function aligned(reference, found) {
  const moves = []
  for (const t of reference) {
    const nearest = found.reduce((best, f) => (Math.abs(f - t) < Math.abs(best) ? f - t : best), 0.05)
    if (nearest < 0.05) moves.push(nearest)
  }
  moves.sort((a, b) => a - b)
  return reference.map(t => t + (moves[moves.length >> 1] ?? 0))
}

/** x without its running mean over a second: a scalp electrode wanders. */
function steady(x, fs) {
  const half = Math.round(fs / 2), out = new Float32Array(x.length)
  let sum = 0, from = 0, to = 0
  for (let i = 0; i < x.length; i++) {
    while (to < Math.min(x.length, i + half + 1)) sum += x[to++]
    while (from < i - half) sum -= x[from++]
    out[i] = x[i] - sum / (to - from)
  }
  return out
}

const rms = v => (v.length ? fixed(Math.sqrt(v.reduce((s, x) => s + x * x, 0) / v.length), 1) : '–')
const ms = v => (v === null ? '–' : fixed(v, 1))
const told = (pairs, key) => pairs.filter(({ beat, truth }) => beat?.[key] != null && truth[key] !== null)
const errors = (pairs, key) => told(pairs, key).map(({ beat, truth }) => beat[key] - truth[key])

async function scalp() {
  const pairs = [], lines = [['record', 'woman', ...['PR', 'QRS', 'QT'].flatMap(k => [`${k} abdomen`, 'scalp'])]]
  for (const row of (await rows()).filter(r => SCALP.includes(r.group))) {
    bar.update(pairs.length / 7, row.record)
    const abdomen = await readRow(row)
    const direct = await readRow(row, ['0'])
    const { fetal } = await extract(abdomen, { method, model })
    const truth = measured(direct.samples.map(x => steady(x, direct.fs)), direct.fs, aligned(abdomen.reference, fetal.peaks_s))
    pairs.push({ beat: fetal.beat, truth })
    const cells = KEYS.flatMap(k => [fetal.beat?.[k] == null ? '–' : `${ms(fetal.beat[k])} ± ${ms(fetal.beat[`${k}_sd`])}`, ms(truth[k])])
    lines.push([row.record, row.subject, ...cells])
  }
  bar.clear()
  console.log(`Averaged beat from the abdomen and from the scalp electrode, ms (two women; –: cannot be told)\n`)
  console.log(table(lines).join('\n'))
  console.log(`\nRMS difference, ms: ${KEYS.map(k => `${k} ${rms(errors(pairs, k))} (${errors(pairs, k).length} records)`).join(', ')}\n`)
}

async function simulated() {
  const lines = [['SNR', 'interval', 'RMS error', 'largest', 'untold', 'within 2 sd']]
  for (const snr_db of [6, 0]) {
    const pairs = []
    for (let seed = 1; seed <= Number(seeds); seed++) {
      bar.update(seed / seeds, `${snr_db} dB`)
      const made = simulate({ seed, seconds: 60, fs: 500, leads: 4, snr_db })
      const { fetal } = await extract({ fs: 500, leads: made.fetal.map((_, l) => `lead${l}`), samples: made.mixture }, { method, model })
      pairs.push({ beat: fetal.beat, truth: measured(made.fetal, 500, aligned(made.beats.fetal, fetal.peaks_s)) })
    }
    for (const key of KEYS) {
      const e = errors(pairs, key)
      const within = told(pairs, key).filter(({ beat, truth }) => Math.abs(beat[key] - truth[key]) <= 2 * beat[`${key}_sd`])
      const untold = pairs.filter(({ beat }) => beat?.[key] == null).length
      lines.push([`${snr_db} dB`, key, rms(e), e.length ? fixed(Math.max(...e.map(Math.abs)), 1) : '–',
        `${fixed(100 * untold / pairs.length, 0)} %`, e.length ? `${fixed(100 * within.length / e.length, 0)} %` : '–'])
    }
  }
  bar.clear()
  console.log(`Averaged beat of ${seeds} simulated recordings of 60 s and 4 leads, against the clean fetal leads, ms\n`)
  console.log(table(lines).join('\n'))
}

if (existsSync(FETAL)) await scalp()
else console.log('skipped: no recordings at ../shared/data\n')
await simulated()
