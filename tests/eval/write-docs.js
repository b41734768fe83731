/**
 * Runs the commands that stand in a document and writes their output under them: every fenced block
 * that begins with "$ command" is filled anew, so that no figure is copied by hand.
 * Usage: node tests/eval/write-docs.js docs/accuracy.md
 */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'

for (const file of process.argv.slice(2)) {
  const text = readFileSync(file, 'utf8').replace(/^```console\n\$ (.+)\n[^]*?^```$/gm, (_, command) => {
    console.error(`$ ${command}`)
    const run = spawnSync(command, { shell: true, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 1 << 26 })
    if (run.status !== 0) throw new Error(`${command}: status ${run.status}`)
    return `\`\`\`console\n$ ${command}\n\n${run.stdout.trim()}\n\`\`\``
  })
  writeFileSync(file, text)
}
