// use.ts — compiled, never run: the published declarations fit a program that uses the package, and refuse
// one that uses it wrongly.
import { FecgError, load } from 'fetal-ecg'
import { Pool, readList, writeTables, type Result } from 'fetal-ecg/batch'
import { beatsToCsv, figure, reportSvg, signalsToCsv, toAecg, toEdf, toFhir, toWfdbAnnotations, windowOf } from 'fetal-ecg/export'
import { load as loadInWorker, type LiveStream } from 'fetal-ecg/worker'

export async function rate(file: Blob, stop: AbortSignal): Promise<(number | null)[]> {
  const fecg = await load({ wasm: new URL('https://example.org/fecg.wasm') })
  const recording = await fecg.read(file, { name: 'x.edf', unit: 'mV' })
  try {
    const { fetal, quality, signals } = await fecg.extract(recording, {
      leads: ['abd 1', 2], method: 'classical', signals: true, mains: 50, signal: stop,
      onProgress: ({ fraction }) => console.log(fraction ?? 0),
    })
    const lead: Float32Array | undefined = signals?.fetal[0]
    const reason: string | null = quality.reason
    console.log(lead?.length, reason, fetal.beat?.qrs_ms)
    return fetal.rate.bpm
  } catch (error) {
    if (error instanceof FecgError) console.log(error.code, error.offset, error.file)
    throw error
  } finally {
    await recording.close()
  }
}

export async function weights(bytes: Uint8Array): Promise<(number | null)[] | undefined> {
  const fecg = await load({ models: { fhnet: new URL('https://example.org/fhnet.safetensors') } })
  const recording = await fecg.read(bytes)
  const model = await fecg.model(bytes)
  const seen: string = model.metadata('trained_on') + model.name + model.sha256
  const { attribution, version } = await fecg.extract(recording, { method: 'network', model })
  await fecg.extract(recording, { model: 'https://example.org/other.safetensors' })
  model.close()
  const hash: string | null = version.model_sha256
  console.log(seen, hash, attribution?.leads[0].contribution)
  return attribution?.time
}

export async function write(): Promise<Uint8Array> {
  const fecg = await load()
  const simulation = fecg.simulate({ seed: 1, scenario: 'twins' })
  const writer = fecg.edfWriter([{ label: 'A', fs: simulation.fs, phys_min_uv: -1, phys_max_uv: 1 }])
  for (const { mixture } of simulation.chunks({ seconds: 5 })) writer.push(0, mixture[0])
  for await (const { samples } of (await fecg.read({ hea: new Uint8Array(), files: { 'x.dat': new Blob() } })).blocks({ channels: [0] })) writer.push(0, samples[0])
  writer.finish()
  return writer.take()
}

export async function standardLeads(): Promise<number | null> {
  const fecg = await load({ models: { ecgnet: new URL('https://example.org/ecgnet.safetensors') } })
  const recording = await fecg.read(new Uint8Array())
  const { label, classes, risk, intervals, windows } = await fecg.classify(recording, { leads: ['ECG1=II'] })
  const clean: Float32Array[] = (await fecg.denoise(recording, { leads: [0] })).uv ?? []
  return label === 'qt' && clean.length ? classes.qt : (risk?.score ?? windows[0]?.abnormal ?? intervals.qtcf_ms)
}

export async function inWorker(file: File, stop: AbortSignal): Promise<string> {
  const fecg = await loadInWorker({ worker: new Worker('entry.js', { type: 'module' }), wasm: 'fecg.wasm' })
  const recording = await fecg.read(file, { transfer: true })
  const { fetal } = await fecg.extract(recording, { signal: stop, onProgress: ({ done_s }) => console.log(done_s), signals: async ({ t0_s }) => console.log(t0_s) })
  for await (const { samples } of recording.blocks({ channels: [0] })) console.log(samples[0].length)
  const model = await fecg.model('other.safetensors')
  await fecg.denoise(recording)
  await fecg.classify(recording, { model })
  const trained: string = await model.metadata('trained_on')
  const writer = await fecg.edfWriter([{ label: 'A', fs: 500, phys_min_uv: -1, phys_max_uv: 1 }])
  const { fs, leads, chunks } = await fecg.simulate({ seconds: 20 })
  const live: LiveStream = await fecg.stream({ fs, leads, model, transfer: true })
  for await (const { mixture } of chunks()) {
    await writer.push(0, mixture[0])
    for (const { state, beats } of await live.push(mixture)) console.log(state, beats.fetal[0]?.confidence)
  }
  const state: Uint8Array = await live.save()
  await new ReadableStream<Float32Array[]>().pipeThrough(live).pipeTo(new WritableStream())
  for await (const frame of await fecg.stream({ fs, leads, state })) console.log(frame.t0_s, await fecg.standardLead('II'))
  const bytes: Uint8Array = await writer.take()
  await fecg.close()
  return trained + bytes.length + fetal.peaks_s.length
}

export async function exported(samples: Float32Array[]): Promise<Blob[]> {
  const fecg = await load()
  const recording = await fecg.read({ fs: 500, leads: ['a'], samples })
  const result = await fecg.extract(recording, { signals: true })
  const { entry } = toFhir(result, { start: new Date(), subject: { reference: 'Patient/1' } })
  const window = windowOf(result, samples.map((lead) => ({ label: 'a', fs: 500, samples: lead })))
  const parts: Uint8Array<ArrayBuffer>[] = [...beatsToCsv(result)]
  for await (const bytes of toEdf(await loadInWorker(), result)) parts.push(bytes)
  for await (const bytes of toEdf(fecg, result)) parts.push(bytes)
  for await (const bytes of toAecg(result, { start: '2026-01-31T14:05:00Z', subject: { root: '1.2.3', extension: 'x' } })) parts.push(bytes)
  parts.push(toWfdbAnnotations(result), toWfdbAnnotations(result, { mother: true, fs: 1000 }))
  for await (const bytes of signalsToCsv(result)) parts.push(bytes)
  return [new Blob([reportSvg(result, window), figure(result, window)], { type: 'image/svg+xml' }), new Blob(parts), new Blob([String(entry[0].resource.status)])]
}

export async function archive(): Promise<Record<string, number>> {
  const pool = new Pool({ limits: { maxOldGenerationSizeMb: 512 } })
  const lines = async function * () {
    for (const task of await readList(['manifest.csv'])) {
      const { line, error }: Result = await pool.run(task, { method: 'classical', fs: 500 }, (fraction) => console.log(task.record, fraction))
      console.log(error?.code)
      yield line
    }
  }
  const { errors } = await writeTables('results', lines())
  await pool.close()
  return errors
}

export async function wrong() {
  const fecg = await load()
  // @ts-expect-error a number is no recording
  await fecg.read(42)
  const recording = await fecg.read(new Uint8Array())
  // @ts-expect-error there is no such method
  await fecg.extract(recording, { method: 'magic' })
  // @ts-expect-error a number is no model
  await fecg.extract(recording, { model: 42 })
  // @ts-expect-error mains is 50, 60 or auto
  await fecg.extract(recording, { mains: 55 })
  // @ts-expect-error weights that are in a worker are none for here
  await fecg.extract(recording, { model: await (await loadInWorker()).model() })
  // @ts-expect-error a standard-lead answer is no fetal one
  toFhir(await fecg.classify(recording))
  // @ts-expect-error a path is no task
  await new Pool().run('a.edf')
  // @ts-expect-error classify has no method
  await fecg.classify(recording, { method: 'fhnet' })
}
