/**
 * ECGNet on recordings that its weights have not seen: fold 9 of the twelve-lead set, the held-out records of mitdb and
 * cinc2017 (models/ecgnet/data.py has the split), through classify() as it ships.
 *   node tests/eval/ecgnet.js [--only answers|leads|rhythm|fetal|damage|deletion] [--model FILE]
 * AUROC with an interval of 95 % over patients (1,000 bootstrap draws, seed 1). Skips without ../shared/data.
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { ADULT, bar, extract, FETAL, fecg, needData, readRow, rows, SCALP } from './common.js'
import { auroc, bestOf, f1At, interval, random } from './roc.js'
import { parseCsv } from '../../js/cli/manifest.js'
import { fixed, table } from '../../js/cli/text.js'

const STANDARD = ['I', 'II', 'III', 'aVR', 'aVL', 'aVF', 'V1', 'V2', 'V3', 'V4', 'V5', 'V6']
const SCORED = { ARR: 'arrhythmia', CD: 'conduction', MI: 'infarction', HYP: 'hypertrophy' }
const MITDB_TEST = ['101', '106', '111', '115', '119', '124', '203', '207', '213', '219', '228', '233']
const FS = 100, SAMPLES = 1000

needData(ADULT)
const { values: options } = parseArgs({ options: { only: { type: 'string' }, model: { type: 'string' } } })
const wanted = part => !options.only || options.only === part
const model = options.model ? await fecg.model(pathToFileURL(options.model)) : undefined

/** Rows of a set with signal(row): its leads in uV. */
function load(name, leads) {
  const [head, ...lines] = parseCsv(readFileSync(`${ADULT}/${name}.csv`, 'utf8'))
  const rows = lines.map(({ fields }) => Object.fromEntries(head.fields.map((key, i) => [key, fields[i]])))
  const bytes = readFileSync(`${ADULT}/${name}.i16`)
  const all = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2)
  return rows.map((row, i) => ({
    ...row,
    signal: () => Array.from({ length: leads }, (_, l) => Float32Array.from({ length: SAMPLES }, (__, t) => all[(i * SAMPLES + t) * leads + l])),
  }))
}

async function classify(samples, labels, fs = FS) {
  return fecg.classify(await fecg.read({ fs, leads: labels, samples }), { model })
}

const percent = x => (Number.isFinite(x) ? `${(100 * x).toFixed(1)} %` : '–')
const three = x => fixed(x, 3)

/** One row of an AUROC table. */
function aurocRow(name, items) {
  const known = items.filter(x => x.score !== null)
  const a = auroc(known), [lo, hi] = interval(known)
  return [name, String(known.length), String(known.filter(x => x.positive).length), three(a), Number.isFinite(lo) ? `${three(lo)} to ${three(hi)}` : '–']
}
const HEAD = ['', 'records', 'positive', 'AUROC', 'interval']

const dx = load('dx12_100hz', 12).filter(r => r.fold === '9')
const answers = []
if (wanted('answers') || wanted('leads') || wanted('deletion')) {
  for (const row of dx) {
    bar.update(answers.length / dx.length, 'fold 9')
    answers.push({ row, result: await classify(row.signal(), STANDARD) })
  }
  bar.clear()
}
const shipped = answers[0]?.result.version ?? {}
if (shipped.model) console.log(`weights ${shipped.model}, sha256 ${shipped.model_sha256.slice(0, 12)}; trained without fold 9 and the held-out rhythm records\n`)

const abnormal = list => list.map(({ row, result }) => ({ positive: row.NORM === '0', score: result.abnormal, group: row.patient }))
const condition = (list, key) => list.map(({ row, result }) => ({ positive: row[key] === '1', score: result.classes[SCORED[key]], group: row.patient }))

if (wanted('answers')) {
  console.log(`Fold 9, twelve leads: ${answers.length} records, ${answers.filter(a => a.result.abnormal === null).length} without an answer`)
  const macro = Object.keys(SCORED).map(key => auroc(condition(answers, key))).reduce((a, b) => a + b, 0) / 4
  const noLudb = answers.filter(a => a.row.source !== 'LUDB')
  const qt = answers.map(({ row, result }) => ({ positive: row.QT === '1', score: result.classes.qt, group: row.patient }))
  console.log(table([HEAD, aurocRow('abnormal', abnormal(answers)), ...Object.keys(SCORED).map(key => aurocRow(SCORED[key], condition(answers, key))),
    aurocRow('hypertrophy without LUDB', condition(noLudb, 'HYP')), aurocRow('qt, by the measured QTc', qt)]).join('\n'))
  console.log(`macro AUROC of the four conditions: ${three(macro)}`)
  const judged = abnormal(answers).filter(x => x.score !== null), threshold = answers[0].result.threshold
  const f = f1At(judged, threshold)
  console.log(`abnormal at the threshold ${fixed(threshold, 3)} chosen in training: F1 ${three(f.f1)}, sensitivity ${percent(f.se)}, specificity ${percent(f.sp)}; the best threshold on these would give F1 ${three(bestOf(judged))}\n`)
  console.log('By source: AUROC (positives of records)')
  const sources = [...new Set(dx.map(r => r.source))]
  const cell = items => (items.some(x => x.positive) && items.some(x => !x.positive) ? `${three(auroc(items))} (${items.filter(x => x.positive).length} of ${items.length})` : `– (${items.filter(x => x.positive).length} of ${items.length})`)
  console.log(table([['', 'abnormal', ...Object.values(SCORED)], ...sources.map(s => {
    const list = answers.filter(a => a.row.source === s)
    return [s, cell(abnormal(list).filter(x => x.score !== null)), ...Object.keys(SCORED).map(key => cell(condition(list, key).filter(x => x.score !== null)))]
  })]).join('\n'))
  console.log(`\nCalibration: mean probability of abnormal ${three(judged.reduce((s, x) => s + x.score, 0) / judged.length)}, share abnormal ${three(judged.filter(x => x.positive).length / judged.length)}, Brier score ${three(judged.reduce((s, x) => s + (x.score - x.positive) ** 2, 0) / judged.length)}`)
  const levels = ['low', 'moderate', 'high'].map(level => answers.filter(a => a.result.risk?.level === level))
  console.log(`Risk: ${levels.map((l, i) => `${['low', 'moderate', 'high'][i]} ${l.length} (${percent(l.filter(a => a.row.NORM === '1').length / l.length)} of them normal)`).join(', ')}\n`)
}

if (wanted('leads')) {
  console.log('Fewer leads, fold 9: confidence is the mean of |2 p - 1| of abnormal')
  const sets = [STANDARD, ['I', 'II', 'V1', 'V2', 'V3', 'V4', 'V5', 'V6'], ['I', 'II', 'III'], ['I', 'V5'], ['II'], ['I'], ['V2']]
  const table1 = [['leads', 'answered', 'abnormal', ...Object.values(SCORED), 'confidence']]
  for (const leads of sets) {
    const list = []
    for (const { row, result } of answers) {
      bar.update(list.length / answers.length, leads.join(' '))
      const samples = row.signal()
      list.push({ row, result: leads.length === 12 ? result : await classify(leads.map(l => samples[STANDARD.indexOf(l)]), leads) })
    }
    bar.clear()
    const judged = list.filter(a => a.result.abnormal !== null)
    table1.push([leads.length > 7 ? `${leads.length} leads` : leads.join(' '), percent(judged.length / list.length), three(auroc(abnormal(judged))), ...Object.keys(SCORED).map(key => three(auroc(condition(judged, key)))),
      three(judged.reduce((s, a) => s + Math.abs(2 * a.result.abnormal - 1), 0) / judged.length)])
  }
  console.log(table(table1).join('\n') + '\n')
}

if (wanted('rhythm')) {
  console.log('Atrial fibrillation against normal rhythm, held-out records')
  const rhythm = []
  const of1 = result => ({ score: result.atrial_fibrillation, fetal: result.quality.reason === 'FETAL_SUSPECTED' })
  for (const row of load('mitdb/mitdb_100hz', 2).filter(r => MITDB_TEST.includes(r.record))) {
    bar.update(0.3, `mitdb ${row.record}`)
    const positive = row.rhythm === '(AFIB'
    if (!positive && !(row.rhythm === '(N' && /^N+$/.test(row.beat_symbols))) continue
    const labels = row.leads.split('/')
    rhythm.push({ set: 'mitdb', normal: !positive, positive, ...of1(await classify(row.signal(), labels)), group: row.record })
  }
  for (const row of load('cinc2017/cinc2017_100hz', 1).filter(r => Number(BigInt('0x' + createHash('sha256').update(r.record).digest('hex')) % 10n) === 9)) {
    if (row.label === '~') continue
    bar.update(0.7, `cinc2017 ${row.record}`)
    rhythm.push({ set: 'cinc2017', normal: row.label === 'N', positive: row.label === 'A', ...of1(await classify(row.signal(), ['I'])), group: row.record })
  }
  bar.clear()
  const of = (set, test = () => true) => rhythm.filter(r => r.set === set && test(r))
  console.log(table([HEAD, aurocRow('mitdb, AF against normal', of('mitdb')), aurocRow('cinc2017, AF against normal', of('cinc2017', r => r.positive || r.normal)), aurocRow('cinc2017, AF against normal and other', of('cinc2017'))]).join('\n'))
  for (const set of ['mitdb', 'cinc2017']) console.log(`${set}: ${of(set, r => r.score === null).length} of ${of(set).length} windows without an answer, of these ${of(set, r => r.fetal).length} taken for a fetus's`)
  console.log()
}

if (wanted('fetal') && existsSync(FETAL)) {
  const told = { extracted: [], scalp: [] }
  const seven = (await rows()).filter(r => SCALP.includes(r.group) && !r.skip)
  for (const [i, row] of seven.entries()) {
    bar.update(i / seven.length, `fetal ${row.record}`)
    const record = await readRow(row), scalp = await readRow(row, [0])
    const { signals } = await extract(record, { method: 'fhnet', signals: true })
    told.extracted.push(await classify(signals.fetal, STANDARD.slice(0, signals.fetal.length), signals.fs))
    told.scalp.push(await classify(scalp.samples, ['I'], scalp.fs))
  }
  bar.clear()
  for (const [kind, list] of Object.entries(told)) {
    const without = list.filter(r => r.abnormal === null)
    console.log(`Fetal signals under the names of standard leads, ${kind}: ${without.length} of ${list.length} without an answer, of these ${without.filter(r => r.quality.reason === 'FETAL_SUSPECTED').length} for they may be a fetus's`)
  }
  console.log()
}

if (wanted('damage')) {
  console.log('Damaged input, fold 9. Sure: abnormal below 0.1 or above 0.9; wrongly sure: sure against the label')
  const swap = (a, b) => s => { [s[a], s[b]] = [s[b], s[a]] }
  const arms = s => { // right and left arm exchanged: I upside down, II and III, aVR and aVL exchanged
    s[0] = s[0].map(v => -v)
    swap(1, 2)(s)
    swap(3, 4)(s)
  }
  const kinds = {
    'as it is': () => {}, 'arms exchanged': arms, 'I and II exchanged': swap(0, 1), 'V1 and V6 exchanged': swap(6, 11),
    'V1 and V2 flat': s => [6, 7].forEach(l => s[l].fill(0)), 'all flat': s => s.forEach(x => x.fill(0)),
    'in mV': s => s.forEach(x => x.forEach((v, i) => { x[i] = v / 1000 })), 'V3 to V6 NaN': s => [8, 9, 10, 11].forEach(l => s[l].fill(NaN)),
    'a third NaN, all leads': s => s.forEach(x => x.fill(NaN, 300, 633)), 'all NaN': s => s.forEach(x => x.fill(NaN)),
    '2 s long': s => s.forEach((x, l) => { s[l] = x.slice(0, 200) }), '6 s long': s => s.forEach((x, l) => { s[l] = x.slice(0, 600) }),
  }
  const table1 = [['', 'answered', 'AUROC', 'sure', 'wrongly sure', 'told']]
  for (const [name, damage] of Object.entries(kinds)) {
    const list = []
    for (const row of dx) {
      bar.update(list.length / dx.length, name)
      const samples = row.signal()
      damage(samples)
      list.push({ row, result: await classify(samples, STANDARD) })
    }
    bar.clear()
    const judged = list.filter(a => a.result.abnormal !== null), sure = judged.filter(a => a.result.abnormal < 0.1 || a.result.abnormal > 0.9)
    const told = {}
    for (const { result } of list) for (const code of new Set([result.quality.reason, ...result.diagnostics.map(d => d.code), ...result.quality.leads.filter(l => l.state !== 'ok').map(l => l.state)])) if (code) told[code] = (told[code] ?? 0) + 1
    table1.push([name, percent(judged.length / list.length), three(auroc(abnormal(judged))), percent(sure.length / list.length),
      percent(sure.filter(a => (a.result.abnormal > 0.5) !== (a.row.NORM === '0')).length / list.length), Object.entries(told).map(([code, n]) => `${code} ${n}`).join(', ') || '–'])
  }
  console.log(table(table1).join('\n') + '\n')
}

if (wanted('deletion')) {
  console.log('Does attribution hold? The change of the log odds of abnormal when what is ranked first is taken away, against another')
  const odds = p => Math.log(Math.min(Math.max(p, 1e-4), 1 - 1e-4) / (1 - Math.min(Math.max(p, 1e-4), 1 - 1e-4)))
  const draw = random(1), sums = { lead: [], otherLead: [], moment: [], otherMoment: [] }
  for (const [i, { row, result }] of answers.entries()) {
    bar.update(i / answers.length, 'deletion')
    if (result.abnormal === null) continue
    const change = async damage => {
      const samples = row.signal()
      damage(samples)
      const p = (await classify(samples, STANDARD)).abnormal
      return p === null ? null : Math.abs(odds(p) - odds(result.abnormal))
    }
    const shares = result.attribution.leads.map(l => l.contribution), first = shares.indexOf(Math.max(...shares))
    const other = (first + 1 + Math.floor(draw() * 11)) % 12
    sums.lead.push(await change(s => s[first].fill(NaN)))
    sums.otherLead.push(await change(s => s[other].fill(NaN)))
    const { t_s, time } = result.attribution, order = time.map((v, k) => [v, k]).sort((a, b) => b[0] - a[0]).map(x => x[1])
    const mute = k => s => s.forEach(x => x.fill(NaN, Math.round(t_s[k] * FS), Math.round((t_s[k] + 0.4) * FS)))
    sums.moment.push(await change(mute(order[0])))
    sums.otherMoment.push(await change(mute(order[1 + Math.floor(draw() * (order.length - 1))])))
  }
  bar.clear()
  const mean = list => list.filter(v => v !== null).reduce((a, b) => a + b, 0) / list.filter(v => v !== null).length
  console.log(table([['', 'ranked first', 'another'], ['lead', three(mean(sums.lead)), three(mean(sums.otherLead))], ['0.4 s', three(mean(sums.moment)), three(mean(sums.otherMoment))]]).join('\n'))
}
