// run.mjs — `npm test`: sets up, then every suite: the C tests natively, with sanitizers and as wasm under
// node; the types; the JavaScript tests; the packed tarball in every runtime; the servers of demo;
// the browser. `npm test -- wasm js` runs only those suites.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pack } from '../wasm/pack.mjs'
import { installPackages, main, root, setup } from '../wasm/setup.mjs'

/** Runs a program, shows its output as it comes, and gives it back too. */
function run(program, args, env = {}) {
  return new Promise((resolve) => {
    let output = ''
    const child = spawn(program, args, { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const [from, to] of [[child.stdout, process.stdout], [child.stderr, process.stderr]]) {
      from.on('data', (piece) => { output += piece; to.write(piece) })
    }
    child.on('error', (error) => resolve({ ok: false, output: String(error) }))
    child.on('close', (status) => resolve({ ok: status === 0, output }))
  })
}

const count = (output, pattern) => Number(output.match(pattern)?.[1] ?? 0)

async function ctest(build) {
  const { ok, output } = await run('ctest', ['--test-dir', join('build', build), '--output-on-failure', '--no-tests=error', '-j', '2'],
    { UBSAN_OPTIONS: 'print_stacktrace=1' })
  const failed = count(output, /(\d+) tests? failed out of \d+/)
  return { passed: count(output, /tests failed out of (\d+)/) - failed, failed: failed || (ok ? 0 : 1), skipped: [] }
}

/** @param {string} folder @param {number} [at_once] of its files; node alone takes one less than there are cores */
async function nodeTest(folder, at_once) {
  const files = readdirSync(join(root, folder)).filter((f) => f.endsWith('.test.js')).map((f) => join(folder, f))
  const tap = join(root, 'build', 'tests.tap') // beside what a person reads, the same for counting
  const { ok } = await run(process.execPath, ['--test', ...(at_once ? [`--test-concurrency=${at_once}`] : []), '--test-reporter=spec', '--test-reporter-destination=stdout',
    '--test-reporter=tap', `--test-reporter-destination=${tap}`, ...files])
  const output = readFileSync(tap, 'utf8')
  const failed = count(output, /^# fail (\d+)/m) + count(output, /^# cancelled (\d+)/m)
  const skipped = [...output.matchAll(/^ *ok \d+ - (.*?) # SKIP *(.*)$/gm)].map(([, name, why]) => `${name}: ${why}`)
  return { passed: count(output, /^# pass (\d+)/m), failed: failed || (ok ? 0 : 1), skipped }
}

/** The package's own types, then a program that uses them as they are published. */
async function types() {
  const result = { passed: 0, failed: 0, skipped: [] }
  for (const project of ['tsconfig.json', join('tests', 'types', 'tsconfig.json')]) {
    const { ok } = await run(process.execPath, [join('node_modules', 'typescript', 'bin', 'tsc'), '-p', project])
    result[ok ? 'passed' : 'failed']++
    console.log(`${ok ? 'passed' : 'FAILED'} ${project}`)
  }
  return result
}

const SUITES = {
  native: () => ctest('native'),
  asan: () => ctest('asan'),
  wasm: () => ctest('wasm'),
  types,
  js: () => nodeTest('tests/js', 2),
  training: () => nodeTest('tests/training'),
  package: () => nodeTest('tests/package'),
  demo: () => nodeTest('tests/demo'),
  browser: () => nodeTest('tests/browser'),
}

await main(async () => {
  const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(SUITES)
  const unknown = names.find((n) => !SUITES[n])
  if (unknown) {
    console.error(`no suite ${unknown}; there are: ${Object.keys(SUITES).join(', ')}`)
    return 2
  }
  await setup({ programs: true, asan: names.includes('asan'), browser: names.includes('browser') || names.includes('package'), demo: names.includes('demo') })
  if (names.includes('package')) await installPackages(join(root, 'tests', 'package'))
  if (names.includes('package')) await pack()
  if (names.includes('demo')) {
    for (const folder of readdirSync(join(root, 'demo')).map((f) => join(root, 'demo', f))) if (existsSync(join(folder, 'package-lock.json'))) await installPackages(folder)
  }
  const lines = []
  const skipped = []
  let passed = 0, failed = 0
  for (const name of names) {
    console.log(`\n=== ${name}`)
    const start = performance.now()
    const result = await SUITES[name]()
    lines.push(`${name.padEnd(8)} ${result.passed} passed, ${result.failed} failed, ${result.skipped.length} skipped, ${((performance.now() - start) / 1000).toFixed(0)} s`)
    skipped.push(...result.skipped.map((s) => `SKIPPED  ${name}: ${s}`))
    passed += result.passed
    failed += result.failed
  }
  console.log(`\n${[...lines, ...skipped].join('\n')}\n${passed} passed, ${failed} failed, ${skipped.length} skipped`)
  return failed ? 1 : 0
})
