// demo/edge in workerd: the answers of the package over HTTP, every wrong request told as it is, and memory that stays. The short form
// of `npm run edge`, which measures.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { load } from '../../js/index.js'
import { CSV, forms, hostile, memory, rest, send, skip, start, storm, tried } from './edge.js'

let fecg, server, edf, csv

before(async () => {
  if (skip) return
  fecg = await load()
  ;({ edf, csv } = forms(fecg, { seed: 7, seconds: 10, fs: 250, leads: 2, snr_db: 12 }))
  server = await start()
})

after(async () => {
  rest()
  await server?.close()
})

/** An EDF+ as a plain BDF of the same samples, three bytes each; its annotations are numbers of no meaning in it. */
function bdfOf(edf) {
  const header = Buffer.from(edf.subarray(0, Number(Buffer.from(edf.subarray(184, 192)).toString('latin1'))))
  header.set(Buffer.from('\xffBIOSEMI', 'latin1'))
  header.fill(' ', 192, 236)
  for (let at = 256; at < header.length; at += 16) if (header.toString('latin1', at, at + 15) === 'EDF Annotations') header.write('Annotations    ', at)
  const samples = new DataView(edf.buffer, edf.byteOffset + header.length, edf.byteLength - header.length)
  const wide = Buffer.alloc(samples.byteLength / 2 * 3)
  for (let i = 0; i < samples.byteLength / 2; i++) wide.writeIntLE(samples.getInt16(2 * i, true), 3 * i, 3)
  return Buffer.concat([header, wide])
}

test('a recording is answered with the document that the package gives', { skip }, async () => {
  const tsv = Buffer.from(Buffer.from(csv).toString().replace(/^#.*\n/, '').replaceAll(',', '\t')), bdf = bdfOf(edf)
  for (const [body, name, request, options] of [
    [edf, undefined, {}, {}],
    [edf, undefined, { body: [edf.subarray(0, 300), edf.subarray(300)], path: '/extract?method=network&leads=AECG2&mains=50' }, { method: 'network', leads: ['AECG2'], mains: 50 }],
    [edf, undefined, { body: Array.from(edf, (_, i) => edf.subarray(i, i + 1)), path: '/extract?method=classical' }, { method: 'classical' }],
    [csv, 'a.csv', { type: `${CSV}; charset=utf-8`, path: '/extract?method=classical&leads=1,0' }, { method: 'classical', leads: ['1', '0'] }],
    [tsv, 'a.tsv', { type: 'text/tab-separated-values', path: '/extract?fs=250' }, {}],
    [bdf, undefined, { path: '/extract?method=classical' }, { method: 'classical' }],
  ]) {
    const { status, headers, text } = await send(server.address, { body, ...request })
    assert.equal(status, 200, text)
    assert.match(headers['content-type'], /^application\/json/)
    const expected = await fecg.extract(await fecg.read(body, { name, ...(name === 'a.tsv' && { fs: 250 }) }), options)
    assert.ok(expected.fetal.peaks_s.length > 10)
    assert.deepEqual(JSON.parse(text), { ...expected, source: { ...expected.source, file: null } })
  }
})

test('rate and unit of a CSV that tells neither are taken from the address', { skip }, async () => {
  const bare = Buffer.from(csv).toString().replace(/^# .*\n/, '')
  const body = Buffer.from(bare.replace(/[^,\n]+/g, (uv) => (Number(uv) / 1000).toFixed(5)))
  const { status, text } = await send(server.address, { body, type: CSV, path: '/extract?fs=250&unit=mV&method=classical' })
  assert.equal(status, 200, text)
  const { source, fetal } = JSON.parse(text)
  assert.deepEqual([source.fs, source.duration_s, fetal.peaks_s.length > 10], [250, 10, true])
})

test('the address itself tells what there is', { skip }, async () => {
  const { status, text } = await send(server.address, { path: '/', method: 'GET', type: null })
  assert.equal(status, 200)
  assert.match(text, /POST \/extract/)
  assert.match(text, /not a medical device/)
})

test('a wrong request gets the status and the code that say what was wrong', { skip }, async () => {
  const faults = []
  for (const one of hostile(edf)) faults.push(await tried(server.address, one))
  assert.deepEqual(faults.filter(Boolean), [])
})

test('hostile requests among good ones change no answer, end nothing and leave no memory behind', { skip }, async (t) => {
  const good = []
  for (const [name, request] of [['EDF', { body: edf, path: '/extract?method=classical' }], ['CSV', { body: csv, type: CSV, path: '/extract?method=classical' }]]) {
    good.push({ name, request, answer: (await send(server.address, request)).text })
  }
  const seen = []
  const { faults, hostiles } = await storm(server, { count: 400, good, bad: hostile(edf), each: (n) => { if (n % 100 === 99) seen.push(memory(server.pid)) } })
  assert.deepEqual(faults, [])
  assert.equal(hostiles, 20)
  assert.equal(server.ended(), false, server.said())
  t.diagnostic(`anonymous memory each 100 requests: ${seen.map((m) => m.anon.toFixed(0)).join(', ')} MiB; VmHWM ${seen.at(-1).peak.toFixed(0)} MiB`)
  assert.ok(seen.at(-1).anon < seen[1].anon + 16, 'memory grew')
  assert.ok(seen.at(-1).peak < 128, 'the process had more than an isolate may have')
  assert.doesNotMatch(server.said(), /exception|error/i)
})
