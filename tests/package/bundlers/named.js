// named.js — a page that names the files, for bundlers that do not find them (esbuild, rollup). The worker's script is beside it.
import { load } from 'fetal-ecg'
import wasm from 'fetal-ecg/fecg.wasm'
import fhnet from 'fetal-ecg/models/fhnet.safetensors'
import { load as loadInWorker } from 'fetal-ecg/worker'
import { beats } from './beats.js'

const files = { wasm, models: { fhnet } }
/** @param {(options: typeof files) => Promise<any>} load */
const answer = (load) => load(files).then(beats).catch(String)
Promise.all([answer(load), answer(loadInWorker)]).then((answers) => Object.assign(globalThis, { answers }))
