/**
 * The stress table, where methods part: the real recordings with reference beats made harder. Each
 * usable lead alone, each pair of leads, and all leads with noise added at +6, 0 and -6 dB against the
 * fetal QRS (harder.js). Seeded: the same numbers on every run. In single leads and pairs the records
 * whose leads are copies of each other (common reference) are counted apart.
 *
 * Under each group's table: how much F1 differs between the joined method and the classical stage run by run,
 * with a 95 % interval by drawing women, and the ratio of what both lack to 1.
 *
 * Usage: node tests/eval/stress.js [--methods LIST] [--model FILE] [--only CONDITION-PREFIX] [RECORD...]
 */
import { bootstrap, mean, summarise } from '../../js/cli/score.js'
import { fixed, table } from '../../js/cli/text.js'
import { COMMON_REFERENCE, bar, extract, needData, readRow, rows, score, scriptOptions } from './common.js'
import { harder } from './harder.js'
import { NOISES } from './noise.js'

const LEVELS_DB = [6, 0, -6]
const GROUPS = ['cinc2013_seta/good', 'scalp']
const noiseName = (kind, db) => `${kind} noise ${db > 0 ? '+' : ''}${db} dB`
const APART = ', common reference'
const CONDITIONS = ['as it is', 'one lead', `one lead${APART}`, 'two leads', `two leads${APART}`, ...NOISES.flatMap(kind => LEVELS_DB.map(db => noiseName(kind, db)))]

needData()
const { methods, model, only = '', rest } = await scriptOptions({ only: { type: 'string' } })
if (!CONDITIONS.some(c => c.startsWith(only))) throw new Error(`no condition begins with "${only}"; there are ${CONDITIONS.join('; ')}`)
// The seed of a record is its place in the manifest: one record alone gives the numbers of the whole run.
const records = (await rows()).map((row, i) => ({ ...row, seed: 1000 + i })).filter(r => !r.skip && (!rest.length || rest.includes(r.record)))
const absent = rest.find(name => !records.some(r => r.record === name))
if (absent !== undefined) throw new Error(`no record ${absent} with reference beats`)
const runs = [] // { group, condition, subject, scores: { method: score } }

for (const [i, row] of records.entries()) {
  const record = await readRow(row)
  if (!GROUPS.includes(record.group)) continue
  const { whole, usable, noisy } = await harder(record, row.seed)
  const run = async (condition, leads, samples = () => leads.map(l => record.samples[l])) => {
    if (!condition.startsWith(only)) return
    const given = { fs: record.fs, leads: leads.map(l => record.leads[l]), samples: samples() }
    const scores = {}
    for (const method of methods) {
      bar.update(i / records.length, `${record.record}  ${condition}  ${method}`)
      const known = condition === 'as it is' && method === 'classical'
      scores[method] = score(record, known ? whole : await extract(given, { method, model }))
    }
    runs.push({ group: record.group, condition, subject: record.subject, scores })
  }
  await run('as it is', record.leads.map((_, l) => l))
  const apart = COMMON_REFERENCE.includes(record.record) ? APART : ''
  for (const l of usable) await run(`one lead${apart}`, [l])
  for (const a of usable) for (const b of usable) if (a < b) await run(`two leads${apart}`, [a, b])
  for (const kind of NOISES) for (const db of LEVELS_DB) await run(noiseName(kind, db), usable, () => noisy(kind, db))
}
bar.clear()

for (const group of GROUPS) {
  const of = CONDITIONS.map(condition => [condition, runs.filter(r => r.group === group && r.condition === condition)]).filter(([, list]) => list.length)
  if (!of.length) continue
  console.log(`${group}\n`)
  console.log(table([['condition', 'method', 'runs', 'mean F1', 'worst tenth', 'PPA', 'coverage'],
    ...of.flatMap(([condition, list]) => methods.map(method => {
      const g = summarise(condition, list.map(r => r.scores[method]))
      return [condition, method, String(g.records), fixed(g.f1_mean, 4), fixed(g.f1_worst_tenth, 4), percent(g.ppa), percent(g.coverage)]
    }))]).join('\n') + '\n')
  if (methods.includes('fhnet') && methods.includes('classical')) console.log(differences(group, of))
}

/** fhnet less classical on the same samples. */
function differences(group, of) {
  const rows = of.map(([condition, list]) => {
    const pairs = list.map(({ subject, scores }) => ({ subject, more: scores.fhnet.f1 - scores.classical.f1 }))
    const [lo, hi] = bootstrap(pairs, p => p.more)
    const lack = method => 1 - mean(list.map(r => r.scores[method].f1))
    return [condition, String(list.length), String(new Set(list.map(r => r.subject)).size), signed(mean(pairs.map(p => p.more))),
      lo === null ? '–' : `${signed(lo)} to ${signed(hi)}`, lack('classical') > 0 ? fixed(lack('fhnet') / lack('classical'), 2) : '–']
  })
  return `${group}: fhnet less classical\n\n` +
    table([['condition', 'runs', 'women', 'mean F1', '95 % interval', 'error ratio'], ...rows]).join('\n') + '\n'
}

function signed(x) {
  return `${x < 0 ? '−' : '+'}${fixed(Math.abs(x), 4)}`
}

function percent(x) {
  return x === null ? '–' : `${fixed(100 * x, 1)} %`
}
