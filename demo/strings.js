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
const span = (s) => (s >= 90 ? `${Math.round(s / 60)} min` : `${Math.round(s)} s`)
plots.strip = {
  keys: 'Left and right arrow keys move the cursor by 5 seconds, with Shift by a minute; Page Up and Page Down by a page; Home and End to the start and the end; 1 and 3 set the speed of the paper.',
  speed: (cm) => `${cm} cm/min`, scale: (cm, bpm) => `${cm} cm/min · ${bpm} bpm/cm`, now: 'Now: follow the recording', nowSign: 'Now',
  mother: 'mother', fetus: 'fetus', normal: (low, high) => `${low} to ${high} bpm`, noRate: 'no fetal rate', baseline: (bpm) => `baseline ${Math.round(bpm)}`,
  event: (type, seconds) => `${EVENTS[type]?.name ?? type} ${span(seconds)}`,
  read: ({ at, fetal, maternal, baseline, events }) => [at, `fetus ${fetal ?? 'not known'}`, `mother ${maternal ?? 'not known'}`, baseline !== null && `baseline ${Math.round(baseline)}`, ...events].filter(Boolean).join(' · '),
  summary: ({ from, to, known, median, least, greatest, baseline, counts }) => `Heart rates from ${from} to ${to}: ${median === null ? 'the fetal rate is not known'
    : `the fetal rate is mostly ${least} to ${greatest}, median ${median} beats a minute, known for ${Math.round(100 * known)} % of the time`}${baseline.length ? `, baseline ${baseline.map(Math.round).join(', ')}` : ''}${
    Object.keys(counts).length ? `; ${Object.entries(counts).map(([type, n]) => count(n, EVENTS[type]?.name ?? type)).join(', ')}` : ''}.`,
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
const hz = (/** @type {number} */ fs) => `${Number(fs.toFixed(2))} Hz`

export const strings = {
  plots,
  skip: 'Skip to the recording',
  brand: 'Fetal ECG',
  open: 'Open a file',
  connect: 'Connect a board',
  side: 'Heart rates and recording',
  drop: 'Drop the files here',
  privacy: 'Nothing is uploaded: recordings are worked on this device. To see it, open the network panel of your browser, or go offline: the page works on.',
  research: 'Research use; not a medical device.',
  close: 'Close',
  cancel: 'Cancel',
  scheme: { auto: 'Colours: as the device has them', light: 'Colours: light', dark: 'Colours: dark' },
  sections: { traces: 'Leads and separated signals', strip: 'Heart rate', beat: 'Averaged fetal beat', heat: 'What carried the answer', electrodes: 'Electrodes', terms: 'Terms of the fetal rate', events: 'Events',
    compare: 'Classical and FHNet', classify: 'Standard leads', exports: 'Export', notes: 'Notes' },
  simulated: { title: 'Simulated recording', about: 'Four abdominal leads of a pregnancy that does not exist, made and analysed on this device.' },
  vitals: { fetal: 'Fetus', maternal: 'Mother', unit: 'bpm', wait: 'known after ten seconds', quality: 'Fetal signal', now: 'now', unknown: 'not known now',
    median: 'median of the recording', baseline: (/** @type {number} */ bpm) => `baseline ${Math.round(bpm)} bpm`,
    words: (/** @type {number} */ q) => (q >= 0.75 ? 'good' : q >= 0.45 ? 'fair' : q > 0 ? 'poor' : 'none'),
    told: (/** @type {number | null} */ fetal, /** @type {number | null} */ maternal) => `Fetus ${fetal ?? 'not known'}, mother ${maternal ?? 'not known'} beats a minute.` },
  states: { starting: 'starting', learning: 'learning', live: 'live', stopped: 'stopped', ended: 'ended', done: 'analysed', working: 'working', connecting: 'connecting', streaming: 'streaming', stalled: 'nothing arrives', unplugged: 'unplugged' },
  controls: { pause: 'Stop and analyse', simulate: 'Show the simulation', channels: 'Channels and settings', export: 'Export' },
  reasons: REASONS,
  noFetus: (/** @type {string} */ why) => `No fetal beats are told: ${why}.`,
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
  keys: { title: 'Keyboard shortcuts', list: [['O', 'open a file'], ['B', 'connect a board'], ['S', 'stop and analyse'], ['C', 'channels and settings'], ['E', 'export'], ['D', 'light, dark, or as the device'],
    ['L', 'to the leads and separated signals'], ['R', 'to the heart rate'], ['?', 'these shortcuts'], ['Esc', 'close, or cancel what is under way']],
    traces: 'On the leads', strip: 'On the heart rate', heat: 'On what carried the answer' },
}

/** @typedef {typeof strings} Strings */
export { count, hz, minutes, CONDITIONS, DX_REASONS, EVENTS, TERM_REASONS }
