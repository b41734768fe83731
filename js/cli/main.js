/**
 * fecg: the command line. Picks the command, runs it, and turns what went wrong into one line on
 * standard error and an exit status: 0 done, 2 wrong usage, 3 input that cannot be read, 4 a fault.
 */
import { readFileSync } from 'node:fs'
import { COMMANDS, help, hint, parse, usage, UsageError } from './args.js'
import { batchCommand } from './batch.js'
import { classifyCommand } from './classify.js'
import { denoiseCommand } from './denoise.js'
import { evalCommand } from './eval.js'
import { extractCommand } from './extract.js'
import { infoCommand } from './info.js'
import { liveCommand } from './live.js'
import { Session } from './session.js'
import { simulateCommand } from './simulate.js'

const RUN = { extract: extractCommand, classify: classifyCommand, denoise: denoiseCommand, batch: batchCommand, eval: evalCommand, simulate: simulateCommand, info: infoCommand, live: liveCommand }
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))

async function main(session, args) {
  const [command, ...rest] = args
  try {
    if (command === undefined) {
      session.say(usage(version))
      return 2
    }
    if (command === '--help' || command === '-h' || command === 'help') {
      session.print((Object.hasOwn(COMMANDS, rest[0] ?? '') ? help(rest[0]) : usage(version)) + '\n')
      return 0
    }
    if (command === '--version' || command === '-V') {
      session.print(`${version}\n`)
      return 0
    }
    if (!Object.hasOwn(COMMANDS, command))
      throw new UsageError(`no command "${command}"${hint(command, Object.keys(COMMANDS)) || `; commands are ${Object.keys(COMMANDS).join(', ')}`}`)
    const { files, options } = parse(command, rest)
    if (options.help) session.print(help(command) + '\n')
    else await RUN[command](session, files, options)
    return 0
  } catch (error) {
    return session.fail(error, Object.hasOwn(COMMANDS, command) ? command : null)
  }
}

const session = new Session(process.stdout, process.stderr)
session.raise(await main(session, process.argv.slice(2)))
await session.end()
process.exitCode = session.status
