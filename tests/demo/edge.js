// edge.js — demo/edge in workerd under load: what a request costs in processor time, what the process holds in memory, and that
// hostile requests among good ones change neither. `npm run edge` prints the tables; edge.test.js is the short form.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { Agent, request as ask } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { load } from '../../js/index.js'
import { edfBytes, root, whole } from '../js/helpers.js'
import { workerd } from '../package/conformance/programs.js'

const folder = join(root, 'demo', 'edge')
const program = join(folder, 'node_modules', '.bin', 'workerd')
const TICKS = 100 // a second, of /proc/PID/stat: USER_HZ
const MIB = 1 << 20

export const skip = existsSync(program) && existsSync('/proc/self/stat') ? false : 'the packages of demo/edge are not installed, or there is no /proc: NOTHING WAS TESTED IN WORKERD'

/** Puts the worker together as its README says, and starts it. */
export async function start() {
  const { status, stderr } = spawnSync('npm', ['run', '--silent', 'build'], { cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return workerd(join(folder, 'config.capnp'), program)
}

/** Processor time that a process has taken, all its threads, s. @param {number} pid */
export function cpu_s(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /s, '').split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS // utime, stime: fields 14 and 15
}

/** Memory of a process, MiB: what is resident, of it what is no file, and the most that was resident. @param {number} pid */
export function memory(pid) {
  const text = readFileSync(`/proc/${pid}/status`, 'latin1')
  const [rss, anon, peak] = ['VmRSS', 'RssAnon', 'VmHWM'].map((key) => Number(text.match(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm'))?.[1]) / 1024)
  return { rss, anon, peak }
}

/** A recording in each form that the worker reads. @param {any} fecg @param {object} options of the simulator */
export function forms(fecg, options) {
  const simulation = fecg.simulate(options)
  const rows = whole(simulation)
  const csv = [`# fs=${simulation.fs} unit=uV ch=${simulation.leads.join(',')}`, ...Array.from(rows[0], (_, i) => rows.map((row) => row[i].toFixed(2)).join(','))].join('\n') + '\n'
  return { edf: edfBytes(fecg, simulation), csv: new TextEncoder().encode(csv) }
}

const agent = new Agent({ keepAlive: true, maxSockets: 16 })
export const EDF = 'application/octet-stream', CSV = 'text/csv'

/**
 * One request; the answer counts as soon as it is whole, also where the body was not taken to its end.
 * @param {string} address
 * @param {{ path?: string, method?: string, type?: string | null, headers?: object, body?: Uint8Array | Uint8Array[] }} given body in pieces: without a content-length
 * @returns {Promise<{ status: number, headers: any, text: string }>}
 */
export function send(address, { path = '/extract', method = 'POST', type = EDF, headers = {}, body = new Uint8Array() }) {
  return new Promise((done, fail) => {
    const pieces = Array.isArray(body)
    const request = ask(new URL(path, address), { agent, method, headers: { ...(type && { 'content-type': type }), ...(!pieces && method !== 'GET' && { 'content-length': body.length }), ...headers } }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (piece) => { text += piece }).on('end', () => {
        done({ status: Number(response.statusCode), headers: response.headers, text })
        if (!request.writableFinished) request.destroy()
      }).on('error', fail)
    })
    request.on('error', fail)
    for (const piece of pieces ? body : [body]) request.write(piece)
    request.end()
  })
}

/** Begins an upload and goes away in the middle. @param {string} address @param {Uint8Array} body */
function leave(address, body) {
  return new Promise((done, fail) => {
    const { hostname, port } = new URL(address)
    const socket = connect(Number(port), hostname, () => {
      socket.write(`POST /extract HTTP/1.1\r\nhost: x\r\ncontent-type: ${EDF}\r\ncontent-length: ${body.length}\r\n\r\n`)
      socket.write(body.subarray(0, body.length / 2), () => setTimeout(() => socket.resetAndDestroy(), 5))
    })
    socket.on('close', done).on('error', fail)
  })
}

/** Bytes by a seed. @param {number} length @param {number} seed */
function noise(length, seed) {
  let x = seed
  return Uint8Array.from({ length }, () => (x = (x * 48271) % 2147483647) & 255)
}

/**
 * An EDF+ whose records, at the seconds given, are mostly annotations.
 * @param {number[]} seconds @param {number} [marks] samples of annotations in a record
 */
function edfPlus(seconds, marks = 20) {
  const field = (/** @type {[string | number, number][]} */ ...fields) => fields.map(([text, width]) => String(text).padEnd(width)).join('')
  const header = field(['0', 8], ['X X X X', 80], ['Startdate 01-JAN-2026 X X X', 80], ['01.01.26', 8], ['00.00.00', 8], [768, 8], ['EDF+D', 44], [seconds.length, 8], [1, 8], [2, 4],
    ['Abdomen 1', 16], ['EDF Annotations', 16], ['', 160], ['uV', 8], ['', 8], [-1000, 8], [-1, 8], [1000, 8], [1, 8], [-32768, 8], [-32768, 8], [32767, 8], [32767, 8], ['', 160], [500, 8], [marks, 8], ['', 64])
  return Buffer.concat([Buffer.from(header, 'latin1'), ...seconds.map((t_s) => {
    const record = Buffer.alloc(1000 + 2 * marks)
    record.write(`+${t_s}\x14\x14\0${'+0\x14a\x14\0'.repeat((2 * marks - 20) / 6)}`, 1000)
    return record
  })])
}

/**
 * Requests that are wrong, each with the status and the code that it has to get; null: it goes away and gets none.
 * @param {Uint8Array} edf a sound recording
 * @param {number} most bytes of a body
 * @returns {[name: string, request: any, status: number | null, code?: string][]}
 */
export function hostile(edf, most = 4 * MIB) {
  const hurt = (/** @type {number} */ at, /** @type {string} */ text) => {
    const bytes = edf.slice()
    bytes.set(new TextEncoder().encode(text), at)
    return bytes
  }
  const text = (/** @type {string} */ s) => new TextEncoder().encode(s)
  return [
    ['nothing', { body: new Uint8Array() }, 400, 'FORMAT'],
    ['half a header', { body: edf.subarray(0, 200) }, 422, 'FORMAT'],
    ['a header and no records', { body: edf.subarray(0, Number(Buffer.from(edf.subarray(184, 192)).toString('latin1'))) }, 422, 'FORMAT'],
    ['noise', { body: noise(20_000, 7) }, 422],
    ['noise named as CSV', { body: noise(20_000, 8), type: CSV }, 422],
    ['a header that counts 9999 signals', { body: hurt(252, '9999') }, 422, 'UNSUPPORTED'],
    ['a header that is 99999999 bytes long', { body: hurt(184, '99999999') }, 422, 'FORMAT'],
    ['records of 1e9 seconds', { body: hurt(244, '1e9     ') }, 422],
    ['letters for the length of a record', { body: hurt(244, 'seconds ') }, 422, 'FORMAT'],
    ['two records six days apart', { body: edfPlus([0, 6 * 86400]) }, 422, 'LIMIT'],
    ['hundreds of thousands of annotations', { body: edfPlus(Array.from({ length: 60 }, (_, i) => i), 30_000) }, 422, 'LIMIT'],
    ['32 leads', { body: text(`# fs=500 unit=uV\n${`${Array.from({ length: 32 }, (_, i) => i).join(',')}\n`.repeat(5000)}`), type: CSV }, 422, 'LIMIT'],
    ['a CSV of words', { body: text('To be, or not to be\n'.repeat(500)), type: CSV, path: '/extract?fs=500' }, 422],
    ['a CSV that does not tell its rate', { body: text('1,2\n'.repeat(5000)), type: CSV }, 422, 'RATE'],
    ['a CSV of hours', { body: text('0\n'.repeat(2_000_000)), type: CSV, path: '/extract?fs=125&method=classical' }, 422, 'LIMIT'],
    ['a line of a CSV without an end', { body: text(`# fs=500\n${'1'.repeat(4_000_000)}`), type: CSV }, 422],
    ['a WFDB header that names a file of the system', { body: text('rec 1 500 1000\n/etc/passwd 16 200 12 0 0 0 0 aecg1\n') }, 422],
    ['JSON', { body: text('{"leads":[]}'), type: 'application/json' }, 415, 'TYPE'],
    ['a form', { body: edf, type: 'multipart/form-data; boundary=x' }, 415, 'TYPE'],
    ['no type', { body: edf, type: null }, 415, 'TYPE'],
    ['a compressed body', { body: edf, headers: { 'content-encoding': 'gzip' } }, 415, 'TYPE'],
    ['a body over the limit, by its length', { body: new Uint8Array(most + 1) }, 413, 'LIMIT'],
    ['a body over the limit, in pieces', { body: Array.from({ length: most / MIB + 4 }, () => new Uint8Array(MIB)) }, 413, 'LIMIT'],
    ['a body of gigabytes, by its length', { body: new Uint8Array(), headers: { 'content-length': 2 ** 32, expect: '100-continue' } }, 413, 'LIMIT'],
    ['an unknown option', { body: edf, path: '/extract?speed=9' }, 400, 'ARGUMENT'],
    ['an option twice', { body: edf, path: '/extract?fs=500&fs=250' }, 400, 'ARGUMENT'],
    ['a rate that is none', { body: edf, path: '/extract?fs=fast' }, 400, 'ARGUMENT'],
    ['a method that is none', { body: edf, path: '/extract?method=__proto__' }, 400, 'ARGUMENT'],
    ['a lead that is not there', { body: edf, path: '/extract?leads=Z' }, 422, 'LEADS'],
    ['an upload that is left', edf, null],
    ['GET', { method: 'GET', type: null }, 405, 'METHOD'],
    ['POST to the description', { path: '/', body: edf }, 405, 'METHOD'],
    ['another path', { path: '/../../etc/passwd', method: 'GET', type: null }, 404, 'NOT_FOUND'],
  ]
}

/** What was wrong with the answer to a hostile request; undefined: nothing. @param {string} address @param {ReturnType<typeof hostile>[0]} one */
export async function tried(address, [name, request, status, code]) {
  if (status === null) return void await leave(address, request)
  const { status: got, headers, text } = await send(address, request)
  if (got !== status) return `${name}: status ${got}, expected ${status}: ${text.slice(0, 200)}`
  const { schema, error } = JSON.parse(text)
  if (schema !== 'fecg.error/1' || !error.message || (code && error.code !== code)) return `${name}: ${text.slice(0, 200)}, expected the code ${code}`
  if (!headers['content-type'].startsWith('application/json')) return `${name}: ${headers['content-type']}`
}

/**
 * Many requests, some at a time, of which every 20th is hostile. Good ones have to get the very same answer.
 * @param {{ address: string, pid: number }} server
 * @param {{ count: number, good: { name: string, request: any, answer: string }[], bad: ReturnType<typeof hostile>, lanes?: number, each?: (n: number) => unknown }} options
 */
export async function storm(server, { count, good, bad, lanes = 2, each = () => {} }) {
  const faults = /** @type {string[]} */ ([])
  let begun = 0, hostiles = 0
  const lane = async () => {
    while (begun < count) {
      const n = begun++
      if (bad.length && n % 20 === 19) {
        const fault = await tried(server.address, bad[hostiles++ % bad.length]).catch((error) => `${bad[(hostiles - 1) % bad.length][0]}: ${error}`)
        if (fault) faults.push(fault)
      } else {
        const { name, request, answer } = good[n % good.length]
        const { status, text } = await send(server.address, request)
        if (status !== 200 || text !== answer) faults.push(`${name}: status ${status}: ${text.slice(0, 200)}`)
      }
      each(n)
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return { faults, hostiles }
}

/** Processor time of a request after warm-up, ms. @param {{ address: string, pid: number }} server @param {any} request @param {{ warm?: number, count?: number }} [options] */
export async function cost(server, request, { warm = 10, count = 20 } = {}) {
  for (let i = 0; i < warm; i++) await send(server.address, request)
  const before = cpu_s(server.pid), start = performance.now()
  for (let i = 0; i < count; i++) await send(server.address, request)
  return { cpu_ms: 1000 * (cpu_s(server.pid) - before) / count, wall_ms: (performance.now() - start) / count }
}

const table = (/** @type {string[][]} */ rows) => {
  const widths = rows[0].map((_, c) => Math.max(...rows.map((row) => row[c].length)))
  return rows.map((row) => row.map((cell, c) => (c ? cell.padStart(widths[c]) : cell.padEnd(widths[c]))).join('  ')).join('\n')
}

async function main() {
  if (skip) throw new Error(skip)
  const fecg = await load()
  const { edf, csv } = forms(fecg, { seed: 7, seconds: 60, fs: 500, leads: 4 })
  const server = await start()
  const told = (/** @type {{ rss: number, anon: number, peak: number }} */ m) => [m.rss, m.anon, m.peak].map((v) => v.toFixed(1))
  try {
    const rows = [['60 s, 4 leads, 500 Hz', 'CPU ms', 'wall ms', 'VmRSS MiB', 'of it not files', 'VmHWM MiB'], ['started', '', '', ...told(memory(server.pid))]]
    for (const [form, body, type] of /** @type {const} */ ([['EDF', edf, EDF], ['CSV', csv, CSV]])) {
      for (const method of ['classical', 'network', 'fhnet']) {
        const { cpu_ms, wall_ms } = await cost(server, { body, type, path: `/extract?method=${method}` })
        rows.push([`${form}, ${method}`, cpu_ms.toFixed(0), wall_ms.toFixed(0), ...told(memory(server.pid))])
      }
    }
    console.log(`${table(rows)}\n`)

    const short = forms(fecg, { seed: 7, seconds: 10, fs: 500, leads: 4 }), good = []
    for (const [name, request] of /** @type {[string, any][]} */ ([['EDF', { body: short.edf }], ['CSV', { body: short.csv, type: CSV, path: '/extract?method=classical' }], ['EDF in pieces', { body: [short.edf.subarray(0, 1000), short.edf.subarray(1000)], path: '/extract?method=network' }]])) {
      good.push({ name, request, answer: (await send(server.address, request)).text })
    }
    const seen = [['10 s, 4 leads, 500 Hz: requests', 'VmRSS MiB', 'of it not files', 'VmHWM MiB']]
    const { faults, hostiles } = await storm(server, { count: 1000, good, bad: hostile(short.edf), each: (n) => { if (n === 20 || n % 200 === 199) seen.push([String(n + 1), ...told(memory(server.pid))]) } })
    console.log(`${table(seen)}\n\n1000 requests, ${hostiles} of them hostile: ${faults.length ? `${faults.length} wrong answers` : 'every answer right'}; workerd ${server.ended() ? 'ENDED' : 'goes on'}`)
    for (const fault of faults) console.log(`  ${fault}`)
    return faults.length || server.ended() ? 1 : 0
  } finally {
    agent.destroy()
    await server.close()
  }
}

/** Lets go of what the requests kept. */
export const rest = () => agent.destroy()

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main()
