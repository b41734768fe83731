// boards.js — a board is chosen, set and connected.
import { strings } from '../strings.js'
import { h } from './dom.js'
import { dialog } from './keys.js'

/** @param {import('./app.js').App} app */
export function showBoards(app) {
  dialog(strings.connect, h('p', null, app.live ? '' : ''))
}
