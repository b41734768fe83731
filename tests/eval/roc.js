/**
 * Figures of answers { positive, score, group }: area under the ROC curve (Mann and Whitney 1947), its interval by drawing
 * groups (patients) with replacement, F1.
 */
import { groupBy } from '../../js/cli/score.js'

/** Uniform numbers in [0, 1) from a seed (mulberry32). */
export function random(seed) {
  let a = seed
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** NaN where one of both kinds is missing; equal scores count half. Answers without a score do not count. */
export function auroc(all) {
  const items = all.filter(x => x.score !== null).sort((a, b) => a.score - b.score)
  let ranks = 0, positives = 0
  for (let i = 0; i < items.length;) {
    let end = i
    while (end < items.length && items[end].score === items[i].score) end++
    for (let k = i; k < end; k++) if (items[k].positive) ranks += (i + 1 + end) / 2, positives++
    i = end
  }
  return (ranks - positives * (positives + 1) / 2) / (positives * (items.length - positives))
}

/** 2.5 % and 97.5 % of the AUROC. */
export function interval(items, draws = 1000, seed = 1) {
  const draw = random(seed), groups = [...groupBy(items.map((x, i) => ({ ...x, group: x.group || `of its own ${i}` })), x => x.group).values()]
  const found = Array.from({ length: draws }, () => auroc(groups.flatMap(() => groups[Math.floor(draw() * groups.length)]))).filter(Number.isFinite).sort((a, b) => a - b)
  return [found[Math.floor(0.025 * found.length)], found[Math.floor(0.975 * found.length)]]
}

/** F1, sensitivity and specificity of "score at or above the threshold". */
export function f1At(items, threshold) {
  const count = (positive, told) => items.filter(x => x.positive === positive && (x.score >= threshold) === told).length
  const tp = count(true, true), fn = count(true, false), fp = count(false, true), tn = count(false, false)
  return { f1: 2 * tp / (2 * tp + fp + fn), se: tp / (tp + fn), sp: tn / (tn + fp) }
}

export const bestOf = items => Math.max(...items.map(x => f1At(items, x.score).f1))
