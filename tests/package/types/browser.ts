// browser.ts — compiled, never run: a page, its bundler making URLs of the files.
import { load, type ClassifyResult } from 'fetal-ecg'
import { figure, reportSvg, toEdf, windowOf } from 'fetal-ecg/export'
import wasm from 'fetal-ecg/fecg.wasm'
import ecgnet from 'fetal-ecg/models/ecgnet.safetensors'
import fhnet from 'fetal-ecg/models/fhnet.safetensors'
import { connect, pageTarget, recover, webBluetooth, webSerial } from 'fetal-ecg/serial'
import { load as loadInWorker, type Fecg, type LiveStream } from 'fetal-ecg/worker'

export async function dropped(file: File, show: (fraction: number) => void, stop: AbortController): Promise<Blob[]> {
  const fecg: Fecg = await loadInWorker({ wasm, models: { fhnet, ecgnet } })
  const recording = await fecg.read(file, { transfer: true })
  const result = await fecg.extract(recording, { signals: true, signal: stop.signal, onProgress: (p) => show(p.fraction ?? 0) })
  const edf: Uint8Array<ArrayBuffer>[] = []
  for await (const bytes of toEdf(fecg, result)) edf.push(bytes)
  const classified: ClassifyResult = await fecg.classify(recording)
  console.log(classified.label, classified.risk?.level)
  const leads = result.signals?.fetal.map((samples) => ({ label: 'A', fs: 500, samples })) ?? []
  return [new Blob(edf), new Blob([figure(result, windowOf(result, leads)), reportSvg(result, windowOf(result, leads))])]
}

export async function patch(button: HTMLButtonElement): Promise<void> {
  const fecg = await loadInWorker()
  const session = await connect(button.value === 'usb' ? webSerial(await port()) : webBluetooth(await device()), { board: 'ads1293', reconnect: false })
  const live: LiveStream = await fecg.stream({ fs: session.fs, leads: session.leads })
  session.onchange = ({ state, leadOff }) => { button.textContent = `${state} ${leadOff?.join() ?? ''}` }
  const told = live.readable.pipeTo(new WritableStream({ write: ({ quality }) => console.log(quality.fetal) }))
  const writer = live.writable.getWriter()
  for await (const { samples } of session) await writer.write(samples)
  await Promise.all([writer.close(), told])
  const { kept, limit } = await pageTarget('name.edf')
  console.log(kept, limit, (await recover()).map(({ name, seconds, file }) => [name, seconds, file.size]))
}
declare function device(): Promise<Parameters<typeof webBluetooth>[0]> // navigator.bluetooth and navigator.serial, which the DOM's types do not have
declare function port(): Promise<Parameters<typeof webSerial>[0]>

export async function wrong() {
  const fecg = await load()
  // @ts-expect-error progress is told as an object
  await fecg.extract(await fecg.read(new Blob()), { onProgress: (p: number) => p })
  // @ts-expect-error there is no such unit
  await fecg.read(new Blob(), { unit: 'nV' })
  // @ts-expect-error a page's element is no worker
  await loadInWorker({ worker: document.body })
  // @ts-expect-error rows of samples are Float32Arrays
  await fecg.read({ fs: 500, samples: [[1, 2, 3]] })
}
