/** Text that came from a database or a user's file, made safe for a terminal: no control or direction characters. */

// C0, DEL, C1 and the bidirectional overrides, which can hide or reorder what is shown.
// eslint-disable-next-line no-control-regex
const unprintable = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

export const printable = (text: string): string =>
  text.replaceAll(unprintable, (c) => `\\u${c.codePointAt(0)!.toString(16).padStart(4, '0')}`)

/** Breaks a text into lines of at most `width` characters at spaces; later lines are indented. */
export const wrap = (text: string, width: number, indent: string): string => {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/u)) {
    const room = width - (lines.length === 0 ? 0 : indent.length)
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].join(`\n${indent}`)
}
