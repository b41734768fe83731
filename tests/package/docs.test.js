// The reference and its examples: docs/api is what `npm run docs` writes, tells of every export of the packed package, and what it
// shows runs. Links of every document lead somewhere.
import assert from 'node:assert/strict'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { pages } from '../../docs/write-api.mjs'
import { app } from '../../wasm/pack.mjs'
import { root } from '../js/helpers.js'
import { anchors, blocksOf, run } from './markdown.js'

const api = join(root, 'docs', 'api')
const packed = join(app, 'node_modules', 'fetal-ecg')
const text = (/** @type {string} */ file) => readFileSync(file, 'utf8')
const { simd } = await (await import(pathToFileURL(join(packed, 'js', 'index.js')).href)).load(), relaxed = simd !== 'simd128'

test('docs/api is what `npm run docs` writes', () => {
  const written = pages()
  assert.deepEqual(readdirSync(api).sort(), [...written.keys()].sort())
  for (const [file, expected] of written) assert.equal(text(join(api, file)), expected, `docs/api/${file} is not that of the JSDoc: npm run docs`)
})

test('every export of the package has a place in docs/api', async () => {
  const { exports } = JSON.parse(text(join(packed, 'package.json')))
  let found = 0
  for (const entry of ['.', './worker', './export', './serial', './batch']) {
    const page = text(join(api, `${entry === '.' ? 'fetal-ecg' : entry.slice(2)}.md`))
    for (const name of Object.keys(await import(pathToFileURL(join(packed, exports[entry].default)).href))) {
      assert.match(page, new RegExp(`(^## ${name}\\b|\\[${name}\\]\\(fetal-ecg\\.md#)`, 'm'), `${entry} exports ${name}`)
      found++
    }
  }
  assert.ok(found > 30)
})

test('the examples of docs/api run, and those of the README, of live and of exports', () => {
  const shown = readdirSync(api).flatMap((file) => blocksOf(text(join(api, file))).filter(({ language }) => language === 'js'))
  assert.ok(shown.length >= 15)
  const inside = (/** @type {string} */ file, after = '') => blocksOf(text(join(root, file)).split(after).slice(after ? 1 : 0).join('')).filter(({ language }) => language === 'js')
  const [readme, live, exports] = [inside('README.md', '\n## From JavaScript\n').slice(0, 2).map(({ code }) => code).join(''), inside('docs/live.md')[0].code, inside('docs/exports.md')[0].code]
  assert.match(readme, /classify[^]*stream/)
  const file = join(app, 'documents.mjs'), given = join(app, 'examples.mjs')
  copyFileSync(new URL('examples.js', import.meta.url), given)
  const programs = [...shown.map(({ code }) => code), readme, live, exports].map((code) => code.replace(/^import (\{.*\}) from ('.*')$/gm, 'const $1 = await import($2)'))
  writeFileSync(file, `import * as given from './examples.mjs'
const { fecg, samples, recording, result, leads, file, ecg, show } = given
${programs.map((code) => `await (async () => {\n${code}\n})()`).join('\n')}
console.log('shown', given.shown)
`)
  const printed = run('node', [file], app)
  rmSync(file)
  rmSync(given)
  assert.match(printed, /^0\.1\.0 (simd128|relaxed)$/m)
  assert.match(printed, /^165 true$/m)
  assert.match(printed, /\d+ bpm, \d+ beats/)
  assert.ok(Number(printed.match(/^shown (\d+)$/m)?.[1]) > 10, 'progress and frames')
})

const under = (/** @type {string} */ folder) => readdirSync(folder, { withFileTypes: true })
  .flatMap((f) => (f.isDirectory() && f.name !== 'node_modules' ? under(join(folder, f.name)) : f.name.endsWith('.md') ? [join(folder, f.name)] : []))
const documents = [...readdirSync(root).filter((f) => f.endsWith('.md')).map((f) => join(root, f)), ...['docs', 'demo', 'models'].flatMap((f) => under(join(root, f)))]

test('commands that documents name have the options that they are given', () => {
  const packages = [root, ...readdirSync(join(root, 'demo')).map((f) => join(root, 'demo', f))].map((f) => join(f, 'package.json')).filter(existsSync)
  const scripts = new Set(packages.flatMap((file) => Object.keys(JSON.parse(text(file)).scripts ?? {})))
  const helps = new Map(), known = (/** @type {string} */ command) => {
    if (!helps.has(command)) helps.set(command, run('node', [join(root, 'js', 'cli.js'), command, '--help'], root))
    return helps.get(command)
  }
  let checked = 0
  for (const document of documents) {
    let folder = ''
    for (const line of text(document).replaceAll(/\\\n\s*/g, ' ').split('\n')) {
      const where = `${relative(root, document)}: ${line}`
      for (const [, name] of line.matchAll(/npm run (?:--silent )?([a-z:]+)/g)) assert.ok(scripts.has(name), where)
      folder = line.match(/cd models\/(\w+)/)?.[1] ?? folder
      const shown = line.replace(/ # .*| \| .*/, '')
      const [, program, command, given] = shown.match(/^\s*(?:\$ )?(python|fecg|npx fecg|node js\/cli\.js) (\S+)(.*)/) ?? []
      if (!program || (program === 'python' && !folder) || !/^[a-z]/.test(command)) continue
      const help = program === 'python' ? text(join(root, 'models', folder, command)) : known(command)
      for (const [option] of given.matchAll(/--(?!help)[a-z][\w-]*/g)) {
        assert.ok(new RegExp(`${option}(?![\\w-])`).test(help), `${where} (${option})`)
        checked++
      }
    }
  }
  assert.ok(checked > 40, String(checked))
})

test('links of documents lead to files and headings that are there', () => {
  assert.ok(documents.length > 20)
  for (const document of documents) {
    const plain = text(document).replace(/^```[^]*?^```$/gm, '').replace(/`[^`\n]*`/g, '')
    for (const [, target] of plain.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
      const [path, heading] = target.split('#')
      const file = path ? join(dirname(document), path) : document
      const from = `${relative(root, document)} links to ${target}`
      assert.ok(existsSync(file), from)
      if (heading) assert.ok(statSync(file).isFile() && anchors(text(file)).has(heading), from)
    }
  }
})

test('the pictures of the README are those that its commands draw', { skip: relaxed ? 'with relaxed SIMD last digits may differ' : false }, () => {
  const folder = mkdtempSync(join(app, 'pictures-'))
  const fecg = (/** @type {string} */ line) => run('node', [join(packed, 'js', 'cli.js'), ...line.split(' ')], folder)
  const told = text(join(root, 'README.md'))
  const [, simulate, extract] = told.match(/^\*`fecg (simulate example\.edf [^`]*)`, then `fecg (extract example\.edf --figure example\.svg)`/m) ?? []
  const [, person] = told.match(/^\$ node js\/cli\.js (simulate build\/rbbb\.edf .*?) 2>/m) ?? []
  fecg(simulate)
  fecg(extract)
  fecg(person.replace('build/', ''))
  fecg('classify rbbb.edf --figure example-ecg.svg')
  for (const file of ['example.svg', 'example-ecg.svg']) assert.ok(text(join(folder, file)) === text(join(root, 'docs', file)), `docs/${file} is not what its command draws`)
  rmSync(folder, { recursive: true })
})

test('the documents are of this version', () => {
  const { version } = JSON.parse(text(join(root, 'package.json')))
  assert.match(text(join(root, 'CITATION.cff')), new RegExp(`^version: ${version.replaceAll('.', '\\.')}$`, 'm'))
  assert.match(text(join(root, 'CHANGELOG.md')), new RegExp(`^## ${version.replaceAll('.', '\\.')}\\b`, 'm'))
})
