// outbox.js — what is to be sent, in the storage of this browser until it has arrived: in order, each once, over lost networks and
// closed pages. One page sends at a time; a bundle that arrived and whose answer was lost is sent again, which the service takes as the same.

const NAME = 'fetal-ecg-outbox'
const FIRST_S = 2, LONGEST_S = 60 // between two tries
const PATIENCE_S = 20 // for an answer
/** What will not be taken however often it is sent. */
const FINAL = [400, 413, 415, 422]

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const done = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result)
  request.onerror = () => reject(request.error)
})

/** @typedef {{ waiting: number, refused: number, sent: number, last: Date | null, reached: boolean }} Told sent, last: by this page; reached: the last try got an answer */

export class Outbox {
  #base
  #url
  #onchange
  #sent = 0
  /** @type {Date | null} */
  #last = null
  #reached = true
  #pause = FIRST_S
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer
  #sending = false
  #again = false

  /** @param {IDBDatabase} base @param {string} url @param {(told: Told) => unknown} onchange */
  constructor(base, url, onchange) {
    this.#base = base
    this.#url = url
    this.#onchange = onchange
    addEventListener('online', () => this.send())
  }

  /** @param {string} url @param {(told: Told) => unknown} onchange */
  static async open(url, onchange) {
    const opening = indexedDB.open(NAME, 1)
    opening.onupgradeneeded = () => {
      for (const store of ['waiting', 'refused']) opening.result.createObjectStore(store, { autoIncrement: true })
    }
    const outbox = new Outbox(await done(opening), url, onchange)
    outbox.send() // what an earlier page left
    return outbox
  }

  /** @param {'waiting' | 'refused'} name @param {IDBTransactionMode} [mode] */
  #store(name, mode) {
    return this.#base.transaction(name, mode).objectStore(name)
  }

  async #tell() {
    const [waiting, refused] = await Promise.all([done(this.#store('waiting').count()), done(this.#store('refused').count())])
    this.#onchange({ waiting, refused, sent: this.#sent, last: this.#last, reached: this.#reached })
  }

  /** Takes a bundle; once this resolves, it outlives the page. @param {object} bundle */
  async add(bundle) {
    const transaction = this.#base.transaction('waiting', 'readwrite', { durability: 'strict' })
    transaction.objectStore('waiting').add(JSON.stringify(bundle))
    await new Promise((/** @type {(v?: unknown) => void} */ resolve, reject) => {
      transaction.oncomplete = () => resolve()
      transaction.onabort = () => reject(transaction.error)
    })
    this.send()
  }

  /** Sends what waits, unless that is under way. */
  async send() {
    this.#again = true
    if (this.#sending) return
    this.#sending = true
    clearTimeout(this.#timer)
    try {
      while (this.#again) {
        this.#again = false
        await navigator.locks.request(NAME, () => this.#sendAll())
      }
    } catch {
      this.#timer = setTimeout(() => this.send(), 1000 * LONGEST_S) // a storage that fails; what it holds it still holds
    } finally {
      this.#sending = false
    }
  }

  async #sendAll() {
    for (;;) {
      await this.#tell()
      const cursor = await done(this.#store('waiting').openCursor())
      if (!cursor) return
      const { key, value } = cursor
      const response = await fetch(this.#url, { method: 'POST', body: value, headers: { 'content-type': 'application/fhir+json' }, signal: AbortSignal.timeout(1000 * PATIENCE_S) }).catch(() => null)
      this.#reached = response !== null
      if (!response || !(response.ok || FINAL.includes(response.status))) return this.#later(Number(response?.headers.get('retry-after')) || 0)
      if (response.ok) {
        this.#sent++
        this.#last = new Date()
      } else await done(this.#store('refused', 'readwrite').add(value))
      await done(this.#store('waiting', 'readwrite').delete(key))
      this.#pause = FIRST_S
    }
  }

  /** @param {number} least_s as the service asks */
  async #later(least_s) {
    this.#timer = setTimeout(() => this.send(), 1000 * Math.max(this.#pause, least_s))
    this.#pause = Math.min(2 * this.#pause, LONGEST_S)
    await this.#tell()
  }
}
