// storage-worker.js — writes one file of the browser's storage, each piece at once. While it lives it holds the lock of the file's
// name, which the browser lets go when the page ends, however it ends.

/** @type {any} a FileSystemSyncAccessHandle */
let file = null
let letGo = () => {}

/** Whether the lock was free. @param {string} name */
function lock(name) {
  return new Promise((/** @type {(free: boolean) => void} */ done) => {
    navigator.locks.request(name, { ifAvailable: true }, (given) => {
      done(given !== null)
      return given && new Promise((/** @type {(v?: unknown) => void} */ end) => { letGo = end })
    })
  })
}

/** A file that is new, and locked. @param {string} wanted @param {string} folder */
async function open(wanted, folder) {
  const root = await navigator.storage.getDirectory()
  const there = await root.getDirectoryHandle(folder, { create: true })
  const [, stem, ending] = /** @type {RegExpMatchArray} */ (wanted.match(/^(.*?)(\.[^.]*)?$/s))
  for (let n = 1; ; n++) {
    const name = n === 1 ? wanted : `${stem}-${n}${ending ?? ''}`
    if (!await lock(`${folder}/${name}`)) continue
    const taken = await there.getFileHandle(name).then(() => true, () => false)
    if (!taken) {
      file = await /** @type {any} */ (await there.getFileHandle(name, { create: true })).createSyncAccessHandle()
      return name
    }
    letGo()
  }
}

/** @param {Uint8Array} bytes @param {number} at */
function write(bytes, at) {
  const n = file.write(bytes, { at })
  if (n < bytes.length) throw new DOMException('no room', 'QuotaExceededError')
  file.flush()
}

/** @param {number} size */
function finish(size) {
  file.truncate(size)
  file.flush()
  file.close()
  letGo()
}

/** @type {Promise<unknown>} */
let last = Promise.resolve()

globalThis.onmessage = ({ data }) => {
  last = last.then(async () => {
    try {
      const value = 'open' in data ? await open(data.open, data.folder) : 'finish' in data ? finish(data.finish) : write(data.bytes, data.at)
      globalThis.postMessage({ value })
    } catch (error) {
      const { name, message } = /** @type {Error} */ (error)
      globalThis.postMessage({ full: name === 'QuotaExceededError', error: message || name })
    }
  })
}
