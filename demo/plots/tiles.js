// tiles.js — a picture wider than any screen as a row of canvases, of which those in sight are there. A tile is drawn once and then
// only where something changed; to roll is to move the row.
import { node } from './stage.js'

const TILE = 256 // CSS pixels

/** @typedef {{ canvas: HTMLCanvasElement, from: number, to: number }} Tile columns from..to are to be drawn */

export class Tiles {
  /** By number: tile n holds the columns from n times its width on. @type {Map<number, Tile>} */
  #tiles = new Map()
  /** @type {HTMLCanvasElement[]} */
  #spare = []
  #origin = 0 // the number of the tile at the left end of the row
  #wide = TILE // columns
  #row

  /** @param {HTMLElement} place */
  constructor(place) {
    this.#row = place.appendChild(node('div', 'plot-roll'))
  }

  /** Columns from..to are not what they were. @param {number} from @param {number} to */
  touch(from, to) {
    for (const [number, tile] of this.#tiles) {
      const start = number * this.#wide, end = start + this.#wide
      if (to <= start || from >= end) continue
      tile.from = Math.max(start, Math.min(tile.from, from))
      tile.to = Math.min(end, Math.max(tile.to, to))
    }
  }

  /** Nothing that is drawn can be used. */
  forget() {
    for (const { canvas } of this.#tiles.values()) this.#spare.push(canvas)
    this.#tiles.clear()
  }

  /**
   * Shows the columns from c0 on, and draws what is to be drawn of them for as long as the budget lasts.
   * @param {number} c0 @param {number} columns
   * @param {{ left: number, height: number }} place CSS pixels @param {number} ratio columns a CSS pixel @param {number} budget_ms
   * @param {(context: CanvasRenderingContext2D, from: number, to: number, x0: number) => void} paint columns from..to; column 0 stands at x0
   * @returns {boolean} whether all is drawn
   */
  show(c0, columns, { left, height }, ratio, budget_ms, paint) {
    const wide = Math.round(TILE * ratio)
    if (wide !== this.#wide) this.forget()
    this.#wide = wide
    const first = Math.floor(c0 / wide), last = Math.floor((c0 + columns - 1) / wide), started = performance.now()
    for (const [number, { canvas }] of this.#tiles) {
      if (number >= first && number <= last) continue
      this.#tiles.delete(number)
      this.#spare.push(canvas)
    }
    let late = false
    for (let number = first; number <= last; number++) {
      const tile = this.#tiles.get(number) ?? this.#bare(number, Math.round(height * ratio), ratio)
      if (late || tile.from >= tile.to) continue
      paint(/** @type {CanvasRenderingContext2D} */ (tile.canvas.getContext('2d')), tile.from, tile.to, -number * wide)
      tile.from = Infinity
      tile.to = -Infinity
      late = number < last && performance.now() - started > budget_ms
    }
    for (const canvas of this.#spare) canvas.hidden = true
    // One thing moves, whatever is in it: moving each tile made the browser take all of their pixels anew.
    this.#row.style.transform = `translate(${(Math.round(left * ratio) + this.#origin * wide - c0) / ratio}px, 0)`
    return !late
  }

  /** @param {number} number @param {number} high @param {number} ratio */
  #bare(number, high, ratio) {
    const wide = this.#wide, canvas = this.#spare.pop() ?? /** @type {HTMLCanvasElement} */ (this.#row.appendChild(node('canvas')))
    if (canvas.width !== wide || canvas.height !== high) {
      Object.assign(canvas, { width: wide, height: high })
      canvas.style.width = `${wide / ratio}px`
      canvas.style.height = `${high / ratio}px`
    }
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'))
    context.setTransform(1, 0, 0, 1, 0, 0)
    context.clearRect(0, 0, wide, high)
    canvas.hidden = false
    if (!this.#tiles.size) this.#origin = number
    canvas.style.transform = `translate(${(number - this.#origin) * wide / ratio}px, 0)`
    const tile = { canvas, from: number * wide, to: (number + 1) * wide }
    this.#tiles.set(number, tile)
    return tile
  }
}
