// policy.mjs — the Content-Security-Policy of the page: scripts, styles, workers and data from its own folder and nowhere
// else, nothing inline, no form, no frame. 'wasm-unsafe-eval' lets WebAssembly compile; JavaScript's eval stays forbidden.
const RULES = ["default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "style-src 'self'", "img-src 'self' blob: data:", "connect-src 'self'",
  "worker-src 'self'", "manifest-src 'self'", "font-src 'self'", "base-uri 'none'", "form-action 'none'"]

/** For <meta>, which any static host delivers. */
export const POLICY = RULES.join('; ')

/** As a header, for hosts that can send one; a browser takes frame-ancestors from a header alone. */
export const HEADER = [...RULES, "frame-ancestors 'none'"].join('; ')
