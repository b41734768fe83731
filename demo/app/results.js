// results.js — what was found, in words: electrodes and what to do about them, terms, events, notes.
import { termRows } from '../../js/terms.js'
import { clock } from '../plots/ticks.js'
import { TERM_REASONS, minutes, strings } from '../strings.js'
import { $, h, sheet, table } from './dom.js'

/** @typedef {import('../../js/types.js').ExtractResult} ExtractResult */
/** @typedef {{ label: string, quality: number, state: string }} LeadQuality */

const WEAK = 0.35

let shown = ''

/** @param {LeadQuality[]} leads @param {(boolean | undefined)[]} [off] by lead, where a board tells it */
export function showElectrodes(leads, off = []) {
  const states = leads.map((lead, i) => (off[i] ? 'off' : lead.state === 'ok' && lead.quality < WEAK ? 'weak' : lead.state))
  const key = JSON.stringify([leads.map((l) => [l.label, Math.round(l.quality * 10)]), states])
  if (key === shown && $('electrodes').firstChild) return
  shown = key
  const words = strings.electrodes
  $('electrodes').replaceChildren(h('h2', null, strings.sections.electrodes), h('ul', null, ...leads.map(({ label, quality }, i) => {
    const state = states[i], bad = state === 'ok' ? 'ok' : state === 'weak' || state === 'noisy' || state === 'gaps' ? 'warn' : 'bad'
    return h('li', null, h('span', null, label), h('span', { className: bad }, `${words.states[state] ?? state} ${Math.round(100 * quality)} %`), words.advice[state] && h('span', { className: 'advice' }, words.advice[state]))
  })))
}

/** @param {import('../../js/types.js').RateTerms['terms'] & { rhythm?: any }} terms */
function termsTable(terms) {
  const cell = (/** @type {import('../../js/terms.js').TermWords} */ { words, reason }) => words ?? (reason ? strings.results.whyNot(TERM_REASONS[reason] ?? reason) : strings.results.noTerm)
  /** @type {string[][]} */
  const rows = []
  /** @type {Map<string, string[]>} terms that neither standard knows, by why */
  const unknown = new Map()
  for (const { name, figo, nichd } of termRows(/** @type {any} */ (terms))) {
    const why = figo.words === null && nichd.words === null && (figo.reason === nichd.reason || !figo.reason || !nichd.reason) ? figo.reason ?? nichd.reason : null
    if (why) unknown.set(why, [...unknown.get(why) ?? [], name])
    else rows.push([name, cell(figo), cell(nichd)])
  }
  const reasons = new Set(termRows(/** @type {any} */ (terms)).flatMap(({ figo, nichd }) => [figo, nichd]).filter((t) => t.words || t.reason).map((t) => (t.words ? '' : t.reason)))
  if (reasons.size === 1 && !reasons.has('')) return h('p', null, strings.results.noTerms(TERM_REASONS[[...reasons][0] ?? ''] ?? ''))
  if (terms.rhythm) {
    const { reason, irregular, premature_beats } = terms.rhythm
    const words = reason ? strings.results.whyNot(TERM_REASONS[reason] ?? reason) : strings.results.rhythm(irregular, premature_beats)
    rows.push([strings.results.rhythmName, words, words])
  }
  return h('div', { className: 'rows' }, table(strings.results.standards, rows, strings.sections.terms),
    ...[...unknown].map(([why, names]) => h('p', { className: 'soft' }, strings.results.gathered(TERM_REASONS[why] ?? why, names))))
}

/**
 * @param {import('../../js/types.js').RateTerms & { terms: any }} found
 * @param {(t_s: number) => void} show
 */
export function termsSheet({ summary, events, terms }, show) {
  const words = strings.results, why = terms?.figo.decelerations.reason
  return sheet('terms', strings.sections.terms,
    h('p', { className: 'soft' }, words.known(summary.coverage), ' ', words.variability(summary.stv_ms, summary.ltv_bpm)),
    terms && termsTable(terms),
    h('h3', null, strings.sections.events),
    !why && h('p', { className: 'soft' }, words.aboutEvents),
    events.length ? table(words.eventHeads, events.map(({ type, t_s, duration_s, definition }) => [h('span', { title: definition }, words.event(type)), clock(t_s), minutes(duration_s),
      h('button', { className: 'quiet', onclick: () => show(t_s), 'aria-label': `${words.show}: ${words.event(type)}, ${clock(t_s)}` }, words.show)]), strings.sections.events)
      : h('p', null, why ? words.noEventsBecause(TERM_REASONS[why] ?? why) : words.noEvents))
}

/** @param {ExtractResult} result @param {import('../../js/types.js').Diagnostic[]} diagnostics of the reader */
export function notesSheet(result, diagnostics) {
  const notes = [...diagnostics, ...result.diagnostics].map((d) => d.message)
  const all = [...new Set(notes)].map((note) => note.charAt(0).toUpperCase() + note.slice(1))
  return sheet('notes', strings.sections.notes, all.length ? h('ul', null, ...all.map((note) => h('li', null, note))) : h('p', null, strings.notes.none), h('p', { className: 'soft' }, strings.notes.made(result.version)))
}
