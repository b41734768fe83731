// standard.js — what the standard leads tell of the mother, or of the person who wears them.
import { clock } from '../plots/ticks.js'
import { strings } from '../strings.js'
import { h, table } from './dom.js'

/** @typedef {import('../../js/types.js').ClassifyResult} ClassifyResult */

const words = strings.classify
const percent = (/** @type {number | null} */ p) => (p === null ? words.unknown : `${Math.round(100 * p)} %`)

/** @param {ClassifyResult} result @param {{ windows?: boolean, simulated?: boolean }} [how] simulated: there is no person */
export function standardAnswer(result, { windows = true, simulated = false } = {}) {
  const { quality, intervals } = result
  const known = Object.entries(words.interval).filter(([key]) => /** @type {any} */ (intervals)[key] !== null)
  return h('div', { className: 'rows' },
    h('p', null, h('strong', null, words.label({ label: result.label, abnormal: result.abnormal, threshold: result.threshold, p: result.label_probability })), quality.reason ? `: ${words.why[quality.reason] ?? quality.reason}.` : '.'),
    // What the answer is worth stands beside it.
    ...[...result.diagnostics.map((d) => `${d.message.charAt(0).toUpperCase()}${d.message.slice(1)}.`), ...simulated ? [words.simulated] : []].map((text) => h('p', { className: 'soft' }, text)),
    h('div', { className: 'pair' },
      table(words.heads, [[words.abnormal, percent(result.abnormal)], [words.af, percent(result.atrial_fibrillation)], ...Object.entries(result.classes).map(([key, p]) => [words.conditions[key] ?? key, percent(p)])], strings.sections.classify),
      known.length ? table([words.intervals, words.value], known.map(([key, [name, unit]]) => [name, `${Number((/** @type {any} */ (intervals)[key]).toFixed(key === 'pause_s' ? 2 : 0))} ${unit}`]), words.intervals) : null),
    windows && result.windows.length > 1 ? h('details', null, h('summary', null, words.windowsTitle), table(words.windows,
      result.windows.map((w) => [clock(w.t_s), w.reason ? words.why[w.reason] ?? w.reason : percent(w.abnormal), percent(w.atrial_fibrillation), w.rate_bpm === null ? words.unknown : `${Math.round(w.rate_bpm)} bpm`]), words.windowsTitle)) : null)
}
