// edge.js — the conformance suite in workerd: any request is answered with the report. Modules and files are those that the
// configuration names (conformance.test.js writes it): no file is read here, and no WebAssembly compiled from bytes.
import * as fetal from './fetal-ecg/js/index.js'
import * as exported from './fetal-ecg/js/export/index.js'
import wasm from './fetal-ecg/dist/fecg.wasm'
import fhnet from './fetal-ecg/models/fhnet/fhnet.safetensors'
import ecgnet from './fetal-ecg/models/ecgnet/ecgnet.safetensors'
import { run } from './suite.js'

export default {
  async fetch() {
    const report = await run({ fetal, exported, ecgnet: new Uint8Array(ecgnet), sources: { wasm, models: { fhnet, ecgnet } } })
    return Response.json({ ...report, own: await fetal.load().then(() => 'loaded', ({ code, message }) => ({ code, message })) })
  },
}
