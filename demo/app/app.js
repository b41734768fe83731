// app.js — what the page shows, and what it does when something is asked of it.
import { keepOffline } from '../offline.js'
import { strings } from '../strings.js'
import { $, h } from './dom.js'
import { Live } from './live.js'
import { simulated } from './simulated.js'
import { createView } from './view.js'

/** @typedef {import('../../js/worker.js').Fecg} Fecg */

export class App {
  /** @param {Promise<Fecg>} loading */
  constructor(loading) {
    this.loading = loading
    this.view = createView()
    /** What runs now: aborted when something else is shown. */
    this.running = new AbortController()
    /** @type {Live | null} */
    this.live = null
  }

  async start() {
    try {
      await this.simulate()
    } catch (error) {
      this.fail(error)
    }
    await new Promise((done) => setTimeout(done, 1500))
    keepOffline()
  }

  /** Something else is to be shown: what runs ends. */
  begin() {
    this.running.abort()
    this.running = new AbortController()
    this.live?.stop()
    this.live = null
    $('message').hidden = true
    return this.running.signal
  }

  async simulate() {
    const signal = this.begin()
    const fecg = await this.loading
    const source = await simulated(fecg, { seconds: 3600, fs: 250, leads: 4, scenario: 'decelerations', seed: 4, snr_db: 9 })
    if (signal.aborted) return
    this.title(strings.simulated.title, strings.simulated.about)
    this.live = new Live(fecg, this.view, source, { error: (error) => this.fail(error) })
    source.play((samples) => this.live?.push(samples), signal).catch((error) => this.fail(error))
  }

  /** @param {string} title @param {string} about */
  title(title, about) {
    $('title').textContent = title
    $('about').textContent = about
  }

  /** @param {unknown} error */
  fail(error) {
    const message = error instanceof Error ? error.message : String(error)
    $('message').replaceChildren(h('p', null, message))
    $('message').hidden = false
  }
}
