/**
 * What fecg live says of itself: on a terminal one line that is drawn anew, elsewhere a line each time something changes and every
 * ten seconds of signal; in the end a summary.
 */
import { colours, fixed, plain } from './text.js'

const SAY_S = 10
const STATES = { connecting: 'starting the board', stalled: 'no data', unplugged: 'unplugged; waiting for it to come back' }

/** 75 → "1:15", 3700 → "1:01:40". */
export function duration(s) {
  const two = v => String(v).padStart(2, '0')
  const seconds = Math.floor(s), hours = Math.floor(seconds / 3600), minutes = Math.floor(seconds / 60) % 60
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}

const known = list => list.filter(v => v !== null)
const count = (n, word) => `${n} ${word}${n === 1 ? '' : 's'}`

function median(values) {
  const sorted = Float32Array.from(values).sort()
  return sorted.length ? sorted[sorted.length >> 1] : null
}

export class LiveStatus {
  #stream
  #quiet
  #redraws
  #paint
  #shown = false
  #said = 0 // seconds of signal at the last line
  #state = 'streaming'
  #frame = null
  #fetal = []
  #maternal = []
  #ticks = 0

  constructor(stream, quiet = false, env = process.env) {
    this.#stream = stream
    this.#quiet = quiet
    this.#redraws = Boolean(stream.isTTY) && env.TERM !== 'dumb'
    this.#paint = colours(stream, env)
  }

  /** Words of their own, above the line that is redrawn; said also when quiet. */
  say(line) {
    this.#clear()
    this.#stream.write(`${line}\n`)
  }

  begin({ board, leads, fs }) {
    if (!this.#quiet) this.say(`${board.title}: ${fs} Hz, ${leads.map(plain).join(' ')}; Ctrl-C ends`)
  }

  frame(frame, board, seconds) {
    this.#frame = frame
    for (const bpm of known(frame.rate.fetal_bpm)) this.#fetal.push(bpm)
    for (const bpm of known(frame.rate.maternal_bpm)) this.#maternal.push(bpm)
    this.#ticks += frame.rate.t_s.length
    this.#draw(board, seconds)
  }

  /** The board's state or its electrodes have changed. */
  state(board, seconds) {
    if (board.state !== this.#state && !this.#quiet && !this.#redraws && board.state !== 'ended') this.#line(board, seconds)
    this.#state = board.state
    this.#draw(board, seconds)
  }

  /** Time goes on, whether samples come or not. */
  tick(board, seconds) {
    if (this.#redraws) this.#draw(board, seconds)
  }

  #draw(board, seconds) {
    if (this.#quiet || board.state === 'ended') return
    if (this.#redraws) {
      const line = this.#words(board, seconds, Math.max(20, (this.#stream.columns || 80) - 1))
      this.#stream.write(`\r\x1b[K${board.state === 'streaming' ? line : this.#paint.yellow(line)}`)
      this.#shown = true
    } else if (seconds - this.#said >= SAY_S) this.#line(board, seconds)
  }

  #line(board, seconds) {
    this.#said = seconds
    this.#stream.write(`${this.#words(board, seconds)}\n`)
  }

  /** What does not fit into so many columns is left out from the end on. */
  #words(board, seconds, room = Infinity) {
    const { counters, leadOff, leads, state } = board
    const words = [duration(seconds)]
    if (STATES[state]) words.push(STATES[state])
    const frame = this.#frame
    if (!frame) words.push('listening: rates from 10 s on')
    else {
      words.push(`fetus ${fixed(known(frame.rate.fetal_bpm).at(-1))} bpm`, `mother ${fixed(known(frame.rate.maternal_bpm).at(-1))} bpm`)
      words.push(frame.quality.reason ? plain(frame.quality.reason) : `quality ${fixed(frame.quality.fetal, 2)}`)
      if (frame.state === 'learning') words.push('learning')
    }
    const off = leads.filter((_, i) => leadOff?.[i])
    const bad = (frame?.quality.leads ?? []).filter(l => l.state !== 'ok' && !off.includes(l.label)).map(l => `${plain(l.label)} ${l.state}`)
    if (off.length) words.push(`off: ${off.map(plain).join(' ')}`)
    if (bad.length) words.push(bad.join(', '))
    for (const [key, word] of [['lost', 'lost'], ['crcErrors', 'damaged'], ['overruns', 'overrun']]) if (counters[key]) words.push(`${counters[key]} ${word}`)
    while (words.length > 1 && words.join(' · ').length > room) words.pop()
    return words.join(' · ')
  }

  #clear() {
    if (this.#shown) this.#stream.write('\r\x1b[K')
    this.#shown = false
  }

  end() {
    this.#clear()
  }

  summary({ board, fs, counters, clock }, seconds) {
    const share = this.#ticks ? Math.round(100 * this.#fetal.length / this.#ticks) : 0
    const { frames, lost, crcErrors, resyncs, overruns, reconnects } = counters
    return [
      `${board.title}: ${duration(seconds)} of signal at ${fs} Hz${clock.ppm === null ? '' : `, its clock ${clock.ppm < 0 ? 'slow' : 'fast'} by ${Math.abs(Math.round(clock.ppm))} ppm`}`,
      this.#fetal.length ? `fetal rate ${fixed(median(this.#fetal))} bpm (median), known for ${share} % of the time; mother ${fixed(median(this.#maternal))} bpm`
        : `no fetal rate${this.#frame?.quality.reason ? `: ${plain(this.#frame.quality.reason)}` : ''}; mother ${fixed(median(this.#maternal))} bpm`,
      `${count(frames, 'frame')}, ${lost} lost, ${crcErrors} damaged, ${count(resyncs, 'resync')}, ${count(overruns, 'overrun')}, ${count(reconnects, 'reconnect')}`,
    ]
  }
}
