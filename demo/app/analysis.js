// analysis.js — a recording that is there whole: opened, its channels chosen, extracted, and shown.
import { strings } from '../strings.js'
import { offerComparison } from './beside.js'
import { collectSignals } from './collected.js'
import { $, breath, drawn, h, sheet } from './dom.js'
import { samplesOf, rawEntry } from './opening.js'
import { askChannels, askRate, askRaw, closePanel } from './panel.js'
import { startProgress } from './progress.js'
import { notesSheet, showElectrodes, termsSheet } from './results.js'
import { keepSettings, layoutOf, rateKey, settingsFor } from './settings.js'
import { standardAnswer } from './standard.js'
import { recall, remember } from './store.js'
import { medianOf } from './compare.js'
import { showQuality, showRates, showState } from './vitals.js'

/** @typedef {import('../../js/types.js').ExtractResult} ExtractResult */
/** @typedef {import('./settings.js').Settings} Settings */

const MOST_BYTES = 600e6 // of samples and signals in the page

export class Analysis {
  /** @param {import('./app.js').App} app @param {import('../../js/worker.js').Fecg} fecg @param {import('./opening.js').Entry} entry */
  constructor(app, fecg, entry) {
    this.app = app
    this.fecg = fecg
    this.entry = entry
    /** @type {import('../../js/worker.js').Recording | null} */
    this.recording = null
    this.layout = ''
    /** @type {Settings | null} */
    this.now = null
    this.remembered = false
    this.ended = new AbortController()
    this.saved = false
    /** @type {import('./view.js').Lead[]} */
    this.leads = []
    /** @type {ExtractResult | null} */
    this.result = null
    /** Takes the other method away again. */
    this.uncompare = () => {}
  }

  end() {
    this.ended.abort()
    this.recording?.close().catch(() => {})
    if (this.entry.trial || this.saved) this.entry.kept?.remove().catch(() => {})
    this.uncompare()
    closePanel()
  }

  /** Whether it can be analysed, and is not. */
  get ready() {
    return this.recording !== null && this.now !== null && !this.leads.length
  }

  /** @param {import('./opening.js').ReadSettings} [given] */
  async start(given = {}) {
    const key = await rateKey(this.entry.file)
    const fs = given.fs ?? recall(key) ?? undefined
    try {
      await this.recording?.close()
      this.recording = await this.entry.open(this.fecg, { unit: given.unit })
    } catch (error) {
      const { code, message } = /** @type {any} */ (error)
      if (this.ended.signal.aborted) return
      if (code === 'RATE' && fs) {
        try {
          this.recording = await this.entry.open(this.fecg, { ...given, fs })
          this.fs = fs
          remember(key, fs)
        } catch (second) {
          return this.unknown(/** @type {any} */ (second).message)
        }
      } else if (code === 'RATE') {
        showState(strings.states.stopped)
        this.app.controls()
        return askRate(undefined, (rate) => {
          closePanel()
          this.start({ ...given, fs: rate })
        })
      } else return this.unknown(message)
    }
    if (this.ended.signal.aborted) return
    const { format, channels } = this.recording
    this.layout = layoutOf(format, channels)
    const { settings, sure, remembered } = this.now ?? this.entry.settings ? { settings: /** @type {Settings} */ (this.now ?? this.entry.settings), sure: true, remembered: this.remembered } : await settingsFor(this.fecg, this.layout, channels)
    this.remembered = remembered
    if (settings.unit && !given.unit && this.entry.file) { // remembered: to be read so
      this.now = settings
      return this.start({ ...given, unit: settings.unit })
    }
    this.now = settings
    if (remembered) keepSettings(this.layout, settings) // the layout may be another now
    if (!sure) {
      showState(strings.states.stopped)
      this.app.controls()
      return this.settings(strings.panel.askLeads)
    }
    await this.run()
  }

  /** No format that is known. @param {string} why */
  unknown(why) {
    showState(strings.states.stopped, 'bad')
    this.app.controls()
    const { file } = this.entry
    if (!file?.size || /\.hea$/i.test(file.name)) return this.app.fail(new Error(why), strings.files.failed(this.entry.name))
    askRaw(`${strings.files.failed(this.entry.name)} ${why}`, (how) => {
      closePanel()
      this.entry = rawEntry(this.entry, how)
      this.start()
    })
  }

  /** Writes what was recorded as a file. */
  async save() {
    const { download } = await import('./exports.js')
    if (!this.entry.kept) return
    download(this.entry.name, this.entry.kept.file)
    this.saved = true
  }

  /** @param {string} [note] */
  settings(note) {
    const { recording, now } = this
    if (!recording || !now) return
    askChannels({
      channels: recording.channels, settings: now, unit: this.entry.file !== null, fs: this.fs, remembered: this.remembered, note, again: this.result !== null,
      done: async ({ fs, ...settings }) => {
        closePanel()
        const reread = settings.unit !== now.unit || fs !== this.fs
        this.now = settings
        this.remembered = true
        keepSettings(this.layout, settings)
        if (reread) await this.start({ fs, unit: settings.unit || undefined })
        else await this.run()
      },
      forget: async () => {
        keepSettings(this.layout, null)
        remember(await rateKey(this.entry.file), null)
        closePanel()
        this.now = null
        this.remembered = false
        this.start()
      },
    })
  }

  /** @param {string} title @param {(how: { signal: AbortSignal, onProgress: (progress: any) => void }) => Promise<void>} work */
  async working(title, work) {
    const stop = new AbortController(), signal = AbortSignal.any([stop.signal, this.ended.signal])
    this.stopWork?.abort()
    this.stopWork = stop
    const progress = startProgress(title, () => stop.abort())
    showState(strings.states.working)
    try {
      await work({ signal, onProgress: (p) => progress.step(p) })
      if (!signal.aborted) showState(strings.states.done)
    } catch (error) {
      if (this.ended.signal.aborted) return
      showState(strings.states.stopped)
      if (signal.aborted) this.app.tell(strings.progress.cancelled)
      else this.app.fail(error)
    } finally {
      if (this.stopWork === stop) progress.end()
      if (!this.ended.signal.aborted && this.stopWork === stop) this.app.controls()
    }
  }

  async run() {
    const { recording, now } = this
    if (!recording || !now) return
    const chosen = now.channels.flatMap((c, i) => (c.use === 'abdominal' ? [i] : [])), standard = now.channels.flatMap((c, i) => (c.use && c.use !== 'abdominal' ? [i] : []))
    if (!chosen.length && !standard.length) return this.settings(strings.panel.askLeads)
    $('message').hidden = true
    $('more').replaceChildren()
    $('compare').replaceChildren()
    this.uncompare()
    this.app.view.empty(true)
    this.result = null
    this.leads = []
    const mains = now.mains ? /** @type {50 | 60} */ (Number(now.mains)) : undefined
    const shownChannels = [...chosen, ...standard]
    const rates = shownChannels.map((i) => recording.channels[i].fs)
    const title = (/** @type {number | null} */ duration_s) => this.app.title(this.entry.name, strings.files.about({ format: recording.format, duration_s, leads: shownChannels.length, fs: Math.max(...rates) }))
    title(recording.duration_s)
    const most = Math.max(...rates), bytes = (recording.duration_s ?? 0) * most * 4 * (shownChannels.length + 3 * chosen.length)
    const keep = bytes < MOST_BYTES
    await this.working(chosen.length ? strings.progress.extracting(strings.methods[now.method]) : strings.progress.classifying, async ({ signal, onProgress }) => {
      const samples = bytes < 2 * MOST_BYTES ? await samplesOf(recording, shownChannels, signal) : []
      const leads = samples.map((s, n) => ({ label: now.channels[shownChannels[n]].name, fs: rates[n], samples: s }))
      if (chosen.length) {
        const collected = collectSignals(recording.duration_s)
        const result = await this.fecg.extract(recording, { leads: chosen, method: now.method, mains, signals: keep && collected.add, signal, onProgress })
        signal.throwIfAborted()
        result.signals = collected.signals
        this.leads = leads
        title(result.source.duration_s) // of a text file not known before its end
        await this.show(this.named(result, chosen), chosen.length, keep)
      } else {
        this.leads = leads
        this.bare()
      }
      if (standard.length) await this.classify(standard, mains, signal)
    })
  }

  /** A result with the names that were given to the leads. @param {ExtractResult} result @param {number[]} chosen @returns {ExtractResult} */
  named(result, chosen) {
    const names = chosen.map((i) => this.now?.channels[i].name ?? '')
    const rename = (/** @type {any[]} */ list) => list.map((item, n) => ({ ...item, label: names[n] }))
    return { ...result, source: { ...result.source, leads: names }, quality: { ...result.quality, leads: rename(result.quality.leads) },
      attribution: result.attribution && { ...result.attribution, leads: rename(result.attribution.leads) }, ...(result.signals && { signals: { ...result.signals, leads: names } }) }
  }

  /** @param {ExtractResult} result @param {number} count of abdominal leads @param {boolean} keep */
  async show(result, count, keep) {
    this.result = result
    const { fetal, maternal, quality } = result, { view } = this.app
    const why = quality.reason ? strings.noFetus(strings.reasons[quality.reason] ?? quality.reason) : ''
    const shares = result.attribution?.leads.map((l) => l.contribution) ?? quality.leads.map((l) => l.quality)
    await breath() // what came with the message was work enough for one task
    if (this.ended.signal.aborted) return
    const whole = view.whole(result, this.leads, shares.indexOf(Math.max(...shares)))
    showRates({ fetal: medianOf(fetal.rate.bpm), maternal: medianOf(maternal.rate.bpm), note: fetal.present ? strings.vitals.median : strings.vitals.none }, { say: true })
    if (why) this.app.tell(why, strings.noFetusHelp)
    showQuality(quality.fetal, why)
    showElectrodes(quality.leads)
    await whole
    await drawn()
    if (this.result !== result || this.ended.signal.aborted) return
    const more = [notesSheet(result, this.recording?.diagnostics ?? [])]
    if (fetal.present) {
      more.unshift(termsSheet(/** @type {any} */ ({ ...fetal, terms: fetal.terms }), (t_s) => {
        view.traces.show(Math.max(0, t_s - 2), t_s + 8)
        $('traces').scrollIntoView({ block: 'center' })
      }))
    }
    if (!keep) more.push(sheet('long', strings.sections.traces, h('p', null, strings.results.longSignals)))
    $('more').replaceChildren(...more)
    offerComparison(this, count)
    performance.mark('result')
    const { exportsSheet } = await import('./exports.js')
    if (this.result !== result || this.ended.signal.aborted) return
    $('notes').before(exportsSheet({ fecg: this.fecg, view, result, leads: this.leads.slice(0, count), fail: (error) => this.app.fail(error) }))
  }

  /** Standard leads alone: no fetus is looked for. */
  bare() {
    this.app.view.bare(this.leads, this.recording?.duration_s ?? 0)
  }

  /** @param {number[]} standard @param {50 | 60 | undefined} mains @param {AbortSignal} signal */
  async classify(standard, mains, signal) {
    const { recording, now } = this
    if (!recording || !now) return
    const labels = new Map(recording.channels.map((c, i) => [i, c.label]))
    const result = await this.fecg.classify(recording, { leads: standard.map((i) => `${labels.get(i)}=${now.channels[i].use}`), mains, signal })
    signal.throwIfAborted()
    this.app.replace('classify', sheet('classify', strings.sections.classify, h('p', { className: 'soft' }, strings.classify.about), standardAnswer(result, { simulated: this.entry.trial })))
    if (!this.result) showRates({ fetal: null, maternal: result.intervals.rate_bpm, note: '' }, { say: true })
  }
}

