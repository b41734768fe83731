// stage.js — what the plots stand on: canvases as sharp as the screen, the theme's colours as they are now, one drawing a frame,
// hands (mouse, touch, keys) alike for all, and the sentence that stands for the picture.
import { FETAL, GRID, GUESS, INK, MATERNAL, PAPER, SOFT, WASH } from '../../js/svg.js'

/** @typedef {'paper' | 'ink' | 'soft' | 'grid' | 'ruled' | 'wash' | 'maternal' | 'fetal' | 'guess' | 'warn' | 'bad' | 'good'} ColourName */
/** @typedef {Record<ColourName, string>} Colours */
/** @typedef {{ context: CanvasRenderingContext2D, width: number, height: number, ratio: number, colours: Colours, family: string }} Surface */

/** For exports: ink on white paper, whatever the page looks like. @type {Colours} */
export const PRINT = { paper: PAPER, ink: INK, soft: SOFT, grid: GRID, ruled: '#e8c4b2', wash: WASH, maternal: MATERNAL, fetal: FETAL, guess: GUESS, warn: GUESS, bad: '#b3261e', good: '#2c7a4b' }
const NAMES = /** @type {ColourName[]} */ (Object.keys(PRINT))

/**
 * The theme's colours at an element, as a canvas takes them. A probe resolves what the properties hold, light-dark() too.
 * @param {HTMLElement} element
 * @returns {Colours}
 */
function coloursOf(element) {
  const probe = element.appendChild(document.createElement('i'))
  probe.hidden = true
  const found = { ...PRINT }
  for (const name of NAMES) {
    probe.style.color = `var(--${name}, ${PRINT[name]})`
    found[name] = getComputedStyle(probe).color
  }
  probe.remove()
  return found
}

/** Calls back when the colours of the page may be others. @param {() => void} changed */
function watchScheme(changed) {
  const query = matchMedia('(prefers-color-scheme: dark)')
  const observer = new MutationObserver(changed) // a switch on the page sets an attribute
  query.addEventListener('change', changed)
  observer.observe(document.documentElement, { attributes: true })
  return () => {
    query.removeEventListener('change', changed)
    observer.disconnect()
  }
}

/** Whether things are to stand still. */
export const still = () => matchMedia('(prefers-reduced-motion: reduce)').matches

/** @param {string} tag @param {string} [className] @param {string} [text] */
export function node(tag, className = '', text = '') {
  const made = document.createElement(tag)
  if (className) made.className = className
  if (text) made.textContent = text
  return made
}

/**
 * A place for a picture in an element: the front, which takes the focus and speaks, and canvases over it.
 * @param {HTMLElement} element
 * @param {string} kind
 * @param {{ layers?: number, tiled?: boolean, keys?: string, changed: () => void, draw: () => void }} on changed: size, resolution
 *   or colours are others; draw: once in the next frame after ask(); keys: which ones do what; tiled: the front is not a canvas,
 *   but holds those that the plot puts there
 */
export function stage(element, kind, { layers = 1, tiled = false, keys, changed, draw }) {
  const root = node('div', `plot plot-${kind}`)
  const place = root.appendChild(node('div', 'plot-place'))
  const tiles = tiled ? place.appendChild(node('div')) : null
  const canvases = Array.from({ length: layers }, () => /** @type {HTMLCanvasElement} */ (place.appendChild(node('canvas'))))
  const front = tiles ?? canvases[0]
  for (const canvas of canvases) canvas.setAttribute('aria-hidden', 'true')
  front.removeAttribute('aria-hidden')
  front.className = 'plot-front'
  front.setAttribute('role', 'img')
  const told = root.appendChild(node('p', 'plot-told'))
  told.setAttribute('aria-live', 'polite')
  if (keys) {
    const help = root.appendChild(node('p', 'plot-told', keys))
    help.id = `plot-keys-${++made}`
    front.setAttribute('aria-describedby', help.id)
    front.tabIndex = 0
  }
  element.append(root)

  let frame = 0
  const self = {
    root, place, front,
    width: 0, height: 0, ratio: 1,
    side: Infinity, // of the canvases over a tiled front: how wide they need to be, CSS pixels
    colours: PRINT,
    family: '',
    /** Sets the height of the picture, CSS pixels. @param {number} height */
    tall(height) {
      if (self.height === height) return
      place.style.height = `${height}px`
      if (self.fitted()) self.ask() // not at once: what is set at one time is drawn once
    },
    /** Draws at once: this comes after the frame's own drawing, and a canvas that was sized anew is empty. */
    fit() {
      if (self.fitted()) self.now()
    },
    /** Takes the size that the place has now. @returns {boolean} it is another */
    fitted() {
      const width = place.clientWidth, height = Math.round(parseFloat(place.style.height) || place.clientHeight), ratio = devicePixelRatio || 1
      if (!width || !height) return false
      if (width === self.width && height === self.height && ratio === self.ratio) return false
      if (!self.width) look() // on the page only now: before, it had no colours
      Object.assign(self, { width, height, ratio })
      self.sized()
      changed()
      return true
    },
    sized() {
      const width = tiled ? Math.min(self.side, self.width) : self.width
      for (const canvas of canvases) {
        canvas.style.width = `${width}px`
        canvas.width = Math.round(width * self.ratio)
        canvas.height = Math.round(self.height * self.ratio)
      }
    },
    ask() {
      frame ||= requestAnimationFrame(self.now)
    },
    now() {
      cancelAnimationFrame(frame)
      frame = 0
      if (self.width) draw()
    },
    /** Takes a layer out of the picture, or back: one that shows nothing still costs the browser its pixels. @param {number} layer @param {boolean} seen */
    see(layer, seen) {
      canvases[layer].hidden = !seen
    },
    /** What a layer is drawn on; its unit is the CSS pixel. @param {number} [layer] @returns {Surface} */
    surface(layer = 0) {
      const context = /** @type {CanvasRenderingContext2D} */ (canvases[layer].getContext('2d'))
      context.setTransform(self.ratio, 0, 0, self.ratio, 0, 0)
      return { context, width: self.width, height: self.height, ratio: self.ratio, colours: self.colours, family: self.family }
    },
    /** The sentence for those who do not see the picture. @param {string} sentence */
    label(sentence) {
      if (front.getAttribute('aria-label') !== sentence) front.setAttribute('aria-label', sentence)
    },
    /** Said aloud now, by a screen reader. @param {string} words */
    tell(words) {
      told.textContent = words
    },
    destroy() {
      cancelAnimationFrame(frame)
      observer.disconnect()
      unwatch()
      root.remove()
    },
  }
  const look = () => {
    self.colours = coloursOf(root)
    self.family = getComputedStyle(root).fontFamily
  }
  const restyle = () => {
    look()
    changed()
    self.ask()
  }
  const observer = new ResizeObserver(self.fit)
  observer.observe(place)
  const unwatch = watchScheme(restyle)
  return self
}
let made = 0

/**
 * A picture of its own, for export.
 * @param {number} width @param {number} height CSS pixels
 * @param {string} family
 * @param {(surface: Surface) => void} draw
 * @returns {Promise<Blob>} PNG, three pixels a CSS pixel
 */
export function print(width, height, family, draw) {
  const ratio = 3, canvas = document.createElement('canvas')
  canvas.width = width * ratio
  canvas.height = height * ratio
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'))
  context.scale(ratio, ratio)
  context.fillStyle = PRINT.paper
  context.fillRect(0, 0, width, height)
  draw({ context, width, height, ratio, colours: PRINT, family })
  return new Promise((done, fail) => canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error(`no picture of ${width} × ${height}`))), 'image/png'))
}

/**
 * Words on a canvas.
 * @param {Surface} surface @param {number} x @param {number} y baseline @param {string} words
 * @param {{ size?: number, weight?: number, fill?: string, align?: CanvasTextAlign, back?: string | null }} [style] back: drawn behind
 */
export function write({ context, colours, family }, x, y, words, { size = 12, weight = 400, fill = colours.soft, align = 'left', back = null } = {}) {
  context.font = `${weight} ${size}px ${family || 'sans-serif'}`
  context.textAlign = align
  if (back) {
    const width = context.measureText(words).width
    const left = align === 'right' ? x - width : align === 'center' ? x - width / 2 : x
    context.globalAlpha = 0.82
    context.fillStyle = back
    context.fillRect(left - 3, y - size, width + 6, size + 4)
    context.globalAlpha = 1
  }
  context.fillStyle = fill
  context.fillText(words, x, y)
}

/** Words cut to a width, with an ellipsis. @param {Surface} surface @param {string} words @param {number} width @param {number} [size] @param {number} [weight] */
export function cut({ context, family }, words, width, size = 12, weight = 400) {
  context.font = `${weight} ${size}px ${family || 'sans-serif'}`
  if (context.measureText(words).width <= width) return words
  let n = words.length
  while (n > 1 && context.measureText(`${words.slice(0, n)}…`).width > width) n--
  return `${words.slice(0, n)}…`
}

/** Words in the middle of a place, on as many lines as they need. @param {Surface} surface @param {number} x @param {number} y @param {string} words @param {number} width */
export function paragraph(surface, x, y, words, width) {
  const { context, family } = surface, size = 13
  context.font = `400 ${size}px ${family || 'sans-serif'}`
  /** @type {string[]} */
  const lines = []
  for (const word of words.split(' ')) {
    const longer = `${lines[lines.length - 1]} ${word}`
    if (lines.length && context.measureText(longer).width <= width) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  lines.forEach((line, i) => write(surface, x, y + (i - (lines.length - 1) / 2) * size * 1.5 + size / 3, line, { size, align: 'center' }))
}

/** Hairlines, as sharp as the screen: x or y of each snapped to its pixels. @param {Surface} surface @param {number[][]} lines [x1, y1, x2, y2] @param {string} colour @param {number} [width] */
export function hairlines({ context, ratio }, lines, colour, width = 1) {
  const pixels = Math.max(1, Math.round(width * ratio)), half = pixels % 2 / 2
  const snap = (/** @type {number} */ v) => (Math.round(v * ratio - half) + half) / ratio
  context.strokeStyle = colour
  context.lineWidth = pixels / ratio
  context.beginPath()
  for (const [x1, y1, x2, y2] of lines) {
    context.moveTo(x1 === x2 ? snap(x1) : x1, y1 === y2 ? snap(y1) : y1)
    context.lineTo(x1 === x2 ? snap(x2) : x2, y1 === y2 ? snap(y2) : y2)
  }
  context.stroke()
}

/** A pattern of slanted lines: no answer here. @param {Surface} surface @param {string} colour */
export function hatch({ context, ratio }, colour) {
  const size = Math.round(6 * ratio), tile = document.createElement('canvas')
  tile.width = tile.height = size
  const on = /** @type {CanvasRenderingContext2D} */ (tile.getContext('2d'))
  on.strokeStyle = colour
  on.lineWidth = Math.max(1, ratio * 0.8)
  on.beginPath()
  for (const shift of [-size, 0, size]) {
    on.moveTo(shift - 1, size + 1)
    on.lineTo(shift + size + 1, -1)
  }
  on.stroke()
  const pattern = /** @type {CanvasPattern} */ (context.createPattern(tile, 'repeat'))
  pattern.setTransform(new DOMMatrix([1 / ratio, 0, 0, 1 / ratio, 0, 0]))
  return pattern
}

/**
 * Mouse, touch and wheel on a canvas: a drag pans, two fingers and the wheel zoom about where they are. Up and down scrolls the
 * page, unless the picture has the focus or Ctrl is held.
 * @param {HTMLElement} target
 * @param {{ pan?: (dx: number) => void, zoom?: (factor: number, x: number) => void, hover?: (x: number | null, y: number) => void, tap?: (x: number, y: number) => void }} on
 *   in CSS pixels of the target; zoom: above 1 shows less time
 */
export function hands(target, { pan, zoom, hover, tap }) {
  /** @type {Map<number, { x: number, y: number }>} */
  const down = new Map()
  let moved = 0
  const place = (/** @type {MouseEvent} */ e) => {
    const box = target.getBoundingClientRect()
    return { x: e.clientX - box.left, y: e.clientY - box.top }
  }
  target.addEventListener('pointerdown', (e) => {
    if (e.button > 0) return
    target.setPointerCapture(e.pointerId)
    down.set(e.pointerId, place(e))
    if (down.size === 1) moved = 0
  })
  target.addEventListener('pointermove', (e) => {
    const at = place(e), before = down.get(e.pointerId)
    if (!before) return hover?.(at.x, at.y)
    const others = [...down].filter(([id]) => id !== e.pointerId).map(([, p]) => p)
    down.set(e.pointerId, at)
    moved += Math.abs(at.x - before.x) + Math.abs(at.y - before.y)
    if (others.length === 1) {
      const [o] = others, span = (/** @type {{ x: number }} */ p) => Math.max(20, Math.abs(p.x - o.x))
      zoom?.(span(at) / span(before), (at.x + o.x) / 2)
      pan?.((at.x - before.x) / 2)
    } else if (!others.length && moved > 3) pan?.(at.x - before.x)
  })
  const up = (/** @type {PointerEvent} */ e) => {
    if (!down.delete(e.pointerId)) return
    const { x, y } = place(e)
    if (e.type === 'pointerup' && moved <= 6 && !down.size) tap?.(x, y)
  }
  target.addEventListener('pointerup', up)
  target.addEventListener('pointercancel', up)
  target.addEventListener('pointerleave', (e) => { if (e.pointerType === 'mouse') hover?.(null, 0) })
  target.addEventListener('wheel', (e) => {
    const unit = e.deltaMode === 1 ? 16 : e.deltaMode === 2 ? 400 : 1
    const sideways = e.shiftKey && !e.deltaX ? e.deltaY : e.deltaX
    if (pan && (e.shiftKey || Math.abs(e.deltaX) > Math.abs(e.deltaY)) && !e.ctrlKey) {
      e.preventDefault()
      return pan(-sideways * unit)
    }
    if (!zoom || !(e.ctrlKey || e.metaKey || document.activeElement === target)) return
    e.preventDefault()
    zoom(Math.exp(-e.deltaY * unit * (e.ctrlKey ? 0.01 : 0.0018)), place(e).x)
  }, { passive: false })
}
