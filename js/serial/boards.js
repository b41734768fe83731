// boards.js — the boards, by name.
import { expect } from '../error.js'
import { cyton, cytonDaisy } from './boards/cyton.js'

/** @type {Record<string, import('./types.js').Board>} */
export const BOARDS = Object.fromEntries([cyton, cytonDaisy].map((b) => [b.name, b]))

/** @param {string | import('./types.js').Board} board a name or a board itself */
export function boardOf(board) {
  if (typeof board !== 'string') return board
  expect(Object.hasOwn(BOARDS, board), `there is no board ${board}; there are: ${Object.keys(BOARDS).join(', ')}`)
  return BOARDS[board]
}
