// page.js — a page that leaves it to its bundler (vite, webpack) to find what the package loads.
import { load } from 'fetal-ecg'
import { load as loadInWorker } from 'fetal-ecg/worker'
import { beats } from './beats.js'

/** @param {() => Promise<any>} load */
const answer = async (load) => beats(await load())
Promise.all([answer(load), answer(loadInWorker)]).catch(String).then((answers) => Object.assign(globalThis, { answers }))
