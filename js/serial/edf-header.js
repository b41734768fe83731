// edf-header.js — fields of an EDF+ header that are known only to who records: when and with what it was made, and, until the end,
// how many data records there are.

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
const FIXED = 256, PER_SIGNAL = 256, SAMPLES_AT = 216 // of a signal's fields, in bytes a signal

/** @param {Uint8Array} header @param {number} at @param {number} width */
const field = (header, at, width) => String.fromCharCode(...header.subarray(at, at + width)).trim()

/** @param {Uint8Array} header @param {number} at @param {number} width @param {string} text */
function put(header, at, width, text) {
  for (let i = 0; i < width; i++) header[at + i] = text.padEnd(width).charCodeAt(i)
}

/**
 * Where the data records of a file stand; null where these are not the first bytes of an EDF.
 * @param {Uint8Array} bytes the whole header, or more
 * @returns {{ headerBytes: number, recordBytes: number, record_s: number, started: Date } | null}
 */
export function layoutOf(bytes) {
  if (bytes.length < FIXED || field(bytes, 0, 8) !== '0') return null
  const signals = Number(field(bytes, 252, 4)), headerBytes = FIXED + PER_SIGNAL * signals
  if (!Number.isInteger(signals) || signals < 1 || bytes.length < headerBytes) return null
  let samples = 0
  for (let i = 0; i < signals; i++) samples += Number(field(bytes, FIXED + SAMPLES_AT * signals + 8 * i, 8))
  const record_s = Number(field(bytes, 244, 8))
  if (!Number.isInteger(samples) || samples < 1 || !(record_s > 0)) return null
  const [day, month, year] = field(bytes, 168, 8).split('.').map(Number), [hour, minute, second] = field(bytes, 176, 8).split('.').map(Number)
  return { headerBytes, recordBytes: 2 * samples, record_s, started: new Date(year < 85 ? 2000 + year : 1900 + year, month - 1, day, hour, minute, second) }
}

/** How long a header is by its first 256 bytes. @param {Uint8Array} bytes */
export const headerLength = (bytes) => FIXED + PER_SIGNAL * (Number(field(bytes, 252, 4)) || 0)

/** Says how many data records follow. @param {Uint8Array} header @param {number} records */
export const setRecords = (header, records) => put(header, 236, 8, String(records))

/**
 * Says when it began, by the clock on the wall, and with what it was made.
 * @param {Uint8Array} header
 * @param {Date} started
 * @param {string} [equipment]
 */
export function setStart(header, started, equipment = 'X') {
  const two = (/** @type {number} */ v) => String(v).padStart(2, '0')
  const day = two(started.getDate()), year = started.getFullYear()
  put(header, 168, 8, `${day}.${two(started.getMonth() + 1)}.${two(year % 100)}`)
  put(header, 176, 8, [started.getHours(), started.getMinutes(), started.getSeconds()].map(two).join('.'))
  const word = equipment.replace(/[^\x21-\x7e]+/g, '_').slice(0, 40) || 'X'
  put(header, 88, 80, `Startdate ${day}-${MONTHS[started.getMonth()]}-${year} X X ${word}`)
}
