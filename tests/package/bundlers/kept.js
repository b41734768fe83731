// kept.js — where a page of the build records: 'storage' only if the script of its own worker is found.
import { pageTarget } from 'fetal-ecg/serial'

export async function kept() {
  const { kept, discard } = await pageTarget('recording.edf')
  await discard()
  return kept
}
