/**
 * One picture of a classification, as a self-contained SVG: ten seconds on ECG paper (25 mm/s, 10 mm/mV; twelve leads in the
 * usual three rows of four and a rhythm strip, fewer leads one below the other), the answer with its probabilities, intervals
 * and risk, and what carried it: the share of each lead at its label, moments under the last strip. Gaps are drawn as gaps.
 */
import { escape, FETAL, FONT, INK, line, n, PALE, PAPER, SOFT, text, trace, WASH, whole } from './svg.js'
import { clock, CONDITIONS, DX_REASONS } from './words.js'

const W = 1200, LEFT = 40, RIGHT = 1160, SECONDS = 10
const PX_S = (RIGHT - LEFT) / SECONDS, MM = PX_S / 25, ROW_MM = 23 // 25 mm/s
const MINOR = '#f6e3e4', MAJOR = '#ecc5c8'
const LEVEL = { low: '#2c7a4b', moderate: '#b06a00', high: '#b3261e' }
const ORDER = ['I', 'aVR', 'V1', 'V4', 'II', 'aVL', 'V2', 'V5', 'III', 'aVF', 'V3', 'V6'] // row by row
const MOST_ROWS = 6

/**
 * @param {object} result schema fecg.classify/1
 * @param {{ t0_s: number, leads: { label: string, fs: number, samples: Float32Array }[] }} window ten seconds, uV
 * @returns {string} the SVG
 */
export function sheet(result, window) {
  const { source, quality, attribution } = result
  const named = window.leads.map((lead, i) => ({ ...lead, name: quality.leads[i].lead, share: attribution?.leads[i].contribution ?? null, state: quality.leads[i].state }))
  const whole12 = ORDER.every(name => named.some(l => l.name === name))
  const most = Math.max(...named.map(l => l.share ?? 0))
  const rows = whole12 ? 4 : Math.min(MOST_ROWS, named.length)
  const top = 132, height = ROW_MM * MM
  const paper = rows * height, bottom = top + paper
  const moments = attribution ? 40 : 0
  const lowTop = bottom + moments + 52, H = lowTop + 196
  const out = [header(result), answer(result)]
  out.push(grid(top, paper))
  if (whole12) {
    ORDER.forEach((name, i) => out.push(strip(named.find(l => l.name === name), i % 4 * 2.5, 2.5, top + Math.floor(i / 4) * height, height, most)))
    out.push(strip(named.find(l => l.name === 'II'), 0, SECONDS, top + 3 * height, height, most))
  } else named.slice(0, MOST_ROWS).forEach((lead, i) => out.push(strip(lead, 0, SECONDS, top + i * height, height, most)))
  out.push(text(RIGHT, bottom + 16, `25 mm/s  ·  10 mm/mV  ·  from ${clock(window.t0_s)}${named.length > MOST_ROWS && !whole12 ? `  ·  ${named.length - MOST_ROWS} more leads` : ''}`, { size: 11, anchor: 'end' }))
  if (attribution) out.push(momentStrip(attribution, window.t0_s, bottom + 24))
  out.push(result.label === null ? text(LEFT, lowTop + 20, 'Without an answer there are no probabilities.', { size: 13 }) : conditions(result, lowTop))
  out.push(measures(result, lowTop))
  const title = `Standard-lead ECG ${source.file}`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${W} ${n(H)}" width="${W}" height="${n(H)}" role="img" aria-label="${escape(title)}" ${FONT}>` +
    `<title>${escape(title)}</title><rect width="${W}" height="${n(H)}" rx="10" fill="${PAPER}"/>\n${out.flat(Infinity).join('\n')}\n</svg>\n`
}

function header({ source, windows }) {
  const name = source.file.length > 60 ? source.file.slice(0, 59) + '…' : source.file
  const judged = windows.filter(w => w.abnormal !== null).length
  const facts = `${clock(source.duration_s)}  ·  ${source.leads.length} lead${source.leads.length === 1 ? '' : 's'}  ·  ${whole(source.fs)} Hz  ·  ${judged} of ${windows.length} window${windows.length === 1 ? '' : 's'} judged`
  return [text(LEFT, 46, name, { size: 20, fill: INK, weight: 600 }), text(LEFT, 69, facts, { size: 13 })]
}

function answer({ label, label_probability, abnormal, quality, risk }) {
  if (label === null) return text(LEFT, 108, `No answer: ${DX_REASONS[quality.reason] ?? quality.reason}`, { size: 16, fill: INK, weight: 600 })
  const words = label === 'normal' ? 'Normal' : label_probability < 0.5 ? 'Abnormal; no single condition stands out' : `Abnormal, most like ${CONDITIONS[label]}`
  const pill = `risk ${risk.level}`, width = pill.length * 8 + 24
  return [text(LEFT, 108, words, { size: 18, fill: INK, weight: 600 }),
    text(RIGHT - width - 14, 108, `probability of abnormal ${whole(abnormal, 2)}`, { size: 13, anchor: 'end' }),
    `<rect x="${RIGHT - width}" y="90" width="${width}" height="26" rx="13" fill="${LEVEL[risk.level]}"/>`,
    text(RIGHT - width / 2, 108, pill, { size: 13, fill: PAPER, anchor: 'middle', weight: 600 })]
}

/** Millimetre paper. */
function grid(top, height) {
  const path = step => {
    let d = ''
    for (let x = LEFT; x <= RIGHT + 0.1; x += step) d += `M${n(x)} ${n(top)}V${n(top + height)}`
    for (let y = top; y <= top + height + 0.1; y += step) d += `M${LEFT} ${n(y)}H${RIGHT}`
    return d
  }
  return [`<path d="${path(MM)}" stroke="${MINOR}" stroke-width=".5" fill="none"/>`, `<path d="${path(5 * MM)}" stroke="${MAJOR}" stroke-width=".7" fill="none"/>`]
}

/** `seconds` of a lead from the window's from_s on, at that place of the paper; its label with a bar for its share. */
function strip({ name, fs, samples, share, state }, from_s, seconds, top, height, most) {
  const left = LEFT + from_s * PX_S, part = samples.subarray(Math.round(from_s * fs), Math.round((from_s + seconds) * fs))
  const known = Float32Array.from(part.filter(Number.isFinite)).sort()
  const zero = top + 0.58 * height, middle = known.length ? known[known.length >> 1] : 0
  // As on paper, a tall wave reaches into the next row; an artefact goes no further.
  const y = v => Math.min(top + 1.8 * height, Math.max(top - 0.8 * height, zero - (v - middle) / 1000 * 10 * MM))
  const parts = [known.length ? `<path d="${trace(part, i => left + i / fs * PX_S, y)}" fill="none" stroke="${INK}" stroke-width="1.1" stroke-linejoin="round"/>`
    : text(left + seconds * PX_S / 2, zero, 'gap', { anchor: 'middle' })]
  const tag = state === 'ok' ? name : `${name} (${state})`
  if (left > LEFT) parts.push(line(left, zero - 12, left, zero + 12, SOFT, 1))
  parts.push(`<rect x="${n(left + 3)}" y="${n(top + 5)}" width="${tag.length * 8 + 8}" height="17" rx="3" fill="${PAPER}" opacity=".85"/>`, text(left + 7, top + 18, tag, { size: 13, fill: INK, weight: 600 }))
  if (share !== null) {
    const x = left + 15 + tag.length * 8
    parts.push(`<rect x="${n(x)}" y="${n(top + 11)}" width="40" height="5" rx="2" fill="${PALE}"/>`,
      `<rect x="${n(x)}" y="${n(top + 11)}" width="${n(most > 0 ? 40 * share / most : 0)}" height="5" rx="2" fill="${FETAL}"/>`,
      text(x + 45, top + 17, `${whole(100 * share)} %`, { size: 10 }))
  }
  return parts
}

/** How much each moment of the window carried the answer. */
function momentStrip({ t_s, time }, t0_s, top) {
  const height = 18, step = 0.4
  const parts = [`<rect x="${LEFT}" y="${top}" width="${RIGHT - LEFT}" height="${height}" fill="${PALE}"/>`]
  t_s.forEach((t, i) => {
    if (t < t0_s - 1e-6 || t >= t0_s + SECONDS - 1e-6 || time[i] === null) return
    const h = height * time[i]
    parts.push(`<rect x="${n(LEFT + (t - t0_s) * PX_S + 0.5)}" y="${n(top + height - h)}" width="${n(step * PX_S - 1)}" height="${n(h)}" fill="${FETAL}" opacity=".75"/>`)
  })
  parts.push(text(LEFT, top + height + 14, 'what carried the answer: moments here, leads beside their names', { size: 11 }))
  return parts
}

function conditions({ classes, atrial_fibrillation }, top) {
  const width = 230, x = LEFT + 170
  const rows = [...Object.entries(classes).map(([key, p]) => [CONDITIONS[key], p]), ['atrial fibrillation', atrial_fibrillation]]
  return [text(LEFT, top, 'Probability of each condition', { size: 13, fill: INK, weight: 600 }), ...rows.flatMap(([words, p], i) => {
    const y = top + 18 + i * 25
    return [text(LEFT, y + 12, words, { size: 13, fill: INK }), `<rect x="${x}" y="${y + 2}" width="${width}" height="12" rx="3" fill="${PALE}"/>`,
      p === null ? '' : `<rect x="${x}" y="${y + 2}" width="${n(p * width)}" height="12" rx="3" fill="${FETAL}" opacity=".85"/>`,
      line(x + width / 2, y, x + width / 2, y + 16, WASH), text(x + width + 12, y + 12, whole(p, 2), { size: 12, fill: INK })]
  })]
}

function measures({ intervals, risk }, top) {
  const x = 560
  const values = [['Rate', whole(intervals.rate_bpm), 'bpm'], ['PR', whole(intervals.pr_ms), 'ms'], ['QRS', whole(intervals.qrs_ms), 'ms'],
    ['QT', whole(intervals.qt_ms), 'ms'], ['QTcF', whole(intervals.qtcf_ms), 'ms'], ['Axis', whole(intervals.axis_deg), '°']]
  const parts = [text(x, top, 'Intervals', { size: 13, fill: INK, weight: 600 })]
  values.forEach(([name, value, unit], i) => parts.push(text(x + i * 98, top + 30, name, { size: 11 }),
    `<text x="${x + i * 98}" y="${n(top + 54)}" font-size="19" font-weight="600" fill="${INK}">${value}<tspan font-size="11" font-weight="400" fill="${SOFT}" dx="3">${unit}</tspan></text>`))
  if (!risk) return parts
  parts.push(text(x, top + 90, `Risk ${risk.level}, by the table`, { size: 13, fill: INK, weight: 600 }))
  const because = risk.because.length ? risk.because : ['nothing of the table is reached']
  because.slice(0, 4).forEach((words, i) => parts.push(text(x, top + 111 + i * 18, words, { size: 12 })))
  if (because.length > 4) parts.push(text(x, top + 183, `and ${because.length - 4} more`, { size: 12 }))
  return parts
}
