// drop.js — files that are dropped on the page, or chosen.
import { $ } from './dom.js'

/** @param {(files: File[]) => void} given */
export function startDrop(given) {
  const input = /** @type {HTMLInputElement} */ ($('files'))
  for (const id of ['open', 'hint']) $(id).addEventListener('click', () => input.click())
  input.addEventListener('change', () => {
    const files = [...input.files ?? []]
    input.value = ''
    if (files.length) given(files)
  })
  let depth = 0
  const over = (/** @type {boolean} */ is) => { $('dropzone').hidden = !is }
  const hasFiles = (/** @type {DragEvent} */ e) => e.dataTransfer?.types.includes('Files') || e.dataTransfer?.files.length
  document.addEventListener('dragenter', (e) => {
    if (!hasFiles(e)) return
    e.preventDefault()
    depth++
    over(true)
  })
  document.addEventListener('dragover', (e) => e.preventDefault())
  document.addEventListener('dragleave', () => {
    depth = Math.max(0, depth - 1)
    if (!depth) over(false)
  })
  document.addEventListener('drop', (e) => {
    e.preventDefault()
    depth = 0
    over(false)
    const files = [...e.dataTransfer?.files ?? []]
    if (files.length) given(files)
  })
}
