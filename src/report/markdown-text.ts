/** The one place where text becomes Markdown that GitHub shows as the text that it is: no markup, link or mention in it. */
import { printable } from './printable.ts'

const oneLine = (text: string): string => printable(text).replaceAll(/\s+/gu, ' ').trim()

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  // A pair of them would enclose mathematics.
  $: '<span>$</span>',
}

const escapeHtml = (text: string): string => text.replaceAll(/[&<>$]/gu, (c) => entities[c] ?? c)

/**
 * What GitHub looks for when the Markdown is read already (mentions, references to issues, addresses, emoji) is parted
 * by an empty comment: an escape would be gone by then.
 */
const part = (text: string): string =>
  text
    .replaceAll(/@|#(?=\d)/gu, '$&<!-- -->')
    .replaceAll(/:(?=\/\/|[\w+-]+:)/gu, ':<!-- -->')
    .replaceAll(/www(?=\.)/giu, '$&<!-- -->')

/** One line, for a paragraph, a heading or a cell of a table. */
export const markdownText = (text: string): string =>
  part(
    escapeHtml(
      oneLine(text)
        .replaceAll(/[\\`*_[\]|~]/gu, String.raw`\$&`)
        // At its start: a heading, a list, a line under a heading.
        .replace(/^(?:[-+=#]|\d+(?=[.)]))/u, (start) => (/\d/u.test(start) ? `${start}\\` : `\\${start}`)),
    ),
  )

/** One line inside an HTML element, where no Markdown is read. */
export const markdownHtml = (text: string): string => part(escapeHtml(oneLine(text)))

/** A fence that no line of the text can close. */
export const markdownCode = (text: string, language: string): string => {
  const body = printable(text.replaceAll(/\r\n?/gu, '\n'))
  const longest = Math.max(0, ...[...body.matchAll(/`+/gu)].map(([run]) => run.length))
  const fence = '`'.repeat(Math.max(3, longest + 1))
  return `${fence}${language}\n${body}\n${fence}`
}

/** Cells are Markdown already; all columns but the first are numbers. */
export const markdownTable = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const rule = head.map((_, i) => (i === 0 ? '---' : '---:'))
  return [head, rule, ...rows].map(line).join('\n')
}

/** Folded away. `summary` is of `markdownHtml`, the body Markdown. */
export const markdownDetails = (summary: string, body: string): string =>
  `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`
