/** Texts that tell rows apart where a form bears no number: each letter of one that is taken, exchanged for its like. */
import { accepts, isTaken, type Component, type Judging } from './conditions.ts'
import type { DraftColumn, TableDraft } from './draft.ts'
import { capacityOfLetters, type Lettered } from './lettered.ts'
import type { Tuple } from './samples.ts'

const alike = ['0123456789', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'].map((one) =>
  one.split(''),
)

/** Longer texts have letters enough without. */
const longest = 64

/** What is taken at each place, the others as they are. */
const letteredFrom = async (
  draft: TableDraft,
  component: Component,
  text: string,
  judging: Judging,
): Promise<Lettered> => {
  const own = Array.from(text)
  const letters = own.map((one) => alike.find((likes) => likes.includes(one)) ?? [one])
  const asked = letters.flatMap((likes, at) =>
    likes.map((one) => ({ at, one, text: own.with(at, one).join('') })),
  )
  const taken = await accepts(
    draft,
    component,
    asked.map((one): Tuple => [one.text]),
    judging,
  )
  const good = asked.filter((_, k) => taken[k])
  return {
    kind: 'lettered',
    letters: letters.map((_, place) => good.filter(({ at }) => at === place).map(({ one }) => one)),
  }
}

const mostTried = 3

/** `texts`: that PostgreSQL takes. Of a column alone; where so many rows have no text each, there are fewer. */
export const exchangeLetters = async (
  draft: TableDraft,
  component: Component,
  column: DraftColumn,
  texts: readonly string[],
  judging: Judging,
): Promise<boolean> => {
  const before = { source: column.source, count: draft.count }
  for (const text of texts.filter(({ length }) => length > 0 && length <= longest).slice(0, mostTried)) {
    const source = await letteredFrom(draft, component, text, judging)
    const capacity = capacityOfLetters(source)
    if (capacity <= texts.length) continue
    column.source = source
    draft.count = Math.min(before.count, capacity)
    if (await isTaken(draft, component, judging)) return true
  }
  column.source = before.source
  draft.count = before.count
  return false
}
