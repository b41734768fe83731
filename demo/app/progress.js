// progress.js — what is being done, how far it is, and a button that ends it.
import { strings } from '../strings.js'
import { $, h } from './dom.js'

/** @param {string} title @param {() => void} cancel */
export function startProgress(title, cancel) {
  const bar = h('progress', { max: 1, 'aria-label': title }), told = h('span', { className: 'soft' })
  $('progress').replaceChildren(h('p', null, title), bar, h('div', { className: 'buttons' }, h('button', { id: 'cancel', onclick: cancel }, strings.cancel), told))
  $('progress').hidden = false
  return {
    /** @param {import('../../js/types.js').Progress} progress */
    step({ fraction, done_s, duration_s }) {
      if (fraction !== null) bar.value = fraction
      told.textContent = strings.progress.of(done_s, duration_s)
    },
    end() {
      $('progress').hidden = true
      $('progress').replaceChildren()
    },
  }
}
