// A board at work: sessions over fake boards that fail as links do, through the same transports as true ones.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from '../../js/index.js'
import { BOARDS, Clock, connect, fakeBoard, fakeSerial, webBluetooth, webSerial } from '../../js/serial/index.js'

/** A recording whose every sample is told by its value: slow sine waves with a pattern on them. */
function recording(name, seconds) {
  const { fs, channels } = BOARDS[name]
  const rows = channels.length ? channels : Array(4).fill()
  return rows.map((_, c) => Float32Array.from({ length: fs * seconds }, (_, i) => 100 * Math.sin(2 * Math.PI * i / fs / 7 + c) + ((i * 7919) % 97) / 10))
}

/** Everything that a session gives; index has to run on without a hole. */
async function all(session, each = () => {}) {
  const rows = session.leads.map(() => [])
  let end = 0
  for await (const piece of session) {
    assert.equal(piece.index, end)
    piece.samples.forEach((s, c) => { for (const v of s) rows[c].push(v) })
    end += piece.samples[0].length
    await each(piece)
  }
  return rows
}

/** Samples in their places, but for gaps; how many are gaps. */
function compare(rows, source, tolerance, shift = 0) {
  let lost = 0
  rows.forEach((row, c) => row.forEach((v, i) => {
    if (Number.isNaN(v)) lost++
    else assert.ok(Math.abs(v - source[c][i + shift]) <= tolerance, `sample ${i} of ${c} is ${v}, was ${source[c][i + shift]}`)
  }))
  return lost / rows.length
}

const nearly = (a, b, tolerance) => assert.ok(Math.abs(a - b) <= tolerance, `${a}, expected ${b} within ${tolerance}`)

test('a clock that runs fast is measured through uneven arrivals', () => {
  const clock = new Clock(250)
  let state = 1, last = 0
  for (let t = 0; t < 120; t += 0.04) {
    state = state * 16807 % 2147483647
    last = Math.max(last, t + 0.03 * state / 2147483647)
    clock.push(Math.floor(t * 250 * 1.0004), last)
  }
  nearly(clock.ppm, 400, 40)
  nearly(clock.fs, 250.1, 0.01)
  assert.ok(clock.jitter_s > 0.01 && clock.jitter_s < 0.05)
  nearly(clock.samples(60), 60 * 250.1, 3)
})

test('a wrong nominal rate is told', () => {
  const clock = new Clock(250)
  assert.equal(clock.ppm, null)
  for (let k = 1; k < 600; k++) clock.push(Math.floor(k * 0.05 * 244), k * 0.05)
  nearly(clock.fs, 244, 0.5)
})

for (const name of Object.keys(BOARDS)) {
  test(`${name}: plays through damage, stalls and an unplug; every sample that is there stands in its place`, async () => {
    const seconds = 40
    const source = recording(name, seconds)
    const transport = fakeBoard({
      board: name, source, fs: BOARDS[name].fs, speed: Infinity,
      // a lost digit of text is a wrong number that nobody can know
      faults: { lose: name === 'text' ? 0 : 2e-5, duplicate: name === 'text' ? 0 : 2e-5, stalls: [{ at_s: 12, for_s: 3, lost: true }, { at_s: 18, for_s: 2 }],
        unplugs: [{ at_s: 25, for_s: 6 }] },
    })
    const session = await connect(transport, { board: name })
    const states = [session.state]
    session.onchange = ({ state }) => { if (states.at(-1) !== state) states.push(state) }
    const rows = await all(session)
    const { fs } = session
    nearly(rows[0].length, seconds * fs, 2)
    const step = { bitalino: 1.5, olimex: 1, ads1293: 0.1, 'chords-r3': 1.1, 'chords-r4': 0.1 }[name] ?? 0.03
    const lost = compare(rows.slice(0, 4), source, step)
    assert.ok(lost > 9 * fs && lost < 9.6 * fs, `${lost / fs} s of gaps`)
    const told = session.counters
    const frames = name === 'cyton-daisy' ? 2 : 1 // in a sample; a lost half is lost in eight channels of sixteen
    nearly(told.lost, lost * frames, 3 + 20 * (frames - 1))
    nearly(told.frames + told.lost, seconds * fs * frames, 4)
    assert.equal(told.reconnects, 1)
    assert.equal(told.overruns, 0)
    assert.deepEqual(states.filter((s) => s !== 'connecting'), ['streaming', 'stalled', 'streaming', 'stalled', 'streaming', 'unplugged', 'streaming', 'ended'])
    if (name === 'text') assert.deepEqual(session.leads, ['CH1', 'CH2', 'CH3', 'CH4'])
    assert.equal(session.error, null)
  })
}

test('a simulation plays; leads are chosen and renamed, its clock is measured', async () => {
  const fecg = await load()
  const simulation = fecg.simulate({ fs: 250, leads: 4, seconds: 60 })
  const source = [...simulation.chunks({ seconds: 60 })][0].mixture
  const session = await connect(fakeBoard({ board: 'cyton', source: simulation, speed: Infinity, ppm: 300 }), { board: 'cyton', leads: ['CH3=A3', 'CH1', 1] })
  assert.deepEqual(session.leads, ['A3', 'CH1', 'CH2'])
  const rows = await all(session)
  assert.equal(compare(rows, [source[2], source[0], source[1]], 0.02), 0)
  assert.equal(rows[0].length, 60 * 250 - 1) // the last frame waits for one after it
  nearly(session.clock.ppm, 300, 60)
})

test('the same seed fails the same way; another one otherwise', async () => {
  const play = async (seed) => all(await connect(fakeBoard({ board: 'olimex', source: recording('olimex', 10), speed: Infinity, seed, faults: { lose: 1e-3 } }), { board: 'olimex' }))
  const first = await play(1)
  assert.deepEqual(await play(1), first)
  assert.notDeepEqual(await play(2), first)
})

test('NaN in all leads is a frame that is never sent, in some an electrode that is off', async () => {
  const source = recording('ads129x', 4)
  source[3].fill(NaN)
  const session = await connect(fakeBoard({ board: 'ads129x', source, speed: Infinity }), { board: 'ads129x', leads: [0, 3] })
  const pieces = []
  for await (const piece of session) pieces.push(piece)
  assert.deepEqual(pieces.at(-1).leadOff, [false, true])
  assert.deepEqual(session.leadOff, [false, true])

  const gaps = recording('cyton', 4)
  for (const row of gaps) row.fill(NaN, 300, 340)
  const [row] = await all(await connect(fakeBoard({ board: 'cyton', source: gaps, speed: Infinity }), { board: 'cyton', leads: [0] }))
  const first = row.findIndex(Number.isNaN), last = row.findLastIndex(Number.isNaN)
  assert.deepEqual([first, last], [299, 339]) // the frame before a hole is not trusted
})

test('a slow reader is told what it missed; the rest stands in its place', async () => {
  const source = recording('olimex', 30)
  const transport = fakeBoard({ board: 'olimex', source, speed: Infinity })
  const session = await connect({ ...transport, patient: false }, { board: 'olimex', buffer_s: 5 })
  while (session.state !== 'ended') await new Promise((done) => setTimeout(done, 20))
  const rows = await all(session)
  assert.ok(session.counters.overruns > 0)
  nearly(rows[0].length, 30 * 256, 1)
  const lost = compare(rows, source, 1)
  assert.ok(lost > 23 * 256 && rows[0].slice(-4 * 256).every((v) => !Number.isNaN(v)))
})

test('stop() ends it at once and leaves what was sampled', async () => {
  const session = await connect(fakeBoard({ board: 'cyton', source: recording('cyton', 60), speed: 10 }), { board: 'cyton' })
  await session.read()
  await session.stop()
  assert.equal(session.state, 'ended')
  assert.equal(await session.read().then(async (piece) => { while (piece) piece = await session.read() }), undefined)
  await session.stop()
})

test('a board that was reset under way is started again', async () => {
  const source = recording('cyton', 60)
  const transport = fakeBoard({ board: 'cyton', source, speed: 20 })
  const session = await connect(transport, { board: 'cyton' })
  let reset = false
  const rows = await all(session, async () => {
    if (reset || session.counters.frames < 2500) return
    reset = true
    await transport.write(Uint8Array.of('v'.charCodeAt(0)))
  })
  const lost = compare(rows.map((row) => row.slice(0, row.findIndex(Number.isNaN))), source, 0.03)
  assert.equal(lost, 0)
  assert.ok(session.counters.lost > 5 * 250 && session.counters.frames > 2600, JSON.stringify(session.counters))
  nearly(rows[0].length, 60 * 250, 25)
})

test('what is not this board is said: no byte, no frames, no answer', async () => {
  const silent = { ...fakeBoard({ board: 'cyton', source: recording('cyton', 5) }) }
  await assert.rejects(connect(silent, { board: 'olimex', timeout_s: 0.3 }), { code: 'MISSING', message: /no byte within 0.3 s/ })
  const other = fakeBoard({ board: 'olimex', source: recording('olimex', 60), speed: 20 })
  await assert.rejects(connect(other, { board: 'ads1293', timeout_s: 0.5 }), { code: 'MISSING', message: /no frames among them/ })
  const mute = { ...fakeBoard({ board: 'olimex', source: recording('olimex', 60), speed: 20 }) }
  const impatient = { ...BOARDS.cyton, setup: () => ({ ...BOARDS.cyton.setup(), start: [{ until: '$$$', timeout_s: 0.3 }] }) }
  await assert.rejects(connect(mute, { board: impatient }), { code: 'MISSING', message: /did not answer "\$\$\$" within 0.3 s/ })
  assert.throws(() => fakeBoard({ board: 'cyton', source: [], fs: 500 }), { code: 'ARGUMENT', message: /250 Hz.*500 Hz/ })
  assert.throws(() => fakeBoard({ board: 'nothing', source: [] }), { code: 'ARGUMENT', message: /no board nothing/ })
})

test('Web Serial: unplugged and plugged in again, at real speed', async () => {
  const source = recording('olimex', 8)
  const serial = fakeSerial({ board: 'olimex', source, faults: { unplugs: [{ at_s: 1, for_s: 1 }] } })
  const opened = []
  const open = serial.port.open.bind(serial.port)
  serial.port.open = (o) => { opened.push(o); return open(o) }
  const session = await connect(webSerial(serial.port, { serial }), { board: 'olimex' })
  const rows = await all(session, () => { if (session.counters.frames > 700) session.stop() })
  assert.deepEqual(opened, [1, 2].map(() => ({ baudRate: 57600, bufferSize: 65536 })))
  assert.equal(session.counters.reconnects, 1)
  // The gap has its length by the host's clock, to a few frames: before it there was a second to measure by.
  const gap = rows[0].filter(Number.isNaN).length
  assert.ok(gap > 240 && gap < 600, `${gap} frames`)
  const next = rows[0].findLastIndex(Number.isNaN) + 1
  const at = source[0].findIndex((v, i) => Math.abs(v - rows[0][next]) < 1 && Math.abs(source[1][i] - rows[1][next]) < 1 && Math.abs(source[2][i + 1] - rows[2][next + 1]) < 1)
  nearly(next, at, 40)
})

test('Web Serial: errors of the stream are counted, and reading goes on', async () => {
  const encoder = BOARDS.olimex.encoder()
  const chunk = () => Uint8Array.from(Array.from({ length: 32 }, () => [...encoder.frame([1, 2, 3, 4, 5, 6])]).flat())
  const errors = ['BufferOverrunError', 'FramingError', 'ParityError', 'BreakError']
  let left = 12
  class Port extends EventTarget {
    stream = null
    get readable() {
      if (left < 0) return null
      this.stream ??= new ReadableStream({
        pull: (controller) => {
          if (--left < 0) {
            this.stream = null
            return controller.error(new DOMException('gone', 'NetworkError'))
          }
          if (left % 3 === 2) {
            this.stream = null // as a port does, with a new stream after an error
            return controller.error(new DOMException('error', errors[Math.floor(left / 3)]))
          }
          controller.enqueue(chunk())
        },
      }, { highWaterMark: 0 })
      return this.stream
    }
    writable = null
    async open() {}
    async close() {}
    getInfo() { return {} }
  }
  const session = await connect(webSerial(new Port(), { serial: Object.assign(new EventTarget(), { getPorts: async () => [] }) }), { board: 'olimex', reconnect: false })
  await assert.rejects(all(session), { code: 'MISSING', message: /unplugged/ })
  assert.equal(session.counters.overruns, 1)
  assert.equal(session.counters.frames, 8 * 32 - 1)
})

/** A device over the Nordic UART service, by a fake board: notifications of at most 20 bytes; the link is lost when the board is. */
function fakeDevice(options) {
  const board = fakeBoard(options)
  const device = new EventTarget()
  const from = new EventTarget()
  const writes = []
  const gatt = {
    connected: false,
    async connect() {
      await board.open(BOARDS[options.board].baudRate)
      gatt.connected = true
      return gatt
    },
    disconnect() {
      gatt.connected = false
      board.close()
    },
    async getPrimaryService(uuid) {
      assert.equal(uuid, '6e400001-b5a3-f393-e0a9-e50e24dcca9e')
      return {
        getCharacteristic: async (id) => (id.startsWith('6e400003') ? from : {
          writeValueWithoutResponse: async (bytes) => { writes.push(bytes); await board.write(bytes) },
        }),
      }
    },
  }
  from.startNotifications = async () => {
    (async () => {
      try {
        for await (const bytes of board.readable) {
          for (let at = 0; at < bytes.length; at += 20) {
            const part = bytes.slice(at, at + 20)
            from.value = new DataView(part.buffer, part.byteOffset, part.byteLength)
            from.dispatchEvent(new Event('characteristicvaluechanged'))
          }
        }
      } catch {
        gatt.connected = false
        device.dispatchEvent(new Event('gattserverdisconnected'))
      }
    })()
  }
  return Object.assign(device, { gatt, board, writes })
}

test('Web Bluetooth: commands, notifications, a lost connection that comes back', async () => {
  const source = recording('bitalino', 20)
  const device = fakeDevice({ board: 'bitalino', source, speed: 2, faults: { unplugs: [{ at_s: 2, for_s: 1 }] } })
  const session = await connect(webBluetooth(device), { board: 'bitalino' })
  assert.deepEqual(device.writes.map((b) => [...b]), [[0x00], [0xc3], [0xfd]])
  const rows = await all(session, () => { if (session.counters.reconnects && session.counters.frames > 4000) session.stop() })
  assert.equal(session.counters.reconnects, 1)
  assert.equal(device.gatt.connected, false)
  const before = rows[0].findIndex(Number.isNaN)
  assert.ok(before > 1000)
  compare(rows.map((row) => row.slice(0, before)), source, 24)
  assert.ok(rows[0].at(-1) === rows[0].at(-1))
})
