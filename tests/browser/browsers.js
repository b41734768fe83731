// browsers.js — the two real browsers of the tests, Chromium and Firefox, driven alike: Chromium by playwright-core, Firefox by
// puppeteer-core over WebDriver BiDi. A page notes what it asks for, what breaks its policy and what goes wrong in it.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

const PROGRAMS = { chromium: ['chromium', 'chromium-browser', 'google-chrome'], firefox: ['firefox-esr', 'firefox'] }

/** @typedef {keyof typeof PROGRAMS} BrowserName */
export const BROWSERS = /** @type {BrowserName[]} */ (Object.keys(PROGRAMS))

/** Where a browser is; undefined: nowhere on the PATH. @param {BrowserName} name */
export const program = (name) => (process.env.PATH ?? '').split(delimiter).flatMap((folder) => PROGRAMS[name].map((file) => join(folder, file))).find(existsSync)

/** Why tests in a browser are skipped, for node:test. @param {BrowserName} name */
export const skip = (name) => (program(name) ? false : `no ${name} on the PATH: NOTHING WAS TESTED IN IT`)

/** Runs in the page before its own scripts. */
function watch() {
  const seen = /** @type {any} */ (globalThis)
  seen.violations = []
  addEventListener('securitypolicyviolation', (e) => seen.violations.push(`${e.effectiveDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber} ${e.sample}`))
}

/** What both drivers can do with a page, under one name. */
class Page {
  /** @param {any} page of the driver @param {string} downloads folder */
  constructor(page, downloads) {
    this.page = page
    this.downloads = downloads
    /** Addresses of what the page asked for, since it was opened. @type {string[]} */
    this.requests = []
    /** Errors that the page told its console or let through. @type {string[]} */
    this.errors = []
    page.on('request', (/** @type {any} */ r) => this.requests.push(r.url()))
    page.on('console', (/** @type {any} */ m) => { if (m.type() === 'error') this.errors.push(m.text()) })
    page.on('pageerror', (/** @type {any} */ e) => this.errors.push(String(e)))
  }

  /** @param {string} address */
  async goto(address) {
    await this.page.goto(address, { waitUntil: 'load' })
  }

  async reload() {
    await this.page.reload({ waitUntil: 'load' })
  }

  /** @template A, T @param {(arg: A) => T} work @param {A} [arg] @returns {Promise<Awaited<T>>} */
  evaluate(work, arg) {
    return this.page.evaluate(work, arg)
  }

  /**
   * The first answer of the page that is true (a plain value: elements do not come over); throws after `seconds` with what was waited for.
   * @template A, T
   * @param {string} what
   * @param {(arg: A) => T} work
   * @param {A} [arg]
   * @param {number} [seconds]
   */
  async until(what, work, arg, seconds = 60) {
    const end = performance.now() + 1000 * seconds
    for (;;) {
      const answer = await this.evaluate(/** @type {any} */ (work), arg).catch((error) => {
        if (!/context|navigat|realm/i.test(error.message)) throw error // while one page goes and the next comes there is none to ask
      })
      if (answer) return answer
      if (performance.now() > end) {
        const words = await this.evaluate(() => document.body.innerText.replace(/\s+/g, ' ').slice(0, 600))
        throw new Error(`not after ${seconds} s: ${what}; the page shows: ${words}; its errors: ${this.errors.join('; ') || 'none'}`)
      }
      await pause(50)
    }
  }

  /** @param {string} selector */
  click(selector) {
    return this.page.click(selector)
  }

  /** @param {string} key */
  press(key) {
    return this.page.keyboard.press(key)
  }

  /** @param {{ width: number, height: number }} shape */
  async resize(shape) {
    await (this.page.setViewportSize?.(shape) ?? this.page.setViewport(shape))
  }

  /** @param {string} path @param {boolean} [whole] also what has to be scrolled to */
  async screenshot(path, whole = false) {
    await this.page.screenshot({ path, fullPage: whole })
  }

  /** The name and bytes of the file that an act in the page saves. @param {() => unknown} act */
  async saved(act) {
    const before = new Set(readdirSync(this.downloads))
    await act()
    for (let i = 0; i < 600; i++, await pause(50)) {
      const name = readdirSync(this.downloads).find((f) => !before.has(f) && !/\.(part|crdownload|tmp)$/.test(f))
      const bytes = name && !existsSync(join(this.downloads, `${name}.part`)) ? readFileSync(join(this.downloads, name)) : null
      if (name && bytes?.length) {
        rmSync(join(this.downloads, name)) // the next of this name is another file
        return { name, bytes }
      }
    }
    throw new Error('the page saved no file')
  }

  /** What went against the policy. @returns {Promise<string[]>} */
  violations() {
    return this.evaluate(() => /** @type {any} */ (globalThis).violations)
  }

  async close() {
    await this.page.close()
  }
}

/** @param {string} folder @param {boolean} dark */
async function chromium(folder, dark) {
  const { chromium } = await import('playwright-core')
  const context = await chromium.launchPersistentContext(join(folder, 'profile'), {
    executablePath: program('chromium'), args: ['--no-sandbox'], viewport: null, colorScheme: dark ? 'dark' : 'light', acceptDownloads: true,
  })
  return {
    version: context.browser()?.version(),
    async page({ width, height }, before) {
      const page = await context.newPage()
      await page.setViewportSize({ width, height })
      page.on('download', async (d) => d.saveAs(join(folder, 'downloads', d.suggestedFilename())))
      for (const { script, arg } of before) await page.addInitScript(script, arg)
      return page
    },
    close: () => context.close(),
  }
}

/** @param {string} folder @param {boolean} dark */
async function firefox(folder, dark) {
  const { default: puppeteer } = await import('puppeteer-core')
  const browser = await puppeteer.launch({
    browser: 'firefox', executablePath: program('firefox'), headless: true, userDataDir: join(folder, 'profile'),
    extraPrefsFirefox: {
      'layout.css.prefers-color-scheme.content-override': dark ? 0 : 1,
      'browser.download.dir': join(folder, 'downloads'), 'browser.download.folderList': 2, 'browser.download.always_ask_before_handling_new_types': false,
    },
  })
  return {
    version: await browser.version(),
    async page({ width, height }, before) {
      const page = await browser.newPage()
      await page.setViewport({ width, height })
      for (const { script, arg } of before) await page.evaluateOnNewDocument(script, arg)
      return page
    },
    close: () => browser.close(),
  }
}

/**
 * Starts a browser with a profile of its own.
 * @param {BrowserName} name
 * @param {{ dark?: boolean }} [options]
 */
export async function launch(name, { dark = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), `fecg-${name}-`))
  const downloads = join(folder, 'downloads')
  mkdirSync(downloads)
  const browser = await (name === 'chromium' ? chromium : firefox)(folder, dark)
  return {
    name,
    version: browser.version,
    /**
     * A new page; scripts in `before` run in it before its own, each time it loads.
     * @param {{ width?: number, height?: number, before?: { script: (arg: any) => unknown, arg?: unknown }[] }} [options]
     */
    async page({ width = 1440, height = 900, before = [] } = {}) {
      return new Page(await browser.page({ width, height }, [{ script: watch, arg: undefined }, ...before]), downloads)
    },
    async close() {
      await browser.close()
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
    },
  }
}
