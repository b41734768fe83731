// errors.js — every error as one document, fecg.error/1, with the status that says whose fault it is.

/** What of the package stands for the recording, not for the service. */
const OF_RECORDING = ['FORMAT', 'UNSUPPORTED', 'RATE', 'MISSING', 'LEADS', 'MEMORY']

/** An answer that is no result. */
export class Refusal extends Error {
  /** @param {number} status @param {string} code @param {string} message @param {number | null} [offset] */
  constructor(status, code, message, offset = null) {
    super(message)
    this.statusCode = status
    this.code = code
    this.offset = offset
  }
}

/** What the package said, as an answer. @param {{ code: string, message: string, offset: number | null }} error */
export const ofPackage = ({ code, message, offset }) =>
  new Refusal(code === 'ARGUMENT' ? 400 : code === 'LIMIT' || OF_RECORDING.includes(code) ? 422 : 500, code, message, offset)

/** @param {{ code: string, message: string, offset?: number | null }} error */
export const document = ({ code, message, offset = null }) => ({ schema: 'fecg.error/1', source: { file: null }, error: { code, message, offset } })

/** Words of the framework's own errors, by status. @type {Record<number, [code: string, message: string]>} */
const WORDS = {
  400: ['REQUEST', 'the request is not as HTTP or JSON has it'],
  404: ['NOT_FOUND', 'there is nothing under this address; /openapi.json tells what there is'],
  408: ['TIMEOUT', 'the request did not arrive whole in time'],
  413: ['LIMIT', 'the body is too large'],
  414: ['LIMIT', 'the address is too long'],
  431: ['LIMIT', 'the headers are too large'],
}

/**
 * Anything that was thrown, as status and document. A fault of the service says nothing of itself.
 * @param {any} thrown
 * @returns {{ status: number, body: ReturnType<typeof document> }}
 */
export function told(thrown) {
  const status = Number.isInteger(thrown?.statusCode) && thrown.statusCode >= 400 ? thrown.statusCode : 500
  if (thrown instanceof Refusal && status !== 500) return { status, body: document(thrown) }
  if (thrown?.validation) {
    const ofQuery = thrown.validationContext !== 'body'
    return { status: ofQuery ? 400 : 422, body: document({ code: ofQuery ? 'ARGUMENT' : 'FORMAT', message: thrown.message }) }
  }
  if (status === 415) return { status, body: document({ code: 'TYPE', message: thrown.message }) }
  const [code, message] = WORDS[status] ?? (status < 500 ? ['REQUEST', 'the request cannot be answered'] : ['INTERNAL', 'a fault of the service'])
  return { status, body: document({ code, message }) }
}

/** A request that is no HTTP, or did not arrive: Node answers nothing by itself. @param {any} error @param {import('node:net').Socket} socket */
export function onClientError(error, socket) {
  if (error.code === 'ECONNRESET' || !socket.writable) return socket.destroy()
  const status = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400
  const names = { 400: 'Bad Request', 408: 'Request Timeout', 431: 'Request Header Fields Too Large' }
  const body = JSON.stringify(told({ statusCode: status }).body)
  socket.end(`HTTP/1.1 ${status} ${names[status]}\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`)
}
