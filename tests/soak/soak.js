// soak.js — `npm run soak`: 24 hours of eight leads at 250 Hz through a fake Cyton board and fecg.stream(), as fast as the machine
// goes; a line for each hour of signal. Ends with status 1 where memory grows after the first hour, a sample is lost or changed, or
// the rate is wrong. `-- --minutes N` takes another length, `-- --worker` streams in the package's worker.
import { parseArgs } from 'node:util'
import { main, setup } from '../../wasm/setup.mjs'
import { FS, LEADS, faults, soak } from './day.js'

await main(async () => {
  const { values } = parseArgs({ options: { minutes: { type: 'string', default: '1440' }, worker: { type: 'boolean', default: false } } })
  const minutes = Number(values.minutes)
  if (!(minutes > 0)) {
    console.error(`--minutes is a number above 0, given ${values.minutes}`)
    return 2
  }
  await setup()
  console.log(`${minutes} minutes of ${LEADS} leads at ${FS} Hz, ${values.worker ? 'in a worker' : 'in node'}; the load leaves the simulator out`)
  console.log('| h | samples | lost | changed | rate known % | rate off bpm | wasm MB | heap MB | process MB | load % of a core | times real time |')
  console.log(`|${' ---: |'.repeat(11)}`)
  const mb = (/** @type {number} */ bytes) => (Number.isNaN(bytes) ? '–' : (bytes / 1e6).toFixed(1))
  const hours = await soak({
    minutes, worker: values.worker, every_s: Math.min(3600, 15 * minutes),
    report: (h) => console.log(`| ${[(h.end_s / 3600).toFixed(2), h.samples, h.lost, h.wrong, (100 * h.answered / h.ticks).toFixed(2), h.error_bpm.toFixed(3), mb(h.wasm), mb(h.heap), mb(h.rss),
      (100 * h.load).toFixed(2), h.speed.toFixed(0)].join(' | ')} |`),
  })
  const found = faults(hours, minutes)
  console.log(found.length ? found.join('\n') : 'no growth of memory after the first stretch, no sample lost or changed, the rate right throughout')
  return found.length ? 1 : 0
})
