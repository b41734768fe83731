// batch.js — `npm run bench:batch`: an archive with one thread and with two, as a ratio from the same run. The shortest of
// several turns counts, because whatever else the machine does only makes a turn longer. The ratio of processor time says what
// the second thread costs where both have a core of their own.
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
  console.log('threads  wall s  processor s  cores used')
  const best = {}
  for (let turn = 0; turn < turns; turn++) {
    for (const jobs of [1, 2]) {
      const out = join(folder, `out-${jobs}-${turn}`)
      const start = performance.now()
      const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', METER, cli, 'batch', manifest, '--out', out, '--jobs', String(jobs), '--quiet'], { encoding: 'utf8' })
      const wall = (performance.now() - start) / 1000, cpu = Number(stdout)
      if (status !== 0 || readFileSync(join(out, 'results.ndjson'), 'utf8').split('\n').length !== count + 1) throw new Error(`status ${status}: ${stderr}`)
      console.log(`${String(jobs).padStart(7)}  ${wall.toFixed(2).padStart(6)}  ${cpu.toFixed(2).padStart(11)}  ${(cpu / wall).toFixed(2).padStart(10)}`)
      best[jobs] = { wall: Math.min(wall, best[jobs]?.wall ?? Infinity), cpu: Math.min(cpu, best[jobs]?.cpu ?? Infinity) }
    }
  }
  const [one, two] = [best[1], best[2]]
  console.log(`2 threads are ${(one.wall / two.wall).toFixed(2)} times as fast as one: ${one.wall.toFixed(2)} s, ${two.wall.toFixed(2)} s (shortest of ${turns})`)
  console.log(`by processor time ${(2 * one.cpu / two.cpu).toFixed(2)} times: ${one.cpu.toFixed(2)} s, ${two.cpu.toFixed(2)} s on two cores`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
