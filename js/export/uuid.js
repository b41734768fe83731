// uuid.js — identifiers that are made of what they name (UUID version 5, RFC 9562: SHA-1 of a namespace and a name), so that the
// same result has the same identifier everywhere and no clock or chance is asked. Not for secrets. Synchronous and without
// crypto.subtle, which pages served over plain http do not have.

const URLS = '6ba7b811-9dad-11d1-80b4-00c04fd430c8' // the namespace of URLs, RFC 9562

/** @param {string} namespace a UUID @param {string} name @returns {string} */
export function uuid5(namespace, name) {
  const space = Uint8Array.from(namespace.replaceAll('-', '').match(/../g) ?? [], (hex) => parseInt(hex, 16))
  const text = new TextEncoder().encode(name)
  const bytes = new Uint8Array(16 + text.length)
  bytes.set(space)
  bytes.set(text, 16)
  const hash = sha1(bytes)
  hash[6] = (hash[6] & 0x0f) | 0x50
  hash[8] = (hash[8] & 0x3f) | 0x80
  const hex = Array.from(hash.subarray(0, 16), (b) => b.toString(16).padStart(2, '0')).join('')
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** What the identifiers of this package are made within. */
export const NAMESPACE = uuid5(URLS, 'npm:fetal-ecg')

/** SHA-1, RFC 3174. @param {Uint8Array} bytes @returns {Uint8Array} */
function sha1(bytes) {
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64), view = new DataView(padded.buffer)
  padded.set(bytes)
  padded[bytes.length] = 0x80
  view.setUint32(padded.length - 8, Math.floor(bytes.length / 2 ** 29))
  view.setUint32(padded.length - 4, bytes.length << 3)
  const h = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0], w = new Int32Array(80)
  const turned = (/** @type {number} */ x, /** @type {number} */ by) => (x << by) | (x >>> (32 - by))
  for (let at = 0; at < padded.length; at += 64) {
    for (let t = 0; t < 16; t++) w[t] = view.getInt32(at + 4 * t)
    for (let t = 16; t < 80; t++) w[t] = turned(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1)
    let [a, b, c, d, e] = h
    for (let t = 0; t < 80; t++) {
      const mixed = t < 20 ? ((b & c) | (~b & d)) + 0x5a827999 : t < 40 ? (b ^ c ^ d) + 0x6ed9eba1 : t < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc : (b ^ c ^ d) + 0xca62c1d6
      const next = (turned(a, 5) + mixed + e + w[t]) | 0
      e = d
      d = c
      c = turned(b, 30)
      b = a
      a = next
    }
    h[0] = (h[0] + a) | 0
    h[1] = (h[1] + b) | 0
    h[2] = (h[2] + c) | 0
    h[3] = (h[3] + d) | 0
    h[4] = (h[4] + e) | 0
  }
  const out = new DataView(new ArrayBuffer(20))
  h.forEach((v, i) => out.setInt32(4 * i, v))
  return new Uint8Array(out.buffer)
}
