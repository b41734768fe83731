// page.js — a page that leaves it to its bundler (vite, webpack) to find what the package loads.
import { load } from 'fetal-ecg'
import { load as loadInWorker } from 'fetal-ecg/worker'
import { beats } from './beats.js'
import { kept } from './kept.js'

/** @param {() => Promise<any>} load */
const answer = (load) => load().then(beats).catch(String)
Promise.all([answer(load), answer(loadInWorker), kept()]).then((answers) => Object.assign(globalThis, { answers }))
