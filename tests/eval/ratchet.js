/**
 * The ratchet: figures that no change may make worse, in ratchet.json, method by method. This script
 * measures and writes those that got better; it never loosens one. tests/js/ratchet.test.js holds every
 * change to it.
 * Usage: node tests/eval/ratchet.js [--methods LIST]   without it: the methods that ratchet.json holds
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { scriptOptions } from './common.js'
import { measure } from './measures.js'

const FILE = fileURLToPath(new URL('ratchet.json', import.meta.url))
const LESS = ['mae_ms', 'fetus_reported'] // of these less is better
const DIGITS = 4

/** { method: { group: { figure: value } } } */
export const stored = () => JSON.parse(readFileSync(FILE, 'utf8'))
export const worse = (key, now, before) => (now === null ? true : LESS.includes(key) ? now > before : now < before)

/** A figure as it is stored: rounded to the lenient side, so that rounding alone breaks nothing. */
const rounded = (key, v) => (LESS.includes(key) ? Math.ceil(v * 10 ** DIGITS) : Math.floor(v * 10 ** DIGITS)) / 10 ** DIGITS

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const kept = stored()
  const { methods, model } = await scriptOptions({}, Object.keys(kept))
  if (model !== undefined) throw new Error('the ratchet holds the weights of the package; it takes no --model')
  for (const method of methods) {
    const before = kept[method] ??= {}
    for (const [group, figures] of Object.entries(await measure({ method })))
      for (const [key, value] of Object.entries(figures)) {
        const old = before[group]?.[key]
        if (value !== null && (old === undefined || worse(key, old, value))) (before[group] ??= {})[key] = rounded(key, value)
        console.log(`${method}  ${group}  ${key}  ${value}  kept ${before[group]?.[key]}`)
      }
  }
  writeFileSync(FILE, JSON.stringify(kept, null, 2) + '\n')
}
