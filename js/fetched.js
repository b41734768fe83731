// fetched.js — what lies behind a URL, in node and in browsers: the module and the weights come this way.
import { FecgError, expect } from './error.js'
import { nodeOnly } from './node-only.js'

/**
 * Where a file of the package lies: beside the script that names it, which writes the URL out as bundlers look for it.
 * @param {string} option by which load() is told, where the script does not know where it lies itself
 * @template T
 * @param {() => T} where
 * @throws {FecgError} MISSING
 */
export function own(option, where) {
  try {
    return where()
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause // not of the URL
    throw new FecgError('MISSING', `this script does not know where it lies (a bundle in a format without import.meta.url), so name its files: load({ ${option} })`, { cause })
  }
}

/**
 * Bytes of a file, or the response of a server. A URL without its own base is relative to the page; where there is none, as in node, it
 * is whole.
 * @param {string | URL} source
 * @returns {Promise<{ url: string, response?: Response, bytes(): Promise<Uint8Array<ArrayBuffer>> }>}
 * @throws {FecgError} MISSING, ARGUMENT
 */
export async function fetched(source) {
  const base = globalThis.location?.href
  expect(URL.canParse(source, base), `not a URL${base ? '' : ', as file:///… or https://…'}: ${source}`)
  const url = new URL(source, base)
  const missing = (/** @type {any} */ cause) => {
    throw new FecgError('MISSING', `${url}: ${cause.message}`, { file: url.href, cause })
  }
  if (url.protocol === 'file:') {
    const { readFile } = /** @type {typeof import('node:fs/promises')} */ (await nodeOnly('node:fs/promises'))
    const bytes = /** @type {Uint8Array<ArrayBuffer>} */ (await readFile(url).catch(missing))
    return { url: url.href, bytes: async () => bytes }
  }
  const response = await fetch(url).catch(missing)
  if (!response.ok) throw new FecgError('MISSING', `${url}: HTTP status ${response.status}`, { file: url.href })
  return { url: url.href, response, bytes: async () => new Uint8Array(await response.arrayBuffer().catch(missing)) }
}
