// index.js — a result in the forms that others read: `import { toFhir } from 'fetal-ecg/export'`. Pure functions, no clock.
export { beatsToCsv, ratesToCsv, signalsToCsv } from './csv.js'
export { toEdf } from './edf.js'
export { toFhir } from './fhir.js'
export { toJson } from './json.js'
export { reportSvg } from './report.js'
export { figure } from '../figure.js'
export { windowOf } from '../window.js'
