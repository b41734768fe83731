// The line between a program and its worker, both ends here: what is passed by reference is the same when it comes back, and is let
// go once the other end has no use for it.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { MessageChannel } from 'node:worker_threads'
import { Peer } from '../../js/worker/peer.js'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc')

class Counter {
  count = 0
  #steps = []
  add(n) {
    this.#steps.push(n)
    return this.count += n
  }
  steps() { return this.#steps }
}

const counters = []
const root = {
  echo: (value) => value,
  last: (...args) => [args.at(-1).length, args.at(-1).buffer.byteLength],
  call: (f, ...args) => f(...args),
  counter: () => { counters.push(new WeakRef(new Counter())); return counters.at(-1).deref() },
  isCounter: (c) => c instanceof Counter,
  aborted: async (signal) => { await new Promise((done) => signal.addEventListener('abort', done)); throw signal.reason },
  method: (o) => o.name('!'),
}
const { port1, port2 } = new MessageChannel()
after(() => port1.close())
const here = new Peer({ post: (m, t) => port1.postMessage(m, t) })
const there = new Peer({ post: (m, t) => port2.postMessage(m, t) }, { root })
port1.on('message', (m) => here.receive(m))
port2.on('message', (m) => there.receive(m))
const call = (name, ...args) => here.call(null, name, args)

test('plain values, samples and their nesting arrive as they are', async () => {
  const value = {
    a: [1, 'b', null, { c: new Float32Array([1, NaN]) }], d: undefined, e: new Uint8Array(8).subarray(2, 4),
    f: Buffer.from('hi'), g: new URL('http://localhost/x'),
  }
  const back = await call('echo', value)
  assert.deepEqual(back, { ...value, f: Uint8Array.of(104, 105), g: 'http://localhost/x' })
  assert.equal(back.e.buffer.byteLength, 2, 'no more than is seen goes over')
  assert.equal(value.e.length, 2)
  assert.deepEqual(await call('last', 1, new Uint8Array(8).subarray(6)), [2, 2], 'nor of an argument that follows a number')
})

test('a function that comes back is the function; one that fails, fails with its own error', async () => {
  const f = (a, b) => a + b
  assert.equal(await call('echo', f), f)
  assert.equal(await call('call', f, 2, 3), 5)
  const error = new RangeError('mine')
  await assert.rejects(call('call', () => { throw error }), (e) => e === error)
  assert.equal(await call('method', { who: 'me', name(end) { return this.who + end } }), 'me!')
})

test('an object shows its fields, follows them, and is itself when it goes back', async () => {
  const counter = await call('counter')
  assert.equal(counter.count, 0)
  assert.equal(await counter.add(2), 2)
  assert.equal(counter.count, 2)
  assert.deepEqual(await counter.steps(), [2])
  assert.equal(await call('isCounter', counter), true)
  assert.equal(await call('isCounter', new Counter()), false)
})

test('a signal that aborts later aborts there, and its reason comes back', async () => {
  const controller = new AbortController()
  const waiting = call('aborted', controller.signal)
  const reason = { any: 'thing' }
  controller.abort(reason)
  await assert.rejects(waiting, (e) => e === reason)
})

test('references are let go on both sides once their stand-ins are garbage', async () => {
  const functions = []
  const pass = async () => {
    functions.push(new WeakRef((x) => x))
    assert.equal(await call('call', functions.at(-1).deref(), 1), 1)
    const counter = await call('counter')
    await counter.add(1)
  }
  for (let i = 0; i < 20; i++) await pass()
  const left = () => [...counters, ...functions].filter((r) => r.deref()).length
  for (let i = 0; i < 100 && left() > 0; i++) {
    await pause(10) // what was looked at stays until its turn ends
    gc()
    await pause(10)
  }
  assert.equal(left(), 0)
})
