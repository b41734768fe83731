// ads1293.js — ProtoCentral's ADS1293 shield: three channels at 128 Hz in packets of 12 or 14 bytes, with or without a zero before
// the last byte. Which of the four a stream has, its first frames tell; a frame of another kind is a damaged one.
import { board, count, numbered } from '../board.js'
import { FrameDecoder } from '../framing.js'

const CHANNELS = 3, HEAD = 5

/** @param {number} payload bytes @param {boolean} zero before the end @param {number} scale @returns {import('../types.js').Layout} */
function layout(payload, zero, scale) {
  const length = HEAD + payload + (zero ? 2 : 1)
  return {
    length,
    confirm: 1,
    guard: 0,
    modulo: 0,
    good: (b, at) => b[at] === 0x0a && b[at + 1] === 0xfa && b[at + 2] === payload && b[at + 3] === 0 && b[at + 4] === 2 && b[at + length - 1] === 0x0b &&
      (!zero || b[at + length - 2] === 0),
    counter: () => 0,
    follows: () => true,
    read(b, at, row) {
      for (let i = 0, p = at + HEAD; i < CHANNELS; i++, p += 4) row[i] = (b[p] | b[p + 1] << 8 | b[p + 2] << 16 | b[p + 3] << 24) * scale
    },
  }
}

/** @param {number} scale */
const layouts = (scale) => [layout(12, true, scale), layout(12, false, scale), layout(14, true, scale), layout(14, false, scale)]

export const ads1293 = board({
  name: 'ads1293',
  title: 'ProtoCentral ADS1293 shield',
  note: 'Frames have neither counter nor checksum: what damaged bytes cost is told by their number, what a stalled link lost by the clock, ' +
    'and shorter losses show only as a drift of the rate.',
  settings: { step: { label: 'µV per count', kind: 'number', default: 0.1635, min: 1e-6, max: 1000 } },
  setup: () => ({ fs: 128, channels: numbered(CHANNELS), baudRate: 115200, start: [], stop: [] }),
  layouts: ({ step }) => layouts(Number(step)),
  decoder: ({ step }) => new FrameDecoder(layouts(Number(step)), { fs: 128, channels: CHANNELS }),
  encoder: ({ step }) => ({
    frame(row) {
      const bytes = new Uint8Array(HEAD + 14)
      bytes.set([0x0a, 0xfa, 12, 0, 2])
      const view = new DataView(bytes.buffer)
      for (let i = 0; i < CHANNELS; i++) view.setInt32(HEAD + 4 * i, count(row[i], Number(step), -(2 ** 23), 2 ** 23 - 1), true)
      bytes[bytes.length - 1] = 0x0b
      return bytes
    },
  }),
})
