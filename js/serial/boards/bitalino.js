// bitalino.js — BITalino (r)evolution, up to six channels of ten and six bits. A frame has no header: its last byte holds a counter
// of four bits and a checksum of four (x^4 + x + 1 over the frame with the checksum's bits zero).
import { board, count, numbered, running } from '../board.js'
import { FrameDecoder } from '../framing.js'

const LENGTHS = [3, 4, 6, 7, 8, 8] // by number of channels
const BITS = [10, 10, 10, 10, 6, 6]
const RATES = [1, 10, 100, 1000] // in the order of their command codes
const UV = 2.93 // of a count of ten bits

/** The checksum of a frame. @param {Uint8Array} bytes @param {number} at @param {number} length */
function crc4(bytes, at, length) {
  let crc = 0
  for (let i = 0; i < length; i++) {
    const byte = i === length - 1 ? bytes[at + i] & 0xf0 : bytes[at + i]
    for (let bit = 7; bit >= 0; bit--) {
      crc = crc << 1 | (byte >> bit & 1)
      if (crc & 0x10) crc ^= 0x13
    }
  }
  return crc & 0x0f
}

/**
 * Where the bits of each channel stand: read from the end of a frame, the first channel has the lower half of the byte before the
 * last as its highest bits.
 * @param {Uint8Array} b
 * @param {number} e offset of the last byte
 * @param {number} channel
 */
function value(b, e, channel) {
  switch (channel) {
    case 0: return (b[e - 1] & 0x0f) << 6 | b[e - 2] >> 2
    case 1: return (b[e - 2] & 0x03) << 8 | b[e - 3]
    case 2: return b[e - 4] << 2 | b[e - 5] >> 6
    case 3: return (b[e - 5] & 0x3f) << 4 | b[e - 6] >> 4
    case 4: return (b[e - 6] & 0x0f) << 2 | b[e - 7] >> 6
    default: return b[e - 7] & 0x3f
  }
}

/** The other way round. @param {Uint8Array} b @param {number} e @param {number} channel @param {number} v */
function place(b, e, channel, v) {
  switch (channel) {
    case 0: b[e - 1] |= v >> 6; b[e - 2] |= v << 2; break
    case 1: b[e - 2] |= v >> 8; b[e - 3] |= v; break
    case 2: b[e - 4] |= v >> 2; b[e - 5] |= v << 6; break
    case 3: b[e - 5] |= v >> 4; b[e - 6] |= v << 4; break
    case 4: b[e - 6] |= v >> 2; b[e - 7] |= v << 6; break
    default: b[e - 7] |= v
  }
}

/** A count's µV, from the middle of the range. @param {number} n @param {number} bits */
const microvolts = (n, bits) => (n - 2 ** (bits - 1)) * UV * 2 ** (10 - bits)

/** @param {number} channels @returns {import('../types.js').Layout} */
function layout(channels) {
  const length = LENGTHS[channels - 1], e = length - 1
  const counter = (/** @type {Uint8Array} */ bytes, /** @type {number} */ at) => bytes[at + e] >> 4
  const good = (/** @type {Uint8Array} */ bytes, /** @type {number} */ at) => crc4(bytes, at, length) === (bytes[at + e] & 0x0f)
  const follows = running(16, counter)
  return {
    length,
    // Eight bits of a frame tell it from noise: two frames have to follow. They stand last, so a frame joined out of two ends as the
    // second one did: the first after a hole is not taken, nor the next, as noise passes for a first one too often.
    confirm: 2,
    guard: 2,
    modulo: 16,
    good,
    damaged: (bytes, at) => follows(bytes, at - length, at) && !good(bytes, at),
    counter,
    follows,
    read(bytes, at, row) {
      for (let i = 0; i < channels; i++) row[i] = microvolts(value(bytes, at + e, i), BITS[i])
    },
  }
}

export const bitalino = board({
  name: 'bitalino',
  title: 'BITalino (r)evolution',
  note: '2.93 µV per step, 47 µV on A5 and A6: too coarse for most fetal signals. ' +
    'The counter turns every 16 frames: what a longer hole lost is told by the clock, to some tenths of a second.',
  settings: {
    rate: { label: 'Rate, Hz', kind: 'choice', choices: RATES, default: 1000 },
    channels: { label: 'Channels, from A1 on', kind: 'choice', choices: [1, 2, 3, 4, 5, 6], default: 6 },
  },
  setup({ rate, channels }) {
    const n = Number(channels)
    const command = (/** @type {number} */ byte) => [{ wait_s: 0.1 }, { send: Uint8Array.of(byte) }]
    return {
      fs: Number(rate),
      channels: numbered(n, 'A'),
      baudRate: 115200,
      step_uv: UV,
      start: [...command(0x00), ...command(RATES.indexOf(Number(rate)) << 6 | 0x03), ...command(0x01 | (2 ** n - 1) << 2)],
      stop: command(0x00),
    }
  },
  layouts: ({ channels }) => [layout(Number(channels))],
  decoder: ({ rate, channels }) => new FrameDecoder([layout(Number(channels))], { fs: Number(rate), channels: Number(channels) }),
  encoder({ channels }) {
    const length = LENGTHS[Number(channels) - 1]
    let n = 0
    return {
      frame(row) {
        const bytes = new Uint8Array(length)
        for (let i = 0; i < Number(channels); i++) {
          const middle = 2 ** (BITS[i] - 1)
          place(bytes, length - 1, i, middle + count(row[i], UV * 2 ** (10 - BITS[i]), -middle, middle - 1))
        }
        bytes[length - 1] |= (n++ & 15) << 4
        bytes[length - 1] |= crc4(bytes, 0, length)
        return bytes
      },
      skip: () => { n++ },
      command([byte]) {
        if ((byte & 3) === 1) n = 0
        return byte === 0 ? { running: false } : (byte & 3) === 1 ? { running: true } : {}
      },
    }
  },
})
