// fetched.js — what lies behind a URL, in node and in browsers: the module and the weights come this way.
import { FecgError } from './error.js'

/**
 * Bytes of a file, or the response of a server. A URL without its own base is relative to the page.
 * @param {string | URL} source
 * @returns {Promise<{ url: string, response?: Response, bytes(): Promise<Uint8Array<ArrayBuffer>> }>}
 * @throws {FecgError} MISSING
 */
export async function fetched(source) {
  const url = new URL(source, globalThis.location?.href ?? import.meta.url)
  const missing = (/** @type {any} */ cause) => {
    throw new FecgError('MISSING', `${url}: ${cause.message}`, { file: url.href, cause })
  }
  if (url.protocol === 'file:') {
    const { readFile } = await import(/* webpackIgnore: true */ /* @vite-ignore */ 'node:fs/promises')
    const bytes = /** @type {Uint8Array<ArrayBuffer>} */ (await readFile(url).catch(missing))
    return { url: url.href, bytes: async () => bytes }
  }
  const response = await fetch(url).catch(missing)
  if (!response.ok) throw new FecgError('MISSING', `${url}: HTTP status ${response.status}`, { file: url.href })
  return { url: url.href, response, bytes: async () => new Uint8Array(await response.arrayBuffer().catch(missing)) }
}
