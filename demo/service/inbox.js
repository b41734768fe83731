// inbox.js — what patches sent, as files of a folder: one a bundle, named by the SHA-256 of what is in it and by nothing that came
// from outside. A file is there whole or not at all, and on the disk before the sender hears of it. Whatever reads the folder (a FHIR
// server's loader, a sync job) may take files away.
import { createHash, randomUUID } from 'node:crypto'
import { link, mkdir, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Refusal } from './errors.js'

const PART = '.part', FULL = ['ENOSPC', 'EDQUOT', 'EFBIG']

export class Inbox {
  #folder
  #most
  #files

  /** @param {string} folder @param {number} most @param {number} files that are there */
  constructor(folder, most, files) {
    this.#folder = folder
    this.#most = most
    this.#files = files
  }

  /**
   * The inbox in a folder, which is made where there is none. What a crash left half written goes.
   * @param {string} folder @param {number} most files: a disk is not filled by whoever likes
   */
  static async open(folder, most) {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const names = await readdir(folder)
    for (const name of names) if (name.endsWith(PART)) await rm(join(folder, name))
    return new Inbox(folder, most, names.filter((name) => name.endsWith('.json')).length)
  }

  /**
   * Keeps a bundle. The same one again is the same file.
   * @param {object} bundle
   * @returns {Promise<{ sha256: string, isNew: boolean }>}
   */
  async put(bundle) {
    const body = JSON.stringify(bundle)
    const sha256 = createHash('sha256').update(body).digest('hex')
    const whole = join(this.#folder, `${sha256}.json`), part = join(this.#folder, `${randomUUID()}${PART}`)
    if (this.#files >= this.#most) {
      this.#files = (await readdir(this.#folder)).filter((name) => name.endsWith('.json')).length // they may have been taken away
      if (this.#files >= this.#most) throw new Refusal(507, 'FULL', `the inbox holds ${this.#files} bundles, as many as it may`)
    }
    try {
      const file = await open(part, 'wx', 0o600)
      try {
        await file.writeFile(body)
        await file.sync()
      } finally {
        await file.close()
      }
      const isNew = await link(part, whole).then(() => true, (error) => { // unlike a rename it takes the place of nothing
        if (error.code === 'EEXIST') return false
        throw error
      })
      if (isNew) this.#files++
      await this.#settle()
      return { sha256, isNew }
    } catch (error) {
      throw FULL.includes(/** @type {any} */ (error).code) ? new Refusal(507, 'FULL', 'the disk of the inbox is full') : error
    } finally {
      await rm(part, { force: true })
    }
  }

  /** Names are on the disk, too. */
  async #settle() {
    const folder = await open(this.#folder, 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  }
}
