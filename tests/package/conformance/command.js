// command.js — the conformance suite in a runtime with files and a command line: node, Deno, Bun. Lies beside node_modules, so that
// it gets the package as a user's program does. Prints the report.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import * as fetal from 'fetal-ecg'
import * as exported from 'fetal-ecg/export'
import { load as connect } from 'fetal-ecg/worker'
import { byItself, run } from './suite.js'

const bytes = async (name) => new Uint8Array(await readFile(fileURLToPath(import.meta.resolve(`fetal-ecg/${name}`))))
const [wasm, fhnet, ecgnet] = await Promise.all(['fecg.wasm', 'models/fhnet.safetensors', 'models/ecgnet.safetensors'].map(bytes))
const given = { fetal, exported, connect, ecgnet, sources: { wasm, models: { fhnet, ecgnet } } }
console.log(JSON.stringify({ ...await run(given), own: await byItself(given) }))
