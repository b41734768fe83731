// demo/queue with a real Redis: two workers, one of them killed, the server killed too; all results once, as fecg batch
// writes them.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { archive, DAMAGE } from '../js/batch.tools.js'
import { CLI } from '../js/cli.tools.js'
import { root } from '../js/helpers.js'

const noRedis = spawnSync('redis-server', ['--version']).status === 0 ? false : 'redis-server is not on the PATH'
const dir = mkdtempSync(join(tmpdir(), 'fecg-queue-'))
const running = new Set()
after(() => {
  for (const child of running) child.kill('SIGKILL')
  rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
})

const program = (name) => join(root, 'demo', 'queue', `${name}.js`)
const pause = (ms) => new Promise((done) => setTimeout(done, ms))
/** Waits for what must come; the test's own limit ends a wait in vain. */
async function until(holds, signal) {
  while (!(await holds())) {
    signal.throwIfAborted()
    await pause(20)
  }
}

function start(program, args, options = {}) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options })
  child.said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (child.said += data))
  running.add(child)
  child.ended = new Promise((done) => child.on('exit', (status, signal) => {
    running.delete(child)
    done(signal ?? status)
  }))
  return child
}

const freePort = () => new Promise((done) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address()
    server.close(() => done(port))
  })
})

/** A server of the test's own; what it has answered is on the disk. */
async function redis(port, signal) {
  mkdirSync(join(dir, 'redis'), { recursive: true })
  const server = start('redis-server', ['--port', port, '--bind', '127.0.0.1', '--dir', join(dir, 'redis'), '--save', '', '--appendonly', 'yes', '--appendfsync', 'always'])
  await until(() => server.said.includes('Ready to accept connections'), signal)
  return server
}

test('wrong usage is status 2, and says how it is meant', () => {
  for (const [name, ...args] of [['enqueue'], ['enqueue', 'm.csv', '--method', 'magic'], ['enqueue', 'm.csv', '--fs=-1'], ['enqueue', 'm.csv', '--fs', 'Infinity'], ['worker'], ['worker', '--out', dir, '--threads', '0'], ['collect', 'm.csv'], ['collect', 'm.csv', '--out', dir, '--none']]) {
    const { status, stderr } = spawnSync(process.execPath, [program(name), ...args], { encoding: 'utf8', timeout: 60e3 })
    assert.equal(status, 2, `${name} ${args.join(' ')}`)
    assert.match(stderr, /needed|expected|Unknown option/)
  }
})

test('a job over two workers: one is killed, the server is killed, nothing is lost and nothing is there twice', { skip: noRedis, timeout: 120e3 }, async ({ signal }) => {
  const kinds = Object.keys(DAMAGE)
  mkdirSync(join(dir, 'in'))
  const manifest = await archive(join(dir, 'in'), 40, { damaged: Object.fromEntries(kinds.map((kind, i) => [4 * i + 1, kind])), seconds: 20 })
  const out = join(dir, 'out'), port = await freePort(), url = ['--redis', `redis://127.0.0.1:${port}`]
  const run = (name, ...args) => {
    const { status, stderr } = spawnSync(process.execPath, [program(name), ...args], { encoding: 'utf8', timeout: 60e3 })
    return { status, said: stderr }
  }
  const done = () => { try { return readdirSync(join(out, 'done')).filter((name) => name.endsWith('.json')).length } catch { return 0 } }
  const worker = () => start(process.execPath, [program('worker'), '--out', out, '--threads', '2', '--lock', '1', ...url])

  assert.equal(run('enqueue', manifest, ...url).status, 1) // no server
  let server = await redis(port, signal)
  assert.match(run('enqueue', manifest, ...url).said, /^40 recordings, 40 of them new/)
  assert.match(run('enqueue', manifest, ...url).said, /^40 recordings, 0 of them new/)
  // Another archive whose files have the same names is other jobs.
  mkdirSync(join(dir, 'twin'))
  copyFileSync(manifest, join(dir, 'twin', 'manifest.csv'))
  for (const path of [manifest, join(dir, 'twin', 'manifest.csv')]) assert.match(run('enqueue', path, '--queue', 'two', ...url).said, /^40 recordings, 40 of them new/)
  // What was given up is tried once more.
  const { Queue, UnrecoverableError, Worker } = createRequire(program('job'))('bullmq'), connection = { host: '127.0.0.1', port }
  const twice = new Queue('two', { connection }), failing = new Worker('two', () => { throw new UnrecoverableError('the disk is full') }, { connection, concurrency: 20 })
  await until(async () => (await twice.getJobCounts('failed')).failed === 80, signal)
  await failing.close()
  assert.match(run('enqueue', manifest, '--queue', 'two', ...url).said, /^40 recordings, 0 of them new/)
  assert.deepEqual(await twice.getJobCounts('failed', 'waiting'), { failed: 0, waiting: 80 })
  await twice.close()
  const early = run('collect', manifest, '--out', out, ...url)
  assert.deepEqual([early.status, early.said], [1, '40 of 40 recordings have no result yet: 40 waiting\n'])

  const killed = worker(), other = worker()
  await until(() => /r\d+/.test(killed.said) && done() >= 6, signal)
  killed.kill('SIGKILL')
  assert.equal(await killed.ended, 'SIGKILL')
  await until(() => done() >= 14, signal)
  assert.ok(done() < 40, 'the server is killed while there is work')
  server.kill('SIGKILL')
  await server.ended
  await pause(300)
  server = await redis(port, signal)
  await until(() => done() === 40, signal)
  assert.match(other.said, /waiting: .*(ECONNREFUSED|ECONNRESET|closed)/)
  await until(async () => run('collect', manifest, '--out', out, ...url).status === 3, signal)

  // The queue's own account: every job completed, one at least by another worker than the one that began it.
  const queue = new Queue('fetal-ecg', { connection })
  await until(async () => (await queue.getJobCounts('completed')).completed === 40, signal)
  const jobs = await queue.getJobs(['completed'])
  assert.ok(jobs.some((job) => job.stalledCounter > 0), 'a job of the killed worker was taken over')
  assert.equal(jobs.filter((job) => job.returnvalue).length, 10)
  assert.ok(jobs.every((job) => job.attemptsMade <= 1), 'what cannot be read is not tried again')
  await queue.close()
  other.kill('SIGTERM')
  assert.equal(await other.ended, 0)

  const batch = spawnSync(process.execPath, [CLI, 'batch', manifest, '--out', join(dir, 'batch'), '--quiet'])
  assert.equal(batch.status, 3)
  for (const name of ['results.ndjson', 'summary.csv', 'beats.csv']) assert.equal(readFileSync(join(out, name), 'utf8'), readFileSync(join(dir, 'batch', name), 'utf8'), name)
  assert.equal(readFileSync(join(out, 'results.ndjson'), 'utf8').split('\n').length, 41)
  server.kill('SIGTERM')
  await server.ended
})
