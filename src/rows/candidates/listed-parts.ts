/** Texts that are taken apart at a separator, such as five fields between spaces: parts that match, as often as is counted, and once more or less. */

const mostSeparators = 3
const mostParts = 6
const mostCounts = 3
const mostPatterns = 4

const isSeparator = (text: string): boolean => /^[^\p{L}\p{N}]$/u.test(text)
/** Later ones are stretched: what is found anywhere in a text has letters beside it. */
const isMarksAlone = (texts: readonly string[]): boolean =>
  texts.length > 0 && texts.slice(0, 3).every((text) => /^[^\p{L}\p{N}]*$/u.test(text))

const repeated = (part: string, count: number, separator: string): string =>
  Array.from({ length: count }, () => part).join(separator)

/**
 * `matching`: what each pattern is matched by; a pattern of separators is matched by marks alone. `constants`: what else
 * is spoken of, single marks and small numbers among them.
 */
export const listedParts = (
  matching: readonly (readonly string[])[],
  constants: readonly string[],
): readonly string[] => {
  const ofPatterns = matching.filter(isMarksAlone).flatMap((some) => some.filter(isSeparator).slice(0, 1))
  const separators = [...new Set([...ofPatterns, ...constants.filter(isSeparator)])].slice(0, mostSeparators)
  const counts = constants
    .filter((one) => /^[2-8]$/u.test(one))
    .slice(0, mostCounts)
    .map(Number)
  const parts = matching
    .filter((some) => !isMarksAlone(some))
    .slice(0, mostPatterns)
    .flatMap((some) => some.filter((one) => one !== '' && one.length <= 12).slice(0, mostParts))
  return separators.flatMap((separator) =>
    counts.flatMap((count) => [
      ...parts.map((part) => repeated(part, count, separator)),
      ...parts.slice(0, 2).flatMap((part) => [-1, 1].map((by) => repeated(part, count + by, separator))),
    ]),
  )
}
