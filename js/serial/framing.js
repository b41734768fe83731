// framing.js — frames of fixed length found in a stream of bytes, whatever happened to it.
//
// Sync bytes stand in payloads by chance, and a lost or inserted byte moves a payload under a header that is still right. So:
// - a lock needs LOCK good frames in a row, each the next of the one before by its counter; what is not that is searched from the
//   next byte on;
// - a frame is taken only when `confirm` more good ones follow it in their places without a jump of the counter. A frame whose bytes
//   were moved, or joined out of two, has something wrong at its end or right behind it, and is dropped whole;
// - where a frame fails, all that was not yet taken is searched again from its second byte. That costs the frame before the damage;
//   where the counter stands last (`guard`), the first frame after it too: next to a hole nothing is trusted.
// A flipped byte of a payload without a checksum nobody can see: it changes the value that it belongs to, and nothing else.
import { Timeline } from './timeline.js'

const LOCK = 3

/** @typedef {import('./types.js').Layout} Layout */

/** A decoder of boards with frames of fixed length, of one of several layouts. */
export class FrameDecoder {
  #layouts
  #bytes = new Uint8Array(4096)
  #from = 0 // the first byte that is not settled
  #end = 0
  #gone = 0 // bytes of the stream before #bytes[0]
  /** @type {Layout | null} the layout that is locked to, with #held good frames at #from */
  #layout = null
  #held = 0
  #guard = 0
  #first = true // of the run: the next frame taken
  #broken = false // a run has ended before
  #channels
  #row
  #timeline

  /**
   * @param {Layout[]} layouts the earlier wins
   * @param {{ fs: number, channels: number, grain?: number }} o
   */
  constructor(layouts, { fs, channels, grain }) {
    this.#layouts = layouts
    this.#channels = channels
    this.#row = new Float32Array(channels)
    this.counters = { frames: 0, crcErrors: 0, resyncs: 0, lost: 0 }
    this.#timeline = new Timeline({ fs, width: channels, modulo: layouts[0].modulo, grain }, this.counters)
  }

  get clock() {
    return this.#timeline.clock
  }

  /** @param {Uint8Array} bytes @param {number} [t_s] host time of their arrival */
  push(bytes, t_s) {
    this.#timeline.open(this.#gone + this.#end, t_s)
    this.#append(bytes)
    while (this.#layout ? this.#follow(this.#layout) : this.#search());
    return this.#piece(false)
  }

  finish() {
    return this.#piece(true)
  }

  cut() {
    this.#gone += this.#end
    this.#from = 0
    this.#end = 0
    this.#layout = null
    this.#broken = true
    this.#timeline.cut()
  }

  /** @param {boolean} all @returns {import('./types.js').Piece} */
  #piece(all) {
    const piece = this.#timeline.take(all)
    if (this.#layouts[0].leadOff) piece.leadOff = Array.from({ length: this.#channels }, (_, i) => (this.#timeline.leadOff >> i & 1) === 1)
    return piece
  }

  /** @param {Uint8Array} bytes */
  #append(bytes) {
    if (this.#end + bytes.length > this.#bytes.length) {
      const rest = this.#bytes.subarray(this.#from, this.#end)
      if (rest.length + bytes.length > this.#bytes.length) {
        const larger = new Uint8Array(2 * (rest.length + bytes.length))
        larger.set(rest)
        this.#bytes = larger
      } else {
        this.#bytes.copyWithin(0, this.#from, this.#end)
      }
      this.#gone += this.#from
      this.#end -= this.#from
      this.#from = 0
    }
    this.#bytes.set(bytes, this.#end)
    this.#end += bytes.length
  }

  /** One step of the search; false: it needs more bytes. */
  #search() {
    for (const layout of this.#layouts) {
      const here = this.#locks(layout)
      if (here === undefined) return false
      if (!here) continue
      this.#layout = layout
      this.#held = LOCK
      this.#guard = this.#broken ? layout.guard : 0
      this.#first = true
      this.#take(layout)
      return true
    }
    this.#from++
    return true
  }

  /** Whether a run of good frames begins at #from; undefined: that is not known yet. @param {Layout} layout */
  #locks(layout) {
    const { length, reach = 0 } = layout
    let before = -1
    for (let at = this.#from; at < this.#from + LOCK * length; at += length) {
      if (at + length > this.#end) return undefined
      if (!layout.good(this.#bytes, at) || (before >= 0 && !layout.follows(this.#bytes, before, at))) return false
      before = at
    }
    if (!layout.alone) return true
    return this.#from + reach > this.#end ? undefined : layout.alone(this.#bytes, this.#from)
  }

  /** The next frame of a run; false: it needs more bytes. @param {Layout} layout */
  #follow(layout) {
    const at = this.#from + this.#held * layout.length
    if (at + layout.length > this.#end) return false
    if (layout.good(this.#bytes, at) && layout.follows(this.#bytes, at - layout.length, at)) {
      this.#held++
      this.#take(layout)
      return true
    }
    if (layout.damaged?.(this.#bytes, at)) this.counters.crcErrors++
    this.counters.resyncs++
    this.#layout = null
    this.#broken = true
    this.#from++
    return true
  }

  /** @param {Layout} layout */
  #take(layout) {
    for (; this.#held > layout.confirm; this.#held--, this.#from += layout.length) {
      if (this.#guard-- > 0) continue
      const at = this.#from
      this.#timeline.frame(this.#first, layout.counter(this.#bytes, at), this.#gone + at, layout.length)
      this.#first = false
      layout.read(this.#bytes, at, this.#row)
      this.#timeline.push(this.#row, layout.leadOff?.(this.#bytes, at))
    }
  }
}
