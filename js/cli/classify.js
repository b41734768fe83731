/**
 * fecg classify: standard-lead recordings of born persons to normal or abnormal, conditions, intervals and risk.
 */
import { basename } from 'node:path'
import { chooseStandardLeads } from '../classify.js'
import { sheet } from '../sheet.js'
import { clock, CONDITIONS, DX_REASONS } from '../words.js'
import { openRecording, output, readRange } from './files.js'
import { leadLine, notes } from './report.js'
import { fixed, plain, progressBar } from './text.js'

const SHEET_S = 10 // seconds that the figure shows

export async function classifyCommand(session, files, options) {
  await session.eachFile(files, options, async (file, { json, fecg, model }) => {
    const result = await classifyFile(session, fecg, file, options, model)
    await json?.(result)
    if (options.quiet) return
    if (options.json === '-') session.say(oneLine(result))
    else session.print(`${session.reports++ ? '\n' : ''}${report(result, session.colours)}`)
  })
}

async function classifyFile(session, fecg, file, options, model) {
  const bar = progressBar(session.stderr, options.quiet)
  let recording, out
  try {
    if (options.figure) out = await output('--figure', options.figure)
    recording = await openRecording(fecg, file, options)
    const result = await fecg.classify(recording, {
      leads: options.leads, model: model ?? undefined, signal: session.signal,
      mains: options.mains === undefined || options.mains === 'auto' ? 'auto' : Number(options.mains),
      onProgress: ({ fraction, done_s }) => bar.update(fraction ?? 0, `${basename(file)}  ${Math.round(done_s)} s`),
    })
    result.source.file = file
    if (out) {
      const shown = { ...result, source: { ...result.source, file: basename(file) } }
      await out.write(sheet(shown, await tellingWindow(fecg, recording, result, options, session.signal)))
      await out.done()
    }
    return result
  } finally {
    bar.clear()
    await out?.discard()
    await recording?.close()
  }
}

/** The ten seconds with the most to say: of the judged windows the most abnormal, else the first. */
async function tellingWindow(fecg, recording, { windows }, options, signal) {
  const t0_s = windows.reduce((best, w) => (w.abnormal !== null && w.abnormal > (best.abnormal ?? -1) ? w : best), { t_s: 0, abnormal: null }).t_s
  const { channels, names } = chooseStandardLeads(label => fecg.standardLead(label), recording.channels, options.leads)
  const samples = await readRange(recording, channels, t0_s, SHEET_S, signal)
  const leads = channels.map((c, i) => ({ label: names[i], fs: recording.channels[c].fs, samples: samples[i] }))
  return { t0_s, leads }
}

const BAR = 24
/** A probability as a bar, the unknown as a dash. */
const bar = (p, c) => (p === null ? '–'.padEnd(BAR) : c.cyan('█'.repeat(Math.round(p * BAR)).padEnd(BAR, '·')))

/** @param {object} result schema fecg.classify/1 @param {object} c colours */
export function report(result, c) {
  const { source, classes, risk, intervals, quality, windows } = result
  const lines = [`${c.bold(plain(source.file))}  ${c.dim(`${clock(source.duration_s)} · ${source.leads.length} lead${source.leads.length === 1 ? '' : 's'} · ${fixed(source.fs)} Hz`)}`, '']
  const row = (name, ...parts) => lines.push(`  ${c.dim(name.padEnd(12))}${parts.filter(Boolean).join(c.dim(' · '))}`)
  if (result.label === null) row('Answer', c.yellow('none'), DX_REASONS[quality.reason] ?? plain(quality.reason ?? ''))
  else {
    const words = result.label === 'normal' ? c.green(c.bold('normal')) : c.yellow(c.bold('abnormal'))
    row('Answer', words, `probability of abnormal ${fixed(result.abnormal, 2)}`, result.label !== 'normal' && like(result))
    Object.entries(classes).forEach(([key, p], i) => lines.push(`  ${c.dim((i ? '' : 'Conditions').padEnd(12))}${CONDITIONS[key].padEnd(22)}${bar(p, c)} ${fixed(p, 2)}`))
    row('Risk', c.bold(risk.level), risk.because.map(plain).join(', ') || 'nothing of the table is reached')
  }
  const ms = (name, key) => `${name} ${fixed(intervals[key])} ms`
  row('Intervals', `${fixed(intervals.rate_bpm)} bpm`, ms('PR', 'pr_ms'), ms('QRS', 'qrs_ms'), ms('QT', 'qt_ms'), ms('QTcF', 'qtcf_ms'), `axis ${fixed(intervals.axis_deg)}°`)
  if (result.label !== null) row('Rhythm', `atrial fibrillation ${fixed(result.atrial_fibrillation, 2)}`, `irregularity ${fixed(intervals.irregularity, 2)}`, intervals.pause_s >= 2 && `longest pause ${fixed(intervals.pause_s, 1)} s`)
  if (windows.length > 1) {
    const judged = windows.filter(w => w.abnormal !== null)
    row('Windows', `${windows.length} of 10 s`, `${judged.length} judged`, `${judged.filter(w => w.abnormal >= result.threshold).length} abnormal`)
  }
  const width = Math.max(...quality.leads.map(l => plain(l.label).length))
  quality.leads.forEach((lead, i) => row(i ? '' : 'Leads', leadLine(lead, width, result.attribution?.leads[i].contribution, c)))
  notes(result.diagnostics, row, c)
  return lines.join('\n') + '\n'
}

/** Which condition an abnormal ECG shows, where one is probable. */
const like = ({ label, label_probability }) => (label_probability >= 0.5 ? `most like ${CONDITIONS[label]}` : 'no single condition stands out')

/** One line for a result whose JSON goes to standard output. */
function oneLine({ source, label, abnormal, risk, quality }) {
  return `${plain(source.file)}: ` + (label === null ? `no answer (${plain(quality.reason)})` : `${label}, probability of abnormal ${fixed(abnormal, 2)}, risk ${risk.level}`)
}
