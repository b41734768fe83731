#!/usr/bin/env node
/**
 * fecg, the program; what it does is in cli/main.js. Apart, so that a checkout that was never built, which lacks a script that the
 * build writes, says so in a line rather than by a stack.
 */
try {
  await import('./cli/main.js')
} catch (error) {
  if (error.code !== 'ERR_MODULE_NOT_FOUND' || !error.url?.endsWith('/js/relaxed.js')) throw error
  process.stderr.write('fecg: js/relaxed.js is not there; npm run build makes it\n')
  process.exitCode = 4
}
