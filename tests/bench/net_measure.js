// net_measure.js — the contenders of bench_net.js and how they are timed. No node modules: a page runs it too.

/** What a network takes beside its mask, in the order in which bench_run() takes it, and the output that is compared. */
export const NETWORKS = {
  fhnet: { leads: 4, feeds: { x: [1, 4, 3, 1000] }, output: 'fqrs', outputs: 1000 },
  ecgnet: { leads: 12, feeds: { x: [1, 12, 1000], measures: [1, 111], known: [1, 111] }, output: 'logits', outputs: 6 },
}

const size = (dims) => dims.reduce((a, b) => a * b)

/** All that a network takes: numbers in [-1, 1), the same everywhere. */
const numbers = ({ feeds }) => Float32Array.from({ length: Object.values(feeds).reduce((n, dims) => n + size(dims), 0) }, (_, i) => (i * 7919 % 1000) / 500 - 1)

/** A network's module (bench_NETWORK.wasm) with weights. */
export class Engine {
  static async load(network, module, weights, int16) {
    const { instance } = module instanceof WebAssembly.Module
      ? { instance: await WebAssembly.instantiate(module, { env: { emscripten_notify_memory_growth() {} } }) }
      : await WebAssembly.instantiate(module, { env: { emscripten_notify_memory_growth() {} } })
    return new Engine(NETWORKS[network], instance.exports, weights, int16)
  }

  constructor(network, calls, weights, int16) {
    Object.assign(this, { network, calls })
    calls._initialize?.()
    const file = this.put(weights)
    this.model = calls.bench_model(file, weights.length, int16 ? 1 : 0)
    if (!this.model) throw new Error('the engine refuses the weights')
    this.input = this.put(new Uint8Array(numbers(network).buffer))
  }

  put(bytes) {
    const p = this.calls.malloc(bytes.length)
    new Uint8Array(this.calls.memory.buffer).set(bytes, p)
    return p
  }

  run() { this.logits = this.calls.bench_run(this.model, this.input, this.network.leads) }
  output() { return new Float32Array(this.calls.memory.buffer, this.logits, this.network.outputs).slice() }

  /** GFLOP/s of multiplications and additions in registers. */
  peak() {
    const start = performance.now()
    return this.calls.bench_peak(1000000) / (performance.now() - start) * 1e-6
  }

  /** [{ name, operations, ms }], the best of some runs of each layer. */
  layers(runs = 200) {
    const rows = []
    for (let index = 0; ; index++) {
      const bytes = new Uint8Array(this.calls.memory.buffer, this.calls.bench_layer_name(index))
      const name = String.fromCharCode(...bytes.subarray(0, bytes.indexOf(0)))
      if (!name) return rows
      const operations = this.calls.bench_layer(this.model, index, this.network.leads, 20)
      let ms = Infinity
      for (let i = 0; i < runs; i++) {
        const start = performance.now()
        this.calls.bench_layer(this.model, index, this.network.leads, 1)
        ms = Math.min(ms, performance.now() - start)
      }
      rows.push({ name, operations, ms })
    }
  }
}

/** onnxruntime-web, one thread. */
export class Onnx {
  static async load(network, ort, onnx) {
    const session = await ort.InferenceSession.create(onnx, { executionProviders: ['wasm'] })
    const { leads, feeds, output } = NETWORKS[network]
    const all = numbers(NETWORKS[network])
    const tensors = { mask: new ort.Tensor('float32', new Float32Array(leads).fill(1), [1, leads]) }
    let at = 0
    for (const [name, dims] of Object.entries(feeds)) tensors[name] = new ort.Tensor('float32', all.slice(at, at += size(dims)), dims)
    return new Onnx(session, tensors, output)
  }

  constructor(session, feeds, name) { Object.assign(this, { session, feeds, name }) }
  async run() { this.results = await this.session.run(this.feeds) }
  output() { return this.results[this.name].data }
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]

/**
 * Times contenders by turns, so that what else the machine does meets each alike: `rounds` rounds, in each of which every
 * contender runs some windows, of which the fastest counts. Gives for each name ms (median over rounds), best, ratio (how
 * many times faster than the contender `reference`, median of the rounds' ratios) and share (of the peak of `peakOf`,
 * measured in the same round), and the peak.
 */
export async function measure(contenders, { rounds = 15, windows = 12, reference, operations, peakOf }) {
  const names = Object.keys(contenders)
  const peakRuns = Object.keys(peakOf ?? {})
  for (const c of Object.values(contenders)) for (let i = 0; i < 40; i++) await c.run()
  for (const name of peakRuns) for (let i = 0; i < 20; i++) peakOf[name].peak()
  await new Promise((done) => setTimeout(done, 300)) // optimised code comes from other threads
  const ms = Object.fromEntries(names.map((n) => [n, []]))
  const peaks = Object.fromEntries(peakRuns.map((n) => [n, []]))
  for (let r = 0; r < rounds; r++) {
    for (const name of peakRuns) peaks[name].push(Math.max(...Array.from({ length: 12 }, () => peakOf[name].peak())))
    for (const name of names) {
      let best = Infinity
      for (let i = 0; i < windows; i++) {
        const start = performance.now()
        await contenders[name].run()
        best = Math.min(best, performance.now() - start)
      }
      ms[name].push(best)
    }
  }
  return Object.fromEntries(names.map((name) => [name, {
    ms: median(ms[name]),
    best: Math.min(...ms[name]),
    ratio: reference ? median(ms[name].map((v, r) => ms[reference][r] / v)) : undefined,
    gflops: operations / median(ms[name]) * 1e-6,
    peak: peaks[name] && median(peaks[name]),
    share: peaks[name] && median(ms[name].map((v, r) => operations / v * 1e-6 / peaks[name][r])),
  }]))
}

export const furthest = (a, b) => a.reduce((most, v, i) => Math.max(most, Math.abs(v - b[i])), 0)
