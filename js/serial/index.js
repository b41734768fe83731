// index.js — fetal-ecg/serial: boards over serial ports and Bluetooth, and fake ones. The same files run in node and browsers;
// nodeSerial needs the npm package serialport.
export { FecgError } from '../error.js'
export { BOARDS } from './boards.js'
export { Clock } from './clock.js'
export { fakeBoard, fakeSerial, fakeSerialPort } from './fake.js'
export { nodePorts, nodeSerial } from './node.js'
export { Recorder } from './recorder.js'
export { Session, connect } from './session.js'
export { pageTarget, recover, storageTarget } from './storage.js'
export { fileTarget, memoryTarget } from './targets.js'
export { UART, webBluetooth } from './web-bluetooth.js'
export { webSerial } from './web-serial.js'
