// The patch's page in Chromium beside the real service: a fake board behind navigator.serial is measured, results arrive as valid FHIR
// and nothing else leaves; what cannot be sent waits, over a closed page too, and arrives in order and once; axe-core finds nothing wrong.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { build as buildPage } from '../../demo/patch/build.mjs'
import { Intervals } from '../../demo/patch/intervals.js'
import { build } from '../../demo/service/app.js'
import { toFhir } from '../../js/export/index.js'
import { load } from '../../js/index.js'
import { launch, skip } from '../browser/browsers.js'
import { axe } from '../browser/page.js'
import { root, whole } from '../js/helpers.js'

const { Fhir } = createRequire(import.meta.url)('fhir/fhir')
const EVERY_S = 3, FS = 250, LEADS = 4, STEP_UV = 0.05
const fecg = await load()
const simulation = fecg.simulate({ seconds: 90, fs: FS, leads: LEADS, seed: 8, snr_db: 9 })
const faults = (bundle) => new Fhir().validate(bundle, { errorOnUnexpected: true }).messages.filter((m) => ['error', 'fatal'].includes(m.severity)).map((m) => `${m.location}: ${m.message}`)
const seriesOf = (bundle) => bundle.entry.flatMap(({ resource }) => resource.component ?? []).flatMap((c) => c.valueSampledData ?? [])

test('the results of intervals are the stream, cut: every beat and rate once, the last shorter, valid as FHIR; gaps stay gaps', async () => {
  const rows = whole(simulation)
  for (const row of rows) row.fill(NaN, 40 * FS, 56 * FS)
  const stream = fecg.stream({ fs: FS, leads: simulation.leads, method: 'classical' })
  const frames = [...await stream.push(rows), ...await stream.finish()]
  stream.close()
  const intervals = new Intervals(fecg, { every_s: 8, fs: FS, leads: simulation.leads, model: null }), done = []
  for (const frame of frames) done.push(...await intervals.push(frame))
  done.push(...await intervals.finish())
  const joined = (of) => done.flatMap(({ from_s, result }) => of(result).map((t) => Math.round(1e4 * (t + from_s)) / 1e4))
  assert.deepEqual(joined((r) => r.fetal.peaks_s), frames.flatMap((f) => f.beats.fetal.map((b) => b.t_s)))
  assert.deepEqual(joined((r) => r.maternal.peaks_s), frames.flatMap((f) => f.beats.maternal))
  assert.deepEqual(done.flatMap(({ result }) => result.fetal.rate.bpm), frames.flatMap((f) => f.rate.fetal_bpm))
  assert.deepEqual(done.map(({ from_s }) => from_s), done.map((_, i) => 8 * i))
  assert.deepEqual(done.map(({ result }) => result.source.duration_s), [...Array(11).fill(8), 2])
  for (const { result } of done) {
    assert.ok(result.fetal.peaks_s.every((t) => t >= 0 && t < result.source.duration_s) && result.fetal.rate.bpm.length === 4 * result.source.duration_s)
    assert.deepEqual(faults(JSON.parse(JSON.stringify(toFhir(result, { start: new Date(0) })))), [])
  }
  const [, , , , , gap, after] = done.map(({ result }) => result) // 40 to 48, 48 to 56
  assert.deepEqual([gap.fetal.present, gap.fetal.rate.bpm.slice(8).every((v) => v === null)], [false, true])
  assert.ok(gap.diagnostics.some((d) => /"AECG1" was (flat|missing) for 100 %/.test(d.message)), JSON.stringify(gap.diagnostics))
  assert.match(toFhir(gap).entry[0].resource.dataAbsentReason.text, /^no fetal heart was found: \w/)
  assert.ok(after.diagnostics.length)
})

describe('in Chromium', { skip: skip('chromium') }, () => {
  let folder, service, address, browser, page, script, trial
  /** Bodies of the bundles, in the order in which they were taken. */
  const sent = []
  const attempts = []

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fecg-patch-'))
    await buildPage(join(folder, 'page'), { every_s: EVERY_S })
    service = await build({ threads: 1, inbox: join(folder, 'inbox'), page: join(folder, 'page'), log: false })
    address = await service.listen({ port: 0, host: '127.0.0.1' })
    const { build: bundle } = await import('esbuild')
    const { outputFiles: [{ text }] } = await bundle({ stdin: { contents: "export { fakeSerial } from './js/serial/fake.js'", resolveDir: root }, bundle: true, format: 'iife', globalName: 'fake', write: false, external: ['node:*'], absWorkingDir: root })
    // Runs in the page before its own scripts: a navigator.serial with one port, a Cyton that plays the simulation.
    const given = new Function('given', `${text}
      const all = new Int16Array(Uint8Array.from(atob(given.base64), (c) => c.charCodeAt(0)).buffer), n = all.length / given.leads
      const source = Array.from({ length: given.leads }, (_, lead) => Float32Array.from(all.subarray(lead * n, (lead + 1) * n), (v) => v * given.step))
      Object.defineProperty(navigator, 'serial', { value: fake.fakeSerial({ board: 'cyton', source, fs: given.fs, seed: 3 }) })`)
    const counts = whole(simulation).map((row) => Int16Array.from(row, (uv) => Math.round(uv / STEP_UV)))
    script = { script: given, arg: { base64: Buffer.concat(counts.map((c) => Buffer.from(c.buffer))).toString('base64'), leads: LEADS, step: STEP_UV, fs: FS } }
    browser = await launch('chromium')
    trial = await launch('chromium', { dark: true }) // begins now, and is looked at last
    trial.shown = await trial.page({ width: 390, height: 844 })
    await trial.shown.goto(`${address}/`)
    await trial.shown.until('it is ready', () => document.getElementById('state').textContent === 'ready')
    await trial.shown.click('#trial')
    page = await opened()
  })
  after(async () => {
    await trial?.close()
    await browser?.close()
    await service?.close()
    rmSync(folder, { recursive: true })
  })

  /** A page of the same browser, whose requests are listened to. */
  async function opened() {
    const made = await browser.page({ width: 390, height: 844, before: [script] })
    made.page.on('request', (r) => attempts.push({ method: r.method(), url: r.url(), body: r.postData() }))
    made.page.on('response', (r) => { if (r.request().method() === 'POST' && r.ok()) sent.push({ status: r.status(), bundle: JSON.parse(r.request().postData()) }) })
    await made.goto(`${address}/`)
    await made.until('it is ready', () => document.getElementById('state').textContent === 'ready')
    return made
  }
  const inbox = () => readdirSync(join(folder, 'inbox')).filter((name) => name.endsWith('.json')).map((name) => JSON.parse(readFileSync(join(folder, 'inbox', name), 'utf8')))
  const outbox = (p, what, pattern, seconds) => p.until(what, (source) => new RegExp(source).test(document.getElementById('outbox').textContent), pattern, seconds)

  test('what is measured is shown, and its results are sent', async () => {
    assert.deepEqual(await axe(page), [])
    await page.click('#usb')
    await page.until('the first fetal rate', () => Number(document.getElementById('fetal-rate').textContent) > 0)
    await page.until('each electrode is told', (n) => document.querySelectorAll('#electrodes li').length === n, LEADS)
    await outbox(page, 'two results are sent', '[2-9] sent')
    assert.deepEqual(await axe(page), [])
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    assert.ok(wide <= 0, `${wide} px wider than the screen`)
    mkdirSync(join(root, 'build', 'screenshots'), { recursive: true })
    await page.screenshot(join(root, 'build', 'screenshots', 'patch-phone-light.png'), true)
  })

  test('without a network results wait on the device, and are sent in order when it is back', async () => {
    await page.page.context().setOffline(true)
    const before = sent.length
    await outbox(page, 'two wait', '[2-9] results waiting, kept on this device')
    assert.equal(sent.length, before)
    await page.page.context().setOffline(false)
    await outbox(page, 'none waits', '^Nothing is waiting')
    assert.ok(sent.length >= before + 2)
  })

  test('what still waits when the page is closed is sent by the next one, and what had arrived without an answer is kept once', async () => {
    await page.page.route('**/fhir', async (route) => { // each arrives, and its answer does not
      await route.fetch()
      await route.abort()
    })
    await page.click('#stop')
    await page.until('it has stopped', () => document.getElementById('state').textContent === 'stopped')
    assert.equal(await page.evaluate(() => document.getElementById('fetal-rate').textContent), '–', 'a rate that is not now any more')
    await outbox(page, 'the last ones wait', 'waiting, kept on this device')
    const errors = page.errors.filter((e) => !/Failed to load resource/.test(e)) // of the network that was gone
    assert.deepEqual([await page.violations(), errors], [[], []])
    const before = sent.length
    await page.close()
    page = await opened()
    await outbox(page, 'none waits', '^Nothing is waiting')
    assert.equal(sent[before].status, 200, 'it was there already')
  })

  test('the service has every result once, in order, without a hole, as valid FHIR', (t) => {
    assert.ok(sent.length >= 5)
    const kept = inbox().filter((b) => !b.entry[0].resource.meta)
    assert.equal(kept.length, sent.length)
    const periods = sent.map((s) => s.bundle.entry[0].resource.effectivePeriod)
    periods.slice(1).forEach(({ start }, i) => assert.equal(start, periods[i].end))
    assert.deepEqual(kept.map((b) => b.entry[0].resource.effectivePeriod.start).sort(), periods.map((p) => p.start))
    for (const bundle of kept) assert.deepEqual(faults(bundle), [])
    const subjects = new Set(kept.flatMap((b) => b.entry.map((e) => e.resource.subject.identifier.value)))
    assert.equal(subjects.size, 1)
    assert.match([...subjects][0], /^urn:uuid:[0-9a-f-]{36}$/)
    const bpm = sent.flatMap((s) => seriesOf(s.bundle)[0]?.data.split(' ') ?? []), known = bpm.filter((v) => v !== 'E').map((v) => Number(v) / 10)
    t.diagnostic(`${kept.length} bundles of ${EVERY_S} s, ${Math.round(kept.reduce((n, b) => n + JSON.stringify(b).length, 0) / kept.length)} bytes each; the fetal rate known for ${Math.round(100 * known.length / bpm.length)} % of the time`)
    assert.ok(known.length > 0.5 * bpm.length && known.every((v) => v > 100 && v < 200), known.join())
    const truth = simulation.beats.fetal, last = Date.parse(periods.at(-1).end) - Date.parse(periods[0].start)
    const counted = kept.reduce((n, b) => n + (b.entry[0].resource.component?.find((c) => c.code.text === 'Fetal heart beats')?.valueInteger ?? 0), 0)
    const there = truth.filter((s) => s < last / 1000).length
    assert.ok(Math.abs(counted - there) <= 0.1 * there, `${counted} beats told of ${there}`)
  })

  test('no sample leaves the device: all that was asked for but the page itself is results', () => {
    const posts = attempts.filter((a) => a.method !== 'GET')
    assert.ok(posts.length >= sent.length)
    for (const { method, url, body } of posts) {
      assert.deepEqual([method, url], ['POST', `${address}/fhir`])
      const bundle = JSON.parse(body), seconds = (Date.parse(bundle.entry[0].resource.effectivePeriod.end) - Date.parse(bundle.entry[0].resource.effectivePeriod.start)) / 1000
      assert.ok(seriesOf(bundle).length <= 2)
      for (const { period, data } of seriesOf(bundle)) assert.ok(period === 250 && data.split(' ').length <= 4 * seconds + 1)
      assert.ok(!/131328|Fetal ECG, separated|uV/.test(body))
    }
    for (const { url } of attempts.filter((a) => a.method === 'GET')) assert.ok(url.startsWith(`${address}/`) && !url.includes('?'), url)
  })

  test('without a device: bytes of a simulated recording, whose results say so wherever they go', async () => {
    const { shown } = trial
    await shown.until('a fetal rate', () => Number(document.getElementById('fetal-rate').textContent) > 0)
    await outbox(shown, 'results are sent', '[2-9] sent')
    assert.match(await shown.evaluate(() => document.getElementById('about').textContent), /^Not a device/)
    assert.deepEqual(await axe(shown), [])
    await shown.screenshot(join(root, 'build', 'screenshots', 'patch-phone-dark.png'), true)
    assert.deepEqual([await shown.violations(), shown.errors], [[], []])
    const tried = inbox().filter((b) => b.entry[0].resource.meta)
    assert.ok(tried.length >= 2)
    for (const bundle of tried) {
      assert.deepEqual(faults(bundle), [])
      for (const { resource } of bundle.entry) assert.ok(resource.meta.security[0].code === 'HTEST' && !resource.subject && resource.note.some((n) => /^SIMULATED/.test(n.text)))
    }
  })
})
