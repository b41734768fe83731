// exports.js — a result as files, and as a page to print.
import { beatsToCsv, ratesToCsv, reportSvg, signalsToCsv, toAecg, toEdf, toFhir, toJson, toWfdbAnnotations, windowOf } from '../../js/export/index.js'
import { strings } from '../strings.js'
import { $, h, sheet } from './dom.js'

/** @typedef {import('../../js/types.js').ExtractResult} ExtractResult */

/** @param {string} name @param {Blob} blob */
export function download(name, blob) {
  const url = URL.createObjectURL(blob)
  h('a', { href: url, download: name }).click()
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
  $('told').textContent = strings.exports.done(name)
}

/** @param {Iterable<any> | AsyncIterable<any>} pieces @param {string} type */
async function blobOf(pieces, type) {
  const parts = []
  for await (const piece of pieces) parts.push(piece)
  return new Blob(parts, { type })
}

/** @param {any} text what gives text at once or in pieces @param {string} type */
const textBlob = (text, type) => (typeof text === 'string' ? Promise.resolve(new Blob([text], { type })) : blobOf(text, type))

/** Prints one page, and nothing else of the page. @param {string} svg */
async function print(svg) {
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }))
  const picture = h('img', { id: 'print', alt: '', src: url })
  document.body.append(picture)
  try {
    await picture.decode()
    document.documentElement.setAttribute('data-print', '')
    window.print()
  } finally {
    document.documentElement.removeAttribute('data-print')
    picture.remove()
    URL.revokeObjectURL(url)
  }
}

/**
 * @param {{ fecg: import('../../js/worker.js').Fecg, view: import('./view.js').View, result: ExtractResult, leads: import('./view.js').Lead[], fail: (error: unknown) => void }} about
 */
export function exportsSheet({ fecg, view, result, leads, fail }) {
  const words = strings.exports
  const base = (result.source.file ?? 'recording').replace(/\.[a-z0-9]{1,5}$/i, '').replace(/[^\w.-]+/g, '-') || 'recording'
  const svg = () => reportSvg(result, leads.length ? windowOf(result, leads) : null)
  const act = (/** @type {string} */ id, /** @type {string} */ label, /** @type {() => Promise<void>} */ go, primary = false) => h('button', { id: `export-${id}`, className: primary ? 'primary' : '',
    async onclick(/** @type {MouseEvent} */ e) {
      const button = /** @type {HTMLButtonElement} */ (e.currentTarget)
      button.disabled = true
      try {
        await go()
      } catch (error) {
        fail(error)
      }
      button.disabled = false
    } }, label)
  const file = (/** @type {string} */ id, /** @type {string} */ label, /** @type {string} */ ending, /** @type {() => Promise<Blob>} */ make) => act(id, label, async () => download(`${base}${ending}`, await make()))
  const { signals } = result
  return sheet('exports', strings.sections.exports, h('p', { className: 'soft' }, words.about), h('div', { className: 'buttons' },
    act('report', words.report, () => print(svg()), true),
    file('report-file', words.reportFile, '-report.svg', async () => new Blob([svg()], { type: 'image/svg+xml' })),
    signals && file('edf', words.edf, '-separated.edf', () => blobOf(toEdf(/** @type {any} */ (fecg), result), 'application/octet-stream')),
    file('csv-beats', words.csvBeats, '-beats.csv', () => textBlob(beatsToCsv(result), 'text/csv')),
    file('csv-rates', words.csvRates, '-rates.csv', () => textBlob(ratesToCsv(result), 'text/csv')),
    signals && file('csv-signals', words.csvSignals, '-signals.csv', () => textBlob(signalsToCsv(result), 'text/csv')),
    file('json', words.json, '.json', async () => new Blob([toJson(result)], { type: 'application/json' })),
    file('fhir', words.fhir, '-fhir.json', async () => new Blob([JSON.stringify(toFhir(result))], { type: 'application/fhir+json' })),
    signals && file('aecg', words.aecg, '-aecg.xml', () => blobOf(toAecg(result), 'application/xml')),
    file('wfdb', words.wfdb, '.fqrs', async () => new Blob([toWfdbAnnotations(result)], { type: 'application/octet-stream' })),
    file('png-traces', words.pngTraces, '-leads.png', () => view.traces.png()),
    file('png-strip', words.pngStrip, '-rate.png', () => view.strip.png())))
}
