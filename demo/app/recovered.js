// recovered.js — recordings that the browser's storage still has, from a page that was closed before they were saved.
import { recover } from '../../js/serial/storage.js'
import { strings } from '../strings.js'
import { $, h } from './dom.js'
import { download } from './exports.js'
import { recordedEntry } from './opening.js'

/** @param {import('./app.js').App} app */
export async function showRecovered(app) {
  const found = await recover(), words = strings.recovered, place = $('recovered')
  const list = h('ul', { className: 'rows' }, ...found.map(({ name, started, seconds, file, remove }) => {
    const item = h('li', null, h('p', null, words.one(name, started, seconds)), h('div', { className: 'buttons' },
      h('button', { onclick() {
        app.entries = [recordedEntry({ file, remove }, name)]
        app.open(app.entries[0])
        gone()
      } }, words.open),
      h('button', { onclick: () => download(name, file) }, words.save),
      h('button', { async onclick() {
        try {
          await remove()
          gone()
        } catch (error) {
          app.fail(error)
        }
      } }, words.remove)))
    const gone = () => {
      item.remove()
      place.hidden = !list.children.length
    }
    return item
  }))
  place.replaceChildren(h('h2', null, words.title), h('p', { className: 'soft' }, words.about), list)
  place.hidden = !found.length
}
