/**
 * fecg extract: recordings to fetal rate, beats and signals.
 */
import { basename } from 'node:path'
import { beatAnnotations } from '../export/edf.js'
import { bestStart, figure } from '../figure.js'
import { chooseLeads } from '../leads.js'
import { UsageError } from './args.js'
import { openRecording, output, readRange } from './files.js'
import { oneLine, report } from './report.js'
import { signalsToCsv, signalsToEdf, Spool } from './signals.js'
import { progressBar } from './text.js'

const WINDOW_S = 5 // seconds that the figure shows in full
const MOST_STRIPS = 2

/** @throws {UsageError} where weights are named that the method does not take */
export function checkMethod({ method, model }) {
  if (method === 'classical' && model !== undefined) throw new UsageError('--model: the method classical takes no weights')
}

/** The options of the command line, and the weights, as extract() takes them. */
export const extractOptions = ({ leads, method, mains = 'auto' }, model) =>
  ({ leads, method, model: model ?? undefined, mains: mains === 'auto' ? mains : Number(mains) })

export async function extractCommand(session, files, options) {
  checkMethod(options)
  await session.eachFile(files, options, async (file, { json, fecg, model }) => {
    const result = await extractFile(session, fecg, file, options, model)
    await json?.(result)
    if (options.quiet) return
    if (options.json === '-') session.say(oneLine(result))
    else session.print(`${session.reports++ ? '\n' : ''}${report(result, session.colours)}`)
  })
}

async function extractFile(session, fecg, file, options, model) {
  const outputs = {}
  const bar = progressBar(session.stderr, options.quiet)
  let recording, spool
  try {
    for (const name of ['signals', 'figure']) if (options[name]) outputs[name] = await output(`--${name}`, options[name], { rewinds: /\.edf$/i.test(options[name]) })
    recording = await openRecording(fecg, file, options)
    if (outputs.signals || outputs.figure) spool = await Spool.create(options.signals ? '--signals' : '--figure', options.signals ?? options.figure)
    const result = await fecg.extract(recording, {
      ...extractOptions(options, model),
      signals: spool ? block => spool.push(block) : false,
      signal: session.signal,
      onProgress: ({ fraction, done_s }) => bar.update(fraction ?? 0, `${basename(file)}  ${Math.round(done_s)} s`),
    })
    result.source.file = file
    spool?.begin(result.source)
    if (outputs.signals) {
      if (/\.csv$/i.test(options.signals)) await signalsToCsv(outputs.signals, spool)
      else await signalsToEdf(fecg, outputs.signals, spool, beatAnnotations(result))
    }
    if (outputs.figure) {
      const shown = { ...result, source: { ...result.source, file: basename(file) } }
      await outputs.figure.write(figure(shown, await figureWindow(recording, result, spool, options)))
    }
    for (const out of Object.values(outputs)) await out.done()
    return result
  } finally {
    bar.clear()
    await spool?.remove()
    for (const out of Object.values(outputs)) await out.discard()
    await recording?.close()
  }
}

/** The most telling seconds: the leads with the clearest fetus, and the fetal signal of the first. */
async function figureWindow(recording, result, spool, options) {
  const seconds = Math.min(WINDOW_S, result.source.duration_s)
  const last = Math.max(0, result.source.duration_s - seconds)
  const count = Math.min(200, Math.floor(last / seconds) + 1)
  const starts = Array.from({ length: count }, (_, i) => Math.floor(i * last / Math.max(1, count - 1)))
  const t0_s = bestStart(result, starts, seconds)
  const { channels } = chooseLeads(recording.channels, options.leads)
  const range = fs => [Math.round(t0_s * fs), Math.round((t0_s + seconds) * fs)]
  const [from, to] = range(spool.fs)
  const fetal = []
  for (let i = 0; i < channels.length; i++) fetal.push(await spool.read(i, from, to))
  // The fetus is clearest where the fetal signal is large beside what is left over.
  const clarity = await Promise.all(channels.map(async (_, i) => {
    const left = await spool.read(2 * channels.length + i, from, to)
    return result.quality.leads[i].state === 'flat' ? -1 : rms(fetal[i]) / (rms(left) || 1)
  }))
  const order = channels.map((_, i) => i).sort((a, b) => clarity[b] - clarity[a])
  const shown = order.slice(0, MOST_STRIPS)
  const input = await readRange(recording, shown.map(i => channels[i]), t0_s, seconds)
  return {
    t0_s, fs: spool.fs,
    input: shown.map((i, k) => ({ label: recording.channels[channels[i]].label, fs: recording.channels[channels[i]].fs, samples: input[k] })),
    fetal: { label: recording.channels[channels[shown[0]]].label, samples: fetal[shown[0]] },
  }
}

function rms(samples) {
  let sum = 0, n = 0
  for (const v of samples) if (Number.isFinite(v)) sum += v * v, n++
  return n ? Math.sqrt(sum / n) : 0
}
