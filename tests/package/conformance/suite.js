// suite.js — what the package has to do in every runtime. Nothing but the language and what all runtimes have (crypto.subtle, Blob,
// streams); the driver of a runtime brings the package. What a case gives back is compared to what node 20 gave, exactly: beats and
// rates as numbers, signals by the SHA-256 of their samples. A case that is wrong in itself throws and is told under `failed`.

const utf8 = new TextEncoder()
const FS = 500
const TOLERANCE_S = 0.05 // a beat is found within this of the true one
const RELAXED_UV = 1e-3 // what relaxed SIMD may change in a signal
const IN_A_WORKER = 'the same calls in a worker'
const KINDS = ['fetal', 'maternal', 'residual']

/** @param {unknown} condition @param {string} words */
function check(condition, words) {
  if (!condition) throw new Error(words)
}

/** SHA-256 of bytes, texts and samples one after another, the first 16 digits; every NaN counts as the same. @param {(string | Uint8Array | Float32Array)[]} pieces */
async function hash(pieces) {
  const bytes = pieces.map((piece) => {
    if (typeof piece === 'string') return utf8.encode(piece)
    if (piece instanceof Uint8Array) return piece
    const words = new Uint32Array(piece.length)
    words.set(new Uint32Array(piece.slice().buffer))
    piece.forEach((v, i) => { if (Number.isNaN(v)) words[i] = 0x7fc00000 })
    return new Uint8Array(words.buffer)
  })
  const digest = await crypto.subtle.digest('SHA-256', concat(bytes))
  return Array.from(new Uint8Array(digest, 0, 8), (b) => b.toString(16).padStart(2, '0')).join('')
}

/** @template {Uint8Array | Float32Array} T @param {T[]} pieces @returns {T} */
function concat(pieces) {
  const whole = new pieces[0].constructor(pieces.reduce((n, p) => n + p.length, 0))
  let at = 0
  for (const p of pieces) {
    whole.set(p, at)
    at += p.length
  }
  return whole
}

/** All that an iterable gives. */
async function all(iterable) {
  const items = []
  for await (const item of iterable) items.push(item)
  return items
}

/** A simulated recording: its rows and what is true of it. */
function simulated(fecg, options) {
  const simulation = fecg.simulate({ fs: FS, ...options })
  const [{ mixture }] = simulation.chunks({ seconds: options.seconds })
  return { ...simulation, rows: mixture, input: { fs: simulation.fs, leads: simulation.leads, samples: mixture } }
}

/** The share of true beats that were found, and of beats found that are true: F1. */
function f1(found, truth) {
  const near = (times, t) => times.some((u) => Math.abs(u - t) <= TOLERANCE_S)
  return (2 * truth.filter((t) => near(found, t)).length) / (truth.length + found.length)
}

/** What of a result is worth reading when it differs, and hashes of all of it. */
async function told(result) {
  const { signals, ...document } = result
  const { fetal, maternal, version } = document
  return {
    fetal_s: fetal.peaks_s, maternal_s: maternal.peaks_s, bpm: fetal.rate.bpm.filter((_, i) => i % 20 === 0), summary: fetal.summary, reason: document.quality.reason,
    model: version.model_sha256, document: await hash([JSON.stringify(document)]),
    ...(signals && { signals: await Promise.all(KINDS.map((kind) => hash(signals[kind]))) }),
  }
}

/** Samples as an EDF+ file, a CSV file and a WFDB record. */
function files(fecg, { fs, leads, rows }) {
  const writer = fecg.edfWriter(leads.map((label) => ({ label, fs, phys_min_uv: -5000, phys_max_uv: 5000 })))
  const parts = []
  rows.forEach((row, lead) => writer.push(lead, row))
  writer.annotate(1.5, 0, 'a mark')
  writer.finish()
  for (let piece = writer.take(); piece.length; piece = writer.take()) parts.push(piece)
  const edf = concat(parts)
  edf.set(writer.header())
  writer.close()
  const csv = utf8.encode([leads.join(','), ...Array.from(rows[0], (_, i) => rows.map((row) => row[i].toFixed(2)).join(','))].join('\n') + '\n')
  const dat = new DataView(new ArrayBuffer(2 * rows.length * rows[0].length))
  rows.forEach((row, lead) => row.forEach((uv, i) => dat.setInt16(2 * (i * rows.length + lead), Math.round(10 * uv), true)))
  const hea = utf8.encode([`record ${rows.length} ${fs} ${rows[0].length}`, ...leads.map((label) => `record.dat 16 10(0)/uV 16 0 0 0 0 ${label}`)].join('\n') + '\n')
  return { edf, csv, hea, dat: new Uint8Array(dat.buffer) }
}

/** The code with which work fails; what else it does is a fault. */
async function codeOf(FecgError, work) {
  try {
    await work()
  } catch (error) {
    check(error instanceof FecgError && error.message.length > 10, `not an error of the package: ${error?.stack ?? error}`)
    return error.code
  }
  return 'none'
}

/** Bytes by a generator of Lehmer's, so that every runtime has the same. */
function noise(length, seed) {
  let x = seed
  return Uint8Array.from({ length }, () => (x = (x * 48271) % 2147483647) & 255)
}

const CASES = {
  async 'four leads by fhnet'({ fecg }) {
    const s = simulated(fecg, { seed: 7, seconds: 20 })
    const result = await fecg.extract(await fecg.read(s.input), { signals: true })
    check(f1(result.fetal.peaks_s, s.beats.fetal) > 0.95, `F1 ${f1(result.fetal.peaks_s, s.beats.fetal)} of fetal beats`)
    check(f1(result.maternal.peaks_s, s.beats.maternal) > 0.95, `F1 ${f1(result.maternal.peaks_s, s.beats.maternal)} of maternal beats`)
    return { input: await hash(s.rows), ...await told(result) }
  },

  async 'four leads by the classical stage, at 1000 Hz'({ fecg }) {
    const s = simulated(fecg, { seed: 8, seconds: 20, fs: 1000 })
    const result = await fecg.extract(await fecg.read(s.input), { method: 'classical', signals: true })
    check(f1(result.fetal.peaks_s, s.beats.fetal) > 0.95, `F1 ${f1(result.fetal.peaks_s, s.beats.fetal)}`)
    return told(result)
  },

  async 'one lead at 250 Hz'({ fecg }) {
    const s = simulated(fecg, { seed: 9, seconds: 20, leads: 1, fs: 250, snr_db: 12 })
    return told(await fecg.extract(await fecg.read(s.input), { signals: true }))
  },

  async 'a mother without a fetus'({ fecg }) {
    const s = simulated(fecg, { seed: 5, seconds: 12, scenario: 'no-fetus' })
    const result = await fecg.extract(await fecg.read(s.input))
    check(!result.fetal.present && result.fetal.peaks_s.length === 0 && result.fetal.rate.bpm.every((v) => v === null), 'a fetus where there is none')
    return told(result)
  },

  async 'gaps stay gaps'({ fecg }) {
    const s = simulated(fecg, { seed: 4, seconds: 25, leads: 2 })
    for (const row of s.rows) row.fill(NaN, 8 * FS, 14 * FS)
    s.rows[1].fill(NaN, 18 * FS, 19 * FS)
    const result = await fecg.extract(await fecg.read(s.input), { signals: true })
    for (const kind of KINDS) check(result.signals[kind][0].subarray(8 * FS, 14 * FS).every(Number.isNaN), `${kind}: samples inside the gap`)
    check(result.fetal.rate.bpm.slice(40, 48).every((v) => v === null), 'a rate inside the gap')
    check(result.fetal.peaks_s.every((t) => t < 8 || t > 14), 'a beat inside the gap')
    return told(result)
  },

  async 'EDF, CSV and WFDB from bytes and from a Blob'({ fecg }) {
    const s = simulated(fecg, { seed: 11, seconds: 8, leads: 2 })
    const { edf, csv, hea, dat } = files(fecg, s)
    const out = { edf: await hash([edf]), csv: await hash([csv]), dat: await hash([dat]) }
    const ways = {
      EDF: () => fecg.read(edf, { name: 'a.edf' }),
      'EDF in a Blob': () => fecg.read(new Blob([edf]), { name: 'a.edf' }),
      CSV: () => fecg.read(csv, { name: 'a.csv', fs: FS, unit: 'uV' }),
      WFDB: () => fecg.read({ hea, files: { 'record.dat': dat } }),
      'WFDB in Blobs': () => fecg.read({ hea: new Blob([hea]), files: async () => new Blob([dat]) }),
    }
    for (const [way, open] of Object.entries(ways)) {
      const recording = await open()
      const blocks = await all(recording.blocks())
      const rows = blocks[0].samples.map((_, i) => concat(blocks.map((b) => b.samples[i])))
      s.rows.forEach((row, i) => check(row.every((uv, k) => Math.abs(uv - rows[i][k]) <= 0.2), `${way}: other samples`))
      const result = await fecg.extract(recording, { method: 'classical', leads: [0, 1] })
      out[way] = { format: recording.format, duration_s: recording.duration_s, annotations: recording.annotations, samples: await hash(rows), fetal_s: result.fetal.peaks_s }
    }
    const beats = fecg.annotations(new Uint8Array(Uint16Array.of((1 << 10) | 100, (1 << 10) | 250, 0).buffer), 250)
    return { ...out, beats }
  },

  async 'damaged bytes and wrong calls are errors with their code'({ fecg, FecgError, load, ecgnet }) {
    const s = simulated(fecg, { seed: 12, seconds: 12, leads: 2 })
    const { edf, csv, hea, dat } = files(fecg, s)
    const field = (at, text) => {
      const bytes = edf.slice()
      bytes.set(utf8.encode(text), at)
      return bytes
    }
    const whole = async (input, options) => {
      const recording = await fecg.read(input, options)
      return fecg.extract(recording, { method: 'classical', leads: [0] })
    }
    const recording = await fecg.read(s.input)
    const closed = await fecg.read(s.input)
    await closed.close()
    const tries = {
      FORMAT: {
        'no bytes': () => whole(new Uint8Array(), { name: 'a.edf' }),
        'half a header': () => whole(edf.subarray(0, 200), { name: 'a.edf' }),
        'a header that counts no signals': () => whole(field(252, '0   '), { name: 'a.edf' }),
        'letters for a count of signals': () => whole(field(252, 'two '), { name: 'a.edf' }),
        'a record of negative length': () => whole(field(244, '-1      '), { name: 'a.edf' }),
        'noise named as EDF': () => whole(noise(5000, 3), { name: 'a.edf' }),
        'noise named as WFDB': () => whole({ hea: noise(500, 4), files: {} }, { name: 'a.hea' }),
        'a WFDB header with half its first line': () => whole({ hea: hea.subarray(0, 8), files: { 'record.dat': dat } }, { name: 'a.hea' }),
        'weights that are none': () => fecg.model(noise(1000, 6)),
        'a module that is none': () => load({ wasm: noise(1000, 7) }),
      },
      RATE: { 'a CSV without a rate': () => whole(csv, { name: 'a.csv' }) },
      MISSING: { 'a WFDB record without its signals': () => whole({ hea, files: {} }, { name: 'a.hea' }) },
      LEADS: {
        'a lead that is not there': () => fecg.extract(recording, { leads: ['Z'] }),
        'a lead twice': () => fecg.extract(recording, { leads: [0, 0] }),
      },
      UNSUPPORTED: {
        'a header that counts 9999 signals': () => whole(field(252, '9999'), { name: 'a.edf' }),
        'a rate of 50 Hz': async () => fecg.extract(await fecg.read({ fs: 50, samples: s.rows }), { leads: [0] }),
        'weights of the other network': async () => fecg.extract(recording, { model: await fecg.model(ecgnet) }),
      },
      ARGUMENT: {
        'a number for a file': () => fecg.read(42),
        'an unknown method': () => fecg.extract(recording, { method: 'best' }),
        'a scenario that is none': async () => fecg.simulate({ scenario: 'x' }),
        'a name with NUL': () => fecg.read(edf, { name: 'a\0.edf' }),
        'a module that is a number': () => load({ wasm: 42 }),
      },
      STATE: { 'a recording that is closed': () => fecg.extract(closed, { method: 'classical' }) },
    }
    const codes = {}
    for (const [code, works] of Object.entries(tries)) {
      for (const [name, work] of Object.entries(works)) {
        codes[name] = await codeOf(FecgError, work)
        check(codes[name] === code, `${name}: ${codes[name]}, expected ${code}`)
      }
    }
    // What these give is not known beforehand; it must end, and end the same everywhere.
    for (let seed = 1; seed <= 20; seed++) {
      const hurt = edf.slice()
      const [a, b, c] = noise(3, seed * 7919)
      hurt[(a * 256 + b) % 768] = c
      codes[`hurt header ${seed}`] = await codeOf(FecgError, () => whole(hurt, { name: 'a.edf' }))
      codes[`noise ${seed}`] = await codeOf(FecgError, () => whole(noise(3000, seed)))
    }
    check(await fecg.extract(recording, { signal: AbortSignal.abort('enough') }).then(() => '', (reason) => reason) === 'enough', 'an abort did not reject with its reason')
    const again = await fecg.extract(await fecg.read(s.input), { method: 'classical', leads: [0, 1] })
    return { codes, after: again.fetal.peaks_s }
  },

  async 'a stream, in pieces of any length, piped, and from a saved state'({ fecg }) {
    const s = simulated(fecg, { seed: 13, seconds: 13, leads: 2, fs: 250, snr_db: 12 })
    const slice = (from, to) => s.rows.map((row) => row.slice(from, to))
    const length = s.rows[0].length
    const open = (more) => fecg.stream({ fs: 250, leads: s.leads, ...more })
    const sum = async (frames) => ({
      beats: frames.flatMap((f) => f.beats.fetal), maternal_s: frames.flatMap((f) => f.beats.maternal),
      bpm: frames.flatMap((f) => f.rate.fetal_bpm).filter((_, i) => i % 4 === 0),
      signals: await hash(frames.flatMap((f) => [...f.fetal, ...f.maternal, ...f.residual])),
    })
    const plain = open()
    const frames = [...await plain.push(s.rows), ...await plain.finish()]
    plain.close()
    const expected = await sum(frames)
    check(expected.beats.length > 10, `${expected.beats.length} beats in the frames`)

    const pieces = []
    let parts = open(), state
    for (let at = 0, k = 0; at < length; k++) {
      const to = Math.min(length, at + [1, 7, 333, 1200][k % 4])
      pieces.push(...await parts.push(slice(at, to)))
      at = to
      if (state || at < length / 2) continue
      state = await parts.save()
      parts.close()
      parts = open({ state })
    }
    pieces.push(...await parts.finish())
    parts.close()
    check(JSON.stringify(await sum(pieces)) === JSON.stringify(expected), 'pieces of other lengths, half of them from a saved state, gave other frames')

    const live = open()
    const source = new ReadableStream({
      start(controller) {
        for (let at = 0; at < length; at += 500) controller.enqueue(slice(at, at + 500))
        controller.close()
      },
    })
    const piped = await all(source.pipeThrough(live))
    check(JSON.stringify(await sum(piped)) === JSON.stringify(expected), 'frames that were piped are others')
    return { ...expected, frames: frames.length, state: await hash([state]) }
  },

  async 'the ECG of a born person is classified'({ fecg }) {
    const out = {}
    for (const scenario of ['normal', 'rbbb']) {
      const s = simulated(fecg, { seed: 4, seconds: 10, scenario: `standard:${scenario}`, mhr_bpm: 72 })
      const result = await fecg.classify(await fecg.read(s.input))
      check((result.label === 'normal') === (scenario === 'normal'), `${scenario}: ${result.label}`)
      out[scenario] = { label: result.label, abnormal: result.abnormal, classes: result.classes, intervals: result.intervals, risk: result.risk, document: await hash([JSON.stringify(result)]) }
    }
    return out
  },

  async 'leads are denoised'({ fecg }) {
    const s = simulated(fecg, { seed: 6, seconds: 12, leads: 2 })
    s.rows[0].fill(NaN, 2000, 2100)
    const { uv, fs, leads } = await fecg.denoise(await fecg.read(s.input))
    check(uv[0].length === s.rows[0].length && uv[0].subarray(2000, 2100).every(Number.isNaN), 'a gap that was filled')
    return { fs, leads, uv: await Promise.all(uv.map((row) => hash([row]))) }
  },

  async 'results are exported'({ fecg, exported }) {
    const s = simulated(fecg, { seed: 14, seconds: 20, fs: 250, leads: 2 })
    const recording = await fecg.read(s.input, { name: 'example' })
    const result = await fecg.extract(recording, { method: 'classical', signals: true })
    const input = s.leads.map((label, i) => ({ label, fs: s.fs, samples: s.rows[i] }))
    const window = exported.windowOf(result, input)
    const edf = await all(exported.toEdf(fecg, result))
    const back = await fecg.read(concat(edf), { name: 'back.edf' })
    await all(back.blocks())
    check(back.annotations.filter((a) => a.text.startsWith('fQRS')).length === result.fetal.peaks_s.length, 'other beats in the EDF+ file')
    return {
      json: await hash([exported.toJson(result)]),
      fhir: await hash([JSON.stringify(exported.toFhir(result, { start: '2026-02-03T04:05:06Z', signals: true }))]),
      beats: await hash([...exported.beatsToCsv(result)]),
      rates: await hash([...exported.ratesToCsv(result)]),
      signals: await hash(await all(exported.signalsToCsv(result))),
      edf: await hash(edf),
      report: await hash([exported.reportSvg(result, window)]),
      figure: await hash([exported.figure(result, window)]),
    }
  },

  async [IN_A_WORKER]({ fecg, connect, sources }) {
        const s = simulated(fecg, { seed: 15, seconds: 12 })
    const remote = await connect(sources)
    try {
      const result = await remote.extract(await remote.read(s.input), { method: 'classical', signals: true })
      return await told(result)
    } finally {
      await remote.close()
    }
  },
}

/** The largest difference of two signals; infinite where lengths or gaps differ. */
function difference(a, b) {
  if (a.length !== b.length) return Infinity
  let worst = 0
  for (let i = 0; i < a.length; i++) {
    if (Number.isNaN(a[i]) !== Number.isNaN(b[i])) return Infinity
    if (!Number.isNaN(a[i])) worst = Math.max(worst, Math.abs(a[i] - b[i]))
  }
  return worst
}

/**
 * Runs the cases on the module simd128.
 * @param {object} given
 * @param {typeof import('fetal-ecg')} given.fetal the package
 * @param {typeof import('fetal-ecg/export')} given.exported its fetal-ecg/export
 * @param {{ wasm: any, models: any }} given.sources the module simd128 and the weights, as this runtime has them
 * @param {Uint8Array} given.ecgnet bytes of ECGNet's weights
 * @param {(sources: any) => Promise<any>} [given.connect] load() of fetal-ecg/worker, where there are workers
 * @returns {Promise<{ version: string, simd: string, cases: Record<string, any>, failed: Record<string, string>, ms: Record<string, number> }>}
 */
export async function run({ fetal, exported, sources, ecgnet, connect }) {
  const { load, FecgError } = fetal
  const fecg = await load(sources)
  const cases = {}, failed = {}, ms = {}
  for (const [name, work] of Object.entries(CASES)) {
    if (name === IN_A_WORKER && !connect) continue
    const start = performance.now()
    try {
      cases[name] = await work({ fecg, load, FecgError, exported, ecgnet, connect, sources })
    } catch (error) {
      failed[name] = String(error?.stack ?? error)
    }
    ms[name] = Math.round(performance.now() - start)
  }
  return { version: fecg.version, simd: fecg.simd, cases, failed, ms }
}

/**
 * What load() gives of itself, beside the module simd128: the same beats, signals within what relaxed SIMD may change.
 * @param {{ fetal: typeof import('fetal-ecg'), sources: { wasm: any, models: any } }} given
 */
export async function byItself({ fetal, sources }) {
  const [plain, own] = [await fetal.load(sources), await fetal.load()]
  const s = simulated(plain, { seed: 7, seconds: 20 })
  const [a, b] = [await plain.extract(await plain.read(s.input), { signals: true }), await own.extract(await own.read(s.input), { signals: true })]
  const worst_uv = Math.max(...KINDS.flatMap((kind) => a.signals[kind].map((row, i) => difference(row, b.signals[kind][i]))))
  check(worst_uv <= (own.simd === plain.simd ? 0 : RELAXED_UV), `signals differ by ${worst_uv} uV between ${plain.simd} and ${own.simd}`)
  for (const heart of ['fetal', 'maternal']) check(JSON.stringify(a[heart].peaks_s) === JSON.stringify(b[heart].peaks_s), `other ${heart} beats by ${own.simd}`)
  return { simd: own.simd, worst_uv }
}
