/**
 * fecg extract --export OUT: a result in the forms that others read; the ending of the name says which.
 */
import { basename } from 'node:path'
import { stat } from 'node:fs/promises'
import { aecgPieces } from '../export/aecg.js'
import { beatsToCsv, ratesToCsv } from '../export/csv.js'
import { toFhir } from '../export/fhir.js'
import { reportSvg } from '../export/report.js'
import { toWfdbAnnotations } from '../export/wfdb.js'

/**
 * By ending. `pieces` gives the file of what is there at the end: the result, the spooled signals where `signals` asks for them,
 * and what gives the window of a figure. `keeps`: a file of that name that is there already is left as it is.
 */
export const EXPORTS = {
  '.fhir.json': { pieces: ({ result }) => [JSON.stringify(toFhir(result)) + '\n'] },
  '.xml': { signals: true, pieces: ({ result, spool }) => aecgPieces(result, spooled(spool)) },
  '.fqrs': { keeps: true, pieces: ({ result }) => [toWfdbAnnotations(result)] },
  '.mqrs': { keeps: true, pieces: ({ result }) => [toWfdbAnnotations(result, { mother: true })] },
  '.beats.csv': { pieces: ({ result }) => beatsToCsv(result) },
  '.rates.csv': { pieces: ({ result }) => ratesToCsv(result) },
  '.report.svg': { signals: true, pieces: async ({ result, window }) => [reportSvg({ ...result, source: { ...result.source, file: basename(result.source.file) } }, await window())] },
}

/** The entry of EXPORTS that a name means. */
export const exportOf = path => EXPORTS[Object.keys(EXPORTS).find(ending => path.toLowerCase().endsWith(ending))]

/** Why a name cannot be written to, or null: annotations that are there may be those of a person. */
export async function keptFile(path) {
  const there = exportOf(path).keeps && (await stat(path).catch(() => null))
  return there && there.isFile() ? 'it is there already, and annotations are not overwritten' : null
}

/** The signals of a spool as an aECG wants them. */
function spooled(spool) {
  const at = (kind, lead) => spool.channels.findIndex(c => c.key === kind && c.i === lead)
  return {
    fs: spool.fs, length: spool.length,
    most: (kind, lead) => { const { lo, hi } = spool.channels[at(kind, lead)]; return Math.max(Math.abs(lo), Math.abs(hi)) },
    read: (kind, lead, from, to) => spool.read(at(kind, lead), from, to),
  }
}
