// rows.js — the drawing of rows of signals: ECG paper, the signals, beats in their lanes, where the time axis has labels, names and calibration
// marks. It draws any columns of them, so that a picture can be made piece by piece and its pieces join without a seam.
import { amplitude } from '../../js/svg.js'
import { calibration, columns, points } from './columns.js'
import { cut, hairlines, write } from './stage.js'
import { clock, lowerBound, multiples, timeStep } from './ticks.js'

/** @typedef {import('./columns.js').Kind} Kind */
/** @typedef {import('./stage.js').Surface} Surface */
/** @typedef {ReturnType<typeof import('./columns.js').layout>} Layout */
/** @typedef {{ t_s: number, confidence: number, interpolated: boolean }} FetalBeat */
/**
 * middle_uv: around which it is drawn, NaN = not known yet; px_uv: its scale, 0 = not known yet; fetalAt: times of the fetal beats,
 * in order; end_s: where the time axis ends.
 * @typedef {{ label: string, kind: Kind, signal: import('./signal.js').Signal, middle_uv: number, px_uv: number }} SceneRow
 * @typedef {{ rows: SceneRow[], maternal: number[], fetal: FetalBeat[], fetalAt: number[], end_s: number }} Scene
 */

const LABEL = 80 // CSS pixels between labels of the time axis
const HALF = 20 // of the widest label of the time axis
const MARGIN = 44 // CSS pixels that a mark or a label reaches to either side
/** @type {Record<Kind, import('./stage.js').ColourName>} */
const COLOUR = { lead: 'ink', maternal: 'maternal', fetal: 'fetal', residual: 'soft' }

/**
 * Columns from..to: paper, rows, beats.
 * @param {Surface} surface @param {Scene} scene @param {Layout} at @param {number} pps columns a second
 * @param {number} from @param {number} to
 * @param {number} x0 pixel of the surface at which column 0 stands
 */
export function paint(surface, scene, at, pps, from, to, x0) {
  const { context, ratio, colours } = surface, margin = MARGIN * ratio
  const time = (/** @type {number} */ c) => c / pps
  context.save()
  context.setTransform(1, 0, 0, 1, 0, 0)
  context.beginPath()
  context.rect(x0 + from, 0, to - from, Math.round(at.height * ratio))
  context.clip()
  context.fillStyle = colours.paper
  context.fillRect(x0 + from, 0, to - from, Math.round(at.height * ratio))
  grid(surface, pps, at, from, to, x0)

  scene.rows.forEach((row, i) => {
    const scale = row.px_uv * ratio, centre = (at.top + (i + 0.5) * at.row) * ratio
    // A tall wave reaches into the next row, an artefact no further, and none into the lanes and the axis.
    const top = Math.max(at.top, at.top + (i - 0.3) * at.row) * ratio, bottom = Math.min(at.bottom, at.top + (i + 1.3) * at.row) * ratio
    const far = 4 * at.row * ratio, y = (/** @type {number} */ v) => centre - Math.min(far, Math.max(-far, (v - (row.middle_uv || 0)) * scale))
    context.save()
    context.beginPath()
    context.rect(x0 + from, top, to - from, bottom - top)
    context.clip()
    const colour = colours[COLOUR[row.kind]]
    const gap = (/** @type {number} */ a, /** @type {number} */ b) => {
      context.globalAlpha = 0.16
      context.fillStyle = colours.soft
      context.fillRect(Math.round(x0 + a), Math.round(centre - 0.4 * at.row * ratio), Math.round(x0 + b) - Math.round(x0 + a), Math.round(0.8 * at.row * ratio))
      context.globalAlpha = 1
    }
    if (row.signal.fs >= pps) {
      const thick = Math.max(1, 0.75 * ratio)
      columns(row.signal, pps, from - Math.ceil(thick), to, (c, least, greatest) => {
        const high = y(greatest)
        context.fillStyle = colour
        context.fillRect(x0 + c, high, thick, Math.max(1.15 * ratio, y(least) - high))
      }, (c) => gap(c, c + 1))
    } else {
      context.beginPath()
      points(row.signal, pps, from - 4 * ratio, to + 4 * ratio, (c, v, starts) => {
        if (starts) context.moveTo(x0 + c - 0.01, y(v))
        context.lineTo(x0 + c, y(v))
      }, gap)
      context.strokeStyle = colour
      context.lineWidth = 1.3 * ratio
      context.lineJoin = context.lineCap = 'round'
      context.stroke()
    }
    context.restore()
  })
  beats(surface, scene, at, pps, x0, time(from - margin), time(to + margin))
  context.restore()
}

/**
 * The labels of the time axis that are whole between two columns, and where: CSS pixels from the first one.
 * @param {number} pps columns a second @param {number} ratio columns a CSS pixel @param {number} from @param {number} to @param {number} end_s of the recording
 */
export function times(pps, ratio, from, to, end_s) {
  const css = pps / ratio, step = timeStep(css, LABEL), start = from / pps, half = HALF / css
  return multiples(Math.max(0, from ? start + half : 0), Math.min(end_s, to / pps - half), step).map((t) => ({ t, text: clock(t, step), x: Math.max(HALF / 2, (t - start) * css) }))
}

/**
 * ECG paper where beats are wide enough for it: 25 mm/s, 1 mm = 40 ms in squares; else lines at the axis' times.
 * @param {Surface} surface @param {number} pps @param {Layout} at @param {number} from @param {number} to @param {number} x0
 */
function grid(surface, pps, at, from, to, x0) {
  const { context, ratio, colours } = surface
  const top = at.top * ratio, bottom = at.bottom * ratio
  const rules = (/** @type {number} */ step, /** @type {number} */ alpha, /** @type {boolean} */ squares) => {
    context.globalAlpha = alpha
    context.fillStyle = colours.grid
    const thick = Math.max(1, Math.round(ratio * 0.75))
    for (const t of multiples(from / pps, to / pps + 1e-6, step)) context.fillRect(x0 + Math.round(t * pps), top, thick, bottom - top)
    if (squares) for (let y = top; y <= bottom + 0.5; y += step * pps) context.fillRect(x0 + from, Math.round(y), to - from, thick)
    context.globalAlpha = 1
  }
  const millimetre = 0.04 * pps / ratio
  if (millimetre >= 4.5) {
    rules(0.04, Math.min(0.75, (millimetre - 3) / 6), true)
    rules(0.2, 1, true)
  } else if (millimetre >= 2.4) rules(0.2, 0.9, true)
  else rules(timeStep(pps / ratio, LABEL), 1, false)
  context.fillStyle = colours.grid
  context.fillRect(x0 + from, Math.round(bottom), to - from, Math.max(1, Math.round(ratio)))
}

/**
 * M and F in their lanes, each over a bar as high as the beat is sure, and hairlines through the rows.
 * @param {Surface} surface @param {Scene} scene @param {Layout} at @param {number} pps @param {number} x0 @param {number} from_s @param {number} to_s
 */
function beats(surface, { maternal, fetal, fetalAt }, at, pps, x0, from_s, to_s) {
  const { context, ratio, colours } = surface
  const css = pps / ratio
  if (css < 5) return
  const letters = css >= 34, lines = css >= 60
  const lane = (/** @type {number[]} */ times, /** @type {number} */ base, /** @type {string} */ colour, /** @type {(i: number) => { letter: string, sure: number, guess: boolean }} */ of) => {
    for (let i = lowerBound(times, from_s); i < times.length && times[i] <= to_s; i++) {
      const { letter, sure, guess } = of(i), x = Math.round(x0 + times[i] * pps), thick = Math.max(1, Math.round(ratio))
      context.fillStyle = colour
      if (lines) {
        context.globalAlpha = 0.28
        if (!guess) context.fillRect(x, at.top * ratio, thick, (at.bottom - at.top) * ratio)
        else for (let y = at.top; y < at.bottom; y += 8) context.fillRect(x, y * ratio, thick, 4 * ratio)
        context.globalAlpha = 1
      }
      const height = (letters ? 3 : 4) + (letters ? 3 : 9) * sure
      context.globalAlpha = guess ? 0.6 : 1
      context.fillRect(x - thick * 0.5, (base - height) * ratio, thick * 2, height * ratio)
      context.globalAlpha = 1
      if (letters) {
        context.font = `600 ${10.5 * ratio}px ${surface.family || 'sans-serif'}`
        context.textAlign = 'center'
        context.fillText(letter, x + thick * 0.5, (base - 7) * ratio)
      }
    }
  }
  lane(maternal, 17, colours.maternal, () => ({ letter: 'M', sure: 1, guess: false }))
  lane(fetalAt, 34, colours.fetal, (i) => ({ letter: fetal[i].interpolated ? '(F)' : 'F', sure: Math.min(1, Math.max(0, fetal[i].confidence)), guess: fetal[i].interpolated }))
}

/** What stands still: labels and calibration marks. @param {Surface} surface @param {Scene} scene @param {Layout} at @param {any} words */
export function margins(surface, scene, at, words) {
  const { context, width, height, colours } = surface
  context.clearRect(0, 0, width, height)
  if (at.left) {
    context.fillStyle = colours.paper
    context.fillRect(0, 0, at.left, at.height)
    if (scene.maternal.length || scene.rows.some((row) => row.kind !== 'lead')) { // else nobody looks for beats
      write(surface, at.left - 12, 14, words.mother, { size: 11, align: 'right', fill: colours.maternal, weight: 600 })
      write(surface, at.left - 12, 31, words.fetus, { size: 11, align: 'right', fill: colours.fetal, weight: 600 })
    }
  }
  let before = 0
  scene.rows.forEach((row, i) => {
    const y = at.top + (i + 0.5) * at.row, scale = row.px_uv
    const colour = colours[COLOUR[row.kind]]
    const kind = row.kind === 'lead' ? '' : words.kinds[row.kind]
    const starts = scale !== before
    before = scale
    if (at.left) {
      const room = at.left - 34
      write(surface, at.left - 24, y + (kind ? -5 : 4), cut(surface, kind || row.label, room, 12, 600), { align: 'right', fill: colour, weight: 600 })
      if (kind) write(surface, at.left - 24, y + 8, cut(surface, row.label, room, 11), { size: 11, align: 'right' })
    } else write(surface, 6, at.top + i * at.row + 12, [kind, row.label].filter(Boolean).join(' '), { size: 11, weight: 600, fill: colour, back: colours.paper })
    if (!scale) return
    const mark = calibration(scale, at.row), x = at.left ? at.left - 10 : width - 8
    hairlines(surface, [[x, y - mark.px / 2, x, y + mark.px / 2], [x - 3, y - mark.px / 2, x + 3, y - mark.px / 2], [x - 3, y + mark.px / 2, x + 3, y + mark.px / 2]], colours.soft)
    if (starts && at.left) write(surface, at.left - 12, y + at.row / 2 - 3, amplitude(mark.uv), { size: 10, align: 'right' })
    if (starts && !at.left) write(surface, width - 14, y + 4, amplitude(mark.uv), { size: 10, align: 'right', back: colours.paper })
  })
}
