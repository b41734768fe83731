/**
 * fecg eval: extraction scored against the reference beats of a folder of recordings.
 */
import { dirname, join } from 'node:path'
import { FecgError } from '../error.js'
import { checkMethod, extractOptions } from './extract.js'
import { checkOutputs, filesOf, openRecording, readSmall } from './files.js'
import { inside, readManifest } from './manifest.js'
import { groupBy, scoreBeats, scoreRate, summarise } from './score.js'
import { describe, modelFiles } from './session.js'
import { fixed, plain, progressBar, table } from './text.js'

// Letters that MIT annotation files give to heart beats; the rest are rhythm, noise and comments.
const BEATS = new Set('NLRBAaJSVrFejnE/fQ?'.split(''))
// Records whose reference is the direct scalp ECG, told together besides their own groups.
const TOGETHER = { scalp: ['adfecgdb', 'b2_labour_new7'] }

export async function evalCommand(session, [folder], options) {
  checkMethod(options)
  const rows = await manifestOf(folder)
  await checkOutputs({ '--json': options.json }, filesOfRows(folder, rows, options))
  const json = await session.jsonOutput(options.json)
  try {
    const document = await evaluate(session, folder, rows, options)
    await json?.write(document)
    await json?.done()
    if (options.json !== '-' && !options.quiet) session.print(words(document, session.colours))
  } finally {
    await json?.discard()
  }
}

/** The rows of the manifest of a folder. */
export async function manifestOf(folder) {
  const bytes = await readSmall(join(folder, 'manifest.csv')).catch(error => {
    throw new FecgError(error.code, `${join(folder, 'manifest.csv')}: ${error.message}`)
  })
  return readManifest(new TextDecoder().decode(bytes))
}

/** Reference beats of a manifest's row in seconds, ascending. */
export async function referenceBeats(fecg, folder, row, recording) {
  const path = inside(folder, dirname(row.file), row.ann)
  try {
    return fecg.annotations(await readSmall(path), recording.frame_fs).filter(a => BEATS.has(a.text)).map(a => a.t_s).sort((a, b) => a - b)
  } catch (error) {
    throw new FecgError(error.code ?? 'INTERNAL', error.message, { offset: error.offset, file: row.ann })
  }
}

/** Every file that is read: the manifest, its records and their annotations, where they lie inside the folder. */
async function * filesOfRows(folder, rows, { model }) {
  yield * modelFiles(model)
  yield join(folder, 'manifest.csv')
  for (const { file, ann } of rows) {
    for (const names of [[file], [dirname(file), ann]]) {
      try {
        yield * await filesOf(inside(folder, ...names))
      } catch (error) {
        if (!(error instanceof FecgError)) throw error // one that leads out is told with its row
      }
    }
  }
}

async function evaluate(session, folder, rows, options) {
  const fecg = await session.engine()
  const model = await session.weights(fecg, options)
  const trained_on = trainedOn(model)
  const bar = progressBar(session.stderr, options.quiet)
  const records = []
  for (const [i, row] of rows.entries()) {
    bar.update(i / rows.length, row.record)
    const scores = await evaluateRow(session, fecg, folder, row, extractOptions(options, model), error => {
      bar.clear()
      session.raise(session.tell(error, row.file))
    })
    records.push({ ...scores, seen: trained_on.includes(row.subject) })
  }
  bar.clear()
  const scored = records.filter(r => r.f1 !== null)
  const groups = [...groupBy(scored, r => r.group)].map(([name, list]) => summarise(name, list))
  for (const [name, of] of Object.entries(TOGETHER)) {
    const list = scored.filter(r => of.includes(r.group))
    if (new Set(list.map(r => r.group)).size > 1) groups.push({ ...summarise(name, list), of })
  }
  return {
    schema: 'fecg.eval/1', method: options.method, model: model?.name ?? null, model_sha256: model?.sha256 ?? null, trained_on,
    groups, records, version: { engine: fecg.version, simd: fecg.simd },
  }
}

/**
 * The women whose recordings the weights have seen, as the file says.
 * @throws {FecgError} FORMAT where it does not say it as a list of names
 */
export function trainedOn(model) {
  const text = model?.metadata('trained_on')
  if (!text) return []
  try {
    const list = JSON.parse(text)
    if (Array.isArray(list) && list.every(name => typeof name === 'string')) return list
  } catch {} // told below
  throw new FecgError('FORMAT', `trained_on of the model ${model.name} is no JSON list of names: ${text.slice(0, 60)}`)
}

/** Weights on one line; the scripts in tests/eval print the same. */
export function modelLine({ name, sha256 }, trained_on) {
  const women = trained_on.length ? `trained on recordings of ${trained_on.length} ${trained_on.length > 1 ? 'women' : 'woman'}: ${trained_on.join(', ')}` : 'its file names no woman whose recordings it has seen'
  return plain(`Model ${name}, sha256 ${sha256.slice(0, 12)}, ${women}`)
}

async function evaluateRow(session, fecg, folder, row, how, failed) {
  const { record, subject, group, skip } = row
  const empty = { se: null, ppv: null, f1: null, mae_ms: null, ppa: null, coverage: null }
  let recording
  try {
    recording = await openRecording(fecg, inside(folder, row.file))
    const reference = skip ? null : await referenceBeats(fecg, folder, row, recording)
    const result = await fecg.extract(recording, { ...how, signal: session.signal })
    const { fetal, source } = result
    const rate = scoreRate(reference ?? [], fetal.rate, source.duration_s)
    if (skip) return { record, subject, group, ...empty, coverage: rate.coverage, skipped: skip }
    if (!reference.length) return { record, subject, group, ...empty, coverage: rate.coverage, skipped: 'no beat in the reference' }
    return { record, subject, group, ...scoreBeats(reference, fetal.peaks_s), ppa: rate.ppa, coverage: rate.coverage }
  } catch (error) {
    session.signal.throwIfAborted()
    failed(error)
    return { record, subject, group, ...empty, error: { code: error.code ?? 'INTERNAL', message: describe(error, null) } }
  } finally {
    await recording?.close()
  }
}

const F = x => fixed(x, 4)
const PERCENT = x => (x === null ? '–' : `${fixed(100 * x, 1)} %`)

function words({ method, model, model_sha256, trained_on, groups, records }, c) {
  const out = []
  const mark = ({ record, seen }) => plain(record) + (seen ? ' *' : '')
  const print = (rows, indent = '') => out.push(...table(rows).map((line, i) => indent + (i ? line : c.dim(line))))
  print([['record', 'group', 'Se', 'PPV', 'F1', 'MAE ms', 'PPA', 'coverage'],
    ...records.filter(r => r.f1 !== null).map(r => [mark(r), plain(r.group), F(r.se), F(r.ppv), F(r.f1), fixed(r.mae_ms, 1), PERCENT(r.ppa), PERCENT(r.coverage)])])
  const rest = records.filter(r => r.f1 === null)
  if (rest.length) {
    out.push('', 'Not scored')
    print([['record', 'group', 'why', 'coverage'], ...rest.map(r => [mark(r), plain(r.group), plain(r.error ? `failed: ${r.error.message}` : r.skipped), PERCENT(r.coverage)])])
  }
  const seen = records.filter(r => r.seen)
  if (seen.length) out.push('', `* the weights have seen recordings of this woman: ${seen.length} of ${records.length} records; a figure on them says nothing of other women`)
  out.push('', `Method ${method}: beats within 50 ms one to one, F1 as the mean over records with its 95 % interval over women`, '')
  print(groupTable(groups))
  if (model_sha256 !== null) out.push('', modelLine({ name: model, sha256: model_sha256 }, trained_on))
  return out.join('\n') + '\n'
}

/** The rows of the table of groups; the scripts in tests/eval print the same. */
export function groupTable(groups) {
  return [['group', 'records', 'women', 'mean F1', '95 % interval', 'pooled F1', 'worst tenth', 'PPA', 'coverage', 'MAE ms'],
    ...groups.map(g => [plain(g.name), String(g.records), String(g.subjects), F(g.f1_mean), g.f1_ci[0] === null ? '–' : `${F(g.f1_ci[0])} to ${F(g.f1_ci[1])}`,
      F(g.f1_pooled), F(g.f1_worst_tenth), PERCENT(g.ppa), PERCENT(g.coverage), fixed(g.mae_ms, 1)])]
}
