// text.js — any board that prints numbers: a line a sample, and where it likes a header `# fs=500 unit=uV ch=A1,A2`. A damaged digit
// is a wrong value that nobody can see. What can be seen is a line with too few or too many numbers, or with something else in it:
// it is lost, and so are the lines beside it, which may be parts of what it was.
import { board, numbered, text as ascii } from '../board.js'
import { Clock } from '../clock.js'
import { Timeline } from '../timeline.js'

const UNITS = /** @type {Record<string, number>} */ ({ uV: 1, mV: 1e3, V: 1e6 })
const DECIMALS = /** @type {Record<string, number>} */ ({ uV: 2, mV: 5, V: 8 }) // of a fake board
const LOCK = 3 // lines in a row with as many numbers
const LONGEST = 4096 // bytes without an end of a line
const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i
const HEADER = /^#(?: *(?:fs=[\d.]+|unit=\w+|ch=[^ ]+))+ *$/

/** @typedef {{ values: number[], start: number, size: number }} Line */

/** The numbers of a line, empty or NaN as NaN; values null: something else is in it. @param {string} line */
function numbers(line) {
  const fields = (/[,;\t]/.test(line) ? line.split(/[,;\t]/) : line.trim().split(/ +/)).map((f) => f.trim())
  const known = line.trim() !== '' && fields.every((f) => f === '' || /^nan$/i.test(f) || (NUMBER.test(f) && Number.isFinite(Number(f))))
  return { fields: line.trim() === '' ? 0 : fields.length, values: known ? fields.map((f) => (f === '' ? NaN : Number(f))) : null }
}

/** Lines to samples. */
class LineDecoder {
  #unit
  #width
  #nominal
  #line = ''
  #size = 0 // bytes of the line so far
  #at = 0 // bytes of the stream before it
  #whole = false // its beginning was seen
  /** @type {Timeline | null} once it is known how many numbers a line has */
  #timeline = null
  /** @type {Line[]} good lines that wait: for the lock, then for the next one */
  #held = []
  #guard = 0
  #lostFields = 0 // since the last line that was taken
  #lostBytes = 0
  #mean = 0 // bytes of a line
  /** @type {number | undefined} */
  #t
  #cut = false
  counters = { frames: 0, crcErrors: 0, resyncs: 0, lost: 0 }
  /** @type {number | undefined} */
  fs
  /** @type {string[] | undefined} */
  channels

  /** @param {import('../types.js').Settings} s */
  constructor({ fs, unit, channels }) {
    this.#nominal = Number(fs)
    this.#unit = UNITS[unit]
    this.#width = Number(channels)
  }

  get clock() {
    return this.#timeline?.clock ?? new Clock(this.#nominal)
  }

  /** @param {Uint8Array} bytes @param {number} [t_s] */
  push(bytes, t_s) {
    this.#t = t_s
    this.#timeline?.open(this.#at + this.#size, t_s)
    for (const byte of bytes) {
      this.#size++
      if (byte === 10) this.#end()
      else if (this.#line.length < LONGEST) this.#line += String.fromCharCode(byte)
    }
    return this.#piece(false)
  }

  finish() {
    return this.#piece(true)
  }

  cut() {
    this.#at += this.#size
    this.#size = 0
    this.#line = ''
    this.#whole = false
    this.#cut = true
    this.#held = []
    this.#timeline?.cut()
  }

  /** @param {boolean} all @returns {import('../types.js').Piece} */
  #piece(all) {
    return this.#timeline ? this.#timeline.take(all) : { samples: [], index: 0 }
  }

  #end() {
    const line = { text: this.#line.replace(/\r/g, ''), start: this.#at, size: this.#size, whole: this.#whole }
    this.#at += this.#size
    this.#size = 0
    this.#line = ''
    this.#whole = true
    if (HEADER.test(line.text)) {
      if (!this.#timeline) this.#header(line.text)
      return
    }
    if (!line.whole) return
    const { fields, values } = numbers(line.text)
    if (!this.#timeline) this.#learn(values, line)
    else if (values && fields === this.#width) this.#good({ values, start: line.start, size: line.size })
    else this.#bad(fields, line.size)
  }

  /** @param {string} line */
  #header(line) {
    const [, fs] = line.match(/ fs=([\d.]+)/) ?? []
    const [, unit] = line.match(/ unit=(\w+)/) ?? []
    const [, ch] = line.match(/ ch=([^ ]+)/) ?? []
    if (Number(fs) > 0) this.fs = this.#nominal = Number(fs)
    if (UNITS[unit]) this.#unit = UNITS[unit]
    if (ch) {
      this.channels = ch.split(',')
      this.#width = this.channels.length
    }
  }

  /** How many numbers a line has, and so that these are lines. @param {number[] | null} values @param {{ start: number, size: number }} line */
  #learn(values, { start, size }) {
    if (!values || (this.#width && values.length !== this.#width)) this.#held = []
    else {
      if (this.#held[0]?.values.length !== values.length) this.#held = []
      this.#held.push({ values, start, size })
    }
    if (this.#held.length < LOCK) return
    this.#width = this.#held[0].values.length
    this.channels ??= numbered(this.#width)
    this.#timeline = new Timeline({ fs: this.#nominal, width: this.#width, modulo: 0 }, this.counters)
    this.#timeline.open(this.#at, this.#t)
    this.#mean = size
    for (const line of this.#held.splice(0)) this.#good(line)
  }

  /** @param {Line} line */
  #good(line) {
    if (this.#guard > 0) {
      this.#guard--
      this.#lose(this.#width, line.size)
      return
    }
    this.#held.push(line)
    if (this.#held.length < 2) return
    const [{ values, start, size }] = this.#held.splice(0, 1)
    let lost = this.#lostFields / this.#width
    if (lost % 1 === 0.5) lost += this.#lostBytes / this.#mean > lost ? 0.5 : -0.5 // of two numbers one is missing, or there is one too many
    const first = this.#lostBytes > 0 || this.#cut
    this.#timeline?.frame(first, 0, start, size, Math.max(1, Math.round(lost + 1)))
    this.#timeline?.push(values.map((v) => v * this.#unit))
    this.#mean += (size - this.#mean) / 16
    this.#lostFields = 0
    this.#lostBytes = 0
    this.#cut = false
  }

  /** @param {number} fields @param {number} size */
  #bad(fields, size) {
    if (this.#guard === 0) this.counters.resyncs++
    for (const line of this.#held.splice(0)) this.#lose(this.#width, line.size)
    this.#lose(fields, size)
    this.#guard = 1
  }

  /** @param {number} fields @param {number} size */
  #lose(fields, size) {
    this.#lostFields += fields
    this.#lostBytes += size
  }
}

/** @type {Record<string, import('../types.js').Setting>} */
const settings = {
  fs: { label: 'Rate, Hz, where no header tells it', kind: 'number', default: 250, min: 1, max: 4000 },
  unit: { label: 'Unit, where no header tells it', kind: 'choice', choices: Object.keys(UNITS), default: 'uV' },
  channels: { label: 'Numbers in a line; 0: as many as come', kind: 'number', default: 0, min: 0, max: 32 },
  baudRate: { label: 'Baud', kind: 'number', default: 115200, min: 300, max: 12e6 },
}

export const text = board({
  name: 'text',
  title: 'Numbers in lines of text',
  note: 'Lines have neither counter nor checksum: a damaged digit is a wrong value, and with a single number in a line a lost line end joins two. ' +
    'What a stalled link lost is told by the clock; shorter losses show only as a drift of the rate.',
  settings,
  setup: ({ fs, channels, baudRate }) => ({ fs: Number(fs), channels: numbered(Number(channels)), baudRate: Number(baudRate), start: [], stop: [] }),
  decoder: (s) => new LineDecoder(s),
  encoder({ fs, unit, channels }) {
    const n = Number(channels) || 4
    return {
      channels: n,
      hello: ascii(`# fs=${fs} unit=${unit} ch=${numbered(n)}\n`),
      frame: (row) => ascii(`${Array.from({ length: n }, (_, i) => (Number.isNaN(row[i]) ? '' : (row[i] / UNITS[unit]).toFixed(DECIMALS[unit])))}\n`),
    }
  },
})
