// How the page looks, on a phone and on a desk, light and dark, in Chromium and Firefox: pictures under build/screenshots for a
// person to look at; and what axe-core finds wrong with each state of it: nothing.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { load } from '../../js/index.js'
import { root } from '../js/helpers.js'
import { BROWSERS, skip } from './browsers.js'
import { edf } from './fixtures.js'
import { axe, drop, firstBeat, start } from './page.js'

const NARROW = { width: 320, height: 640 } // of the narrowest phone, and of a desk's page at 400 %
const SIZES = { phone: { width: 390, height: 844 }, desk: { width: 1440, height: 900 } }
const pictures = join(root, 'build', 'screenshots')
mkdirSync(pictures, { recursive: true })
const recording = edf(await load(), { seed: 31, seconds: 600, fs: 250, leads: 4, snr_db: 6, scenario: 'decelerations' }, 'recording.edf')

/** States of the page, by name: how one gets there from the one before. @type {Record<string, (page: any) => Promise<unknown>>} */
const STATES = {
  live: (page) => page.until('live', () => document.getElementById('state').textContent === 'live' && document.querySelectorAll('#electrodes li').length > 0),
  board: async (page) => {
    await page.press('b')
    await page.until('boards can be chosen', () => document.getElementById('connect-fake') !== null)
  },
  keys: async (page) => {
    await page.press('Escape')
    await page.until('the dialog is gone', () => document.querySelector('dialog') === null)
    await page.press('?')
    await page.until('the keys are listed', () => document.querySelector('dialog') !== null)
  },
  file: async (page) => {
    await page.press('Escape')
    await drop(page, recording)
    await page.until('it is analysed', () => document.getElementById('export-json') !== null && document.getElementById('state').textContent === 'analysed')
  },
  channels: async (page) => {
    await page.press('c')
    await page.until('channels can be chosen', () => document.getElementById('panel-channels') !== null)
  },
  unknown: async (page) => {
    await drop(page, { 'unknown.bin': new Uint8Array(4000).fill(7) })
    await page.until('how the bytes lie is asked for', () => document.getElementById('panel-raw') !== null)
  },
}

/** Nothing has to be scrolled sideways. */
async function fits(page, what) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  assert.ok(wide <= 0, `${what}: ${wide} px wider than the screen`)
}

for (const name of BROWSERS) for (const scheme of ['light', 'dark']) test(`${name}, ${scheme}`, { skip: skip(name) }, async () => {
  const place = await start(name, { dark: scheme === 'dark' })
  try {
    const page = await place.browser.page(SIZES.desk)
    await page.goto(place.address)
    await firstBeat(page)
    for (const [state, reach] of Object.entries(STATES)) {
      await reach(page)
      for (const [size, shape] of Object.entries(SIZES)) {
        await page.resize(shape)
        await pause(500) // plots are drawn with the next frames
        await page.screenshot(join(pictures, `${state}-${size}-${scheme}-${name}.png`), state === 'file')
        assert.deepEqual(await axe(page), [], `${state}, ${size}`)
        await fits(page, `${state}, ${size}`)
      }
      await page.resize(NARROW)
      await fits(page, `${state}, ${NARROW.width} px`)
    }
    assert.deepEqual(await page.violations(), [])
    assert.deepEqual(page.errors, [])
  } finally {
    await place.close()
  }
})
