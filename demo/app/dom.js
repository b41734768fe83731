// dom.js — elements by id, and new ones from a list. Nothing is made from markup in text.

/** @param {string} id @returns {HTMLElement} */
export function $(id) {
  const found = document.getElementById(id)
  if (!found) throw new Error(`the page has no element "${id}"`)
  return found
}

/**
 * h('button', { type: 'button', onclick: act }, 'Stop'): properties where the element has them, attributes else.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, any> | null} [props]
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, props, ...children) {
  const made = document.createElement(tag)
  if (tag === 'button') made.setAttribute('type', 'button')
  for (const [key, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue
    if (key in made && key !== 'list' && key !== 'form') /** @type {any} */ (made)[key] = value
    else made.setAttribute(key, value === true ? '' : String(value))
  }
  made.append(.../** @type {(Node | string)[]} */ (children.filter((c) => c !== null && c !== undefined && c !== false)))
  return made
}

/** Lets others in between, so that no task is long. */
export const breath = () => new Promise((done) => setTimeout(done))

/** Until what was asked for is drawn, so that each thing has a frame of its own; a page that is not seen draws nothing. @returns {Promise<void>} */
export const drawn = () => new Promise((done) => {
  const unseen = setTimeout(done, 100)
  requestAnimationFrame(() => setTimeout(() => {
    clearTimeout(unseen)
    done()
  }))
})

/** A section of the page with its title. @param {string} id @param {string} title @param {...any} children */
export const sheet = (id, title, ...children) => h('section', { className: 'sheet', id, 'aria-labelledby': `${id}-title` }, h('h2', { id: `${id}-title` }, title), ...children)

/** @param {(string | Node)[]} heads @param {(string | Node)[][]} rows the first cell heads its row @param {string} [caption] */
export function table(heads, rows, caption) {
  return h('div', { className: 'scroll', tabIndex: 0, role: 'group', 'aria-label': caption ?? '' }, h('table', null,
    h('thead', null, h('tr', null, ...heads.map((head) => h('th', { scope: 'col' }, head)))),
    h('tbody', null, ...rows.map(([first, ...rest]) => h('tr', null, h('th', { scope: 'row' }, first), ...rest.map((cell) => h('td', null, cell)))))))
}

/** Fills what index.html marks with words of strings.js. @param {any} strings */
export function fill(strings) {
  const word = (/** @type {string} */ path) => path.split('.').reduce((at, key) => at[key], strings)
  for (const element of document.querySelectorAll('[data-t]')) {
    const text = word(element.getAttribute('data-t') ?? '')
    if (element.textContent !== text) element.textContent = text
  }
  for (const element of document.querySelectorAll('[data-label]')) element.setAttribute('aria-label', word(element.getAttribute('data-label') ?? ''))
}
