// A hand-made result of schema fecg.extract/1: rate with gaps, interpolated beats, an averaged beat.
const bell = (x, at, width, height) => height * Math.exp(-((x - at) ** 2) / (2 * width * width))

export function exampleResult({ present = true, seconds = 300, attributed = false } = {}) {
  const fhr = t => 138 + 6 * Math.sin(t / 9) + 3 * Math.sin(t / 2.3)
  const silent = t => (t > 60 && t < 75) || (t > 200 && t < 204)
  const peaks_s = [], interpolated = []
  for (let t = 0.2, k = 0; t < seconds; t += 60 / fhr(t), k++) {
    if (silent(t)) continue
    peaks_s.push(Number(t.toFixed(4)))
    interpolated.push(k % 41 === 40)
  }
  const t_s = Array.from({ length: seconds * 4 }, (_, i) => i / 4)
  const beat_t = Array.from({ length: 201 }, (_, i) => -0.12 + i / 500)
  const none = { peaks_s: [], confidence: [], interpolated: [], rate: { t_s, bpm: t_s.map(() => null) }, summary: { baseline_bpm: null, stv_ms: null, ltv_bpm: null, coverage: 0 }, events: [], beat: null }
  const found = {
    peaks_s, interpolated, confidence: interpolated.map(guess => (guess ? 0.3 : 0.95)),
    rate: { t_s, bpm: t_s.map(t => (silent(t) ? null : fhr(t))) },
    summary: { baseline_bpm: 138.2, stv_ms: 6.4, ltv_bpm: 11.2, coverage: 0.937 }, events: [],
    beat: {
      fs: 500, t_s: beat_t, uv: beat_t.map(x => bell(x, -0.075, 0.012, 1.6) + bell(x, 0, 0.007, 18) - bell(x, 0.014, 0.006, 6) + bell(x, 0.17, 0.025, 2.2)),
      pr_ms: 98, pr_ms_sd: 6, qrs_ms: 48, qrs_ms_sd: 4, qt_ms: 231, qt_ms_sd: 9,
    },
  }
  return {
    schema: 'fecg.extract/1', source: { file: 'r01.edf', fs: 1000, duration_s: seconds, leads: ['Abdomen_1', 'Abdomen_2', 'Abdomen_3', 'Abdomen_4'] }, method: attributed ? 'fhnet' : 'classical',
    maternal: { peaks_s: Array.from({ length: Math.floor(seconds / 0.72) }, (_, i) => 0.4 + 0.72 * i), rate: { t_s, bpm: t_s.map(() => 83.3) } },
    fetal: { present, ...(present ? found : none) },
    quality: {
      fetal: present ? 0.97 : 0.05, reason: present ? null : 'NO_FETUS',
      leads: [['Abdomen_1', 0.93, 'ok'], ['Abdomen_2', 0.4, 'noisy'], ['Abdomen_3', 0.81, 'ok'], ['Abdomen_4', 0.02, 'flat']].map(([label, quality, state]) => ({ label, quality, state })),
    },
    attribution: attributed ? {
      leads: [['Abdomen_1', 0.52], ['Abdomen_2', 0.07], ['Abdomen_3', 0.41], ['Abdomen_4', 0]].map(([label, contribution]) => ({ label, contribution })),
      t_s, time: t_s.map(t => (silent(t) ? null : Math.max(0, Math.min(1, 0.7 + 0.25 * Math.sin(t / 17) - bell(t, 130, 6, 0.6))))),
    } : null,
    diagnostics: [{ code: 'LEADS_ASSUMED', message: 'no label says abdominal', offset: null }],
    version: { engine: '0.1.0', model: attributed ? 'fhnet' : null, model_sha256: attributed ? '5f'.repeat(32) : null, simd: 'simd128' },
  }
}
