// olimex.js — Olimex SHIELD-EKG-EMG on an Arduino, up to six shields of ten bits at 256 Hz. The end of a frame has no mark, so one
// is taken only when the next header stands in its place with the next number.
import { board, count, numbered, running } from '../board.js'
import { FrameDecoder } from '../framing.js'

const LENGTH = 17, CHANNELS = 6

/** @param {Uint8Array} bytes @param {number} at */
const counter = (bytes, at) => bytes[at + 3]

/** µV of a count. @param {import('../types.js').Settings} s */
const step = ({ vref, gain }) => Number(vref) * 1e6 / 1024 / Number(gain)

/** @param {number} scale @returns {import('../types.js').Layout} */
const layout = (scale) => ({
  length: LENGTH,
  confirm: 1,
  guard: 0,
  modulo: 256,
  good(bytes, at) {
    if (bytes[at] !== 0xa5 || bytes[at + 1] !== 0x5a || bytes[at + 2] !== 2) return false
    for (let i = 0; i < CHANNELS; i++) if (bytes[at + 4 + 2 * i] > 3) return false // ten bits
    return true
  },
  counter,
  follows: running(256, counter),
  read(bytes, at, row) {
    for (let i = 0, p = at + 4; i < CHANNELS; i++, p += 2) row[i] = ((bytes[p] << 8 | bytes[p + 1]) - 512) * scale
  },
})

export const olimex = board({
  name: 'olimex',
  title: 'Olimex SHIELD-EKG-EMG',
  note: 'Ten bits, 1.7 µV per step at the usual gain: coarse for fetal signals. Frames have no checksum: a bit that flips inside a value is not seen.',
  settings: {
    vref: { label: 'Reference, V', kind: 'number', default: 5, min: 1, max: 5.5 },
    gain: { label: 'Gain', kind: 'number', default: 2848, min: 1, max: 1e5 },
  },
  setup: (s) => ({ fs: 256, channels: numbered(CHANNELS), baudRate: 57600, step_uv: step(s), start: [], stop: [] }),
  layouts: (s) => [layout(step(s))],
  decoder: (s) => new FrameDecoder([layout(step(s))], { fs: 256, channels: CHANNELS }),
  encoder(s) {
    let n = 0
    return {
      frame(row) {
        const bytes = new Uint8Array(LENGTH)
        bytes.set([0xa5, 0x5a, 2, n++])
        for (let i = 0; i < CHANNELS; i++) {
          const v = 512 + count(row[i], step(s), -512, 511)
          bytes.set([v >> 8, v], 4 + 2 * i)
        }
        bytes[16] = 1
        return bytes
      },
      skip: () => { n++ },
    }
  },
})
