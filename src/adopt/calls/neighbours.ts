/** Texts beside a text: with one place of it changed, or with all of them varied. */
/** Longer texts are not changed place by place. */
const longest = 40

const digits = '0123456789'
const lower = 'abcdefghijklmnopqrstuvwxyz'
const upper = lower.toUpperCase()

/** What may stand in the place of a letter or a digit; nothing for a mark. */
const alphabetOf = (letter: string): string =>
  [digits, lower, upper].find((all) => all.includes(letter)) ?? ''

const placed = (text: string, at: number, letter: string): string =>
  text.slice(0, at) + letter + text.slice(at + 1)

const next = (letter: string, step: number): string => {
  const all = alphabetOf(letter)
  return all === '' ? letter : all[(all.indexOf(letter) + step) % all.length]!
}

const swappedCase = (letter: string): string =>
  letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()

/**
 * One place changed (to what comes next, and to what is far from it), two beside each other exchanged, one in the other
 * case, one left out, one too many: what checks a text has to notice each.
 */
export const editsOf = (text: string): readonly string[] => {
  if (text.length > longest) return []
  const each = (change: (letter: string, at: number) => string): readonly string[] =>
    Array.from(text, (letter, at) => change(letter, at))
  const found = [
    ...each((letter, at) => placed(text, at, next(letter, 1))),
    text.toLowerCase(),
    text.toUpperCase(),
    `${text}0`,
    `0${text}`,
    ...each((letter, at) => `${text.slice(0, at)}${text[at + 1] ?? ''}${letter}${text.slice(at + 2)}`),
    ...each((letter, at) => placed(text, at, next(letter, 5))),
    ...each((letter, at) => placed(text, at, swappedCase(letter))),
    ...each((_letter, at) => text.slice(0, at) + text.slice(at + 1)),
  ]
  return [...new Set(found)].filter((one) => one !== text)
}

/** What is wanted at a place of a text whose places are to differ from each other. */
const variedAt = (letter: string, at: number): string => {
  const all = alphabetOf(letter)
  return all === '' ? letter : all[(at * 7 + 3) % all.length]!
}

/**
 * The text with one place varied, and with what else may have to change for that: any one place, or only the last of
 * those that were found to (a check digit).
 */
const variationsOf = (text: string, at: number, beside: readonly number[]): readonly string[] => {
  const varied = placed(text, at, variedAt(text[at]!, at))
  if (varied === text) return []
  const others = beside
    .filter((other) => other !== at)
    .flatMap((other) =>
      Array.from(`${alphabetOf(varied[other]!)}X`, (letter) => placed(varied, other, letter)),
    )
  return [...new Set([varied, ...others])]
}

/**
 * A text that is accepted, with its places varied as far as it still is: in `00000000000` every weight of a check digit
 * is told from none. `firstOf` gives the index of the first accepted one, -1 for none.
 */
export const variedAsAccepted = async (
  text: string,
  firstOf: (texts: readonly string[]) => Promise<number>,
): Promise<string> => {
  if (text.length > longest) return text
  let varied = text
  let beside: readonly number[] = Array.from(text, (_, at) => at)
  for (const at of Array.from(text, (_, place) => place)) {
    const tried = variationsOf(varied, at, beside)
    const taken = tried.length === 0 ? undefined : tried[await firstOf(tried)]
    if (taken === undefined) continue
    const changed = beside.filter((i) => i !== at && taken[i] !== varied[i])
    // What had to change with it is where the check digit stands.
    if (changed.length > 0) beside = changed
    varied = taken
  }
  return varied
}
