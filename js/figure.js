/**
 * One picture of an extraction, as a self-contained SVG: a few seconds of the input with maternal (M)
 * and fetal (F) beats, the fetal signal under it, the fetal rate over the whole recording with its events, and the
 * averaged fetal beat; where a network had a part, what carried its answer: moments under the rate, leads
 * below. Gaps are drawn as gaps. The picture has its own background and fonts that
 * every system has, so that it looks the same on a light page and on a dark one.
 */
import { averagedBeat, beatMarks, EVENT_ROW, eventBands, eventRows, eventTypes, gapBands, gaps, guesses, momentStrip, rateLine, strip, timeStep } from './charts.js'
import { median } from './floats.js'
import { cut, escape, EVENT, FETAL, FONT, GRID, GUESS, INK, joined, line, MATERNAL, n, PALE, PAPER, SOFT, text, whole } from './svg.js'
import { clock, REASONS } from './words.js'

/** @typedef {import('./charts.js').Axis} Axis */
/** @typedef {import('./charts.js').Parts} Parts */
/** @typedef {import('./types.js').ExtractResult} ExtractResult */
/** @typedef {import('./window.js').Window} Window */

const W = 1200, LEFT = 104, RIGHT = 1140

/**
 * @param {ExtractResult} result
 * @param {Window} window
 * @returns {string} the SVG
 */
export function figure(result, window) {
  const { source, fetal } = result
  const seconds = Math.max(0.5, ...window.input.map(l => l.samples.length / l.fs))
  const strips = window.input.length
  const stripHeight = strips > 1 ? 96 : 140
  const top = 124, fetalTop = top + strips * stripHeight + 12, fetalHeight = fetal.present && window.fetal ? 96 : 0
  const axisY = fetalTop + fetalHeight + 6
  const lowTop = axisY + 74, lowHeight = 210
  const { attribution } = result
  const moments = fetal.present && attribution?.time.some(v => v !== null) ? 40 : 0
  const events = fetal.present && fetal.events.length ? eventTypes(fetal.events).length * EVENT_ROW + 6 : 0
  const below = events + moments
  const leadsTop = lowTop + lowHeight + below + 104
  const leads = fetal.present && attribution?.leads.some(l => l.contribution > 0) ? leadBars(attribution.leads, leadsTop) : null
  const H = leads ? leadsTop + leads.height + 30 : lowTop + lowHeight + below + 74
  /** @type {Axis} */
  const x = t => LEFT + (t - window.t0_s) / seconds * (RIGHT - LEFT)
  /** @type {Parts[]} */
  const out = []

  out.push(header(result))
  out.push(beatMarks(result, window.t0_s, seconds, x, { left: LEFT, right: RIGHT, top, height: axisY - 6 - top }))
  window.input.forEach((lead, i) => out.push(strip(lead.label, lead.samples, k => x(window.t0_s + k / lead.fs), { left: LEFT, right: RIGHT, top: top + i * stripHeight, height: stripHeight }, INK)))
  if (fetalHeight && window.fetal) out.push(strip(window.fetal.label, window.fetal.samples, k => x(window.t0_s + k / window.fs), { left: LEFT, right: RIGHT, top: fetalTop, height: fetalHeight }, FETAL, 'fetal signal'))
  out.push(timeAxis(window.t0_s, seconds, x, axisY))

  const beat = fetal.present ? fetal.beat : null
  const split = beat ? 800 : RIGHT
  out.push(text(LEFT, lowTop - 22, 'Fetal heart rate, whole recording', { size: 13, fill: INK, weight: 600 }))
  if (fetal.present) {
    const along = (/** @type {number} */ t) => LEFT + t / source.duration_s * (split - LEFT)
    out.push(rate(result, window.t0_s, seconds, along, { left: LEFT, right: split, top: lowTop, height: lowHeight }, below))
    if (events) out.push(eventRows(fetal.events, along, { left: LEFT, right: split, top: lowTop + lowHeight + 32, height: events }))
    if (moments && attribution) out.push(momentStrip(attribution, along, { left: LEFT, right: split, top: lowTop + lowHeight + events + 36, height: moments - 14 }))
    if (beat) out.push(averagedBeat(beat, { left: 876, right: RIGHT, top: lowTop, height: lowHeight }))
  } else {
    const why = `No fetal heart was found: ${REASONS[result.quality.reason ?? ''] ?? result.quality.reason}.`
    out.push(`<rect x="${LEFT}" y="${lowTop}" width="${RIGHT - LEFT}" height="${lowHeight}" rx="6" fill="#f6f8f9"/>`)
    out.push(text((LEFT + RIGHT) / 2, lowTop + lowHeight / 2 + 5, why, { size: 15, anchor: 'middle' }))
  }
  if (leads) out.push(leads.parts)
  const title = `Fetal ECG extracted from ${source.file ?? 'a recording'}`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${W} ${H}" width="${W}" height="${H}" role="img" aria-label="${escape(title)}" ${FONT}>` +
    `<title>${escape(title)}</title><rect width="${W}" height="${H}" rx="10" fill="${PAPER}"/>\n${joined(out)}\n</svg>\n`
}

/** @param {ExtractResult} result @returns {Parts[]} */
function header({ source, method, fetal, maternal }) {
  const name = cut(source.file ?? 'Recording', 44)
  const facts = `${clock(source.duration_s)}  ·  ${source.leads.length} lead${source.leads.length === 1 ? '' : 's'}  ·  ${whole(source.fs)} Hz  ·  ${method}`
  /** @type {[label: string, value: string, unit: string, fill: string][]} */
  const numbers = []
  if (fetal.present) {
    const s = fetal.summary
    numbers.push(['fetal baseline', whole(s.baseline_bpm), 'bpm', FETAL], ['short-term var.', whole(s.stv_ms, 1), 'ms', INK],
      ['long-term var.', whole(s.ltv_bpm, 1), 'bpm', INK], ['rate known', whole(100 * s.coverage), '%', INK])
  }
  const mother = median(maternal.rate.bpm)
  if (mother !== null) numbers.push(['mother', whole(mother), 'bpm', MATERNAL])
  return [
    text(LEFT, 50, name, { size: 20, fill: INK, weight: 600 }), text(LEFT, 73, facts, { size: 13 }),
    ...numbers.reverse().flatMap(([label, value, unit, fill], i) => {
      const right = RIGHT - i * 118
      return [`<text x="${right}" y="50" font-size="22" font-weight="600" fill="${fill}" text-anchor="end">${value}<tspan font-size="12" font-weight="400" fill="${SOFT}" dx="3">${unit}</tspan></text>`,
        text(right, 73, label, { anchor: 'end' })]
    }),
  ]
}

/** @param {number} t0 @param {number} seconds @param {Axis} x @param {number} y @returns {Parts[]} */
function timeAxis(t0, seconds, x, y) {
  const step = seconds > 4 ? 1 : 0.5
  const parts = [line(LEFT, y, RIGHT, y, GRID)]
  for (let t = Math.ceil(t0 / step) * step; t <= t0 + seconds + 1e-6; t += step)
    parts.push(line(x(t), y, x(t), y + 5, SOFT), text(x(t), y + 20, t === Math.ceil(t0 / step) * step ? `${t} s` : String(t), { size: 11, anchor: 'middle' }))
  return parts
}

/**
 * Rate over the whole recording: the usual baseline 110 to 160 as a band, gaps grey, events washed, guesses hollow.
 * @param {ExtractResult} result @param {number} t0 @param {number} seconds @param {Axis} x @param {import('./charts.js').Box} box
 * @param {number} below room that is taken between the axis and the notes
 * @returns {Parts[]}
 */
function rate({ source, fetal }, t0, seconds, x, box, below) {
  const { left, right, top, height } = box
  const [least, most] = fetal.rate.bpm.reduce(([a, b], v) => (v === null ? [a, b] : [Math.min(a, v), Math.max(b, v)]), [140, 140])
  const lo = Math.min(100, Math.floor((least - 4) / 20) * 20), hi = Math.max(180, Math.ceil((most + 4) / 20) * 20)
  const y = (/** @type {number} */ v) => top + (hi - v) / (hi - lo) * height
  const band = (/** @type {string} */ fill, /** @type {string} */ more) => `<rect x="-14" y="-9" width="10" height="10" fill="${fill}"${more}/>`
  /** @type {Parts[]} */
  const parts = [`<rect x="${left}" y="${n(y(160))}" width="${right - left}" height="${n(y(110) - y(160))}" fill="#eef6f8"/>`, gapBands(fetal.rate, x, box), eventBands(fetal.events, x, box)]
  for (let v = lo; v <= hi; v += 20) parts.push(line(left, y(v), right, y(v), GRID), text(left - 14, y(v) + 4, String(v), { size: 11, anchor: 'end' }))
  parts.push(text(left - 14, top - 12, 'bpm', { size: 11, anchor: 'end' }))
  parts.push(`<rect x="${n(x(t0))}" y="${top}" width="${n(Math.max(1.5, x(t0 + seconds) - x(t0)))}" height="${height}" fill="${FETAL}" opacity=".13"/>`)
  const { baseline_bpm } = fetal.summary
  if (baseline_bpm !== null && Number.isFinite(baseline_bpm)) parts.push(line(left, y(baseline_bpm), right, y(baseline_bpm), FETAL, 1, ' stroke-dasharray="2 5" opacity=".7"'))
  parts.push(rateLine(fetal.rate, x, y, FETAL, fetal.rate.bpm.length > 3 * (right - left) ? 0.7 : 1.6), guesses(fetal, x, y, 3.2))
  const step = timeStep(source.duration_s)
  for (let t = 0; t <= source.duration_s + 1e-6; t += step) parts.push(line(x(t), top + height, x(t), top + height + 5, SOFT), text(x(t), top + height + 20, clock(t), { size: 11, anchor: 'middle' }))
  const guessed = fetal.interpolated.filter(Boolean).length
  const notes = [['the seconds above', band(FETAL, ' opacity=".2"')], ['110 to 160 bpm', band('#dcedf1', '')]]
  if (gaps(fetal.rate).length) notes.push(['no rate known', band('#dfe3e7', '')])
  if (fetal.events.length) notes.push([`event${fetal.events.length > 1 ? `s (${fetal.events.length})` : ''}`, band(EVENT, '')])
  if (guessed) notes.push([`interpolated beat${guessed > 1 ? `s (${guessed})` : ''}`, `<circle cx="-9" cy="-4" r="3.6" fill="${PAPER}" stroke="${GUESS}" stroke-width="1.4"/>`])
  let at = left + 16
  for (const [words, mark] of notes) {
    parts.push(`<g transform="translate(${n(at)} ${n(top + height + below + 46)})">${mark}${text(2, 0, words, { size: 11 })}</g>`)
    at += words.length * 6 + 42
  }
  return parts
}

/** The share of each lead in the network's answer; of many leads those with the largest. @param {NonNullable<ExtractResult['attribution']>['leads']} leads @param {number} top */
function leadBars(leads, top) {
  const MOST = 16, COLUMNS = 4, ROW = 26, gap = 36, width = (RIGHT - LEFT - (COLUMNS - 1) * gap) / COLUMNS
  const least = leads.length > MOST ? leads.map(l => l.contribution).sort((a, b) => b - a)[MOST - 1] : 0
  const shown = leads.filter(l => l.contribution >= least).slice(0, MOST)
  const rest = leads.length - shown.length
  const most = Math.max(...shown.map(l => l.contribution)), barLeft = 92, barWidth = width - barLeft - 44
  /** @type {Parts[]} */
  const parts = [text(LEFT, top - 16, 'Contribution of each lead to what the network found', { size: 13, fill: INK, weight: 600 })]
  if (rest) {
    const share = 1 - shown.reduce((sum, l) => sum + l.contribution, 0)
    parts.push(text(RIGHT, top - 16, `${rest} more lead${rest > 1 ? 's' : ''}, together ${whole(100 * Math.max(0, share))} %`, { size: 11, anchor: 'end' }))
  }
  shown.forEach(({ label, contribution }, i) => {
    const x = LEFT + i % COLUMNS * (width + gap), y = top + Math.floor(i / COLUMNS) * ROW
    parts.push(text(x, y + 14, cut(label, 12), { fill: INK }),
      `<rect x="${n(x + barLeft)}" y="${y + 4}" width="${n(barWidth)}" height="12" rx="3" fill="${PALE}"/>`,
      `<rect x="${n(x + barLeft)}" y="${y + 4}" width="${n(contribution / most * barWidth)}" height="12" rx="3" fill="${FETAL}" opacity=".85"/>`,
      text(x + width, y + 14, `${whole(100 * contribution)} %`, { anchor: 'end' }))
  })
  return { parts, height: Math.ceil(shown.length / COLUMNS) * ROW }
}
