// start.mjs — `npm start`: sets up, builds, and shows the main job: the fetal heart rate from an
// abdominal ECG. Without arguments on a simulated example; `npm start -- FILE [options]` on a file.
import { spawnSync } from 'node:child_process'
import { join, relative } from 'node:path'
import { main, root, setup } from './setup.mjs'

const cli = join(root, 'js', 'cli.js')

function fecg(args, cwd) {
  console.log(`\n$ fecg ${args.join(' ')}`)
  return spawnSync(process.execPath, [cli, ...args], { cwd, stdio: 'inherit' }).status ?? 4
}

await main(async () => {
  await setup()
  const given = process.argv.slice(2)
  // npm runs scripts in the package's folder; file names are meant where the person stands.
  if (given.length) return fecg(['extract', ...given], process.env.INIT_CWD ?? process.cwd())
  const example = relative(root, join(root, 'build', 'example.edf'))
  return fecg(['simulate', example, '--seed', '1', '--seconds', '60'], root) || fecg(['extract', example], root)
})
