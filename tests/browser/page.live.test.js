// A board on the page: a fake Cyton behind navigator.serial, whose bytes get lost, flip, stall and whose plug is pulled, is shown,
// worked and analysed in the right time; the page's own "try without a device"; a page that is closed while it records. Prints what the page's thread was busy with.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { load } from '../../js/index.js'
import { root, whole } from '../js/helpers.js'
import { BROWSERS, skip } from './browsers.js'
import { firstBeat, start } from './page.js'

const FS = 250, LEADS = 8, SECONDS = 60, STEP_UV = 0.05
const UNPLUGGED = { at_s: 13, for_s: 2 }
const FAULTS = { lose: 2e-5, flip: 2e-5, duplicate: 1e-5, stalls: [{ at_s: 8, for_s: 1.5 }], unplugs: [UNPLUGGED] }
const TOLERANCE_S = 0.05

const simulation = (await load()).simulate({ seconds: SECONDS, fs: FS, leads: LEADS, seed: 8, snr_db: 9 })

/** What runs in the page before its own scripts: a navigator.serial with one port, a Cyton that plays the simulation. */
async function serial() {
  const { build } = await import('esbuild')
  const { outputFiles: [{ text }] } = await build({ stdin: { contents: "export { fakeSerial } from './js/serial/fake.js'", resolveDir: root }, bundle: true, format: 'iife', globalName: 'fake',
    write: false, external: ['node:*'], absWorkingDir: join(root) })
  const script = new Function('given', `${text}
    const all = new Int16Array(Uint8Array.from(atob(given.base64), (c) => c.charCodeAt(0)).buffer), n = all.length / given.leads
    const source = Array.from({ length: given.leads }, (_, lead) => Float32Array.from(all.subarray(lead * n, (lead + 1) * n), (v) => v * given.step))
    Object.defineProperty(navigator, 'serial', { value: fake.fakeSerial({ board: 'cyton', source, fs: given.fs, faults: given.faults, seed: 3 }) })`)
  const counts = whole(simulation).map((row) => Int16Array.from(row, (uv) => Math.round(uv / STEP_UV)))
  const arg = { base64: Buffer.concat(counts.map((c) => Buffer.from(c.buffer))).toString('base64'), leads: LEADS, step: STEP_UV, fs: FS, faults: FAULTS }
  return { script, arg }
}

/** Runs in the page before its own scripts: counts how often the browser is asked to keep what is stored, and answers no. */
function watchStorage() {
  globalThis.asked = 0
  if (globalThis.StorageManager) StorageManager.prototype.persist = async () => { globalThis.asked++; return false }
}

/** Runs in the page: notes what keeps its thread busy for more than 50 ms, where the browser tells. */
function watchTasks() {
  globalThis.longTasks = []
  if (PerformanceObserver.supportedEntryTypes.includes('longtask')) {
    new PerformanceObserver((list) => globalThis.longTasks.push(...list.getEntries().map((e) => Math.round(e.duration)))).observe({ type: 'longtask' })
  }
}

const fetalRate = () => Number(document.getElementById('fetal-rate').textContent) > 0
const state = (words) => words.includes(document.getElementById('state').textContent)
async function openDialog(page) {
  await page.click('#connect')
  await page.until('boards can be chosen', () => document.getElementById('connect-fake') !== null)
}
const exported = async (page) => JSON.parse((await page.saved(() => page.evaluate(() => document.getElementById('export-json').click()))).bytes.toString())

for (const name of BROWSERS) describe(name, { skip: skip(name) }, () => {
  let place, page
  before(async () => {
    place = await start(name)
    page = await place.browser.page({ before: [await serial(), { script: watchTasks }, { script: watchStorage }] })
    await page.goto(place.address)
    await firstBeat(page)
  })
  after(() => place?.close())

  test('a board with faults is shown live, its time goes on while it is unplugged, and it is analysed', async (t) => {
    await openDialog(page)
    await page.evaluate((leads) => {
      const uses = [...document.querySelectorAll('dialog details select')].slice(0, leads)
      for (const use of uses) {
        use.value = 'abdominal'
        use.dispatchEvent(new Event('change', { bubbles: true }))
      }
    }, LEADS)
    assert.equal(await page.evaluate(() => globalThis.asked), 0)
    await page.click('#connect-usb')
    await page.until('the board is heard', () => /frames/.test(document.getElementById('link')?.textContent))
    assert.equal(await page.evaluate(() => globalThis.asked), 1) // to keep the storage, with a recording and not before
    await page.until('it is told what the browser said', () => /may clear it/.test(document.getElementById('link').textContent))
    await page.evaluate(() => { globalThis.longTasks.length = 0; globalThis.frames = []; requestAnimationFrame(function frame(t) { globalThis.frames.push(t); requestAnimationFrame(frame) }) })
    await page.until('the first fetal rate', fetalRate)
    await page.until('it is told to be unplugged', state, ['unplugged'])
    await page.until('it is back', state, ['learning', 'live', 'streaming'])
    await page.until('it counts the reconnection', () => /1 reconnected/.test(document.getElementById('link').textContent))
    await page.until('eight seconds more', (s) => Number(document.getElementById('link').textContent.match(/(\d+):(\d+)/)?.[2]) >= s, UNPLUGGED.at_s + UNPLUGGED.for_s + 8)
    const { tasks, rate } = await page.evaluate(() => ({ tasks: globalThis.longTasks, rate: 1000 * (globalThis.frames.length - 1) / (globalThis.frames.at(-1) - globalThis.frames[0]) }))
    t.diagnostic(`${name}, ${LEADS} leads: ${rate.toFixed(0)} frames a second; tasks over 50 ms: ${name === 'chromium' ? `${tasks.length} (${tasks.join(', ')} ms)` : 'not told by this browser'}`)

    await page.press('s')
    await page.until('it is analysed', () => document.getElementById('state').textContent === 'analysed' && document.getElementById('export-json') !== null)
    const { source, fetal } = await exported(page)
    assert.equal(source.leads.length, LEADS)
    assert.ok(source.duration_s > UNPLUGGED.at_s + UNPLUGGED.for_s + 7 && source.duration_s < SECONDS)
    const gone = (s) => s > UNPLUGGED.at_s - 1 && s < UNPLUGGED.at_s + UNPLUGGED.for_s + 3
    const truth = simulation.beats.fetal.filter((s) => s < source.duration_s - 1 && !gone(s))
    const found = fetal.peaks_s.filter((s) => s < source.duration_s - 1 && !gone(s))
    const near = (list, s) => list.some((other) => Math.abs(other - s) <= TOLERANCE_S)
    const hits = truth.filter((s) => near(fetal.peaks_s, s)).length, right = found.filter((s) => near(simulation.beats.fetal, s)).length
    assert.ok(hits / truth.length > 0.9 && right / found.length > 0.9, `${hits} of ${truth.length} beats found, ${right} of ${found.length} right`)
    const later = truth.filter((s) => s > UNPLUGGED.at_s + UNPLUGGED.for_s + 3)
    assert.ok(later.filter((s) => near(fetal.peaks_s, s)).length > 0.8 * later.length, 'the time after the gap is not that of the board')
  })

  test('without a device: bytes of a simulated recording, with faults', async () => {
    await openDialog(page)
    for (const fault of ['lose', 'flip']) await page.click(`dialog input[name=fault-${fault}]`)
    await page.click('#connect-fake')
    await page.until('it is told what it is', () => /Not a device/.test(document.getElementById('about').textContent))
    await page.until('the first fetal rate', fetalRate)
    await page.until('beats and electrodes are told', () => document.querySelectorAll('#electrodes li').length >= 4)
    assert.equal(await page.evaluate(() => globalThis.asked), 1) // nothing to be kept
  })

  test('what was being recorded when the page closed is there when it opens again', async () => {
    const recorded = () => page.evaluate(() => Number(document.getElementById('link').textContent.match(/(\d+):(\d+)/)?.[2]))
    const before = await recorded()
    assert.ok(before >= 5, `${before} s recorded`)
    assert.deepEqual([await page.violations(), page.errors], [[], []])
    await page.close()
    page = await place.browser.page()
    await page.goto(place.address)
    await page.until('the recording is offered', () => document.querySelector('#recovered button') !== null)
    await page.evaluate(() => document.querySelector('#recovered button').click())
    await page.until('it is analysed', () => document.getElementById('state').textContent === 'analysed' && document.getElementById('export-json') !== null)
    const { source } = await exported(page)
    assert.equal(source.leads.length, LEADS) // as they were chosen for this board before
    assert.ok(source.duration_s >= before - 1, `${source.duration_s} s of ${before}`)
  })

  test('nothing of it broke the policy or the page', async () => {
    assert.deepEqual(await page.violations(), [])
    assert.deepEqual(page.errors, [])
  })
})
