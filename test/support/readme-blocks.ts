/** What the README shows, and whether a run printed it. */
import { readFileSync } from 'node:fs'
import { expect } from 'vitest'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

/** The first block of that language behind a heading. */
export const blockAfter = (heading: string, language: string): readonly string[] => {
  const from = readme.indexOf(heading)
  expect(from, heading).toBeGreaterThan(0)
  const [, text = ''] =
    new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'mu').exec(readme.slice(from)) ?? []
  return text.split('\n').filter((line) => line.trim() !== '')
}

/** Lines that begin with the same words differ in how they wrap when a figure has another digit. */
const figures = (line: string): string => line.replaceAll(/\d+(?:\.\d+)?/gu, '0')

/** An ellipsis stands for anything. */
const isLike = (shown: string, printed: string): boolean => {
  const pieces = shown.split('…').map((piece) => figures(piece))
  const text = figures(printed)
  if (!text.startsWith(pieces[0]!)) return false
  return pieces.every((piece) => text.includes(piece)) && (pieces.length > 1 || text === pieces[0])
}

/** Each shown line is printed, in that order; what stands between them is left out. */
export const expectInOrder = (shown: readonly string[], printed: string): void => {
  let rest = printed.split('\n')
  for (const line of shown) {
    if (line.trim() === '…') continue
    const at = rest.findIndex((candidate) => isLike(line, candidate))
    expect(at, `${line}\n\nis not printed in:\n${rest.join('\n')}`).toBeGreaterThanOrEqual(0)
    rest = rest.slice(at + 1)
  }
}
