// node-only.js — what only node has, asked for when it is used. Bundlers do not follow the name: a page's bundle goes without.

/** @param {string} name of a module @returns {Promise<any>} */
export const nodeOnly = (name) => import(/* webpackIgnore: true */ /* @vite-ignore */ name)
