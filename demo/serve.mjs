// serve.mjs — a static host for dist/demo, as plain as any other: files by their names, with their types, compressed, revalidated.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { gzipSync } from 'node:zlib'
import { HEADER } from './policy.mjs'

/** Types by ending; anything else is text. */
export const TYPES = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json', '.wasm': 'application/wasm', '.safetensors': 'application/octet-stream',
}

/**
 * Serves a folder under an address; `seen` hears the path of each request.
 * @param {string} folder
 * @param {{ port?: number, base?: string, seen?: (path: string) => unknown }} [options] port 0: a free one; base: the sub-path
 * @returns {Promise<{ address: string, close(): Promise<void> }>}
 */
export async function serve(folder, { port = 0, base = '/', seen } = {}) {
  /** @type {Map<string, { body: Buffer, zipped: Buffer }>} by tag */
  const kept = new Map()
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname))
    seen?.(path)
    response.setHeader('content-security-policy', HEADER)
    response.setHeader('x-content-type-options', 'nosniff')
    response.setHeader('referrer-policy', 'no-referrer')
    try {
      if (request.method !== 'GET' && request.method !== 'HEAD') return response.writeHead(405).end()
      if (!path.startsWith(base)) return response.writeHead(404).end()
      const name = path.slice(base.length) || 'index.html'
      const body = await readFile(join(folder, name))
      const tag = `"${createHash('sha256').update(body).digest('hex').slice(0, 32)}"`
      response.setHeader('etag', tag)
      response.setHeader('cache-control', 'no-cache')
      if (request.headers['if-none-match'] === tag) return response.writeHead(304).end()
      response.setHeader('content-type', TYPES[/** @type {keyof typeof TYPES} */ (extname(name))] ?? 'text/plain; charset=utf-8')
      const zips = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))
      if (!kept.has(tag)) kept.set(tag, { body, zipped: gzipSync(body) })
      const { zipped } = /** @type {{ zipped: Buffer }} */ (kept.get(tag))
      if (zips) response.setHeader('content-encoding', 'gzip')
      response.setHeader('vary', 'accept-encoding')
      response.end(zips ? zipped : body)
    } catch (error) {
      response.writeHead(/** @type {any} */ (error).code === 'ENOENT' || /** @type {any} */ (error).code === 'EISDIR' ? 404 : 500).end()
    }
  })
  await new Promise((done, failed) => server.once('error', failed).listen(port, '127.0.0.1', () => done(undefined)))
  const { port: given } = /** @type {import('node:net').AddressInfo} */ (server.address())
  return {
    address: `http://localhost:${given}${base}`,
    close: () => new Promise((done) => {
      server.close(() => done())
      server.closeAllConnections()
    }),
  }
}
