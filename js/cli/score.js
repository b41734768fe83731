/**
 * Scores of fetal beats and fetal rate against a reference. Pure functions, times in seconds.
 *
 * Beats: a detected beat matches a reference beat within 50 ms, one to one. Of all such pairings the
 * one with the most matches is taken, and among those the one with the least total error (dynamic
 * programming). A detected beat inside a reference gap longer than 1 s is not scored: the reference
 * is silent there. Interpolated beats count as any other.
 * Rate: PPA (positive percent agreement) is the share of 2-s epochs whose mean rate lies within 10 %
 * of the reference's; an epoch without a value is a failure.
 */

export const TOLERANCE_S = 0.05
export const GAP_S = 1
const EPOCH_S = 2
const STEP_S = 0.25
const PPA_BAND = 0.1
const EPS = 1e-9 // decimal times such as 1.05 - 1.00 must not miss the 50 ms by a rounding

/** Pairs [reference index, detected index]; both lists ascending. */
export function match(reference, detected, tolerance = TOLERANCE_S) {
  const pairs = []
  let i = 0, j = 0
  while (i < reference.length && j < detected.length) {
    // A cluster: events of both lists that follow one another within the tolerance.
    let end = Math.min(reference[i], detected[j]) + tolerance + EPS
    let i1 = i, j1 = j
    for (;;) {
      if (i1 < reference.length && reference[i1] <= end) end = Math.max(end, reference[i1++] + tolerance + EPS)
      else if (j1 < detected.length && detected[j1] <= end) end = Math.max(end, detected[j1++] + tolerance + EPS)
      else break
    }
    for (const [a, b] of align(reference.slice(i, i1), detected.slice(j, j1), tolerance)) pairs.push([i + a, j + b])
    i = i1
    j = j1
  }
  return pairs
}

/** The best pairing of two short lists: most matches, then least total error. */
function align(reference, detected, tolerance) {
  const n = reference.length, m = detected.length
  const best = Array.from({ length: n + 1 }, () => new Float64Array(m + 1))
  // A match is worth 1 less its error in units that can never add up to a whole match.
  const worth = (a, b) => {
    const error = Math.abs(reference[a] - detected[b])
    return error <= tolerance + EPS ? 1 - error / (tolerance + EPS) / (2 * Math.min(n, m)) : -1
  }
  for (let a = n - 1; a >= 0; a--)
    for (let b = m - 1; b >= 0; b--)
      best[a][b] = Math.max(best[a + 1][b], best[a][b + 1], worth(a, b) < 0 ? 0 : worth(a, b) + best[a + 1][b + 1])
  const pairs = []
  for (let a = 0, b = 0; a < n && b < m;) {
    if (worth(a, b) >= 0 && best[a][b] === worth(a, b) + best[a + 1][b + 1]) pairs.push([a++, b++])
    else if (best[a][b] === best[a + 1][b]) a++
    else b++
  }
  return pairs
}

const inGap = (reference, t) => {
  let lo = 0, hi = reference.length
  while (lo < hi) {
    const mid = (lo + hi) >> 1
    if (reference[mid] <= t) lo = mid + 1
    else hi = mid
  }
  const before = reference[lo - 1], after = reference[lo]
  return after - before > GAP_S + EPS && t - before > TOLERANCE_S && after - t > TOLERANCE_S
}

/**
 * Beat scores of one record. se, ppv and mae_ms are null where nothing can be divided by.
 * @returns {{tp, fn, fp, ignored, se, ppv, f1, mae_ms}}
 */
export function scoreBeats(reference, detected) {
  reference = [...reference].sort((a, b) => a - b)
  detected = [...detected].sort((a, b) => a - b)
  const pairs = match(reference, detected)
  const matched = new Set(pairs.map(([, j]) => j))
  const ignored = detected.filter((t, j) => !matched.has(j) && inGap(reference, t)).length
  const tp = pairs.length, fn = reference.length - tp, fp = detected.length - tp - ignored
  const error = pairs.reduce((sum, [i, j]) => sum + Math.abs(reference[i] - detected[j]), 0)
  return {
    tp, fn, fp, ignored,
    se: ratio(tp, tp + fn), ppv: ratio(tp, tp + fp), f1: ratio(2 * tp, 2 * tp + fp + fn),
    mae_ms: ratio(1000 * error, tp),
  }
}

const ratio = (a, b) => (b > 0 ? a / b : null)

/** Beats per minute at time t by the beat interval that holds t; null outside and inside gaps. */
function referenceRate(beats, times) {
  let i = 0
  return times.map(t => {
    while (i + 1 < beats.length && beats[i + 1] <= t) i++
    const rr = beats[i + 1] - beats[i]
    return beats[i] <= t && rr <= GAP_S + EPS ? 60 / rr : null
  })
}

const known = values => values.filter(v => v !== null && Number.isFinite(v))
export const mean = values => ratio(values.reduce((a, b) => a + b, 0), values.length)

/**
 * PPA and coverage of a rate {t_s, bpm} against reference beats. Epochs in which the reference
 * speaks for less than half of the time are not scored. Coverage: share of instants with a value.
 */
export function scoreRate(reference, rate, duration_s) {
  reference = [...reference].sort((a, b) => a - b)
  let good = 0, epochs = 0
  for (let t0 = 0; t0 + EPOCH_S <= duration_s + EPS; t0 += EPOCH_S) {
    const instants = Array.from({ length: EPOCH_S / STEP_S }, (_, k) => t0 + k * STEP_S)
    const truth = known(referenceRate(reference, instants))
    if (truth.length < instants.length / 2) continue
    epochs++
    const from = lowerBound(rate.t_s, t0), to = lowerBound(rate.t_s, t0 + EPOCH_S)
    const bpm = mean(known(rate.bpm.slice(from, to))), expected = mean(truth)
    if (bpm !== null && Math.abs(bpm - expected) <= PPA_BAND * expected) good++
  }
  return { ppa: ratio(good, epochs), epochs, coverage: ratio(known(rate.bpm).length, rate.bpm.length) ?? 0 }
}

function lowerBound(sorted, t) {
  let lo = 0, hi = sorted.length
  while (lo < hi) {
    const mid = (lo + hi) >> 1
    if (sorted[mid] < t - EPS) lo = mid + 1
    else hi = mid
  }
  return lo
}

/** A seeded generator of numbers in [0, 1) (mulberry32, T. Ettinger). */
export function random(seed) {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = Math.imul(a ^ (a >>> 15), a | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const LEAST_WOMEN = 5

/**
 * 95 % percentile interval of the mean over records, by drawing whole women with replacement:
 * records of one woman are not independent. [null, null] where there are fewer than five women:
 * with two, only three different means can be drawn.
 */
export function bootstrap(records, value = r => r.f1, { draws = 2000, seed = 1 } = {}) {
  const women = [...groupBy(records, r => r.subject).values()]
  if (women.length < LEAST_WOMEN) return [null, null]
  const next = random(seed)
  const means = Array.from({ length: draws }, () =>
    mean(women.flatMap(() => women[Math.floor(next() * women.length)].map(value)))).sort((a, b) => a - b)
  return [means[Math.floor(0.025 * draws)], means[Math.ceil(0.975 * draws) - 1]]
}

/** A Map from key to the items that have it, in order of first appearance. */
export function groupBy(items, key) {
  const map = new Map()
  for (const item of items) map.has(key(item)) ? map.get(key(item)).push(item) : map.set(key(item), [item])
  return map
}

/** Scores of a group of scored records, each with subject, tp, fn, fp, f1, ppa, coverage, mae_ms. */
export function summarise(name, records) {
  const f1 = records.map(r => r.f1).sort((a, b) => a - b)
  const sum = key => records.reduce((total, r) => total + r[key], 0)
  return {
    name,
    records: records.length,
    subjects: new Set(records.map(r => r.subject)).size,
    f1_mean: mean(f1),
    f1_pooled: ratio(2 * sum('tp'), 2 * sum('tp') + sum('fp') + sum('fn')),
    f1_worst_tenth: mean(f1.slice(0, Math.ceil(f1.length / 10))),
    f1_min: f1[0] ?? null,
    f1_ci: bootstrap(records),
    ppa: mean(known(records.map(r => r.ppa))),
    coverage: mean(known(records.map(r => r.coverage))),
    mae_ms: mean(known(records.map(r => r.mae_ms))),
  }
}
