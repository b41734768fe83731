// beside.js — the other method beside the one that is shown: its strip right under the first, on the same time axis.
import { strings } from '../strings.js'
import { comparison } from './compare.js'
import { $, h } from './dom.js'

/** @param {import('./analysis.js').Analysis} analysis @param {number} count of abdominal leads */
export function offerComparison(analysis, count) {
  const { result, now, recording, fecg } = analysis, words = strings.compare
  if (!recording || !now || !result || !count) return
  const other = result.method === 'classical' ? 'fhnet' : 'classical'
  const button = h('button', { id: 'compare-start', onclick: start }, words.start(strings.methods[other]))
  $('compare').replaceChildren(h('div', { className: 'buttons' }, button, h('span', { className: 'soft' }, words.about)))
  async function start() {
    if (!recording || !now || !result) return
    button.disabled = true
    button.textContent = strings.states.working
    await analysis.working(strings.progress.extracting(strings.methods[other]), async ({ signal, onProgress }) => {
      const leads = now.channels.flatMap((c, i) => (c.use === 'abdominal' ? [i] : []))
      const second = await fecg.extract(recording, { leads, method: other, mains: now.mains ? /** @type {50 | 60} */ (Number(now.mains)) : undefined, signal, onProgress })
      signal.throwIfAborted()
      const { strip } = analysis.app.view, { content, show, destroy } = comparison(result, second, strip)
      analysis.uncompare = destroy
      $('compare').replaceChildren(content)
      show()
    })
    button.disabled = false
    button.textContent = words.start(strings.methods[other])
  }
}
