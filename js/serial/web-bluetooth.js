// web-bluetooth.js — a board over the Nordic UART service of Bluetooth Low Energy: what it notifies is its stream of bytes.
import { FecgError, expect } from '../error.js'

/** For requestDevice({ filters: [{ services: [UART] }] }). */
export const UART = '6e400001-b5a3-f393-e0a9-e50e24dcca9e'
const TO_BOARD = '6e400002-b5a3-f393-e0a9-e50e24dcca9e', FROM_BOARD = '6e400003-b5a3-f393-e0a9-e50e24dcca9e'
const PACKET = 20 // bytes of a write that every connection takes
const AGAIN_S = 2

/**
 * What is used of a BluetoothDevice.
 * @typedef {EventTarget & { value?: DataView | null, startNotifications(): Promise<unknown>, stopNotifications?(): Promise<unknown>,
 *   writeValueWithoutResponse(bytes: Uint8Array): Promise<void> }} Characteristic
 * @typedef {{ connected: boolean, connect(): Promise<Gatt>, disconnect(): void,
 *   getPrimaryService(uuid: string): Promise<{ getCharacteristic(uuid: string): Promise<Characteristic> }> }} Gatt
 * @typedef {EventTarget & { gatt?: Gatt }} Device
 */

/**
 * A transport over a device that navigator.bluetooth.requestDevice() gave.
 * @param {Device} device
 */
export function webBluetooth(device) {
  expect(device?.gatt, 'the device is what navigator.bluetooth.requestDevice() gave')
  const gatt = /** @type {Gatt} */ (device.gatt)
  /** @type {Uint8Array[]} */
  let waiting = []
  let wake = () => {}
  let closed = true
  /** @type {Characteristic | null} */
  let toBoard = null
  /** @type {Characteristic | null} */
  let fromBoard = null

  /** @param {Event} event */
  const hear = ({ target }) => {
    const { value } = /** @type {Characteristic} */ (target)
    if (!value?.byteLength) return
    waiting.push(new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice())
    wake()
  }
  const lose = () => {
    fromBoard?.removeEventListener('characteristicvaluechanged', hear)
    fromBoard = null
    toBoard = null
    wake()
  }
  return {
    /** The rate of a serial line, which this is none. @param {number} _ */
    async open(_) {
      try {
        const service = await (await gatt.connect()).getPrimaryService(UART)
        toBoard = await service.getCharacteristic(TO_BOARD)
        fromBoard = await service.getCharacteristic(FROM_BOARD)
        waiting = []
        fromBoard.addEventListener('characteristicvaluechanged', hear)
        device.addEventListener('gattserverdisconnected', lose)
        await fromBoard.startNotifications()
      } catch (cause) {
        lose()
        throw new FecgError('MISSING', `the device could not be reached over the Nordic UART service: ${/** @type {Error} */ (cause).message}`, { cause })
      }
      closed = false
    },

    readable: {
      async * [Symbol.asyncIterator]() {
        for (;;) {
          while (waiting.length) yield /** @type {Uint8Array} */ (waiting.shift())
          if (closed) return
          if (!fromBoard) throw new FecgError('MISSING', 'the Bluetooth connection was lost')
          await new Promise((/** @type {(v?: unknown) => void} */ done) => { wake = done })
        }
      },
    },

    /** @param {Uint8Array} bytes */
    async write(bytes) {
      for (let at = 0; at < bytes.length; at += PACKET) {
        if (!toBoard) throw new FecgError('MISSING', 'the Bluetooth connection was lost')
        await toBoard.writeValueWithoutResponse(bytes.slice(at, at + PACKET))
      }
    },

    async close() {
      closed = true
      device.removeEventListener('gattserverdisconnected', lose)
      await fromBoard?.stopNotifications?.().catch(() => {}) // it may be gone
      lose()
      if (gatt.connected) gatt.disconnect()
    },

    /** Whether it can be reached only a try to connect tells: open() is tried again. @param {AbortSignal} signal @returns {Promise<void>} */
    back(signal) {
      return new Promise((/** @type {() => void} */ done) => {
        const timer = setTimeout(end, AGAIN_S * 1000)
        function end() {
          clearTimeout(timer)
          signal.removeEventListener('abort', end)
          done()
        }
        signal.addEventListener('abort', end)
      })
    },
  }
}
