// boards.js — the boards, by name.
import { expect } from '../error.js'
import { ads1293 } from './boards/ads1293.js'
import { ads129x } from './boards/ads129x.js'
import { bitalino } from './boards/bitalino.js'
import { chordsR3, chordsR4 } from './boards/chords.js'
import { cyton, cytonDaisy } from './boards/cyton.js'
import { olimex } from './boards/olimex.js'
import { text } from './boards/text.js'

/** The boards that are known, by name. @type {Record<string, import('./types.js').Board>} */
export const BOARDS = Object.fromEntries([cyton, cytonDaisy, bitalino, olimex, ads1293, chordsR4, chordsR3, ads129x, text].map((b) => [b.name, b]))

/** @param {string | import('./types.js').Board} board a name or a board itself */
export function boardOf(board) {
  if (typeof board !== 'string') return board
  expect(Object.hasOwn(BOARDS, board), `there is no board ${board}; there are: ${Object.keys(BOARDS).join(', ')}`)
  return BOARDS[board]
}
