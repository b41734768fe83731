// write-api.mjs — `npm run docs`: docs/api, the reference of the package, from its declarations (dist/types) and the JSDoc that they
// carry: what each entry of package.json exports, each function with its parameters, options, errors and an example, each type with
// its fields. Nothing is written by hand there: a sentence that is wrong is corrected in js/.
//
// TypeScript 7 gives the syntax. typedoc needs TypeScript 5, and puts options on pages of their own.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SyntaxKind as K } from 'typescript/unstable/ast'
import { API } from 'typescript/unstable/sync'

const root = fileURLToPath(new URL('..', import.meta.url))
const declarations = join(root, 'dist', 'types')
const { exports: entries } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const SCRIPTS = ['./worker/entry', './serial/storage-worker'] // what a worker runs: nothing to import
const PAGES = Object.entries(entries).filter(([name, { types }]) => types?.startsWith('./dist/types') && !SCRIPTS.includes(name))
  .map(([name, { types }]) => ({ name: name.replace('.', 'fetal-ecg'), page: name === '.' ? 'fetal-ecg' : name.slice(2), file: join(root, types) }))
const ORDER = [K.FunctionDeclaration, K.VariableStatement, K.ClassDeclaration]
const WRITTEN = '<!-- Written by `npm run docs` from the JSDoc in js/. -->'
const HEAD = `# The API

${WRITTEN}

| entry | what |
| --- | --- |
`
const TAIL = `
| \`fetal-ecg/fecg.wasm\` | the engine with SIMD, for \`load({ wasm })\` |
| \`fetal-ecg/models/fhnet.safetensors\`, \`fetal-ecg/models/ecgnet.safetensors\` | the weights, for \`load({ models })\` |
| ${SCRIPTS.map((name) => `\`${name.replace('.', 'fetal-ecg')}\``).join(', ')} | the scripts that workers run, where a bundler wants them named |

- Samples are \`Float32Array\`s in microvolts, one row a lead. NaN is a gap.
- Times are seconds from the first sample. A rate that is not known is \`null\`.
- A name ends in its unit where that is not SI: \`_ms\`, \`_uv\`, \`_bpm\`.
- Options may be left out or \`null\`. A parameter or field with \`?\` may be absent.
- Errors are [\`FecgError\`](fetal-ecg.md#fecgerror) with a \`code\`. An aborted call rejects with the signal's reason.
- The examples have \`fecg\`, \`recording\` (four simulated leads, 500 Hz), its \`samples\` and its \`result\` with signals at hand. A test runs them all.
`

const anchor = (/** @type {string} */ heading) => heading.toLowerCase().replace(/[^\w\- ]/g, '').replaceAll(' ', '-')
const upper = (/** @type {string} */ text) => text.charAt(0).toUpperCase() + text.slice(1)
const cell = (/** @type {string} */ text) => text.replace(/\s+/g, ' ').replaceAll('|', '\\|').trim()
/** A type on one line, by its names alone. @param {string} text */
const one = (text) => text.replace(/import\(['"][^'"]+['"]\)\./g, '').replace(/\/\*\*[\s\S]*?\*\//g, '').replace(/\s+/g, ' ')
  .replace(/;(?= })|[;,]$/g, '').replaceAll(';', ',').replaceAll('( ', '(').trim()
/** @param {any} comment */
const words = (comment) => (typeof comment === 'string' ? comment : [...comment ?? []].map(({ text }) => text ?? '').join('')).trim()
/** @param {string[]} head @param {string[][]} rows */
const table = (head, rows) => (rows.length
  ? [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n').replaceAll('|  |', '| |') : '')
/** @param {string} file the declarations of a script */
const script = (file) => readFileSync(join(root, 'js', relative(declarations, file)).replace(/\.d\.ts$/, '.js'), 'utf8')

/** What is said of typedefs, which declarations do not carry: before the first tag of a comment, and after a name. @param {string} file */
function typedefsOf(file) {
  const found = new Map()
  for (const [, comment] of script(file).matchAll(/\/\*\*([\s\S]*?)\*\//g)) {
    const text = comment.replace(/^[ \t]*\* ?/gm, '').trim()
    for (let at = text.indexOf('@typedef'), head = text.slice(0, text.indexOf('@')); at >= 0; at = text.indexOf('@typedef', at + 1), head = '') {
      let end = text.indexOf('{', at), depth = 0
      do depth += { '{': 1, '}': -1 }[text[end]] ?? 0; while (++end < text.length && depth)
      const [, name, rest] = text.slice(end).match(/^\s*(\w+)([^@]*)/) ?? []
      if (name) found.set(name, [head, rest].map((part) => upper(part.trim())).filter(Boolean).join(' '))
    }
  }
  return found
}

/** @param {any} node its comment: words, and tags */
function docOf(node) {
  const last = [...node.jsDoc ?? []].at(-1)
  const tags = [...last?.tags ?? []].map((tag) => ({ tag: tag.tagName.text, name: tag.name?.text ?? tag.name?.getText(), text: words(tag.comment) }))
  return { text: words(last?.comment), tags, of: (/** @type {string} */ tag) => tags.filter((t) => t.tag === tag).map((t) => t.text) }
}

/** The literal in `{...}`, `{...} | null`, `{...}[]`. @param {any} node @returns {any} */
function literalOf(node) {
  if (node?.kind === K.UnionType) {
    const parts = [...node.types].filter((t) => t.getText() !== 'null')
    return parts.length === 1 ? literalOf(parts[0]) : undefined
  }
  if (node?.kind === K.ArrayType) return literalOf(node.elementType)
  if (node?.kind === K.ParenthesizedType) return literalOf(node.type)
  return node?.kind === K.TypeLiteral && node.members.length ? node : undefined
}

/** @param {any} member of a class: nothing for who uses it */
const hidden = (member) => member.name?.kind === K.PrivateIdentifier || docOf(member).tags.some((t) => t.tag === 'internal')
  || (member.kind === K.Constructor && !docOf(member).text)
/** What of a declaration is shown. @param {any} declared */
const surface = ({ node }) => (node.kind === K.ClassDeclaration ? [...node.members].filter((m) => !hidden(m)) : node.kind === K.TypeAliasDeclaration ? [node.type] : [node])
const nameOf = (/** @type {any} */ node) => node.name?.text ?? node.declarationList?.declarations[0].name.text
const key = (/** @type {any} */ declared) => `${declared.file}#${declared.name}`

/** The pages by file name. */
export function pages() {
  const api = new API({ cwd: root })
  const { program } = api.updateSnapshot({ openFiles: PAGES.map(({ file }) => file) }).getDefaultProjectForFile(PAGES[0].file)
  const files = new Map()
  const sourceOf = (/** @type {string} */ file) => {
    if (!files.has(file)) files.set(file, { statements: [...program.getSourceFile(file).statements], about: typedefsOf(file) })
    return files.get(file)
  }
  const beside = (/** @type {string} */ file, /** @type {string} */ specifier) => resolve(dirname(file), specifier.replace(/\.js$/, '.d.ts'))

  /** Where a name is declared, through imports and re-exports; undefined: not here, as Blob. @param {string} file @param {string} name @returns {any} */
  function find(file, name) {
    for (const node of sourceOf(file).statements) {
      if (nameOf(node) === name) {
        return node.type?.kind === K.ImportType && (!node.type.typeArguments?.length || node.type.qualifier.text === name) ? find(beside(file, node.type.argument.literal.text), node.type.qualifier.text)
          : { file, name, node, about: sourceOf(file).about.get(name) ?? '' }
      }
      const names = node.exportClause?.elements ?? node.importClause?.namedBindings?.elements
      const hit = names && node.moduleSpecifier && [...names].find((e) => e.name.text === name)
      if (hit) return find(beside(file, node.moduleSpecifier.text), (hit.propertyName ?? hit.name).text)
    }
  }
  /** The package's own types that a node names. @param {string} file @param {any} node @param {any[]} out @returns {any[]} */
  function namesIn(file, node, out = []) {
    if (node.kind === K.ImportType && node.qualifier) out.push(find(beside(file, node.argument.literal.text), node.qualifier.text))
    if (node.kind === K.TypeReference && node.typeName.text) out.push(find(file, node.typeName.text))
    node.forEachChild((/** @type {any} */ child) => void namesIn(file, child, out))
    return out.filter(Boolean)
  }

  // Which page describes what: each value where it is first exported, each type where it is first needed.
  const homes = new Map()
  const plan = PAGES.map((entry) => {
    const { file, page } = entry
    const exported = sourceOf(file).statements.flatMap((node) => (node.kind === K.ExportDeclaration ? [...node.exportClause.elements].map((e) => find(file, e.name.text))
      : nameOf(node) && node.kind !== K.ImportDeclaration ? [{ ...find(file, nameOf(node)), alias: node.kind === K.TypeAliasDeclaration }] : []))
    const values = exported.filter(({ node, alias }) => ORDER.includes(node.kind) && !alias).sort((a, b) => ORDER.indexOf(a.node.kind) - ORDER.indexOf(b.node.kind))
    for (const d of values) if (!homes.has(key(d))) homes.set(key(d), { page, heading: d.name })
    return { ...entry, values, named: exported.filter((d) => !values.includes(d)), types: /** @type {any[]} */ ([]) }
  })
  for (const { page, values, named, types } of plan) {
    const needed = (/** @type {any} */ d) => surface(d).flatMap((n) => namesIn(d.file, n))
    const todo = [...named, ...values.flatMap(needed)]
    for (let d; (d = todo.shift());) {
      if (homes.has(key(d))) continue
      homes.set(key(d), { page, heading: d.name })
      types.push(d)
      todo.push(...needed(d))
    }
    types.sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  const to = (/** @type {string} */ page, /** @type {any} */ declared) => {
    const home = homes.get(key(declared))
    return `${home.page === page ? '' : `${home.page}.md`}#${anchor(home.heading)}`
  }
  /** A type; where it names one type of the package, with a link there. @param {string} page @param {string} file @param {any} node */
  const link = (page, file, node) => {
    const names = new Map(namesIn(file, node).map((d) => [key(d), d]))
    const text = `\`${one(node.getText())}\``
    return names.size === 1 ? `[${text}](${to(page, [...names.values()][0])})` : text
  }
  /** Rows of a field and of those inside it. @param {string} page @param {string} file @param {any} m @param {string} before @returns {string[][]} */
  function rows(page, file, m, before = '') {
    const text = docOf(m).text
    if (!m.name) return [[`\`${before}[…]\``, `\`${one(m.getText())}\``, text]]
    const name = `${before}${m.name.getText().replaceAll(/['"]/g, '')}`
    const optional = m.questionToken || m.postfixToken?.kind === K.QuestionToken ? '?' : ''
    if (m.kind === K.MethodSignature) return [[`\`${name}${optional}\``, `\`${one(m.getText()).replace(/^[^(]*/, '').replace(/\): (?=[^:]*$)/, ') => ')}\``, text]]
    const inner = literalOf(m.type)
    if (!inner) return [[`\`${name}${optional}\``, m.type ? link(page, file, m.type) : '', text]]
    const shape = one(m.type.getText()).replace(one(inner.getText()), 'object').replace(/^\((.*)\)$/, '$1')
    return [[`\`${name}${optional}\``, `\`${shape}\``, text], ...fields(page, file, inner, `${name}${shape.includes('[]') ? '[]' : ''}.`)]
  }
  /** @param {string} page @param {string} file @param {any} literal @param {string} [before] */
  const fields = (page, file, literal, before) => [...literal.members].flatMap((m) => rows(page, file, m, before))
  /** Names of parameters; of one that is taken apart where it comes in, that of its description. @param {any} node @param {any} doc */
  const argumentsOf = (node, doc) => [...node.parameters].map((q, i) => q.name.text ?? doc.tags.filter((/** @type {any} */ t) => t.tag === 'param')[i]?.name ?? 'options')
  const title = (/** @type {any} */ node, doc = docOf(node)) => argumentsOf(node, doc).map((name, i) => name + (node.parameters[i].questionToken ? '?' : '')).join(', ')

  /** A function: words, parameters with their options, what it gives and throws, an example. @param {string} page @param {string} file @param {any} node */
  function call(page, file, node, doc = docOf(node)) {
    const names = argumentsOf(node, doc)
    const given = [...node.parameters].flatMap((q, i) => {
      const name = names[i]
      const options = namesIn(file, q.type).filter((d) => d.name.endsWith('Options') && literalOf(d.node.type))
      const inner = options.length ? options.flatMap((d) => fields(page, d.file, literalOf(d.node.type), `${name}.`))
        : literalOf(q.type) ? fields(page, file, literalOf(q.type), `${name}.`) : []
      return [[`\`${name}${q.questionToken ? '?' : ''}\``, literalOf(q.type) ? '`object`' : link(page, file, q.type), doc.tags.find((t) => t.tag === 'param' && t.name === name)?.text ?? ''], ...inner]
    })
    const result = node.type && node.type.getText() !== 'void' && literalOf(node.type)
    const said = doc.of('returns').filter(Boolean)[0]
    const gives = !node.type || /^(Promise<)?void>?$/.test(node.type.getText()) ? '' : result ? `Gives an object${said ? `: ${said}` : ''}` : `Gives ${link(page, file, node.type)}${said ? `: ${said}` : ''}`
    const throws = doc.of('throws').map((t) => `- ${t.replace(/^(\{.*?\}|import\(\S+)?\s*/, '').replace(/^([A-Z]{4,}(, )?)+/, (codes) => codes.replace(/[A-Z]+/g, '`$&`'))}`)
    return [doc.text, table(['parameter', 'type', ''], given), gives, result ? table(['field', 'type', ''], fields(page, file, result)) : '',
      throws.length ? `Throws [\`FecgError\`](${page === 'fetal-ecg' ? '' : 'fetal-ecg.md'}#fecgerror):\n\n${throws.join('\n')}` : '', ...doc.of('example').map((code) => `\`\`\`js\n${code}\n\`\`\``)]
  }

  /** A section. @param {string} page @param {any} declared @returns {string[]} */
  function describe(page, { file, name, node, about }) {
    if (node.kind === K.FunctionDeclaration) return [`## ${name}(${title(node)})`, ...call(page, file, node)]
    if (node.kind === K.VariableStatement) {
      const { type, initializer } = node.declarationList.declarations[0]
      if (!type) return [`## ${name}`, docOf(node).text, `\`${initializer.getText()}\``]
      return type.kind === K.FunctionType ? [`## ${name}(${title(type, docOf(node))})`, ...call(page, file, type, docOf(node))] : [`## ${name}`, docOf(node).text, link(page, file, type)]
    }
    if (node.kind === K.ClassDeclaration) {
      const members = surface({ node }), object = name[0].toLowerCase() + name.slice(1)
      const properties = members.filter((m) => m.kind === K.PropertyDeclaration || m.kind === K.GetAccessor)
      return [`## ${name}`, docOf(node).text, table(['property', 'type', ''], properties.flatMap((m) => rows(page, file, m))), ...members.filter((m) => !properties.includes(m)).flatMap((m) => {
        const of = [...m.modifiers ?? []].some((x) => x.kind === K.StaticKeyword) ? name : object
        const heading = m.kind === K.Constructor ? `new ${name}(${title(m)})` : m.name.getText().startsWith('[') ? `for await (… of ${object})` : `${of}.${m.name.getText()}(${title(m)})`
        return [`### ${heading}`, ...call(page, file, m)]
      })]
    }
    const parts = node.type.kind === K.IntersectionType ? [...node.type.types] : [node.type]
    const inside = parts.map(literalOf).filter(Boolean), others = parts.filter((t) => !literalOf(t))
    return [`## ${name}`, about, ...(inside.length === 0 ? [link(page, file, node.type)]
      : [others.length ? `What ${others.map((t) => link(page, file, t)).join(' and ')} has, and:` : '', node.type.kind === K.ArrayType ? 'An array of:' : '', table(['field', 'type', ''], inside.flatMap((l) => fields(page, file, l)))])]
  }

  const out = new Map()
  const index = []
  for (const { name, page, file, values, types } of plan) {
    const [, about] = script(file).match(/^\/\/ [\w./-]+ — ((?:.*\n(?:\/\/ )?)+?)(?=\n|import|export)/) ?? []
    const purpose = upper((about ?? '').replaceAll('// ', '').trim().replace(/^fetal-ecg[\w/]*(, |: )/, ''))
    const own = values.filter((d) => homes.get(key(d)).page === page)
    const sections = [...own, ...types].map((d) => describe(page, d))
    const list = (/** @type {string[][]} */ blocks) => blocks.map(([h]) => `[${h.slice(3)}](#${anchor(h.slice(3))})`).join(' · ')
    const again = values.filter((d) => !own.includes(d)).map((d) => `[${d.name}](${to(page, d)})`)
    const methods = sections.slice(0, own.length).map((s) => [s[0], s.filter((b) => b.startsWith('### ')).map((b) => b.slice(1))]).filter(([, m]) => m.length)
    out.set(`${page}.md`, [`# ${name}`, WRITTEN, purpose, [list(sections.slice(0, own.length)), ...again].join(' · '),
      ...methods.map(([heading, of]) => `${heading.slice(3)}: ${list(of.map((m) => [m]))}`),
      types.length ? `Types: ${list(sections.slice(own.length))}` : '', ...sections.flat()])
    index.push(`| [\`${name}\`](${page}.md) | ${values.map((d) => `\`${d.name}\``).join(' ')} |`)
  }
  api.close()
  return new Map([['README.md', HEAD + index.join('\n') + TAIL], ...[...out].map(([file, blocks]) => [file, `${blocks.filter(Boolean).join('\n\n')}\n`])])
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = join(root, 'docs', 'api'), written = pages()
  mkdirSync(folder, { recursive: true })
  for (const file of readdirSync(folder)) if (!written.has(file)) rmSync(join(folder, file))
  for (const [file, text] of written) writeFileSync(join(folder, file), text)
}
