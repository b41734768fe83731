// terms.js — the terms of FIGO and NICHD as words beside each other (docs/clinical-terms.md).
import { whole } from './svg.js'

/** @typedef {import('./types.js').Terms} Terms */
/** @typedef {import('./types.js').StandardTerms} StandardTerms */

/**
 * A term in the words of one standard: its value, or the code of words.js that says why there is none; both null where the
 * standard has no such term.
 * @typedef {{ words: string | null, reason: string | null }} TermWords
 * @typedef {{ name: string, figo: TermWords, nichd: TermWords }} TermRow
 */

const CLASSES = ['absent', 'minimal', 'moderate', 'marked'] // of NICHD's variability

/** "138" or "135 to 140": the least and the greatest of those that are known. @param {(number | null)[]} values */
function range(values) {
  const known = /** @type {number[]} */ (values.filter((v) => v !== null))
  const lo = whole(Math.min(...known)), hi = whole(Math.max(...known))
  return lo === hi ? lo : `${lo} to ${hi}`
}

/** The baselines of all ten minutes. @param {StandardTerms['baseline']} baseline */
export const baselineWords = ({ stretches }) => `${range(stretches.map((s) => s.bpm))} bpm`

/** @param {{ reason: string | null }} term @param {() => string | null} words @returns {TermWords} */
const told = ({ reason }, words) => (reason ? { words: null, reason } : { words: words(), reason: null })
/** @param {{ reason: string | null, count: number | null }} term */
const counted = (term) => told(term, () => String(term.count))
/** @param {{ reason: string | null, present: boolean | null }} term */
const present = (term) => told(term, () => (term.present ? 'yes' : 'no'))

/** @param {Terms} terms @returns {TermRow[]} */
export function termRows({ figo, nichd }) {
  const both = (/** @type {string} */ name, /** @type {(standard: StandardTerms) => TermWords} */ of) => ({ name, figo: of(figo), nichd: of(nichd) })
  const { stretches } = nichd.variability
  const classes = CLASSES.filter((name) => stretches.some((s) => s.class === name))
  const { variability } = figo
  return [
    both('Baseline', ({ baseline }) => told(baseline, () => baselineWords(baseline))),
    { name: 'Variability', figo: told(variability, () => `${variability.class} (${whole(variability.bandwidth_bpm)} bpm)`),
      nichd: told(nichd.variability, () => (classes.length > 1 ? `${classes[0]} to ${classes[classes.length - 1]}` : `${classes[0]} (${range(stretches.map((s) => s.bandwidth_bpm))} bpm)`)) },
    both('Accelerations', (s) => counted(s.accelerations)),
    { name: 'Prolonged accelerations', figo: { words: null, reason: null }, nichd: counted(nichd.prolonged_accelerations) },
    both('Decelerations', (s) => counted(s.decelerations)),
    both('Prolonged decelerations', (s) => counted(s.prolonged_decelerations)),
    both('Tachycardia', (s) => present(s.tachycardia)),
    both('Bradycardia', (s) => present(s.bradycardia)),
  ]
}
