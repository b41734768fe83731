// The bill of materials and the licences: what CycloneDX requires is there, all that is linked has a version and stands in NOTICE, and
// nothing under the GPL ships or is needed to build.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { app } from '../../wasm/pack.mjs'
import { licences, sbom } from '../../wasm/sbom.mjs'
import { root } from '../js/helpers.js'

const packed = join(app, 'node_modules', 'fetal-ecg')
const bom = sbom()

test('the bill of materials has what CycloneDX 1.5 requires', () => {
  assert.deepEqual([bom.bomFormat, bom.specVersion, bom.version], ['CycloneDX', '1.5', 1])
  assert.match(bom.serialNumber, /^urn:uuid:[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/)
  assert.ok(!Number.isNaN(Date.parse(bom.metadata.timestamp)))
  const { component } = bom.metadata
  const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  assert.deepEqual([component.type, component.name, component.version, component.purl], ['library', name, version, `pkg:npm/${name}@${version}`])
  const refs = [component, ...bom.components].map((c) => c['bom-ref'])
  assert.equal(new Set(refs).size, refs.length)
  for (const { type, name, licenses } of bom.components) {
    assert.ok(['library', 'file', 'machine-learning-model'].includes(type) && name, name)
    assert.ok(licenses.every((/** @type {any} */ l) => Boolean(l.license?.id) !== Boolean(l.expression)), name)
  }
  assert.deepEqual(bom.dependencies.map((/** @type {any} */ d) => d.ref).sort(), [...refs].sort())
  for (const { dependsOn } of bom.dependencies) for (const ref of dependsOn) assert.ok(refs.includes(ref), ref)
})

test('it has the modules and weights of the tarball, by their bytes, and what is linked, each in NOTICE', () => {
  const files = bom.components.filter((/** @type {any} */ c) => c.type !== 'library')
  assert.deepEqual(files.map((/** @type {any} */ c) => c.name).sort(), [...readdirSync(join(packed, 'dist')).filter((f) => f.endsWith('.wasm')).map((f) => `dist/${f}`),
    'models/ecgnet/ecgnet.safetensors', 'models/fhnet/fhnet.safetensors'].sort())
  for (const { name, hashes: [{ content }] } of files) assert.equal(createHash('sha256').update(readFileSync(join(packed, name))).digest('hex'), content, name)
  const notice = readFileSync(join(packed, 'NOTICE'), 'utf8')
  const linked = bom.components.filter((/** @type {any} */ c) => c.type === 'library')
  assert.deepEqual(linked.map((/** @type {any} */ c) => c.name), ['cJSON', 'musl', 'emscripten', 'compiler-rt'])
  for (const { name, version } of linked) {
    assert.match(version, /\d+\.\d+\.\d+/, name)
    assert.match(notice, new RegExp(`^ +${name} `, 'mi'))
  }
})

test('nothing is under the GPL; every package states its licence', () => {
  const found = licences()
  assert.ok([...found.values()].reduce((n, names) => n + names.size, 0) > 300)
  assert.deepEqual([...found.keys()].filter((l) => /GPL|not stated|UNLICENSED/i.test(l)), [])
})
