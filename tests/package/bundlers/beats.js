// beats.js — what every build of the page has to find, and node beside it: the beats of twenty simulated seconds.

/** @param {import('fetal-ecg').Fecg | import('fetal-ecg/worker').Fecg} fecg */
export async function beats(fecg) {
  const { fs, leads, chunks } = await fecg.simulate({ seed: 5, seconds: 20 })
  const rows = []
  for await (const { mixture } of chunks({ seconds: 20 })) rows.push(mixture)
  const { fetal, maternal, version } = await fecg.extract(await fecg.read({ fs, leads, samples: rows[0] }))
  return { fetal: fetal.peaks_s, maternal: maternal.peaks_s, model: version.model_sha256 }
}
