// The service over real sockets: what it answers is the package's own result and what its OpenAPI document says; what is too large, too
// long, broken, hostile or too much at a time gets its status and the one error document; nothing that was taken is lost.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { after, before, describe, test } from 'node:test'
import { toFhir } from '../../js/export/index.js'
import { load } from '../../js/index.js'
import { edfBytes } from '../js/helpers.js'
import { build } from '../../demo/service/app.js'

const require = createRequire(new URL('../../demo/service/package.json', import.meta.url))
const Ajv = require('ajv/dist/2020').default
const { Validator } = require('@seriousme/openapi-schema-validator')
const { Fhir } = createRequire(import.meta.url)('fhir/fhir')

const EDF = 'application/octet-stream', FHIR = 'application/fhir+json'
const fecg = await load()
const simulation = fecg.simulate({ seconds: 20, fs: 250, leads: 3, seed: 5, snr_db: 9 })
const edf = edfBytes(fecg, simulation)
const direct = async (bytes, read = {}, options = {}) => {
  const result = await fecg.extract(await fecg.read(bytes, read), { mains: 'auto', ...options })
  return JSON.parse(JSON.stringify({ ...result, source: { ...result.source, file: null } }))
}
const expected = await direct(edf)

/** @param {object} [options] of build() */
async function started(options = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'fecg-service-'))
  const log = []
  const app = await build({ threads: 1, inbox: join(folder, 'inbox'), log: { level: 'info', stream: { write: (line) => log.push(line) } }, ...options })
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  const post = (path, body, headers = {}) => fetch(address + path, { method: 'POST', body, duplex: 'half', headers: { 'content-type': EDF, ...headers } })
  return {
    app, address, folder, log, inbox: join(folder, 'inbox'), port: Number(new URL(address).port), post,
    extract: (body, query = '', headers = {}) => post(`/extract${query}`, body, headers),
    async end() {
      await app.close()
      rmSync(folder, { recursive: true })
    },
  }
}

/** The error document of an answer, with its status checked. */
async function refused(response, status, code) {
  const body = await response.json()
  assert.deepEqual([response.status, body.error?.code], [status, code], body.error?.message)
  assert.deepEqual([body.schema, body.source], ['fecg.error/1', { file: null }])
  return body.error
}

/** Bytes to a socket as they are, and all that comes back until it ends. */
function raw(port, pieces, { every_ms = 0 } = {}) {
  return new Promise((done) => {
    let text = ''
    const socket = connect(port, '127.0.0.1')
    socket.on('data', (bytes) => { text += bytes.toString('latin1') }).on('error', () => {}).on('close', () => done(text))
    ;(async () => {
      for (const piece of pieces) {
        if (socket.destroyed) return
        socket.write(piece)
        if (every_ms) await pause(every_ms)
      }
    })()
  })
}
const statusOf = (text) => Number(text.match(/^HTTP\/1\.1 (\d+)/)?.[1])

describe('answers', () => {
  let service, ajv, api
  before(async () => {
    service = await started()
    api = await (await fetch(`${service.address}/openapi.json`)).json()
    ajv = new Ajv({ strict: false, allErrors: true })
    ajv.addSchema(api, 'api')
  })
  after(() => service.end())

  /** Reads an answer and holds it to what the document says of its address, status and type. */
  async function documented(method, path, response) {
    const type = response.headers.get('content-type').split(';')[0], body = await response.json()
    const pointer = ['paths', path, method, 'responses', String(response.status), 'content', type, 'schema']
    const found = pointer.reduce((at, key) => at?.[key] ?? (key === String(response.status) ? at?.['2XX'] : undefined), api)
    assert.ok(found, `${method} ${path} ${response.status} ${type} is not in the document`)
    const check = ajv.compile(found.$ref ? { $ref: `api${found.$ref}` } : found)
    assert.ok(check(body), ajv.errorsText(check.errors))
    return body
  }

  test('the OpenAPI document is valid, and lists what there is', async () => {
    const { valid, errors } = await new Validator().validate(api)
    assert.ok(valid, JSON.stringify(errors))
    assert.deepEqual(Object.keys(api.paths).sort(), ['/extract', '/fhir', '/health'])
    assert.deepEqual(Object.keys(api.paths['/extract'].post.requestBody.content), [EDF, 'text/csv', 'text/tab-separated-values'])
  })

  test('an EDF gives the result of the package, to the digit', async () => {
    const response = await service.extract(edf)
    assert.equal(response.status, 200)
    assert.deepEqual(await documented('post', '/extract', response), expected)
    assert.ok(expected.fetal.peaks_s.length > 30)
  })

  test('the query means what the options of the command line mean', async () => {
    const response = await service.extract(edf, '?leads=2,0&method=classical&mains=60')
    assert.deepEqual(await documented('post', '/extract', response), await direct(edf, {}, { leads: ['2', '0'], method: 'classical', mains: 60 }))
    const csv = `a,b\n${Array.from({ length: 2500 }, (_, i) => `${Math.sin(i) * 0.1},${Math.cos(i / 3) * 0.1}`).join('\n')}\n`
    const read = await service.extract(csv, '?fs=250&unit=mV', { 'content-type': 'text/csv; charset=utf-8' })
    assert.deepEqual(await documented('post', '/extract', read), await direct(new TextEncoder().encode(csv), { name: 'a.csv', fs: 250, unit: 'mV' }))
  })

  test('as FHIR it is the bundle of the package, valid R4, with its time', async () => {
    const response = await service.extract(edf, `?start=${encodeURIComponent('2026-01-31T14:05:00+01:00')}`, { accept: FHIR })
    const body = await documented('post', '/extract', response)
    assert.deepEqual(body, JSON.parse(JSON.stringify(toFhir(await direct(edf), { start: '2026-01-31T14:05:00+01:00' }))))
    assert.deepEqual(new Fhir().validate(body, { errorOnUnexpected: true }).messages.filter((m) => ['error', 'fatal'].includes(m.severity)), [])
    const none = edfBytes(fecg, fecg.simulate({ seconds: 20, fs: 250, leads: 2, seed: 5, scenario: 'no-fetus' }))
    assert.ok((await documented('post', '/extract', await service.extract(none, '', { accept: `${FHIR}, */*;q=0.1` }))).entry[0].resource.dataAbsentReason)
  })

  test('health tells what it did', async () => {
    const { answered, refused, places, busy } = await documented('get', '/health', await fetch(`${service.address}/health`))
    assert.deepEqual([answered >= 4, refused, places, busy], [true, 0, 5, 0])
  })

  test('every refusal is the one document, as the OpenAPI document says', async () => {
    const cases = [
      [400, 'ARGUMENT', '?fs=fast'], [400, 'ARGUMENT', '?fs=-1'], [400, 'ARGUMENT', '?method=best'], [400, 'ARGUMENT', '?mains=55'], [400, 'ARGUMENT', '?lead=1'], [400, 'ARGUMENT', '?leads=0&leads=1'],
      [400, 'ARGUMENT', '?start=now'], [400, 'ARGUMENT', `?start=2026-02-31T14:05:00Z`, edf, { accept: FHIR }], [400, 'FORMAT', '', ''], [406, 'TYPE', '', edf, { accept: 'image/png' }],
      [415, 'TYPE', '', edf, { 'content-type': 'application/json' }], [415, 'TYPE', '', edf, { 'content-type': 'multipart/form-data; boundary=x' }], [415, 'TYPE', '', edf, { 'content-encoding': 'gzip' }],
      [422, 'LEADS', '?leads=none'], [422, 'LEADS', '?leads=0,0'], [422, 'FORMAT', '', 'no recording'], [422, 'FORMAT', '', edf.subarray(0, 300)], [422, 'RATE', '', 'a,b\n1,2\n3,4\n', { 'content-type': 'text/csv' }],
      [422, 'UNSUPPORTED', '?fs=100', 'a,b\n1,2\n3,4\n', { 'content-type': 'text/csv' }], [422, 'UNSUPPORTED', '?fs=5000', 'a,b\n1,2\n3,4\n', { 'content-type': 'text/csv' }],
      [422, 'LEADS', '?fs=250', `${Array.from({ length: 40 }, (_, i) => `L${i}`)}\n${Array(40).fill(1)}\n`, { 'content-type': 'text/csv' }],
    ]
    for (const [status, code, query, body = edf, headers = {}] of cases) {
      const response = await service.extract(body, query, headers)
      const told = await documented('post', '/extract', response)
      assert.deepEqual([response.status, told.error.code], [status, code], `${query} ${JSON.stringify(headers)}: ${told.error.message}`)
      assert.ok(told.error.message.length > 10)
    }
    const byte = (await documented('post', '/extract', await service.extract(edf.subarray(0, 300)))).error
    assert.ok(Number.isInteger(byte.offset), JSON.stringify(byte))
  })

  test('what is not there is 404, by any method', async () => {
    for (const [method, path] of [['GET', '/'], ['GET', '/extract'], ['DELETE', '/fhir'], ['PUT', '/extract'], ['GET', '/fhir'], ['GET', '/documentation']]) {
      await refused(await fetch(service.address + path, { method }), 404, 'NOT_FOUND')
    }
  })
})

describe('hostile requests', () => {
  let service, secret
  before(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fecg-page-'))
    mkdirSync(join(folder, 'page', 'code'), { recursive: true })
    writeFileSync(join(folder, 'page', 'index.html'), '<!doctype html><title>page</title>')
    writeFileSync(join(folder, 'page', 'code', 'a.js'), 'export {}')
    writeFileSync(join(folder, 'secret.txt'), 'SECRET')
    secret = folder
    service = await started({ page: join(folder, 'page'), bytes: 200_000, duration_s: 60, arrival_s: 1 })
    writeFileSync(join(service.folder, 'secret.txt'), 'SECRET')
    writeFileSync(join(folder, 'page', 'later.js'), 'SECRET') // not there when it started
  })
  after(async () => {
    await service.end()
    rmSync(secret, { recursive: true })
  })
  /** Every place is free again, within a second. */
  const free = async () => {
    for (let i = 0; (await (await fetch(`${service.address}/health`)).json()).busy; i++, await pause(20)) assert.ok(i < 50, 'a place is still taken')
  }
  const well = async () => assert.deepEqual((await (await service.extract(edf)).json()).fetal.peaks_s, expected.fetal.peaks_s)

  test('no address reads a file but those of the page', async () => {
    const page = await fetch(`${service.address}/`)
    assert.deepEqual([page.status, page.headers.get('content-type')], [200, 'text/html; charset=utf-8'])
    assert.match(page.headers.get('content-security-policy'), /default-src 'none'.*frame-ancestors 'none'/)
    assert.equal((await fetch(`${service.address}/code/a.js`)).status, 200)
    const paths = ['/../secret.txt', '/code/../../secret.txt', '/%2e%2e/secret.txt', '/..%2fsecret.txt', '/%2e%2e%2fsecret.txt', '/..%5csecret.txt', '/..\\secret.txt', '/code/%2e%2e/%2e%2e/secret.txt', '/%252e%252e%252fsecret.txt',
      '/index.html%00.js', '/secret.txt%00', '/%00', '//etc/passwd', '/etc/passwd', '///../../etc/passwd', '/file:///etc/passwd', '/later.js', '/.npmrc', '/package.json', '/code', '/code/', '/inbox', '/%c0%ae%c0%ae/secret.txt', '/%', '/%zz']
    for (const path of paths) {
      const text = await raw(service.port, [`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`])
      assert.ok([400, 404].includes(statusOf(text)), `${path}: ${text.slice(0, 80)}`)
      assert.ok(!/SECRET|root:|fastify"/.test(text), path)
      assert.match(text, /fecg\.error\/1/, path)
    }
    for (const target of [`http://x/../secret.txt`, 'file:///etc/passwd', 'secret.txt']) {
      const text = await raw(service.port, [`GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`])
      assert.ok([400, 404].includes(statusOf(text)) && !/SECRET|root:/.test(text), `${target}: ${text.slice(0, 80)}`)
    }
  })

  test('no body reads a file: a WFDB header gets nothing that it names', async () => {
    for (const name of ['secret.txt', '../secret.txt', join(service.folder, 'secret.txt'), '/etc/passwd', 'file:///etc/passwd', 'http://127.0.0.1/x.dat', 'a\0b']) {
      const header = `rec 1 250 1000\n${name} 16 200 16 0 0 0 0 ECG\n`
      for (const type of [EDF, 'text/csv']) {
        const response = await service.extract(header, '?fs=250', { 'content-type': type })
        const body = await response.text()
        assert.ok(!/SECRET|root:/.test(body))
        if (type === EDF) assert.ok(response.status === 422 && ['MISSING', 'FORMAT', 'UNSUPPORTED'].includes(JSON.parse(body).error.code), body) // as a CSV its words are gaps
      }
    }
    for (const query of ['?model=/etc/passwd', '?name=/etc/passwd', '?file=file:///etc/passwd', '?__proto__=1', '?constructor=1']) await refused(await service.extract(edf, query), 400, 'ARGUMENT')
    for (const leads of ['/etc/passwd', '../../secret', '__proto__', 'constructor', '%00', '-1', '1e9', ',', '99999999999999999999']) {
      const response = await service.extract(edf, `?leads=${leads}`)
      assert.ok([400, 422].includes(response.status), `${leads}: ${response.status}`)
      assert.ok(['LEADS', 'ARGUMENT'].includes((await response.json()).error.code), leads)
    }
  })

  test('a body that is too large is refused, told by its length or not', async () => {
    await refused(await service.extract(new Uint8Array(200_001)), 413, 'LIMIT')
    const chunk = `10000\r\n${'a'.repeat(65536)}\r\n`
    const text = await raw(service.port, [`POST /extract HTTP/1.1\r\nhost: x\r\ncontent-type: ${EDF}\r\ntransfer-encoding: chunked\r\n\r\n`, ...Array(8).fill(chunk)], { every_ms: 5 })
    assert.equal(statusOf(text), 413)
    await well()
  })

  test('a recording that is too long is refused, told by its header or only as it is read', async () => {
    const long = edfBytes(fecg, fecg.simulate({ seconds: 100, fs: 250, leads: 1, seed: 1 }))
    assert.match((await refused(await service.extract(long), 422, 'LIMIT')).message, /has 1\d\d s or more, expected at most 60 s/)
    const csv = `a\n${'1\n'.repeat(90_000)}` // 360 s
    await refused(await service.extract(csv, '?fs=250', { 'content-type': 'text/csv' }), 422, 'LIMIT')
    const claims = edf.slice() // a header that claims a century
    claims.set(new TextEncoder().encode('99999999'), 236)
    const response = await service.extract(claims)
    assert.ok([200, 422].includes(response.status), String(response.status))
    const told = await response.json()
    if (response.status === 200) assert.ok(told.source.duration_s <= 60 && told.diagnostics.length, JSON.stringify([told.source, told.diagnostics]))
  })

  test('headers that are too large, and lines that are no HTTP', async () => {
    const end = 'host: x\r\nconnection: close\r\n\r\n'
    assert.equal(statusOf(await raw(service.port, [`GET /health HTTP/1.1\r\nx: ${'a'.repeat(20_000)}\r\n${end}`])), 431)
    assert.equal(statusOf(await raw(service.port, [`GET /health HTTP/1.1\r\n${'a: b\r\n'.repeat(5000)}${end}`])), 431)
    assert.equal(statusOf(await raw(service.port, [`GET /health?${'a'.repeat(20_000)} HTTP/1.1\r\n${end}`])), 431)
    for (const lines of ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc', 'GET / HTTP/9.9\r\n\r\n', `POST /extract HTTP/1.1\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n${end}`, `POST /extract HTTP/1.1\r\ncontent-length: -5\r\n${end}`]) {
      const text = await raw(service.port, [lines])
      assert.ok(statusOf(text) === 400, `${JSON.stringify(lines)}: ${text.slice(0, 60)}`)
      assert.match(text, /fecg\.error\/1/)
    }
    await well()
  })

  test('who sends slowly is let go: headers, a body, and nothing at all', async () => {
    const begin = performance.now()
    const head = `POST /extract HTTP/1.1\r\nhost: x\r\ncontent-type: ${EDF}\r\ncontent-length: 1000\r\n`
    const drip = Array(100).fill('a')
    const [headers, body, nothing, again] = await Promise.all([
      raw(service.port, ['GET /health HTTP/1.1\r\nhost: x\r\nx: ', ...drip], { every_ms: 100 }),
      raw(service.port, [`${head}\r\n`, ...drip], { every_ms: 100 }),
      raw(service.port, []),
      raw(service.port, ['GET /health HTTP/1.1\r\nhost: x\r\n\r\n', 'GET /health HTTP/1.1\r\n', ...drip], { every_ms: 100 }),
    ])
    assert.deepEqual([headers, body, nothing].map(statusOf), [408, 408, 408])
    assert.match(again, /^HTTP\/1\.1 200 [^]*HTTP\/1\.1 408 /)
    assert.ok(performance.now() - begin < 8000)
    await free()
    await well()
  })

  test('a crowd that sends slowly takes every place, and not for long', async () => {
    const head = `POST /extract HTTP/1.1\r\nhost: x\r\ncontent-type: ${EDF}\r\ncontent-length: 1000\r\n\r\n`
    const crowd = Array.from({ length: 5 }, () => raw(service.port, [head, ...Array(100).fill('a')], { every_ms: 100 }))
    await pause(200)
    const response = await service.extract(edf)
    assert.equal(response.headers.get('retry-after'), '1')
    await refused(response, 503, 'BUSY')
    await Promise.all(crowd)
    await free()
    await well()
  })

  test('bytes that are nothing, recordings with bits flipped, cut, and mixed: a status of the client each, and the service works on', async () => {
    let seed = 7
    const random = (n) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n
    const seen = {}
    for (let i = 0; i < 90; i++) {
      const bytes = i % 3 === 0 ? Uint8Array.from({ length: random(3000) + 1 }, () => random(256)) : edf.slice(0, i % 3 === 1 ? random(edf.length) + 1 : undefined)
      if (i % 3 === 2) for (let k = 0; k < 20; k++) bytes[random(1400)] ^= 1 << random(8)
      const response = await service.extract(bytes, `?method=classical${random(2) ? '&fs=250' : ''}`, { 'content-type': ['text/csv', EDF, EDF][random(3)] })
      seen[response.status] = (seen[response.status] ?? 0) + 1
      const body = await response.json()
      if (response.status !== 200) assert.ok(response.status === 422 && body.schema === 'fecg.error/1', `${i}: ${response.status} ${JSON.stringify(body).slice(0, 200)}`)
    }
    assert.ok(seen[422] > 30, JSON.stringify(seen))
    await well()
  })

  test('logs say what happened, and nothing of whom', () => {
    const lines = service.log.map((line) => JSON.parse(line))
    const told = lines.filter((l) => l.msg === 'answered')
    assert.ok(told.length > 100)
    const known = ['level', 'time', 'pid', 'hostname', 'reqId', 'method', 'route', 'status', 'ms', 'bytes', 'code', 'format', 'leads', 'fs', 'duration_s', 'msg']
    for (const line of told) assert.deepEqual(Object.keys(line).filter((key) => !known.includes(key)), [])
    assert.ok(told.some((l) => l.status === 200 && l.format === 'EDF+C' && l.leads === 3 && l.duration_s === Math.round(expected.source.duration_s)))
    assert.deepEqual(lines.filter((l) => l.level >= 50).map((l) => l.msg), [])
    assert.ok(!/passwd|AECG|127\.0\.0\.1:\d+\b.*reqId|root:/.test(service.log.filter((l) => !/listening/.test(l)).join('\n')))
  })
})

describe('bundles of patches', () => {
  let service
  before(async () => { service = await started({ bundles: 6 }) })
  after(() => service.end())
  const send = (bundle, type = FHIR) => service.post('/fhir', typeof bundle === 'string' ? bundle : JSON.stringify(bundle), { 'content-type': type })
  const bundleAt = (start, more) => JSON.parse(JSON.stringify(toFhir(expected, { start, ...more })))
  const files = () => readdirSync(service.inbox)

  test('one is kept as it came, under the SHA-256 of it; the same again is kept once', async () => {
    const bundle = bundleAt('2026-01-31T14:05:00Z', { subject: { identifier: { system: 'urn:example', value: '17' } } })
    const first = await send(bundle), again = await send(JSON.stringify(bundle, null, 2), 'application/json; charset=utf-8')
    assert.deepEqual([first.status, again.status, first.headers.get('content-type')], [201, 200, `${FHIR}; charset=utf-8`])
    const answer = await first.json()
    assert.deepEqual([answer.resourceType, answer.type, answer.entry.map((e) => e.response.status)], ['Bundle', 'transaction-response', bundle.entry.map(() => '201 Created')])
    assert.deepEqual(new Fhir().validate(answer, { errorOnUnexpected: true }).messages.filter((m) => ['error', 'fatal'].includes(m.severity)), [])
    const [name, ...others] = files()
    assert.deepEqual(others, [])
    const kept = readFileSync(join(service.inbox, name), 'utf8')
    assert.deepEqual(JSON.parse(kept), bundle)
    assert.equal(name, `${createHash('sha256').update(kept).digest('hex')}.json`)
    assert.equal(answer.entry[0].response.etag, `W/"${name.slice(0, -5)}"`)
  })

  test('ten at the same time are one', async () => {
    const bundle = bundleAt('2026-01-31T14:06:00Z'), before = files().length
    const statuses = await Promise.all(Array.from({ length: 10 }, () => send(bundle).then((r) => r.status)))
    assert.deepEqual(statuses.sort(), [...Array(9).fill(200), 201])
    assert.equal(files().length, before + 1)
    assert.ok(files().every((name) => /^[0-9a-f]{64}\.json$/.test(name)), files().join())
  })

  test('what is no transaction of timed Observations without signals is refused, and nothing of it is kept', async () => {
    const signals = await fecg.extract(await fecg.read(edf), { mains: 'auto', signals: true })
    const changed = (change) => {
      const bundle = bundleAt('2026-01-31T15:00:00Z')
      change(bundle, bundle.entry[0].resource)
      return bundle
    }
    const series = (o) => o.component.find((c) => c.valueSampledData).valueSampledData
    const cases = {
      'no time': toFhir(expected), signals: toFhir(signals, { start: '2026-01-31T15:00:00Z', signals: true }), 'a patient': { resourceType: 'Patient' }, list: [], number: 1, null: 'null', text: '"x"',
      batch: changed((b) => { b.type = 'batch' }), empty: changed((b) => { b.entry = [] }), many: changed((b) => { b.entry = Array(5).fill(b.entry[0]) }), id: changed((b) => { b.id = '../../../etc/x' }), 'a name': changed((b, o) => { o.id = '../x.json' }),
      delete: changed((b) => { b.entry[0].request = { method: 'DELETE', url: 'Observation' } }), url: changed((b) => { b.entry[0].request.url = '../../Patient' }), other: changed((b, o) => { o.resourceType = 'Binary' }), extension: changed((b, o) => { o.extension = [{ url: 'x', valueString: 'y' }] }),
      'another code': changed((b, o) => { o.code = { coding: [{ system: 'urn:iso:std:iso:11073:10101', code: '131328', display: 'MDC_ECG_ELEC_POTL' }], text: 'x' } }), fast: changed((b, o) => { series(o).period = 4 }), words: changed((b, o) => { series(o).data = 'PHN2Zz4=' }),
      'a day': changed((b, o) => { o.effectivePeriod.start = 'today' }), device: changed((b, o) => { o.contained[0].photo = 'x' }),
      'no day': changed((b, o) => { o.effectivePeriod.start = '2026-99-99T99:99:99Z' }), backwards: changed((b, o) => { o.effectivePeriod.end = '2025-01-31T15:00:00Z' }), dense: changed((b, o) => { series(o).data = Array(10_000).fill('1').join(' ') }),
      'many series': changed((b, o) => { o.component.push(...Array(5).fill(o.component[0])) }), 'another series': changed((b, o) => { o.component[0].code = { text: 'ECG' } }), 'no one': changed((b, o) => { o.subject = {} }), long: changed((b, o) => { o.note[0].text = 'x'.repeat(3000) }),
    }
    const before = files().sort()
    for (const [name, bundle] of Object.entries(cases)) assert.equal((await refused(await send(bundle), 422, 'FORMAT')).message.length > 10, true, name)
    const good = JSON.stringify(bundleAt('2026-01-31T15:00:00Z'))
    for (const text of ['', '{', 'undefined', '[[[[[[', good.slice(0, -1), good.replace('{', '{"__proto__":{"x":1},'), good.replace('"resource":{', '"resource":{"__proto__":{"x":1},'), good.replace('{', '{"constructor":{"prototype":{"x":1}},')]) await refused(await send(text), 400, 'REQUEST')
    assert.equal({}.x, undefined)
    await refused(await send(good.replace(/"factor":[\d.]+/, '"factor":1e999')), 422, 'FORMAT')
    const deep = `{"resourceType":"Bundle","type":"transaction","entry":${'['.repeat(50_000)}${']'.repeat(50_000)}}`
    await refused(await send(deep), 422, 'FORMAT')
    await refused(await send(good.replace('"text":"', `"text":"${'x'.repeat(300_000)}`)), 413, 'LIMIT')
    for (const type of ['text/plain', EDF, 'application/xml']) await refused(await send(good, type), 415, 'TYPE')
    assert.deepEqual(files().sort(), before)
  })

  test('a full inbox is told, and takes again when files were taken away', async () => {
    for (let i = 0; files().length < 6; i++) assert.equal((await send(bundleAt(`2026-01-31T16:0${i}:00Z`))).status, 201)
    await refused(await send(bundleAt('2026-01-31T16:30:00Z')), 507, 'FULL')
    rmSync(join(service.inbox, files()[0]))
    assert.equal((await send(bundleAt('2026-01-31T16:30:00Z'))).status, 201)
    assert.equal(files().length, 6)
  })

  test('what a crash left half written goes, and what was kept stays', async () => {
    const kept = files().sort()
    writeFileSync(join(service.inbox, 'x.part'), '{')
    const again = await build({ threads: 1, inbox: service.inbox, log: false })
    await again.close()
    assert.deepEqual(files().sort(), kept)
  })
})
