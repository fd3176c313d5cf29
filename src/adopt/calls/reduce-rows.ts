/** Takes away rows that a chosen call does not need: what is left is what a reader has to look at. */
import { isOtherwise, lookAtCalls, type ChosenCall } from './choose-calls.ts'
import { tryCalls, type CallLaboratory, type CallSetting, type CallShape } from './try-calls.ts'

type Given = CallSetting['given']

/** A row, or all rows of a table where `at` is null. */
interface Less {
  readonly table: string
  readonly at: number | null
}

const without = (given: Given, less: readonly Less[]): Given =>
  Object.fromEntries(
    Object.entries(given).flatMap(([table, rows]) => {
      const own = less.filter((one) => one.table === table)
      if (own.some((one) => one.at === null)) return []
      const left = rows.filter((_, n) => own.every((one) => one.at !== n))
      return left.length === 0 ? [] : [[table, left]]
    }),
  )

const waysOf = (given: Given): readonly Less[] =>
  Object.entries(given).flatMap(([table, rows]) => [
    { table, at: null },
    ...(rows.length < 2 ? [] : rows.map((_, at): Less => ({ table, at }))),
  ])

const countOf = (given: Given): number => Object.values(given).reduce((sum, rows) => sum + rows.length, 0)

/** The calls among fewer rows that still notice all that this one was chosen for. */
const stillNoticing = async (
  lab: CallLaboratory,
  { setting, seen: whole }: ChosenCall,
  notices: ChosenCall['notices'],
  shape: CallShape,
  givens: readonly Given[],
): Promise<ReadonlyMap<Given, ChosenCall>> => {
  const seen = await lookAtCalls(
    lab,
    givens.map((given) => ({ ...setting, given })),
    shape,
  )
  const broken = await tryCalls(
    lab,
    seen.map((one) => one.setting),
    shape,
    notices,
    'short',
  )
  return new Map(
    seen.flatMap((one, i): [Given, ChosenCall][] => {
      const others = broken.map((outcomes) => outcomes?.[i] ?? null)
      const isWhole = others.every((other) => other !== null && isOtherwise(one, other))
      // Refused for want of a row it would say less.
      const isAlike = (one.seen.fault === null) === (whole.fault === null)
      return isWhole && isAlike
        ? [[one.setting.given, { ...one, notices, others: others.flatMap((o) => o ?? []) }]]
        : []
    }),
  )
}

/** Whole tables first: what is left of a table of which nothing is needed is not looked at. */
const together = (some: readonly Less[]): readonly Less[] => {
  const tables = new Set(some.filter((one) => one.at === null).map((one) => one.table))
  const rows = new Set<string>()
  return some.filter(({ table, at }) => {
    if (at === null) return true
    if (tables.has(table) || rows.has(table)) return false
    rows.add(table)
    return true
  })
}

/** Broken forms that each way is put to; what is left in the end is put to all of them. */
const mostAsked = 4

export const reduceRows = async (
  lab: CallLaboratory,
  call: ChosenCall,
  shape: CallShape,
): Promise<ChosenCall> => {
  const { given } = call.setting
  if (countOf(given) === 0) return call
  const some = call.notices.slice(0, mostAsked)
  const none = await stillNoticing(lab, call, call.notices, shape, [{}])
  if (none.size > 0) return [...none.values()][0]!
  const ways = waysOf(given).map((less) => ({ less, left: without(given, [less]) }))
  const alone = await stillNoticing(
    lab,
    call,
    some,
    shape,
    ways.map((way) => way.left),
  )
  const possible = ways.filter(({ left }) => alone.has(left))
  const tables = possible.filter(({ less }) => less.at === null)
  for (const list of [possible, tables]) {
    if (list.length === 0) continue
    const left = without(given, together(list.map(({ less }) => less)))
    const found = (await stillNoticing(lab, call, call.notices, shape, [left])).get(left)
    if (found) return found
  }
  return call
}
