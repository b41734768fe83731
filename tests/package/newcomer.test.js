// The README's "Five lines" as a newcomer follows them: an empty folder, its commands and its program as they stand there, without a
// network. What is printed is held to the beats that the simulator put into the file.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, delimiter, dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { tarball } from '../../wasm/pack.mjs'
import { load } from '../../js/index.js'
import { root } from '../js/helpers.js'

const TOLERANCE_BPM = 2 // a baseline is told without its accelerations, which a mean has

const [, section] = readFileSync(join(root, 'README.md'), 'utf8').match(/^## Five lines\n([^]*?)^## /m) ?? []
const blocks = [...(section ?? '').matchAll(/^```(\w*)\n([^]*?)^```$/gm)]
const [program, commands] = ['js', ''].map((kind) => blocks.find(([, k]) => k === kind)?.[2] ?? '')
const folder = mkdtempSync(join(tmpdir(), 'fecg-newcomer-'))
after(() => rmSync(folder, { recursive: true }))

/** Runs a line in the folder, as a person types it. @param {string} line */
function type(line) {
  const env = { ...process.env, PATH: dirname(process.execPath) + delimiter + process.env.PATH, npm_config_offline: 'true', npm_config_update_notifier: 'false' }
  const { status, stdout, stderr } = spawnSync(line, { cwd: folder, env, shell: true, encoding: 'utf8' })
  assert.equal(status, 0, `${line}: ${stderr}${stdout}`)
  return stdout.trim()
}

/** The mean rate of the true beats of a simulated file. @param {string} file */
async function truth(file) {
  const recording = await (await load()).read(readFileSync(file))
  for await (const _ of recording.blocks({ channels: [0] })) { /* annotations are known once it is read */ }
  const beats = recording.annotations.filter(({ text }) => text === 'fQRS').map(({ t_s }) => t_s)
  assert.ok(beats.length > 60)
  return 60 * (beats.length - 1) / (beats[beats.length - 1] - beats[0])
}

test('five lines print the fetal heart rate of a file', async (t) => {
  assert.equal(program.trim().split('\n').length, 5)
  const lines = commands.trim().split('\n')
  assert.ok(lines[0].endsWith(basename(tarball)), `${lines[0]} names the tarball of this version, ${basename(tarball)}`)
  copyFileSync(tarball, join(folder, basename(tarball)))
  writeFileSync(join(folder, 'rate.mjs'), program)
  const printed = lines.map(type)
  for (const line of [null, `${lines[1]} --fhr 165 --seed 3`]) { // and of another file
    if (line) printed.splice(1, 2, type(line), type(lines[2]))
    const [, bpm] = printed[2].match(/^(\d+) bpm$/) ?? []
    const true_bpm = await truth(join(folder, 'example.edf'))
    t.diagnostic(`printed ${bpm} bpm, true mean ${true_bpm.toFixed(1)} bpm`)
    assert.ok(Math.abs(Number(bpm) - true_bpm) <= TOLERANCE_BPM, `printed ${printed[2]}, true mean ${true_bpm.toFixed(1)} bpm`)
  }
})
