// lighthouse.mjs — `npm run lighthouse`: Lighthouse's scores of the page as `npm run demo` serves it, on its slow simulated phone
// and on a desktop; the best and the median of several visits, each with an empty profile. `-- RUNS` says how many. A timing on a
// shared machine, so no test; Lighthouse is fetched for the run (12.8, the last for node 20), because it is larger than all else.
import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from '../../demo/build.mjs'
import { serve } from '../../demo/serve.mjs'
import { main, root, setup } from '../../wasm/setup.mjs'
import { program } from './browsers.js'

const MEASURES = { FCP: 'first-contentful-paint', LCP: 'largest-contentful-paint', TBT: 'total-blocking-time', SI: 'speed-index' }

await main(async () => {
  await setup({ browser: true })
  const runs = Number(process.argv[2] ?? 5)
  const folder = join(root, 'build', 'lighthouse')
  mkdirSync(folder, { recursive: true })
  await build()
  const { address, close } = await serve(join(root, 'dist', 'demo'))
  console.log('| as | visit | performance | accessibility | best practices | seo | FCP ms | LCP ms | TBT ms | SI ms | CLS |')
  console.log(`| --- | --- ${'| ---: '.repeat(9)}|`)
  for (const form of ['phone', 'desktop']) {
    const reports = []
    for (let i = 1; i <= runs; i++) {
      const file = join(folder, `${form}-${i}.json`)
      await promisify(execFile)('npx', ['--yes', 'lighthouse@12.8', address, '--quiet', '--output=json', `--output-path=${file}`,
        '--chrome-flags=--headless=new --no-sandbox', ...(form === 'desktop' ? ['--preset=desktop'] : [])],
      { cwd: folder, env: { ...process.env, CHROME_PATH: program('chromium') } })
      reports.push(JSON.parse(readFileSync(file, 'utf8')))
    }
    reports.sort((a, b) => b.categories.performance.score - a.categories.performance.score)
    for (const [words, { categories, audits }] of Object.entries({ best: reports[0], median: reports[runs >> 1] })) {
      const scores = ['performance', 'accessibility', 'best-practices', 'seo'].map((c) => Math.round(100 * categories[c].score))
      const times = Object.values(MEASURES).map((m) => audits[m].numericValue.toFixed(0))
      console.log(`| ${[form, words, ...scores, ...times, audits['cumulative-layout-shift'].numericValue.toFixed(3)].join(' | ')} |`)
    }
    for (const { categories, audits } of reports.slice(0, 1)) {
      for (const { auditRefs } of Object.values(categories)) for (const { id, weight } of auditRefs)
        if (weight && audits[id].score !== null && audits[id].score < 0.9) console.log(`  ${id}: ${audits[id].title} ${audits[id].displayValue ?? ''}`)
    }
  }
  await close()
  return 0
})
