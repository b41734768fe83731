// page.js — the page as `npm run demo` serves it, open in a real browser: what its tests share.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from '../../demo/build.mjs'
import { serve } from '../../demo/serve.mjs'
import { root } from '../js/helpers.js'
import { launch } from './browsers.js'

export const PLACE = '/some/place/' // a path of a static host that is not its root

/**
 * Builds and serves the page and starts a browser.
 * @param {import('./browsers.js').BrowserName} name
 * @param {{ dark?: boolean }} [options]
 */
export async function start(name, options) {
  const folder = mkdtempSync(join(tmpdir(), 'fecg-page-'))
  const files = await build(folder)
  /** Paths that the host was asked for. @type {string[]} */
  const asked = []
  const open = (port = 0) => serve(folder, { port, base: PLACE, seen: (path) => asked.push(path) })
  let host = await open()
  const { address } = host
  const browser = await launch(name, options).catch(async (error) => {
    await host.close()
    throw error
  })
  return {
    address, folder, files, asked, browser,
    /** The host goes away. */
    down: () => host.close(),
    /** It comes back. */
    async up() {
      host = await open(Number(new URL(address).port))
    },
    async close() {
      await browser.close()
      await host.close()
      rmSync(folder, { recursive: true })
    },
  }
}

/** Waits until a beat that was extracted is drawn. */
export const firstBeat = (page) => page.until('the first beat is drawn', () => performance.getEntriesByName('first-beat').length > 0)

/** Waits until the browser keeps the page: with its first visit, the last that is fetched. */
export const kept = (page) => page.until('the browser keeps the page', () => navigator.serviceWorker.controller?.state === 'activated')

/**
 * Drops files on the page, as a hand would: real File objects in a DataTransfer.
 * @param {any} page
 * @param {Record<string, Uint8Array>} files
 */
export function drop(page, files) {
  const given = Object.entries(files).map(([name, bytes]) => ({ name, base64: Buffer.from(bytes).toString('base64') }))
  return page.evaluate((files) => {
    const data = new DataTransfer()
    for (const { name, base64 } of files) data.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name))
    for (const kind of ['dragenter', 'dragover', 'drop']) {
      document.body.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }))
    }
  }, given)
}

const AXE = readFileSync(join(root, 'node_modules', 'axe-core', 'axe.min.js'), 'utf8')

/** What axe-core finds wrong with the page as it stands: one line each. @returns {Promise<string[]>} */
export async function axe(page) {
  // As a function, which goes through the driver: the policy of the page would not let a script in.
  await page.evaluate(new Function(AXE))
  return page.evaluate(async () => {
    const { violations } = await globalThis.axe.run(document, { resultTypes: ['violations'] })
    return violations.flatMap(({ id, help, nodes }) => nodes.map((n) => `${id}: ${help}: ${n.target.join(' ')}: ${n.failureSummary.replace(/\s+/g, ' ')}`))
  })
}
