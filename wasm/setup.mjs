// setup.mjs — from a fresh checkout to a built engine: installs what is missing, fetches cJSON's source,
// builds natively and as wasm. Plain node, nothing to install before it. With everything in place it
// takes about a second and needs no network. `npm run build` calls it; `npm start` and `npm test` too.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { accessSync, constants, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))
const build = join(root, 'build')

// What has to be on the PATH, and the Debian packages that bring it.
const TOOLS = [
  { tool: 'cmake', packages: ['cmake'] },
  { tool: 'ninja', packages: ['ninja-build'] },
  { tool: 'cc', packages: ['gcc', 'libc6-dev'] },
  { tool: 'emcc', packages: ['emscripten'] },
]
const BROWSERS = [
  { tool: 'chromium', or: ['chromium-browser', 'google-chrome'], packages: ['chromium'] },
  { tool: 'firefox-esr', or: ['firefox'], packages: ['firefox-esr'] },
]
const CHECKERS = [{ tool: 'xmllint', packages: ['libxml2-utils'] }]
const REDIS = [{ tool: 'redis-server', packages: ['redis-server'] }]

// cJSON's upstream releases as Debian carries them, by sha256 of the .orig.tar.gz. Debian's own revision
// changes with security updates; apt checks its patches against the archive's signature.
const CJSON = {
  '5308fd4bd90cef7aa060558514de6a1a4a0819974a26e6ed13973c5f624c24b2': '1.7.15',
  '3aa806844a03442c00769b83e99970be70fbef03735ff898f4811dd03b9f5ee5': '1.7.18',
}

/** A set-up step that cannot be done; the message says what a person should do. */
class SetupError extends Error {}

const onPath = (tool) => (process.env.PATH ?? '').split(delimiter).some((folder) => {
  try { accessSync(join(folder, process.platform === 'win32' ? tool + '.exe' : tool), constants.X_OK); return true } catch { return false }
})

/** Runs a command quietly; its output is shown only when it fails. */
export function command(program, args, options = {}) {
  const run = spawnSync(program, args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28, ...options, env: { ...process.env, ...options.env } })
  if (run.status === 0) return run.stdout
  throw new SetupError(`${program} ${args.join(' ')}\n${run.stdout ?? ''}${run.stderr ?? ''}${run.error ? run.error.message : ''}`)
}

export async function step(words, work) {
  const start = performance.now()
  process.stderr.write(`${words} ... `)
  await work()
  process.stderr.write(`${((performance.now() - start) / 1000).toFixed(1)} s\n`)
}

function missing(tools) {
  return tools.filter(({ tool, or = [] }) => ![tool, ...or].some(onPath))
}

async function installTools(tools) {
  const absent = missing(tools)
  if (absent.length === 0) return
  const packages = absent.flatMap((t) => t.packages)
  const isRoot = process.getuid?.() === 0
  const apt = [...(isRoot ? [] : ['sudo']), 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get']
  const install = [...apt, 'install', '-y', '--no-install-recommends', ...packages]
  const names = absent.map((t) => t.tool).join(', ')
  if (!onPath('apt-get')) {
    throw new SetupError(`Not found on the PATH: ${names}. Please install, then run this again:
  CMake 3.20 or newer, Ninja, a C11 compiler (gcc or clang), Emscripten 3.1.6 or newer
  macOS:   brew install cmake ninja emscripten   (and: xcode-select --install)
  Fedora:  dnf install cmake ninja-build gcc emscripten
  Arch:    pacman -S cmake ninja gcc emscripten
  others:  emsdk, https://emscripten.org/docs/getting_started/downloads.html, for emcc`)
  }
  const may = isRoot || (onPath('sudo') && (process.stdin.isTTY || spawnSync('sudo', ['-n', 'true']).status === 0))
  if (!may) throw new SetupError(`Not found on the PATH: ${names}. As root, run:\n  apt-get install ${packages.join(' ')}`)
  await step(`installing ${packages.join(' ')}`, () => {
    for (const [program, ...args] of [[...apt, 'update'], install]) command(program, args, { stdio: ['inherit', 'pipe', 'pipe'] })
  })
  const still = missing(tools)
  if (still.length) throw new SetupError(`Still not on the PATH after installing: ${still.map((t) => t.tool).join(', ')}`)
}

/** One process at a time: two runs of npm in one folder leave it empty. A lock whose owner has ended is taken over. */
async function alone(work) {
  const lock = join(build, 'npm.lock')
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' })
      break
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    try {
      process.kill(Number(readFileSync(lock, 'utf8')) || process.pid, 0)
      await new Promise((done) => setTimeout(done, 200))
    } catch {
      rmSync(lock, { force: true })
    }
  }
  try {
    return await work()
  } finally {
    rmSync(lock, { force: true })
  }
}

/**
 * npm's packages of a folder, as its lock file names them; of the root for development only: nothing of the engine or its
 * wrapper needs them.
 * @param {string} [folder]
 */
export async function installPackages(folder = root) {
  const lock = createHash('sha256').update(readFileSync(join(folder, 'package-lock.json'))).digest('hex')
  const mark = join(folder, 'node_modules', '.fetal-ecg-lock')
  const done = () => existsSync(mark) && readFileSync(mark, 'utf8') === lock
  if (done()) return
  await alone(async () => {
    if (done()) return
    await step(`installing npm packages${folder === root ? '' : ` of ${relative(root, folder)}`}`, () => {
      command('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, shell: process.platform === 'win32' })
      writeFileSync(mark, lock)
    })
  })
}

/** cJSON's source from Debian's archive, without touching the system's package lists: an own list that
 *  is the system's with deb replaced by deb-src. Gives false where that cannot be done. */
function cjsonFromDebian(folder) {
  if (!onPath('apt-get')) return false
  const work = join(build, 'cjson.apt')
  rmSync(work, { recursive: true, force: true })
  for (const d of ['parts', 'lists/partial', 'cache/archives/partial', 'source']) mkdirSync(join(work, d), { recursive: true })
  const etc = '/etc/apt'
  const lists = existsSync(`${etc}/sources.list.d`) ? readdirSync(`${etc}/sources.list.d`).map((f) => `${etc}/sources.list.d/${f}`) : []
  lists.push(`${etc}/sources.list`)
  for (const list of lists.filter((f) => /\.(list|sources)$/.test(f) && existsSync(f))) {
    const text = readFileSync(list, 'utf8').replace(/^deb(?=\s)/gm, 'deb-src').replace(/^(Types:).*$/gm, '$1 deb-src')
    writeFileSync(join(work, 'parts', list.split('/').pop()), text)
  }
  const options = ['Dir::Etc::sourcelist=/dev/null', `Dir::Etc::sourceparts=${work}/parts`, `Dir::State::lists=${work}/lists`,
    `Dir::Cache=${work}/cache`, ...(process.getuid?.() === 0 ? ['APT::Sandbox::User=root'] : [])].flatMap((o) => ['-o', o])
  // A list without sources makes the update fail as a whole; whether ours is there shows in the next step.
  spawnSync('apt-get', [...options, 'update'])
  const got = spawnSync('apt-get', [...options, 'source', '--download-only', 'cjson'], { cwd: join(work, 'source') })
  if (got.status !== 0) return false
  const files = readdirSync(join(work, 'source'))
  const orig = files.find((f) => f.endsWith('.orig.tar.gz'))
  const dsc = files.find((f) => f.endsWith('.dsc'))
  if (!orig || !dsc) return false
  const sha256 = createHash('sha256').update(readFileSync(join(work, 'source', orig))).digest('hex')
  if (!CJSON[sha256]) return false
  command('dpkg-source', ['--no-check', '-x', dsc, join(work, 'cjson')], { cwd: join(work, 'source') })
  renameSync(join(work, 'cjson'), folder)
  rmSync(work, { recursive: true, force: true })
  return true
}

/** Where the cJSON source is, or '' for CMake to download the pinned upstream release. */
async function cjson(tools) {
  const folder = join(build, 'cjson')
  const downloaded = join(build, 'native', '_deps', 'cjson-src')
  for (const there of [folder, downloaded]) if (existsSync(join(there, 'cJSON.c'))) return there
  if (!onPath('apt-get')) return ''
  await installTools([...tools, { tool: 'dpkg-source', packages: ['dpkg-dev'] }])
  let done = false
  await step('fetching the source of cJSON', () => { done = cjsonFromDebian(folder) })
  return done ? folder : ''
}

function emscriptenToolchain() {
  const emcc = (process.env.PATH ?? '').split(delimiter).map((f) => join(f, 'emcc')).find(existsSync)
  const places = [dirname(realpathSync(emcc)), '/usr/share/emscripten', join(dirname(realpathSync(emcc)), '..', 'libexec')]
  const file = places.map((p) => join(p, 'cmake', 'Modules', 'Platform', 'Emscripten.cmake')).find(existsSync)
  if (!file) throw new SetupError(`Emscripten.cmake not found beside ${emcc}`)
  return file
}

/** Configures (once) and builds targets of build/NAME. */
async function cmakeBuild(name, settings, ...targets) {
  const folder = join(build, name)
  const cache = join(folder, 'CMakeCache.txt')
  const env = {}
  // Debian's emscripten finds its JavaScript packages here only when told.
  if (existsSync('/usr/share/nodejs/acorn')) env.NODE_PATH = [process.env.NODE_PATH, '/usr/share/nodejs'].filter(Boolean).join(delimiter)
  if (existsSync(cache) && !readFileSync(cache, 'utf8').includes(`CMAKE_HOME_DIRECTORY:INTERNAL=${root.replace(/\/$/, '')}\n`))
    rmSync(folder, { recursive: true }) // made for a folder of another name
  await step(`building ${name}`, () => {
    if (!existsSync(join(folder, 'build.ninja')))
      command('cmake', ['-G', 'Ninja', '-S', root, '-B', folder, ...Object.entries(settings).map(([k, v]) => `-D${k}=${v}`)], { env })
    command('cmake', ['--build', folder, '--target', ...targets], { env })
  })
}

/**
 * Everything that `npm start` needs: the native library and the wasm module. `programs`: the C tests and
 * tools too; `asan`: these with sanitizers; `browser`: Chromium and Firefox;
 * `demo`: Redis.
 * @param {{ programs?: boolean, asan?: boolean, browser?: boolean, demo?: boolean }} [needs]
 */
export async function setup({ programs = false, asan = false, browser = false, demo = false } = {}) {
  if (Number(process.versions.node.split('.')[0]) < 20) throw new SetupError(`node ${process.versions.node} is too old; please install node 20 or newer`)
  mkdirSync(build, { recursive: true })
  // Tests that need a browser, a checker or a server say so when they have none; where apt-get can bring it, they have one.
  const tools = onPath('apt-get') ? [...TOOLS, ...(browser ? BROWSERS : []), ...(demo ? REDIS : []), ...(programs ? CHECKERS : [])] : TOOLS
  await installTools(tools)
  await installPackages()
  const source = await cjson(tools)
  await cmakeBuild('native', source ? { FECG_CJSON_DIR: source } : {}, programs ? 'all' : 'fecg')
  const settings = { FECG_CJSON_DIR: source || join(build, 'native', '_deps', 'cjson-src') }
  await cmakeBuild('wasm', { ...settings, CMAKE_TOOLCHAIN_FILE: emscriptenToolchain(), CMAKE_CROSSCOMPILING_EMULATOR: process.execPath }, programs ? 'all' : 'fecg_modules')
  if (asan) await cmakeBuild('asan', { ...settings, FECG_SANITIZE: 'ON' }, 'all')
  takeModules()
}

/** The modules that were built, into dist; and js/relaxed.js, which says whether the one with relaxed SIMD is among them. */
function takeModules() {
  mkdirSync(join(root, 'dist'), { recursive: true })
  const [plain, relaxed] = ['fecg.wasm', 'fecg.relaxed.wasm']
  copyFileSync(join(build, 'wasm', plain), join(root, 'dist', plain))
  const built = existsSync(join(build, 'wasm', relaxed))
  if (built) copyFileSync(join(build, 'wasm', relaxed), join(root, 'dist', relaxed))
  else rmSync(join(root, 'dist', relaxed), { force: true })
  const text = `// relaxed.js — written by wasm/setup.mjs: where the module with relaxed SIMD lies, if the package has one.
/** @type {(() => URL) | null} */
export const relaxed = ${built ? `() => new URL('../dist/${relaxed}', import.meta.url)` : 'null'}
`
  const file = join(root, 'js', 'relaxed.js')
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text)
}

/** Runs work as a program: a failed set-up gives its message, not a stack. */
export async function main(work) {
  try {
    process.exitCode = await work()
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    process.stderr.write(`\n${error.message}\n`)
    process.exitCode = 1
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(() => setup())
