/**
 * Controls: what a table of scores must be read against. Prints
 *   1. beats that no extraction found: a constant rate, and the maternal beats taken as fetal; beside them
 *      the classical stage alone, the network alone, and both joined;
 *   2. recordings without a fetus, where none may be reported, for each method;
 *   3. simulated recordings at 70 to 210 bpm, where the rate may lean nowhere, for each method.
 * Usage: node tests/eval/controls.js [--methods LIST] [--model FILE]
 */
import { existsSync } from 'node:fs'
import { mean, scoreBeats, scoreRate, summarise } from '../../js/cli/score.js'
import { fixed, table } from '../../js/cli/text.js'
import { ADULT, FETAL, bar, extract, readRow, rows, score, scriptOptions } from './common.js'
import { ludb, rateFreedom, withoutFetus } from './measures.js'

const CONSTANT_BPM = 140
const { methods, model } = await scriptOptions()
const percent = x => (x === null ? '–' : `${fixed(100 * x, 1)} %`)
const print = (title, table_) => console.log(`${title}\n\n${table(table_).join('\n')}\n`)

/** Rate of a list of beats on the 4-Hz grid of a result, for PPA. */
function rateOf(beats, duration_s) {
  const t_s = Array.from({ length: Math.floor(duration_s * 4) }, (_, i) => i / 4)
  let i = 0
  const bpm = t_s.map(t => {
    while (i + 1 < beats.length && beats[i + 1] <= t) i++
    return beats[i] <= t && beats[i + 1] > t ? 60 / (beats[i + 1] - beats[i]) : null
  })
  return { t_s, bpm }
}

async function noExtraction() {
  const all = (await rows()).filter(r => !r.skip)
  const kinds = Object.fromEntries([...methods, `constant ${CONSTANT_BPM} bpm`, 'maternal beats'].map(kind => [kind, []]))
  for (const [i, row] of all.entries()) {
    bar.update(i / all.length, row.record)
    const signals = await readRow(row)
    const { record, subject, group, reference, samples, fs } = signals
    const duration_s = samples[0].length / fs
    const results = []
    for (const method of methods) {
      results.push(await extract(signals, { method, model }))
      kinds[method].push({ group, ...score(signals, results.at(-1)) })
    }
    const constant = Array.from({ length: Math.floor(duration_s * CONSTANT_BPM / 60) }, (_, k) => k * 60 / CONSTANT_BPM)
    const scored = beats => {
      const { ppa, coverage } = scoreRate(reference, rateOf(beats, duration_s), duration_s)
      return { record, subject, group, ...scoreBeats(reference, beats), ppa, coverage }
    }
    kinds[`constant ${CONSTANT_BPM} bpm`].push(scored(constant))
    kinds['maternal beats'].push(scored(results[0].maternal.peaks_s))
  }
  bar.clear()
  const out = []
  for (const group of new Set(kinds[methods[0]].map(r => r.group)))
    for (const [kind, records] of Object.entries(kinds)) {
      const g = summarise(group, records.filter(r => r.group === group))
      out.push([group, kind, String(g.records), fixed(g.f1_mean, 4), percent(g.ppa), percent(g.coverage)])
    }
  print('Beats that no extraction found, beside those of the methods', [['group', 'beats', 'records', 'mean F1', 'PPA', 'coverage'], ...out])
}

async function noFetus() {
  const sources = []
  const of = async (source, measure) => {
    for (const method of methods) sources.push([source, method, await measure({ method, model })])
  }
  for (const scenario of ['no-fetus', 'adult']) await of(`simulated, ${scenario}, 60 s`, how => withoutFetus(scenario, 12, how))
  if (existsSync(FETAL)) {
    await of('thoracic leads of nifecgdb and daisy', async how => {
      const thoracic = []
      for (const row of (await rows()).filter(r => /^(nifecgdb|daisy)/.test(r.dataset))) {
        const leads = row.dataset === 'daisy' ? ['Tho6', 'Tho7', 'Tho8'] : ['Thorax_1', 'Thorax_2']
        thoracic.push({ name: row.record, present: (await extract(await readRow(row, leads), how)).fetal.present })
      }
      return thoracic
    })
  }
  if (existsSync(ADULT)) await of('LUDB, 12 leads, 10 s', how => ludb(bar, how))
  bar.clear()
  print('Recordings without a fetus', [['source', 'method', 'recordings', 'fetus reported', 'in'], ...sources.map(([source, method, list]) => {
    const wrong = list.filter(r => r.present)
    return [source, method, String(list.length), String(wrong.length), wrong.map(r => r.name).slice(0, 12).join(' ') + (wrong.length > 12 ? ' …' : '') || '–']
  })])
}

async function freedom() {
  const rates = [70, 110, 140, 180, 210]
  const list = []
  for (const method of methods) list.push(...(await rateFreedom(rates, 5, { method, model })).map(r => ({ ...r, method })))
  bar.clear()
  print('Rate freedom: simulated, 4 leads, 60 s, 6 dB, five seeds each', [
    ['fetal rate', 'method', 'mean F1', 'least F1', 'PPA', 'found / true rate', 'half or double'],
    ...rates.flatMap(bpm => methods.map(method => {
      const of = list.filter(r => r.bpm === bpm && r.method === method)
      const ratios = of.map(r => r.ratio).filter(r => r !== null)
      return [`${bpm} bpm`, method, fixed(mean(of.map(r => r.f1)), 4), fixed(Math.min(...of.map(r => r.f1)), 4), percent(mean(of.map(r => r.ppa))),
        fixed(mean(ratios), 3), String(ratios.filter(r => r < 0.67 || r > 1.5).length)]
    }))])
}

if (existsSync(FETAL)) await noExtraction()
else console.log('the recordings of ../shared/data are absent: their tables are skipped\n')
await noFetus()
await freedom()
