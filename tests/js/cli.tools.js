// Running the command line in tests: a temporary folder, a process, and files made to measure.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { fileURLToPath } from 'node:url'

export const CLI = fileURLToPath(new URL('../../js/cli.js', import.meta.url))

/** A folder that goes away after the tests of the file. */
export function folder() {
  const path = mkdtempSync(join(tmpdir(), 'fecg-cli-'))
  after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** Runs `fecg ...args`. @returns {{ status, out, err, documents }} documents: lines of standard output as JSON */
export function fecg(args, { cwd, env } = {}) {
  const run = spawnSync(process.execPath, [CLI, ...args], { cwd, env: { ...process.env, ...env }, encoding: 'utf8', maxBuffer: 1 << 28, timeout: 120000 })
  if (run.error) throw run.error
  return {
    status: run.status, out: run.stdout, err: run.stderr,
    get documents() { return run.stdout.trimEnd().split('\n').map(line => JSON.parse(line)) },
  }
}

/** An MIT annotation file with a normal beat at each time. */
export function mitBeats(times, fs) {
  const words = []
  let last = 0
  for (const t of times) {
    const at = Math.round(t * fs), step = at - last
    if (step > 1023) words.push(59 << 10, step >> 16 & 0xffff, step & 0xffff, 1 << 10) // SKIP, then N
    else words.push(1 << 10 | step)
    last = at
  }
  words.push(0)
  return new Uint8Array(Uint16Array.from(words).buffer)
}
