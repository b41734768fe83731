// named.js — a page that names the files, for bundlers that do not find them (esbuild, rollup). The workers' scripts are beside it.
import { load } from 'fetal-ecg'
import wasm from 'fetal-ecg/fecg.wasm'
import fhnet from 'fetal-ecg/models/fhnet.safetensors'
import { load as loadInWorker } from 'fetal-ecg/worker'
import { beats } from './beats.js'
import { kept } from './kept.js'

const files = { wasm, models: { fhnet } }
/** @param {(options: typeof files) => Promise<any>} load */
const answer = (load) => load(files).then(beats).catch(String)
Promise.all([answer(load), answer(loadInWorker), kept()]).then((answers) => Object.assign(globalThis, { answers }))
