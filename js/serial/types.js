// types.js — the shapes of fetal-ecg/serial, as JSDoc types. No code.

/**
 * What a person can set on a board.
 * @typedef {object} Setting
 * @property {string} label
 * @property {'number' | 'choice' | 'text'} kind
 * @property {number | string} default
 * @property {(number | string)[]} [choices]
 * @property {number} [min]
 * @property {number} [max]
 * @typedef {Record<string, number | string>} Settings
 */

/**
 * One thing to do when a board is started or stopped: send bytes, wait, wait until the board has answered a text.
 * @typedef {{ send: Uint8Array } | { wait_s: number } | { until: string, timeout_s: number }} Step
 */

/**
 * A board as it is set.
 * @typedef {object} Setup
 * @property {number} fs Hz, nominal
 * @property {string[]} channels
 * @property {number} baudRate
 * @property {number} [step_uv] µV of a count, where 16 bits hold all of them
 * @property {Step[]} start none: it sends from the moment the port is open
 * @property {Step[]} stop
 */

/**
 * A kind of frame of fixed length. `good` sees whether one stands at an offset, `follows` whether the one at the second offset
 * is the next after the one at the first; `at + length` bytes are there in both.
 * @typedef {object} Layout
 * @property {number} length bytes
 * @property {number} confirm frames that have to follow in their places before a frame is taken
 * @property {number} guard first frames after a break that are never taken
 * @property {number} modulo of the counter; 0: the frame has none
 * @property {(bytes: Uint8Array, at: number) => boolean} good
 * @property {(bytes: Uint8Array, at: number) => boolean} [damaged] looks like a frame whose checksum is wrong
 * @property {(bytes: Uint8Array, before: number, at: number) => boolean} follows
 * @property {(bytes: Uint8Array, at: number) => boolean} [alone] no better place for a frame is near: looks `reach` bytes ahead
 * @property {number} [reach]
 * @property {(bytes: Uint8Array, at: number) => number} counter
 * @property {(bytes: Uint8Array, at: number, row: Float32Array) => void} read values in µV
 * @property {(bytes: Uint8Array, at: number) => number} [leadOff] one bit a channel
 */

/**
 * @typedef {object} Counters
 * @property {number} frames good ones, taken
 * @property {number} crcErrors
 * @property {number} resyncs
 * @property {number} lost frames that are gaps because they did not arrive whole
 */

/**
 * @typedef {object} Piece
 * @property {Float32Array[]} samples µV, one row a channel; NaN: lost
 * @property {number} index number of the first sample
 * @property {boolean[]} [leadOff] by channel, where the board tells it
 */

/**
 * The board's sampling clock by the host's.
 * @typedef {object} BoardClock
 * @property {number} fs Hz, measured; nominal in the first ten seconds
 * @property {number | null} ppm faster than nominal; null: not known yet
 * @property {number} jitter_s how unevenly its samples arrive
 */

/**
 * Bytes to samples; pure. Host times (seconds, any origin) are optional: with them a hole longer than the counter can tell, or one of
 * a board without a counter, gets its length from the clock, and `index` of a piece then jumps by what was lost between two pieces.
 * @typedef {object} Decoder
 * @property {(bytes: Uint8Array, t_s?: number) => Piece} push
 * @property {() => Piece} finish no more bytes: what waited for the clock
 * @property {() => void} cut the connection was lost; the hole gets its length from the clock
 * @property {Counters} counters
 * @property {BoardClock} clock
 * @property {number} [fs] Hz, where the stream itself told it
 * @property {string[]} [channels] where the stream itself told them
 */

/**
 * The board's own side, for a fake one.
 * @typedef {object} Encoder
 * @property {number} [channels] where the settings leave it open
 * @property {Uint8Array} [hello] sent when it starts
 * @property {(row: ArrayLike<number>) => Uint8Array} frame µV by channel; NaN: an electrode that is off
 * @property {() => void} [skip] a frame that is never sent; none: its loss would leave no trace
 * @property {(command: Uint8Array) => { reply?: Uint8Array, running?: boolean }} [command] none: it sends freely
 */

/**
 * @typedef {object} Board
 * @property {string} name
 * @property {string} title
 * @property {string} [note] what to know before measuring with it
 * @property {Record<string, Setting>} settings
 * @property {number} fs Hz, as the settings are by default; likewise:
 * @property {string[]} channels
 * @property {number} baudRate
 * @property {Step[]} start
 * @property {Step[]} stop
 * @property {(settings?: Settings) => Setup} setup
 * @property {(settings?: Settings) => Decoder} decoder
 * @property {(settings?: Settings) => Encoder} encoder
 * @property {(settings?: Settings) => Layout[]} [layouts] its frames, where they have fixed lengths
 */

/**
 * A way to a board. `readable` ends after close(), and throws MISSING when the board is gone.
 * @typedef {object} Transport
 * @property {(baudRate: number) => Promise<void>} open
 * @property {AsyncIterable<Uint8Array>} readable
 * @property {(bytes: Uint8Array) => Promise<void>} write
 * @property {() => Promise<void>} close
 * @property {(signal: AbortSignal) => Promise<void>} [back] waits until the board can be opened again
 * @property {number} [overruns] how often the host lost bytes before they were read
 * @property {boolean} [patient] it waits for its reader, so that nothing overruns
 * @property {() => number} [now] its time, seconds; none: the host's
 */

/** @typedef {'connecting' | 'streaming' | 'stalled' | 'unplugged' | 'ended'} SessionState */

export {}
