/** The line that a person has typed so far, as a shell reads it: whole words, and the one that is being written. */

export interface TypedLine {
  /** Before the last one, without their quotes; the program's own name is the first. */
  readonly words: readonly string[]
  /** The word at the cursor, without its quotes. */
  readonly current: string
  /** As it stands there. */
  readonly raw: string
  /** The quote that it is in. */
  readonly quote: '' | "'" | '"'
}

export const readLine = (line: string): TypedLine => {
  const words: string[] = []
  let current = ''
  let start = 0
  let quote: TypedLine['quote'] = ''
  let isInside = false
  for (let at = 0; at < line.length; at++) {
    const letter = line[at]!
    if (quote === "'") {
      if (letter === "'") quote = ''
      else current += letter
    } else if (letter === '\\' && at + 1 < line.length) {
      isInside = true
      current += line[++at]!
    } else if (quote === '"') {
      if (letter === '"') quote = ''
      else current += letter
    } else if (letter === "'" || letter === '"') {
      isInside = true
      quote = letter
    } else if (/\s/u.test(letter)) {
      if (isInside) words.push(current)
      current = ''
      isInside = false
      start = at + 1
      continue
    } else {
      isInside = true
      current += letter
    }
  }
  return { words, current, raw: line.slice(start), quote }
}

/** A backslash before everything that a shell might see something in. */
const escaped = (text: string): string =>
  text.replaceAll(/[^\p{L}\p{N}@%+=:,./_-]/gu, (letter) => `\\${letter}`)

/** Of the current word as typed, what readline keeps: it completes what stands behind the last of its break characters. */
const keptLetters = ({ raw, quote }: TypedLine, breaks: string): number => {
  if (quote !== '') return 0
  let cut = 0
  for (let at = 0; at < raw.length; at++) {
    if (raw[at] === '\\') at++
    else if (breaks.includes(raw[at]!)) cut = at + 1
  }
  return readLine(raw.slice(0, cut)).current.length
}

/** What bash is to put in the place of the current word, for each value. */
export const bashReplies = (
  line: TypedLine,
  breaks: string,
  values: readonly string[],
): readonly string[] => {
  const kept = keptLetters(line, breaks)
  return values.flatMap((value) => {
    const rest = value.slice(kept)
    if (line.quote === "'") return rest.includes("'") ? [] : [rest]
    if (line.quote === '"') return [rest.replaceAll(/["$`\\]/gu, String.raw`\$&`)]
    return [escaped(rest)]
  })
}
