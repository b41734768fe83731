// patch.js — a page beside a patch: it measures by Bluetooth or USB, works the samples in a worker, shows the fetal rate, and sends the
// results of each minute, and nothing else, as FHIR. <body data-every-s data-url> say how often and where.
import { toFhir } from '../../js/export/fhir.js'
import { concat } from '../../js/floats.js'
import { BOARDS, UART, connect, fakeBoard, webBluetooth, webSerial } from '../../js/serial/index.js'
import { load } from '../../js/worker.js'
import { $, h } from '../app/dom.js'
import { recall, remember } from '../app/store.js'
import { showQuality, showRates, showState } from '../app/vitals.js'
import { clock } from '../plots/ticks.js'
import { create as createStrip } from '../plots/strip.js'
import { strings } from '../strings.js'
import { Intervals } from './intervals.js'
import { Outbox } from './outbox.js'
import { words } from './words.js'

const PIECE_S = 0.25 // of signal, to the worker at a time
const BELLY = 4 // channels that are taken for abdominal leads until others are chosen
const TRIAL_S = 3600 // then again: a longer one takes seconds to make

if (!isSecureContext) { // no device, no storage, no lock
  say(words.insecure)
  throw new Error(words.insecure)
}

const every_s = Number(document.body.dataset.everyS), url = String(document.body.dataset.url)
const strip = createStrip($('strip'), { strings })
const empty = () => strip.set({ live: true, duration_s: 0, fetal: { t_s: [], bpm: [] }, maternal: { t_s: [], bpm: [] } })
empty()
const loading = load()

/** Whose results they are: a number that this browser made up and keeps, which tells nobody's name. */
const subject = recall('subject') ?? `urn:uuid:${crypto.randomUUID()}`
remember('subject', subject)
$('subject').textContent = subject.slice('urn:uuid:'.length)

/** @type {Promise<Outbox | null>} */
const outbox = Outbox.open(url, (told) => {
  $('outbox').textContent = words.outbox(told)
  $('outbox-state').textContent = words.outboxState(told)
  $('outbox-state').dataset.kind = told.waiting && !told.reached ? 'bad' : told.waiting ? 'learning' : 'live'
}).catch(() => {
  say(words.unkept)
  return null
})

/** FHIR's label for what is of no patient: a trial's results are told apart wherever they go. */
const TEST = { security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'HTEST', display: 'test health data' }] }

/**
 * What is sent of an interval.
 * @param {import('../../js/types.js').ExtractResult} result @param {Date} start @param {boolean} trial
 */
function bundleOf(result, start, trial) {
  if (!trial) return toFhir(result, { start, subject: { identifier: { system: 'urn:ietf:rfc:3986', value: subject } } })
  const diagnostics = [...result.diagnostics, { code: 'SIMULATED', message: 'nobody was measured', offset: null }]
  const bundle = toFhir({ ...result, diagnostics }, { start })
  return { ...bundle, entry: bundle.entry.map((entry) => ({ ...entry, resource: { ...entry.resource, meta: TEST } })) }
}

/** @param {unknown} error a text, or what was thrown; null: nothing is wrong */
function say(error) {
  const message = $('message')
  message.textContent = error === null ? '' : typeof error === 'string' ? error : /** @type {Error} */ (error).message
  message.classList.toggle('error', error instanceof Error)
  message.hidden = error === null
}

// ---- what is measured with ----

const picker = /** @type {HTMLSelectElement} */ ($('board'))
picker.append(...Object.values(BOARDS).map((b) => h('option', { value: b.name }, b.title)))
if (recall('patch:board') in BOARDS) picker.value = recall('patch:board')
picker.addEventListener('change', offer)
offer()

/** The channels of the board chosen. */
function offer() {
  const board = BOARDS[picker.value], chosen = recall(`patch:${board.name}`)
  $('channels').replaceChildren(...board.channels.map((label, i) => h('label', null, h('input', { type: 'checkbox', value: String(i), checked: chosen?.includes(i) ?? i < BELLY }), label)))
  $('channel-choice').hidden = board.channels.length === 0 // it tells them itself
  $('hint').textContent = board.note ?? ''
}

const { serial, bluetooth } = /** @type {any} */ (navigator)
$('usb').hidden = !serial
$('bluetooth').hidden = !bluetooth
for (const how of /** @type {const} */ (['usb', 'bluetooth', 'trial'])) $(how).addEventListener('click', () => go(how))

/** A simulated recording at a board's rate. @param {import('../../js/serial/types.js').Board} board @param {number} leads */
async function * simulated(board, leads) {
  const simulation = await (await loading).simulate({ seconds: TRIAL_S, fs: board.fs, leads, seed: 11 })
  for (;;) for await (const { mixture } of simulation.chunks({ seconds: 2 })) yield mixture
}

/** @param {'usb' | 'bluetooth' | 'trial'} how */
async function go(how) {
  say(null)
  const board = BOARDS[picker.value]
  const chosen = [...$('channels').querySelectorAll('input')].filter((box) => box.checked).map((box) => Number(box.value))
  if (board.channels.length && !chosen.length) return say(words.choose)
  try {
    // The browser lets a page ask for a device only in answer to a click: before anything that takes time.
    const transport = how === 'usb' ? webSerial(await serial.requestPort()) : how === 'bluetooth' ? webBluetooth(await bluetooth.requestDevice({ filters: [{ services: [UART] }] }))
      : fakeBoard({ board, source: simulated(board, board.channels.length || BELLY), fs: board.fs })
    remember('patch:board', board.name)
    remember(`patch:${board.name}`, chosen)
    await measure(board, how, () => connect(transport, { board, leads: chosen.length ? chosen : undefined }))
  } catch (error) {
    if (/** @type {any} */ (error)?.name !== 'NotFoundError') say(error) // else the browser's own picker was closed
  }
}

// ---- a recording ----

/** @param {boolean} is */
function running(is) {
  $('start').hidden = is
  $('running-board').hidden = !is
  onbeforeunload = is ? (event) => event.preventDefault() : null
}

/** A screen that goes dark stops a page on a phone. @param {AbortSignal} over */
function stayAwake(over) {
  const wake = () => {
    if (document.visibilityState === 'visible' && !over.aborted) navigator.wakeLock?.request('screen').then((lock) => over.addEventListener('abort', () => lock.release()), () => {}) // a battery that is low refuses it
  }
  document.addEventListener('visibilitychange', wake, { signal: over })
  wake()
}

/**
 * @param {import('../../js/serial/types.js').Board} board
 * @param {'usb' | 'bluetooth' | 'trial'} how
 * @param {() => Promise<import('../../js/serial/session.js').Session>} open
 */
async function measure(board, how, open) {
  running(true)
  showState(strings.states.connecting)
  $('about').textContent = words.connecting(board.title)
  const over = new AbortController()
  /** @type {import('../../js/worker.js').LiveStream | undefined} */
  let stream
  /** @type {import('../../js/serial/session.js').Session | undefined} */
  let opened
  try {
    const fecg = await loading, kept = await outbox
    if (!kept) say(words.unkept)
    const session = opened = await open()
    const began = new Date(), { fs, leads } = session
    $('stop').addEventListener('click', () => session.stop(), { signal: over.signal })
    $('about').textContent = words.device(words.how[how], board.title, leads, fs)
    empty()
    showRates({ fetal: null, maternal: null, note: strings.vitals.wait })
    const { name, sha256 } = await fecg.model()
    const intervals = new Intervals(fecg, { every_s, fs, leads, model: { name, sha256 } })
    stream = await fecg.stream({ fs, leads, mains: 'auto', transfer: true })
    stayAwake(over.signal)
    /** @type {import('../../js/types.js').Frame['state']} */
    let state = 'learning'
    const tell = () => {
      const usual = session.state === 'streaming' || session.state === 'ended'
      showState(usual ? strings.states[state] : strings.states[session.state], usual ? state : 'bad')
      if (usual) return
      showRates({ fetal: null, maternal: null, note: strings.vitals.unknown }) // what was shown is of when it fell silent
      showQuality(null)
    }
    session.onchange = tell
    tell()
    let seconds = 0
    const clockwork = setInterval(() => { $('running').textContent = words.running(clock(seconds)) }, 1000)
    over.signal.addEventListener('abort', () => clearInterval(clockwork))

    const handOver = async (/** @type {Awaited<ReturnType<Intervals['push']>>} */ done) => {
      for (const { from_s, result } of done) await kept?.add(bundleOf(result, new Date(began.getTime() + 1000 * from_s), how === 'trial'))
    }
    const follow = async (/** @type {import('../../js/types.js').Frame[]} */ frames) => {
      for (const frame of frames) {
        state = frame.state
        show(frame)
        tell()
        await handOver(await intervals.push(frame))
      }
    }
    /** @type {Float32Array[][]} */
    let pieces = []
    const work = async () => {
      if (pieces.length) await follow(await /** @type {NonNullable<typeof stream>} */ (stream).push(leads.map((_, i) => concat(pieces.map((p) => p[i])))))
      pieces = []
    }
    try {
      let waiting = 0
      for await (const { samples } of session) {
        pieces.push(samples)
        seconds += samples[0].length / fs
        waiting += samples[0].length / fs
        if (waiting < PIECE_S) continue
        await work()
        waiting = 0
      }
    } finally { // also of a board that is gone for good all that it told is sent
      await session.stop()
      await work()
      await follow(await stream.finish())
      await handOver(await intervals.finish())
    }
    if (kept) say(words.stopped)
  } finally {
    over.abort()
    await opened?.stop()
    await stream?.close()
    running(false)
    showState(strings.states.stopped)
    showRates({ fetal: null, maternal: null })
    showQuality(null)
    $('running').textContent = ''
  }
}

/** @param {import('../../js/types.js').Frame} frame */
function show({ rate, quality }) {
  strip.append({ rate })
  const fetal = rate.fetal_bpm.at(-1) ?? null
  if (rate.t_s.length) {
    showRates({ fetal, maternal: rate.maternal_bpm.at(-1) ?? null, note: fetal === null ? (quality.reason && strings.reasons[quality.reason]) || strings.vitals.unknown : strings.vitals.now })
    showQuality(quality.fetal)
  }
  $('electrodes').replaceChildren(...quality.leads.map(({ label, state }) => h('li', null, label, h('span', { className: state === 'ok' ? 'ok' : 'bad' }, strings.electrodes.states[state] ?? state),
    state !== 'ok' && strings.electrodes.advice[state] && h('span', { className: 'advice' }, strings.electrodes.advice[state]))))
}

showState(words.ready)
