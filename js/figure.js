/**
 * One picture of an extraction, as a self-contained SVG: a few seconds of the input with maternal (M)
 * and fetal (F) beats, the fetal signal under it, the fetal rate over the whole recording, and the
 * averaged fetal beat; where a network had a part, what carried its answer: moments under the rate, leads
 * below. Gaps are drawn as gaps. The picture has its own background and fonts that
 * every system has, so that it looks the same on a light page and on a dark one.
 */
import { amplitude, escape, FETAL, FONT, GRID, GUESS, INK, line, MATERNAL, n, PALE, PAPER, roundBelow, SOFT, text, trace, WASH, whole } from './svg.js'
import { clock, REASONS } from './words.js'

const W = 1200, LEFT = 104, RIGHT = 1140

/**
 * @param {object} result schema fecg.extract/1
 * @param {{t0_s: number, fs: number, input: {label: string, samples: Float32Array, fs: number}[],
 *          fetal: {label: string, samples: Float32Array}|null}} window the seconds shown in full, uV
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
  const leadsTop = lowTop + lowHeight + moments + 104
  const leads = fetal.present && attribution?.leads.some(l => l.contribution > 0) ? leadBars(attribution.leads, leadsTop) : null
  const H = leads ? leadsTop + leads.height + 30 : lowTop + lowHeight + moments + 74
  const x = t => LEFT + (t - window.t0_s) / seconds * (RIGHT - LEFT)
  const out = []

  out.push(header(result))
  out.push(beatMarks(result, window.t0_s, seconds, x, top - 12, top, axisY - 6))
  window.input.forEach((lead, i) => out.push(strip(lead.label, lead.samples, lead.fs, x, window.t0_s, top + i * stripHeight, stripHeight, INK)))
  if (fetalHeight) out.push(strip(window.fetal.label, window.fetal.samples, window.fs, x, window.t0_s, fetalTop, fetalHeight, FETAL, 'fetal signal'))
  out.push(timeAxis(window.t0_s, seconds, x, axisY))

  const beat = fetal.present && fetal.beat
  const split = beat ? 800 : RIGHT
  out.push(text(LEFT, lowTop - 22, 'Fetal heart rate, whole recording', { size: 13, fill: INK, weight: 600 }))
  if (fetal.present) {
    out.push(rate(result, window.t0_s, seconds, LEFT, split, lowTop, lowHeight, moments))
    if (moments) out.push(momentStrip(attribution, source.duration_s, LEFT, split, lowTop + lowHeight + 36, moments - 14))
    if (beat) out.push(averagedBeat(beat, 876, RIGHT, lowTop, lowHeight))
  } else {
    const why = `No fetal heart was found: ${REASONS[result.quality.reason] ?? result.quality.reason}.`
    out.push(`<rect x="${LEFT}" y="${lowTop}" width="${RIGHT - LEFT}" height="${lowHeight}" rx="6" fill="#f6f8f9"/>`)
    out.push(text((LEFT + RIGHT) / 2, lowTop + lowHeight / 2 + 5, why, { size: 15, anchor: 'middle' }))
  }
  if (leads) out.push(leads.parts)
  const title = `Fetal ECG extracted from ${source.file}`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${W} ${H}" width="${W}" height="${H}" role="img" aria-label="${escape(title)}" ${FONT}>` +
    `<title>${escape(title)}</title><rect width="${W}" height="${H}" rx="10" fill="${PAPER}"/>\n${out.flat(Infinity).join('\n')}\n</svg>\n`
}

function header({ source, method, fetal, maternal }) {
  const name = source.file.length > 44 ? source.file.slice(0, 43) + '…' : source.file
  const facts = `${clock(source.duration_s)}  ·  ${source.leads.length} lead${source.leads.length === 1 ? '' : 's'}  ·  ${whole(source.fs)} Hz  ·  ${method}`
  const numbers = []
  if (fetal.present) {
    const s = fetal.summary
    numbers.push(['fetal baseline', whole(s.baseline_bpm), 'bpm', FETAL], ['short-term var.', whole(s.stv_ms, 1), 'ms', INK],
      ['long-term var.', whole(s.ltv_bpm, 1), 'bpm', INK], ['rate known', whole(100 * s.coverage), '%', INK])
  }
  const known = maternal.rate.bpm.filter(v => v !== null).sort((a, b) => a - b)
  if (known.length) numbers.push(['mother', whole(known[known.length >> 1]), 'bpm', MATERNAL])
  return [
    text(LEFT, 50, name, { size: 20, fill: INK, weight: 600 }), text(LEFT, 73, facts, { size: 13 }),
    ...numbers.reverse().flatMap(([label, value, unit, fill], i) => {
      const right = RIGHT - i * 118
      return [`<text x="${right}" y="50" font-size="22" font-weight="600" fill="${fill}" text-anchor="end">${value}<tspan font-size="12" font-weight="400" fill="${SOFT}" dx="3">${unit}</tspan></text>`,
        text(right, 73, label, { anchor: 'end' })]
    }),
  ]
}

/** Hairlines at the beats through the strips, a letter at each; interpolated fetal beats in brackets. */
function beatMarks({ maternal, fetal }, t0, seconds, x, letterY, top, bottom) {
  const inside = t => t >= t0 && t < t0 + seconds
  const marks = maternal.peaks_s.filter(inside).map(t => [
    line(x(t), top - 4, x(t), bottom, MATERNAL, 1, ' opacity=".22"'), text(x(t), letterY - 12, 'M', { size: 11, fill: MATERNAL, anchor: 'middle', weight: 600 })])
  fetal.peaks_s.forEach((t, i) => inside(t) && marks.push([
    line(x(t), top - 4, x(t), bottom, FETAL, 1, ' opacity=".3"' + (fetal.interpolated[i] ? ' stroke-dasharray="3 3"' : '')),
    text(x(t), letterY + 2, fetal.interpolated[i] ? '(F)' : 'F', { size: 11, fill: FETAL, anchor: 'middle', weight: 600 })]))
  return [...marks, text(LEFT - 14, letterY - 12, 'mother', { size: 11, fill: MATERNAL, anchor: 'end' }), fetal.present && text(LEFT - 14, letterY + 2, 'fetus', { size: 11, fill: FETAL, anchor: 'end' })].filter(Boolean)
}

/** One signal over the window, its label at the left and a bar of round size at the right. */
function strip(label, samples, fs, x, t0, top, height, colour, kind = '') {
  const sorted = Float32Array.from(samples.filter(Number.isFinite)).sort()
  const name = label.length > 13 ? label.slice(0, 12) + '…' : label
  const parts = [text(LEFT - 14, top + height / 2 + (kind ? -3 : 4), kind || name, { fill: colour, anchor: 'end' })]
  if (kind) parts.push(text(LEFT - 14, top + height / 2 + 12, name, { size: 11, anchor: 'end' }))
  if (!sorted.length) return [...parts, text((LEFT + RIGHT) / 2, top + height / 2 + 4, 'gap', { anchor: 'middle' })]
  const at = q => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]
  // A thousandth at either end may leave the strip: one artefact must not flatten the rest.
  const lo = at(0.001), span = Math.max(at(0.999) - lo, 1e-3), pad = 8
  const y = v => Math.min(top + height + 4, Math.max(top - 4, top + height - pad - (v - lo) / span * (height - 2 * pad)))
  const bar = roundBelow(span * 0.45), px = bar / span * (height - 2 * pad), middle = top + height / 2
  return [...parts,
    `<path d="${trace(samples, i => x(t0 + i / fs), y)}" fill="none" stroke="${colour}" stroke-width="1.15" stroke-linejoin="round"/>`,
    line(RIGHT + 10, middle - px / 2, RIGHT + 10, middle + px / 2, SOFT, 1.5),
    text(RIGHT + 15, middle + 4, amplitude(bar), { size: 10 })]
}

function timeAxis(t0, seconds, x, y) {
  const step = seconds > 4 ? 1 : 0.5
  const parts = [line(LEFT, y, RIGHT, y, GRID)]
  for (let t = Math.ceil(t0 / step) * step; t <= t0 + seconds + 1e-6; t += step)
    parts.push(line(x(t), y, x(t), y + 5, SOFT), text(x(t), y + 20, t === Math.ceil(t0 / step) * step ? `${t} s` : String(t), { size: 11, anchor: 'middle' }))
  return parts
}

/** Rate over the whole recording: the usual baseline 110 to 160 as a band, gaps grey, guesses hollow. */
function rate({ source, fetal }, t0, seconds, left, right, top, height, below) {
  const { t_s, bpm } = fetal.rate
  const values = bpm.filter(v => v !== null)
  let lo = Math.min(100, Math.floor((Math.min(...spread(values)) - 4) / 20) * 20)
  let hi = Math.max(180, Math.ceil((Math.max(...spread(values)) + 4) / 20) * 20)
  const x = t => left + t / source.duration_s * (right - left)
  const y = v => top + (hi - v) / (hi - lo) * height
  const parts = [`<rect x="${left}" y="${n(y(160))}" width="${right - left}" height="${n(y(110) - y(160))}" fill="#eef6f8"/>`]
  for (const [from, to] of gaps(t_s, bpm)) parts.push(`<rect x="${n(x(from))}" y="${top}" width="${n(Math.max(1, x(to) - x(from)))}" height="${height}" fill="#dfe3e7" opacity=".6"/>`)
  for (let v = lo; v <= hi; v += 20) parts.push(line(left, y(v), right, y(v), GRID), text(left - 14, y(v) + 4, String(v), { size: 11, anchor: 'end' }))
  parts.push(text(left - 14, top - 12, 'bpm', { size: 11, anchor: 'end' }))
  parts.push(`<rect x="${n(x(t0))}" y="${top}" width="${n(Math.max(1.5, x(t0 + seconds) - x(t0)))}" height="${height}" fill="${FETAL}" opacity=".13"/>`)
  const { baseline_bpm } = fetal.summary
  if (Number.isFinite(baseline_bpm)) parts.push(line(left, y(baseline_bpm), right, y(baseline_bpm), FETAL, 1, ' stroke-dasharray="2 5" opacity=".7"'))
  parts.push(`<path d="${trace(bpm, i => x(t_s[Math.min(i, t_s.length - 1)] ?? 0), v => y(v))}" fill="none" stroke="${FETAL}" stroke-width="${bpm.length > 3 * (right - left) ? 0.7 : 1.6}" stroke-linejoin="round" stroke-linecap="round"/>`)
  let last = -Infinity, guesses = 0
  fetal.peaks_s.forEach((t, i) => {
    if (!fetal.interpolated[i]) return
    guesses++
    const v = bpm[Math.min(bpm.length - 1, Math.max(0, Math.round(t * 4)))]
    if (v === null || v === undefined || x(t) - last < 4) return
    last = x(t)
    parts.push(`<circle cx="${n(x(t))}" cy="${n(y(v))}" r="3.2" fill="${PAPER}" stroke="${GUESS}" stroke-width="1.4"/>`)
  })
  const step = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400].find(s => source.duration_s / s <= 8) ?? 86400
  for (let t = 0; t <= source.duration_s + 1e-6; t += step) parts.push(line(x(t), top + height, x(t), top + height + 5, SOFT), text(x(t), top + height + 20, clock(t), { size: 11, anchor: 'middle' }))
  const notes = [['the seconds above', `<rect x="-14" y="-9" width="10" height="10" fill="${FETAL}" opacity=".2"/>`], ['110 to 160 bpm', '<rect x="-14" y="-9" width="10" height="10" fill="#dcedf1"/>']]
  if (gaps(t_s, bpm).length) notes.push(['no rate known', '<rect x="-14" y="-9" width="10" height="10" fill="#dfe3e7"/>'])
  if (guesses) notes.push([`interpolated beat${guesses > 1 ? `s (${guesses})` : ''}`, `<circle cx="-9" cy="-4" r="3.6" fill="${PAPER}" stroke="${GUESS}" stroke-width="1.4"/>`])
  let at = left + 16
  for (const [words, mark] of notes) {
    parts.push(`<g transform="translate(${n(at)} ${n(top + height + below + 46)})">${mark}${text(2, 0, words, { size: 11 })}</g>`)
    at += words.length * 6 + 42
  }
  return parts
}

/** How much each moment carried the network's answer, 0 to 1, in step with the rate above. */
function momentStrip({ t_s, time }, duration_s, left, right, top, height) {
  const x = t => left + t / duration_s * (right - left), y = v => top + height * (1 - v), bottom = top + height
  const columns = Math.min(time.length, Math.round((right - left) / 2))
  let d = '', area = '', from = null
  const close = at => {
    if (from !== null) area += `L${n(at)} ${n(bottom)}L${n(from)} ${n(bottom)}Z`
    from = null
  }
  for (let c = 0; c < columns; c++) {
    const first = Math.floor(c * time.length / columns), end = Math.max(first + 1, Math.floor((c + 1) * time.length / columns))
    const known = time.slice(first, end).filter(v => v !== null)
    const at = x((t_s[first] + t_s[end - 1] + 0.25) / 2)
    if (!known.length) {
      close(x(t_s[first]))
      continue
    }
    const point = `${n(at)} ${n(y(known.reduce((a, b) => a + b, 0) / known.length))}`
    d += `${from === null ? 'M' : 'L'}${point}`
    area += from === null ? `M${n(at)} ${n(bottom)}L${point}` : `L${point}`
    from ??= at
    if (c === columns - 1) close(at)
  }
  return [`<rect x="${left}" y="${top}" width="${right - left}" height="${height}" fill="${PALE}"/>`,
    `<path d="${area}" fill="${WASH}"/>`, `<path d="${d}" fill="none" stroke="${FETAL}" stroke-width="1.1" stroke-linejoin="round"/>`,
    text(left - 14, top + height / 2 + 4, 'contribution', { size: 11, anchor: 'end' })]
}

/** The share of each lead in the network's answer; of many leads those with the largest. */
function leadBars(leads, top) {
  const MOST = 16, COLUMNS = 4, ROW = 26, gap = 36, width = (RIGHT - LEFT - (COLUMNS - 1) * gap) / COLUMNS
  const least = leads.length > MOST ? leads.map(l => l.contribution).sort((a, b) => b - a)[MOST - 1] : 0
  const shown = leads.filter(l => l.contribution >= least).slice(0, MOST)
  const rest = leads.length - shown.length
  const most = Math.max(...shown.map(l => l.contribution)), barLeft = 92, barWidth = width - barLeft - 44
  const parts = [text(LEFT, top - 16, 'Contribution of each lead to what the network found', { size: 13, fill: INK, weight: 600 })]
  if (rest) {
    const share = 1 - shown.reduce((sum, l) => sum + l.contribution, 0)
    parts.push(text(RIGHT, top - 16, `${rest} more lead${rest > 1 ? 's' : ''}, together ${whole(100 * Math.max(0, share))} %`, { size: 11, anchor: 'end' }))
  }
  shown.forEach(({ label, contribution }, i) => {
    const x = LEFT + i % COLUMNS * (width + gap), y = top + Math.floor(i / COLUMNS) * ROW
    const name = label.length > 12 ? label.slice(0, 11) + '…' : label
    parts.push(text(x, y + 14, name, { fill: INK }),
      `<rect x="${n(x + barLeft)}" y="${y + 4}" width="${n(barWidth)}" height="12" rx="3" fill="${PALE}"/>`,
      `<rect x="${n(x + barLeft)}" y="${y + 4}" width="${n(contribution / most * barWidth)}" height="12" rx="3" fill="${FETAL}" opacity=".85"/>`,
      text(x + width, y + 14, `${whole(100 * contribution)} %`, { anchor: 'end' }))
  })
  return { parts, height: Math.ceil(shown.length / COLUMNS) * ROW }
}

/** Least and greatest of a list of any length. */
const spread = values => values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [140, 140])

/** [from, to] of the stretches without a rate. */
function gaps(t_s, bpm) {
  const found = []
  for (let i = 0; i < bpm.length; i++) {
    if (bpm[i] !== null) continue
    const from = i
    while (i < bpm.length && bpm[i] === null) i++
    found.push([t_s[from], i < bpm.length ? t_s[i] : t_s[i - 1] + 0.25])
  }
  return found
}

/** The mean fetal beat, R at time 0, with its intervals. */
function averagedBeat(beat, left, right, top, height) {
  const lo = Math.min(...beat.uv), hi = Math.max(...beat.uv), t0 = beat.t_s[0], t1 = beat.t_s[beat.t_s.length - 1]
  const bottom = top + height - 66
  const x = t => left + (t - t0) / (t1 - t0) * (right - left)
  const y = v => bottom - (v - lo) / (hi - lo || 1) * (bottom - top - 6)
  const parts = [text(left, top - 22, 'Averaged fetal beat', { size: 13, fill: INK, weight: 600 }), line(left, y(0), right, y(0), GRID)]
  for (let t = Math.ceil(t0 * 10) / 10; t <= t1 + 1e-6; t += 0.1) parts.push(line(x(t), top, x(t), bottom, GRID))
  parts.push(`<path d="${trace(beat.uv, i => x(t0 + i / beat.fs), y)}" fill="none" stroke="${FETAL}" stroke-width="2" stroke-linejoin="round"/>`)
  parts.push(text(right, top - 22, 'grid 100 ms', { size: 11, anchor: 'end' }))
  const bar = roundBelow((hi - lo) * 0.4)
  parts.push(line(right + 10, y(hi), right + 10, y(hi - bar), SOFT, 1.5), text(right + 15, (y(hi) + y(hi - bar)) / 2 + 4, amplitude(bar), { size: 10 }))
  const onset = qrsOnset(beat)
  const spans = [['PR', onset - beat.pr_ms / 1000, onset], ['QRS', onset, onset + beat.qrs_ms / 1000], ['QT', onset, onset + beat.qt_ms / 1000]]
  spans.forEach(([name, a, b], i) => {
    const key = name.toLowerCase()
    if (onset !== null && beat[`${key}_ms`] !== null) {
      const level = bottom + (name === 'QT' ? 14 : 5)
      parts.push(line(x(a), level, x(b), level, INK, 1.5), line(x(a), level - 3, x(a), level + 3, INK), line(x(b), level - 3, x(b), level + 3, INK))
    }
    const column = left + i * 96, ms = beat[`${key}_ms`], sd = beat[`${key}_ms_sd`]
    parts.push(text(column, bottom + 46, name, { size: 11 }))
    parts.push(`<text x="${n(column)}" y="${n(bottom + 66)}" font-size="15" font-weight="600" fill="${INK}">${whole(ms)}<tspan font-size="11" font-weight="400" fill="${SOFT}" dx="3">${Number.isFinite(sd) ? `± ${whole(sd, sd < 2 ? 1 : 0)} ms` : Number.isFinite(ms) ? 'ms' : ''}</tspan></text>`)
  })
  return parts
}

/**
 * Where the measured QRS lies in the averaged beat, for its brackets: the stretch of that length around
 * R that holds the most slope. Null where no QRS was measured.
 */
function qrsOnset({ fs, t_s, uv, qrs_ms }) {
  if (qrs_ms === null) return null
  const width = Math.round(qrs_ms / 1000 * fs), r = t_s.findIndex(t => t >= -1e-9)
  const slope = from => uv.slice(from, from + width).reduce((sum, v, i, part) => sum + (i ? Math.abs(v - part[i - 1]) : 0), 0)
  let best = Math.max(0, r - width)
  for (let from = best; from <= r; from++) if (slope(from) > slope(best)) best = from
  return t_s[best]
}

/**
 * The start of the stretch worth showing: of the given starts, the one where detected beats are surest
 * and the rate is known throughout; the earliest among equals.
 */
export function bestStart({ fetal }, starts, seconds) {
  const score = t0 => {
    let sum = 0, beats = 0
    fetal.peaks_s.forEach((t, i) => {
      if (t < t0 || t >= t0 + seconds) return
      beats++
      sum += fetal.interpolated[i] ? 0 : fetal.confidence[i]
    })
    const bpm = fetal.rate.bpm.slice(Math.round(t0 * 4), Math.round((t0 + seconds) * 4))
    return beats ? sum / beats * bpm.filter(v => v !== null).length / bpm.length : 0
  }
  return starts.map(t0 => [score(t0), t0]).reduce((best, item) => (item[0] > best[0] + 1e-6 ? item : best))[1]
}
