// sbom.mjs — `npm run sbom`: build/sbom.cdx.json, what is in the published package, as CycloneDX 1.5: the compiled modules and weights
// with their SHA-256, and what is linked into the modules, of the versions that this machine built with. NOTICE has their terms.
// And a count of the licences of what the checkout's lock files name for building and testing. `npm sbom`, which older npm has not,
// lists dependencies: there are none.
import { createHash, randomUUID } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, realpathSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { command, main, root, setup } from './setup.mjs'

/** Where it is written. */
export const file = join(root, 'build', 'sbom.cdx.json')

const text = (/** @type {string} */ path) => readFileSync(path, 'utf8')
/** What the linker takes from outside (`emcc -Wl,--trace` lists it), by where its version stands. */
function linked() {
  const cjson = [join(root, 'build', 'cjson', 'cJSON.h'), join(root, 'build', 'native', '_deps', 'cjson-src', 'cJSON.h')].find(existsSync)
  const emcc = (process.env.PATH ?? '').split(delimiter).map((f) => join(f, 'emcc')).find(existsSync)
  const home = emcc && [dirname(realpathSync(emcc)), '/usr/share/emscripten', join(dirname(realpathSync(emcc)), '..', 'libexec')].find((f) => existsSync(join(f, 'system', 'lib')))
  const emscripten = emcc && command('emcc', ['--version']).match(/emcc .*?(\d+\.\d+\.\d+)/)?.[1]
  const musl = home && existsSync(join(home, 'system/lib/libc/musl/VERSION')) ? text(join(home, 'system/lib/libc/musl/VERSION')).trim() : undefined
  const versionOf = (/** @type {string} */ header) => ['MAJOR', 'MINOR', 'PATCH'].map((part) => header.match(new RegExp(`CJSON_VERSION_${part} (\\d+)`))?.[1]).join('.')
  return [
    { name: 'cJSON', version: cjson && versionOf(text(cjson)), licence: { license: { id: 'MIT' } }, purl: 'pkg:github/DaveGamble/cJSON@v', url: 'https://github.com/DaveGamble/cJSON', what: 'JSON, read and written' },
    { name: 'musl', version: musl, licence: { license: { id: 'MIT' } }, purl: 'pkg:generic/musl@', url: 'https://musl.libc.org', what: "the C library, as Emscripten carries it" },
    { name: 'emscripten', version: emscripten, licence: { expression: 'MIT OR NCSA' }, purl: 'pkg:github/emscripten-core/emscripten@', url: 'https://emscripten.org', what: 'emmalloc, sbrk and the start of a module' },
    { name: 'compiler-rt', version: emscripten && `emscripten-${emscripten}`, licence: { expression: 'Apache-2.0 WITH LLVM-exception' }, purl: 'pkg:generic/compiler-rt@', url: 'https://llvm.org', what: 'arithmetic of 128 bits' },
  ].map(({ name, version, licence, purl, url, what }) => ({
    type: 'library', 'bom-ref': `${name}@${version ?? 'unknown'}`, name, ...version && { version, purl: purl + version }, scope: 'required', description: what,
    licenses: [licence], externalReferences: [{ type: 'website', url }],
  }))
}

/** A file of the package, by its bytes. @param {string} type @param {string} path from the root */
const shipped = (type, path) => ({
  type, 'bom-ref': path, name: path, hashes: [{ alg: 'SHA-256', content: createHash('sha256').update(readFileSync(join(root, path))).digest('hex') }], licenses: [{ license: { id: 'MIT' } }],
})

/** The bill of materials. */
export function sbom() {
  const { name, version, description, license, files, dependencies = {} } = JSON.parse(text(join(root, 'package.json')))
  if (Object.keys(dependencies).length) throw new Error('the package has dependencies now: their components are missing here')
  const self = `${name}@${version}`, parts = linked()
  const modules = readdirSync(join(root, 'dist')).filter((f) => f.endsWith('.wasm')).map((f) => `dist/${f}`)
  const weights = /** @type {string[]} */ (files).filter((f) => f.endsWith('.safetensors'))
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json', bomFormat: 'CycloneDX', specVersion: '1.5', serialNumber: `urn:uuid:${randomUUID()}`, version: 1,
    metadata: {
      timestamp: new Date().toISOString(), lifecycles: [{ phase: 'build' }],
      component: { type: 'library', 'bom-ref': self, name, version, description, purl: `pkg:npm/${self}`, licenses: [{ license: { id: license } }] },
    },
    components: [...modules.map((f) => shipped('file', f)), ...weights.map((f) => shipped('machine-learning-model', f)), ...parts],
    dependencies: [
      { ref: self, dependsOn: [...modules, ...weights] },
      ...modules.map((ref) => ({ ref, dependsOn: parts.map((part) => part['bom-ref']) })),
      ...[...weights, ...parts.map((part) => part['bom-ref'])].map((ref) => ({ ref, dependsOn: [] })),
    ],
  }
}

/** Licences that lock files name, with their packages: of what builds and tests, and of the servers of demo. @returns {Map<string, Set<string>>} */
export function licences() {
  const found = new Map()
  const folders = ['.', 'tests/package', ...readdirSync(join(root, 'demo')).map((f) => `demo/${f}`)].filter((f) => existsSync(join(root, f, 'package-lock.json')))
  for (const folder of folders) {
    for (const [path, { license, link }] of Object.entries(JSON.parse(text(join(root, folder, 'package-lock.json'))).packages)) {
      const name = path.replace(/^.*node_modules\//, '')
      if (!path.includes('node_modules/') || link || name === 'fetal-ecg') continue
      const key = license ?? 'not stated'
      if (!found.has(key)) found.set(key, new Set())
      found.get(key).add(name)
    }
  }
  return found
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(async () => {
    await setup()
    const bom = sbom()
    writeFileSync(file, `${JSON.stringify(bom, null, 2)}\n`)
    console.log(`${file}\n\nIn the package:`)
    for (const { name, version, licenses: [{ license, expression }] } of bom.components) console.log(`  ${[name, version].filter(Boolean).join(' ')}, ${license?.id ?? expression}`)
    console.log('\nFor building and testing, and for the servers of demo:')
    for (const [licence, names] of [...licences()].sort((a, b) => b[1].size - a[1].size)) console.log(`  ${licence}: ${names.size}${names.size < 4 ? ` (${[...names].join(', ')})` : ''}`)
  })
}
