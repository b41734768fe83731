// scheme.js — light, dark, or as the device has it.
import { $ } from './dom.js'
import { recall, remember } from './store.js'

const ORDER = /** @type {const} */ (['auto', 'light', 'dark'])
const SIGNS = { auto: '◐', light: '☀', dark: '☾' }

/** @param {import('../strings.js').Strings} strings */
export function startScheme(strings) {
  let now = ORDER.includes(recall('scheme')) ? /** @type {typeof ORDER[number]} */ (recall('scheme')) : 'auto'
  const show = () => {
    if (now === 'auto') document.documentElement.removeAttribute('data-scheme')
    else document.documentElement.setAttribute('data-scheme', now)
    $('scheme').textContent = SIGNS[now]
    $('scheme').setAttribute('aria-label', strings.scheme[now])
    $('scheme').title = strings.scheme[now]
  }
  const next = () => {
    now = ORDER[(ORDER.indexOf(now) + 1) % ORDER.length]
    remember('scheme', now === 'auto' ? null : now)
    show()
  }
  $('scheme').addEventListener('click', next)
  show()
  return next
}
