// ads129x.js — ADS1298 and ADS1299 as they come from the chip: 24 status bits (1100, lead-off of the positive and of the negative
// inputs, four pins), then eight values of 24 bits. Four constant bits and no counter are a weak frame, so the whole status serves:
// it stays the same from frame to frame, or changes by a few bits when an electrode comes off.
import { board, count, numbered } from '../board.js'
import { FrameDecoder } from '../framing.js'

const CHANNELS = 8, LENGTH = 3 + 3 * CHANNELS
const MAX = 2 ** 23 - 1
const CHANGES = 3 // status bits that may change at once

/** @param {Uint8Array} b @param {number} at */
const status = (b, at) => b[at] << 16 | b[at + 1] << 8 | b[at + 2]

/** @param {number} v */
function ones(v) {
  let n = 0
  for (; v; v &= v - 1) n++
  return n
}

/** @param {Uint8Array} bytes @param {number} at */
const good = (bytes, at) => bytes[at] >> 4 === 0xc

/**
 * A status that is not that of the frame before is believed if it differs by few bits, and if the old one does not stand beside its
 * place, where a lost or inserted byte would have moved it.
 * @param {Uint8Array} b @param {number} before @param {number} at
 */
function follows(b, before, at) {
  const old = status(b, before)
  if (status(b, at) === old) return true
  for (const near of [-2, -1, 1, 2]) if (status(b, at + near) === old) return false
  return ones(status(b, at) ^ old) <= CHANGES
}

/**
 * Electrodes that are off can put 1100 at the start of the second or third status byte too, and the bytes after them may stay the
 * same as well. The true status is the one that no other stands shortly before.
 * @param {Uint8Array} b @param {number} at
 */
function alone(b, at) {
  const same = (/** @type {number} */ p) => good(b, p) && status(b, p) === status(b, p + LENGTH) && status(b, p) === status(b, p + 2 * LENGTH)
  return same(at) && !same(at + LENGTH - 1) && !same(at + LENGTH - 2)
}

/** @param {number} scale @returns {import('../types.js').Layout} */
const layout = (scale) => ({
  length: LENGTH,
  confirm: 1,
  guard: 0,
  modulo: 0,
  good,
  follows,
  alone,
  reach: 4 * LENGTH + 2,
  counter: () => 0,
  read(b, at, row) {
    for (let i = 0, p = at + 3; i < CHANNELS; i++, p += 3) row[i] = (b[p] << 24 >> 8 | b[p + 1] << 8 | b[p + 2]) * scale
  },
  leadOff: (b, at) => (b[at] << 4 & 0xf0 | b[at + 1] >> 4) | (b[at + 1] << 4 & 0xf0 | b[at + 2] >> 4),
})

/** µV of a count. @param {import('../types.js').Settings} s */
const step = ({ vref, gain }) => Number(vref) * 1e6 / MAX / Number(gain)

export const ads129x = board({
  name: 'ads129x',
  title: 'ADS1298 or ADS1299, raw',
  note: 'Frames have neither counter nor checksum: what damaged bytes cost is told by their number, what a stalled link lost by the clock, ' +
    'and shorter losses show only as a drift of the rate.',
  settings: {
    fs: { label: 'Rate, Hz', kind: 'number', default: 500, min: 125, max: 4000 },
    vref: { label: 'Reference, V (ADS1299: 4.5, ADS1298: 2.4 or 4)', kind: 'number', default: 4.5, min: 1, max: 5 },
    gain: { label: 'Gain', kind: 'choice', choices: [1, 2, 3, 4, 6, 8, 12, 24], default: 24 },
    baudRate: { label: 'Baud', kind: 'number', default: 230400, min: 9600, max: 12e6 },
  },
  setup: ({ fs, baudRate }) => ({ fs: Number(fs), channels: numbered(CHANNELS), baudRate: Number(baudRate), start: [], stop: [] }),
  layouts: (s) => [layout(step(s))],
  decoder: (s) => new FrameDecoder([layout(step(s))], { fs: Number(s.fs), channels: CHANNELS }),
  encoder: (s) => ({
    frame(row) {
      const bytes = new Uint8Array(LENGTH)
      let off = 0
      for (let i = 0; i < CHANNELS; i++) {
        const v = count(row[i], step(s), -MAX - 1, MAX)
        if (Number.isNaN(row[i])) off |= 1 << i
        bytes.set([v >> 16, v >> 8, v], 3 + 3 * i)
      }
      bytes.set([0xc0 | off >> 4, off << 4, 0])
      return bytes
    },
  }),
})
