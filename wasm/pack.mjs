// pack.mjs — `npm run pack`: the tarball as it is published, built from source, in build/package; and installed in
// build/package/app as a user would install it. tests/package and tests/demo try this one; `npm publish TARBALL` sends it.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { command, main, root, setup, step } from './setup.mjs'

const folder = join(root, 'build', 'package')
const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const shell = process.platform === 'win32'

/** Where it is. */
export const tarball = join(folder, `${name}-${version}.tgz`)
/** A folder with the tarball installed: programs that lie in it can `import 'fetal-ecg'`. */
export const app = join(folder, 'app')

export async function pack() {
  await step(`packing ${name}-${version}.tgz`, () => {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(app, { recursive: true })
    command('npm', ['run', '--silent', 'types'], { shell })
    command('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { shell })
    writeFileSync(join(app, 'package.json'), '{ "private": true, "type": "module" }\n')
    command('npm', ['install', '--no-audit', '--no-fund', '--offline', tarball], { cwd: app, shell })
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(async () => {
    await setup()
    await pack()
    console.log(tarball)
  })
}
