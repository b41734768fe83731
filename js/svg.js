/**
 * What the pictures share: colours, words, lines, and the path of a signal.
 */

/** Nested lists of elements; what is false is left out. @typedef {string | false | Parts[]} Parts */
/** @param {Parts[]} parts @returns {string} */
export const joined = (parts) => parts.map((part) => (Array.isArray(part) ? joined(part) : part || '')).filter(Boolean).join('\n')

export const INK = '#17212b', SOFT = '#64717e', GRID = '#e6eaee', PAPER = '#ffffff'
export const FETAL = '#0b7a9b', MATERNAL = '#c03d66', GUESS = '#c77700'
export const PALE = '#eef2f4', WASH = '#cfe6ee', EVENT = '#5d4a8c'
export const FONT = "font-family=\"system-ui,-apple-system,'Segoe UI','Helvetica Neue',Arial,'Liberation Sans',sans-serif\""

/** Text inside an element or an attribute. @param {unknown} text */
export const escape = (text) => String(text).replace(/[\u0000-\u001f\u007f-\u009f\ufffe\uffff]/g, ' ')
  .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd')
  .replace(/[<>&"']/g, ch => `&#${ch.codePointAt(0)};`)
/** @param {number} x */
export const n = (x) => String(Math.round(x * 10) / 10)
/**
 * @param {number} x
 * @param {number} y
 * @param {string} words
 * @param {{ size?: number, fill?: string, anchor?: 'start' | 'middle' | 'end', weight?: number }} [look]
 */
export const text = (x, y, words, { size = 12, fill = SOFT, anchor = 'start', weight = 400 } = {}) =>
  `<text x="${n(x)}" y="${n(y)}" font-size="${size}" fill="${fill}" text-anchor="${anchor}"${weight === 400 ? '' : ` font-weight="${weight}"`}>${escape(words)}</text>`
/** @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2 @param {string} stroke */
export const line = (x1, y1, x2, y2, stroke, width = 1, more = '') =>
  `<path d="M${n(x1)} ${n(y1)}L${n(x2)} ${n(y2)}" stroke="${stroke}" stroke-width="${width}" fill="none"${more}/>`
/** A dash where it is not known. @param {number | null | undefined} x */
export const whole = (x, digits = 0) => (typeof x === 'number' && Number.isFinite(x) ? x.toFixed(digits) : '–')
/** The first characters of a long name. @param {string} name @param {number} most */
export const cut = (name, most) => (name.length > most ? name.slice(0, most - 1) + '…' : name)

/** @param {number} uv */
export const amplitude = (uv) => (uv >= 1000 ? `${uv / 1000} mV` : `${uv} µV`)
/** 1, 2 or 5 times a power of ten. @param {number} v */
export function roundBelow(v) {
  const decade = 10 ** Math.floor(Math.log10(v))
  const digit = v / decade >= 5 ? 5 : v / decade >= 2 ? 2 : 1
  return Number((digit * decade).toPrecision(1))
}

/**
 * Path data; where samples are denser than the picture, the least and greatest of each 0.75 px.
 * @param {ArrayLike<number | null>} samples
 * @param {(i: number) => number} x
 * @param {(v: number) => number} y
 */
export function trace(samples, x, y) {
  const per = Math.max(1, Math.floor(0.75 / ((x(samples.length) - x(0)) / samples.length)))
  let d = '', pen = false
  const at = (/** @type {number} */ i) => samples[i] ?? NaN
  const put = (/** @type {number} */ i) => {
    d += `${pen ? 'L' : 'M'}${n(x(i))} ${n(y(at(i)))}`
    pen = true
  }
  for (let i = 0; i < samples.length; i += per) {
    let lo = -1, hi = -1
    for (let k = i; k < Math.min(i + per, samples.length); k++) {
      if (!Number.isFinite(at(k))) continue
      if (lo < 0 || at(k) < at(lo)) lo = k
      if (hi < 0 || at(k) > at(hi)) hi = k
    }
    if (lo < 0) pen = false
    else {
      put(Math.min(lo, hi))
      if (lo !== hi) put(Math.max(lo, hi))
    }
  }
  return d
}

