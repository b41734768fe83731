// index.js — fetal-ecg/batch, in node: a list of recordings, threads that extract them, and the files that come of it.
// `fecg batch` is made of these, and demo/queue for many machines.
export { readList } from './list.js'
export { Draft } from './draft.js'
export { Pool } from './pool.js'
export { failure } from './result.js'
export { writeTables } from './tables.js'

/** @typedef {import('./list.js').Task} Task */
/** @typedef {import('./pool.js').Options} Options */
/** @typedef {import('./result.js').Result} Result */
