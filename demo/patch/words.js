// words.js — the words of the patch's page that the other page has not.

/** @typedef {import('./outbox.js').Told} Told */

const count = (/** @type {number} */ n, /** @type {string} */ one) => `${n} ${one}${n === 1 ? '' : 's'}`
const time = (/** @type {Date} */ t) => t.toLocaleTimeString('en', { hour: '2-digit', minute: '2-digit' })

export const words = {
  ready: 'ready',
  connecting: (/** @type {string} */ board) => `Connecting to ${board}`,
  device: (/** @type {string} */ how, /** @type {string} */ board, /** @type {string[]} */ leads, /** @type {number} */ fs) => `${how} · ${board} · ${count(leads.length, 'lead')} · ${Number(fs.toFixed(2))} Hz`,
  how: { usb: 'By USB', bluetooth: 'By Bluetooth', trial: 'Not a device: bytes of a simulated recording' },
  choose: 'Choose at least one channel.',
  stopped: 'Stopped. All that was measured has been handed over for sending.',
  running: (/** @type {string} */ clock) => `Measuring for ${clock}`,
  outbox: (/** @type {Told} */ { waiting, refused, sent, last, reached }) => [
    waiting ? `${count(waiting, 'result')} waiting${reached ? '' : ', kept on this device until the service can be reached'}` : 'Nothing is waiting',
    last ? `${sent} sent, the last at ${time(last)}` : '', refused ? `${refused} not taken by the service, kept on this device` : '',
  ].filter(Boolean).join(' · '),
  outboxState: (/** @type {Told} */ { waiting, reached, sent }) => (waiting && !reached ? 'not reached' : waiting ? 'sending' : sent ? 'all sent' : ''),
  insecure: 'Browsers let a page measure only over https, or on localhost.',
  unkept: 'This browser keeps nothing on this device, so results cannot be sent: leave private browsing.',
}
