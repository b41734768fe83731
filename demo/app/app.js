// app.js — what the page shows, and what it does when something is asked of it.
import { keepOffline } from '../offline.js'
import { strings } from '../strings.js'
import { $, h } from './dom.js'
import { startDrop } from './drop.js'
import { startKeys } from './keys.js'
import { Live } from './live.js'
import { showElectrodes, termsSheet } from './results.js'
import { startScheme } from './scheme.js'
import { simulated } from './simulated.js'
import { showQuality, showRates, showState } from './vitals.js'
import { createView } from './view.js'

/** @typedef {import('../../js/worker.js').Fecg} Fecg */
/** @typedef {import('./opening.js').Entry} Entry */

const LOOK_S = 20 // of a live recording, between two looks at its last minute
const LOOKED_AT_S = 60

export class App {
  /** @param {Promise<Fecg>} loading */
  constructor(loading) {
    this.loading = loading
    /** @type {import('./view.js').View} */
    this.view = /** @type {any} */ (null) // until start()
    /** What runs now: aborted when something else is shown. */
    this.running = new AbortController()
    /** @type {Live | null} */
    this.live = null
    /** @type {{ stop: () => any, about: { name: string }, trial?: boolean } | null} what the live recording comes from; stop: gives what was recorded;
     *   trial: nothing to be kept */
    this.source = null
    /** @type {Entry[]} */
    this.entries = []
    /** @type {import('./analysis.js').Analysis | null} */
    this.analysis = null
  }

  async start() {
    this.view = await createView()
    startDrop((files) => this.files(files))
    const nextScheme = startScheme(strings)
    startKeys({
      o: () => $('open').click(), b: () => this.connect(), d: nextScheme, s: () => this.live && this.analyse(), c: () => this.analysis?.settings(),
      e: () => this.toExports(), l: () => this.focusPlot('traces'), r: () => this.focusPlot('strip'), Escape: () => document.getElementById('cancel')?.click(),
    })
    $('connect').addEventListener('click', () => this.connect())
    try {
      await this.simulate()
    } catch (error) {
      this.fail(error)
    }
    await new Promise((done) => setTimeout(done, 2500))
    keepOffline()
    // Parts that only some need, too: later the page asks for nothing any more.
    for (const part of [() => import('./opening.js'), () => import('./analysis.js'), () => import('./exports.js'), () => import('./boards.js')]) await part().catch((error) => this.fail(error))
    this.recovered().catch((error) => this.fail(error))
  }

  /** @param {string} id */
  focusPlot(id) {
    $(id).scrollIntoView({ block: 'center' })
    /** @type {HTMLElement | null} */ ($(id).querySelector('.plot-front'))?.focus()
  }

  toExports() {
    const first = document.getElementById('export-report')
    document.getElementById('exports')?.scrollIntoView({ block: 'start' })
    first?.focus({ preventScroll: true })
  }

  /** Something else is to be shown: what runs ends. */
  begin() {
    this.running.abort()
    this.running = new AbortController()
    this.live?.stop()
    this.live = null
    const { source } = this
    this.source = null
    if (source) Promise.resolve(source.stop()).then((kept) => source.trial && kept?.remove()).catch((error) => this.fail(error))
    this.analysis?.end()
    this.analysis = null
    $('message').hidden = true
    $('more').replaceChildren()
    $('compare').replaceChildren()
    $('electrodes').replaceChildren()
    $('link').hidden = true
    this.leadOff = null
    $('panel').hidden = true
    $('hint').hidden = true
    return this.running.signal
  }

  async simulate() {
    const signal = this.begin()
    $('hint').hidden = false // until something of one's own is shown
    const fecg = await this.loading
    fecg.model().catch(() => {}) // fetched meanwhile; the stream will say if it cannot be
    const source = await simulated(fecg, { seconds: 600, fs: 250, leads: 4, scenario: 'decelerations', seed: 4, snr_db: 9 })
    if (signal.aborted) return
    this.title(strings.simulated.title, strings.simulated.about)
    const live = this.watch(fecg, source, strings.simulated.title)
    source.play((samples) => live.push(samples), signal).then(() => { if (!signal.aborted) this.analyse() }, (error) => this.fail(error))
  }

  /**
   * Shows a recording while it comes in.
   * @param {Fecg} fecg @param {Live['about']} about @param {string} name
   */
  watch(fecg, about, name) {
    const { signal } = this.running
    let lookAt = LOOK_S / 2
    const live = new Live(fecg, this.view, about, {
      error: (error) => this.fail(error),
      frame: (frame) => {
        if (frame.quality.leads.length) showElectrodes(frame.quality.leads, this.leadOff ?? [])
        if (frame.t0_s < lookAt || document.hidden) return
        lookAt = frame.t0_s + LOOK_S
        this.look(live, signal).catch((error) => { if (!signal.aborted) this.fail(error) })
      },
      terms: (terms) => this.replace('terms', termsSheet(/** @type {any} */ (terms), (t_s) => this.view.traces.show(Math.max(0, t_s - 2), t_s + 8))),
    })
    this.live = live
    this.source ??= { stop() {}, about: { name } }
    this.controls()
    return live
  }

  /** The averaged beat of the last minute, which takes an extraction of its own. @param {Live} live @param {AbortSignal} signal */
  async look(live, signal) {
    const samples = live.recent(LOOKED_AT_S)?.slice(0, live.about.leads.length)
    if (!samples?.length) return
    const fecg = await this.loading
    const recording = await fecg.read({ fs: live.about.fs, leads: live.about.leads, samples }, { transfer: true })
    try {
      const { fetal } = await fecg.extract(recording, { leads: live.about.leads.map((_, i) => i), method: live.about.method, signal })
      if (!signal.aborted) this.view.beat.set(fetal.beat)
    } finally {
      await recording.close()
    }
  }

  /** @type {boolean[] | null} which electrodes the board says are off */
  leadOff = null

  /** Ends what is live and analyses all of it. */
  async analyse() {
    const { live, source } = this
    if (!live) return
    this.live = this.source = null // once
    const samples = live.recent()
    const { fs, leads, more = [], uses, method = 'fhnet' } = live.about
    const name = source?.about.name ?? strings.files.recorded
    live.stop()
    const kept = await Promise.resolve(source?.stop()).catch((error) => this.fail(error))
    if (!samples) return
    const { entryOf, recordedEntry } = await import('./opening.js')
    const names = [...leads, ...more]
    /** @type {import('./settings.js').Settings} */
    const settings = { channels: names.map((label, i) => ({ name: label, use: uses?.[i] ?? 'abdominal' })), unit: '', mains: '', method }
    this.entries = [kept ? { ...recordedEntry(kept, name, settings), trial: source?.trial } : entryOf(name, fs, names, samples, settings)]
    this.open(this.entries[0])
  }

  /** @param {File[]} files */
  async files(files) {
    try {
      const { entriesOf } = await import('./opening.js')
      this.entries = entriesOf(files)
      await this.open(this.entries[0])
    } catch (error) {
      this.fail(error)
    }
  }

  /** @param {Entry} entry */
  async open(entry) {
    const signal = this.begin()
    this.title(entry.name, '')
    showRates({ fetal: null, maternal: null })
    showQuality(null)
    showState(strings.states.working)
    this.view.empty(true)
    const { Analysis } = await import('./analysis.js')
    if (signal.aborted) return
    this.analysis = new Analysis(this, await this.loading, entry)
    await this.analysis.start()
  }

  async connect() {
    const { showBoards } = await import('./boards.js')
    showBoards(this)
  }

  /** What was being recorded when the page was closed. */
  async recovered() {
    const { showRecovered } = await import('./recovered.js')
    await showRecovered(this)
  }

  /** What can be done with what is shown. */
  controls() {
    const { live, analysis, entries } = this, words = strings.controls
    const button = (/** @type {string} */ text, /** @type {() => void} */ act, primary = false) => h('button', { className: primary ? 'primary' : '', onclick: act }, text)
    const several = entries.length > 1 && analysis ? h('select', { 'aria-label': strings.files.several, onchange: (/** @type {Event} */ e) => this.open(entries[Number(/** @type {HTMLSelectElement} */ (e.target).value)]) },
      ...entries.map((entry, i) => h('option', { value: String(i), selected: entry === analysis.entry }, entry.name))) : null
    $('controls').replaceChildren(...[several, live && button(words.pause, () => this.analyse()), document.getElementById('exports') && h('button', { className: 'primary', id: 'to-exports', onclick: () => this.toExports() }, words.export), analysis?.ready && button(words.again, () => analysis.run(), true), analysis?.entry.kept && button(words.save, () => analysis.save()), analysis?.recording && button(words.channels, () => analysis.settings()),
      !live && button(words.simulate, () => this.simulate())].filter((x) => x instanceof Node))
  }

  /** Puts a section in the place of the one with its id, or at the end. @param {string} id @param {HTMLElement} section */
  replace(id, section) {
    const before = document.getElementById(id)
    if (before?.contains(document.activeElement)) return // not under a person's hands
    if (before) before.replaceWith(section)
    else $('more').insertBefore(section, document.getElementById('exports') ?? document.getElementById('notes'))
  }

  /** @param {string} title @param {string} about */
  title(title, about) {
    $('title').textContent = title
    $('about').textContent = about
  }

  /** @param {...string} texts */
  tell(...texts) {
    $('message').classList.remove('error')
    $('message').replaceChildren(...texts.map((text) => h('p', null, text)))
    $('message').hidden = false
  }

  /** @param {unknown} error @param {string} [where] */
  fail(error, where) {
    const name = /** @type {any} */ (error)?.name
    if (name === 'AbortError') return
    const message = error instanceof Error ? error.message : String(error)
    $('message').classList.add('error')
    $('message').replaceChildren(...(where ? [h('p', null, h('strong', null, where))] : []), h('p', null, message.charAt(0).toUpperCase() + message.slice(1)))
    $('message').hidden = false
    $('message').scrollIntoView({ block: 'nearest' })
  }
}

