// store.js — what the page remembers on this device. A browser that remembers nothing is as good.
const PREFIX = 'fetal-ecg:'

/** @param {string} key @returns {any} null: nothing is remembered */
export function recall(key) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + key) ?? 'null')
  } catch {
    return null
  }
}

/** @param {string} key @param {unknown} value null: forgotten */
export function remember(key, value) {
  try {
    if (value === null) localStorage.removeItem(PREFIX + key)
    else localStorage.setItem(PREFIX + key, JSON.stringify(value))
  } catch { /* full, or not allowed: then it is asked again next time */ }
}
