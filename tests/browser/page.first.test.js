// The first visit: a recording that is simulated, extracted and moving; how long it takes until its first beat; then no request to
// anybody, whatever is done; all of it by keyboard.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { load } from '../../js/index.js'
import { BROWSERS, skip } from './browsers.js'
import { edf } from './fixtures.js'
import { PLACE, drop, firstBeat, kept, start } from './page.js'

const fecg = await load()
/** The picture of the leads and signals, as one number. */
const picture = () => [...document.querySelectorAll('#traces canvas')].reduce((sum, canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
  for (let i = 3; i < data.length; i += 4) sum = (Math.imul(sum, 31) + data[i] + data[i - 1]) | 0
  return sum
}, 1)

for (const name of BROWSERS) describe(name, { skip: skip(name) }, () => {
  let place, page
  before(async () => {
    place = await start(name)
    page = await place.browser.page()
  })
  after(() => place?.close())

  test('opens with a simulated recording whose beats are there, moving', async (t) => {
    await page.goto(place.address)
    await firstBeat(page)
    const { paint, beat } = await page.evaluate(() => ({ paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime, beat: performance.getEntriesByName('first-beat')[0].startTime }))
    t.diagnostic(`${name}: first paint at ${paint?.toFixed(0)} ms, first extracted beat ${(beat - paint).toFixed(0)} ms later`)
    const [fetal, maternal] = await page.until('both rates', () => {
      const rates = ['fetal-rate', 'maternal-rate'].map((id) => Number(document.getElementById(id).textContent))
      return rates.every((v) => v > 0) && rates
    })
    assert.ok(fetal >= 100 && fetal <= 180 && maternal >= 50 && maternal <= 110, `fetus ${fetal}, mother ${maternal}`)
    assert.notEqual(await page.evaluate(() => document.querySelectorAll('#traces canvas').length), 0)
    const before = await page.evaluate(picture)
    for (let i = 0; i < 20 && await page.evaluate(picture) === before; i++) await pause(100)
    assert.notEqual(await page.evaluate(picture), before, 'the picture stands still')
  })

  test('asks nobody for anything once it is kept, whatever is done', async () => {
    await kept(page)
    place.asked.length = 0
    await drop(page, edf(fecg, { seed: 2, seconds: 30, fs: 250 }))
    await page.until('it is analysed', () => document.getElementById('export-json') !== null)
    for (const what of ['json', 'fhir', 'edf', 'csv-beats', 'png-strip', 'report-file']) {
      const { bytes } = await page.saved(() => page.evaluate((id) => document.getElementById(id).click(), `export-${what}`))
      assert.ok(bytes.length > 100, `${what} is empty`)
    }
    await page.press('b')
    await page.until('boards can be chosen', () => document.getElementById('connect-fake') !== null)
    await page.press('Escape')
    await page.until('the dialog is gone', () => document.querySelector('dialog') === null)
    await page.press('c')
    await page.until('channels can be chosen', () => document.getElementById('panel-channels') !== null)
    await page.press('Escape')
    await page.click('#connect') // with a worker of its own, for what is recorded
    await page.until('boards can be chosen', () => document.getElementById('connect-fake') !== null)
    await page.click('#connect-fake')
    await page.until('it is recorded', () => /Recording 0:0[1-9]/.test(document.getElementById('link').textContent))
    // Of the page's own host, which the browser stands in for: that looks by itself whether there is a newer build, as the page says.
    assert.deepEqual(place.asked.filter((path) => path !== `${PLACE}service-worker.js`), [])
    assert.match(await page.evaluate(() => document.querySelector('.foot').textContent), /service-worker\.js/)
    assert.deepEqual(page.requests.filter((url) => !url.startsWith(place.address) && !/^(blob|data):/.test(url)), []) // of any other, ever
  })

  test('nothing of it broke the policy or the page', async () => {
    assert.deepEqual(await page.violations(), [])
    assert.deepEqual(page.errors, [])
  })
})
