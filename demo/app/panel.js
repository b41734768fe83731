// panel.js — the panel in which channels are chosen and named, and what a file does not say is asked.
import { strings } from '../strings.js'
import { $, h, sheet, table } from './dom.js'
import { STANDARD } from './settings.js'

/** @typedef {import('./settings.js').Settings} Settings */

const words = strings.panel

/** @param {Node | null} content */
function put(content) {
  $('panel').replaceChildren(...(content ? [content] : []))
  $('panel').hidden = !content
  if (!content) return
  content.scrollIntoView({ block: 'nearest' })
  const first = /** @type {HTMLElement | null} */ (/** @type {HTMLElement} */ (content).querySelector('input, select, button'))
  first?.focus({ preventScroll: true })
}

export const closePanel = () => put(null)
export const panelOpen = () => !$('panel').hidden

/** @param {string} label @param {HTMLElement} control */
const field = (label, control) => h('label', null, label, control)
/** @param {Record<string, string>} options @param {string} value @param {Record<string, any>} [props] */
export const select = (options, value, props) => {
  const made = h('select', props ?? null, ...Object.entries(options).map(([key, text]) => h('option', { value: key }, text)))
  made.value = value
  return made
}
/** @param {string} submit @param {(form: HTMLFormElement) => void} go @param {() => void} [close] @param {...any} children */
function form(submit, go, close, ...children) {
  const made = h('form', { noValidate: false, onsubmit(/** @type {SubmitEvent} */ e) {
    e.preventDefault()
    go(made)
  } }, ...children, h('div', { className: 'buttons' }, h('button', { type: 'submit', className: 'primary' }, submit), close && h('button', { onclick: close }, strings.close)))
  return made
}

/**
 * @param {{ channels: import('../../js/types.js').Channel[], settings: Settings, unit: boolean, fs?: number, remembered: boolean, note?: string, again: boolean,
 *   done: (settings: Settings) => void, forget: () => void }} about unit: the recording has one to be overridden; fs: the rate that was told, which the file does not say
 */
export function askChannels({ channels, settings, unit, fs, remembered, note, again, done, forget }) {
  const uses = { '': words.none, abdominal: words.abdominal, ...Object.fromEntries(STANDARD.map((lead) => [lead, words.standard(lead)])) }
  const rows = channels.map((channel, i) => ({
    name: h('input', { value: settings.channels[i].name, maxLength: 40, required: true, 'aria-label': `${words.name}: ${channel.label}` }),
    use: select(uses, settings.channels[i].use, { 'aria-label': `${words.use}: ${channel.label}` }),
  }))
  const rate = fs === undefined ? null : rateInput(fs)
  const units = select(words.units, settings.unit), mains = select({ '': words.mainsAuto, 50: '50 Hz', 60: '60 Hz' }, settings.mains), method = select(strings.methods, settings.method)
  put(sheet('panel-channels', words.title, note && h('p', null, note), form(again ? words.again : words.start, () => done({
    ...settings, fs: rate ? Number(rate.value) : undefined, channels: rows.map(({ name, use }) => ({ name: name.value.trim(), use: use.value })), unit: /** @type {any} */ (units.value), mains: /** @type {any} */ (mains.value), method: /** @type {any} */ (method.value),
  }), closePanel,
  table([words.channel, words.name, words.use, words.rate], channels.map((channel, i) => [channel.label, rows[i].name, rows[i].use, `${Number(channel.fs.toFixed(2))} Hz`]), words.title),
  h('div', { className: 'fields' }, rate && field(words.fs, rate), unit && field(words.unit, units), field(words.mains, mains), field(words.method, method)),
  remembered && h('p', { className: 'soft' }, `${words.remembered} `, h('button', { className: 'quiet', onclick: forget }, words.forget)))))
}

/** @param {number} [fs] */
const rateInput = (fs) => h('input', { type: 'number', min: '1', max: '20000', step: 'any', required: true, value: fs ? String(fs) : '' })

/** @param {number | undefined} fs @param {(fs: number) => void} done */
export function askRate(fs, done) {
  const rate = rateInput(fs)
  put(sheet('panel-rate', words.fs, h('p', null, words.askRate), form(words.start, () => done(Number(rate.value)), closePanel, h('div', { className: 'fields' }, field(words.fs, rate)))))
}

/** @param {string} why @param {(how: import('./opening.js').RawSettings) => void} done */
export function askRaw(why, done) {
  const number = (/** @type {string} */ value, /** @type {string} */ min, step = '1') => h('input', { type: 'number', min, step, required: true, value })
  const kind = select(words.raw.kinds, 'i16'), order = select({ little: words.raw.little, big: words.raw.big }, 'little')
  const channels = number('4', '1'), fs = number('', '1', 'any'), scale = number('1', '0.000001', 'any'), skip = number('0', '0')
  put(sheet('panel-raw', words.raw.title, h('p', null, why), h('p', { className: 'soft' }, `${words.raw.ask} ${strings.files.hint}`), form(words.raw.start, () => done({
    kind: /** @type {any} */ (kind.value), big: order.value === 'big', channels: Number(channels.value), fs: Number(fs.value), scale: Number(scale.value), skip: Number(skip.value),
  }), closePanel, h('div', { className: 'fields' }, field(words.raw.kind, kind), field(words.raw.order, order), field(words.raw.channels, channels), field(words.fs, fs), field(words.raw.scale, scale), field(words.raw.skip, skip)))))
}
