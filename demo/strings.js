// strings.js — every word of the page, in one file; another language is another such file.
import { CONDITIONS, DX_REASONS, EVENTS, REASONS, TERM_REASONS } from '../js/words.js'

const count = (/** @type {number} */ n, /** @type {string} */ one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`

const plots = {
  traces: {
    keys: 'Left and right arrow keys move, plus and minus zoom, 0 shows everything, Home and End go to the start and the end.',
    zoomIn: 'Show less time', zoomOut: 'Show more time', whole: 'All: show everything', wholeSign: 'All', now: 'Now: follow the recording', nowSign: 'Now',
    shown: (s) => `${s >= 100 ? `${(s / 60).toFixed(s >= 600 ? 0 : 1)} min` : `${s.toFixed(s >= 10 ? 0 : 1)} s`} shown`,
    mother: 'mother', fetus: 'fetus', kinds: { maternal: 'mother', fetal: 'fetus', residual: 'the rest' },
    summary: ({ leads, signals, from, to, duration, maternal, fetal, live }) =>
      `${count(leads, 'lead')} and ${count(signals, 'separated signal')} from ${from} to ${to} of ${live ? 'a recording under way' : duration}, with ${count(maternal, 'beat')} of the mother and ${fetal} of the fetus.`,
  },
}
/** Events of the rate as the page names them: those of the plainer rule by what they are, so that they are not taken for what FIGO and NICHD count. */
const eventName = (/** @type {string} */ type) => ({ acceleration: '15 bpm or more above', deceleration: '15 bpm or more below' })[type] ?? EVENTS[type]?.name ?? type
const span = (s) => (s >= 90 ? `${Math.round(s / 60)} min` : `${Math.round(s)} s`)
plots.strip = {
  keys: 'Left and right arrow keys move the cursor by 5 seconds, with Shift by a minute; Page Up and Page Down by a page; Home and End to the start and the end; 1 and 3 set the speed of the paper.',
  speed: (cm) => `${cm} cm/min`, scale: (cm, bpm) => `${cm} cm/min · ${bpm} bpm/cm`, now: 'Now: follow the recording', nowSign: 'Now',
  mother: 'mother', fetus: 'fetus', normal: (low, high) => `${low} to ${high} bpm`, noRate: 'no fetal rate', baseline: (bpm) => `baseline ${Math.round(bpm)}`,
  event: (type, seconds) => `${({ acceleration: '15 bpm above', deceleration: '15 bpm below' })[type] ?? eventName(type)}, ${span(seconds)}`,
  read: ({ at, fetal, maternal, baseline, events }) => [at, `fetus ${fetal ?? 'not known'}`, `mother ${maternal ?? 'not known'}`, baseline !== null && `baseline ${Math.round(baseline)}`, ...events].filter(Boolean).join(' · '),
  summary: ({ from, to, known, median, least, greatest, baseline, counts }) => `Heart rates from ${from} to ${to}: ${median === null ? 'the fetal rate is not known'
    : `the fetal rate is mostly ${least} to ${greatest}, median ${median} beats a minute, known for ${Math.round(100 * known)} % of the time`}${baseline.length ? `, baseline ${baseline.map(Math.round).join(', ')}` : ''}${
    Object.keys(counts).length ? `; ${Object.entries(counts).map(([type, n]) => `${n} times ${eventName(type)}`).join(', ')}` : ''}.`,
}
plots.beat = {
  unknown: 'The averaged fetal beat is not known.', notKnown: 'not known', scale: 'thick lines 50 ms', r: 'R peak at 0', names: { pr: 'PR', qrs: 'QRS', qt: 'QT' },
  summary: (found, uv) => `Averaged fetal beat of ${uv} µV: ${found.map(({ name, ms, sd }) => `${name} ${ms === null ? 'not known' : `${ms}${sd === null ? '' : ` ± ${sd}`} ms`}`).join(', ')}.`,
}
plots.heat = {
  keys: 'Arrow keys move over leads and moments, with Shift by larger steps.',
  unknown: 'What carried the answer is not known: only the network tells it.', all: 'all leads', little: 'little', much: 'much', none: 'no answer',
  read: ({ at, lead, share, moment }) => `${at} · ${lead === null ? 'all leads' : `${lead}, ${Math.round(100 * share)} % of the answer`} · ${moment === null ? 'no answer here' : `this moment ${moment.toFixed(2)}`}`,
  summary: ({ leads, known }) => `What carried the answer: ${leads.map(({ label, percent }) => `${label} ${percent} %`).join(', ')}; told for ${Math.round(100 * known)} % of the time.`,
}

const minutes = (/** @type {number} */ s) => (s >= 3600 ? `${Math.floor(s / 3600)} h ${Math.round(s % 3600 / 60)} min` : s >= 60 ? `${Math.floor(s / 60)} min ${Math.round(s % 60)} s` : `${Math.round(s)} s`)
const share = (/** @type {number} */ p) => `${Math.round(100 * p)}\u00a0%` // not torn apart at the end of a line
const hz = (/** @type {number} */ fs) => `${Number(fs.toFixed(2))} Hz`

export const strings = {
  plots,
  skip: 'Skip to the recording',
  brand: 'Fetal ECG',
  open: 'Open file',
  connect: 'Connect board',
  side: 'Heart rates and recording',
  drop: 'Drop EDF, BDF, CSV or WFDB (.hea with its .dat) here',
  hint: { title: 'Drop a recording anywhere on this page', about: 'or choose files: EDF, EDF+, BDF, CSV, WFDB (.hea with its .dat)' },
  privacy: 'Nothing is uploaded: recordings are worked on this device. To see it, open the network panel of your browser, or go offline: the page works on. Of itself your browser asks for service-worker.js now and then, to see whether this page has a newer version; with that it sends nothing.',
  research: 'Research use; not a medical device.',
  separated: 'Separated from',
  close: 'Close',
  cancel: 'Cancel',
  heat: 'How much each lead and each moment weighed in where the network places the fetal beats.',
  scheme: { auto: 'Colours: as the device has them', light: 'Colours: light', dark: 'Colours: dark' },
  sections: { traces: 'Leads and separated signals', leads: 'Leads', strip: 'Heart rate', beat: 'Averaged fetal beat', heat: 'What carried the answer', electrodes: 'Electrodes', terms: 'Terms of the fetal rate', events: 'Marked on the strip',
    compare: 'Classical and FHNet', classify: 'Standard leads', exports: 'Export', notes: 'Notes' },
  simulated: { title: 'Simulated recording', about: 'Four abdominal leads of a pregnancy that does not exist, made and analysed on this device.' },
  vitals: { fetal: 'Fetus', maternal: 'Mother', person: 'Person', unit: 'bpm', wait: 'known after ten seconds', quality: 'Fetal signal', now: 'now', unknown: 'not known now',
    median: 'median of the recording', none: 'no fetal beats are told', baseline: (/** @type {number} */ bpm) => `baseline ${Math.round(bpm)} bpm`,
    words: (/** @type {number} */ q) => (q >= 0.75 ? 'good' : q >= 0.45 ? 'fair' : q > 0 ? 'poor' : 'none'),
    told: (/** @type {number | null} */ fetal, /** @type {number | null} */ maternal) => `Fetus ${fetal ?? 'not known'}, mother ${maternal ?? 'not known'} beats a minute.` },
  states: { starting: 'starting', learning: 'learning', live: 'live', stopped: 'stopped', ended: 'ended', done: 'analysed', working: 'working', connecting: 'connecting', streaming: 'streaming', stalled: 'nothing arrives', unplugged: 'unplugged' },
  controls: { pause: 'Stop and analyse', save: 'Save the recording (EDF+)', again: 'Analyse', simulate: 'Show the simulation', channels: 'Channels and settings', export: 'Export' },
  reasons: REASONS,
  noFetus: (/** @type {string} */ why) => `No fetal beats are told: ${why}. This says nothing about the fetus itself.`,
  noFetusHelp: 'What can help: see under “Channels and settings” that the channels in use are abdominal leads; do what is advised for each electrode; move the electrodes; record for longer. Between about 28 and 32 weeks of pregnancy little of the fetal ECG reaches the skin.',
  electrodes: {
    states: /** @type {Record<string, string>} */ ({ ok: 'good', flat: 'flat', saturated: 'saturated', noisy: 'noisy', gaps: 'gaps', weak: 'weak', off: 'off' }),
    advice: /** @type {Record<string, string>} */ ({
      flat: 'No signal: is the electrode on the skin, and its plug in?',
      saturated: 'Beyond what the amplifier holds: press the electrode on, or use a fresh one; lower the gain.',
      noisy: 'Noise: clean the skin, press the electrode on, relax the belly, keep cables apart from mains.',
      gaps: 'Samples are missing: look at the cable, the battery and the radio link.',
      weak: 'Little of the fetus is seen here: move the electrode some centimetres.',
      off: 'The board says that this electrode is off the skin.',
    }),
  },
  recovered: { title: 'Recordings that were not saved', about: 'They were being made when the page was closed, and are kept in the storage of this browser.', open: 'Open', save: 'Save', remove: 'Remove', one: (/** @type {string} */ name, /** @type {Date} */ at, /** @type {number} */ s) => `${name}, ${at.toLocaleString('en')}, ${minutes(s)}` },
  files: {
    hint: 'EDF and EDF+, BDF, WFDB (.hea together with its .dat files) and CSV can be opened; several recordings at once, too.',
    needsHea: (/** @type {string} */ name) => `The header of ${name} is missing: choose the .hea file together with it.`,
    nothing: 'None of these files is a recording.',
    about: (/** @type {{ format: string, duration_s: number | null, leads: number, fs: number }} */ { format, duration_s, leads, fs }) =>
      [format === 'samples' ? '' : format, duration_s === null ? '' : minutes(duration_s), count(leads, 'lead'), hz(fs)].filter(Boolean).join(' · '),
    several: 'Recording',
    failed: (/** @type {string} */ name) => `${name} cannot be read:`,
    recorded: 'Recorded',
  },
  progress: { reading: 'Reading', extracting: (/** @type {string} */ method) => `Separating the hearts (${method})`, classifying: 'Reading the standard leads', of: (/** @type {number} */ done, /** @type {number | null} */ all) => (all ? `${minutes(done)} of ${minutes(all)}` : minutes(done)), cancelled: 'Cancelled. Channels and settings are as they were; it can be started again.' },
  methods: { fhnet: 'FHNet', classical: 'classical' },
  panel: {
    title: 'Channels and settings', channel: 'Channel', name: 'Name', use: 'Use as', rate: 'Rate', none: 'not used', abdominal: 'abdominal lead', standard: (/** @type {string} */ lead) => `standard lead ${lead}`,
    unit: 'Unit of the numbers', units: { '': 'as the file says', uV: 'µV', mV: 'mV', V: 'V' }, mains: 'Mains', mainsAuto: 'find it', method: 'Method', fs: 'Sampling rate, Hz', start: 'Analyse', again: 'Analyse again',
    askRate: 'This file does not say how fast it was sampled. How many samples a second are there?', askLeads: 'Which channels are abdominal leads? Their names do not tell.',
    remembered: 'Remembered on this device for files with the same channels.', forget: 'Forget',
    raw: { title: 'What is in this file?', ask: 'It is in none of the formats that are known. If its bytes are samples, one channel after another in each moment, say how:', kind: 'A sample', kinds: { i16: '16-bit integer', i24: '24-bit integer', i32: '32-bit integer', f32: '32-bit float' },
      order: 'Byte order', little: 'least first (little endian)', big: 'most first (big endian)', channels: 'Channels', scale: 'µV for one step', skip: 'Bytes before the first sample', start: 'Read it so' },
  },
  results: {
    standards: ['Term', 'FIGO', 'NICHD'], rhythm: (/** @type {boolean} */ irregular, /** @type {number | null} */ premature) => `${irregular ? 'irregular' : 'regular'}${premature ? `, ${count(premature, 'premature beat')}` : ''}`, rhythmName: 'Rhythm',
    noTerms: (/** @type {string} */ why) => `The terms of FIGO and NICHD are not known: ${why}.`,
    known: (/** @type {number} */ c) => `The fetal rate is known for ${Math.round(100 * c)} % of the time.`,
    variability: (/** @type {number | null} */ stv, /** @type {number | null} */ ltv) => `Short-term variability ${stv === null ? 'not known' : `${stv.toFixed(1)} ms`}, long-term ${ltv === null ? 'not known' : `${ltv.toFixed(1)} bpm`}.`,
    eventHeads: ['From the baseline', 'At', 'For', 'On the leads'], event: eventName, show: 'Show', noEvents: 'Nothing is marked.', noEventsBecause: (/** @type {string} */ why) => `Nothing is marked: ${why}.`,
    aboutEvents: 'Where the rate stays 15 bpm or more from the baseline for at least 15 s, and what lasts for minutes. By FIGO and NICHD an acceleration or deceleration begins where the rate leaves the baseline, here by 5 bpm, so that more can be counted: the table above has their number.',
    gathered: (/** @type {string} */ why, /** @type {string[]} */ names) => `Not known, ${why}: ${names.join(', ').toLowerCase()}.`, whyNot: (/** @type {string} */ why) => `not known: ${why}`, noTerm: '–',
    none: 'no', longSignals: 'This recording is too long for its separated signals to be kept in a page; beats, rates and terms are of the whole of it. The command line writes the signals, too.',
  },
  compare: { about: 'The same recording by another method, on the same time axis.', title: { fhnet: 'By FHNet', classical: 'By the classical method' }, start: (/** @type {string} */ method) => `Compare with ${method}`, heads: ['Measure', 'FHNet', 'classical'], beats: 'Fetal beats', median: 'Median rate', coverage: 'Rate known', quality: 'Fetal signal', agree: (/** @type {number} */ share, /** @type {number} */ common, /** @type {number} */ bpm) =>
    `${Math.round(100 * share)} % of the beats that either found were found by both, within 50 ms. ${common ? `Where both know the rate, they differ by ${bpm.toFixed(1)} bpm on average.` : 'They know the rate at no moment in common.'}` },
  classify: {
    about: 'Of the mother, or of the person who wears the standard leads. Never of the fetus.',
    simulated: 'The person is simulated. The network has learnt from real ones and takes many simulated healthy hearts for abnormal: this shows what the page tells, not what a healthy person is told.',
    heads: ['Condition', 'Probability'], abnormal: 'any abnormality', af: 'atrial fibrillation', conditions: CONDITIONS, why: DX_REASONS, unknown: 'not judged',
    label: (/** @type {{ label: string | null, abnormal: number | null, threshold: number, p: number | null }} */ { label, abnormal, threshold, p }) => (label === null ? 'No answer'
      : label === 'normal' ? `Nothing abnormal stands out: ${share(abnormal ?? 0)}, below the threshold of ${share(threshold)}`
        : `Possibly abnormal: ${share(abnormal ?? 0)}, above the threshold of ${share(threshold)}. Of the five conditions ${CONDITIONS[label] ?? label} is the most probable, at ${p === null ? '?' : share(p)}`),
    windows: ['At', 'Abnormal', 'Fibrillation', 'Rate'], windowsTitle: 'Ten seconds at a time', intervals: 'Intervals', value: 'Value', live: 'the last ten seconds',
    interval: { rate_bpm: ['Rate', 'bpm'], pr_ms: ['PR', 'ms'], qrs_ms: ['QRS', 'ms'], qt_ms: ['QT', 'ms'], qtcb_ms: ['QTc (Bazett)', 'ms'], qtcf_ms: ['QTc (Fridericia)', 'ms'], axis_deg: ['Axis', '°'], pause_s: ['Longest pause', 's'] },
  },
  exports: { about: 'Written on this device, by this page.', report: 'Print a report', reportFile: 'Report (SVG)', edf: 'Signals (EDF+)', csvBeats: 'Beats (CSV)', csvRates: 'Rates (CSV)', csvSignals: 'Signals (CSV)', json: 'Everything (JSON)', fhir: 'FHIR Observation', aecg: 'HL7 aECG', wfdb: 'Beats (WFDB .fqrs)', pngTraces: 'Leads (PNG)', pngStrip: 'Heart rate (PNG)', done: (/** @type {string} */ name) => `${name} was written.` },
  notes: { none: 'Nothing to note.', made: (/** @type {{ engine: string, model: string | null, simd: string }} */ v) => `Engine ${v.engine} (${v.simd}), ${v.model ? `weights ${v.model}` : 'no weights'}.` },
  boards: {
    title: 'Connect a board', board: 'Board', channels: 'Channels', chosen: (/** @type {number} */ abdominal, /** @type {number} */ standard, /** @type {number} */ all) => `Channels: ${count(abdominal, 'abdominal lead')}${standard ? `, ${count(standard, 'standard lead')}` : ''} of ${all}`, usb: 'Connect by USB', bluetooth: 'Connect by Bluetooth', fake: 'Try without a device',
    noSerial: 'This browser has no Web Serial; Chrome, Edge and Opera on a computer have it.', noBluetooth: 'This browser has no Web Bluetooth; Chrome and Edge have it.',
    bluetoothHint: 'By Bluetooth: boards that send over the Nordic UART service.', baud: (/** @type {number} */ fs, /** @type {number} */ n) => `${hz(fs)}, ${count(n, 'channel')}`,
    fakeTitle: 'A board that is not there plays a simulated recording as the bytes of the board chosen. What is to go wrong?',
    faults: { lose: 'bytes are lost', flip: 'bits flip', stall: 'nothing arrives for 4 s, after 20 s', unplug: 'unplugged for 5 s, after 30 s', off: 'an electrode comes off after 15 s, for 10 s' },
    connecting: (/** @type {string} */ board) => `Connecting to ${board}`, about: (/** @type {string} */ how, /** @type {number} */ fs, /** @type {number} */ n) => `${how} · ${count(n, 'lead')} · ${hz(fs)}`,
    how: { usb: 'By USB', bluetooth: 'By Bluetooth', fake: 'Not a device: bytes of a simulated recording' },
    counters: 'Link', counter: { frames: 'frames', lost: 'lost', crcErrors: 'checksum errors', resyncs: 'resynchronised', overruns: 'overruns', reconnects: 'reconnected' },
    choose: 'Use at least one channel.', anyChannels: 'Rate and channels as the board tells them; all are taken for abdominal leads unless their names say otherwise.', ended: 'The board is gone. What was recorded is analysed.',
    recording: (/** @type {string} */ time, /** @type {'storage' | 'memory'} */ kept, /** @type {boolean | null} */ promised) => `Recording ${time}${kept === 'memory' ? ', in the memory of this page: it is lost when the page is closed'
      : promised === null ? '' : promised ? ', in the storage of this browser, which promises to keep it' : ', in the storage of this browser, which may clear it when the disk fills: save it when you are done'}`,
    notRecording: 'Not recording any more',
  },
  keys: { title: 'Keyboard shortcuts', list: [['O', 'open a file'], ['B', 'connect a board'], ['S', 'stop and analyse'], ['C', 'channels and settings'], ['E', 'export'], ['D', 'light, dark, or as the device'],
    ['L', 'to the leads and separated signals'], ['R', 'to the heart rate'], ['?', 'these shortcuts'], ['Esc', 'close, or cancel what is under way']],
    traces: 'On the leads', strip: 'On the heart rate', heat: 'On what carried the answer' },
}

/** @typedef {typeof strings} Strings */
export { count, hz, minutes, CONDITIONS, DX_REASONS, EVENTS, TERM_REASONS }
