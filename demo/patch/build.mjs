// build.mjs — `node demo/patch/build.mjs`: the patch's page into dist/patch, for the service or any other host; bundled as the other page is.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { main, root, setup } from '../../wasm/setup.mjs'
import { bundle } from '../build.mjs'
import { POLICY } from '../policy.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))

/**
 * @param {string} [folder]
 * @param {{ every_s?: number }} [options] seconds between two that are sent; undefined: as index.html has it
 */
export async function build(folder = join(root, 'dist', 'patch'), { every_s } = {}) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  await bundle(['patch.js', 'patch.css'].map((file) => join(here, file)), join(folder, 'code'))
  const changes = [[/"(patch\.(?:js|css))"/g, '"code/demo-patch-$1"'], [/(<meta charset="utf-8">)/, `$1\n  <meta http-equiv="content-security-policy" content="${POLICY}">`],
    ...(every_s === undefined ? [] : [[/data-every-s="\d+"/, `data-every-s="${every_s}"`]])]
  const html = changes.reduce((text, [from, to]) => {
    if (!text.match(from)) throw new Error(`demo/patch/index.html has nothing like ${from}`)
    return text.replace(from, /** @type {string} */ (to))
  }, readFileSync(join(here, 'index.html'), 'utf8'))
  writeFileSync(join(folder, 'index.html'), html)
  cpSync(join(here, '..', 'icon.svg'), join(folder, 'icon.svg'))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(async () => {
    await setup()
    await build()
    console.log('dist/patch: the page; npm start in demo/service serves it')
  })
}
