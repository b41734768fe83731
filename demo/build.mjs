// build.mjs — `npm run demo`: sets up, builds dist/demo, serves it and prints the address. `-- --build` only builds;
// `-- --port N` serves on that port. dist/demo stands on any static host, under any path.
//
// Scripts and styles are bundled. Copied as they are, a first visit makes 62 requests and shows its first beat 0.99 s after its first
// paint (Chromium, two cores, median of five); bundled, 0.71 s, and Lighthouse's phone goes from 94-97 to 96-97.
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, extname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { main, root, setup } from '../wasm/setup.mjs'
import { POLICY } from './policy.mjs'
import { TYPES, serve } from './serve.mjs'

const demo = join(root, 'demo')
const CODE = 'code' // folder of scripts, styles, the wasm module and weights
const ASSET = /new URL\(\s*(['"])(\.{1,2}\/[^'"]+)\1\s*,\s*import\.meta\.url\s*\)/g

const sha256 = (/** @type {string | Uint8Array} */ data) => createHash('sha256').update(data).digest('hex')
const named = (/** @type {string} */ file) => relative(root, file).replaceAll(/[\\/]/g, '-').replace(/\.(js|css)$/, '')

/**
 * Bundles scripts and styles into a folder. What a script names as `new URL(file, import.meta.url)` follows it there: a
 * script, which a worker starts with, in one file of its own; anything else as it is.
 * @param {string[]} entries
 * @param {string} folder
 */
export async function bundle(entries, folder) {
  const { build } = await import('esbuild') // after set-up, which installs it
  const workers = new Set()
  const assets = new Set()
  const follow = {
    name: 'follow',
    setup(/** @type {import('esbuild').PluginBuild} */ { onLoad }) {
      onLoad({ filter: /\.js$/ }, ({ path }) => {
        const contents = readFileSync(path, 'utf8').replaceAll(ASSET, (_, quote, file) => {
          const target = resolve(dirname(path), file)
          const script = extname(target) === '.js'
          if (script) workers.add(target)
          else assets.add(target)
          return `new URL('./${script ? `${named(target)}.js` : basename(target)}', import.meta.url)`
        })
        return { contents, loader: 'js' }
      })
    },
  }
  const made = (/** @type {string[]} */ files, splitting) => build({
    entryPoints: files.map((file) => ({ in: file, out: named(file) })), outdir: folder, plugins: [follow], bundle: true, splitting, format: 'esm', target: 'es2022',
    external: ['node:*', 'serialport'], minify: true, legalComments: 'eof', charset: 'utf8', chunkNames: 'part-[hash]', loader: { '.svg': 'file' }, metafile: true,
    logLevel: 'warning', absWorkingDir: root,
  })
  const { metafile } = await made(entries, true)
  for (let known = 0; known < workers.size;) { // again with the workers that workers start
    known = workers.size
    await made([...workers], false)
  }
  for (const file of assets) cpSync(file, join(folder, basename(file)))
  return metafile
}

/** The scripts that a script cannot start without, of what the bundler made. @returns {string[]} */
function imported(outputs, path, found = new Set()) {
  for (const { path: next, kind } of outputs[path].imports) {
    if (kind !== 'import-statement' || !outputs[next] || found.has(next)) continue
    found.add(next)
    imported(outputs, next, found)
  }
  return [...found]
}

/**
 * Writes the service worker that keeps what is in a folder.
 * @param {string} folder
 * @returns {Promise<Record<string, string>>} the files by name: their SHA-256
 */
export async function keep(folder) {
  const files = Object.fromEntries(readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'service-worker.js').map((entry) => join(entry.parentPath ?? entry.path, entry.name)).sort()
    .map((file) => [relative(folder, file).replaceAll('\\', '/'), sha256(readFileSync(file))]))
  const { transform } = await import('esbuild')
  const constants = { FILES: files, TYPES, POLICY, VERSION: sha256(JSON.stringify(files)) }
  const { code } = await transform(readFileSync(join(demo, 'service-worker.js'), 'utf8'),
    { define: Object.fromEntries(Object.entries(constants).map(([name, value]) => [name, JSON.stringify(value)])), minify: true, target: 'es2022' })
  writeFileSync(join(folder, 'service-worker.js'), code)
  return files
}

/**
 * Builds the page into a folder.
 * @param {string} [folder]
 * @returns {Promise<Record<string, string>>} the files by name: their SHA-256
 */
export async function build(folder = join(root, 'dist', 'demo')) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const page = readFileSync(join(demo, 'index.html'), 'utf8')
  const LINK = /(<(?:script|link)\b[^>]*?\b(?:src|href)=")([^":]+\.(?:js|css))(")/g
  const entries = [...page.matchAll(LINK)].map(([, , file]) => join(demo, file))
  const { outputs } = await bundle(entries, join(folder, CODE))

  const out = (/** @type {string} */ file) => `${CODE}/${named(join(demo, file))}${extname(file)}`
  const parts = new Set(entries.filter((file) => file.endsWith('.js')).flatMap((file) => imported(outputs, relative(root, join(folder, CODE, `${named(file)}.js`)))))
  const head = [`<meta http-equiv="content-security-policy" content="${POLICY}">`,
    ...[...parts].map((path) => `<link rel="modulepreload" href="${relative(folder, join(root, path))}">`)]
  const html = page.replace(LINK, (_, before, file, after) => before + out(file) + after)
    .replace(/(<meta charset="utf-8">)/i, (_, charset) => [charset, ...head].join('\n  '))
  if (!html.includes(POLICY)) throw new Error('demo/index.html has no <meta charset="utf-8">, after which the policy goes')
  writeFileSync(join(folder, 'index.html'), html)
  for (const file of ['manifest.webmanifest', 'icon.svg']) cpSync(join(demo, file), join(folder, file))
  for (const file of ['LICENSE', 'NOTICE']) cpSync(join(root, file), join(folder, `${file}.txt`))

  return keep(folder)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(async () => {
    const { values } = parseArgs({ options: { build: { type: 'boolean' }, port: { type: 'string' } } })
    const port = Number(values.port ?? 0)
    if (!(Number.isInteger(port) && port >= 0 && port < 65536)) {
      console.error(`--port is a whole number from 0 to 65535, given ${values.port}`)
      return 2
    }
    await setup()
    const folder = join(root, 'dist', 'demo')
    const files = await build(folder)
    const bytes = [...Object.keys(files), 'service-worker.js'].reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
    console.log(`dist/demo: ${Object.keys(files).length + 1} files, ${(bytes / 1e6).toFixed(2)} MB; any static host serves it, under any path`)
    if (values.build) return 0
    const { address } = await serve(folder, { port })
    console.log(`the page: ${address}   (ends with Ctrl+C)`)
  })
}
