// engine.js — loads the wasm module and carries values across its boundary. No generated glue: the
// module is standalone, and its one import tells that its memory has grown. A view of that memory is
// made for each use and never kept, because growth detaches it.
import { FecgError, expect } from './error.js'
import { fetched, own } from './fetched.js'
import { relaxed } from './relaxed.js'

const SIMD128 = () => new URL('../dist/fecg.wasm', import.meta.url)

/** @typedef {object} Compiled a WebAssembly.Module; not by this name, which programs for node alone do not know */
/** @typedef {string | URL | ArrayBuffer | ArrayBufferView | Compiled} WasmSource */

/**
 * Releases what is left in the module's memory by an iterator that was neither run to its end nor ended by
 * break or return(), or by a model that was not closed, when the garbage collector finds it.
 * @type {FinalizationRegistry<() => void>}
 */
export const abandoned = new FinalizationRegistry((release) => release())

/** @param {WasmSource} source */
async function compile(source) {
  if (source instanceof WebAssembly.Module) return source
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) return WebAssembly.compile(/** @type {BufferSource} */ (source))
  expect(typeof source === 'string' || source instanceof URL, 'wasm is a URL, bytes or a WebAssembly.Module')
  const { response, bytes } = await fetched(source)
  const streams = response?.headers.get('content-type')?.startsWith('application/wasm')
  return response && streams ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await bytes())
}

/** The smallest module with a vector in it: a runtime without SIMD refuses it. */
const VECTOR = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 9, 1, 7, 0, 65, 0, 253, 15, 26, 11)
/** The same with f32x4.relaxed_madd in it: a runtime without relaxed SIMD refuses it. */
const FUSED = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 20, 1, 18, 0, 65, 0, 253, 15, 65, 0, 253, 15, 65, 0, 253, 15, 253, 133, 2, 26, 11)

const CELLS = 32 // doubles in the scratch array through which structs and out-parameters come back

export class Engine {
  /** @param {WasmSource} [source] undefined: the package's module with relaxed SIMD where there is one and it runs, or else that without */
  static async load(source) {
    if (source !== undefined) return Engine.#of(source)
    if (relaxed && globalThis.WebAssembly?.validate(FUSED)) {
      try {
        return await Engine.#of(own('wasm', relaxed))
      } catch { /* it was not put where the other is */ }
    }
    return Engine.#of(own('wasm', SIMD128)).catch((error) => {
      if (error.code !== 'MISSING' && error.code !== 'FORMAT') throw error // some servers answer with a page where a file is not there
      throw new FecgError(error.code, `${error.message}: a bundle takes the engine's module along, or names it: load({ wasm })`, { file: error.file, cause: error })
    })
  }

  /** @param {WasmSource} source */
  static async #of(source) {
    const imports = { env: { emscripten_notify_memory_growth() {} } }
    try {
      return new Engine(await WebAssembly.instantiate(await compile(source), imports))
    } catch (cause) {
      if (cause instanceof FecgError) throw cause
      if (!globalThis.WebAssembly?.validate(VECTOR)) throw new FecgError('SIMD', 'this runtime has no WebAssembly SIMD, which the engine needs: node 16.4, Chrome 91, Firefox 89, Safari 16.4 and newer have it', { cause })
      const file = typeof source === 'string' || source instanceof URL ? String(source) : null
      throw new FecgError('FORMAT', `${file ? `${file}: ` : ''}not the engine's WebAssembly module: ${cause instanceof Error ? cause.message : cause}`, { file, cause })
    }
  }

  /** @param {{ exports: Record<string, any> }} instance */
  constructor(instance) {
    /** The functions of wasm/exports.txt. @type {Record<string, (...args: number[]) => number>} */
    this.calls = /** @type {any} */ (instance.exports)
    /** @type {{ readonly buffer: ArrayBuffer }} */
    this.memory = instance.exports.memory
    if (!(this.memory instanceof WebAssembly.Memory && 'abi_version' in this.calls)) throw new TypeError('it has other exports')
    this.calls._initialize?.()
    this.cells = this.alloc(8 * CELLS)
    this.version = this.text(this.calls.abi_version())
    this.simd = this.text(this.calls.fecg_simd())
  }

  /** @param {number} bytes */
  alloc(bytes) {
    const p = bytes < 2 ** 32 ? this.calls.malloc(Math.max(bytes, 1)) >>> 0 : 0
    if (p === 0) throw new FecgError('MEMORY', `no memory for ${bytes} bytes`)
    return p
  }

  /** @param {number} p */
  free(p) {
    this.calls.free(p)
  }

  /** @param {number} p @param {number} n @returns {Uint8Array} */
  u8(p, n) {
    return new Uint8Array(this.memory.buffer, p >>> 0, n)
  }

  /** @param {number} p @param {number} n @returns {Int32Array} */
  i32(p, n) {
    return new Int32Array(this.memory.buffer, p >>> 0, n)
  }

  /** @param {number} p @param {number} n @returns {Uint32Array} */
  u32(p, n) {
    return new Uint32Array(this.memory.buffer, p >>> 0, n)
  }

  /** @param {number} p @param {number} n @returns {Float32Array} */
  f32(p, n) {
    return new Float32Array(this.memory.buffer, p >>> 0, n)
  }

  /** @param {number} p @param {number} n @returns {Float64Array} */
  f64(p, n) {
    return new Float64Array(this.memory.buffer, p >>> 0, n)
  }

  /** The i-th scratch cell as it was left by a call: a pointer or a size. @param {number} [i] */
  word(i = 0) {
    return this.u32(this.cells, 2 * CELLS)[i]
  }

  /** A C string. @param {number} p @returns {string} */
  text(p) {
    p >>>= 0
    if (p === 0) return ''
    const memory = new Uint8Array(this.memory.buffer)
    return new TextDecoder().decode(memory.subarray(p, memory.indexOf(0, p)))
  }

  /**
   * Runs a call with arguments put into the module's memory for its duration: strings, typed arrays,
   * and arrays of strings or pointers; null is the null pointer, numbers go as they are.
   * @param {string} name
   * @param {...(number | string | null | Float64Array | Int32Array | Float32Array | Uint8Array | (string | number)[])} args
   */
  call(name, ...args) {
    /** @type {number[]} */
    const taken = []
    /** @param {Uint8Array} bytes */
    const put = (bytes) => {
      const p = this.alloc(bytes.length)
      taken.push(p)
      this.u8(p, bytes.length).set(bytes)
      return p
    }
    /** @param {string} s */
    const string = (s) => {
      expect(!s.includes('\0'), `a name or label holds a NUL character: ${JSON.stringify(s)}`)
      return put(new TextEncoder().encode(s + '\0'))
    }
    try {
      const flat = args.map((a) => {
        if (a === null) return 0
        if (typeof a === 'number') return a
        if (typeof a === 'string') return string(a)
        const array = Array.isArray(a) ? Uint32Array.from(a, (v) => (typeof v === 'string' ? string(v) : v)) : a
        return put(new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
      })
      return this.calls[name](...flat)
    } finally {
      for (const p of taken) this.free(p)
    }
  }

  /** The error for a status. @param {number} status @param {string} [message] */
  error(status, message) {
    const code = this.text(this.calls.fecg_status_code(status))
    return new FecgError(code, message ?? this.text(this.calls.fecg_strerror(status)))
  }

  /** Throws unless the status is OK. @param {number} status @param {string} [message] */
  check(status, message) {
    if (status !== 0) throw this.error(status, message)
  }

  /**
   * Calls a *_create function, whose last argument is where the handle goes.
   * @param {string} name
   * @param {...any} args
   */
  create(name, ...args) {
    this.check(this.call(name, ...args, this.cells))
    return this.word()
  }

  /** The document that a *_json call has made, whose pointer and length are in the first two cells; its memory is freed. */
  document() {
    const [json, size] = this.u32(this.cells, 2)
    const text = new TextDecoder().decode(this.u8(json, size))
    this.free(json)
    return JSON.parse(text)
  }

  /** @param {number} list @param {number} count @returns {import('./types.js').Annotation[]} */
  annotations(list, count) {
    return Array.from({ length: count }, (_, i) => {
      this.calls.abi_annotation(list, i, this.cells)
      const [t_s, duration_s, text] = this.f64(this.cells, 3)
      return { t_s, duration_s, text: this.text(text) }
    })
  }

  /** @param {number} list @param {number} count @returns {import('./types.js').Diagnostic[]} */
  diagnostics(list, count) {
    return Array.from({ length: count }, (_, i) => {
      this.calls.abi_diagnostic(list, i, this.cells)
      const [code, message, offset] = this.f64(this.cells, 3)
      return { code: this.text(code), message: this.text(message), offset: offset < 0 ? null : offset }
    })
  }
}
