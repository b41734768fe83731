// keys.js — shortcuts of the page, and the dialog that lists them.
import { strings } from '../strings.js'
import { $, h } from './dom.js'

/** A dialog with a title and a way out. @param {string} title @param {...any} children */
export function dialog(title, ...children) {
  const made = h('dialog', { 'aria-label': title, onclose: () => made.remove() }, h('h2', null, title), ...children, h('div', { className: 'buttons' }, h('button', { onclick: () => made.close() }, strings.close)))
  document.body.append(made)
  made.showModal()
  return made
}

export function showKeys() {
  const { keys, plots } = strings
  dialog(keys.title, h('dl', { className: 'keys' }, ...keys.list.flatMap(([key, what]) => [h('dt', null, h('kbd', null, key)), h('dd', null, what)])),
    ...[[keys.traces, plots.traces.keys], [keys.strip, plots.strip.keys], [keys.heat, plots.heat.keys]].map(([where, what]) => h('p', { className: 'soft' }, h('strong', null, `${where}: `), what)))
}

/** @param {Record<string, () => void>} acts by key */
export function startKeys(acts) {
  $('keys').addEventListener('click', showKeys)
  document.addEventListener('keydown', (e) => {
    const target = /** @type {HTMLElement} */ (e.target)
    if (e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented || document.querySelector('dialog[open]')) return
    if (target.closest('input, select, textarea') && e.key !== 'Escape') return
    const act = e.key === '?' ? showKeys : acts[e.key.length === 1 ? e.key.toLowerCase() : e.key]
    if (!act) return
    e.preventDefault()
    act()
  })
}
