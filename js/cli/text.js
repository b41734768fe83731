/**
 * Words on a terminal: colour that steps aside, tables, a chart in braille, a progress bar.
 */

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 }

/** Functions that colour a string where the stream is a terminal and NO_COLOR is not set. */
export function colours(stream, env = process.env) {
  const on = Boolean(stream.isTTY) && !env.NO_COLOR && env.TERM !== 'dumb'
  const paint = code => text => (on && text !== '' ? `\x1b[${code}m${text}\x1b[0m` : String(text))
  return Object.fromEntries(Object.entries(CODES).map(([name, code]) => [name, paint(code)]))
}

/** Control characters, which a damaged file may carry in its labels, become blanks. */
export const plain = text => String(text).replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')

/** A number with a fixed count of decimals, a dash where it is not known. */
export const fixed = (x, digits = 0) => (x === null || x === undefined || !Number.isFinite(x) ? '–' : x.toFixed(digits))

/** Rows of strings as columns, the first row being their names; columns of words are left-aligned. */
export function table(rows) {
  const columns = rows[0].map((_, c) => rows.map(r => r[c]))
  const widths = columns.map(cells => Math.max(...cells.map(cell => cell.length)))
  const words = columns.map(cells => cells.slice(1).some(cell => /^[A-Za-z]/.test(cell)))
  return rows.map(row => row.map((cell, c) => (words[c] ? cell.padEnd(widths[c]) : cell.padStart(widths[c]))).join('  ').trimEnd())
}

/**
 * A chart of values over time, two dots a column and four a row of braille; null is left blank, so
 * that a gap is seen as a gap. Neighbours are joined by a vertical stroke.
 * @returns {{lines: string[], lo: number, hi: number}} lines from top to bottom
 */
export function chart(values, { width = 60, height = 7, step = 20, span = 60 } = {}) {
  const columns = bins(values, 2 * width)
  const known = columns.filter(v => v !== null)
  if (!known.length) return { lines: [], lo: 0, hi: 0 }
  let lo = Math.floor((Math.min(...known) - 2) / step) * step
  let hi = Math.ceil((Math.max(...known) + 2) / step) * step
  for (let low = true; hi - lo < span; low = !low) low ? (lo -= step) : (hi += step)
  const dots = 4 * height
  const row = v => Math.min(dots - 1, Math.max(0, Math.round((hi - v) / (hi - lo) * (dots - 1))))
  const cells = Array.from({ length: height }, () => new Uint8Array(width))
  const BITS = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]]
  columns.forEach((v, c) => {
    if (v === null) return
    const before = c && columns[c - 1] !== null ? row(columns[c - 1]) : row(v)
    const away = Math.sign(before - row(v))
    for (let y = row(v); ; y += away) {
      cells[y >> 2][c >> 1] |= BITS[c & 1][y & 3]
      if (!away || y + away === before) break
    }
  })
  const lines = cells.map(line => [...line].map(bits => (bits ? String.fromCharCode(0x2800 + bits) : ' ')).join(''))
  return { lines, lo, hi }
}

/** Means of the known values in n equal parts; null where none is known. Few values are held. */
function bins(values, n) {
  return Array.from({ length: n }, (_, c) => {
    const from = Math.floor(c * values.length / n)
    const to = Math.max(from + 1, Math.floor((c + 1) * values.length / n))
    const part = values.slice(from, to).filter(v => v !== null && v !== undefined)
    return part.length ? part.reduce((a, b) => a + b, 0) / part.length : null
  })
}

/** A progress bar on a terminal's standard error; elsewhere, on one that knows no escapes, or when quiet, nothing. */
export function progressBar(stream, quiet = false, env = process.env) {
  if (quiet || !stream.isTTY || env.TERM === 'dumb') return { update() {}, clear() {} }
  const { dim } = colours(stream, env)
  let last = 0, shown = false
  return {
    update(fraction, words) {
      const now = Date.now()
      if (now - last < 80) return
      last = now
      shown = true
      const full = Math.round(28 * Math.min(1, Math.max(0, fraction)))
      const room = Math.max(8, (stream.columns || 80) - 40)
      stream.write(`\r\x1b[K${'━'.repeat(full)}${dim('─'.repeat(28 - full))} ${String(Math.floor(100 * fraction)).padStart(3)} % ${plain(words).slice(0, room)}`)
    },
    clear() {
      if (shown) stream.write('\r\x1b[K')
      shown = false
    },
  }
}
