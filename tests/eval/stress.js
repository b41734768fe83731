/**
 * The stress table, where methods part: the real recordings with reference beats made harder. Each
 * usable lead alone, each pair of leads, and all leads with noise added at +6, 0 and -6 dB against the
 * fetal QRS. Seeded: the same numbers on every run.
 *
 * Level of the fetal QRS of a lead: what is left after maternal cancellation, less its moving mean over
 * 200 ms, is laid over itself at the reference beats; the level is the RMS of the median beat within
 * 50 ms of the R peak (the median, so that what was not cancelled does not count). Noise keeps its own
 * proportions between leads and is scaled by one gain, so that the mean over leads of level over noise
 * RMS, in dB, is as asked for.
 *
 * A lead that is flat, dead or nearly so is not usable. In single leads and pairs the records whose
 * leads are copies of each other (common reference) are counted apart.
 *
 * Usage: node tests/eval/stress.js [RECORD...]
 */
import { summarise } from '../../js/cli/score.js'
import { fixed, table } from '../../js/cli/text.js'
import { COMMON_REFERENCE, bar, extract, needData, readRow, rows, score } from './common.js'
import { noise, NOISES } from './noise.js'

const LEVELS_DB = [6, 0, -6]
const GROUPS = ['cinc2013_seta/good', 'scalp']
// Known from the recordings: these leads carry nothing, or nearly nothing, though they are not all flat.
const DEAD = { a40: ['AECG1', 'AECG3'], a53: ['AECG1', 'AECG3'], a65: ['AECG1', 'AECG3'] }
const METHODS = ['classical']

needData()
const only = process.argv.slice(2)
// The seed of a record is its place in the manifest: one record alone gives the numbers of the whole run.
const records = (await rows()).map((row, i) => ({ ...row, seed: 1000 + i })).filter(r => !r.skip && (!only.length || only.includes(r.record)))
const results = [] // { method, group, condition, ...score }

for (const [i, row] of records.entries()) {
  const record = await readRow(row)
  if (!GROUPS.includes(record.group)) continue
  for (const method of METHODS) {
    const tell = words => bar.update(i / records.length, `${record.record}  ${words}`)
    const run = async (condition, leads, samples = leads.map(l => record.samples[l])) => {
      tell(condition)
      const result = await extract({ fs: record.fs, leads: leads.map(l => record.leads[l]), samples }, { method })
      results.push({ method, group: record.group, condition, ...score(record, result) })
    }
    const whole = await extract(record, { method, signals: true })
    const all = record.leads.map((_, l) => l)
    results.push({ method, group: record.group, condition: 'as it is', ...score(record, whole) })

    const usable = all.filter(l => whole.quality.leads[l].state !== 'flat' && !DEAD[record.record]?.includes(record.leads[l]))
    const apart = COMMON_REFERENCE.includes(record.record) ? ', common reference' : ''
    for (const l of usable) await run(`one lead${apart}`, [l])
    for (const a of usable) for (const b of usable) if (a < b) await run(`two leads${apart}`, [a, b])

    const level = all.map(l => qrsLevel(record.samples[l].map((v, k) => v - whole.signals.maternal[l][k]), record.fs, record.reference))
    for (const kind of NOISES) {
      const added = noise(kind, { leads: all.length, fs: record.fs, n: record.samples[0].length, seed: row.seed })
      for (const db of LEVELS_DB) {
        const now = mean(usable.map(l => 20 * Math.log10(level[l] / rms(added[l]))))
        const gain = 10 ** ((now - db) / 20)
        await run(`${kind} noise ${db > 0 ? '+' : ''}${db} dB`, usable, usable.map(l => record.samples[l].map((v, k) => v + gain * added[l][k])))
      }
    }
  }
}
bar.clear()

for (const group of GROUPS) {
  const of = results.filter(r => r.group === group)
  const conditions = [...new Set(of.map(r => r.condition))].sort((a, b) => rank(a) - rank(b))
  if (!of.length) continue
  console.log(`${group}\n`)
  console.log(table([['condition', 'method', 'runs', 'mean F1', 'worst tenth', 'PPA', 'coverage'],
    ...conditions.flatMap(condition => METHODS.map(method => {
      const g = summarise(condition, of.filter(r => r.condition === condition && r.method === method))
      return [condition, method, String(g.records), fixed(g.f1_mean, 4), fixed(g.f1_worst_tenth, 4), percent(g.ppa), percent(g.coverage)]
    }))]).join('\n') + '\n')
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

function rank(condition) {
  const order = ['as it is', 'one lead', 'one lead, common reference', 'two leads', 'two leads, common reference', ...NOISES.flatMap(kind => LEVELS_DB.map(db => `${kind} noise ${db > 0 ? '+' : ''}${db} dB`))]
  return order.indexOf(condition)
}

function percent(x) {
  return x === null ? '–' : `${fixed(100 * x, 1)} %`
}

function mean(values) {
  return values.reduce((a, b) => a + b, 0) / values.length
}

function rms(samples) {
  let sum = 0, n = 0
  for (const v of samples) if (Number.isFinite(v)) sum += v * v, n++
  return Math.sqrt(sum / Math.max(1, n))
}
