/**
 * Runs the commands that stand in a document and writes their output under them: every fenced block
 * that begins with "$ command" is filled anew, so that no figure is copied by hand; each as soon as it is there.
 * Usage: node tests/eval/write-docs.js docs/accuracy.md [--only TEXT]      # only commands that hold TEXT
 */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

const { values: { only = '' }, positionals } = parseArgs({ options: { only: { type: 'string' } }, allowPositionals: true })
for (const file of positionals) {
  for (const [, command] of readFileSync(file, 'utf8').matchAll(/^```console\n\$ (.+)$/gm)) {
    if (!command.includes(only)) continue
    console.error(`$ ${command}`)
    const run = spawnSync(command, { shell: true, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 1 << 26 })
    if (run.status !== 0) throw new Error(`${command}: status ${run.status}`)
    const head = `\`\`\`console\n$ ${command}\n`
    const text = readFileSync(file, 'utf8'), from = text.indexOf(head), to = text.indexOf('\n```\n', from + head.length)
    if (from < 0 || to < 0) throw new Error(`${file}: the block of ${command} is not closed`)
    writeFileSync(file, `${text.slice(0, from)}${head}\n${run.stdout.trim()}${text.slice(to)}`)
  }
}
