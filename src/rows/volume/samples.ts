/**
 * Which of a plan's values PostgreSQL is asked about before millions of them are written: those of many rows, the least
 * and the greatest that may be drawn, the longest and the shortest texts, and what is null.
 */
import { compileVolume } from './compile.ts'
import { fromCopyText } from './copy-text.ts'
import { makerFor, volumeOf, type DraftColumn, type TableDraft } from './draft.ts'
import { scramble } from './random.ts'
import type { TableVolume, VolumePlan } from './volume-plan.ts'

export type Tuple = readonly (string | null)[]

export interface PlannedBefore {
  readonly plan: Omit<VolumePlan, 'tables'>
  readonly planned: ReadonlyMap<string, TableVolume>
}

/** The first rows, some of all, and the last. */
export const rowNumbers = (count: number, wanted: number): readonly number[] => {
  if (count <= wanted) return Array.from({ length: count }, (_, n) => n)
  const some = Array.from({ length: Math.floor(wanted / 4) }, (_, n) => scramble(n, 11) % count)
  const first = Array.from({ length: wanted - some.length - 1 }, (_, n) => n)
  return [...new Set([...first, ...some, count - 1])]
}

export const tuplesOf = (
  draft: TableDraft,
  columns: readonly DraftColumn[],
  numbers: readonly number[],
  { plan, planned }: PlannedBefore,
): readonly Tuple[] => {
  const volume = volumeOf(draft)
  const compiled = compileVolume({ ...plan, tables: [...planned.values(), volume] })(volume.id)
  const texts = columns.map(({ column, source }) =>
    source === null ? null : compiled.columnText(column.name),
  )
  return numbers.map((n) => texts.map((text) => (text === null ? null : fromCopyText(text(n)))))
}

/** A value that may be drawn, with its number; null: it is another law's. */
interface Choice {
  readonly text: string | null
  readonly number: number | null
}

/** The first and the last value that may be drawn: beside what it comes after, if it does. Another law's stay as they are. */
const endsOf = (
  column: DraftColumn,
  own: string | null,
  chosen: (name: string) => { readonly column: DraftColumn; readonly choice: Choice } | undefined,
): readonly Choice[] => {
  const { source, nulls } = column
  const maker = source?.kind === 'made' ? makerFor(column, source.isDistinct) : null
  const numbers = (): readonly number[] | null => {
    if (source?.kind !== 'made' || maker === null) return null
    const law = source.number
    if (law.kind === 'drawn' || law.kind === 'rising') return [law.from, law.from + law.variety - 1]
    if (law.kind !== 'after') return null
    const base = chosen(law.column)
    const start = base?.choice.number
    const seconds = base === undefined ? undefined : makerFor(base.column, false)?.seconds
    if (start == null || seconds === undefined || maker.seconds === undefined) return null
    return [0, Math.max(1, law.most) - 1].map((gap) => Math.ceil((start * seconds + gap) / maker.seconds!))
  }
  const both = numbers()
  if (both === null) return [{ text: own, number: null }]
  const ends = both.map((number) => ({ text: maker!.make(number % maker!.capacity), number }))
  return nulls > 0 ? [...ends, { text: null, number: null }] : ends
}

const mostCorners = 200

const isAfter = ({ source }: DraftColumn): boolean =>
  source?.kind === 'made' && source.number.kind === 'after'

/** All combinations of what `pick` leaves of the ends. */
const combined = (
  columns: readonly DraftColumn[],
  first: Tuple,
  pick: (ends: readonly Choice[]) => readonly Choice[],
): readonly Tuple[] => {
  let all: readonly ReadonlyMap<DraftColumn, Choice>[] = [new Map()]
  // What another one comes after is chosen first.
  for (const column of [...columns.filter((one) => !isAfter(one)), ...columns.filter(isAfter)])
    all = all.flatMap((known) => {
      const chosen = (name: string) => {
        const found = [...known].find(([one]) => one.column.name === name)
        return found && { column: found[0], choice: found[1] }
      }
      const ends = pick(endsOf(column, first[columns.indexOf(column)] ?? null, chosen))
      return ends.map((choice) => new Map([...known, [column, choice]]))
    })
  return all.map((known) => columns.map((column) => known.get(column)?.text ?? null))
}

const cornersOf = (columns: readonly DraftColumn[], first: Tuple): readonly Tuple[] => {
  const none = (): undefined => undefined
  const size = columns.reduce((product, column, at) => {
    const ends = isAfter(column) ? 3 : endsOf(column, first[at] ?? null, none).length
    return product * ends
  }, 1)
  if (size <= mostCorners) return combined(columns, first, (ends) => ends)
  return [0, 1].flatMap((end) => combined(columns, first, (ends) => [ends[end % ends.length]!]))
}

const isText = ({ making }: DraftColumn): boolean => /text|char|name/u.test(making.bareType)
const scanned = { few: 500, many: 6_000 }
const keptOfEachEnd = 6

/** Texts of all lengths: of many rows the longest and the shortest. */
const longAndShort = (
  draft: TableDraft,
  columns: readonly DraftColumn[],
  before: PlannedBefore,
  rows: number,
): readonly Tuple[] => {
  if (!columns.some(isText)) return []
  const length = (tuple: Tuple): number => tuple.reduce((sum, text) => sum + (text?.length ?? 0), 0)
  const sorted = tuplesOf(draft, columns, rowNumbers(draft.count, rows), before).toSorted(
    (a, b) => length(a) - length(b),
  )
  return [...sorted.slice(0, keptOfEachEnd), ...sorted.slice(-keptOfEachEnd)]
}

const ofOneColumn = 200
const ofSeveral = 1_500
const ofFew = 48

/** What is asked of columns that share conditions. */
export const askedTuples = (
  draft: TableDraft,
  columns: readonly DraftColumn[],
  before: PlannedBefore,
  few = false,
): readonly Tuple[] => {
  const wanted = few ? ofFew : columns.length === 1 ? ofOneColumn : ofSeveral
  const tuples = tuplesOf(draft, columns, rowNumbers(draft.count, wanted), before)
  const [first] = tuples
  if (first === undefined) return []
  const ends = longAndShort(draft, columns, before, few ? scanned.few : scanned.many)
  return [...tuples, ...cornersOf(columns, first), ...ends]
}
