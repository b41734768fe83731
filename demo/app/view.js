// view.js — the plots of the page, which show one recording at a time: one that is under way, or one that is there whole.
import { create as createBeat } from '../plots/beat.js'
import { create as createHeat } from '../plots/heat.js'
import { create as createStrip } from '../plots/strip.js'
import { create as createTraces } from '../plots/traces.js'
import { strings } from '../strings.js'
import { $ } from './dom.js'

/** @typedef {import('../../js/types.js').Frame} Frame */
/** @typedef {import('../../js/types.js').ExtractResult} ExtractResult */
/** @typedef {{ label: string, fs: number, samples: Float32Array }} Lead */

export function createView() {
  const traces = createTraces($('traces'), { strings, onview: (from, to) => strip?.mark(from, to) })
  const strip = createStrip($('strip'), { strings, onpick: (t_s) => traces.show(Math.max(0, t_s - 4), t_s + 4) })
  const beat = createBeat($('beat'), { strings })
  const heat = createHeat($('heat'), { strings })
  return {
    traces, strip, beat, heat,
    /** A recording that begins. @param {string[]} leads @param {number} fs @param {number} [shown] the lead whose separated signals are shown */
    live(leads, fs, shown = 0) {
      const separated = /** @type {const} */ (['maternal', 'fetal'])
      traces.set({ live: true, rows: [...leads.map((label, lead) => ({ label, kind: /** @type {const} */ ('lead'), lead, fs })), ...separated.map((kind) => ({ label: leads[shown], kind, lead: shown, fs }))] })
      strip.set({ live: true, duration_s: 0, fetal: { t_s: [], bpm: [] }, maternal: { t_s: [], bpm: [] } })
      beat.set(null)
      heat.set(null, { live: true })
    },
    /** A recording that was extracted. @param {ExtractResult} result @param {Lead[]} leads @param {number} shown */
    whole(result, leads, shown) {
      const { fetal, maternal, signals, source } = result
      traces.set({
        duration_s: source.duration_s,
        rows: [...leads.map((lead) => ({ ...lead, kind: /** @type {const} */ ('lead') })),
          ...(signals ? /** @type {const} */ (['maternal', 'fetal', 'residual']).map((kind) => ({ label: signals.leads[shown], kind, fs: signals.fs, samples: signals[kind][shown] })) : [])],
        beats: { maternal: maternal.peaks_s, fetal: fetal.peaks_s.map((t_s, i) => ({ t_s, confidence: fetal.confidence[i], interpolated: fetal.interpolated[i] })) },
      })
      strip.set({ duration_s: source.duration_s, fetal: fetal.rate, maternal: maternal.rate, events: fetal.events, baseline: fetal.terms?.figo.baseline.stretches ?? [] })
      beat.set(fetal.beat)
      heat.set(result.attribution)
    },
  }
}

/** @typedef {ReturnType<typeof createView>} View */
