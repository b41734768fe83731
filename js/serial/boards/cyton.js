// cyton.js — OpenBCI Cyton, 8 channels of 24 bits at 250 Hz, and with the Daisy module 16 at 125 Hz. A frame has a header, a counter
// and a footer but no checksum.
import { board, count, numbered, running, text } from '../board.js'
import { FrameDecoder } from '../framing.js'

const LENGTH = 33, HEADER = 0xa0, CHANNELS = 8
const GAINS = [1, 2, 4, 6, 8, 12, 24] // in the order of their command codes
const MAX = 2 ** 23 - 1
const DAISY = 'QWERTYUI' // names of channels 9 to 16 in commands

/** µV of a count. @param {number} gain */
const step = (gain) => 4.5e6 / gain / MAX

/** @param {Uint8Array} bytes @param {number} at */
const counter = (bytes, at) => bytes[at + 1]

/** @param {number} gain @returns {import('../types.js').Layout} */
const layout = (gain) => ({
  length: LENGTH,
  confirm: 1,
  guard: 0,
  modulo: 256,
  good: (bytes, at) => bytes[at] === HEADER && bytes[at + 32] >= 0xc0 && bytes[at + 32] <= 0xc6,
  counter,
  follows: running(256, counter),
  read(bytes, at, row) {
    const scale = step(gain)
    for (let i = 0, p = at + 2; i < CHANNELS; i++, p += 3) row[i] = (bytes[p] << 24 >> 8 | bytes[p + 1] << 8 | bytes[p + 2]) * scale
  },
})

/** @param {number} n @param {ArrayLike<number>} row @param {number} gain */
function frame(n, row, gain) {
  const bytes = new Uint8Array(LENGTH)
  bytes[0] = HEADER
  bytes[1] = n
  for (let i = 0; i < CHANNELS; i++) {
    const v = count(row[i], step(gain), -MAX - 1, MAX)
    bytes.set([v >> 16, v >> 8, v], 2 + 3 * i)
  }
  bytes[32] = 0xc0
  return bytes
}

/** What the board does on a command: v resets it, b and s start and stop. @param {Uint8Array} command */
function obey(command) {
  const word = String.fromCharCode(...command)
  if (word === 'v') return { reply: text('OpenBCI V3 8-16 channel\nOn Board ADS1299 Device ID: 0x3E\nFirmware: v3.1.2\n$$$'), running: false }
  if (word === 'b') return { running: true }
  if (word === 's') return { running: false }
  return word.startsWith('x') ? { reply: text('Success: Channel set$$$') } : {}
}

/** @param {number} gain @param {string} names @returns {import('../types.js').Step[]} */
const start = (gain, names) => [
  { send: text('s') }, { wait_s: 0.2 }, { send: text('v') }, { until: '$$$', timeout_s: 5 },
  ...(gain === 24 ? [] : [...names].flatMap((name) => [{ send: text(`x${name}0${GAINS.indexOf(gain)}0110X`) }, { until: '$$$', timeout_s: 2 }])),
  { send: text('b') },
]

/** @type {Record<string, import('../types.js').Setting>} */
const settings = { gain: { label: 'Gain', kind: 'choice', choices: GAINS, default: 24 } }

export const cyton = board({
  name: 'cyton',
  title: 'OpenBCI Cyton',
  note: 'Frames have no checksum: a bit that flips inside a value is not seen.',
  settings,
  setup: ({ gain }) => ({ fs: 250, channels: numbered(8), baudRate: 115200, start: start(Number(gain), '12345678'), stop: [{ send: text('s') }] }),
  layouts: ({ gain }) => [layout(Number(gain))],
  decoder: ({ gain }) => new FrameDecoder([layout(Number(gain))], { fs: 250, channels: 8 }),
  encoder({ gain }) {
    let n = 0
    return { frame: (row) => frame(n++ & 255, row, Number(gain)), skip: () => { n++ }, command: (c) => { if (c[0] === 118) n = 0; return obey(c) } }
  },
})

const NONE = Array.from({ length: 16 }, () => new Float32Array(0))

/** Frames with an odd number hold channels 1 to 8, the even ones that follow them 9 to 16. */
class Pairs {
  #inner
  /** Frames before the first whole pair. @type {number | null} */
  #shift = null
  #index = 0
  /** @type {number[] | null} */
  #half = null

  /** @param {number} gain */
  constructor(gain) {
    const { read, ...rest } = layout(gain)
    // The ninth value is the parity of the frame's number.
    this.#inner = new FrameDecoder([{ ...rest, read: (bytes, at, row) => { read(bytes, at, row); row[8] = bytes[at + 1] & 1 } }], { fs: 250, channels: 9, grain: 2 })
  }

  get counters() {
    return this.#inner.counters
  }

  get clock() {
    const { fs, ppm, jitter_s } = this.#inner.clock
    return { fs: fs / 2, ppm, jitter_s }
  }

  cut() {
    this.#inner.cut()
  }

  /** @param {Uint8Array} bytes @param {number} [t_s] */
  push(bytes, t_s) {
    return this.#join(this.#inner.push(bytes, t_s))
  }

  finish() {
    return this.#join(this.#inner.finish())
  }

  /** @param {import('../types.js').Piece} frames @returns {import('../types.js').Piece} */
  #join({ samples: rows, index }) {
    const n = rows[0].length
    if (n === 0) return { samples: NONE, index: this.#index }
    this.#shift ??= 1 - rows[8][0]
    const samples = Array.from({ length: 16 }, () => new Float32Array(n / 2 + 1))
    let made = 0, first = this.#index
    for (let i = 0; i < n; i++) {
      const at = index + i + this.#shift
      if (this.#half && at >> 1 !== this.#index) this.#half = null // its other half is beyond a jump of the index
      if (made === 0) first = at >> 1
      if (at % 2 === 0) {
        this.#half = rows.slice(0, 8).map((row) => row[i])
        this.#index = at >> 1
        continue
      }
      for (let c = 0; c < 8; c++) {
        samples[c][made] = this.#half?.[c] ?? NaN
        samples[c + 8][made] = rows[c][i]
      }
      this.#half = null
      made++
    }
    return { samples: samples.map((s) => s.slice(0, made)), index: first }
  }
}

export const cytonDaisy = board({
  name: 'cyton-daisy',
  title: 'OpenBCI Cyton with Daisy',
  note: 'Frames have no checksum: a bit that flips inside a value is not seen. 125 Hz are at the lower end for a fetal signal.',
  settings,
  setup: ({ gain }) => ({
    fs: 125, channels: numbered(16), baudRate: 115200, start: start(Number(gain), `12345678${DAISY}`), stop: [{ send: text('s') }],
  }),
  layouts: ({ gain }) => [layout(Number(gain))],
  decoder: ({ gain }) => new Pairs(Number(gain)),
  encoder({ gain }) {
    let n = 1
    return {
      frame(row) {
        const both = new Uint8Array(2 * LENGTH)
        both.set(frame(n++ & 255, row, Number(gain)))
        both.set(frame(n++ & 255, Array.from(row).slice(8), Number(gain)), LENGTH)
        return both
      },
      skip: () => { n += 2 },
      command: (c) => { if (c[0] === 118) n = 1; return obey(c) },
    }
  },
})
