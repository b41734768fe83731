// beside.js — the section that sets the other method beside the one that is shown.
import { strings } from '../strings.js'
import { comparison } from './compare.js'
import { h, sheet } from './dom.js'

/** @param {import('./analysis.js').Analysis} analysis @param {number} count of abdominal leads */
export function agreementSheet(analysis, count) {
  const { result, now, recording, fecg } = analysis
  const other = result?.method === 'classical' ? 'fhnet' : 'classical'
  const place = h('div', null, h('p', { className: 'soft' }, strings.compare.about), h('div', { className: 'buttons' }, h('button', { id: 'compare-start', onclick: start }, strings.compare.start(strings.methods[other]))))
  async function start() {
    if (!recording || !now || !result || !count) return
    await analysis.working(strings.progress.extracting(strings.methods[other]), async ({ signal, onProgress }) => {
      const leads = now.channels.flatMap((c, i) => (c.use === 'abdominal' ? [i] : []))
      const second = await fecg.extract(recording, { leads, method: other, mains: now.mains ? /** @type {50 | 60} */ (Number(now.mains)) : undefined, signal, onProgress })
      signal.throwIfAborted()
      const { content, show, destroy } = comparison(result, second)
      analysis.closing.push(destroy)
      place.replaceChildren(content)
      show()
    })
  }
  return sheet('compare', strings.sections.compare, place)
}
