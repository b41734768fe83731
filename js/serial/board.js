// board.js — what the declarations of boards share.
import { expect } from '../error.js'

/** @typedef {import('./types.js').Settings} Settings */
/** @typedef {import('./types.js').Setting} Setting */

/** Bytes of a command. @param {string} s ASCII */
export const text = (s) => Uint8Array.from(s, (c) => c.charCodeAt(0))

/** @param {number} n @param {string} [prefix] */
export const numbered = (n, prefix = 'CH') => Array.from({ length: n }, (_, i) => `${prefix}${i + 1}`)

/**
 * The counter's next value is at the second offset.
 * @param {number} modulo
 * @param {(bytes: Uint8Array, at: number) => number} counter
 */
export const running = (modulo, counter) => (/** @type {Uint8Array} */ bytes, /** @type {number} */ before, /** @type {number} */ at) =>
  counter(bytes, at) === (counter(bytes, before) + 1) % modulo

/**
 * The nearest count that an ADC gives; an electrode that is off (NaN) drives it to its end.
 * @param {number} uv
 * @param {number} step
 * @param {number} min
 * @param {number} max
 */
export const count = (uv, step, min, max) => (Number.isNaN(uv) ? max : Math.min(max, Math.max(min, Math.round(uv / step))))

/**
 * A board's settings, those not given by default.
 * @param {{ title: string, settings: Record<string, Setting> }} board
 * @param {Settings} [given]
 * @returns {Settings}
 */
export function settled({ title, settings }, given = {}) {
  for (const key of Object.keys(given)) {
    expect(Object.hasOwn(settings, key), `${title} has no setting ${key}; it has: ${Object.keys(settings).join(', ') || 'none'}`)
  }
  return Object.fromEntries(Object.entries(settings).map(([key, { label, kind, default: usual, choices, min = -Infinity, max = Infinity }]) => {
    const value = given[key] ?? usual
    if (kind === 'choice') expect(choices?.includes(value), `${key} (${label}) is one of ${choices?.join(', ')}, given ${value}`)
    else if (kind === 'number') expect(typeof value === 'number' && value >= min && value <= max,
      `${key} (${label}) is a number from ${min} to ${max}, given ${value}`)
    else expect(typeof value === 'string', `${key} (${label}) is a text, given ${value}`)
    return [key, value]
  }))
}

/**
 * A board from what its file declares: functions of complete settings.
 * @param {Pick<import('./types.js').Board, 'name' | 'title' | 'note' | 'settings'> & {
 *   setup: (s: Settings) => import('./types.js').Setup,
 *   decoder: (s: Settings) => import('./types.js').Decoder,
 *   encoder: (s: Settings) => import('./types.js').Encoder,
 *   layouts?: (s: Settings) => import('./types.js').Layout[] }} declared
 * @returns {import('./types.js').Board}
 */
export function board(declared) {
  const { setup, decoder, encoder, layouts, ...rest } = declared
  const of = (/** @type {Settings | undefined} */ given) => settled(declared, given)
  return {
    ...rest,
    ...setup(of({})),
    setup: (given) => setup(of(given)),
    decoder: (given) => decoder(of(given)),
    encoder: (given) => encoder(of(given)),
    ...layouts && { layouts: (/** @type {Settings | undefined} */ given) => layouts(of(given)) },
  }
}
