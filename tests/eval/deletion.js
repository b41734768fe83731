/**
 * Is attribution true? The lead that a result names first is taken away and the recording extracted again; so is
 * each of the other leads. If the attribution tells what carried the answer, the first costs more than another.
 * Over all records with reference beats and two or more usable leads, as they are and with muscle noise at 0 dB
 * against the fetal QRS (harder.js). Before and after: F1, the mean confidence of the fetal beats (0 where none was
 * found), and quality.fetal; with the method network these two are the network's own score.
 *
 * "costs most": in how many of the records in which leads differ the first costs more than every other; beside it
 * how many that would be if the first were drawn by lot. Of more than six leads five others are drawn (seeded).
 *
 * Usage: node tests/eval/deletion.js [--methods network,fhnet] [--model FILE] [RECORD...]
 */
import { bootstrap, mean, random } from '../../js/cli/score.js'
import { fixed, table } from '../../js/cli/text.js'
import { bar, extract, needData, readRow, rows, score, scriptOptions } from './common.js'
import { harder } from './harder.js'

const MOST_OTHERS = 5
const MEASURES = { F1: r => r.f1, confidence: r => r.confidence, 'quality.fetal': r => r.quality }
const CONDITIONS = {
  'as it is': (record, { usable }) => usable.map(l => record.samples[l]),
  'muscle noise 0 dB': (_, { noisy }) => noisy('muscle', 0),
}

needData()
const { methods, model, rest } = await scriptOptions({}, ['network', 'fhnet'])
if (methods.includes('classical')) throw new Error('the method classical has no attribution')
// The seed of a record is its place in the manifest, as in stress.js.
const records = (await rows()).map((row, i) => ({ ...row, seed: 1000 + i })).filter(r => !r.skip && (!rest.length || rest.includes(r.record)))
const absent = rest.find(name => !records.some(r => r.record === name))
if (absent !== undefined) throw new Error(`no record ${absent} with reference beats`)
const runs = [] // { method, condition, record, subject, before, first, others: [] }
const none = []

for (const [i, row] of records.entries()) {
  const record = await readRow(row)
  const made = await harder(record, row.seed)
  if (made.usable.length < 2) continue
  for (const [condition, samplesOf] of Object.entries(CONDITIONS)) {
    const samples = samplesOf(record, made), labels = made.usable.map(l => record.leads[l])
    for (const method of methods) {
      const tell = words => bar.update(i / records.length, `${record.record}  ${condition}  ${method}  ${words}`)
      tell('whole')
      const whole = await extract({ fs: record.fs, leads: labels, samples }, { method, model })
      const measured = result => {
        const { confidence } = result.fetal
        return { f1: score(record, result).f1, confidence: mean(confidence) ?? 0, quality: result.quality.fetal }
      }
      const without = async l => {
        tell(`without ${labels[l]}`)
        const left = list => list.filter((_, k) => k !== l)
        return measured(await extract({ fs: record.fs, leads: left(labels), samples: left(samples) }, { method, model }))
      }
      const share = whole.attribution.leads.map(l => l.contribution)
      if (!share.some(s => s > 0)) { // no fetus was reported: nothing carried it
        none.push({ method, condition })
        continue
      }
      const first = share.indexOf(Math.max(...share))
      const others = drawn(labels.map((_, l) => l).filter(l => l !== first), row.seed)
      const run = { method, condition, record: record.record, subject: record.subject, share: share[first], leads: labels.length, before: measured(whole), first: await without(first), others: [] }
      for (const l of others) run.others.push(await without(l))
      runs.push(run)
    }
  }
}
bar.clear()

for (const method of methods)
  for (const condition of Object.keys(CONDITIONS)) {
    const list = runs.filter(r => r.method === method && r.condition === condition)
    if (!list.length) {
      console.log(`${method}, ${condition}: no record with an attribution\n`)
      continue
    }
    const silent = none.filter(r => r.method === method && r.condition === condition).length
    console.log(`${method}, ${condition}: ${list.length} records${silent ? ` (${silent} in which no fetus was reported left out)` : ''}, mean share of the first lead ${fixed(100 * mean(list.map(r => r.share)), 0)} %, by lot ${fixed(100 * mean(list.map(r => 1 / r.leads)), 0)} %\n`)
    console.log(table([['measure', 'before', 'without first', 'without another', 'first costs more by', '95 % interval', 'costs most', 'by lot'],
      ...Object.entries(MEASURES).map(([name, of]) => row(name, of, list))]).join('\n') + '\n')
  }

function row(name, of, list) {
  const more = r => mean(r.others.map(of)) - of(r.first)
  const [lo, hi] = bootstrap(list, more)
  const differ = list.filter(r => new Set([r.first, ...r.others].map(of)).size > 1)
  const most = differ.filter(r => r.others.every(o => of(o) > of(r.first)))
  const byLot = differ.reduce((sum, r) => sum + 1 / (1 + r.others.length), 0)
  return [name, fixed(mean(list.map(r => of(r.before))), 4), fixed(mean(list.map(r => of(r.first))), 4), fixed(mean(list.map(r => mean(r.others.map(of)))), 4),
    signed(mean(list.map(more))), lo === null ? '–' : `${signed(lo)} to ${signed(hi)}`, `${most.length} of ${differ.length}`, fixed(byLot, 1)]
}

/** At most MOST_OTHERS of the leads. */
function drawn(leads, seed) {
  const next = random(seed), left = [...leads]
  while (left.length > MOST_OTHERS) left.splice(Math.floor(next() * left.length), 1)
  return left
}

function signed(x) {
  return `${x < 0 ? '−' : '+'}${fixed(Math.abs(x), 4)}`
}
