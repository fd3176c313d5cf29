/**
 * A default partition takes every row. Where a table has one, its rows still go into the others as far as one column
 * decides it: a default partition is there for what nobody expected.
 */
import type { ColumnVolumeWish } from '../../architecture/volume.ts'
import { parseExpression } from '../../postgres/parse.ts'
import type { Session } from '../../postgres/session.ts'
import { readPartitionBounds } from '../load/bounds.ts'
import { columnsOf } from '../tree.ts'
import { componentsOf, isTaken, type Component, type Judging } from './conditions.ts'
import type { TableDraft } from './draft.ts'
import { narrow, poolOfCandidates } from './repair-free.ts'

/** What PostgreSQL writes of a default partition. */
const isDefault = (bound: string): boolean => /^\(*NOT\b/u.test(bound)

/** What lets a row land beside the default partition; null where there is none, or nothing beside it. */
const besideDefault = async (db: Session, { facts }: TableDraft): Promise<string | null> => {
  if (facts.table.kind !== 'partitioned') return null
  const bounds = await readPartitionBounds(db, facts.table)
  const own = bounds.filter((bound) => !isDefault(bound))
  if (own.length === 0 || own.length === bounds.length) return null
  return own.map((bound) => `(${bound})`).join(' or ')
}

/** Before other conditions have their say. Nothing changes where no such values are found, or where they are declared. Needs `loadParser()`. */
export const preferPartitions = async (
  db: Session,
  draft: TableDraft,
  declared: Readonly<Record<string, ColumnVolumeWish>>,
  judging: Judging,
): Promise<void> => {
  const expression = await besideDefault(db, draft)
  if (expression === null) return
  const names = columnsOf(parseExpression(expression))
  const [name] = names
  const column = name === undefined ? undefined : draft.columns.get(name)
  if (!column || names.length > 1 || column.isFixed || declared[column.column.name] !== undefined) return
  const alone = componentsOf(draft).filter(({ columns }) => columns.length === 1 && columns.includes(column))
  const component: Component = {
    columns: [column],
    expressions: [expression, ...alone.flatMap(({ expressions }) => expressions)],
  }
  if (await isTaken(draft, component, judging)) return
  if (await narrow(draft, component, judging, { isOneRun: false })) return
  await poolOfCandidates(draft, component, judging)
}
