// leads.js — which channels of a recording are the abdominal leads: as asked for, or by their labels.
import { FecgError, expect } from './error.js'

/** @typedef {import('./types.js').Channel} Channel */
/** @typedef {import('./types.js').Diagnostic} Diagnostic */

const MAX_LEADS = 32, MIN_FS = 125, MAX_FS = 4000 // FECG_MAX_LEADS, FECG_MIN_FS, FECG_MAX_FS
const NOT_ABDOMINAL = /^\s*(direct|scalp|thor|tho|chest|annotation|resp|toco)/i
const ABDOMINAL = /abd|aecg/i

/** @param {Channel[]} channels */
export const list = (channels) => channels.map((c, i) => `${i} "${c.label}"`).join(', ') || 'none'

/**
 * One lead by label (exact, else in any case) or by zero-based number, as a number or in digits.
 * @param {Channel[]} channels
 * @param {string | number} lead
 */
export function find(channels, lead) {
  expect(typeof lead === 'string' || Number.isInteger(lead), 'a lead is a label or a zero-based number')
  const label = String(lead).trim()
  let index = typeof lead === 'number' ? lead : channels.findIndex((c) => c.label === label)
  if (index < 0 && typeof lead === 'string') index = channels.findIndex((c) => c.label.toLowerCase() === label.toLowerCase())
  if (index < 0 && /^\d+$/.test(label)) index = Number(label)
  if (channels[index] === undefined) throw new FecgError('LEADS', `no lead "${label}"; the recording has: ${list(channels)}`)
  return index
}

/** @param {Channel} c */
const fits = (c) => c.fs >= MIN_FS && c.fs <= MAX_FS

/**
 * @param {Channel[]} channels
 * @param {(string | number)[]} [leads] labels or zero-based numbers; without: by the labels
 * @returns {{ channels: number[], diagnostics: Diagnostic[] }}
 */
export function chooseLeads(channels, leads) {
  /** @type {Diagnostic[]} */
  const diagnostics = []
  /** @type {number[]} */
  let chosen
  if (leads !== undefined) {
    expect(Array.isArray(leads) && leads.length > 0, 'leads is an array of labels or zero-based numbers')
    chosen = leads.map((lead) => find(channels, lead))
    if (new Set(chosen).size < chosen.length) throw new FecgError('LEADS', 'a lead is asked for twice')
  } else {
    const all = channels.map((_, i) => i).filter((i) => !NOT_ABDOMINAL.test(channels[i].label))
    const named = all.filter((i) => ABDOMINAL.test(channels[i].label))
    const candidates = named.length ? named : all
    if (candidates.length === 0) throw new FecgError('LEADS', `no abdominal lead by its label; the recording has: ${list(channels)}`)
    // A slow channel beside the ECG (temperature, a pulse rate) is no lead; when all are slow, that is an error below.
    chosen = candidates.some((i) => fits(channels[i])) ? candidates.filter((i) => fits(channels[i])) : candidates
    const left = candidates.filter((i) => !chosen.includes(i)).map((i) => channels[i])
    if (left.length) diagnostics.push({ code: 'LEADS_RATE', message: `left out for their sampling rate: ${list(left)}`.slice(0, 190), offset: null })
    if (!named.length) diagnostics.push({ code: 'LEADS_ASSUMED', message: `no label says abdominal: all ${chosen.length} are taken as abdominal leads`, offset: null })
  }
  const bad = chosen.map((i) => channels[i]).find((c) => !fits(c))
  if (bad) throw new FecgError('UNSUPPORTED', `lead "${bad.label}" has ${bad.fs} Hz, expected ${MIN_FS} to ${MAX_FS} Hz`)
  if (chosen.length > MAX_LEADS) throw new FecgError('LEADS', `${chosen.length} leads, at most ${MAX_LEADS} can be used; choose among: ${list(channels)}`)
  return { channels: chosen, diagnostics }
}
