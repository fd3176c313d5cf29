/** Lays code out as Prettier does with this project's settings: 110 columns, single quotes, no semicolons, trailing commas. */
import type { Code, Entry } from './code.ts'
import { codeWidth } from './code-width.ts'

const columns = 110

/** Where a piece begins, and what has to stand behind it on its last line. */
interface Place {
  /** Of the line on which it stands. */
  readonly indent: number
  readonly column: number
  /** Width of what follows: a comma, a closing parenthesis. */
  readonly after: number
}

const spaces = (n: number): string => ' '.repeat(n)

const isNumber = (code: Code): boolean => code.kind === 'atom' && /^-?\d+(?:\.\d+)?$/u.test(code.text)
const isNumbers = (code: Code): boolean =>
  code.kind === 'array' && code.items.length > 1 && code.items.every(isNumber)

/** Prettier opens lists of lists, and lists of objects, when each has more than one part. */
const isGrid = (items: readonly Code[]): boolean => {
  const [first] = items
  if (items.length < 2 || (first?.kind !== 'array' && first?.kind !== 'object')) return false
  return items.every(
    (item) => item.kind === first.kind && (item.kind === 'array' ? item.items : entriesOf(item)).length > 1,
  )
}

const entriesOf = (code: Code): readonly Entry[] => (code.kind === 'object' ? code.entries : [])

const joinAll = (parts: readonly (string | null)[]): string | null =>
  parts.includes(null) ? null : parts.join(', ')

const flatEntry = ({ key, value, doc }: Entry): string | null => {
  if (doc.length > 0) return null
  if (value === null) return key
  const text = flat(value)
  return text === null ? null : `${key}: ${text}`
}

/** On one line; null when it cannot be. */
const flat = (code: Code): string | null => {
  switch (code.kind) {
    case 'atom':
      return code.text.includes('\n') ? null : code.text
    case 'object': {
      if (code.entries.length === 0) return '{}'
      const inner = code.expanded ? null : joinAll(code.entries.map(flatEntry))
      return inner === null ? null : `{ ${inner} }`
    }
    case 'array': {
      const inner = isGrid(code.items) ? null : joinAll(code.items.map(flat))
      return inner === null ? null : `[${inner}]`
    }
    case 'call': {
      const inner = joinAll(code.args.map(flat))
      return inner === null ? null : `${code.callee}(${inner})`
    }
    case 'arrow': {
      const body = flat(code.body)
      return body === null ? null : `${code.parameter} => ${body}`
    }
  }
}

/** `/** … *\/` above an entry or a statement. */
export const docComment = (lines: readonly string[], indent: number): string => {
  if (lines.length === 0) return ''
  const [only] = lines
  if (lines.length === 1) return `${spaces(indent)}/** ${only} */\n`
  const inner = lines.map((line) => `${spaces(indent)} *${line === '' ? '' : ` ${line}`}\n`).join('')
  return `${spaces(indent)}/**\n${inner}${spaces(indent)} */\n`
}

const isName = (code: string): boolean => /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(code)

const shortArgument = columns / 4
/** Behind a key of so many columns a line of its own would gain nothing. */
const shortKey = 4

/** A call that it would not help to open: its one argument is short. */
const isShortCall = (code: Code): boolean => {
  const [only, ...more] = code.kind === 'call' ? code.args : []
  if (only?.kind !== 'atom' || more.length > 0) return false
  return only.text.replaceAll('`', '').length <= shortArgument
}

/** A value behind its key; a long string, or a call with one short argument, goes to a line of its own. */
const entryText = ({ key, value, doc }: Entry, indent: number): string => {
  const head = `${docComment(doc, indent)}${spaces(indent)}${key}`
  if (value === null) return `${head},\n`
  const column = indent + codeWidth(key) + 2
  const one = flat(value)
  const mayBreak = value.kind === 'atom' ? value.isString || isName(value.text) : isShortCall(value)
  if (one !== null && mayBreak && codeWidth(key) > shortKey && column + codeWidth(one) + 1 > columns)
    return `${head}:\n${spaces(indent + 2)}${one},\n`
  return `${head}: ${layout(value, { indent, column, after: 1 })},\n`
}

const onOwnLines = (items: readonly Code[], indent: number): string =>
  items.map((item) => `${spaces(indent)}${layout(item, { indent, column: indent, after: 1 })},\n`).join('')

/** Numbers fill their lines. */
const filled = (items: readonly Code[], indent: number): string => {
  const lines: string[] = []
  let line = ''
  for (const item of items) {
    const text = `${flat(item) ?? ''},`
    if (line !== '' && indent + line.length + 1 + text.length > columns) {
      lines.push(line)
      line = text
    } else line = line === '' ? text : `${line} ${text}`
  }
  return [...lines, line].map((text) => `${spaces(indent)}${text}\n`).join('')
}

/** Mayhap the last argument opens where it stands: `t.references('a', 'b', {`. */
const hugged = (args: readonly Code[]): Code | null => {
  const last = args.at(-1)
  const before = args.at(-2)
  if (last === undefined || before?.kind === last.kind) return null
  if (last.kind === 'array') {
    const isFilled = args.length > 1 && isNumbers(last)
    return last.items.length === 0 || isFilled ? null : last
  }
  if (last.kind === 'object') return last.entries.length === 0 ? null : last
  return last.kind === 'arrow' ? last : null
}

const openCall = (code: Extract<Code, { kind: 'call' }>, place: Place): string => {
  const last = hugged(code.args)
  const before = joinAll(code.args.slice(0, -1).map(flat))
  if (last !== null && before !== null) {
    const head = `${code.callee}(${before === '' ? '' : `${before}, `}`
    const text = head + open(last, { ...place, column: place.column + codeWidth(head) })
    const [firstLine = ''] = text.split('\n')
    if (place.column + codeWidth(firstLine) <= columns) return `${text})`
  }
  return `${code.callee}(\n${onOwnLines(code.args, place.indent + 2)}${spaces(place.indent)})`
}

/** Over several lines. */
const open = (code: Code, place: Place): string => {
  const { indent } = place
  switch (code.kind) {
    case 'atom':
      return code.text
    case 'object':
      return `{\n${code.entries.map((one) => entryText(one, indent + 2)).join('')}${spaces(indent)}}`
    case 'array': {
      const items = isNumbers(code) ? filled(code.items, indent + 2) : onOwnLines(code.items, indent + 2)
      return `[\n${items}${spaces(indent)}]`
    }
    case 'call':
      return code.args.length === 0 ? `${code.callee}()` : openCall(code, place)
    case 'arrow': {
      const head = `${code.parameter} => `
      return head + layout(code.body, { ...place, column: place.column + codeWidth(head) })
    }
  }
}

/** On one line where it fits. */
export const layout = (code: Code, place: Place): string => {
  const one = flat(code)
  if (one !== null && place.column + codeWidth(one) + place.after <= columns) return one
  return open(code, place)
}

/** `export const name = …` */
export const exportConst = (name: string, value: Code, doc: readonly string[] = []): string => {
  const head = `export const ${name} = `
  const text = layout(value, { indent: 0, column: codeWidth(head), after: 0 })
  return `${docComment(doc, 0)}${head}${text}\n`
}

/** `import { a, b } from 'x'`; the names in order. */
export const importNames = (names: readonly string[], from: string): string => {
  const sorted = names.toSorted((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1))
  const one = `import { ${sorted.join(', ')} } from '${from}'`
  if (codeWidth(one) <= columns || sorted.length === 1) return `${one}\n`
  return `import {\n${sorted.map((name) => `  ${name},\n`).join('')}} from '${from}'\n`
}
