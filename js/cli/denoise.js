/**
 * fecg denoise: the leads of a recording without baseline wander, mains and muscle noise, as a file.
 */
import { basename } from 'node:path'
import { UsageError } from './args.js'
import { openRecording, output } from './files.js'
import { DENOISED, signalsToCsv, signalsToEdf, Spool } from './signals.js'
import { plain, progressBar } from './text.js'

export async function denoiseCommand(session, files, options) {
  if (options.signals === undefined) throw new UsageError('expected --signals OUT.edf or --signals OUT.csv')
  await session.eachFile(files, options, async (file, { fecg }) => {
    const { leads, fs, seconds, diagnostics } = await denoiseFile(session, fecg, file, options)
    if (options.quiet) return
    session.say(`${plain(file)}: ${seconds.toFixed(1)} s, ${leads.length} lead${leads.length === 1 ? '' : 's'}, ${fs} Hz, denoised`)
    for (const d of diagnostics) session.say(`${plain(file)}: ${plain(d.message)} (${plain(d.code)})`)
  })
}

async function denoiseFile(session, fecg, file, options) {
  const { leads, mains = 'auto' } = options
  const bar = progressBar(session.stderr, options.quiet)
  let recording, out, spool
  try {
    out = await output('--signals', options.signals, { rewinds: /\.edf$/i.test(options.signals) })
    recording = await openRecording(fecg, file, options)
    spool = await Spool.create('--signals', options.signals, DENOISED)
    const result = await fecg.denoise(recording, {
      leads, mains: mains === 'auto' ? mains : Number(mains), signal: session.signal,
      signals: block => spool.push(block),
      onProgress: ({ fraction, done_s }) => bar.update(fraction ?? 0, `${basename(file)}  ${Math.round(done_s)} s`),
    })
    spool.begin(result)
    const kept = recording.annotations.map(a => [a.t_s, a.text]).sort((a, b) => a[0] - b[0])
    if (/\.csv$/i.test(options.signals)) await signalsToCsv(out, spool)
    else await signalsToEdf(fecg, out, spool, kept)
    await out.done()
    return { ...result, seconds: spool.length / spool.fs }
  } finally {
    bar.clear()
    await spool?.remove()
    await out?.discard()
    await recording?.close()
  }
}
