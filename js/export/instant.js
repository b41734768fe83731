// instant.js — when a recording began, as the caller says it: checked, carried on by seconds, and written as FHIR and as HL7 V3.
import { expect } from '../error.js'

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

/**
 * The instant as text with its zone; undefined where none was given.
 * @param {string | Date | undefined} start
 * @returns {string | undefined}
 */
export function instantOf(start) {
  const text = start instanceof Date && !Number.isNaN(start.getTime()) ? start.toISOString() : /** @type {string | undefined} */ (start)
  const there = text === undefined || (INSTANT.test(String(text)) && !Number.isNaN(Date.parse(text)) && later(text, 0).slice(0, 10) === text.slice(0, 10)) // 31 February is 3 March
  expect(there, 'start is a Date or an instant with its zone, as 2026-01-31T14:05:00+01:00')
  return text
}

/** Z, or hours and minutes from it. @param {string} instant */
export const zoneOf = (instant) => instant.match(/(Z|[+-]\d\d:\d\d)$/)?.[0] ?? 'Z'

/** The instant some seconds after another, in the same zone, to a millisecond. @param {string} start @param {number} seconds */
export function later(start, seconds) {
  const zone = zoneOf(start)
  const minutes = zone === 'Z' ? 0 : (zone[0] === '-' ? -1 : 1) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4)))
  const then = Math.round(Date.parse(start) + seconds * 1000 + minutes * 60000) // a Date cuts off: 1001 ms as 1.001 s is a little less
  expect(then < 253402300800000, 'a recording ends before the year 10000')
  return new Date(then).toISOString().replace('Z', zone)
}

/**
 * The same as a point in time (TS) of the HL7 V3 data types, 20260131140500.004: local time without its zone, because readers of
 * aECG that are in use know only that form.
 * @param {string} start
 * @param {number} seconds
 */
export const timestamp = (start, seconds) => later(start, Math.round(seconds * 1000) / 1000).slice(0, 23).replace(/[-:T]/g, '')
