// The page's plots by themselves, in a page of their own: one that is made before it is on the page, and the labels of a time axis, whole.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { root } from '../js/helpers.js'
import { BROWSERS, launch, skip } from './browsers.js'

/** The plots and words of the page as one script, for pages that have no modules. */
async function bundled() {
  const { build } = await import('esbuild')
  const contents = "export { create as strip } from './demo/plots/strip.js'; export { create as traces } from './demo/plots/traces.js'; export { strings } from './demo/strings.js'"
  const { outputFiles: [{ text }] } = await build({ stdin: { contents, resolveDir: root }, bundle: true, format: 'iife', globalName: 'plots', write: false, external: ['node:*'] })
  return `${text}; globalThis.plots = plots`
}

for (const name of BROWSERS) describe(name, { skip: skip(name) }, () => {
  let browser, page
  before(async () => {
    browser = await launch(name)
    page = await browser.page({ width: 800, height: 700, before: [{ script: new Function(await bundled()) }] })
    await page.goto('about:blank')
  })
  after(() => browser?.close())

  test('a strip that is made before it is on the page is drawn in the colours of the page', async () => {
    const found = await page.evaluate(async () => {
      document.head.appendChild(document.createElement('style')).textContent = ':root { --paper: rgb(1, 200, 3) }'
      const place = document.createElement('div')
      const strip = globalThis.plots.strip(place, { strings: globalThis.plots.strings })
      strip.set({ duration_s: 60, fetal: { t_s: [0, 0.25], bpm: [140, 140] }, maternal: { t_s: [], bpm: [] } })
      document.body.append(place)
      for (let i = 0; i < 4; i++) await new Promise((done) => requestAnimationFrame(done))
      const canvas = place.querySelector('canvas'), { data } = canvas.getContext('2d').getImageData(2, 2, 1, 1)
      strip.destroy()
      return [...data]
    })
    assert.deepEqual(found, [1, 200, 3, 255])
  })

  test('labels of the time axis are whole, wherever it is panned to', async () => {
    const cut = await page.evaluate(async () => {
      const place = document.body.appendChild(document.createElement('div'))
      place.style.cssText = 'width: 333px; position: relative'
      const style = document.head.appendChild(document.createElement('style'))
      style.textContent = '.plot-axis { position: absolute; inset: 0 auto auto 0; width: 0 } .plot-axis > span { position: absolute; transform: translateX(-50%); font-size: 11px; white-space: nowrap } .plot-axis > .plot-start { transform: none }'
      const traces = globalThis.plots.traces(place, { strings: globalThis.plots.strings })
      traces.set({ duration_s: 4000, rows: [{ label: 'A', kind: 'lead', fs: 10, samples: new Float32Array(40_000) }] })
      const cut = []
      let seen = 0
      for (let from = 3590; from < 3605; from += 0.7) {
        traces.show(from, from + 9)
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
        const box = place.getBoundingClientRect()
        for (const label of place.querySelectorAll('.plot-axis > span')) {
          const { left, right } = label.getBoundingClientRect()
          seen++
          if (left < box.left || right > box.right) cut.push(`${label.textContent}: ${left - box.left} to ${right - box.left}`)
        }
      }
      traces.destroy()
      return seen > 25 ? cut : [`only ${seen} labels`]
    })
    assert.deepEqual(cut, [])
  })
})
