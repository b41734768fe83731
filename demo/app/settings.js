// settings.js — what is set for a recording: what each channel is used as, its name, unit, rate, mains and method; remembered on
// this device for recordings that are laid out alike.
import { chooseLeads } from '../../js/leads.js'
import { recall, remember } from './store.js'

export const STANDARD = ['I', 'II', 'III', 'aVR', 'aVL', 'aVF', 'V1', 'V2', 'V3', 'V4', 'V5', 'V6']

/** @typedef {import('../../js/types.js').Channel} Channel */
/** '' not used, 'abdominal', or a standard lead. @typedef {{ use: string, name: string }} ChannelSettings */
/**
 * @typedef {{ channels: ChannelSettings[], unit: '' | 'uV' | 'mV' | 'V', mains: '' | '50' | '60', method: 'fhnet' | 'classical', fs?: number }} Settings
 */

/** @param {string} format @param {Channel[]} channels */
export const layoutOf = (format, channels) => `layout:${format}:${channels.map((c) => `${c.label}@${c.fs}`).join('|')}`

/**
 * What is remembered of a layout, else what its labels say.
 * @param {import('../../js/worker.js').Fecg} fecg
 * @param {string} layout @param {Channel[]} channels
 * @returns {Promise<{ settings: Settings, sure: boolean, remembered: boolean }>}
 */
export async function settingsFor(fecg, layout, channels) {
  const kept = recall(layout)
  if (kept?.channels?.length === channels.length) return { settings: kept, sure: true, remembered: true }
  const standard = await Promise.all(channels.map((c) => fecg.standardLead(c.label)))
  let sure = true
  /** @type {number[]} */
  let abdominal = []
  const others = channels.map((c, i) => ({ c, i })).filter(({ i }) => standard[i] < 0)
  try {
    if (others.length) abdominal = chooseLeads(others.map(({ c }) => c)).channels.map((n) => others[n].i)
  } catch {
    sure = standard.some((n) => n >= 0)
  }
  const settings = { channels: channels.map((c, i) => ({ use: standard[i] >= 0 ? STANDARD[standard[i]] : abdominal.includes(i) ? 'abdominal' : '', name: c.label })),
    unit: /** @type {const} */ (''), mains: /** @type {const} */ (''), method: /** @type {const} */ ('fhnet') }
  return { settings, sure, remembered: false }
}

/** @param {string} layout @param {Settings | null} settings null: forgotten */
export const keepSettings = (layout, settings) => remember(layout, settings)

/** How many columns a text file has and how it begins: what its rate is remembered by. @param {File | null} file */
export async function rateKey(file) {
  if (!file) return 'rate:'
  const line = (await file.slice(0, 2000).text()).split(/\r?\n/).find((l) => l.trim() && !l.startsWith('#')) ?? ''
  return `rate:${/[a-z]/i.test(line) ? line.trim().slice(0, 200) : line.split(/[,;\t]/).length}`
}
