// worker.ts — compiled, never run: a script that is a worker itself.
import { load, type Fecg } from 'fetal-ecg'
import wasm from 'fetal-ecg/fecg.wasm'

declare const self: DedicatedWorkerGlobalScope
let fecg: Promise<Fecg> | undefined // loaded once

self.onmessage = async ({ data }: MessageEvent<Blob>) => {
  const engine = await (fecg ??= load({ wasm }))
  const recording = await engine.read(data)
  const clean = await engine.denoise(recording, { stages: ['morlet'], leads: [0] })
  const { fetal, quality } = await engine.extract(recording, { method: 'classical', mains: 'auto' })
  self.postMessage({ peaks: fetal.peaks_s, reason: quality.reason, clean: clean.uv?.[0] })
  // @ts-expect-error a method is a word of three
  await engine.extract(recording, { method: 'fast' })
}
