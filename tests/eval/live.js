/**
 * Live against offline, on the recordings of the groups good and scalp, after the first 30 s of each: the share of the offline
 * beats of confidence 0.9 and above that the stream tells within 4 ms, F1 of both against the reference, and how old what
 * is told is, at most.
 * Usage: node tests/eval/live.js [--methods LIST] [--model FILE] [RECORD...]
 */
import { mean, scoreBeats } from '../../js/cli/score.js'
import { fixed, table } from '../../js/cli/text.js'
import { SCALP, bar, extract, fecg, needData, readRow, rows, scriptOptions } from './common.js'

const SETTLED_S = 30, SURE = 0.9, NEAR_S = 0.004, PIECE_S = 0.25
const GROUPS = ['cinc2013_seta/good', 'scalp']
needData()
const { methods, model, rest } = await scriptOptions({}, ['fhnet'])

/** The beats that a stream tells of these samples, pushed in small pieces, and the oldest that a beat or a sample was when told. */
async function live({ fs, leads, samples }, method) {
  const stream = fecg.stream({ fs, leads, method, model: method === 'classical' ? undefined : model })
  const step = Math.round(PIECE_S * fs)
  const beats = []
  let beatAge_s = 0, signalAge_s = 0
  const take = (frames, now_s) => {
    for (const { t0_s, beats: { fetal } } of frames) {
      if (t0_s > SETTLED_S) signalAge_s = Math.max(signalAge_s, now_s - t0_s)
      for (const { t_s } of fetal) {
        beats.push(t_s)
        if (t_s > SETTLED_S) beatAge_s = Math.max(beatAge_s, now_s - t_s)
      }
    }
  }
  for (let at = 0; at < samples[0].length; at += step) take(await stream.push(samples.map((s) => s.subarray(at, at + step))), (at + step) / fs)
  take(await stream.finish(), samples[0].length / fs)
  stream.close()
  return { beats, beatAge_s, signalAge_s }
}

for (const method of methods) {
  const scored = []
  const chosen = (await rows()).filter((r) => !r.skip && [GROUPS[0], ...SCALP].includes(r.group) && (rest.length === 0 || rest.includes(r.record)))
  for (const [i, row] of chosen.entries()) {
    bar.update(i / chosen.length, row.record)
    const signals = await readRow(row)
    const told = await live(signals, method)
    const { fetal } = await extract(signals, { method, model })
    const after = (beats) => beats.filter((t) => t >= SETTLED_S)
    const sure = fetal.peaks_s.filter((t, k) => t >= SETTLED_S && fetal.confidence[k] >= SURE)
    const near = sure.filter((t) => told.beats.some((b) => Math.abs(b - t) <= NEAR_S + 1e-9))
    const reference = after(signals.reference)
    scored.push({ ...signals, ...told, sure: sure.length, near: near.length,
      live: scoreBeats(reference, after(told.beats)).f1 ?? 0, offline: scoreBeats(reference, after(fetal.peaks_s)).f1 ?? 0 })
  }
  bar.clear()
  console.log(`Live against offline, ${method}, after the first ${SETTLED_S} s\n`)
  console.log(table([['group', 'records', `offline beats >= ${SURE}`, `told within ${1000 * NEAR_S} ms`, 'F1 live', 'F1 offline', 'oldest beat', 'oldest sample'],
    ...GROUPS.map((group) => {
      const of = scored.filter((s) => s.group === group)
      const sum = (key) => of.reduce((n, s) => n + s[key], 0)
      return [group, String(of.length), String(sum('sure')), `${fixed(100 * sum('near') / sum('sure'), 2)} %`, fixed(mean(of.map((s) => s.live)), 4),
        fixed(mean(of.map((s) => s.offline)), 4), `${fixed(Math.max(...of.map((s) => s.beatAge_s)), 2)} s`, `${fixed(Math.max(...of.map((s) => s.signalAge_s)), 2)} s`]
    })]).join('\n'))
  const worst = scored.filter((s) => s.near < 0.99 * s.sure || s.live < s.offline - 0.01)
    .map((s) => [s.record, `${s.near} of ${s.sure}`, fixed(s.live, 4), fixed(s.offline, 4)])
  if (worst.length) console.log(`\nFurther apart than 1 % or 0.01\n\n${table([['record', 'told', 'F1 live', 'F1 offline'], ...worst]).join('\n')}`)
}
