// app.js — the service: POST /extract, POST /fhir, /openapi.json, /health, and the page of the patch. Work is done in threads, one
// recording each; there are as many places as threads and a queue hold, and who finds none is told so before its body is read.
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import accepts from '@fastify/accepts'
import files from '@fastify/static'
import swagger from '@fastify/swagger'
import fastify, { LogController } from 'fastify'
import { Piscina } from 'piscina'
import { HEADER } from '../policy.mjs'
import { Refusal, ofPackage, onClientError, told } from './errors.js'
import { Inbox } from './inbox.js'
import * as schemas from './schemas.js'

const { version: engine } = JSON.parse(readFileSync(new URL(import.meta.resolve('fetal-ecg/package.json')), 'utf8'))

const JSON_TYPE = 'application/json', FHIR_TYPE = 'application/fhir+json'
/** What a recording is sent as, and the name by whose ending the package knows it; EDF and BDF it knows by their first bytes. */
const RECORDINGS = { 'application/octet-stream': undefined, 'text/csv': 'body.csv', 'text/tab-separated-values': 'body.tsv' }
const BUNDLE_BYTES = 256 * 1024
const RETRY_S = 1

export const DEFAULTS = {
  threads: availableParallelism(),
  /** Requests that may wait for a thread, for each thread. */
  waiting: 4,
  /** Of a body of /extract. */
  bytes: 16 * 1024 * 1024,
  /** Of signal. Leads and rates are limited by the engine: 32, and 125 to 4000 Hz. */
  duration_s: 3600,
  /** From when the body is there to when the answer is. */
  timeout_s: 60,
  /** From the first byte of a request to its last. */
  arrival_s: 30,
  connections: 512,
  /** Files in the inbox. */
  bundles: 100_000,
}

/**
 * @param {Partial<typeof DEFAULTS> & { inbox?: string, page?: string, log?: boolean | object }} [given] inbox: the folder that /fhir
 *   keeps bundles in; without it there is no /fhir. page: the folder of the patch's page, as demo/patch/build.mjs makes it
 */
export async function build({ inbox: folder, page, log = true, ...given } = {}) {
  const limits = { ...DEFAULTS, ...given }
  const places = limits.threads * (1 + limits.waiting)
  const inbox = folder === undefined ? null : await Inbox.open(folder, limits.bundles)
  const counts = { busy: 0, answered: 0, refused: 0, stopped: 0 }
  let ending = false

  const pool = new Piscina({
    filename: new URL('./thread.js', import.meta.url).href, minThreads: limits.threads, maxThreads: limits.threads, idleTimeout: Infinity,
    atomics: 'disabled', // threads go on with their event loops between tasks
  })
  pool.on('error', (error) => app.log.error({ at: error.stack?.replace(/^.*$/m, '') }, 'a thread ended')) // the pool has another

  const app = fastify({
    logger: log === true ? { serializers: { req: () => undefined, res: () => undefined } } : log,
    logController: new LogController({ disableRequestLogging: true }), // its lines have addresses and queries; ours are below
    return503OnClosing: false, // below, as every other refusal
    forceCloseConnections: true, // once all that is open is answered, below
    bodyLimit: limits.bytes,
    requestTimeout: 1000 * limits.arrival_s,
    connectionTimeout: 1000 * (limits.timeout_s + limits.arrival_s), // without a byte either way
    http: { maxHeaderSize: 8192, headersTimeout: 1000 * Math.min(10, limits.arrival_s), connectionsCheckingInterval: 500 },
    clientErrorHandler: onClientError,
    frameworkErrors: (error, request, reply) => answer(reply, error),
    ajv: { customOptions: { removeAdditional: false, coerceTypes: true, useDefaults: false, strict: false, strictNumbers: true } },
  })
  app.server.maxConnections = limits.connections

  /** @param {import('fastify').FastifyReply} reply @param {any} thrown */
  function answer(reply, thrown) {
    const { status, body } = told(thrown)
    const { request } = reply
    Object.assign(request, { code: body.error.code })
    if (status === 500) request.log.error({ name: thrown?.name, of: thrown?.code, at: thrown?.stack?.split('\n').filter((/** @type {string} */ line) => /^\s+at /.test(line)) }, 'a fault') // its words may be of the recording
    if (status === 503) reply.header('retry-after', String(RETRY_S))
    return reply.code(status).type('application/json; charset=utf-8').serializer(JSON.stringify).send(body)
  }
  app.setErrorHandler((error, request, reply) => answer(reply, error))
  app.setNotFoundHandler((request, reply) => answer(reply, { statusCode: 404 }))
  app.decorateRequest('about', null)
  app.decorateRequest('code', null)

  /** Requests without an answer yet. @type {Set<import('node:http').ServerResponse>} */
  const open = new Set()
  app.addHook('onRequest', async (request, { raw }) => {
    open.add(raw)
    raw.once('close', () => open.delete(raw))
    if (ending && request.method === 'POST') throw new Refusal(503, 'BUSY', 'the service is ending')
  })
  app.addHook('onSend', async (request, reply, payload) => {
    reply.header('x-content-type-options', 'nosniff').header('cache-control', reply.getHeader('cache-control') ?? 'no-store')
    if (ending) reply.header('connection', 'close')
    return payload
  })
  // One line a request: what was asked, how it went. Not who asked, no query, nothing that the recording says of a person.
  app.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions, about, code } = /** @type {any} */ (request)
    request.log.info({ method, route: routeOptions.url ?? null, status: reply.statusCode, ms: Math.round(reply.elapsedTime), bytes: Number(request.headers['content-length']) || null, ...(code && { code }), ...about }, 'answered')
  })
  app.addHook('onRequestAbort', async (request) => request.log.info({ method: request.method, route: request.routeOptions.url ?? null }, 'left'))

  await app.register(accepts)
  for (const schema of [schemas.error, schemas.extracted, schemas.resultBundle, schemas.patchBundle, schemas.taken, schemas.health]) app.addSchema(schema)
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'fetal-ecg service', version: engine, description: 'The fetal heart from the ECG of a pregnant woman’s abdomen. Research use; not a medical device.' },
    },
    refResolver: { buildLocalReference: (json) => String(json.$id) },
    // A body that is bytes has no schema to be checked by; here it is told.
    transformObject: (/** @type {any} */ { openapiObject }) => {
      const post = openapiObject.paths?.['/extract']?.post
      if (post) post.requestBody = { required: true, description: `EDF, EDF+ or BDF as application/octet-stream, or CSV, TSV; at most ${limits.bytes} bytes and ${limits.duration_s} s`,
        content: Object.fromEntries(Object.keys(RECORDINGS).map((type) => [type, { schema: type === 'application/octet-stream' ? {} : { type: 'string' } }])) }
      return openapiObject
    },
  })
  const errors = (/** @type {Record<number, string>} */ of) => Object.fromEntries(Object.entries(of).map(([status, description]) => [status, { description, content: { [JSON_TYPE]: { schema: { $ref: 'Error#' } } } }]))

  // ---- recordings in, results out ----

  app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(Object.keys(RECORDINGS), { parseAs: 'buffer' }, (request, body, done) => done(null, body))

    scope.post('/extract', {
      schema: {
        summary: 'One recording to its result', querystring: schemas.query,
        response: {
          200: { description: 'the result, as the Accept header asks for it', content: { [JSON_TYPE]: { schema: { $ref: 'Extract#' } }, [FHIR_TYPE]: { schema: { $ref: 'ResultBundle#' } } } },
          ...errors({ 400: 'a parameter is wrong', 406: 'neither JSON nor FHIR is accepted', 408: 'the body did not arrive in time', 413: 'the body is too large', 415: 'the body’s type or encoding is none that is read',
            422: 'the recording is damaged, or not meant for this; error.offset tells the place', 431: 'the headers are too large', 500: 'a fault', 503: 'no place is free: again after Retry-After seconds', 504: 'it took too long, and was stopped' }),
        },
      },
      async onRequest(request, reply) {
        if (counts.busy >= places) {
          counts.refused++
          throw new Refusal(503, 'BUSY', 'every place is taken; try again')
        }
        counts.busy++
        reply.raw.once('close', () => { counts.busy-- })
        const encoding = request.headers['content-encoding'] ?? 'identity'
        if (encoding !== 'identity') throw new Refusal(415, 'TYPE', 'the body is compressed, expected it as it is')
        if (!request.accepts().type([JSON_TYPE, FHIR_TYPE])) throw new Refusal(406, 'TYPE', `the answer is ${JSON_TYPE} or ${FHIR_TYPE}`)
      },
    }, async (request, reply) => {
      const bytes = /** @type {Buffer | undefined} */ (request.body)
      if (!bytes?.length) throw new Refusal(400, 'FORMAT', 'the body is empty, expected a recording')
      const type = /** @type {string} */ (request.accepts().type([JSON_TYPE, FHIR_TYPE]))
      const name = RECORDINGS[/** @type {keyof typeof RECORDINGS} */ (request.headers['content-type']?.split(';')[0].trim().toLowerCase())]
      const { about, body, error } = await work({ bytes, name, query: request.query, fhir: type === FHIR_TYPE }, reply)
      if (error) throw ofPackage(error)
      Object.assign(request, { about })
      counts.answered++
      return reply.type(`${type}; charset=utf-8`).send(body)
    })
  })

  /** One recording in a thread. At the time limit the thread is ended with what it does, and the pool starts another. @param {object} task @param {import('fastify').FastifyReply} reply */
  async function work(task, reply) {
    const begun = new Int32Array(new SharedArrayBuffer(4)), stop = new AbortController()
    const timer = setTimeout(() => stop.abort(), 1000 * limits.timeout_s)
    const left = () => { if (!Atomics.load(begun, 0)) stop.abort() } // nobody waits for it any more
    reply.raw.once('close', left)
    try {
      return await pool.run({ ...task, most_s: limits.duration_s, begun }, { signal: stop.signal })
    } catch (error) {
      if (!stop.signal.aborted) throw error
      counts.stopped++
      if (!Atomics.load(begun, 0)) throw new Refusal(503, 'BUSY', `no thread was free within ${limits.timeout_s} s; try again`)
      throw new Refusal(504, 'TIMEOUT', `not done within ${limits.timeout_s} s: send less at a time`)
    } finally {
      clearTimeout(timer)
      reply.raw.off('close', left)
    }
  }

  // ---- what patches send ----

  if (inbox) app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser([JSON_TYPE, FHIR_TYPE], { parseAs: 'string', bodyLimit: BUNDLE_BYTES }, scope.getDefaultJsonParser('error', 'error'))
    scope.post('/fhir', {
      schema: {
        summary: 'Observations of a patch, to be kept', consumes: [FHIR_TYPE, JSON_TYPE], body: { $ref: 'PatchBundle#' },
        response: {
          '2xx': { description: 'kept; the same bundle again is kept once', content: { [FHIR_TYPE]: { schema: { $ref: 'Taken#' } } } },
          ...errors({ 400: 'no JSON', 413: 'the body is too large', 415: 'the body’s type is none that is read', 422: 'no transaction of timed Observations without signals', 500: 'a fault', 503: 'the service is ending', 507: 'the inbox is full' }),
        },
      },
    }, async (request, reply) => {
      const bundle = /** @type {Parameters<typeof schemas.untimely>[0]} */ (request.body), wrong = schemas.untimely(bundle)
      if (wrong !== null) throw new Refusal(422, 'FORMAT', wrong)
      const { sha256, isNew } = await inbox.put(bundle)
      Object.assign(request, { about: { observations: bundle.entry.length, isNew } })
      const response = { status: isNew ? '201 Created' : '200 OK', etag: `W/"${sha256}"` }
      return reply.code(isNew ? 201 : 200).type(`${FHIR_TYPE}; charset=utf-8`).serializer(JSON.stringify)
        .send({ resourceType: 'Bundle', type: 'transaction-response', entry: bundle.entry.map(() => ({ response })) })
    })
  })

  // ---- about itself ----

  app.get('/health', { schema: { summary: 'Whether it works, and how busy it is', response: { 200: { description: 'it does', content: { [JSON_TYPE]: { schema: { $ref: 'Health#' } } } } } } },
    async () => ({ status: ending ? 'ending' : 'ok', engine, threads: pool.threads.length, places, ...counts }))
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())

  // Each file of the folder is a route of its own: what is not among them when the service starts is not there.
  if (page !== undefined) {
    await app.register(files, { root: page, wildcard: false, decorateReply: false, cacheControl: false,
      setHeaders: (response) => {
        for (const [name, value] of Object.entries({ 'content-security-policy': HEADER, 'referrer-policy': 'no-referrer', 'cache-control': 'no-cache' })) response.setHeader(name, value)
      } })
  }

  // A server that closes looks no more for requests that never arrive whole: what is open is waited for before.
  app.addHook('preClose', async () => {
    ending = true
    await Promise.all([...open].map((raw) => new Promise((done) => raw.once('close', done))))
  })
  app.addHook('onClose', () => pool.destroy()) // requests have been answered by now
  return app
}
