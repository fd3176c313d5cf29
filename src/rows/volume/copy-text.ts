/** Values in the text format of COPY, and back. */

export const copyNull = '\\N'

const special = /[\\\n\r\t]/u
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }

export const copyText = (value: string | null): string =>
  value === null
    ? copyNull
    : special.test(value)
      ? value.replaceAll(/[\\\n\r\t]/gu, (char) => escapes[char]!)
      : value

const letters: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\\': '\\' }

export const fromCopyText = (text: string): string | null =>
  text === copyNull ? null : text.replaceAll(/\\(.)/gu, (_all, char: string) => letters[char] ?? char)
