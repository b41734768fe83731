// index.js — fetal-ecg/serial: boards over serial ports, Bluetooth and from nowhere. The same files run in node and browsers.
export { FecgError } from '../error.js'
export { BOARDS } from './boards.js'
export { Clock } from './clock.js'
export { fakeBoard, fakeSerial, fakeSerialPort } from './fake.js'
export { Session, connect } from './session.js'
