// The page without a network: kept at the first visit, it opens again when its host is gone; a new build replaces it with the next
// visit; once loaded, it asks nobody for anything.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { keep } from '../../demo/build.mjs'
import { BROWSERS, skip } from './browsers.js'
import { PLACE, firstBeat, kept, start } from './page.js'

for (const name of BROWSERS) {
  test(`${name}: opens again without its host, then takes a new build`, { skip: skip(name) }, async () => {
    const place = await start(name)
    try {
      const page = await place.browser.page()
      await page.goto(place.address)
      await firstBeat(page)
      await kept(page)
      for (const file of Object.keys(place.files)) assert.ok(place.asked.includes(PLACE + (file === 'index.html' ? '' : file)), `${file} was not fetched`)
      await place.down()

      place.asked.length = 0
      await page.reload()
      await firstBeat(page)
      assert.deepEqual(place.asked, [])
      assert.deepEqual(page.errors, [])

      // Another build at the same place: its title tells it apart.
      const html = join(place.folder, 'index.html')
      writeFileSync(html, readFileSync(html, 'utf8').replace(/<title>/, '<title>New: '))
      await keep(place.folder)
      await place.up()
      await page.reload() // finds it, and fetches it beside the old one
      await page.until('the new build waits', async () => (await navigator.serviceWorker.getRegistration())?.waiting !== null)
      assert.doesNotMatch(await page.evaluate(() => document.title), /^New/)
      await page.reload()
      await page.until('the new build is there', () => document.title.startsWith('New: '))
      await firstBeat(page)
      assert.deepEqual(await page.violations(), [])
    } finally {
      await place.close()
    }
  })
}
