// service-worker.js — keeps the page: what the build made is fetched once, checked against its SHA-256, and given from the
// browser's cache ever after, with the page's policy added where a host sends none. A new build is fetched beside the old one,
// which open pages keep to their end; it takes over with the next visit. Nothing but this page's own files is ever fetched.
/* global FILES, TYPES, POLICY, VERSION */ // put in by build.mjs: path → SHA-256; ending → type; policy; SHA-256 of the whole

const own = `fetal-ecg ${registration.scope} ` // caches are shared by all pages of a host, some of which may be other copies
const hex = (buffer) => Array.from(new Uint8Array(buffer), (b) => b.toString(16).padStart(2, '0')).join('')

/** One file from the host, as it was built or not at all. */
async function fetched(path) {
  const url = new URL(path === 'index.html' ? './' : path, registration.scope) // some hosts redirect from index.html
  for (const cache of ['no-cache', 'reload']) {
    const response = await fetch(url, { cache })
    if (!response.ok) throw new Error(`${url} cannot be had: ${response.status}`)
    const body = await response.arrayBuffer()
    if (hex(await crypto.subtle.digest('SHA-256', body)) !== FILES[path]) continue // between two builds, or changed on the way
    const headers = { 'content-type': TYPES[path.slice(path.lastIndexOf('.'))] ?? 'text/plain; charset=utf-8', 'content-security-policy': POLICY }
    return new Response(body, { headers })
  }
  throw new Error(`${url} is not the file of this build`)
}

addEventListener('install', (event) => event.waitUntil((async () => {
  const cache = await caches.open(own + VERSION)
  await Promise.all(Object.keys(FILES).map(async (path) => cache.put(new URL(path, registration.scope), await fetched(path))))
})()))

addEventListener('activate', (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name.startsWith(own) && name !== own + VERSION) await caches.delete(name)
  await clients.claim() // the page of the first visit too goes without the network from now on
})()))

addEventListener('message', ({ data }) => { if (data === 'take over') skipWaiting() })

/** The file from the cache; from the host where the browser has thrown the cache away. */
async function answer(request, path) {
  // A reload alone never ends the old page before the new one asks, so a new build would wait for ever: it is told to take
  // over, and the browser to ask once more.
  if (request.mode === 'navigate' && registration.waiting && (await clients.matchAll()).length < 2) {
    registration.waiting.postMessage('take over')
    return new Response('', { headers: { refresh: '0' } })
  }
  const cache = await caches.open(own + VERSION)
  return await cache.match(new URL(path, registration.scope)) ?? fetch(request)
}

addEventListener('fetch', (event) => {
  const { method, url } = event.request
  if (method !== 'GET' || !url.startsWith(registration.scope)) return
  const path = url.slice(registration.scope.length).replace(/[?#].*$/, '') || 'index.html'
  if (Object.hasOwn(FILES, path)) event.respondWith(answer(event.request, path))
})
