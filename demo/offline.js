// offline.js — makes the page work without a network from the first visit on, where the browser can.

/** Resolves to whether the page is kept; a browser that keeps nothing shows the page all the same. @returns {Promise<boolean>} */
export async function keepOffline() {
  try {
    await navigator.serviceWorker.register('service-worker.js', { updateViaCache: 'none' })
    await navigator.serviceWorker.ready
    return true
  } catch {
    return false
  }
}
