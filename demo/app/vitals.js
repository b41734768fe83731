// vitals.js — the two rates in large, how good the fetal signal is, and what a screen reader is told of them, not too often.
import { strings } from '../strings.js'
import { $ } from './dom.js'

const SPOKEN_MS = 30_000
let spoken = -Infinity

/** @param {number | null | undefined} bpm */
const whole = (bpm) => (bpm === null || bpm === undefined ? null : Math.round(bpm))

/**
 * @param {{ fetal: number | null, maternal: number | null, note?: string }} rates
 * @param {{ say?: boolean }} [how] say: to be told at once
 */
export function showRates({ fetal, maternal, note = '' }, { say = false } = {}) {
  const [f, m] = [whole(fetal), whole(maternal)]
  write('fetal-rate', f === null ? '–' : String(f))
  write('maternal-rate', m === null ? '–' : String(m))
  write('fetal-note', note)
  const now = performance.now()
  if (!say && (now - spoken < SPOKEN_MS || (f === null && m === null))) return
  spoken = now
  $('told').textContent = strings.vitals.told(f, m)
}

/** @param {number | null} fetal 0..1, null: not known @param {string} [reason] why there is no fetus, in words */
export function showQuality(fetal, reason) {
  const meter = /** @type {HTMLMeterElement} */ ($('quality'))
  meter.value = fetal ?? 0
  write('quality-word', fetal === null ? '–' : strings.vitals.words(fetal))
  meter.title = reason ?? ''
}

/** @param {string} text @param {'' | 'live' | 'learning' | 'bad'} [kind] */
export function showState(text, kind = '') {
  const chip = $('state')
  if (chip.textContent !== text) chip.textContent = text
  chip.dataset.kind = kind
}

/** @param {string} id @param {string} text */
function write(id, text) {
  const element = $(id)
  if (element.textContent !== text) element.textContent = text
}
