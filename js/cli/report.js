/**
 * The result of an extraction as a person reads it on a terminal.
 */
import { median } from '../floats.js'
import { baselineWords } from '../terms.js'
import { clock, REASONS, TERM_REASONS } from '../words.js'
import { groupBy } from './score.js'
import { chart, fixed, plain } from './text.js'

const NOTES = 8 // more than these are counted, not told
const BAR = '▁▂▃▄▅▆▇█'

/** @param {object} result schema fecg.extract/1 @param {object} c colours */
export function report(result, c) {
  const { source, fetal, maternal, quality, diagnostics } = result
  const lines = [`${c.bold(plain(source.file))}  ${c.dim(`${clock(source.duration_s)} · ${source.leads.length} lead${source.leads.length === 1 ? '' : 's'} · ${fixed(source.fs)} Hz · ${result.method}`)}`, '']
  const row = (name, ...parts) => lines.push(`  ${c.dim(name.padEnd(12))}${parts.filter(Boolean).join(c.dim(' · '))}`)

  if (fetal.present) {
    lines.push(...rateChart(fetal, source.duration_s, c), '')
    const { baseline_bpm, stv_ms, ltv_bpm, coverage } = fetal.summary
    row('Fetal rate', c.bold(c.cyan(`${fixed(baseline_bpm)} bpm`)) + ' baseline', `known for ${fixed(100 * coverage)} % of the time`)
    row('Variability', stv_ms !== null && `${fixed(stv_ms, 1)} ms short-term`, ltv_bpm !== null && `${fixed(ltv_bpm, 1)} bpm long-term`, stv_ms === null && ltv_bpm === null && '–')
    const guessed = fetal.interpolated.filter(Boolean).length
    row('Fetal beats', String(fetal.peaks_s.length), guessed ? `${guessed} of them interpolated` : 'none interpolated', `quality ${fixed(quality.fetal, 2)}`)
    if (fetal.beat) row('Mean beat', ...['pr', 'qrs', 'qt'].map(k => interval(k.toUpperCase(), fetal.beat[`${k}_ms`], fetal.beat[`${k}_ms_sd`])))
    for (const [type, list] of groupBy(fetal.events, e => e.type)) row('Events', `${list.length} ${plain(type)}${list.length > 1 ? 's' : ''}`, `at ${list.slice(0, 6).map(e => clock(e.t_s)).join(', ')}${list.length > 6 ? ', …' : ''}`)
    if (fetal.terms) {
      const { figo, nichd, rhythm } = fetal.terms
      if (figo.accelerations.reason === 'TOO_SHORT') row('FIGO, NICHD', unknown(figo.accelerations, 'terms'))
      else {
        const { bandwidth_bpm } = figo.variability, classes = [...new Set(nichd.variability.stretches.map(s => s.class).filter(Boolean))]
        row('FIGO', ...ofRate(figo), `variability ${figo.variability.class ?? unknown(figo.variability, '')}${bandwidth_bpm === null ? '' : ` (${fixed(bandwidth_bpm)} bpm)`}`, changes(figo))
        row('NICHD', ...ofRate(nichd), classes.length > 0 && `variability ${classes.join(', ')}`, changes(nichd))
      }
      row('Rhythm', rhythm.irregular === null ? unknown(rhythm, '') : rhythm.irregular ? 'irregular' : 'regular', rhythm.premature_beats > 0 && counted(rhythm.premature_beats, 'premature beat'))
    }
  } else {
    row('Fetus', c.yellow('not found'), REASONS[quality.reason] ?? plain(quality.reason ?? ''))
  }
  const bpm = median(maternal.rate.bpm)
  row('Mother', bpm === null ? 'no beats found' : `${fixed(bpm)} bpm`, bpm !== null && `${maternal.peaks_s.length} beats`)
  const width = Math.max(...quality.leads.map(l => plain(l.label).length))
  quality.leads.forEach((lead, i) => row(i ? '' : 'Leads', leadLine(lead, width, fetal.present ? result.attribution?.leads[i].contribution : undefined, c)))
  notes(diagnostics, row, c)
  return lines.join('\n') + '\n'
}

/** One line for a result whose JSON goes to standard output. */
export function oneLine(result) {
  const { fetal, quality, source } = result
  return `${plain(source.file)}: ` + (fetal.present
    ? `fetal rate ${fixed(fetal.summary.baseline_bpm)} bpm, ${fetal.peaks_s.length} beats, known for ${fixed(100 * fetal.summary.coverage)} % of ${clock(source.duration_s)}`
    : `no fetus found (${plain(quality.reason)})`)
}

const counted = (n, name) => `${n} ${name}${n === 1 ? '' : 's'}`

const unknown = ({ reason }, name) => `${name} not known, ${TERM_REASONS[reason]}`.trimStart()

/** The baselines of all ten minutes, from the lowest to the highest, and whether one stays outside 110 to 160. */
function ofRate({ baseline, tachycardia, bradycardia }) {
  if (baseline.reason) return [unknown(baseline, 'baseline')]
  return [`baseline ${baselineWords(baseline)}`, tachycardia.present && 'tachycardia', bradycardia.present && 'bradycardia']
}

/** Accelerations and decelerations. */
function changes({ accelerations, decelerations, prolonged_decelerations }) {
  if (accelerations.reason) return unknown(accelerations, 'accelerations and decelerations')
  const prolonged = prolonged_decelerations.count
  return [counted(accelerations.count, 'acceleration'), counted(decelerations.count, 'deceleration'), prolonged > 0 && counted(prolonged, 'prolonged deceleration')].filter(Boolean).join(', ')
}

function rateChart(fetal, duration_s, c) {
  const width = 60
  const { lines, lo, hi } = chart(fetal.rate.bpm, { width })
  const labels = new Map([[0, hi], [lines.length >> 1, (lo + hi) / 2], [lines.length - 1, lo]])
  const body = lines.map((line, i) => `  ${c.dim((labels.has(i) ? fixed(labels.get(i)) : '').padStart(4) + (labels.has(i) ? ' ┤' : ' │'))}${c.cyan(line.trimEnd())}`)
  const marks = ['0:00', clock(duration_s / 2), `${clock(duration_s)}`]
  const axis = marks[0].padEnd(width / 2 - (marks[1].length >> 1)) + marks[1]
  return [`  ${c.dim(' bpm')}`, ...body, c.dim(`       └${'─'.repeat(width)}`), c.dim(`        ${axis.padEnd(width - marks[2].length) + marks[2]}`)]
}

const interval = (name, ms, sd) => `${name} ${ms === null ? '–' : `${fixed(ms)}${sd === null ? '' : ` ± ${fixed(sd, sd < 2 ? 1 : 0)}`} ms`}`

/** Diagnostics, each in a row of its own. */
export function notes(diagnostics, row, c) {
  for (const d of diagnostics.slice(0, NOTES)) row('Note', `${plain(d.message)} ${c.dim(`(${plain(d.code)})`)}`)
  if (diagnostics.length > NOTES) row('', `and ${diagnostics.length - NOTES} more notes; --json has them all`)
}

/** contribution: the lead's share in what a network found, where one was asked. */
export function leadLine({ label, quality, state }, width, contribution, c) {
  const bar = BAR[Math.min(7, Math.max(0, Math.floor(quality * 8)))]
  const paint = state === 'ok' ? c.green : c.yellow
  return `${plain(label).padEnd(width)}  ${paint(`${bar} ${contribution === undefined ? state : state.padEnd(9)}`)}${c.dim(`  ${fixed(quality, 2)}`)}${contribution === undefined ? '' : `  carried ${fixed(100 * contribution).padStart(3)} %`}`
}
