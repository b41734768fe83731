// view.js — the plots of the page, which show one recording at a time: one that is under way, or one that is there whole.
import { create as createBeat } from '../plots/beat.js'
import { create as createHeat } from '../plots/heat.js'
import { create as createStrip } from '../plots/strip.js'
import { create as createTraces } from '../plots/traces.js'
import { strings } from '../strings.js'
import { $, breath, drawn, h } from './dom.js'

/** @typedef {import('../../js/types.js').Frame} Frame */
/** @typedef {import('../../js/types.js').ExtractResult} ExtractResult */
/** @typedef {{ label: string, fs: number, samples: Float32Array }} Lead */

export async function createView() {
  let seen = [0, 0], turn = 0
  /** @type {ReturnType<typeof createStrip> | undefined} */
  let strip
  const traces = createTraces($('traces'), { strings, onview(from, to) {
    seen = [from, to]
    strip?.mark(from, to)
  } })
  await breath()
  strip = createStrip($('strip'), { strings, onpick: (t_s) => traces.show(Math.max(0, t_s - 4), t_s + 4) })
  await breath()
  const beat = createBeat($('beat'), { strings })
  await breath()
  const heat = createHeat($('heat'), { strings })
  const picker = h('select'), label = h('label', { className: 'separated', hidden: true }, h('span', null, strings.separated), picker)
  $('traces').querySelector('.plot-tools')?.prepend(label)
  /** @param {string[]} leads @param {number} shown @param {(lead: number) => void} chosen */
  function offer(leads, shown, chosen) {
    picker.replaceChildren(...leads.map((lead, i) => h('option', { value: String(i) }, lead)))
    picker.value = String(shown)
    picker.onchange = () => chosen(Number(picker.value))
    label.hidden = leads.length < 2
  }
  const separated = /** @type {const} */ (['maternal', 'fetal'])
  /** Rows of a recording that begins. @param {string[]} leads @param {number} fs @param {number} shown @param {string[]} more */
  function rows(leads, fs, shown, more) {
    traces.set({ live: true, rows: [...[...leads, ...more].map((name, lead) => ({ label: name, kind: /** @type {const} */ ('lead'), lead, fs })),
      ...(leads.length ? separated.map((kind) => ({ label: leads[shown], kind, lead: shown, fs })) : [])] })
  }
  /** Each in a frame of its own, unless something else is to be shown by then. @param {(() => void)[]} acts */
  async function oneByOne(acts) {
    const mine = turn
    for (const act of acts) {
      await drawn()
      if (turn !== mine) return
      act()
    }
  }
  /** @param {boolean} is nothing is shown: what was before is of another recording */
  function empty(is) {
    turn++
    document.body.classList.toggle('empty', is)
    document.body.classList.remove('without')
    if (is) $('traces').classList.remove('hold-traces') // which is as high as the simulation's rows
    personal(false)
  }
  /** @param {boolean} is there are only standard leads, of whomever wears them */
  function personal(is) {
    document.body.classList.toggle('bare', is)
    $('traces-title').textContent = is ? strings.sections.leads : strings.sections.traces
    $('maternal-name').textContent = is ? strings.vitals.person : strings.vitals.maternal
  }
  return {
    traces, strip, beat, heat, rows, empty,
    /** As if a person had chosen the lead. @param {number} lead */
    choose(lead) {
      picker.value = String(lead)
      picker.dispatchEvent(new Event('change'))
    },
    /**
     * A recording that begins.
     * @param {string[]} leads abdominal ones @param {number} fs @param {number} shown the lead whose separated signals are shown
     * @param {string[]} more other leads @param {(lead: number) => void} chosen another lead is to be shown
     */
    live(leads, fs, shown, more, chosen) {
      empty(false)
      personal(!leads.length)
      offer(leads, shown, chosen)
      rows(leads, fs, shown, more)
      oneByOne([() => strip.set({ live: true, duration_s: 0, fetal: { t_s: [], bpm: [] }, maternal: { t_s: [], bpm: [] } }), () => beat.set(null), () => heat.set(null, { live: true })])
    },
    /** A recording that was extracted; all of it is shown when this resolves. @param {ExtractResult} result @param {Lead[]} leads @param {number} best */
    whole(result, leads, best) {
      empty(false)
      const { fetal, maternal, signals, source } = result
      document.body.classList.toggle('without', !fetal.present) // no beat to be averaged, and no answer that anything carried
      const show = (/** @type {number} */ shown) => traces.set({
        duration_s: source.duration_s,
        rows: [...leads.map((lead) => ({ ...lead, kind: /** @type {const} */ ('lead') })),
          ...(signals ? /** @type {const} */ (['maternal', 'fetal', 'residual']).map((kind) => ({ label: signals.leads[shown], kind, fs: signals.fs, samples: signals[kind][shown] })) : [])],
        beats: { maternal: maternal.peaks_s, fetal: fetal.peaks_s.map((t_s, i) => ({ t_s, confidence: fetal.confidence[i], interpolated: fetal.interpolated[i] })) },
      })
      offer(signals?.leads ?? [], best, (lead) => {
        const [from, to] = seen
        show(lead)
        traces.show(from, to)
      })
      show(best)
      return oneByOne([
        () => strip.set({ duration_s: source.duration_s, fetal: fetal.rate, maternal: maternal.rate, events: fetal.events, baseline: fetal.terms?.figo.baseline.stretches ?? [] }),
        () => beat.set(fetal.beat), () => heat.set(result.attribution),
      ])
    },
    /** Leads in which no fetus was looked for. @param {Lead[]} leads @param {number} duration_s */
    bare(leads, duration_s) {
      empty(false)
      personal(true)
      const none = { t_s: [], bpm: [] }
      offer([], 0, () => {})
      traces.set({ duration_s, rows: leads.map((lead) => ({ ...lead, kind: /** @type {const} */ ('lead') })) })
      strip.set({ duration_s, fetal: none, maternal: none })
      beat.set(null)
      heat.set(null)
    },
  }
}

/** @typedef {Awaited<ReturnType<typeof createView>>} View */
