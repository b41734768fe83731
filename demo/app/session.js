// session.js — a board that is connected: its samples shown, worked and kept, its link told, its standard leads judged every ten seconds.
import { clock } from '../plots/ticks.js'
import { strings } from '../strings.js'
import { $, h, sheet } from './dom.js'
import { Recorder, pageTarget } from '../../js/serial/index.js'
import { layoutOf, settingsFor } from './settings.js'
import { standardAnswer } from './standard.js'
import { showQuality, showRates, showState } from './vitals.js'

/** @typedef {import('../../js/serial/session.js').Session} Session */

const CLASSIFY_S = 10
const MOST_LEADS = 32
const words = strings.boards

/** 2026-11-26-0905 @param {Date} t */
const stamp = (t) => `${t.getFullYear()}-${[t.getMonth() + 1, t.getDate()].map((n) => String(n).padStart(2, '0')).join('-')}-${[t.getHours(), t.getMinutes()].map((n) => String(n).padStart(2, '0')).join('')}`

/**
 * The channels of a board that tells them itself, by their labels; where those tell nothing, all are abdominal leads.
 * @param {import('../../js/worker.js').Fecg} fecg @param {import('../../js/serial/types.js').Board} board @param {Session} session
 */
async function channelsOf(fecg, board, { fs, leads }) {
  const asChannels = leads.map((label) => ({ label, unit: 'uV', fs, phys_min_uv: 0, phys_max_uv: 0, samples: null }))
  const { settings, sure } = await settingsFor(fecg, layoutOf(board.name, asChannels), asChannels)
  return sure ? settings.channels : leads.slice(0, MOST_LEADS).map((name) => ({ name, use: 'abdominal' }))
}

/**
 * @param {import('./app.js').App} app
 * @param {{ board: import('../../js/serial/types.js').Board, now: import('./boards.js').BoardSettings, used: number[], how: 'usb' | 'bluetooth' | 'fake', open: () => Promise<Session> }} about
 */
export async function play(app, { board, now, used, how, open }) {
  const signal = app.begin()
  app.title(board.title, words.connecting(board.title))
  showState(strings.states.connecting)
  showRates({ fetal: null, maternal: null }) // of what was shown before
  showQuality(null)
  app.controls()
  app.view.empty(true)
  const [fecg, session] = await Promise.all([app.loading, open()])
  if (signal.aborted) return session.stop()
  const channels = used.length ? used.map((c) => now.channels[c]) : await channelsOf(fecg, board, session)
  // The abdominal leads first, then the others, by their places among the channels that are used.
  const which = (/** @type {boolean} */ belly) => channels.flatMap(({ use }, i) => (use && (use === 'abdominal') === belly ? [i] : []))
  const abdominal = which(true), standard = which(false)
  const order = [...abdominal, ...standard], names = order.map((i) => (channels[i].use === 'abdominal' ? channels[i].name : channels[i].use)), uses = order.map((i) => channels[i].use)
  const n = abdominal.length
  app.title(board.title, words.about(words.how[how], session.fs, order.length))
  const started = new Date(), name = `${board.name}-${stamp(started)}.edf`
  const target = await pageTarget(name)
  const recorder = await Recorder.open(fecg, target, { fs: session.fs, leads: names, step_uv: board.setup(now.settings).step_uv, started, equipment: board.title })
  /** @type {boolean | null} whether the browser promises to keep what is recorded; null: it was not asked, or has not answered */
  let promised = null
  // A browser may have to ask the person. What a board that is not there sends is not to be kept.
  if (how !== 'fake' && target.kept === 'storage') navigator.storage.persist?.().then((is) => { promised = is }, () => {})
  /** @type {Promise<import('../../js/serial/targets.js').Kept | null> | null} */
  let kept = null
  const finish = () => { // what came last is recorded, too
    kept ??= session.stop().then(() => ended).then(() => recorder.finish())
    return kept
  }
  app.source = { about: { name }, stop: finish, trial: how === 'fake' }
  /** @type {() => void} */
  let end = () => {}
  const ended = new Promise((/** @type {(v?: unknown) => void} */ done) => { end = done })
  let failed = false
  const live = app.watch(fecg, { fs: session.fs, leads: names.slice(0, n), more: names.slice(n), uses, method: now.method, mains: now.mains ? /** @type {50 | 60} */ (Number(now.mains)) : undefined }, board.title)

  const told = () => {
    const { counters, state } = session
    const parts = Object.entries(words.counter).map(([key, text]) => ({ text, n: /** @type {any} */ (counters)[key] })).filter(({ text, n: count }) => count || text === words.counter.frames || text === words.counter.lost)
    $('link').textContent = `${failed ? words.notRecording : words.recording(clock(recorder.seconds), target.kept, promised)} · ${parts.map(({ text, n: count }) => `${count} ${text}`).join(' · ')}`
    $('link').hidden = false
    live.says = state === 'streaming' || state === 'ended' ? null : { text: strings.states[state], kind: 'bad' }
    if (live.says) showState(live.says.text, live.says.kind)
  }
  session.onchange = () => {
    recorder.changed({ state: session.state, leadOff: session.leadOff && order.map((i) => Boolean(session.leadOff?.[i])), leads: names })
    app.leadOff = session.leadOff && order.slice(0, n).map((i) => Boolean(session.leadOff?.[i]))
    told()
  }
  /** @type {unknown} */
  let lost = null
  const timer = setInterval(told, 1000)
  let classified = 0, judging = false
  const judge = async () => {
    const samples = live.recent(CLASSIFY_S)?.slice(n)
    if (!samples?.length || judging) return
    judging = true
    try {
      const leads = uses.slice(n)
      const recording = await fecg.read({ fs: session.fs, leads, samples }, { transfer: true })
      const result = await fecg.classify(recording, { leads, mains: now.mains ? /** @type {50 | 60} */ (Number(now.mains)) : undefined, signal })
      await recording.close()
      if (!signal.aborted) app.replace('classify', sheet('classify', strings.sections.classify, h('p', { className: 'soft' }, strings.classify.about, ` (${strings.classify.live})`), standardAnswer(result, { windows: false, simulated: how === 'fake' })))
      if (!signal.aborted && !n) showRates({ fetal: null, maternal: result.intervals.rate_bpm })
    } catch (error) {
      if (!signal.aborted) app.fail(error)
    } finally {
      judging = false
    }
  }
  try {
    for await (const { samples } of session) {
      const rows = order.map((i) => samples[i])
      recorder.push(rows).catch((error) => {
        if (!failed && !signal.aborted) app.fail(error)
        failed = true
      })
      if (signal.aborted) continue // to be recorded, not to be shown
      live.push(rows)
      if (standard.length && live.samples >= (classified + CLASSIFY_S) * session.fs) {
        classified = Math.floor(live.samples / session.fs)
        judge()
      }
    }
  } catch (error) {
    lost = error
  } finally {
    clearInterval(timer)
    end()
  }
  if (signal.aborted || app.live !== live) return
  await app.analyse()
  if (lost) app.fail(lost)
}
