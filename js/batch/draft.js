// draft.js — a file that appears under its name only when it is whole and on the disk.
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

const BUFFER = 1 << 16 // characters

/** A file that appears under its name only when it is whole; discard() in the end, whatever has happened. */
export class Draft {
  #handle
  #path
  #draft
  #text = ''
  #open = true

  /** @param {any} handle a FileHandle: declarations do not name it, so that programs need no types of node @param {string} path @param {string} draft */
  constructor(handle, path, draft) {
    this.#handle = handle
    this.#path = path
    this.#draft = draft
  }

  /** Begins it; its folder is there. @param {string} path @param {string} [ending] of the name that it has until then; one that is there is overwritten */
  static async create(path, ending = 'part') {
    const draft = `${path}.${ending}`
    return new Draft(await open(draft, 'w'), path, draft)
  }

  /** Appends. @param {string} text */
  async write(text) {
    this.#text += text
    if (this.#text.length >= BUFFER) await this.#flush()
  }

  async #flush() {
    await this.#handle.appendFile(this.#text)
    this.#text = ''
  }

  /** From now on the file is there, also after a loss of power. */
  async done() {
    await this.#flush()
    await this.#handle.sync()
    await this.#close()
    await rename(this.#draft, this.#path)
    const folder = await open(dirname(this.#path), 'r').catch(() => null) // Windows opens no folders
    await folder?.sync().catch(() => {})
    await folder?.close()
  }

  /** Removes what has not been done(). */
  async discard() {
    if (!this.#open) return
    await this.#close()
    await rm(this.#draft, { force: true })
  }

  async #close() {
    this.#open = false
    await this.#handle.close()
  }
}
