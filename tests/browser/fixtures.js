// fixtures.js — what the tests of the page give to it: a simulated recording as files of each kind.
import { concat, whole } from '../js/helpers.js'

/** A recording by the simulator as an EDF+ file. */
export function edf(fecg, options, name = 'simulated.edf') {
  const simulation = fecg.simulate(options)
  const writer = fecg.edfWriter(simulation.leads.map((label) => ({ label, fs: simulation.fs, phys_min_uv: -5000, phys_max_uv: 5000 })))
  const parts = []
  const drain = () => { for (let b = writer.take(); b.length; b = writer.take()) parts.push(b) }
  for (const { mixture } of simulation.chunks()) {
    mixture.forEach((row, lead) => writer.push(lead, row))
    drain()
  }
  writer.finish()
  drain()
  const bytes = concat(parts)
  bytes.set(writer.header())
  writer.close()
  return { [name]: bytes }
}

/** The same as a WFDB record: format 16, one unit 0.1 uV. */
export function wfdb(fecg, options, name = 'simulated') {
  const simulation = fecg.simulate(options)
  const rows = whole(simulation)
  const data = new Int16Array(rows.length * rows[0].length)
  rows.forEach((row, lead) => row.forEach((uv, i) => { data[i * rows.length + lead] = Math.round(10 * uv) }))
  const header = [`${name} ${rows.length} ${simulation.fs} ${rows[0].length}`, ...simulation.leads.map((label) => `${name}.dat 16 10(0)/uV 16 0 0 0 0 ${label}`)]
  return { [`${name}.hea`]: new TextEncoder().encode(`${header.join('\n')}\n`), [`${name}.dat`]: new Uint8Array(data.buffer) }
}

/** The same as CSV, uV, that does not say at what rate. */
export function csv(fecg, options, name = 'simulated.csv') {
  const simulation = fecg.simulate(options)
  const rows = whole(simulation)
  const lines = [simulation.leads.join(','), ...Array.from(rows[0], (_, i) => rows.map((row) => row[i].toFixed(2)).join(','))]
  return { [name]: new TextEncoder().encode(`${lines.join('\n')}\n`) }
}
