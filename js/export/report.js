/**
 * report.js — a result on one page of A4, as a self-contained SVG: who and when to be filled in by hand, the rate on paper of a
 * true scale, the averaged beat, leads, the terms of FIGO and NICHD, events, what was done and what to know about it. Printed
 * at its own size, 1 cm on the paper is 1 cm. A unit of the picture is a quarter of a millimetre.
 */
import { averagedBeat, beatMarks, EVENT_ROW, eventBands, eventRows, eventTypes, gapBands, guesses, rateLine, strip } from '../charts.js'
import { median } from '../floats.js'
import { cut, escape, FETAL, FONT, INK, joined, line, MATERNAL, n, PALE, PAPER, SOFT, text, whole } from '../svg.js'
import { termRows } from '../terms.js'
import { clock, EVENTS, REASONS, TERM_REASONS } from '../words.js'

/** @typedef {import('../types.js').ExtractResult} ExtractResult */
/** @typedef {import('../window.js').Window} Window */
/** @typedef {import('../svg.js').Parts} Parts */
/** @typedef {import('../charts.js').Axis} Axis */

const MM = 4, CM = 40, W = 210 * MM, H = 297 * MM
const LEFT = 14 * MM, RIGHT = W - 14 * MM, TOP = 13 * MM, BOTTOM = H - 12 * MM
const BPM_CM = 30, LEAST = 30, MOST = 240 // of the paper
const PAPER_LEFT = LEFT + 84, PAPER_HEIGHT = (MOST - LEAST) / BPM_CM * CM
const SECONDS_CM = [20, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800] // 3 cm/min, 1 cm/min, and for what is longer
const MINOR = '#f3dfe0', MAJOR = '#e3b9bd' // of the paper
const RULE = '#9aa5af'
const ROW = 15
const MOST_LEADS = 8, NOTE_ROW = 14

/**
 * A result on one page of A4, to be printed at its own size.
 * @param {ExtractResult} result
 * @param {Window | null} [window] some seconds to be shown in full, as figure() takes them
 * @returns {string} the SVG, 210 by 297 mm
 * @example
 * import { reportSvg } from 'fetal-ecg/export'
 * const svg = reportSvg(result, null)
 */
export function reportSvg(result, window) {
  const { fetal } = result
  /** @type {Parts[]} */
  const out = [head(result), fields(TOP + 46), numbers(result, TOP + 132)]
  let y = TOP + 190
  out.push(heading(LEFT, y, 'Heart rate'))
  const rate = ratePaper(result, y + 10)
  out.push(rate.parts)
  y = rate.bottom + 24
  const beat = fetal.present ? fetal.beat : null
  const shown = window?.input.length ? window : null
  if (shown || beat) {
    if (shown) out.push(excerpt(result, shown, y, beat ? 452 : RIGHT - 44))
    if (beat) out.push(averagedBeat(beat, { left: shown ? 512 : LEFT, right: shown ? RIGHT - 44 : LEFT + 300, top: y + 20, height: 144 }))
    y += 188
  }
  const leads = leadTable(result, LEFT, y, 276)
  const terms = fetal.terms ? termTable(fetal.terms, 362, y) : null
  out.push(leads.parts, terms && terms.parts || '')
  y = Math.max(leads.bottom, terms?.bottom ?? y) + 22
  const foot = footer(result)
  out.push(foot.parts)
  const { events } = fetal
  const lines = noteLines(result, (foot.top - y - (events.length ? 54 : 0) - 22) / NOTE_ROW)
  const notesHeight = lines.length ? lines.length * NOTE_ROW + 26 : 0
  if (events.length) {
    const table = eventTable(events, y, foot.top - notesHeight - y)
    out.push(table.parts)
    y = table.bottom + 22
  }
  if (lines.length) out.push(heading(LEFT, y, 'Notes'), lines.map((words, i) => text(LEFT, y + 17 + i * NOTE_ROW, words, { size: 11 })))
  out.push(remarks(y + notesHeight, foot.top))
  const title = `Fetal ECG report, ${result.source.file ?? 'a recording'}`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${W} ${H}" width="210mm" height="297mm" role="img" aria-label="${escape(title)}" ${FONT}>` +
    `<title>${escape(title)}</title><rect width="${W}" height="${H}" fill="${PAPER}"/>\n${joined(out)}\n</svg>\n`
}

/** @param {number} x @param {number} y @param {string} words */
const heading = (x, y, words) => text(x, y, words, { size: 13, fill: INK, weight: 600 })

/** @param {ExtractResult} result @returns {Parts[]} */
function head({ source }) {
  const facts = `${clock(source.duration_s)} recorded  ·  ${source.leads.length} abdominal lead${source.leads.length === 1 ? '' : 's'}  ·  ${whole(source.fs)} Hz`
  return [text(LEFT, TOP + 18, 'Fetal ECG report', { size: 22, fill: INK, weight: 600 }),
    text(RIGHT, TOP + 5, cut(source.file ?? '', 60), { size: 12, fill: INK, anchor: 'end', weight: 600 }), text(RIGHT, TOP + 21, facts, { size: 11.5, anchor: 'end' }),
    line(LEFT, TOP + 32, RIGHT, TOP + 32, INK, 1.5)]
}

/** What only a person knows, to be written by hand. @param {number} top @returns {Parts[]} */
function fields(top) {
  const gap = 20, width = (RIGHT - LEFT - 2 * gap) / 3
  return ['Mother’s name', 'Born', 'Record number', 'Recorded on, at', 'Gestational age', 'Recorded by'].map((name, i) => {
    const x = LEFT + i % 3 * (width + gap), y = top + Math.floor(i / 3) * 34
    return [text(x, y + 8, name, { size: 10 }), line(x, y + 30, x + width, y + 30, RULE, 0.8)]
  })
}

/** @param {ExtractResult} result @param {number} top @returns {Parts[]} */
function numbers({ fetal, maternal, quality }, top) {
  const { baseline_bpm, stv_ms, ltv_bpm, coverage } = fetal.summary
  const mother = median(maternal.rate.bpm)
  /** @type {[name: string, value: string, unit: string, fill: string, more?: string][]} */
  const cells = fetal.present
    ? [['Fetal baseline', whole(baseline_bpm), 'bpm', FETAL], ['Short-term var.', whole(stv_ms, 1), 'ms', INK], ['Long-term var.', whole(ltv_bpm, 1), 'bpm', INK],
        ['Fetal rate known', whole(100 * coverage), '%', INK], ['Fetal beats', String(fetal.peaks_s.length), '', INK, guessed(fetal)], ['Quality', whole(quality.fetal, 2), 'of 1', INK]]
    : [['Fetal heart', 'not found', '', FETAL]]
  cells.push(['Mother', whole(mother), mother === null ? '' : 'bpm', MATERNAL])
  const width = (RIGHT - LEFT) / 7
  return cells.map(([name, value, unit, fill, more = ''], i) => {
    const x = LEFT + (i === cells.length - 1 ? 6 : i) * width
    return [text(x, top, name, { size: 10 }), `<text x="${n(x)}" y="${top + 23}" font-size="20" font-weight="600" fill="${fill}">${escape(value)}<tspan font-size="10.5" font-weight="400" fill="${SOFT}" dx="3">${escape(unit)}</tspan></text>`, more && text(x, top + 36, more, { size: 10 })]
  })
}

/** @param {ExtractResult['fetal']} fetal */
function guessed({ interpolated }) {
  const count = interpolated.filter(Boolean).length
  return count ? `${count} interpolated` : ''
}

/** "3 cm/min", "2 min/cm". @param {number} seconds of a centimetre */
const scale = (seconds) => (seconds <= 60 ? `${60 / seconds} cm/min` : seconds < 3600 ? `${seconds / 60} min/cm` : `${seconds / 3600} h/cm`)

/**
 * The rate as a cardiotocograph's paper has it, 30 to 240 bpm at 30 bpm/cm, at the largest scale of time at which all fits.
 * @param {ExtractResult} result @param {number} top
 */
function ratePaper({ source, fetal, maternal, quality }, top) {
  const room = (RIGHT - PAPER_LEFT) / CM
  const seconds = SECONDS_CM.find((s) => source.duration_s / s <= room) ?? source.duration_s / room
  const box = { left: PAPER_LEFT, right: RIGHT, top, height: PAPER_HEIGHT }, bottom = top + PAPER_HEIGHT
  const x = (/** @type {number} */ t) => PAPER_LEFT + t / seconds * CM
  const y = (/** @type {number} */ v) => top + (MOST - Math.min(MOST, Math.max(LEAST, v))) / BPM_CM * CM
  /** @type {Parts[]} */
  const parts = [`<rect x="${PAPER_LEFT}" y="${n(y(160))}" width="${RIGHT - PAPER_LEFT}" height="${n(y(110) - y(160))}" fill="#f1f7f9"/>`]
  const steps = { minor: '', major: '' }
  for (let v = LEAST; v <= MOST; v += 10) steps[v % BPM_CM ? 'minor' : 'major'] += `M${PAPER_LEFT} ${n(y(v))}H${RIGHT}`
  for (let k = 0; PAPER_LEFT + k * CM / 2 <= RIGHT + 0.1; k++) steps[k % 2 ? 'minor' : 'major'] += `M${n(PAPER_LEFT + k * CM / 2)} ${n(top)}V${n(bottom)}`
  parts.push(`<path d="${steps.minor}" fill="none" stroke="${MINOR}" stroke-width="0.8"/>`, `<path d="${steps.major}" fill="none" stroke="${MAJOR}" stroke-width="0.9"/>`)
  for (let v = LEAST; v <= MOST; v += BPM_CM) parts.push(text(PAPER_LEFT - 6, y(v) + 4, String(v), { size: 10.5, anchor: 'end' }))
    for (let k = 0; x(k * seconds) <= RIGHT + 0.1; k += 2) parts.push(text(x(k * seconds), bottom + 14, clock(k * seconds), { size: 10.5, anchor: 'middle' }))
  const dense = (/** @type {number[]} */ { length }) => length > 3 * (x(source.duration_s) - PAPER_LEFT)
  parts.push(rateLine(maternal.rate, x, y, MATERNAL, dense(maternal.rate.t_s) ? 0.5 : 0.9))
  const legend = [['mother', MATERNAL]]
  let below = bottom + 20
  if (fetal.present) {
    const { baseline_bpm } = fetal.summary
    parts.push(gapBands(fetal.rate, x, box), eventBands(fetal.events, x, box))
    if (baseline_bpm !== null && Number.isFinite(baseline_bpm)) parts.push(line(PAPER_LEFT, y(baseline_bpm), Math.min(RIGHT, x(source.duration_s)), y(baseline_bpm), FETAL, 0.9, ' stroke-dasharray="2 5"'))
    parts.push(rateLine(fetal.rate, x, y, FETAL, dense(fetal.rate.t_s) ? 0.7 : 1.5), guesses(fetal, x, y, 2.4))
    legend.unshift(['fetus', FETAL])
    if (fetal.events.length) {
      parts.push(eventRows(fetal.events, x, { ...box, right: Math.min(RIGHT, x(source.duration_s)), top: below, height: 0 }))
      below += eventTypes(fetal.events).length * EVENT_ROW + 2
    }
  } else {
    const why = `No fetal heart was found: ${REASONS[quality.reason ?? ''] ?? quality.reason}.`
    parts.push(`<rect x="${PAPER_LEFT + 40}" y="${n(y(200))}" width="${RIGHT - PAPER_LEFT - 80}" height="40" rx="4" fill="${PAPER}" stroke="${MAJOR}"/>`,
      text((PAPER_LEFT + RIGHT) / 2, y(200) + 25, why, { size: 13, fill: INK, anchor: 'middle' }))
  }
  const marks = [...(fetal.present ? ['grey: no rate known'] : []), 'band: 110 to 160 bpm', ...(guessed(fetal) ? ['ring: interpolated beat'] : []), `${scale(seconds)}, ${BPM_CM} bpm/cm`]
  parts.push(text(RIGHT, top - 8, marks.join('  ·  '), { size: 10.5, anchor: 'end' }))
  legend.forEach(([name, colour], i) => parts.push(line(LEFT + 86 + i * 70, top - 12, LEFT + 102 + i * 70, top - 12, colour, 2), text(LEFT + 107 + i * 70, top - 8, name, { size: 10.5 })))
  return { parts, bottom: below }
}

/** Some seconds of the clearest lead, and the fetal signal in it. @param {ExtractResult} result @param {Window} window @param {number} y @param {number} right @returns {Parts[]} */
function excerpt(result, { t0_s, fs, input, fetal }, y, right) {
  const [lead] = input, left = LEFT + 80, seconds = Math.max(0.5, lead.samples.length / lead.fs)
  const x = (/** @type {number} */ t) => left + (t - t0_s) / seconds * (right - left)
  const height = fetal && result.fetal.present ? 62 : 124, top = y + 36
  return [heading(LEFT, y - 2, `${Number(seconds.toFixed(1))} seconds from ${clock(t0_s)}`),
    beatMarks(result, t0_s, seconds, x, { left, right, top, height: 128 }),
    strip(lead.label, lead.samples, (k) => x(t0_s + k / lead.fs), { left, right, top, height }, INK),
    fetal && result.fetal.present ? strip(fetal.label, fetal.samples, (k) => x(t0_s + k / fs), { left, right, top: top + 66, height: 60 }, FETAL, 'fetal signal') : '']
}

/** A long label without its middle: leads often differ at their end. @param {string} label */
const short = (label) => (label.length > 13 ? `${label.slice(0, 7)}…${label.slice(-5)}` : label)

/** Quality and share of each lead. @param {ExtractResult} result @param {number} x @param {number} top @param {number} width */
function leadTable({ quality, attribution, fetal }, x, top, width) {
  const shares = fetal.present && attribution ? attribution.leads : null
  const at = { bar: x + 92, state: x + 164, share: x + width }
  /** @type {Parts[]} */
  const parts = [heading(x, top, 'Leads'), text(at.bar, top, 'quality', { size: 10 }), shares ? text(at.share, top, 'contribution', { size: 10, anchor: 'end' }) : '']
  const shown = quality.leads.slice(0, MOST_LEADS)
  shown.forEach(({ label, quality: q, state }, i) => {
    const y = top + 18 + i * ROW
    parts.push(text(x, y, short(label), { size: 11, fill: INK }), `<rect x="${at.bar}" y="${y - 8}" width="40" height="8" rx="2" fill="${PALE}"/>`,
      `<rect x="${at.bar}" y="${y - 8}" width="${n(40 * q)}" height="8" rx="2" fill="${FETAL}"/>`, text(at.bar + 44, y, whole(q, 2), { size: 10 }), text(at.state + 6, y, state, { size: 11 }))
    if (shares) parts.push(text(at.share, y, `${whole(100 * shares[i].contribution)} %`, { size: 11, fill: INK, anchor: 'end' }))
  })
  let bottom = top + 18 + (shown.length - 1) * ROW
  if (quality.leads.length > shown.length) parts.push(text(x, bottom += ROW, `and ${quality.leads.length - shown.length} more`, { size: 11 }))
  return { parts, bottom }
}

/** The terms of both standards; what is not known has a letter that says why. @param {import('../types.js').Terms} terms @param {number} x @param {number} top */
function termTable(terms, x, top) {
  const FIGO = x + 146, NICHD = x + 264, more = /** @type {string[]} */ ([])
  const why = (/** @type {string | null} */ reason) => {
    if (reason === null) return '–'
    if (!more.includes(reason)) more.push(reason)
    return `–  ${String.fromCharCode(97 + more.indexOf(reason))}`
  }
  /** @type {Parts[]} */
  const parts = [heading(x, top, 'Terms'), text(FIGO, top, 'FIGO 2015', { size: 10 }), text(NICHD, top, 'NICHD 2008', { size: 10 })]
  let y = top + 18
  for (const { name, figo, nichd } of termRows(terms)) {
    parts.push(text(x, y, name, { size: 11 }), text(FIGO, y, figo.words ?? why(figo.reason), { size: 11, fill: INK }), text(NICHD, y, nichd.words ?? why(nichd.reason), { size: 11, fill: INK }))
    y += ROW
  }
  const { irregular, premature_beats, reason } = terms.rhythm
  const rhythm = irregular === null ? why(reason) : irregular ? 'irregular' : 'regular'
  parts.push(text(x, y, 'Rhythm', { size: 11 }), text(FIGO, y, rhythm + (premature_beats ? `, ${premature_beats} premature beat${premature_beats === 1 ? '' : 's'}` : ''), { size: 11, fill: INK }))
  if (more.length) wrap(more.map((code, i) => `${String.fromCharCode(97 + i)} ${TERM_REASONS[code] ?? code}`).join('   '), RIGHT - x, 10).forEach((words) => parts.push(text(x, y += 14, words, { size: 10 })))
  return { parts, bottom: y }
}

/** Events in order of time, as many as there is room for. @param {ExtractResult['fetal']['events']} events @param {number} top @param {number} room */
function eventTable(events, top, room) {
  const COLUMNS = 3, ROW_HEIGHT = 15, width = (RIGHT - LEFT) / COLUMNS
  const rows = Math.max(1, Math.floor((room - 24) / ROW_HEIGHT)), fits = rows * COLUMNS
  const sorted = [...events].sort((a, b) => a.t_s - b.t_s)
  const shown = sorted.length > fits ? sorted.slice(0, fits - 1) : sorted
  const used = Math.ceil(Math.min(sorted.length, fits) / COLUMNS)
  const cell = (/** @type {number} */ i) => ({ x: LEFT + Math.floor(i / used) * width, y: top + 17 + i % used * ROW_HEIGHT })
  /** @type {Parts[]} */
  const parts = [heading(LEFT, top, 'Events'), text(LEFT + 60, top, 'start, duration', { size: 10 })]
  shown.forEach(({ type, t_s, duration_s }, i) => {
    const { x, y } = cell(i)
    parts.push(text(x + 34, y, clock(t_s), { size: 11, fill: INK, anchor: 'end' }), text(x + 88, y, duration_s < 60 ? `${whole(duration_s)} s` : `${clock(duration_s)} min`, { size: 11, anchor: 'end' }),
      text(x + 98, y, EVENTS[type]?.name ?? cut(type, 24), { size: 11, fill: INK }))
  })
  if (shown.length < sorted.length) {
    const { x, y } = cell(shown.length)
    parts.push(text(x + 98, y, `and ${sorted.length - shown.length} more`, { size: 11 }))
  }
  return { parts, bottom: top + 17 + (used - 1) * ROW_HEIGHT }
}

/** What the engine had to say, in as many lines as there is room for. @param {ExtractResult} result @param {number} room */
function noteLines({ diagnostics }, room) {
  const lines = diagnostics.flatMap((d) => wrap(`${d.message} (${d.code})`, RIGHT - LEFT, 11)), most = Math.max(1, Math.floor(room))
  return lines.length > most ? [...lines.slice(0, most - 1), 'More notes are in the JSON document.'] : lines
}

/** Lines to write on where the page is empty. @param {number} top @param {number} bottom @returns {Parts[]} */
function remarks(top, bottom) {
  const count = Math.min(8, Math.floor((bottom - top - 8) / 30))
  return count < 2 ? [] : [text(LEFT, top + 4, 'Remarks', { size: 10 }), Array.from({ length: count }, (_, i) => line(LEFT, top + 28 + i * 30, RIGHT, top + 28 + i * 30, RULE, 0.8))]
}

/** How it was made. @param {ExtractResult} result */
function footer({ method, version, fetal }) {
  const model = version.model ? `, weights ${version.model}, SHA-256 ${version.model_sha256}` : ''
  const lines = [
    ...wrap(`Method ${method}${model}; fetal-ecg ${version.engine} (${version.simd}).`, RIGHT - LEFT, 9.5),
    ...(fetal.terms ? wrap('Terms by FIGO 2015 and NICHD 2008, without contractions and gestational age: docs/clinical-terms.md of fetal-ecg.', RIGHT - LEFT, 9.5) : []),
    'Research use; not a medical device.',
  ]
  const top = BOTTOM - lines.length * 12.5
  return { parts: [line(LEFT, top - 4, RIGHT, top - 4, RULE, 0.8), ...lines.map((words, i) => text(LEFT, top + 10 + i * 12.5, words, { size: 9.5, ...(i === lines.length - 1 ? { fill: INK, weight: 600 } : {}) }))], top: top - 4 }
}

/** Words in lines of about that width; a letter is taken for half as wide as the size. @param {string} words @param {number} width @param {number} size */
function wrap(words, width, size) {
  const most = Math.floor(width / (size * 0.52))
  /** @type {string[]} */
  const lines = []
  let current = ''
  for (const word of words.split(' ').flatMap((w) => w.match(new RegExp(`.{1,${most}}`, 'gu')) ?? [''])) {
    if (current && current.length + 1 + word.length > most) {
      lines.push(current)
      current = word
    } else current += (current ? ' ' : '') + word
  }
  return [...lines, current]
}
