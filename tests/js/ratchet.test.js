// No change may make the figures of tests/eval/ratchet.json worse. Those on simulated recordings are
// always held; those on real recordings where ../shared/data is present.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measure } from '../eval/measures.js'
import { stored, worse } from '../eval/ratchet.js'

for (const [method, groups] of Object.entries(stored())) {
  const now = await measure({ method })
  for (const [group, figures] of Object.entries(groups)) {
    const skip = !now[group] && !group.startsWith('simulated ') && 'SKIPPED: the recordings of ../shared/data are absent, accuracy on them is not held'
    test(`${method}: ${group} is not worse than before`, { skip }, () => {
      for (const [key, before] of Object.entries(figures)) {
        const value = now[group]?.[key]
        assert.ok(value !== undefined && !worse(key, value, before), `${key} is ${value}, was ${before}`)
      }
    })
  }
}

test('the ratchet knows better from worse', () => {
  assert.ok(worse('f1_mean', 0.9, 0.95) && !worse('f1_mean', 0.95, 0.95) && !worse('f1_mean', 1, 0.95))
  assert.ok(worse('mae_ms', 3.1, 3) && !worse('mae_ms', 2.9, 3))
  assert.ok(worse('f1_mean', null, 0.5))
})
