// peer.js — one end of the line between a program and its worker; both ends are the same. Plain values and samples go over by
// copy. What cannot be copied goes by reference: functions, signals, errors, objects with methods. The other end holds a stand-in
// for each, whose calls come back as messages; once the stand-in is garbage, the reference is dropped.
import { FecgError } from '../error.js'

/**
 * What carries messages. hold(): whether an answer is awaited, so that the process has to stay.
 * @typedef {{ post(message: object, transfer: ArrayBuffer[]): void, hold?(pending: boolean): void }} Port
 * @typedef {{ id: number, kind: 'function' | 'signal' | 'error' | 'object', [more: string]: any }} Reference
 * @typedef {{ yours: number }} Back what the other end referred to before, and gets back
 * @typedef {{ value: any, refs: { path: (string | number)[], ref: Reference | Back }[] }} Packed a copy, and what belongs at which path of it
 */

/** Of any realm: its prototype, if any, is the one at the root. @param {object} v */
const isPlain = (v) => {
  const prototype = Object.getPrototypeOf(v)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** @param {any} v @returns {v is AbortSignal} */
const isSignal = (v) => typeof v.throwIfAborted === 'function' && typeof v.addEventListener === 'function'

/** Whether it may be given away: a part of a buffer may not, the rest belongs to others. @param {ArrayBuffer | ArrayBufferView} v */
const isWhole = (v) => v instanceof ArrayBuffer || (v.buffer instanceof ArrayBuffer && v.byteLength === v.buffer.byteLength)

/** A copy of the part that is seen, not of the whole buffer behind it. @param {ArrayBuffer | ArrayBufferView} v */
function copied(v) {
  if (v instanceof ArrayBuffer) return v.slice(0)
  const { buffer } = new Uint8Array(v.buffer, v.byteOffset, v.byteLength).slice()
  const Kind = v instanceof Uint8Array || v instanceof DataView ? Uint8Array : /** @type {any} */ (v.constructor)
  return new Kind(buffer)
}

/** What an object shows beside its methods. @param {object} v @returns {Record<string, any>} */
const fieldsOf = (v) => Object.fromEntries(Object.entries(v).filter(([, field]) => typeof field !== 'function'))

/** Names of an object's methods, its class's and those that it inherits. @param {object} v @returns {string[]} */
function methodsOf(v) {
  const prototype = Object.getPrototypeOf(v)
  if (!prototype || !Object.getPrototypeOf(prototype)) return []
  const own = Object.entries(Object.getOwnPropertyDescriptors(prototype))
    .filter(([name, { value }]) => name !== 'constructor' && typeof value === 'function')
  return [...own.map(([name]) => name), ...methodsOf(prototype)]
}

export class Peer {
  #port
  #gives
  #next = 1
  /** What the other end may refer to, by id; 0 is where it begins. @type {Map<number, { value: any, drop?(): void }>} */
  #mine = new Map()
  /** The fields of objects of #mine as the other end knows them. @type {Map<number, Record<string, any>>} */
  #shown = new Map()
  /** Stand-ins for what is at the other end. @type {Map<number, WeakRef<any>>} */
  #theirs = new Map()
  /** @type {WeakMap<any, number>} */
  #ids = new WeakMap()
  /** @type {WeakMap<AbortSignal, AbortController>} */
  #controllers = new WeakMap()
  /** @type {FinalizationRegistry<number>} */
  #garbage = new FinalizationRegistry((id) => {
    this.#theirs.delete(id)
    if (!this.#ended) this.#port.post({ drop: id }, [])
  })
  /** Calls without an answer yet. @type {Map<number, { done(value: any): void, fail(error: unknown): void }>} */
  #pending = new Map()
  /** @type {FecgError | undefined} */
  #ended
  /** Told when the other end is no more. @type {Set<(error: FecgError) => unknown>} */
  watchers = new Set()

  /**
   * @param {Port} port
   * @param {{ root?: object, gives?: boolean }} [options] root: what the other end begins with; gives: samples that are sent are
   *   given away rather than copied, which is right where nothing sent is used again
   */
  constructor(port, { root, gives = false } = {}) {
    this.#port = port
    this.#gives = gives
    if (root) this.#mine.set(0, { value: root })
  }

  /**
   * Calls a method of what a stand-in stands for, or without one of the other end's root.
   * @param {any} standIn
   * @param {string} method
   * @param {unknown[]} args
   * @param {boolean} [give] their typed arrays are given away rather than copied
   * @returns {Promise<any>}
   */
  call(standIn, method, args, give) {
    return this.#call(standIn ? /** @type {number} */ (this.#ids.get(standIn)) : 0, method, args, give)
  }

  /** @param {number} to @param {string | undefined} method undefined: a function is called itself @param {unknown[]} args @param {boolean} [give] */
  #call(to, method, args, give) {
    return new Promise((done, fail) => {
      if (this.#ended) return method === 'close' ? done(undefined) : fail(this.#ended) // what has ended is closed
      const call = this.#next++
      try {
        const { packed, transfer } = this.#pack(args, give)
        this.#port.post({ call, to, method, ...packed }, transfer)
      } catch (cause) {
        return fail(new FecgError('ARGUMENT', `cannot be passed to or from a worker: ${cause instanceof Error ? cause.message : cause}`, { cause }))
      }
      this.#pending.set(call, { done, fail })
      this.#port.hold?.(true)
    })
  }

  /** A message has come. @param {any} message */
  receive(message) {
    if ('call' in message) return void this.#serve(message)
    if ('drop' in message) {
      this.#mine.get(message.drop)?.drop?.()
      this.#mine.delete(message.drop)
      this.#shown.delete(message.drop)
    } else if ('abort' in message) {
      const signal = this.#theirs.get(message.abort)?.deref()
      if (signal) this.#controllers.get(signal)?.abort(this.#standIn(message.reason))
    } else {
      const call = this.#pending.get(message.answer)
      if (!call) return
      this.#pending.delete(message.answer)
      this.#port.hold?.(this.#pending.size > 0)
      for (const { id, fields } of message.changes) Object.assign(this.#theirs.get(id)?.deref() ?? {}, fields)
      if ('error' in message) call.fail(this.#standIn(message.error))
      else call.done(this.#unpack(message))
    }
  }

  /** The other end is no more: calls that wait, and those to come, fail with the error. @param {FecgError} error */
  end(error) {
    if (this.#ended) return
    this.#ended = error
    for (const watch of this.watchers) watch(error)
    for (const { fail } of this.#pending.values()) fail(error)
    this.#pending.clear()
    this.#port.hold?.(false)
    for (const { drop } of this.#mine.values()) drop?.()
    this.#mine.clear()
  }

  /** @param {Packed & { call: number, to: number, method?: string }} message */
  async #serve({ call, to, method, ...packed }) {
    const answer = (/** @type {object} */ content, /** @type {ArrayBuffer[]} */ transfer = []) => {
      if (!this.#ended) this.#port.post({ answer: call, changes: this.#changes(), ...content }, transfer)
    }
    try {
      const target = this.#mine.get(to)?.value
      const args = this.#unpack(packed)
      const { packed: value, transfer } = this.#pack(await (method === undefined ? target(...args) : target[method](...args)))
      answer(value, transfer)
    } catch (error) {
      answer({ error: this.#refer(error, 'error') })
    }
  }

  /** Objects whose fields are other ones than the other end knows. */
  #changes() {
    return [...this.#shown].flatMap(([id, shown]) => {
      const fields = fieldsOf(this.#mine.get(id)?.value)
      const changed = Object.entries(fields).filter(([name, field]) => field !== shown[name])
      if (changed.length === 0) return []
      this.#shown.set(id, fields)
      return [{ id, fields: Object.fromEntries(changed) }]
    })
  }

  /** @param {any} whole @param {boolean} [give] */
  #pack(whole, give = this.#gives) {
    /** @type {Packed['refs']} */
    const refs = []
    /** @type {Set<ArrayBuffer>} */
    const transfer = new Set()
    /** @type {(v: any, path: (string | number)[]) => any} */
    const walk = (v, path) => {
      if (typeof v !== 'function' && (typeof v !== 'object' || v === null)) return v
      if (v instanceof URL) return v.href
      if (v instanceof Blob || v instanceof WebAssembly.Module) return v
      if (v instanceof ArrayBuffer || ArrayBuffer.isView(v)) {
        const sent = give && isWhole(v) ? v : copied(v)
        transfer.add(/** @type {ArrayBuffer} */ (ArrayBuffer.isView(sent) ? sent.buffer : sent))
        return sent
      }
      // A long list of numbers is not gone through: a list is of one kind, but for that of the arguments.
      if (Array.isArray(v)) return path.length === 0 || Object(v[0]) === v[0] ? v.map((e, i) => walk(e, [...path, i])) : v
      if (typeof v === 'object' && isPlain(v) && !this.#ids.has(v)) {
        return Object.fromEntries(Object.entries(v).map(([key, e]) => [key, walk(typeof e === 'function' ? e.bind(v) : e, [...path, key])]))
      }
      refs.push({ path, ref: this.#refer(v) })
      return null
    }
    return { packed: { value: walk(whole, []), refs }, transfer: [...transfer] }
  }

  /** @param {Packed} packed */
  #unpack({ value, refs }) {
    const whole = { value }
    for (const { path, ref } of refs) {
      const way = ['value', ...path]
      const last = /** @type {string | number} */ (way.pop())
      const holder = way.reduce((/** @type {any} */ v, key) => v[key], whole)
      holder[last] = this.#standIn(ref)
    }
    return whole.value
  }

  /** @param {any} value @param {'error'} [kind] an error is whatever was thrown @returns {Reference | Back} */
  #refer(value, kind) {
    const theirs = Object(value) === value ? this.#ids.get(value) : undefined
    if (theirs !== undefined) return { yours: theirs }
    const id = this.#next++
    this.#mine.set(id, { value })
    if (kind === 'error') {
      const { name, message = String(value), stack, cause } = value ?? {}
      const told = value instanceof FecgError ? { code: value.code, offset: value.offset, file: value.file } : null
      return { id, kind, name, message, stack, told, cause: cause instanceof Error ? this.#refer(cause, 'error') : null }
    }
    if (typeof value === 'function') return { id, kind: 'function' }
    if (isSignal(value)) {
      const abort = () => this.#port.post({ abort: id, reason: this.#refer(value.reason, 'error') }, [])
      value.addEventListener('abort', abort)
      this.#mine.set(id, { value, drop: () => value.removeEventListener('abort', abort) })
      return { id, kind: 'signal', reason: value.aborted ? this.#refer(value.reason, 'error') : null }
    }
    const fields = fieldsOf(value)
    this.#shown.set(id, fields)
    return { id, kind: 'object', fields, methods: methodsOf(value) }
  }

  /** What is used here in place of what is at the other end. @param {Reference | Back} ref */
  #standIn(ref) {
    if ('yours' in ref) return this.#mine.get(ref.yours)?.value
    const standIn = this.#made(ref)
    this.#theirs.set(ref.id, new WeakRef(standIn))
    this.#ids.set(standIn, ref.id)
    this.#garbage.register(standIn, ref.id)
    return standIn
  }

  /** @param {Reference} ref @returns {any} */
  #made({ id, kind, ...more }) {
    if (kind === 'function') {
      return (/** @type {unknown[]} */ ...args) => {
        const result = this.#call(id, undefined, args)
        result.catch(() => {}) // progress is told without waiting; who waits hears of a failure all the same
        return result
      }
    }
    if (kind === 'signal') {
      const controller = new AbortController()
      this.#controllers.set(controller.signal, controller)
      if (more.reason) controller.abort(this.#standIn(more.reason))
      return controller.signal
    }
    if (kind === 'error') {
      const { name, message, stack, told } = more
      const cause = more.cause ? this.#standIn(more.cause) : undefined
      return told ? new FecgError(told.code, message, { ...told, cause })
        : Object.defineProperties(new Error(message, cause && { cause }), { name: { value: name }, stack: { value: stack } })
    }
    const standIn = { ...more.fields }
    for (const method of more.methods) {
      // The arrow holds the stand-in, so that what it stands for stays while a method of it is at hand.
      standIn[method] = (/** @type {unknown[]} */ ...args) => this.call(standIn, method, args)
    }
    return standIn
  }
}
