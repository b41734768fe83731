// Bytes to samples: known frames, any chunking, and what damaged bytes cost. What no decoder can know is not asked of it: a byte that
// is changed inside a value changes that value. Nothing else may come out wrong, and time stays what it was.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { random } from '../../js/serial/fake.js'
import { BOARDS } from '../../js/serial/index.js'

const TRIALS = 10000
const bytesOf = (hex) => Uint8Array.from(hex.replace(/ /g, '').match(/../g), (h) => parseInt(h, 16))

function join(parts) {
  const whole = new Uint8Array(parts.reduce((n, p) => n + p.length, 0))
  let at = 0
  for (const p of parts) {
    whole.set(p, at)
    at += p.length
  }
  return whole
}

/** What a board sends and what that means: frames, where each begins, and the samples in µV as the board's steps have them. */
function played(name, settings, n, seed = 1) {
  const encoder = BOARDS[name].encoder(settings)
  const { channels } = BOARDS[name].setup(settings)
  const width = encoder.channels ?? channels.length
  const next = random(seed)
  const drift = Array.from({ length: width }, () => (next() - 0.5) * 400)
  const frames = Array.from({ length: n }, (_, i) =>
    encoder.frame(drift.map((d, c) => d + 300 * Math.sin(i / 20 + c) + (next() - 0.5) * 60 + (i % 60 < 3 ? 500 : 0))))
  return { frames, hello: encoder.hello ?? new Uint8Array(0) }
}

/** Everything that a decoder gives for some chunks, as one row a channel; a jump of the index is NaN. */
function decoded(decoder, chunks, times) {
  const pieces = chunks.map((chunk, i) => decoder.push(chunk, times?.[i]))
  pieces.push(decoder.finish(), decoder.finish())
  const full = pieces.filter((p) => p.samples[0]?.length)
  const last = full.at(-1)
  if (!last) return []
  const rows = last.samples.map(() => new Float32Array(last.index + last.samples[0].length).fill(NaN))
  let end = 0
  for (const { samples, index } of full) {
    assert.ok(index >= end, 'pieces follow one another')
    samples.forEach((s, c) => rows[c].set(s, index))
    end = index + samples[0].length
  }
  return rows
}

const VARIANTS = [
  ['cyton'], ['cyton-daisy'], ['bitalino'], ['bitalino', { channels: 1 }], ['bitalino', { channels: 3 }], ['olimex'], ['ads1293'], ['chords-r4'], ['chords-r3'],
  ['ads129x'], ['text'],
]
const titled = ([name, settings]) => `${name}${settings ? ` ${JSON.stringify(settings)}` : ''}`

test('every board is there and declares itself', () => {
  assert.deepEqual(Object.keys(BOARDS), ['cyton', 'cyton-daisy', 'bitalino', 'olimex', 'ads1293', 'chords-r4', 'chords-r3', 'ads129x', 'text'])
  for (const board of Object.values(BOARDS)) {
    assert.ok(board.title && board.baudRate > 0 && board.fs > 0)
    assert.throws(() => board.setup({ nonsense: 1 }), { code: 'ARGUMENT', message: /no setting nonsense/ })
  }
  assert.throws(() => BOARDS.cyton.decoder({ gain: 5 }), { code: 'ARGUMENT', message: /gain .* is one of 1, 2, 4, 6, 8, 12, 24, given 5/ })
  assert.match(BOARDS.bitalino.note, /2\.93 µV per step.*too coarse/)
})

test('Cyton: the known frame, 0.02235 µV a count at gain 24', () => {
  const [layout] = BOARDS.cyton.layouts()
  const frame = bytesOf(`a0 07 000001 ffffff 7fffff 800000 ${'00'.repeat(18)} c0`)
  const row = new Float32Array(8)
  assert.ok(layout.good(frame, 0))
  assert.equal(layout.counter(frame, 0), 7)
  layout.read(frame, 0, row)
  const step = 4.5e6 / 24 / (2 ** 23 - 1)
  assert.ok(Math.abs(step - 0.02235) < 1e-5)
  assert.deepEqual([...row.subarray(0, 5)], [1, -1, 2 ** 23 - 1, -(2 ** 23), 0].map((n) => Math.fround(n * step)))
})

test('BITalino: the known frame; a changed bit is not a frame', () => {
  const [layout] = BOARDS.bitalino.layouts()
  const frame = bytesOf('d1cf520000feaf54')
  const row = new Float32Array(6)
  assert.ok(layout.good(frame, 0))
  assert.equal(layout.counter(frame, 0), 5)
  layout.read(frame, 0, row)
  const ten = [1023, 512, 1, 300].map((n) => Math.fround((n - 512) * 2.93))
  assert.deepEqual([...row], [...ten, ...[63, 17].map((n) => Math.fround((n - 32) * 2.93 * 16))])
  for (let bit = 0; bit < 64; bit++) {
    const other = frame.slice()
    other[bit >> 3] ^= 1 << (bit & 7)
    assert.equal(layout.good(other, 0), false)
  }
  assert.deepEqual([1, 2, 3, 4, 5, 6].map((channels) => BOARDS.bitalino.layouts({ channels })[0].length), [3, 4, 6, 7, 8, 8])
})

test('Olimex: a real frame', () => {
  const [layout] = BOARDS.olimex.layouts()
  const frame = bytesOf('a5 5a 02 39 01 cf 02 14 01 ff 01 fc 02 23 02 04 01')
  const row = new Float32Array(6)
  assert.ok(layout.good(frame, 0))
  assert.equal(layout.counter(frame, 0), 0x39)
  layout.read(frame, 0, row)
  assert.deepEqual([...row], [0x1cf, 0x214, 0x1ff, 0x1fc, 0x223, 0x204].map((n) => Math.fround((n - 512) * 5e6 / 1024 / 2848)))
})

test('commands: Cyton is reset and answers, BITalino is told its rate and channels, Chords is asked who it is', () => {
  const sent = (name, settings) => BOARDS[name].setup(settings).start.filter((s) => s.send).map((s) => [...s.send])
  const words = (name, settings) => sent(name, settings).map((b) => String.fromCharCode(...b))
  assert.deepEqual(words('cyton'), ['s', 'v', 'b'])
  assert.deepEqual(words('cyton', { gain: 12 }).slice(2, 4), ['x1050110X', 'x2050110X'])
  assert.ok(BOARDS.cyton.start.some((s) => s.until === '$$$'))
  assert.deepEqual(sent('bitalino', { rate: 100, channels: 3 }), [[0x00], [0x83], [0x01 | 0b111 << 2]])
  assert.ok(BOARDS.bitalino.start.filter((s) => s.wait_s === 0.1).length === 3)
  assert.deepEqual(words('chords-r4'), ['STOP\n', 'WHORU\n', 'START\n'])
  assert.deepEqual(BOARDS.olimex.start, [])
})

test('ADS1293: both payloads, with and without the zero, each from its first frame', () => {
  for (const [payload, zero] of [[12, true], [12, false], [14, true], [14, false]]) {
    const frame = (v) => {
      const bytes = new Uint8Array(5 + payload + (zero ? 2 : 1))
      bytes.set([0x0a, 0xfa, payload, 0, 2])
      new DataView(bytes.buffer).setInt32(5, v, true)
      bytes[bytes.length - 1] = 0x0b
      return bytes
    }
    const rows = decoded(BOARDS.ads1293.decoder({ step: 1 }), [join([5, -6, 70000, -8, 9].map(frame))])
    assert.deepEqual([...rows[0]], [5, -6, 70000, -8])
  }
})

test('ADS129x: electrodes that are off are told, and cost no sample', () => {
  const encoder = BOARDS.ads129x.encoder()
  const decoder = BOARDS.ads129x.decoder()
  const row = (off) => Array.from({ length: 8 }, (_, i) => (off.includes(i) ? NaN : 10 * i))
  const bytes = join(Array.from({ length: 40 }, (_, i) => encoder.frame(row(i < 20 ? [] : i < 30 ? [2] : [2, 3]))))
  const first = decoder.push(bytes.subarray(0, 27 * 10))
  assert.deepEqual(first.leadOff, Array(8).fill(false))
  const rest = decoder.push(bytes.subarray(27 * 10))
  assert.deepEqual(rest.leadOff, [false, false, true, true, false, false, false, false])
  assert.equal(decoder.counters.frames, 39)
  assert.equal(decoder.counters.lost, 0)
})

test('ADS129x: electrodes whose bits look like a status do not move the lock', () => {
  const encoder = BOARDS.ads129x.encoder()
  const row = Array.from({ length: 8 }, (_, i) => (i === 2 || i === 3 ? NaN : i === 0 ? 0 : 7 * i)) // status C0 C0 00, first value 00 00 00
  const clean = join(Array.from({ length: 30 }, () => encoder.frame(row)))
  for (let start = 0; start < 27; start++) {
    const rows = decoded(BOARDS.ads129x.decoder(), [clean.subarray(start)])
    assert.ok(Math.abs(rows[7][0] - 49) < 0.02 && Math.abs(rows[1][0] - 7) < 0.02, `from byte ${start}`)
  }
})

test('text: header, separators, units, gaps; damage is a gap', () => {
  const read = (text, settings) => {
    const decoder = BOARDS.text.decoder(settings)
    const rows = decoded(decoder, [Uint8Array.from(text, (c) => c.charCodeAt(0))])
    return { rows: rows.map((r) => [...r]), fs: decoder.fs, channels: decoder.channels, counters: decoder.counters }
  }
  const header = '# fs=500 unit=mV ch=A1,A2\n'
  const { rows, fs, channels } = read(`${header}0.001,1\r\n2;\r\n3\tNaN\r\n4,5e-1\r\n0,0\r\n`)
  assert.deepEqual([fs, channels], [500, ['A1', 'A2']])
  assert.deepEqual(rows, [[1, 2000, 3000, 4000], [1000, NaN, NaN, 500]])
  assert.deepEqual(read('5 9\n1 2\n3   4\n-5 +6\n7 8\n').rows, [[1, 3, -5], [2, 4, 6]]) // the first line may be the end of one
  const damaged = read(`${header}1,2\n3,4\n5,6\n7,8\n9x,10\n11,12\n13,14\n15,16\n17,18\n`)
  assert.deepEqual(damaged.rows[0].map((v) => v / 1000), [1, 3, 5, NaN, NaN, NaN, 13, 15])
  assert.deepEqual([damaged.counters.lost, damaged.counters.resyncs], [3, 1])
})

for (const variant of VARIANTS) {
  const [name, settings] = variant
  test(`${titled(variant)}: any chunking gives identical samples, damaged or not`, () => {
    const { frames, hello } = played(name, settings, 600)
    const clean = join([hello, ...frames])
    const next = random(2)
    const broken = clean.filter(() => next() > 0.002).map((b) => (next() < 0.002 ? b ^ 1 << Math.floor(next() * 8) : b))
    for (const bytes of [clean, broken]) {
      const whole = BOARDS[name].decoder(settings)
      const expected = decoded(whole, [bytes])
      assert.ok(expected[0].length > 500)
      const chunkings = [Array.from(bytes, (_, i) => bytes.subarray(i, i + 1))]
      for (let k = 0; k < 8; k++) {
        const chunks = []
        for (let at = 0; at < bytes.length;) {
          const n = Math.floor(next() ** 3 * 300)
          chunks.push(bytes.subarray(at, at + n))
          at += n
        }
        chunkings.push(chunks)
      }
      for (const chunks of chunkings) {
        const decoder = BOARDS[name].decoder(settings)
        assert.deepEqual(decoded(decoder, chunks), expected)
        assert.deepEqual(decoder.counters, whole.counters)
      }
    }
  })

  test(`${titled(variant)}: ${TRIALS} dropped, inserted and flipped bytes: locked again within five frames, nothing invented`, () => {
    const { frames, hello } = played(name, settings, 600)
    const truth = decoded(BOARDS[name].decoder(settings), [join([hello, ...frames])])
    const [layout] = BOARDS[name].layouts?.(settings) ?? []
    const width = truth.length
    const next = random(3)
    const pick = (n) => Math.floor(next() * n)
    for (let trial = 0; trial < TRIALS; trial++) {
      for (const kind of ['drop', 'insert', 'flip']) {
        const base = pick(frames.length - 24)
        const at = 5 + pick(4) // the frame
        const bytes = Array.from(join([hello, ...frames.slice(base, base + 17)]))
        const place = hello.length + frames.slice(base, base + at).reduce((n, f) => n + f.length, 0) + pick(frames[base + at].length)
        if (kind === 'drop') bytes.splice(place, 1)
        else if (kind === 'insert') bytes.splice(place, 0, next() < 0.3 ? bytes[place - pick(2)] : pick(256))
        else bytes[place] ^= 1 + pick(255)
        const rows = decoded(BOARDS[name].decoder(settings), [Uint8Array.from(bytes)])
        const what = () => `${kind} at byte ${place} of frames from ${base}, trial ${trial}`
        assert.ok(rows[0]?.length >= 14, `${what()}: ${rows[0]?.length} samples`)
        // A flipped byte may change the values it is part of; in text any change may change the line's.
        let lost = 0
        for (let i = 0; i < rows[0].length; i++) {
          for (let c = 0; c < width; c++) {
            const v = rows[c][i]
            if (Number.isNaN(v)) { lost += 1 / width; continue }
            if (v === truth[c][base + i]) continue
            assert.ok(i === at && (!layout || (kind === 'flip' && touches(layout, frames, base, at, place - hello.length, c, width))),
              `${what()}: sample ${i} of channel ${c} is ${v}, was ${truth[c][base + i]}`)
          }
          if (i >= at + 5) for (let c = 0; c < width; c++) assert.ok(!Number.isNaN(rows[c][i]), `${what()}: sample ${i} is not there`)
        }
        assert.ok(lost <= 5, `${what()} cost ${lost} frames`)
      }
    }
  })
}

/** Whether a channel's value is made of a byte: changing that byte of the true frame changes it. */
function touches(layout, frames, base, at, place, channel, width) {
  const within = place - frames.slice(base, base + at).reduce((n, f) => n + f.length, 0)
  const half = Math.floor(within / layout.length) // of a pair
  const part = frames[base + at].slice(half * layout.length, (half + 1) * layout.length)
  const [a, b] = [new Float32Array(width + 1), new Float32Array(width + 1)]
  layout.read(part, 0, a)
  for (let bit = 0; bit < 8; bit++) {
    const other = part.slice()
    other[within % layout.length] ^= 1 << bit
    layout.read(other, 0, b)
    if (a[channel - half * 8] !== b[channel - half * 8]) return true
  }
  return false
}

for (const variant of VARIANTS.filter(([name]) => !['ads1293', 'ads129x', 'text'].includes(name))) {
  const [name, settings] = variant
  const turn = name === 'bitalino' ? 16 : name === 'cyton-daisy' ? 128 : 256
  const before = BOARDS[name].layouts(settings)[0].confirm, after = BOARDS[name].layouts(settings)[0].guard

  test(`${titled(variant)}: frames lost whole are gaps of their length, by the counter`, () => {
    const { frames } = played(name, settings, 600)
    const truth = decoded(BOARDS[name].decoder(settings), [join(frames)])
    for (let k = 1; k < turn - before - after; k++) {
      const rows = decoded(BOARDS[name].decoder(settings), [join([...frames.slice(0, 100), ...frames.slice(100 + k, 500)])])
      let lost = 0
      rows.forEach((row, c) => row.forEach((v, i) => {
        if (Number.isNaN(v)) lost += 1 / rows.length
        else assert.equal(v, truth[c][i], `${k} lost: sample ${i}`)
      }))
      assert.ok(lost > k - 1e-6 && lost < k + before + after + 1e-6, `${k} lost, ${lost} in the gap`)
    }
  })

  test(`${titled(variant)}: a block of bytes lost anywhere, of whole frames too, invents nothing`, () => {
    const { frames } = played(name, settings, 600)
    const bytes = join(frames)
    const truth = decoded(BOARDS[name].decoder(settings), [bytes])
    const length = frames[0].length
    const next = random(5)
    for (let trial = 0; trial < 1000; trial++) {
      const at = Math.floor((100 + next() * 50) * length)
      const most = (turn - before - after - 2) * length
      const n = trial % 2 ? length * (1 + Math.floor(next() * (most / length - 1))) : 1 + Math.floor(next() * most)
      const rows = decoded(BOARDS[name].decoder(settings), [bytes.subarray(0, at), bytes.subarray(at + n)])
      rows.forEach((row, c) => row.forEach((v, i) => assert.ok(Number.isNaN(v) || v === truth[c][i], `${n} bytes lost at ${at}: sample ${i} of channel ${c}`)))
      assert.ok(rows[0].length > 590)
    }
  })
}

for (const variant of VARIANTS) {
  const [name, settings] = variant
  for (const lost of [true, false]) {
    test(`${titled(variant)}: what a link that stood still ${lost ? 'lost' : 'brought late'} has its length by the host's clock`, () => {
      const { fs } = BOARDS[name].setup(settings)
      const { frames, hello } = played(name, settings, Math.round(fs * 20))
      const truth = decoded(BOARDS[name].decoder(settings), [join([hello, ...frames])])
      const next = random(6)
      const chunks = [hello], times = [0]
      let part = join([])
      for (let k = 1, at = 0; k <= 400; k++) { // chunks every 50 ms, up to 10 ms late, with a stall from 12 to 15 s
        const t = k / 20
        const due = Math.round(t * fs)
        part = join([part, ...frames.slice(at, due)])
        at = due
        if (t >= 12 && t < 15) continue
        if (lost && k === 300) part = part.subarray(Math.floor(part.length * 0.98))
        chunks.push(part)
        times.push(t + next() * 0.01)
        part = join([])
      }
      const decoder = BOARDS[name].decoder(settings)
      const rows = decoded(decoder, chunks, times)
      const slack = lost && BOARDS[name].layouts?.(settings)[0].modulo ? 0 : Math.ceil(0.012 * fs) + 1 // the clock alone: the links' jitter
      const last = rows[0].length - 1
      assert.ok(Math.abs(last - (truth[0].length - 1)) <= (lost ? slack : 0), `${last} of ${truth[0].length - 1}`)
      const shift = last - (truth[0].length - 1)
      for (let i = 0; i < rows[0].length; i++) {
        const v = rows[0][i]
        if (Number.isNaN(v)) continue
        assert.ok(!lost || i < 11.96 * fs || i > 14.9 * fs, `sample ${i} is in the gap`)
        assert.equal(v, truth[0][i < 13 * fs ? i : i - shift])
      }
      if (!lost) assert.equal(decoder.counters.lost, 0)
    })
  }
}
