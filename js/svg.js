/**
 * What the pictures share: colours, words, lines, and the path of a signal.
 */
export const INK = '#17212b', SOFT = '#64717e', GRID = '#e6eaee', PAPER = '#ffffff'
export const FETAL = '#0b7a9b', MATERNAL = '#c03d66', GUESS = '#c77700'
export const PALE = '#eef2f4', WASH = '#cfe6ee'
export const FONT = "font-family=\"system-ui,-apple-system,'Segoe UI','Helvetica Neue',Arial,'Liberation Sans',sans-serif\""

export const escape = text => String(text).replace(/[\u0000-\u001f\u007f-\u009f\ufffe\uffff]/g, ' ')
  .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd')
  .replace(/[<>&"']/g, ch => `&#${ch.codePointAt(0)};`)
export const n = x => String(Math.round(x * 10) / 10)
export const text = (x, y, words, { size = 12, fill = SOFT, anchor = 'start', weight = 400 } = {}) =>
  `<text x="${n(x)}" y="${n(y)}" font-size="${size}" fill="${fill}" text-anchor="${anchor}"${weight === 400 ? '' : ` font-weight="${weight}"`}>${escape(words)}</text>`
export const line = (x1, y1, x2, y2, stroke, width = 1, more = '') =>
  `<path d="M${n(x1)} ${n(y1)}L${n(x2)} ${n(y2)}" stroke="${stroke}" stroke-width="${width}" fill="none"${more}/>`
export const whole = (x, digits = 0) => (Number.isFinite(x) ? x.toFixed(digits) : '–')

export const amplitude = uv => (uv >= 1000 ? `${uv / 1000} mV` : `${uv} µV`)
export function roundBelow(v) {
  const decade = 10 ** Math.floor(Math.log10(v))
  const digit = v / decade >= 5 ? 5 : v / decade >= 2 ? 2 : 1
  return Number((digit * decade).toPrecision(1))
}

/** Path data; where samples are denser than the picture, the least and greatest of each 0.75 px. */
export function trace(samples, x, y) {
  const per = Math.max(1, Math.floor(0.75 / ((x(samples.length) - x(0)) / samples.length)))
  let d = '', pen = false
  const put = (i, v) => {
    d += `${pen ? 'L' : 'M'}${n(x(i))} ${n(y(v))}`
    pen = true
  }
  for (let i = 0; i < samples.length; i += per) {
    let lo = -1, hi = -1
    for (let k = i; k < Math.min(i + per, samples.length); k++) {
      if (samples[k] === null || !Number.isFinite(samples[k])) continue
      if (lo < 0 || samples[k] < samples[lo]) lo = k
      if (hi < 0 || samples[k] > samples[hi]) hi = k
    }
    if (lo < 0) pen = false
    else {
      put(Math.min(lo, hi), samples[Math.min(lo, hi)])
      if (lo !== hi) put(Math.max(lo, hi), samples[Math.max(lo, hi)])
    }
  }
  return d
}

