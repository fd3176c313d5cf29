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

/** The first and the last value that may be drawn; null where another law makes them. */
const ends = (column: DraftColumn): readonly (string | null)[] | null => {
  const { source, nulls } = column
  if (source?.kind !== 'made' || source.number.kind !== 'drawn') return null
  const maker = makerFor(column, source.isDistinct)
  if (maker === null) return null
  const { from, variety } = source.number
  const both = [from, from + variety - 1].map((i) => maker.make(i % maker.capacity))
  return nulls > 0 ? [...both, null] : both
}

const mostCorners = 200

const cornersOf = (columns: readonly DraftColumn[], first: Tuple): readonly Tuple[] => {
  const all = columns.map((column, at) => ends(column) ?? [first[at] ?? null])
  const size = all.reduce((product, list) => product * list.length, 1)
  if (size > mostCorners) return [0, 1].map((end) => all.map((list) => list[end % list.length] ?? null))
  return all.reduce<readonly Tuple[]>(
    (tuples, list) => list.flatMap((value) => tuples.map((tuple) => [...tuple, value])),
    [[]],
  )
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
