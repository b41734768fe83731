/**
 * fecg extract: recordings to fetal rate, beats and signals.
 */
import { basename } from 'node:path'
import { beatAnnotations } from '../export/edf.js'
import { figure } from '../figure.js'
import { chooseLeads } from '../leads.js'
import { clearestLeads, windowRange } from '../window.js'
import { UsageError } from './args.js'
import { exportOf, keptFile } from './exports.js'
import { openRecording, output, OutputError, readRange } from './files.js'
import { oneLine, report } from './report.js'
import { signalsToCsv, signalsToEdf, Spool } from './signals.js'
import { progressBar } from './text.js'

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
  const outputs = {}, exports = [] // { path, out }
  const bar = progressBar(session.stderr, options.quiet)
  let recording, spool
  try {
    for (const name of ['signals', 'figure']) if (options[name]) outputs[name] = await output(`--${name}`, options[name], { rewinds: /\.edf$/i.test(options[name]) })
    for (const path of options.export ?? []) {
      const kept = await keptFile(path)
      if (kept) throw new OutputError(`--export: cannot write ${path}: ${kept}`)
      exports.push({ path, out: await output('--export', path) })
    }
    recording = await openRecording(fecg, file, options)
    const beside = Object.entries({ '--signals': options.signals, '--figure': options.figure, '--export': options.export?.find(path => exportOf(path).signals) }).find(([, path]) => path)
    if (beside) spool = await Spool.create(...beside)
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
    for (const { path, out } of exports)
      for await (const piece of await exportOf(path).pieces({ result, spool, window: () => figureWindow(recording, result, spool, options) })) await out.write(piece)
    for (const out of [...Object.values(outputs), ...exports.map(e => e.out)]) await out.done()
    return result
  } finally {
    bar.clear()
    await spool?.remove()
    for (const out of [...Object.values(outputs), ...exports.map(e => e.out)]) await out.discard()
    await recording?.close()
  }
}

/** The most telling seconds, from the recording and from the spooled signals. */
async function figureWindow(recording, result, spool, options) {
  const { t0_s, seconds } = windowRange(result)
  const { channels } = chooseLeads(recording.channels, options.leads)
  const [from, to] = [Math.round(t0_s * spool.fs), Math.round((t0_s + seconds) * spool.fs)]
  const fetal = [], residual = []
  for (let i = 0; i < channels.length; i++) {
    fetal.push(await spool.read(i, from, to))
    residual.push(await spool.read(2 * channels.length + i, from, to))
  }
  const shown = clearestLeads(result, fetal, residual)
  const input = await readRange(recording, shown.map(i => channels[i]), t0_s, seconds)
  return {
    t0_s, fs: spool.fs,
    input: shown.map((i, k) => ({ label: recording.channels[channels[i]].label, fs: recording.channels[channels[i]].fs, samples: input[k] })),
    fetal: { label: recording.channels[channels[shown[0]]].label, samples: fetal[shown[0]] },
  }
}
