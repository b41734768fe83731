// Files on the page: dropped EDF, a WFDB pair, a CSV that does not say its rate, a long one cancelled; what the page finds is what
// node finds, and what it exports another reader reads.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { load } from '../../js/index.js'
import { BROWSERS, skip } from './browsers.js'
import { csv, edf, wfdb } from './fixtures.js'
import { axe, drop, firstBeat, start } from './page.js'
import { noReader, readEdf } from './read_edf.js'

const OPTIONS = { seed: 12, seconds: 60, fs: 250, leads: 4, snr_db: 6 }
const fecg = await load()
const simulated = edf(fecg, OPTIONS)
const here = async (bytes, options) => fecg.extract(await fecg.read(bytes, { name: 'simulated', ...options }), { signals: true })

const shown = (page, name) => page.until(`${name} is analysed`, (name) =>
  document.getElementById('title').textContent === name && document.getElementById('export-json') && document.getElementById('state').textContent === 'analysed', name)
const message = (page) => page.evaluate(() => (document.getElementById('message').hidden ? '' : document.getElementById('message').textContent))
const exported = async (page, what) => (await page.saved(() => page.evaluate((id) => document.getElementById(id).click(), `export-${what}`)))

for (const name of BROWSERS) describe(name, { skip: skip(name) }, () => {
  let place, page
  before(async () => {
    place = await start(name)
    page = await place.browser.page()
    await page.goto(place.address)
    await firstBeat(page)
    assert.match(await page.evaluate(() => document.getElementById('hint').innerText), /EDF.*BDF.*CSV.*\.hea.*\.dat/s)
  })
  after(() => place?.close())

  test('a dropped EDF gives the beats of node', async () => {
    await drop(page, simulated)
    await shown(page, 'simulated.edf')
    assert.equal(await message(page), '')
    const { name: file, bytes } = await exported(page, 'json')
    assert.equal(file, 'simulated.json')
    const there = JSON.parse(bytes.toString())
    const expected = await here(simulated['simulated.edf'])
    assert.deepEqual(there.fetal.peaks_s, expected.fetal.peaks_s)
    assert.deepEqual(there.maternal.peaks_s, expected.maternal.peaks_s)
    assert.ok(there.fetal.peaks_s.length > 100)
    const known = expected.fetal.rate.bpm.filter((v) => v !== null).sort((a, b) => a - b)
    assert.equal(await page.evaluate(() => Number(document.getElementById('fetal-rate').textContent)), Math.round(known[known.length >> 1]))
  })

  test('the first view says what can be dropped; the exports of a result are one press from its top', async () => {
    const seen = () => page.evaluate(() => { const { top, bottom } = document.getElementById('export-report').getBoundingClientRect(); return top >= 0 && bottom <= innerHeight })
    assert.equal(await page.evaluate(() => document.getElementById('hint').hidden), true) // of one's own recordings no more
    await page.evaluate(() => scrollTo(0, 0))
    assert.equal(await seen(), false)
    await page.click('#to-exports')
    assert.equal(await seen(), true)
    assert.equal(await page.evaluate(() => document.activeElement.id), 'export-report')
  })

  test('the exported EDF+ is what pyEDFlib reads', { skip: noReader }, async () => {
    const { name: file, bytes } = await exported(page, 'edf')
    assert.equal(file, 'simulated-separated.edf')
    const { signals, annotations } = readEdf(bytes)
    const expected = await here(simulated['simulated.edf'])
    assert.deepEqual(signals.map((s) => s.label), ['fECG', 'mECG', 'residual'].flatMap((kind) => expected.signals.leads.map((lead) => `${kind} ${lead}`)))
    assert.equal(annotations.filter((a) => /fQRS/.test(a.text)).length, expected.fetal.peaks_s.length)
    for (const [kind, rows] of [['fECG', expected.signals.fetal], ['mECG', expected.signals.maternal], ['residual', expected.signals.residual]]) {
      rows.forEach((row, lead) => {
        const { samples, fs, unit } = signals.find((s) => s.label === `${kind} ${expected.signals.leads[lead]}`)
        assert.equal(fs, OPTIONS.fs)
        assert.equal(unit, 'uV')
        const span = row.reduce((most, v) => (Number.isNaN(v) ? most : Math.max(most, Math.abs(v))), 0)
        row.forEach((v, i) => assert.ok(Number.isNaN(v) || Math.abs(v - samples[i]) <= Math.max(0.1, span / 16000), `${kind} ${lead} ${i}: ${v}, read ${samples[i]}`))
      })
    }
  })

  test('the exported aECG and WFDB annotations have the beats that node finds', async () => {
    const { peaks_s } = (await here(simulated['simulated.edf'])).fetal
    const fqrs = await exported(page, 'wfdb'), aecg = await exported(page, 'aecg')
    assert.deepEqual([fqrs.name, aecg.name], ['simulated.fqrs', 'simulated-aecg.xml'])
    assert.deepEqual(fecg.annotations(new Uint8Array(fqrs.bytes), OPTIONS.fs).map((a) => Math.round(a.t_s * OPTIONS.fs)), peaks_s.map((t) => Math.round(t * OPTIONS.fs)))
    const [fetal] = aecg.bytes.toString().split('</series>')
    assert.deepEqual([...fetal.matchAll(/<center value="([\d.]+)" unit="s"\/>/g)].map((m) => Number(m[1])), peaks_s)
  })

  test('the other method beside it, right under its strip, on the same time axis', async () => {
    await page.resize({ width: 360, height: 740 }) // too narrow for the three minutes
    await drop(page, edf(fecg, { ...OPTIONS, seconds: 180 }, 'three.edf'))
    await shown(page, 'three.edf')
    await page.evaluate(() => document.getElementById('compare-start').click())
    await page.until('both strips are there', () => document.querySelectorAll('.plot-strip').length === 2 && document.querySelector('#compare table') !== null)
    const stretch = () => page.evaluate(() => [...document.querySelectorAll('.plot-strip .plot-front')].map((front) => front.getAttribute('aria-label').match(/from (\S+) to (\S+):/).slice(1)))
    for (const [key, end, at] of [['3'], ['End', 1, '3:00'], ['Home', 0, '0:00']]) {
      await page.evaluate(() => document.querySelectorAll('.plot-strip .plot-front')[1].focus()) // what the second does, the first does
      await page.press(key)
      await pause(600) // it is told when it has come to rest
      const [one, two] = await stretch()
      assert.deepEqual(one, two, key)
      if (at) assert.equal(one[end], at, key)
      if (key === 'End') assert.notEqual(one[0], '0:00')
    }
    const [above, below] = await page.evaluate(() => [...document.querySelectorAll('.plot-strip')].map((e) => e.getBoundingClientRect()).map(({ top, bottom }) => [top, bottom]))
    assert.ok(below[0] >= above[1] && below[0] - above[1] < 60, `${below[0] - above[1]} px between the strips`)
    assert.deepEqual(await axe(page), [])
    await page.resize({ width: 1440, height: 900 })
  })

  test('without a fetus the page says so, what that does not mean, and what to do', async () => {
    await drop(page, edf(fecg, { ...OPTIONS, scenario: 'no-fetus' }, 'none.edf'))
    await shown(page, 'none.edf')
    assert.match(await message(page), /No fetal beats.*says nothing about the fetus.*can help/s)
    assert.equal(await page.evaluate(() => document.getElementById('fetal-rate').textContent), '–')
    assert.equal(await page.evaluate(() => document.getElementById('beat').checkVisibility()), false)
  })

  test('a WFDB pair, in either order', async () => {
    const pair = wfdb(fecg, OPTIONS, 'pair')
    await drop(page, Object.fromEntries(Object.entries(pair).reverse()))
    await shown(page, 'pair.hea')
    const { bytes } = await exported(page, 'json')
    const expected = await fecg.extract(await fecg.read({ hea: pair['pair.hea'], files: pair }, { name: 'pair.hea' }))
    assert.deepEqual(JSON.parse(bytes.toString()).fetal.peaks_s, expected.fetal.peaks_s)
  })

  test('a CSV without a rate asks for it, and works', async () => {
    const file = csv(fecg, OPTIONS, 'numbers.csv')
    await drop(page, file)
    await page.until('the rate is asked for', () => document.querySelector('#panel-rate input') !== null)
    assert.equal(await page.evaluate(() => document.activeElement === document.querySelector('#panel-rate input')), true)
    await page.page.keyboard.type('250')
    await page.press('Enter')
    await shown(page, 'numbers.csv')
    const { bytes } = await exported(page, 'json')
    assert.deepEqual(JSON.parse(bytes.toString()).fetal.peaks_s, (await here(file['numbers.csv'], { name: 'numbers.csv', fs: 250 })).fetal.peaks_s)
  })

  test('a file of no known format asks how its bytes lie; a header without its data says what is missing', async () => {
    await drop(page, { 'unknown.bin': new Uint8Array(4000).fill(7) })
    await page.until('how the bytes lie is asked for', () => document.querySelector('#panel-raw') !== null)
    await drop(page, { 'lonely.hea': wfdb(fecg, { ...OPTIONS, seconds: 10 }, 'lonely')['lonely.hea'] })
    await page.until('lonely.dat is missed', () => /lonely\.dat/.test(document.body.innerText))
  })

  test('a long recording can be cancelled, and started again', async () => {
    await drop(page, edf(fecg, { ...OPTIONS, seconds: 1800 }, 'long.edf'))
    await page.until('it is under way', () => document.querySelector('#progress progress')?.value > 0)
    await page.click('#cancel')
    await page.until('it has stopped', () => document.getElementById('state').textContent === 'stopped')
    assert.match(await message(page), /Cancelled/)
    assert.equal(await page.evaluate(() => document.getElementById('export-json')), null)
    await drop(page, simulated)
    await shown(page, 'simulated.edf')
  })

  test('nothing of it broke the policy or the page', async () => {
    assert.deepEqual(await page.violations(), [])
    assert.deepEqual(page.errors, [])
  })
})
