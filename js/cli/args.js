/**
 * The command line's words: commands, options, defaults, and what is said when they are wrong.
 * The usage texts and the parser are both made from the tables below.
 */
import { BOARDS } from '../serial/boards.js'
import { RANGES, SCENARIOS, STANDARD } from '../simulate.js'
import { EXPORTS } from './exports.js'

export class UsageError extends Error {}

const number = (what, test) => text => {
  const value = text.trim() === '' ? NaN : Number(text)
  if (!Number.isFinite(value) || !test(value)) throw new UsageError(`expected ${what}, got "${text}"`)
  return value
}
const simulated = key => number(RANGES[key].what, RANGES[key].holds)
const oneOf = (...words) => text => {
  const word = words.find(w => w.toLowerCase() === text.toLowerCase())
  if (word === undefined) throw new UsageError(`expected ${words.join(', ').replace(/, ([^,]*)$/, ' or $1')}, got "${text}"${hint(text, words)}`)
  return word
}
const path = text => {
  if (!text) throw new UsageError('expected a file name')
  return text
}
const ending = (...endings) => text => {
  if (!endings.some(e => path(text).toLowerCase().endsWith(e))) throw new UsageError(`expected a file name that ends in ${endings.join(' or ')}, got "${text}"`)
  return text
}
const list = text => {
  const items = text.split(',').map(s => s.trim())
  if (items.some(s => !s)) throw new UsageError(`expected labels or numbers with commas between them, got "${text}"`)
  return items
}

const INPUT = {
  '--leads': { value: 'A,B|0,1', parse: list, help: 'leads by label or zero-based channel number; default: those whose label says abdomen' },
  '--fs': { value: 'HZ', parse: number('a rate in hertz above 0 and at most 1000000', v => v > 0 && v <= 1e6), help: 'sampling rate of a CSV that does not give it' },
  '--unit': { value: 'uV|mV|V', parse: oneOf('uV', 'mV', 'V'), help: "unit of the samples; default: the file's own" },
  '--mains': { value: '50|60|auto', parse: oneOf('50', '60', 'auto'), help: 'mains frequency; default: auto, as the spectrum shows' },
}
const JSON_OUT = { '--json': { value: 'FILE|-', parse: text => (path(text) === '/dev/stdout' ? '-' : text), help: 'write results as JSON, one document a line; - for standard output' } }
const QUIET = { '--quiet': { help: 'no report and no progress bar; errors are still told' } }
const METHODS = ['classical', 'network', 'fhnet'], LIVE_METHODS = ['classical', 'fhnet']
const METHOD = {
  '--method': { value: METHODS.join('|'), parse: oneOf(...METHODS), default: 'fhnet', help: 'the classical stage alone, the network alone, or both joined' },
  '--model': { value: 'FILE|DIR', parse: path, help: 'weights for network and fhnet, a safetensors file or its folder; default: those of the package' },
}

/** The boards, each with its settings and with what to know before measuring with it. */
const boards = Object.values(BOARDS).flatMap(({ name, title, fs, channels, settings, note }) => [
  `${name.padEnd(12)}${title}: ${channels.length ? `${channels.length} channels, ` : ''}${fs} Hz`,
  ...folded([Object.entries(settings).map(([key, s]) => `${key}=${s.default}`).join(','), note ?? ''].filter(Boolean).join('. '), 84).map(line => ' '.repeat(12) + line),
])

/** Lines of words. */
function folded(text, width) {
  const lines = ['']
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1]
    if (last && last.length + word.length >= width) lines.push(word)
    else lines[lines.length - 1] = last ? `${last} ${word}` : word
  }
  return lines
}

export const COMMANDS = {
  extract: {
    files: 'FILE...', least: 1,
    summary: 'fetal heart rate, beats and signals of abdominal recordings',
    options: {
      ...INPUT, ...METHOD, ...JSON_OUT,
      '--signals': { value: 'OUT.edf|OUT.csv', parse: ending('.edf', '.csv'), help: 'write fetal, maternal and residual signals in uV; one input file' },
      '--figure': { value: 'OUT.svg', parse: ending('.svg'), help: 'draw the result; one input file' },
      '--export': { value: 'OUT', parse: ending(...Object.keys(EXPORTS)), many: true, help: 'write the result in a form that others read, by the ending below; several times; one input file' },
      ...QUIET,
    },
    notes: ['--export: .fhir.json FHIR R4, .xml HL7 aECG, .fqrs and .mqrs WFDB annotations of fetus and mother,',
      '.beats.csv, .rates.csv, .report.svg a page to print.'],
  },
  classify: {
    files: 'FILE...', least: 1,
    summary: 'standard-lead ECGs of born persons: normal or abnormal, five conditions, risk',
    options: {
      '--leads': { ...INPUT['--leads'], help: 'leads by label or number, or LABEL=II where a label names no standard lead; default: the standard leads' },
      '--fs': INPUT['--fs'], '--unit': INPUT['--unit'], '--mains': INPUT['--mains'],
      '--model': { value: 'FILE|DIR', parse: path, help: 'weights, a safetensors file or its folder; default: those of the package' },
      ...JSON_OUT,
      '--figure': { value: 'OUT.svg', parse: ending('.svg'), help: 'draw the result; one input file' },
      ...QUIET,
    },
    notes: ['Never of a fetus. The risk is a documented table, not a prognosis.'],
  },
  denoise: {
    files: 'FILE', least: 1, most: 1,
    summary: 'leads without baseline wander, mains and muscle noise',
    options: {
      ...INPUT,
      '--leads': { ...INPUT['--leads'], help: 'leads by label or zero-based channel number; default: all that are ECG by their labels' },
      '--signals': { value: 'OUT.edf|OUT.csv', parse: ending('.edf', '.csv'), help: 'write the denoised leads in uV, at their own rate; needed' },
      ...QUIET,
    },
    notes: ['Rates from 100 to 1000 Hz; leads of one rate. Gaps stay gaps, waves stay where they are.'],
  },
  batch: {
    files: 'MANIFEST|GLOB... --out DIR', least: 1,
    summary: 'an archive: extract over all cores, resumable, results as NDJSON and tables',
    options: {
      '--out': { value: 'DIR', parse: path, help: 'folder for results.ndjson, summary.csv and beats.csv, empty or not there yet; needed' },
      '--resume': { help: 'go on with the job that DIR holds' },
      '--jobs': { value: 'N', parse: number('a whole number from 1 to 256', v => Number.isInteger(v) && v >= 1 && v <= 256), help: 'recordings at a time; default: as many as the machine has cores' },
      ...INPUT, ...METHOD, ...QUIET,
    },
    notes: ['MANIFEST: a CSV with the columns record and file, the files beside it; or a .txt with a file a line.',
      'GLOB: * ? [ab] {a,b} and ** for any folders, in quotes, or several names.',
      'Ctrl-C stops it; the same command with --resume goes on, also after a crash.'],
  },
  eval: {
    files: 'DIR', least: 1, most: 1,
    summary: 'scores against the reference beats of a folder with a manifest.csv',
    options: { ...METHOD, ...JSON_OUT, ...QUIET },
    notes: ['The manifest needs the columns record, file, ann, dataset, subject and flags.'],
  },
  simulate: {
    files: 'OUT.edf', least: 1, most: 1,
    summary: 'a simulated recording with known beats and signals',
    options: {
      '--seed': { value: 'N', parse: simulated('seed'), default: 1, help: 'same seed, same bytes' },
      '--seconds': { value: 'S', parse: simulated('seconds'), default: 60, help: 'length' },
      '--fs': { value: 'HZ', parse: simulated('fs'), default: 500, help: 'sampling rate' },
      '--leads': { value: 'N', parse: simulated('leads'), default: 4, help: 'abdominal leads' },
      '--snr': { value: 'DB', parse: simulated('snr_db'), default: 6, help: 'fetal QRS over noise, mean over leads' },
      '--fm-ratio': { value: 'DB', parse: simulated('fm_ratio_db'), default: -14, help: 'fetal to maternal QRS amplitude' },
      '--fhr': { value: 'BPM', parse: simulated('fhr_bpm'), default: 140, help: 'fetal baseline' },
      '--mhr': { value: 'BPM', parse: simulated('mhr_bpm'), default: 80, help: 'maternal baseline' },
      '--scenario': { value: 'NAME', parse: oneOf(...new Set([...SCENARIOS, ...STANDARD])), default: 'normal', help: SCENARIOS.join(', ') },
      '--standard': { help: 'a born person in the 12 standard leads; scenarios are those below' },
      '--truth': { value: 'OUT2.edf', parse: ending('.edf'), help: 'write fECG, mECG and noise of each lead apart' },
    },
    notes: [`--standard: ${STANDARD.slice(0, 11).join(', ')},`, `${STANDARD.slice(11).join(', ')}.`,
      'The person stands for the mother (--mhr 80 counts as not given); --snr less --fm-ratio is the SNR of the QRS.',
      'brady and tachy draw a fetal rate of their own, 70 to 90 and 185 to 210 bpm; --fhr other than 140', 'sets it in these too (140 counts as not given).'],
  },
  info: {
    files: 'FILE...', least: 1,
    summary: 'what is in a recording, and which leads extract would take',
    options: { '--leads': INPUT['--leads'], '--fs': INPUT['--fs'], '--unit': INPUT['--unit'], ...JSON_OUT },
  },
  live: {
    files: '--port PATH --board NAME', least: 0, most: 0,
    summary: 'a board on a serial port: fetal heart rate while it measures, and its recording',
    options: {
      '--port': { value: 'PATH', parse: path, help: 'the port, as /dev/ttyUSB0 or COM3; needed' },
      '--board': { value: 'NAME', parse: oneOf(...Object.keys(BOARDS)), help: 'one of those below; needed' },
      '--set': { value: 'KEY=VALUE,..', parse: list, help: 'settings of the board; those below are its defaults' },
      '--fs': { ...INPUT['--fs'], help: 'sampling rate of a board that can be set to several' },
      '--leads': { ...INPUT['--leads'], help: 'channels by label or number, CH1=Left to rename one; default: all' },
      '--mains': INPUT['--mains'],
      '--method': { value: LIVE_METHODS.join('|'), parse: oneOf(...LIVE_METHODS), default: 'fhnet', help: 'the classical stage alone, or with the network' },
      '--model': { ...METHOD['--model'], help: 'weights for fhnet, a safetensors file or its folder; default: those of the package' },
      '--record': { value: 'OUT.edf', parse: ending('.edf'), help: 'write the samples as EDF+ while they come; a file that is there is not overwritten' },
      '--json': { ...JSON_OUT['--json'], help: 'write each second as JSON, without signals, one document a line; - for standard output' },
      '--seconds': { value: 'S', parse: number('seconds above 0', v => v > 0), help: 'end after so much signal; default: at Ctrl-C' },
      ...QUIET,
    },
    notes: ['Ports need the npm package serialport. Ctrl-C stops the board, finishes the recording and sums up.', '', 'Boards, their settings, and what to know of them:', ...boards],
  },
}

/**
 * Arguments after the command as { files, options }, options by name without dashes, defaults in.
 * @throws {UsageError} naming the option and what was expected
 */
export function parse(command, args) {
  const { options: known, least, most = Infinity, files: wanted } = COMMANDS[command]
  const options = {}, files = []
  for (const [name, o] of Object.entries(known)) if (o.default !== undefined) options[name.slice(2)] = o.default
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]
    if (arg === '--') {
      files.push(...args.slice(i + 1))
      break
    }
    if (arg === '-h') return { files, options: { help: true } }
    if (!arg.startsWith('-') || arg === '-') {
      files.push(arg)
      continue
    }
    const [, name, given] = arg.match(/^([^=]*)(?:=(.*))?$/s)
    if (name === '--help') return { files, options: { help: true } }
    const option = Object.hasOwn(known, name) ? known[name] : null
    if (!option) throw new UsageError(`no option ${name}${hint(name, Object.keys(known)) || `; ${command} has ${Object.keys(known).join(' ')}`}; a file whose name begins with - goes after --`)
    if (!option.parse) {
      if (given !== undefined) throw new UsageError(`${name} takes no value`)
      options[name.slice(2)] = true
      continue
    }
    const text = given ?? args[++i]
    if (text === undefined || (given === undefined && text.startsWith('--'))) throw new UsageError(`${name} needs a value: ${option.value}`)
    try {
      const value = option.parse(text)
      if (!option.many) options[name.slice(2)] = value
      else if (options[name.slice(2)]?.includes(value)) throw new UsageError(`"${value}" is named twice`)
      else (options[name.slice(2)] ??= []).push(value)
    } catch (error) {
      throw new UsageError(`${name}: ${error.message}`)
    }
  }
  if (files.length < least) throw new UsageError(`expected ${wanted}`)
  if (most === 0 && files.length) throw new UsageError(`expected no file, got ${files.join(' ')}`)
  if (files.length > most) throw new UsageError(`expected one ${wanted}, got ${files.length}: ${files.join(' ')}`)
  for (const one of ['signals', 'figure', 'export'])
    if (options[one] && files.length > 1) throw new UsageError(`--${one} takes one input file, got ${files.length}`)
  return { files, options }
}

/** The usage text of a command. */
export function help(command) {
  const { files, summary, options, notes = [] } = COMMANDS[command]
  const rows = Object.entries(options).map(([name, o]) => [`  ${name}${o.value ? ' ' + o.value : ''}`, o.help + (o.default !== undefined ? ` (default ${o.default})` : '')])
  rows.push(['  --', 'what follows are names, also those that begin with -'])
  const width = Math.max(...rows.map(r => r[0].length)) + 2
  return [`fecg ${command} ${files} [options]`, `  ${summary}`, '',
    ...rows.map(([left, right]) => left.padEnd(width) + right),
    ...(notes.length ? ['', ...notes.map(n => `  ${n}`.trimEnd())] : [])].join('\n')
}

/** The usage text of the whole. */
export function usage(version) {
  const rows = Object.entries(COMMANDS).map(([name, c]) => [`  fecg ${name} ${c.files}`, c.summary])
  const width = Math.max(...rows.map(r => r[0].length)) + 3
  return [`fecg ${version}: the fetal heart in an abdominal ECG`, '',
    ...rows.map(([left, right]) => left.padEnd(width) + right), '',
    '  fecg COMMAND --help   options and their defaults',
    '  fecg --version', '',
    'Reads EDF, EDF+, BDF, WFDB (.hea or the record name), CSV and TSV.',
    'Exit status: 0 done, 2 wrong usage, 3 input that cannot be read, 4 a fault of the program.',
    'For research; not a medical device.'].join('\n')
}

/** `; did you mean X?` for the word that is nearest, where one is near. */
export function hint(word, words) {
  const near = words.map(w => [distance(word.toLowerCase(), w.toLowerCase()), w]).sort((a, b) => a[0] - b[0])[0]
  return near && near[0] <= Math.max(1, Math.floor(near[1].length / 3)) ? `; did you mean ${near[1]}?` : ''
}

/** Edits (Levenshtein) between two short words. */
function distance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] !== b[j - 1])))
    row = next
  }
  return row[b.length]
}
