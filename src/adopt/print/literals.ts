/**
 * Text of the database as TypeScript literals: the one place where it enters code. Whatever it holds (quotes,
 * backticks, `${`, line ends of any kind), the literal's value is the text again.
 */
import type { Code } from './code.ts'

/** Letters that a literal cannot hold, or that an editor would show as something else. */
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u{a0}]/gu

const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

const escaped = (letter: string): string => {
  const known = escapes[letter]
  if (known !== undefined) return known
  const code = letter.codePointAt(0) ?? 0
  return code > 0xff_ff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`
}

const inTemplate = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${')

/** Characters of the text that cannot stand as they are, line ends kept where `lines` says so. */
const withEscapes = (text: string, lines: boolean): string =>
  text.replaceAll(invisible, (letter) => (lines && letter === '\n' ? letter : escaped(letter)))

/** On one line, its type the text itself: `'slug'`, or a template literal where it has single quotes. */
export const textLiteral = (text: string): string =>
  text.includes(`'`)
    ? `\`${withEscapes(inTemplate(text), false)}\``
    : `'${withEscapes(text.replaceAll('\\', '\\\\'), false)}'`

/** Whether the text can stand in String.raw as it is. */
const isRaw = (text: string): boolean =>
  text.includes('\\') && !/`|\$\{|\r/u.test(text) && !text.endsWith('\\') && withEscapes(text, true) === text

/** SQL for a reader: patterns keep their backslashes as they are, and lines stay lines. */
const sqlLiteral = (text: string): string => {
  if (isRaw(text)) return `String.raw\`${text}\``
  if (!text.includes('\n')) return textLiteral(text)
  return `\`${withEscapes(inTemplate(text), true)}\``
}

export const text = (value: string): Code => {
  const literal = textLiteral(value)
  return { kind: 'atom', text: literal, isString: literal.startsWith(`'`) }
}

export const sql = (value: string): Code => {
  const literal = sqlLiteral(value)
  return { kind: 'atom', text: literal, isString: literal.startsWith(`'`) }
}

/** A property's name, quoted only where it has to be. */
export const key = (name: string): string => {
  if (name === '__proto__') return `['__proto__']`
  if (/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name)) return name
  // No template literal: it is no property name.
  const count = (quote: string): number => name.split(quote).length
  const quote = count(`'`) > count('"') ? '"' : `'`
  const inner = name.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`)
  return quote + withEscapes(inner, false) + quote
}

const docWidth = 98

const wrapped = (line: string): readonly string[] => {
  const lines: string[] = []
  let current = ''
  for (const word of line.split(' ').filter((one) => one !== '')) {
    if (current !== '' && current.length + 1 + word.length > docWidth) {
      lines.push(current)
      current = word
    } else current = current === '' ? word : `${current} ${word}`
  }
  return [...lines, current]
}

/** A comment of the database as lines of a doc comment: nothing in it ends the comment. */
export const docLines = (comment: string | null): readonly string[] => {
  if (comment === null) return []
  const lines = comment
    .trim()
    .split(/\r\n|[\n\r\u{2028}\u{2029}]/u)
    .map((line) =>
      line
        .replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ')
        .replaceAll('*/', '*\\/')
        .trimEnd(),
    )
  return lines.every((line) => line === '') ? [] : lines.flatMap(wrapped)
}

/** A part of a template literal, on one line. */
export const templateText = (part: string): string => withEscapes(inTemplate(part), false)
