// The guides as a stranger follows them: their files and commands as they stand in docs/node.md and docs/browser.md, in an empty folder
// with the packed package; the page plain and built by vite, under its own policy, and offline.
import assert from 'node:assert/strict'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { basename, extname, join } from 'node:path'
import { after, test } from 'node:test'
import * as vite from 'vite'
import { TYPES } from '../../demo/serve.mjs'
import { app, tarball } from '../../wasm/pack.mjs'
import { launch, skip } from '../browser/browsers.js'
import { root } from '../js/helpers.js'
import { blocksOf, run } from './markdown.js'

const folder = mkdtempSync(join(app, 'guide-')), empty = mkdtempSync(join(tmpdir(), 'fecg-guide-'))
after(() => [folder, empty].forEach((f) => rmSync(f, { recursive: true, force: true })))

/** The blocks of a guide; those that are files are put into a folder. @param {string} name @param {string} into */
function guide(name, into) {
  const blocks = blocksOf(readFileSync(join(root, 'docs', `${name}.md`), 'utf8'))
  for (const { file, code } of blocks) if (file && extname(file) !== '.sh') writeFileSync(join(into, file), code)
  return { blocks, of: (/** @type {string} */ ending) => blocks.filter(({ file }) => file && extname(file) === ending) }
}

test('docs/node.md: its commands and programs', async () => {
  const into = folder, { blocks, of } = guide('node', into)
  for (const { code } of of('.sh')) run('sh', ['-e', '-c', code], into)
  for (const file of ['night-fetal.edf', 'night.fhir.json', 'night.fqrs']) assert.ok(statSync(join(into, file)).size > 0, file)
  assert.equal(JSON.parse(readFileSync(join(into, 'night.json'), 'utf8')).schema, 'fecg.extract/1')
  const printed = Object.fromEntries(of('.mjs').map(({ file }) => [file, run('node', [file], into)]))
  assert.equal(printed['read.mjs'], blocks.find(({ language }) => !language)?.code)
  assert.equal(printed['signals.mjs'], '60 s\n')
  assert.equal(statSync(join(into, 'fetal.f32')).size, 60 * 500 * 4 * 4)
  assert.ok(printed['live.mjs'].trim().split('\n').length >= 20, printed['live.mjs']) // a frame a second, once 10 s are there
  assert.match(printed['live.mjs'], /^[\d.]+ live [\d.]+/m)
  assert.match(printed['thread.mjs'], /^\d\d maternal beats$/m)
  assert.match(printed['errors.mjs'], /^FORMAT \d+ ./)
  assert.equal(Object.keys(printed).length, 5)
})

test('docs/node.md: its TypeScript compiles under strict', () => {
  const into = folder
  writeFileSync(join(into, 'tsconfig.json'), JSON.stringify({ compilerOptions: { strict: true, noEmit: true, module: 'nodenext', target: 'es2022', lib: ['es2022'],
    types: ['node'], typeRoots: [join(root, 'node_modules', '@types')] }, files: ['rate.ts'] }))
  run('node', [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', into], into)
})

/** A static host without any header of its own. @param {string} folder */
async function host(folder) {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    const file = join(folder, path === '/' ? 'index.html' : path)
    if (!existsSync(file)) return response.writeHead(path === '/favicon.ico' ? 204 : 404).end()
    response.setHeader('content-type', TYPES[/** @type {keyof typeof TYPES} */ (extname(file))] ?? 'application/octet-stream')
    response.end(readFileSync(file))
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', () => done(undefined)))
  return { address: `http://localhost:${/** @type {any} */ (server.address()).port}/`, close: () => new Promise((done) => { server.close(done); server.closeAllConnections() }) }
}

test('docs/browser.md: the page, plain and built by vite, and without a network', { skip: skip('chromium') }, async () => {
  const into = empty, { of } = guide('browser', into)
  copyFileSync(tarball, join(into, basename(tarball)))
  const shell = (/** @type {string} */ name) => run('sh', ['-e', '-c', of('.sh').find(({ file }) => file === name)?.code ?? ''], into)
  shell('install.sh')
  shell('list.sh')
  run('fecg', ['simulate', 'night.edf', '--seconds', '30', '--seed', '5'], into)
  const browser = await launch('chromium')
  const hosts = /** @type {{ close(): Promise<unknown> }[]} */ ([])
  /** What the page says of a file, chosen as a person does. @param {any} page */
  const answer = async (page, icon = /^$/) => {
    await page.until('the page takes files', () => Boolean(document.querySelector('input')?.onchange))
    await page.page.setInputFiles('input', join(into, 'night.edf'))
    const words = await page.until('the page answers', () => document.querySelector('[role=status]')?.textContent)
    assert.match(words, /^\d+ bpm, \d+ beats$/, page.errors.join('\n'))
    assert.deepEqual([page.errors.filter((/** @type {string} */ e) => !icon.test(e)), await page.violations()], [[], []])
    return words
  }
  /** Its answer, and the same without a network. @param {any} page @param {{ address: string, close(): Promise<unknown> }} server */
  const both = async (page, server) => {
    const online = await answer(page)
    await page.until('its service worker has all', () => navigator.serviceWorker.ready.then(() => true))
    await server.close()
    await page.goto(server.address)
    assert.equal(await answer(page, /ERR_FAILED/), online, 'the same without a network') // the icon that browsers ask for is not there then
    await page.close()
    return online
  }
  try {
    const server = await host(into)
    hosts.push(server)
    const page = await browser.page()
    await page.goto(server.address)
    const online = await both(page, server)

    const script = readFileSync(join(into, 'page.js'), 'utf8'), built = join(into, 'dist')
    writeFileSync(join(into, 'page.js'), readFileSync(join(into, 'first-line.js'), 'utf8') + script.slice(script.indexOf('\n') + 1))
    mkdirSync(join(into, 'public'))
    copyFileSync(join(into, 'offline.js'), join(into, 'public', 'offline.js'))
    await vite.build({ root: into, configFile: false, logLevel: 'error', build: { outDir: built } })
    shell('built.sh')
    const other = await host(built)
    hosts.push(other)
    const second = await browser.page()
    await second.goto(other.address)
    assert.equal(await both(second, other), online, 'the same built')
  } finally {
    await browser.close()
    for (const { close } of hosts) await close()
  }
})
