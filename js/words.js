// words.js — what the report on a terminal and the figure say alike.

/** Why no fetus was found, by quality.reason: the end of a sentence. @type {Record<string, string>} */
export const REASONS = {
  NO_FETUS: 'no second heart stands out beside the mother’s',
  MATERNAL_LOCK: 'what repeats is locked to the mother’s beat',
  NO_SIGNAL: 'no lead carries a usable signal',
  TOO_SHORT: 'the recording is too short to tell',
}

/** Why a standard-lead ECG has no answer, by quality.reason. @type {Record<string, string>} */
export const DX_REASONS = {
  TOO_SHORT: 'less than five seconds cannot be judged',
  NO_SIGNAL: 'no lead carries a usable signal',
  NO_BEATS: 'no beats were found, or none that resemble one another',
  UNIT_SUSPECTED: 'the voltage is not an ECG’s; is the unit right?',
  LEADS_SUSPECTED: 'the limb leads contradict each other',
  FETAL_SUSPECTED: 'fast, steady and narrow beats: a fetus’s or a newborn’s? of an adult, more leads will tell',
}

/** The five conditions as a person reads them. @type {Record<string, string>} */
export const CONDITIONS = {
  arrhythmia: 'arrhythmia', conduction: 'conduction disorder', infarction: 'myocardial infarction', qt: 'abnormal QT', hypertrophy: 'hypertrophy',
}

/**
 * Events of the fetal rate by their type: as a sentence has them, and as there is room for beside a chart.
 * @type {Record<string, { name: string, short: string }>}
 */
export const EVENTS = {
  acceleration: { name: 'acceleration', short: 'acceleration' },
  deceleration: { name: 'deceleration', short: 'deceleration' },
  'prolonged-deceleration': { name: 'prolonged deceleration', short: 'prolonged dec.' },
  tachycardia: { name: 'tachycardia', short: 'tachycardia' },
  bradycardia: { name: 'bradycardia', short: 'bradycardia' },
  irregular: { name: 'irregular rhythm', short: 'irregular' },
}

/** 65 → "1:05", 3665 → "1:01:05". @param {number} seconds */
export function clock(seconds) {
  const s = Math.round(seconds), two = (/** @type {number} */ n) => String(n).padStart(2, '0')
  const [h, m] = [Math.floor(s / 3600), Math.floor(s / 60) % 60]
  return h ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`
}

/** Why a term of the fetal rate is not known. @type {Record<string, string>} */
export const TERM_REASONS = {
  TOO_SHORT: 'recording too short',
  LOW_COVERAGE: 'rate known for too little of it',
  UNSTABLE: 'no steady baseline',
  UNSEEN_BEATS: 'too many beats not seen',
  NOT_LASTING: 'not for as long as the standard asks',
}
