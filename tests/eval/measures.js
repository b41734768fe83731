/**
 * Measures that the tables and the ratchet share: recordings without a fetus, the rate's freedom, and
 * the scores of the real recordings where they are present.
 */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { groupBy, mean, summarise } from '../../js/cli/score.js'
import { ADULT, FETAL, extract, readRow, rows, score, simulate } from './common.js'

// how: { method, model } everywhere.

/** Whether a fetus is reported in simulated recordings of a scenario that has none. */
export async function withoutFetus(scenario, seeds, how) {
  const list = []
  for (let seed = 1; seed <= seeds; seed++) {
    const { leads, fs, mixture } = simulate({ seed, scenario })
    list.push({ name: `seed ${seed}`, present: (await extract({ leads, fs, samples: mixture }, how)).fetal.present })
  }
  return list
}

/** Beats of simulated recordings at each rate; ratio: median found rate over median true rate. */
export async function rateFreedom(rates, seeds, how) {
  const list = []
  for (const bpm of rates)
    for (let seed = 1; seed <= seeds; seed++) {
      const { leads, fs, mixture, beats } = simulate({ seed, fhr_bpm: bpm, snr_db: 6 })
      const record = { record: `${bpm}/${seed}`, subject: String(seed), leads, fs, samples: mixture, reference: beats.fetal }
      const result = await extract(record, how)
      list.push({ bpm, ...score(record, result), ratio: intervals(result.fetal.peaks_s) && intervals(beats.fetal) / intervals(result.fetal.peaks_s) })
    }
  return list
}

function intervals(beats) {
  const rr = beats.slice(1).map((t, i) => t - beats[i]).sort((a, b) => a - b)
  return rr.length ? rr[rr.length >> 1] : null
}

/** Whether a fetus is reported in the adult recordings of LUDB: 180 of 10 s, 12 leads, 500 Hz. */
export async function ludb(bar, how) {
  const LEADS = ['I', 'II', 'III', 'aVR', 'aVL', 'aVF', 'V1', 'V2', 'V3', 'V4', 'V5', 'V6'], N = 5000
  const bytes = await readFile(`${ADULT}/ludb/ludb_500hz.i16`)
  const names = (await readFile(`${ADULT}/ludb/ids.txt`, 'utf8')).trim().split(/\s+/)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const list = []
  for (const [r, name] of names.entries()) {
    bar.update(r / names.length, `LUDB ${name}`)
    const samples = LEADS.map((_, c) => Float32Array.from({ length: N }, (__, i) => view.getInt16(2 * ((r * N + i) * LEADS.length + c), true)))
    list.push({ name, present: (await extract({ fs: 500, leads: LEADS, samples }, how)).fetal.present })
  }
  return list
}

/** Groups of the real recordings with reference beats; empty where they are absent. */
export async function realGroups(how) {
  if (!existsSync(FETAL)) return []
  const records = []
  for (const row of (await rows()).filter(r => !r.skip)) {
    const record = await readRow(row)
    records.push({ group: record.group, ...score(record, await extract(record, how)) })
  }
  return [...groupBy(records, r => r.group)].map(([name, list]) => summarise(name, list))
}

/** What the ratchet holds of a method: { group: { figure: value } }. */
export async function measure(how) {
  const figures = {}
  for (const { name, f1_mean, f1_worst_tenth, ppa, coverage, mae_ms } of await realGroups(how)) figures[name] = { f1_mean, f1_worst_tenth, ppa, coverage, mae_ms }
  const free = await rateFreedom([70, 110, 140, 180, 210], 3, how)
  for (const [bpm, list] of groupBy(free, r => r.bpm)) figures[`simulated ${bpm} bpm`] = { f1_mean: mean(list.map(r => r.f1)), f1_min: Math.min(...list.map(r => r.f1)) }
  for (const scenario of ['no-fetus', 'adult']) figures[`simulated ${scenario}`] = { fetus_reported: (await withoutFetus(scenario, 6, how)).filter(r => r.present).length }
  if (existsSync(ADULT)) figures['LUDB adults'] = { fetus_reported: (await ludb({ update() {} }, how)).filter(r => r.present).length }
  return figures
}
