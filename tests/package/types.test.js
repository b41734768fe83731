// The declarations of the packed package, strictly: programs for node, a page, a worker and a bundler compile that use what the package
// has, under each kind of module resolution, and wrong uses do not (@ts-expect-error). The library's own declarations are checked too.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { app } from '../../wasm/pack.mjs'
import { root } from '../js/helpers.js'

const folder = mkdtempSync(join(app, 'types-'))
after(() => rmSync(folder, { recursive: true }))
cpSync(fileURLToPath(new URL('types', import.meta.url)), folder, { recursive: true })
cpSync(join(root, 'tests', 'types', 'use.ts'), join(folder, 'use.ts'))
writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n')
mkdirSync(join(folder, 'node_modules'))
for (const name of ['@types', 'undici-types']) symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name), 'junction')

const BUNDLER = { module: 'ESNext', moduleResolution: 'bundler' }
const NODE = { module: 'NodeNext', moduleResolution: 'NodeNext' }

for (const [what, file, options] of [
  ['a program for node', 'node.ts', { ...NODE, lib: ['ES2022'], types: ['node'] }],
  ['a page that is bundled', 'browser.ts', { ...BUNDLER, lib: ['ES2022', 'DOM'] }],
  ['a page that is not', 'browser.ts', { ...NODE, lib: ['ES2022', 'DOM'] }],
  ['a worker that is bundled', 'worker.ts', { ...BUNDLER, lib: ['ES2022', 'WebWorker'] }],
  ['what stands in tests/types', 'use.ts', { ...BUNDLER, lib: ['ES2022', 'DOM'] }],
]) {
  test(`${what} compiles, strictly`, () => {
    const config = join(folder, 'tsconfig.json')
    const strict = { target: 'ES2022', types: [], strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, noEmit: true }
    writeFileSync(config, JSON.stringify({ compilerOptions: { ...strict, ...options }, files: [file] }))
    const { status, stdout, error } = spawnSync(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', config], { encoding: 'utf8' })
    assert.equal(status, 0, error?.message ?? stdout)
  })
}
