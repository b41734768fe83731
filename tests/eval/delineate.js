/**
 * Delineation against experts. Prints
 *   1. LUDB, twelve leads, at 500 Hz and decimated to 100 Hz: sensitivity and predictive value within 150 ms, and
 *      errors of onset, peak and offset (mean and SD, ms), lead by lead and joined (against the median over leads of
 *      the experts' annotations), for the records whose number is odd (on which constants were chosen) and even
 *      (held out); QT against the experts' QT;
 *   2. mitdb, two leads, 100 Hz: beats.
 * LUDB annotates the inner beats of a record: what is found outside the annotated span of a lead is not counted.
 * Usage: node tests/eval/delineate.js [TOOL], TOOL: build/native/fecg_delineate
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { fixed, table } from '../../js/cli/text.js'

const ADULT = fileURLToPath(new URL('../../../shared/data/adult/', import.meta.url))
const TOOL = process.argv[2] ?? fileURLToPath(new URL('../../build/native/fecg_delineate', import.meta.url))
const LEADS = ['I', 'II', 'III', 'AVR', 'AVL', 'AVF', 'V1', 'V2', 'V3', 'V4', 'V5', 'V6']
const WAVES = ['P', 'QRS', 'T']
const POINTS = ['on', 'peak', 'off']
const WITHIN_S = 0.15
/** Two standard deviations between the experts of the CSE Working Party (Eur Heart J 6, 1985), ms. */
const CSE = { P: { on: 10.2, off: 12.7 }, QRS: { on: 6.5, off: 11.6 }, T: { off: 30.6 } }

const lines = path => readFileSync(path, 'utf8').trim().split('\n').slice(1).map(line => line.split(','))
const time = v => (v >= 0 ? v : NaN)
const median = v => {
  const s = v.filter(Number.isFinite).sort((a, b) => a - b), h = s.length >> 1
  return s.length === 0 ? NaN : s.length % 2 ? s[h] : (s[h - 1] + s[h]) / 2
}

/** What the tool finds: [record] → { waves: { 'lead,wave': [{ on, peak, off }] }, qt }. */
function delineated(...args) {
  const run = spawnSync(TOOL, args.map(String), { encoding: 'utf8', maxBuffer: 1 << 28 })
  if (run.status !== 0) throw new Error(`fecg_delineate: ${run.error ?? run.stderr}`)
  const records = []
  for (const line of run.stdout.trim().split('\n')) {
    const [record, lead, wave, on, peak, off] = line.split(',')
    const r = (records[+record] ??= { waves: {}, qt: NaN })
    if (wave === 'QT') r.qt = +on
    else (r.waves[`${lead},${wave}`] ??= []).push({ on: +on, peak: +peak, off: +off })
  }
  return records
}

/** The experts' waves by record number, lead by lead and (lead -1) the median over at least six leads. */
function experts() {
  const records = new Map()
  for (const [id, lead, wave, on, peak, off] of lines(`${ADULT}ludb/ludb_delineation.csv`)) {
    if (!records.has(+id)) records.set(+id, {})
    const key = `${LEADS.indexOf(lead)},${wave}`;
    (records.get(+id)[key] ??= []).push({ on: time(on) / 500, peak: peak / 500, off: time(off) / 500 })
  }
  for (const waves of records.values())
    for (const wave of WAVES) {
      const all = LEADS.flatMap((_, l) => waves[`${l},${wave}`] ?? []).sort((a, b) => a.peak - b.peak)
      const joined = waves[`-1,${wave}`] = []
      for (let i = 0, j = 1; i < all.length; i = j++) {
        while (j < all.length && all[j].peak - all[j - 1].peak < 0.1 && all[j].peak - all[i].peak < 0.2) j++
        const same = all.slice(i, j)
        if (same.length >= 6) joined.push(Object.fromEntries(POINTS.map(p => [p, median(same.map(w => w[p]))])))
      }
    }
  return records
}

/** Adds to counts and errors what one list of waves has against another; those outside from..to are not false. */
function compare(score, found, reference, from, to) {
  const used = new Set()
  for (const r of reference) {
    let best
    for (const f of found)
      if (!used.has(f) && Math.abs(f.peak - r.peak) <= Math.abs((best ?? { peak: r.peak + WITHIN_S }).peak - r.peak)) best = f
    if (!best) {
      score.missed++
      continue
    }
    used.add(best)
    score.hit++
    for (const p of POINTS)
      if (Number.isFinite(best[p] - r[p])) score[p].push(1000 * (best[p] - r[p]))
  }
  for (const f of found) score.false += !used.has(f) && f.peak >= from && f.peak <= to
}

const mean = v => v.reduce((s, x) => s + x, 0) / v.length
const spread = v => {
  const m = mean(v)
  return v.length ? `${fixed(m, 1)} ± ${fixed(Math.sqrt(mean(v.map(x => (x - m) ** 2))), 1)}` : '–'
}
const print = rows => console.log(table(rows).join('\n'))
const share = (a, b) => fixed(a / (a + b), 4)

function scoreLudb(rate, records, ids, reference) {
  for (const [half, name] of [[1, 'odd: constants were chosen here'], [0, 'even: held out']]) {
    const rows = [], qt = []
    for (const joined of [false, true])
      for (const wave of WAVES) {
        const score = { hit: 0, missed: 0, false: 0, on: [], peak: [], off: [] }
        ids.forEach((id, k) => {
          if (id % 2 !== half) return
          const spans = LEADS.map((_, l) => WAVES.flatMap(w => reference.get(id)[`${l},${w}`] ?? []).map(w => w.peak))
          const starts = spans.map(s => Math.min(...s) - 0.02), ends = spans.map(s => Math.max(...s) + 0.02)
          for (const lead of joined ? [-1] : LEADS.keys()) {
            const key = `${lead},${wave}`
            compare(score, records[k]?.waves[key] ?? [], reference.get(id)[key] ?? [],
              joined ? Math.max(...starts) : starts[lead], joined ? Math.min(...ends) : ends[lead])
          }
        })
        const within = ['on', 'off'].map(p => CSE[wave][p]).map(v => (v ? fixed(v, 1) : '–')).join(' / ')
        rows.push([joined ? `${wave} joined` : wave, String(score.hit + score.missed), share(score.hit, score.missed), share(score.hit, score.false),
          ...POINTS.map(p => spread(score[p])), within])
      }
    for (const [id, ms] of lines(`${ADULT}ludb/ludb_qt.csv`))
      if (ms && id % 2 === half && Number.isFinite(records[ids.indexOf(+id)]?.qt)) qt.push(records[ids.indexOf(+id)].qt - ms)
    console.log(`\nLUDB at ${rate} Hz, ${name}\n`)
    print([['wave', 'annotated', 'Se', 'PPV', 'onset, ms', 'peak, ms', 'offset, ms', 'CSE on / off'], ...rows])
    console.log(`\nQT: ${spread(qt)} ms over ${qt.length} records`)
  }
}

function scoreMitdb() {
  const rows = lines(`${ADULT}mitdb/mitdb_100hz.csv`)
  const found = delineated(`${ADULT}mitdb/mitdb_100hz.i16`, rows.length, 1000, 2, 100)
  const score = { hit: 0, missed: 0, false: 0, on: [], peak: [], off: [] }
  const flutter = { ...score, on: [], peak: [], off: [] }
  rows.forEach(([, , , , , times, rhythm], k) => {
    const inner = t => t > 0.3 && t < 9.7
    const all = times.split(' ').filter(Boolean).map(t => ({ on: NaN, peak: +t, off: NaN }))
    const beats = (found[k]?.waves['-1,QRS'] ?? []).filter(w => all.some(t => Math.abs(t.peak - w.peak) <= WITHIN_S) || inner(w.peak))
    const near = all.filter(t => inner(t.peak) || beats.some(w => Math.abs(t.peak - w.peak) <= WITHIN_S))
    compare(rhythm.includes('(VFL') ? flutter : score, beats, near, 0, 10)
  })
  console.log('\nmitdb, two leads at 100 Hz: beats from 0.3 to 9.7 s of each window\n')
  print([['rhythm', 'beats', 'Se', 'PPV', 'difference, ms'], ...[['all but ventricular flutter', score], ['ventricular flutter', flutter]]
    .map(([name, s]) => [name, String(s.hit + s.missed), share(s.hit, s.missed), share(s.hit, s.false), spread(s.peak)])])
}

if (!existsSync(`${ADULT}ludb/ids.txt`)) console.log('skipped: no recordings in ../shared/data/adult')
else {
  const ids = readFileSync(`${ADULT}ludb/ids.txt`, 'utf8').trim().split('\n').map(Number), reference = experts()
  for (const rate of [500, 100])
    scoreLudb(rate, delineated(`${ADULT}ludb/ludb_500hz.i16`, ids.length, 5000, 12, 500, rate), ids, reference)
  scoreMitdb()
}
