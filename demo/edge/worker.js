// worker.js — the fetal heart at the edge: POST /extract takes a recording and answers with its fecg.extract/1, and every error is an
// fecg.error/1. The engine and its weights are loaded once in an isolate, before the first request; nothing else outlives one: a runtime
// may end a request at any time without a word, and who waits for what it promised waits for ever. Nothing is kept, nothing is logged.
import { FecgError, load } from 'fetal-ecg'
import wasm from 'fetal-ecg/fecg.wasm' // a WebAssembly.Module: edge runtimes compile none from bytes
import weights from 'fetal-ecg/models/fhnet.safetensors' // an ArrayBuffer

// An isolate has 128 MB. What few bytes can make large has a limit of its own.
const MOST_BYTES = 4 << 20
const BLOCK = 1 << 16 // first room for a body that does not tell its length
const MOST_SECONDS = 1800 // a gap of days takes a line
const MOST_LEADS = 8 // the engine's memory grows with them
const MOST_MARKS = 50_000 // annotations of an EDF+: two bytes make one, which takes two hundred in memory

/** What a body is sent as, and the name by whose ending the package knows it; EDF and BDF it knows by their first bytes. */
const TYPES = { 'application/octet-stream': undefined, 'text/csv': 'body.csv', 'text/tab-separated-values': 'body.tsv' }
const OPTIONS = ['leads', 'fs', 'unit', 'method', 'mains']

const ABOUT = `POST /extract: the fetal heart in the ECG of a pregnant woman's abdomen. Research use, not a medical device.
Body: EDF, EDF+ or BDF (application/octet-stream), CSV (text/csv) or TSV (text/tab-separated-values), ${MOST_BYTES >> 20} MiB, ${MOST_SECONDS / 60} minutes and ${MOST_LEADS} leads at most.
Query: leads=A,B or 0,1  fs=HZ  unit=uV|mV|V  method=fhnet|network|classical  mains=50|60|auto
`

/** An answer that is no result. */
class Refusal extends Error {
  /** @param {number} status @param {string} code @param {string} message @param {Record<string, string>} [headers] */
  constructor(status, code, message, headers = {}) {
    super(message)
    Object.assign(this, { status, code, headers, offset: null })
  }
}

const fecg = await load({ wasm, models: weights })
await fecg.model()

const json = (/** @type {object} */ document, status = 200, headers = {}) =>
  Response.json(document, { status, headers: { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', ...headers } })

/** What was thrown, as the answer. A fault of this program says nothing of itself. @param {any} error */
function refused(error) {
  const known = error instanceof Refusal || (error instanceof FecgError && error.code !== 'INTERNAL')
  const { code, message, offset } = known ? error : { code: 'INTERNAL', message: 'a fault of the worker', offset: null }
  const status = !known ? 500 : error.status ?? (code === 'ARGUMENT' ? 400 : 422)
  return json({ schema: 'fecg.error/1', source: { file: null }, error: { code, message, offset } }, status, error?.headers)
}

/** The options of the address, as the command line has them; their values are the package's to judge. @param {URLSearchParams} query */
function optionsOf(query) {
  for (const key of query.keys()) {
    if (!OPTIONS.includes(key)) throw new Refusal(400, 'ARGUMENT', `no option ${key}; there are: ${OPTIONS.join(', ')}`)
    if (query.getAll(key).length > 1) throw new Refusal(400, 'ARGUMENT', `${key} is given twice`)
  }
  const { leads, fs, unit, method, mains = 'auto' } = Object.fromEntries(query)
  return {
    read: { unit, fs: fs === undefined ? undefined : Number(fs || NaN) },
    extract: { leads: leads?.split(','), method, mains: mains === 'auto' ? mains : Number(mains) },
  }
}

/**
 * The body, read into one buffer. One that is too large is read on for a while and thrown away: who is cut off while sending does not
 * hear the answer.
 * @param {Request} request
 */
async function bodyOf({ body, headers }) {
  const large = new Refusal(413, 'LIMIT', `the body has more than ${MOST_BYTES} bytes`)
  const told = Number(headers.get('content-length'))
  if (told > 2 * MOST_BYTES) throw large
  let buffer = new ArrayBuffer(Math.min(told || BLOCK, MOST_BYTES) + 1), size = 0
  try {
    const reader = body?.getReader({ mode: 'byob' })
    while (reader && size <= 2 * MOST_BYTES) {
      const room = new Uint8Array(buffer, size > MOST_BYTES ? 0 : size)
      const { value, done } = await reader.read(room, { min: room.length }) // pieces may be of one byte each
      buffer = value.buffer // it goes with the view, and comes back
      size += value.length
      if (done) break
      if (size === buffer.byteLength && size <= MOST_BYTES) {
        const larger = new Uint8Array(Math.min(2 * size, MOST_BYTES + 1))
        larger.set(new Uint8Array(buffer))
        buffer = larger.buffer
      }
    }
    await reader?.cancel()
  } catch {
    throw new Refusal(400, 'REQUEST', 'the body did not arrive whole')
  }
  if (size > MOST_BYTES) {
    release(new Uint8Array(buffer))
    throw large
  }
  if (size === 0) throw new Refusal(400, 'FORMAT', 'the body is empty, expected a recording')
  return new Uint8Array(buffer, 0, size)
}

/** Gives the memory of an array back now: the garbage collector does not see how much is waiting for it. @param {ArrayBufferView<ArrayBuffer>} array */
const release = (array) => void array.buffer.transfer(0)

/** @param {boolean} holds @param {string} message */
function limit(holds, message) {
  if (!holds) throw new Refusal(422, 'LIMIT', message)
}

/**
 * How many annotations an EDF+ or BDF+ may hold: the bytes 20 in its signals of annotations, each of which ends one at most.
 * @param {Uint8Array} bytes of a file whose header has been read and found sound
 */
function marksIn(bytes) {
  const text = (/** @type {number} */ at, /** @type {number} */ length) => new TextDecoder('latin1').decode(bytes.subarray(at, at + length)).trim()
  const count = Number(text(252, 4)), width = bytes[0] === 255 ? 3 : 2
  const signals = Array.from({ length: count }, (_, i) => ({ marks: text(256 + 16 * i, 16).endsWith('Annotations'), bytes: width * Number(text(256 + 216 * count + 8 * i, 8)) }))
  if (!signals.some((s) => s.marks && s.bytes > 0)) return 0
  let found = 0
  for (let at = Number(text(184, 8)), i = 0; at < bytes.length; at += signals[i].bytes, i = (i + 1) % count) {
    if (signals[i].marks) for (const byte of bytes.subarray(at, at + signals[i].bytes)) found += Number(byte === 20)
  }
  return found
}

/** The recording, which fails where it goes beyond a limit. @param {any} recording @param {Uint8Array} bytes of its file */
function within(recording, bytes) {
  const { format, channels } = recording
  const short = (/** @type {number} */ seconds) => limit(seconds <= MOST_SECONDS, `the recording is longer than ${MOST_SECONDS} s`)
  short(recording.duration_s ?? 0)
  limit(!/^[EB]DF/.test(format) || marksIn(bytes) <= MOST_MARKS, `more than ${MOST_MARKS} annotations`)
  const blocks = recording.blocks.bind(recording)
  recording.blocks = async function * (options) {
    const chosen = options.channels
    limit(chosen.length <= MOST_LEADS, `${chosen.length} leads, at most ${MOST_LEADS} are taken here; choose by leads=`)
    let samples = 0
    for await (const block of blocks(options)) {
      samples += block.samples[0].length
      short(samples / channels[chosen[0]].fs) // a CSV tells its length, and an EDF+ its gaps, only as they are read
      yield block
      block.samples.forEach(release)
    }
  }
  return recording
}

/** @param {Request} request @param {URLSearchParams} query */
async function extract(request, query) {
  const { read, extract } = optionsOf(query)
  const type = (request.headers.get('content-type') ?? '').split(';')[0].trim().toLowerCase()
  if (!Object.hasOwn(TYPES, type)) throw new Refusal(415, 'TYPE', `the content-type is ${type || 'missing'}, expected ${Object.keys(TYPES).join(', ')}`)
  if (request.headers.get('content-encoding')) throw new Refusal(415, 'TYPE', 'the body is compressed, expected it as it is')
  const bytes = await bodyOf(request)
  try {
    const recording = within(await fecg.read(bytes, { name: TYPES[/** @type {keyof typeof TYPES} */ (type)], ...read }), bytes)
    const result = await fecg.extract(recording, extract)
    result.source.file = null // the name above is no file's
    return result
  } finally {
    release(bytes)
  }
}

export default {
  /** @param {Request} request */
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url)
    const only = (/** @type {string} */ ...methods) => {
      if (!methods.includes(request.method)) throw new Refusal(405, 'METHOD', `${pathname} answers ${methods.join(', ')}`, { allow: methods.join(', ') })
    }
    try {
      if (pathname === '/') {
        only('GET', 'HEAD')
        return new Response(ABOUT, { headers: { 'content-type': 'text/plain; charset=utf-8' } })
      }
      if (pathname !== '/extract') throw new Refusal(404, 'NOT_FOUND', 'there is nothing under this address; / tells what there is')
      only('POST')
      return json(await extract(request, searchParams))
    } catch (error) {
      return refused(error)
    }
  },
}
