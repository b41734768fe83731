// main.js — starts the service: node main.js [--port N] [--host ADDRESS] [--inbox DIR] [--page DIR] [--threads N] [--timeout S].
// At SIGTERM or SIGINT it takes no more, finishes what it has, and ends.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { DEFAULTS, build } from './app.js'

const OPTIONS = /** @type {const} */ ({ port: { type: 'string', default: '8080' }, host: { type: 'string', default: '127.0.0.1' }, inbox: { type: 'string' }, page: { type: 'string' },
  threads: { type: 'string', default: String(DEFAULTS.threads) }, timeout: { type: 'string', default: String(DEFAULTS.timeout_s) } })

/** @param {string} name @param {string} text @param {number} least @param {number} most */
function number(name, text, least, most) {
  const value = Number(text)
  if (!(text.trim() && value >= least && value <= most && (Number.isInteger(value) || !Number.isInteger(least)))) throw new Error(`--${name} is ${Number.isInteger(least) ? 'a whole number' : 'a number'} from ${least} to ${most}, given ${text}`)
  return value
}

try {
  const { values } = parseArgs({ options: OPTIONS })
  const built = fileURLToPath(new URL('../../dist/patch', import.meta.url))
  const page = values.page !== undefined ? resolve(values.page) : values.inbox !== undefined && existsSync(built) ? built : undefined
  const port = number('port', values.port, 0, 65535), threads = number('threads', values.threads, 1, 256), timeout_s = number('timeout', values.timeout, 0.1, 3600)
  const app = await build({ inbox: values.inbox === undefined ? undefined : resolve(values.inbox), page, threads, timeout_s })
  for (const name of /** @type {const} */ (['SIGTERM', 'SIGINT'])) process.once(name, async () => {
    app.log.info({ signal: name }, 'ending')
    setTimeout(() => process.exit(1), 1000 * (timeout_s + DEFAULTS.arrival_s)).unref() // longer than any request may take
    await app.close()
    app.log.info('ended')
  })
  await app.listen({ port, host: values.host })
} catch (error) {
  console.error(/** @type {Error} */ (error).message)
  process.exitCode = 2
}
