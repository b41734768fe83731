// thread.js — what runs in each thread: one recording to one document. The engine and its weights are there before the first.
import { load } from 'fetal-ecg'
import { toFhir } from 'fetal-ecg/export'

const fecg = await load()
await fecg.model()

/** The recording goes on for longer than the service takes. */
class TooLong extends Error {
  code = 'LIMIT'
  offset = null
}

/**
 * @param {{ bytes: Uint8Array, name?: string, query: Record<string, any>, fhir: boolean, most_s: number, begun: Int32Array }} task
 *   name: what tells a CSV by its ending, no file; begun: set once this is at work, so that who stops it knows
 */
export default async function extract({ bytes, name, query, fhir, most_s, begun }) {
  Atomics.store(begun, 0, 1)
  const { leads, fs, unit, method, mains, start } = query
  const within = (/** @type {number | null} */ seconds) => {
    if ((seconds ?? 0) > most_s) throw new TooLong(`the recording has ${seconds?.toFixed(0)} s or more, expected at most ${most_s} s`)
  }
  let recording
  try {
    recording = await fecg.read(bytes, { name, fs, unit }) // bytes alone: what a header names besides is not there
    within(recording.duration_s)
    if (recording.duration_s === null || recording.format.endsWith('+D')) { // how long it is, only its end tells
      let seconds = 0
      for await (const { samples } of recording.blocks({ channels: [0] })) within(seconds += samples[0].length / recording.channels[0].fs)
    }
    const result = await fecg.extract(recording, {
      leads: leads?.split(','), method, mains: mains === undefined || mains === 'auto' ? 'auto' : /** @type {50 | 60} */ (Number(mains)),
    })
    result.source.file = null
    const { format } = recording, about = { format, leads: result.source.leads.length, fs: result.source.fs, duration_s: Math.round(result.source.duration_s) }
    return { about, body: JSON.stringify(fhir ? toFhir(result, { start }) : result) }
  } catch (/** @type {any} */ error) {
    if (typeof error?.code !== 'string') throw error
    return { error: { code: error.code, message: error.message, offset: error.offset ?? null } } // a copy of an error loses these
  } finally {
    await recording?.close()
  }
}
