// batch.js — `npm run bench:batch`: an archive with one thread and with two, as a ratio from the same run. The shortest of
// several turns counts, because whatever else the machine does only makes a turn longer. Where it is never quiet the wall clock
// says how it shares its cores out; by processor time a job takes what is not shared out, which the same command takes that
// finds all done, and half of the rest.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { archive } from '../js/batch.tools.js'

const { values } = parseArgs({ options: { turns: { type: 'string', default: '5' }, recordings: { type: 'string', default: '32' }, seconds: { type: 'string', default: '60' } } })
const turns = Number(values.turns), count = Number(values.recordings), seconds = Number(values.seconds)
const cli = fileURLToPath(new URL('../../js/cli.js', import.meta.url))
// Of the whole process, its threads included.
const METER = "data:text/javascript,process.on('exit',()=>{const{user,system}=process.cpuUsage();process.stdout.write(String((user+system)/1e6))})"

const folder = mkdtempSync(join(tmpdir(), 'fecg-bench-'))
try {
  const manifest = await archive(folder, count, { seconds, fs: 500, leads: 4 })
  console.log(`${count} recordings of ${seconds} s, 4 leads at 500 Hz; ${availableParallelism()} cores, load ${loadavg()[0].toFixed(1)} before`)
  console.log('          threads  wall s  processor s  cores used')
  /** Runs the command in a process of its own; the shortest time and the least work of all turns are kept. */
  const best = {}
  const measure = (name, out, ...more) => {
    const start = performance.now()
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', METER, cli, 'batch', manifest, '--out', out, '--quiet', ...more], { encoding: 'utf8' })
    const wall = (performance.now() - start) / 1000, cpu = Number(stdout)
    if (status !== 0 || readFileSync(join(out, 'results.ndjson'), 'utf8').split('\n').length !== count + 1) throw new Error(`status ${status}: ${stderr}`)
    console.log(`${name.padStart(17)}  ${wall.toFixed(2).padStart(6)}  ${cpu.toFixed(2).padStart(11)}  ${(cpu / wall).toFixed(2).padStart(10)}`)
    best[name] = { wall: Math.min(wall, best[name]?.wall ?? Infinity), cpu: Math.min(cpu, best[name]?.cpu ?? Infinity) }
  }
  for (let turn = 0; turn < turns; turn++) {
    for (const jobs of ['1', '2']) measure(jobs, join(folder, `out-${jobs}-${turn}`), '--jobs', jobs)
    measure('none, all is done', join(folder, `out-2-${turn}`), '--resume')
  }
  const [one, two, none] = [best[1], best[2], best['none, all is done']]
  const ideal = none.cpu + (two.cpu - none.cpu) / 2
  console.log(`2 threads are ${(one.wall / two.wall).toFixed(2)} times as fast as one by the clock: ${one.wall.toFixed(2)} s, ${two.wall.toFixed(2)} s (shortest of ${turns})`)
  console.log(`and ${(one.cpu / ideal).toFixed(2)} times by processor time: ${one.cpu.toFixed(2)} s; ${two.cpu.toFixed(2)} s, of which ${none.cpu.toFixed(2)} s are not shared out`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
