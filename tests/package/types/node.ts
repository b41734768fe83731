// node.ts — compiled, never run: a program for node that knows no DOM.
import { readFile } from 'node:fs/promises'
import { FecgError, load, type ExtractResult, type Recording } from 'fetal-ecg'
import { failure, readList, type Result } from 'fetal-ecg/batch'
import { beatsToCsv, toFhir, toJson } from 'fetal-ecg/export'
import { Recorder, Session, connect, fakeBoard, fileTarget, nodePorts, nodeSerial } from 'fetal-ecg/serial'
import { load as loadInThread } from 'fetal-ecg/worker'

export async function file(path: string): Promise<number | null> {
  const fecg = await load()
  const recording: Recording = await fecg.read(await readFile(path), { name: path })
  let samples = 0
  const result: ExtractResult = await fecg.extract(recording, { signals: ({ t0_s, fetal }) => { samples += t0_s + fetal.length }, signal: AbortSignal.timeout(1000) })
  const { summary, rate, terms } = result.fetal
  const bpm: (number | null)[] = rate.bpm
  console.log(samples, bpm.length, terms?.figo.baseline.reason, toJson(result), toFhir(result, { subject: { reference: 'Patient/1' } }).entry.length, [...beatsToCsv(result)].length)
  await recording.close()
  return summary.baseline_bpm
}

export async function compiled(module: object, weights: Uint8Array): Promise<string> {
  const fecg = await load({ wasm: module, models: { fhnet: weights } })
  const inThread = await loadInThread({ wasm: new URL('file:///fecg.wasm'), models: weights, worker: new URL('file:///entry.js') })
  await inThread.close()
  return fecg.version + fecg.simd
}

export async function board(): Promise<string[]> {
  const fecg = await load()
  const simulation = fecg.simulate({ seconds: 30, fs: 250, leads: 8 })
  const session: Session = await connect(fakeBoard({ board: 'cyton', source: simulation, speed: Infinity, faults: { lose: 1e-4 } }), { board: 'cyton', leads: [0, 'EXG2=A2'] })
  const recorder = await Recorder.open(fecg, await fileTarget('out.edf'), { fs: session.fs, leads: session.leads, started: new Date() })
  const live = fecg.stream({ fs: session.fs, leads: session.leads, method: 'classical' })
  for await (const piece of session) {
    await recorder.push(piece.samples)
    for (const { beats, rate, state } of await live.push(piece.samples)) console.log(beats.fetal[0]?.t_s, rate.fetal_bpm[0], state === 'live')
  }
  live.close()
  console.log(await recorder.finish(), nodeSerial('/dev/ttyUSB0').overruns)
  return (await nodePorts()).map(({ path }) => path)
}

export async function archive(path: string): Promise<string[]> {
  const kept: Result[] = []
  for (const { record, file } of await readList([path])) kept.push(failure({ record, file, sha256: null }, new FecgError('FORMAT', 'not tried')))
  return kept.map(({ line, error, seconds }) => `${line} ${error?.code} ${seconds}`)
}

export async function wrong() {
  // @ts-expect-error 42 is no module
  await load({ wasm: 42 })
  // @ts-expect-error there is no option module
  await load({ module: 'fecg.wasm' })
  const fecg = await load()
  // @ts-expect-error a path is no recording: read the file
  await fecg.read('x.edf')
  const result = await fecg.extract(await fecg.read(new Uint8Array()))
  // @ts-expect-error a rate that is not known is null
  const bpm: number[] = result.fetal.rate.bpm
  // @ts-expect-error a fetus that is not there has no averaged beat
  const width: number = result.fetal.beat.qrs_ms
  // @ts-expect-error signals are there only when asked for
  const rows: Float32Array[] = result.signals.fetal
  // @ts-expect-error a live recording needs its rate
  fecg.stream({ leads: ['A'] })
  // @ts-expect-error a fake board plays something
  fakeBoard({ board: 'cyton' })
  // @ts-expect-error a board is named
  await connect(fakeBoard({ board: 'cyton', source: [new Float32Array(1)] }), {})
  // @ts-expect-error in a thread the simulation is a promise
  ;(await loadInThread()).simulate().fs
  return [bpm, width, rows]
}
