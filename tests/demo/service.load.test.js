// The service under load and at its end: what has a place is answered with the right beats, what has none is told so, memory stays as it
// is; what takes too long is stopped for real; SIGTERM loses nothing. Prints throughput and latency; `npm run load` in demo/service is the longer form.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { load } from '../../js/index.js'
import { root } from '../js/helpers.js'
import { build } from '../../demo/service/app.js'
import { edf, measure, serve } from '../../demo/service/load.js'

const EDF = 'application/octet-stream'
const SHORT = { seconds: 20, fs: 250, leads: 2, snr_db: 9 }
let fecg, short, peaks
before(async () => {
  fecg = await load()
  short = edf(fecg, { ...SHORT, seed: 3 })
  peaks = (await fecg.extract(await fecg.read(short), { mains: 'auto' })).fetal.peaks_s
})
const post = (address, body, options = {}) => fetch(`${address}/extract`, { method: 'POST', body, headers: { 'content-type': EDF }, ...options })
const health = async (address) => (await fetch(`${address}/health`)).json()
async function until(what, holds, seconds = 20) {
  for (const end = performance.now() + 1000 * seconds; !await holds(); await pause(20)) assert.ok(performance.now() < end, `not after ${seconds} s: ${what}`)
}

test('under load every request is answered, with its own beats or with 503 and when to come again; memory is flat', async (t) => {
  const { full, over, health: told } = await measure({ seconds: 3, recording: SHORT, print: (line) => t.diagnostic(line) })
  for (const r of [full, over]) {
    assert.deepEqual([r.wrong, r.other, r.errors, r.timeouts], [0, 0, 0, 0])
    assert.equal(r.right + r.refused, r.sent)
    assert.equal(r.hinted, r.refused)
    assert.ok(r.right > 0)
  }
  assert.equal(full.refused, 0, 'as many connections as places, and one was refused')
  assert.ok(over.refused > 0, 'three times as many, and none was refused')
  assert.deepEqual([told.refused, told.stopped, told.busy], [over.refused, 0, 0])
  const third = Math.ceil(over.memory.length / 3), mean = (list) => list.reduce((sum, v) => sum + v, 0) / list.length
  if (!Number.isNaN(over.memory[0])) assert.ok(mean(over.memory.slice(-third)) < 1.2 * mean(full.memory.slice(-third)) + 16, 'memory grew')
})

/** A service in this process with one thread. */
async function started(t, options) {
  const app = await build({ threads: 1, log: false, ...options })
  t.after(() => app.close())
  return { app, address: await app.listen({ port: 0, host: '127.0.0.1' }) }
}

test('what takes longer than it may is stopped: 504, the thread is gone, and the next request has another', async (t) => {
  const { address } = await started(t, { timeout_s: 2.5, waiting: 1 })
  await until('its thread is up', async () => (await post(address, short)).status === 200)
  const long = edf(fecg, { seconds: 1200, fs: 500, leads: 8, seed: 3 })
  const [running, waiting] = await Promise.all([post(address, long), pause(100).then(() => post(address, short))])
  const documents = [await running.json(), await waiting.json()]
  assert.deepEqual([running.status, documents[0].error.code], [504, 'TIMEOUT'], documents[0].error.message)
  // Sent a little later, it found the thread taken until its own time was nearly over: told to come again, or just done.
  assert.ok(waiting.status === 503 ? documents[1].error.code === 'BUSY' && waiting.headers.get('retry-after') : waiting.status === 200)
  await until('the next has a thread', async () => (await post(address, short)).status === 200)
  const before = process.cpuUsage()
  await pause(500)
  const { user } = process.cpuUsage(before)
  assert.ok(user < 250_000, `${user / 1000} ms of CPU in half a second without a request: something goes on`)
  const { threads, busy, stopped } = await health(address)
  assert.deepEqual([threads, busy], [1, 0])
  assert.ok(stopped >= 1)
})

test('who leaves gives its place back', async (t) => {
  const { address } = await started(t, { waiting: 3 })
  const leave = new AbortController()
  const gone = Array.from({ length: 4 }, () => post(address, short, { signal: leave.signal }).then((r) => r.status, (error) => error.name))
  await until('all places are taken', async () => (await health(address)).busy === 4)
  leave.abort()
  const outcomes = await Promise.all(gone)
  assert.ok(outcomes.filter((o) => o === 'AbortError').length >= 2, outcomes.join())
  await until('they are free', async () => (await health(address)).busy === 0)
  assert.deepEqual((await (await post(address, short)).json()).fetal.peaks_s, peaks)
})

test('at SIGTERM what was taken is answered, what comes is not taken, and the process ends by itself', async () => {
  const service = await serve(['--threads', '1'])
  after(() => service.child.kill('SIGKILL'))
  const { places } = await health(service.address)
  const open = connect(Number(new URL(service.address).port), '127.0.0.1') // a connection that is open before: a request on its way
  const answer = new Promise((done) => {
    let text = ''
    open.on('data', (bytes) => { text += bytes }).on('close', () => done(text)).on('error', () => {})
  })
  open.write('POST /extract HTTP/1.1\r\nhost: x\r\n')
  const taken = Array.from({ length: places }, () => post(service.address, short))
  await until('all are taken', async () => (await health(service.address)).busy === places || (await health(service.address)).answered > 0)
  const slow = connect(Number(new URL(service.address).port), '127.0.0.1').on('error', () => {}) // was refused, and goes on sending
  slow.write('POST /nothing HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n')
  const drip = setInterval(() => slow.write('x'), 50)
  after(() => clearInterval(drip))
  await once(slow, 'data')
  const ending = performance.now()
  service.child.kill('SIGTERM')
  await pause(100)
  open.write(`content-type: ${EDF}\r\ncontent-length: 1\r\n\r\nx`)
  const text = await answer
  assert.match(text, /^HTTP\/1\.1 503 /)
  assert.match(text, /connection: close[^]*\{"schema":"fecg.error\/1".*"BUSY"/i)
  const late = await post(service.address, short).then((r) => r.status, () => 'not taken')
  const responses = await Promise.all(taken)
  assert.ok(responses.some((r) => r.headers.get('connection') === 'close'), 'connections are kept open for a request that would be refused')
  for (const response of responses) {
    assert.equal(response.status, 200)
    assert.deepEqual((await response.json()).fetal.peaks_s, peaks)
  }
  assert.ok(late === 'not taken' || late === 503, String(late))
  assert.equal(await service.exit, 0)
  assert.ok(performance.now() - ending < 30_000, 'a sender without end held it up')
  const lines = service.log.text.trim().split('\n').map((line) => JSON.parse(line))
  assert.equal(lines.at(-1).msg, 'ended')
  assert.equal(lines.filter((l) => l.msg === 'answered' && l.route === '/extract' && l.status === 200).length, places)
})

test('wrong options are told, with status 2', async () => {
  for (const [args, words] of [[['--threads', '1.5'], '--threads is a whole number from 1 to 256, given 1.5'], [['--port', '99999'], '--port is a whole number from 0 to 65535, given 99999'], [['--timeout', ''], '--timeout is a number from'], [['--model', 'x'], "Unknown option '--model'"]]) {
    const { status, stderr } = spawnSync(process.execPath, [join(root, 'demo', 'service', 'main.js'), ...args], { encoding: 'utf8' })
    assert.equal(status, 2)
    assert.ok(stderr.startsWith(words), stderr)
  }
})
