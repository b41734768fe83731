// compare.js — the same recording by both methods side by side, and how far they agree.
import { create as createStrip } from '../plots/strip.js'
import { strings } from '../strings.js'
import { h, table } from './dom.js'

/** @typedef {import('../../js/types.js').ExtractResult} ExtractResult */

const TOLERANCE_S = 0.05

/**
 * How far two results agree: beats of either that both have, and the mean difference of the rates where both are known.
 * @param {ExtractResult} one @param {ExtractResult} other
 */
export function agreement(one, other) {
  const a = one.fetal.peaks_s, b = other.fetal.peaks_s
  let both = 0
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (Math.abs(a[i] - b[j]) <= TOLERANCE_S) both++, i++, j++
    else if (a[i] < b[j]) i++
    else j++
  }
  let sum = 0, common = 0
  one.fetal.rate.bpm.forEach((v, i) => {
    const w = other.fetal.rate.bpm[i] ?? null
    if (v === null || w === null) return
    sum += Math.abs(v - w)
    common++
  })
  const either = a.length + b.length - both
  return { share: either ? both / either : 1, common, bpm: common ? sum / common : 0 }
}

/** @param {(number | null)[]} bpm */
export function medianOf(bpm) {
  const known = /** @type {number[]} */ (bpm.filter((v) => v !== null)).sort((a, b) => a - b)
  return known.length ? known[known.length >> 1] : null
}

/** @param {ExtractResult} one that is shown on the page @param {ExtractResult} other @param {ReturnType<typeof createStrip>} first the strip that shows it */
export function comparison(one, other, first) {
  const words = strings.compare, percent = (/** @type {number} */ v) => `${Math.round(100 * v)} %`
  const [network, classical] = one.method === 'classical' ? [other, one] : [one, other]
  const row = (/** @type {string} */ name, /** @type {(r: ExtractResult) => string} */ of) => [name, of(network), of(classical)]
  const { share, common, bpm } = agreement(one, other)
  const place = h('div', { className: 'hold-strip' })
  const content = h('div', { className: 'rows' }, place,
    table(words.heads, [
      row(words.beats, (r) => String(r.fetal.peaks_s.length)),
      row(words.median, (r) => { const m = medianOf(r.fetal.rate.bpm); return m === null ? strings.vitals.unknown : `${Math.round(m)} ${strings.vitals.unit}` }),
      row(words.coverage, (r) => percent(r.fetal.summary.coverage)), row(words.quality, (r) => percent(r.quality.fetal)),
    ], strings.sections.compare),
    h('p', null, words.agree(share, common, bpm)))
  const title = (/** @type {ExtractResult} */ { method }) => words.title[method === 'classical' ? 'classical' : 'fhnet']
  /** @type {ReturnType<typeof createStrip> | null} */
  let strip = null
  return {
    content,
    /** Once it is on the page. */
    show() {
      strip = createStrip(place, { strings, beside: first })
      first.name(title(one))
      strip.name(title(other))
      strip.set({ duration_s: other.source.duration_s, fetal: other.fetal.rate, maternal: other.maternal.rate, events: other.fetal.events, baseline: other.fetal.terms?.figo.baseline.stretches ?? [] })
      first.link(strip)
    },
    destroy() {
      strip?.destroy()
      first.name('')
    },
  }
}
