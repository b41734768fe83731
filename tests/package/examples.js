// examples.js — what the examples of documents have at hand. Copied beside the packed package, which it imports.
import { load } from 'fetal-ecg'

export const fecg = await load()
const simulation = fecg.simulate({ seconds: 20 }), person = fecg.simulate({ scenario: 'standard:normal', seconds: 10 })
const [{ mixture }] = simulation.chunks({ seconds: 20 })
const csv = (labels, rows) => new TextEncoder().encode(['# fs=500 unit=uV ch=' + labels, ...Array.from(rows[0], (_, i) => rows.map((row) => row[i].toFixed(2)).join())].join('\n'))

export const samples = mixture
export const recording = await fecg.read({ fs: simulation.fs, leads: simulation.leads, samples })
export const result = await fecg.extract(recording, { signals: true })
/** The recording's leads, as windowOf() takes them. */
export const leads = simulation.leads.map((label, i) => ({ label, fs: simulation.fs, samples: samples[i] }))
export const file = Object.assign(new Blob([csv(simulation.leads, samples)]), { name: 'x.csv' })
export const ecg = csv(person.leads, [...person.chunks()][0].mixture)

export let shown = 0
export const show = () => { shown++ }
