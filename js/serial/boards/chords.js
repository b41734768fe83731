// chords.js — Upside Down Labs Chords firmware on Arduino UNO R4 (14 bits, 500 Hz) and R3 (10 bits, 250 Hz), six inputs.
import { board, count, numbered, running, text } from '../board.js'
import { FrameDecoder } from '../framing.js'

const CHANNELS = 6, LENGTH = 4 + 2 * CHANNELS

/** @param {Uint8Array} bytes @param {number} at */
const counter = (bytes, at) => bytes[at + 2]

/** @param {number} bits @param {number} scale @returns {import('../types.js').Layout} */
const layout = (bits, scale) => ({
  length: LENGTH,
  confirm: 1,
  guard: 0,
  modulo: 256,
  good(bytes, at) {
    if (bytes[at] !== 0xc7 || bytes[at + 1] !== 0x7c || bytes[at + LENGTH - 1] !== 1) return false
    for (let i = 0; i < CHANNELS; i++) if (bytes[at + 3 + 2 * i] >> (bits - 8)) return false
    return true
  },
  counter,
  follows: running(256, counter),
  read(bytes, at, row) {
    for (let i = 0, p = at + 3; i < CHANNELS; i++, p += 2) row[i] = ((bytes[p] << 8 | bytes[p + 1]) - 2 ** (bits - 1)) * scale
  },
})

/**
 * @param {{ name: string, title: string, model: string, bits: number, fs: number, coarse: string, baudRates: number[] }} o
 */
function chords({ name, title, model, bits, fs, coarse, baudRates }) {
  const step = (/** @type {import('../types.js').Settings} */ { vref, gain }) => Number(vref) * 1e6 / 2 ** bits / Number(gain)
  return board({
    name,
    title,
    note: `${coarse} Frames have no checksum: a bit that flips inside a value is not seen.`,
    settings: {
      vref: { label: 'Reference, V', kind: 'number', default: 5, min: 1, max: 5.5 },
      gain: { label: 'Gain of the amplifier before it', kind: 'number', default: 2420, min: 1, max: 1e5 },
      baudRate: { label: 'Baud', kind: 'choice', choices: baudRates, default: baudRates[0] },
    },
    setup: (s) => ({
      fs,
      channels: numbered(CHANNELS, 'A'),
      baudRate: Number(s.baudRate),
      step_uv: step(s),
      // An UNO starts anew when its port is opened, and hears nothing for a while.
      start: [{ wait_s: 2 }, { send: text('STOP\n') }, { wait_s: 0.1 }, { send: text('WHORU\n') }, { until: model, timeout_s: 3 }, { send: text('START\n') }],
      stop: [{ send: text('STOP\n') }],
    }),
    layouts: (s) => [layout(bits, step(s))],
    decoder: (s) => new FrameDecoder([layout(bits, step(s))], { fs, channels: CHANNELS }),
    encoder(s) {
      let n = 0
      const middle = 2 ** (bits - 1)
      return {
        frame(row) {
          const bytes = new Uint8Array(LENGTH)
          bytes.set([0xc7, 0x7c, n++])
          for (let i = 0; i < CHANNELS; i++) {
            const v = middle + count(row[i], step(s), -middle, middle - 1)
            bytes.set([v >> 8, v], 3 + 2 * i)
          }
          bytes[LENGTH - 1] = 1
          return bytes
        },
        skip: () => { n++ },
        command(bytes) {
          const word = String.fromCharCode(...bytes).trim()
          if (word === 'WHORU') return { reply: text(`${model}\r\n`) }
          return word === 'START' ? { running: true } : word === 'STOP' ? { running: false } : {}
        },
      }
    },
  })
}

export const chordsR4 = chords({
  name: 'chords-r4', title: 'Chords on Arduino UNO R4', model: 'UNO-R4', bits: 14, fs: 500, baudRates: [230400], coarse: '0.13 µV per step at a gain of 2420.',
})

export const chordsR3 = chords({
  name: 'chords-r3', title: 'Chords on Arduino UNO R3', model: 'UNO', bits: 10, fs: 250, baudRates: [230400, 115200],
  coarse: 'Ten bits, 2 µV per step at a gain of 2420: coarse for fetal signals. Clones with a CH340 need 115200 baud.',
})
