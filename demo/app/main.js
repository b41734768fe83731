// main.js — the page: a simulated recording at first, then whatever is opened or connected.
import { load } from '../../js/worker.js'
import { strings } from '../strings.js'
import { App } from './app.js'
import { fill } from './dom.js'

const loading = load() // before anything else: the longest way to the first beat
fill(strings)
new App(loading).start()
