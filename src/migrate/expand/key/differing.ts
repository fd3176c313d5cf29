/** Rows of which both sides of a key do not say the same. */
import { differs, disagreement, namesIn, valuesInTable, type Sides } from '../sides.ts'

/** Types in which every value of the one before it can be said. */
const widening = ['smallint', 'integer', 'bigint', 'numeric']

/** Whether each old value is another new one, and none fails. */
export const isWidened = ({ olds, news }: Sides): boolean =>
  olds.every((old, i) => {
    const [from, to] = [widening.indexOf(old.type), widening.indexOf(news[i]?.type ?? '')]
    return from >= 0 && from <= to
  })

/** Where the new type is wider, the old one may not hold what stands there: it is not asked to. */
export const differing = (sides: Sides): string =>
  isWidened(sides)
    ? differs(sides.news, namesIn(sides.news), valuesInTable(sides, 'news'))
    : disagreement(sides)
