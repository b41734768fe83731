/**
 * fecg simulate: a recording whose truth is known. The simulation is run twice, once for the range
 * that EDF wants first and once to write, so that any length needs little memory. Nothing in the
 * file depends on the clock: the same options give the same bytes. With --standard the person takes the mother's place.
 */
import { setImmediate } from 'node:timers/promises'
import { edfLabels, edfRange } from '../export/edf.js'
import { SCENARIOS, STANDARD } from '../simulate.js'
import { UsageError } from './args.js'
import { checkOutputs, output } from './files.js'
import { writeEdf } from './signals.js'

const PARTS = [['fetal', 'fECG'], ['maternal', 'mECG'], ['noise', 'noise']]
const STANDARD_PARTS = [['maternal', 'ECG'], ['noise', 'noise']]

export async function simulateCommand(session, [file], options) {
  if (!/\.edf$/i.test(file)) throw new UsageError(`expected an output file that ends in .edf, got "${file}"`)
  const { standard } = options, known = standard ? STANDARD : SCENARIOS, parts = standard ? STANDARD_PARTS : PARTS
  if (!known.includes(options.scenario)) throw new UsageError(`--scenario: ${options.scenario} is ${standard ? 'not in standard leads' : 'in standard leads only (--standard)'}`)
  if (standard && (options.leads !== 4 || options.fhr !== 140)) throw new UsageError('--standard has twelve leads and no fetus: --leads and --fhr are of a pregnant woman')
  await checkOutputs({ 'OUT.edf': file, '--truth': options.truth }, [])
  const fecg = await session.engine()
  const simulation = fecg.simulate({
    seed: options.seed, seconds: options.seconds, fs: options.fs, leads: standard ? 12 : options.leads, snr_db: options.snr,
    fm_ratio_db: options['fm-ratio'], fhr_bpm: options.fhr, mhr_bpm: options.mhr,
    scenario: standard ? `standard:${options.scenario}` : options.scenario,
  })
  const { leads, fs, beats, classes } = simulation
  const marks = [...beats.fetal.map(t => [t, 'fQRS']), ...beats.twin.map(t => [t, 'fQRS twin']), ...beats.maternal.map(t => [t, standard ? 'QRS' : 'mQRS'])].sort((a, b) => a[0] - b[0])
  const mixture = { channels: leads.map(lead => ({ label: lead, lead })), of: chunk => chunk.mixture }
  const truth = {
    channels: parts.flatMap(([, word]) => leads.map(lead => ({ label: `${word} ${lead}`, lead }))),
    of: chunk => parts.flatMap(([part]) => chunk[part]),
  }
  const wanted = [['OUT.edf', file, mixture], ...(options.truth ? [['--truth', options.truth, truth]] : [])]
  const outputs = []
  try {
    for (const [name, path] of wanted) outputs.push(await output(name, path, { rewinds: true }))
    for (const [, , kind] of wanted) kind.ranges = kind.channels.map(() => [Infinity, -Infinity])
    for (const chunk of simulation.chunks()) {
      await setImmediate() // Ctrl-C is heard
      session.signal.throwIfAborted()
      for (const [, , kind] of wanted) kind.of(chunk).forEach((samples, c) => widen(kind.ranges[c], samples))
    }
    for (const [i, [, , kind]] of wanted.entries()) {
      const labels = edfLabels(kind.channels)
      const channels = labels.map((label, c) => ({ label, fs, ...edfRange(...kind.ranges[c]) }))
      await writeEdf(fecg, outputs[i], channels, blocks(simulation, kind, session.signal), marks)
    }
    for (const out of outputs) await out.done()
  } finally {
    for (const out of outputs) await out.discard()
  }
  if (standard) {
    session.say(`${file}: ${options.seconds} s, ${leads.length} standard leads, ${fs} Hz, ${options.scenario} (${classes.join(', ') || 'healthy'}), ${beats.maternal.length} beats`)
    return
  }
  const hearts = [`${beats.fetal.length} fetal`, ...(beats.twin.length ? [`${beats.twin.length} of a second fetus`] : []), `${beats.maternal.length} maternal`]
  session.say(`${file}: ${options.seconds} s, ${leads.length} lead${leads.length === 1 ? '' : 's'}, ${fs} Hz, ${options.scenario}, beats: ${hearts.join(', ')}`)
}

function widen(range, samples) {
  for (const v of samples) {
    if (v < range[0]) range[0] = v
    if (v > range[1]) range[1] = v
  }
}

async function * blocks(simulation, kind, signal) {
  for (const chunk of simulation.chunks()) {
    signal.throwIfAborted()
    yield kind.of(chunk)
  }
}
