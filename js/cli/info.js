/**
 * fecg info: what is in a recording, and which of its channels extract would take.
 */
import { chooseLeads } from '../leads.js'
import { clock } from '../words.js'
import { openRecording } from './files.js'
import { fixed, plain, table } from './text.js'

export async function infoCommand(session, files, options) {
  await session.eachFile(files, options, async (file, { json, fecg }) => {
    const document = await info(session, fecg, file, options)
    await json?.(document)
    if (options.json !== '-') session.print(`${session.reports++ ? '\n' : ''}${words(document, session.colours)}`)
  })
}

/** One pass over the whole recording, so that what is damaged far behind is told too. */
async function info(session, fecg, file, options) {
  const recording = await openRecording(fecg, file, options)
  try {
    const seen = recording.channels.map(() => ({ n: 0, gaps: 0, lo: Infinity, hi: -Infinity }))
    for await (const { samples } of recording.blocks({ signal: session.signal })) {
      samples.forEach((block, c) => {
        const s = seen[c]
        s.n += block.length
        for (const v of block) {
          if (Number.isNaN(v)) s.gaps++
          else {
            if (v < s.lo) s.lo = v
            if (v > s.hi) s.hi = v
          }
        }
      })
    }
    const labels = {}
    for (const a of recording.annotations) labels[a.text] = (labels[a.text] ?? 0) + 1
    const diagnostics = [...recording.diagnostics]
    let leads = []
    try {
      const chosen = chooseLeads(recording.channels, options.leads)
      leads = chosen.channels.map(c => recording.channels[c].label)
      diagnostics.push(...chosen.diagnostics)
    } catch (error) {
      if (options.leads) throw error
      diagnostics.push({ code: error.code, message: error.message, offset: null })
    }
    const { format, duration_s } = recording
    return {
      schema: 'fecg.info/1', source: { file }, format,
      duration_s: duration_s ?? Math.max(...recording.channels.map((c, i) => seen[i].n / c.fs)),
      channels: recording.channels.map((c, i) => ({
        label: c.label, unit: c.unit, fs: c.fs, phys_min_uv: c.phys_min_uv, phys_max_uv: c.phys_max_uv, samples: seen[i].n,
        min_uv: seen[i].lo <= seen[i].hi ? seen[i].lo : null, max_uv: seen[i].lo <= seen[i].hi ? seen[i].hi : null, gap_samples: seen[i].gaps,
      })),
      annotations: { count: recording.annotations.length, labels },
      leads, diagnostics, version: { engine: fecg.version, simd: fecg.simd },
    }
  } finally {
    await recording.close()
  }
}

function words({ source, format, duration_s, channels, annotations, leads, diagnostics }, c) {
  const rates = [...new Set(channels.map(ch => ch.fs))].map(fs => `${Number(fs.toFixed(3))} Hz`).join(', ')
  const lines = [`${c.bold(plain(source.file))}  ${c.dim(`${format} · ${clock(duration_s)} · ${channels.length} channel${channels.length === 1 ? '' : 's'} · ${rates}`)}`, '']
  const rows = channels.map((ch, i) => [plain(ch.label), String(i), plain(ch.unit) || '–', `${Number(ch.fs.toFixed(3))} Hz`,
    ch.min_uv === null ? 'no samples' : `${fixed(ch.min_uv, 1)} to ${fixed(ch.max_uv, 1)} µV`,
    ch.gap_samples ? `${fixed(100 * ch.gap_samples / ch.samples, 2)} % gaps` : 'no gaps'])
  for (const row of table([['channel', 'number', 'unit', 'rate', 'range seen', ''], ...rows]).map((r, i) => (i ? r : c.dim(r)))) lines.push(`  ${row}`)
  lines.push('')
  const row = (name, text) => lines.push(`  ${c.dim(name.padEnd(13))}${text}`)
  row('Leads taken', leads.length ? leads.map(plain).join(', ') : 'none')
  const kinds = Object.entries(annotations.labels).sort((a, b) => b[1] - a[1])
  row('Annotations', annotations.count ? kinds.slice(0, 6).map(([text, n]) => `${plain(text) || 'without text'} ${n}`).join(', ') + (kinds.length > 6 ? ', …' : '') : 'none')
  for (const d of diagnostics) row('Note', `${plain(d.message)} ${c.dim(`(${plain(d.code)})`)}`)
  return lines.join('\n') + '\n'
}
