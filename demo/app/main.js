// main.js — the page: a simulated recording at first, then whatever is opened or connected.
import { load } from '../../js/worker.js'
import { strings } from '../strings.js'
import { fill } from './dom.js'
import { startScheme } from './scheme.js'

const loading = load() // before anything else: the longest way to the first beat

const { App } = await import('./app.js')
fill(strings)
startScheme(strings)
new App(loading).start()
