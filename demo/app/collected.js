// collected.js — samples and signals gathered block by block, in arrays that are made once: hours of them in one message, or joined at
// the end, would let the page stand still.

/** Rows of samples that grow at their ends. */
export class Rows {
  /** @type {Float32Array[]} */
  #rows
  /** @type {number[]} */
  #lengths

  /** @param {(number | null)[]} expected samples of each row; null: not known */
  constructor(expected) {
    this.#rows = expected.map((n) => new Float32Array(n ?? 0))
    this.#lengths = expected.map(() => 0)
  }

  /** @param {Float32Array[]} block one part for each row */
  add(block) {
    block.forEach((part, i) => {
      const end = this.#lengths[i] + part.length
      if (end > this.#rows[i].length) {
        const longer = new Float32Array(Math.max(end, 2 * this.#lengths[i]))
        longer.set(this.#rows[i].subarray(0, this.#lengths[i]))
        this.#rows[i] = longer
      }
      this.#rows[i].set(part, this.#lengths[i])
      this.#lengths[i] = end
    })
  }

  /** What was gathered. @returns {Float32Array[]} */
  get whole() {
    return this.#rows.map((row, i) => row.subarray(0, this.#lengths[i]))
  }
}

/** @param {number | null} duration_s @param {number} fs */
export const expected = (duration_s, fs) => (duration_s === null ? null : Math.ceil(duration_s * fs))

const KINDS = /** @type {const} */ (['fetal', 'maternal', 'residual'])

/**
 * Gathers the signals that extract() hands out.
 * @param {number | null} duration_s
 */
export function collectSignals(duration_s) {
  /** @type {{ fs: number, leads: string[] } | null} */
  let about = null
  /** @type {Rows[]} */
  let rows = []
  return {
    /** @param {import('../../js/types.js').Signals} block */
    add(block) {
      if (!about) {
        const { fs, leads } = block
        about = { fs, leads }
        rows = KINDS.map(() => new Rows(leads.map(() => expected(duration_s, fs))))
      }
      KINDS.forEach((kind, k) => rows[k].add(block[kind]))
    },
    /** @returns {import('../../js/types.js').Signals | undefined} nothing was handed out: undefined */
    get signals() {
      if (!about) return undefined
      const [fetal, maternal, residual] = rows.map((r) => r.whole)
      return { ...about, fetal, maternal, residual }
    },
  }
}
