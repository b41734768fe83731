// Twenty minutes of the soak run (npm run soak): a board's bytes become beats without a lost sample, in memory that does not grow.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faults, soak } from '../soak/day.js'

test('twenty minutes of eight leads through a fake board: nothing lost, nothing changed, the rate right, memory steady', async (t) => {
  const hours = await soak({ minutes: 20, every_s: 300 })
  assert.equal(hours.length, 4)
  assert.deepEqual(faults(hours, 20), [])
  t.diagnostic(`load of one core: ${hours.map((h) => (100 * h.load).toFixed(1)).join(', ')} %`)
})
