// markdown.js — what tests take out of documents: fenced blocks, with the file that a comment before them names, and headings.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { delimiter, dirname, join } from 'node:path'
import { app } from '../../wasm/pack.mjs'

/**
 * The fenced blocks of a document. `<!-- file: NAME -->` on the line before one says that it is that file, which a test then makes.
 * @param {string} text
 */
export const blocksOf = (text) => [...text.matchAll(/^(?:<!-- file: (\S+) -->\n)?```(\w*)\n([^]*?)^```$/gm)]
  .map(([, file, language, code]) => ({ file, language, code }))

/** The addresses of headings, as GitHub makes them. @param {string} text */
export function anchors(text) {
  const found = new Set()
  for (const [, heading] of text.replace(/^```[^]*?^```$/gm, '').matchAll(/^#+ (.*)$/gm)) {
    const name = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase().replace(/[^\p{L}\p{N}_\- ]/gu, '').replaceAll(' ', '-')
    let at = name
    for (let n = 1; found.has(at); n++) at = `${name}-${n}`
    found.add(at)
  }
  return found
}

/** Runs a program in a folder, where the package is installed, and gives what it prints. @param {string} program @param {string[]} args @param {string} cwd */
export function run(program, args, cwd) {
  const env = { ...process.env, PATH: [dirname(process.execPath), join(app, 'node_modules', '.bin'), process.env.PATH].join(delimiter), npm_config_offline: 'true' }
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, env, encoding: 'utf8' })
  assert.equal(status, 0, `${program} ${args.join(' ')}: ${stderr}${stdout}`)
  return stdout
}
