// boards.js — a board is chosen and set, and its channels named and used; all of it is remembered on this device, board by board.
import { BOARDS, UART, connect, fakeBoard, webBluetooth, webSerial } from '../../js/serial/index.js'
import { strings } from '../strings.js'
import { h, table } from './dom.js'
import { dialog } from './keys.js'
import { select } from './panel.js'
import { play } from './session.js'
import { STANDARD } from './settings.js'
import { recall, remember } from './store.js'

/** @typedef {import('../../js/serial/types.js').Board} Board */
/** @typedef {import('./settings.js').ChannelSettings} ChannelSettings */
/** @typedef {{ settings: Record<string, number | string>, channels: ChannelSettings[], mains: '' | '50' | '60', method: 'fhnet' | 'classical' }} BoardSettings */
/** @typedef {Record<keyof typeof strings.boards.faults, boolean>} Faults */

const words = strings.boards
const SOURCE_S = 3600 // all of its beats are laid out before the first sample: a third of a second of work
/** What a fake board has whose channels the settings leave open. @type {ChannelSettings[]} */
const ANY = Array.from({ length: 4 }, () => ({ name: '', use: 'abdominal' }))
const key = (/** @type {Board} */ board) => `board:${board.name}`

/** What is remembered of a board, else its own. @param {Board} board @returns {BoardSettings} */
function known(board) {
  const kept = recall(key(board))
  try {
    board.setup(kept?.settings)
  } catch {
    return known0()
  }
  return kept ?? known0()
  /** @returns {BoardSettings} */
  function known0() {
    return { settings: Object.fromEntries(Object.entries(board.settings).map(([name, s]) => [name, s.default])), channels: [], mains: '', method: 'fhnet' }
  }
}

/** A control for a setting of a board. @param {import('../../js/serial/types.js').Setting} setting @param {number | string} value */
function control({ kind, choices = [], min, max }, value) {
  if (kind === 'choice') {
    const made = select(Object.fromEntries(choices.map((c) => [String(c), String(c)])), String(value))
    return { made, read: () => /** @type {number | string} */ (choices.find((c) => String(c) === made.value)) }
  }
  const made = h('input', kind === 'number' ? { type: 'number', step: 'any', min: min === undefined ? undefined : String(min), max: max === undefined ? undefined : String(max), required: true, value: String(value) } : { type: 'text', value: String(value) })
  return { made, read: () => (kind === 'number' ? Number(made.value) : made.value) }
}

/** A simulated recording at a board's rate, as what a fake one plays. @param {import('../../js/worker.js').Fecg} fecg @param {import('../../js/serial/types.js').Setup} setup @param {ChannelSettings[]} channels @param {boolean} off */
async function * source(fecg, { fs }, channels, off) {
  const abdominal = channels.flatMap((c, i) => (c.use === 'abdominal' ? [i] : [])), standard = channels.flatMap((c, i) => (STANDARD.includes(c.use) ? [i] : []))
  const simulations = await Promise.all([fecg.simulate({ seconds: SOURCE_S, fs, leads: Math.max(1, abdominal.length), scenario: 'normal', seed: 11 }),
    ...(standard.length ? [fecg.simulate({ seconds: SOURCE_S, fs, leads: 12, scenario: 'standard:normal', seed: 11 })] : [])])
  const parts = simulations.map((s) => s.chunks({ seconds: 2 }))
  for (let t = 0; ; t += 2) {
    const [belly, body] = await Promise.all(parts.map((p) => p.next()))
    if (belly.done || body?.done) return
    const n = belly.value.mixture[0].length
    yield channels.map((_, i) => {
      if (off && t >= 14 && t < 24 && i === abdominal[0]) return new Float32Array(n).fill(NaN)
      if (abdominal.includes(i)) return belly.value.mixture[abdominal.indexOf(i)]
      return body && standard.includes(i) ? body.value.mixture[STANDARD.indexOf(channels[i].use)] : new Float32Array(n)
    })
  }
}

/** @param {Faults} faults @returns {import('../../js/serial/fake.js').Faults} */
const faultsOf = ({ lose, flip, stall, unplug }) => ({ ...lose && { lose: 2e-5 }, ...flip && { flip: 2e-5 }, ...stall && { stalls: [{ at_s: 20, for_s: 4 }] }, ...unplug && { unplugs: [{ at_s: 30, for_s: 5 }] } })

/** @param {import('./app.js').App} app */
export function showBoards(app) {
  const { serial, bluetooth } = /** @type {any} */ (navigator)
  const titles = Object.fromEntries(Object.values(BOARDS).map((b) => [b.name, b.title]))
  const last = recall('board')
  const picker = select(titles, titles[last] ? last : Object.keys(titles)[0], { onchange: show, id: 'board' })
  const place = h('div', { className: 'board' }), wrong = h('p', { className: 'bad', role: 'alert', hidden: true })
  /** @type {() => BoardSettings} */
  let read
  let board = BOARDS[picker.value]
  const faults = Object.entries(words.faults).map(([name, text]) => ({ name, box: h('input', { type: 'checkbox', name: `fault-${name}` }), text }))

  function show() {
    board = BOARDS[picker.value]
    const now = known(board)
    draw(now)
  }

  /** @param {BoardSettings} now */
  function draw(now) {
    const controls = Object.entries(board.settings).map(([name, setting]) => ({ name, setting, ...control(setting, now.settings[name] ?? setting.default) }))
    const settings = () => Object.fromEntries(controls.map(({ name, read: value }) => [name, value()]))
    const { fs, channels } = board.setup(now.settings)
    const uses = { '': strings.panel.none, abdominal: strings.panel.abdominal, ...Object.fromEntries(STANDARD.map((lead) => [lead, strings.panel.standard(lead)])) }
    const rows = channels.map((label, i) => ({ label,
      name: h('input', { value: now.channels[i]?.name ?? label, maxLength: 16, required: true, 'aria-label': `${strings.panel.name}: ${label}` }),
      use: select(uses, now.channels[i]?.use ?? (i < 4 ? 'abdominal' : ''), { 'aria-label': `${strings.panel.use}: ${label}` }) }))
    const mains = select({ '': strings.panel.mainsAuto, 50: '50 Hz', 60: '60 Hz' }, now.mains), method = select(strings.methods, now.method)
    read = () => ({ settings: settings(), channels: rows.map(({ name, use }) => ({ name: name.value.trim(), use: use.value })), mains: /** @type {any} */ (mains.value), method: /** @type {any} */ (method.value) })
    for (const { made } of controls) {
      made.addEventListener('change', () => { // rate and channels may be others now
        try {
          board.setup(settings())
          wrong.hidden = true
          draw(read())
        } catch (error) {
          tell(error)
        }
      })
    }
    const summary = h('summary')
    const sum = () => {
      const used = rows.map(({ use }) => use.value).filter(Boolean), abdominal = used.filter((u) => u === 'abdominal').length
      summary.textContent = words.chosen(abdominal, used.length - abdominal, rows.length)
    }
    for (const { use } of rows) use.addEventListener('change', sum)
    const field = (/** @type {string} */ text, /** @type {HTMLElement} */ made) => h('label', null, text, made)
    place.replaceChildren(h('p', { className: 'soft' }, channels.length ? words.baud(fs, channels.length) : words.anyChannels, board.note ? ` · ${board.note}` : ''),
      h('div', { className: 'fields' }, ...controls.map(({ setting, made }) => field(setting.label, made)), field(strings.panel.mains, mains), field(strings.panel.method, method)),
      ...(channels.length ? [h('details', { open: place.querySelector('details')?.open || !now.channels.some((c) => c.use) && now.channels.length > 0, ontoggle: sum }, summary,
        table([strings.panel.channel, strings.panel.name, strings.panel.use], rows.map(({ label, name, use }) => [label, name, use]), words.channels))] : []))
    sum()
  }

  /** @param {unknown} error */
  function tell(error) {
    if (/** @type {any} */ (error)?.name === 'NotFoundError') return // the browser's own picker was closed
    wrong.textContent = /** @type {Error} */ (error).message
    wrong.hidden = false
  }

  /** @param {'usb' | 'bluetooth' | 'fake'} how */
  async function go(how) {
    wrong.hidden = true
    try {
      const now = read(), used = now.channels.flatMap((c, i) => (c.use ? [i] : []))
      if (!used.length && now.channels.length) throw new Error(words.choose)
      const setup = board.setup(now.settings)
      const chosen = /** @type {Faults} */ (Object.fromEntries(faults.map(({ name, box }) => [name, box.checked])))
      // The browser lets a page ask for a port only in answer to a click: before anything that takes time.
      const transport = how === 'usb' ? webSerial(await serial.requestPort()) : how === 'bluetooth' ? webBluetooth(await bluetooth.requestDevice({ filters: [{ services: [UART] }] }))
        : fakeBoard({ board, settings: now.settings, source: source(await app.loading, setup, now.channels.length ? now.channels : ANY, chosen.off), fs: setup.fs, faults: faultsOf(chosen) })
      remember(key(board), now)
      remember('board', board.name)
      shown.close()
      await play(app, { board, now, used, how, open: () => connect(transport, { board, settings: now.settings, leads: used.length ? used : undefined }) })
    } catch (error) {
      if (shown.open) tell(error)
      else app.fail(error)
    }
  }

  const shown = dialog(words.title,
    h('div', { className: 'fields' }, h('label', null, words.board, picker)), place, wrong,
    h('div', { className: 'buttons' }, serial && h('button', { className: 'primary', id: 'connect-usb', onclick: () => go('usb') }, words.usb), bluetooth && h('button', { id: 'connect-bluetooth', onclick: () => go('bluetooth') }, words.bluetooth)),
    h('p', { className: 'soft' }, [!serial && words.noSerial, bluetooth ? words.bluetoothHint : words.noBluetooth].filter(Boolean).join(' ')),
    h('fieldset', null, h('legend', null, words.fake), h('p', { className: 'soft' }, words.fakeTitle), h('div', { className: 'checks' }, ...faults.map(({ box, text }) => h('label', null, box, text))),
      h('div', { className: 'buttons' }, h('button', { id: 'connect-fake', onclick: () => go('fake') }, words.fake))))
  show()
}
