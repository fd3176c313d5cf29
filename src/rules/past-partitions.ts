/**
 * Rows for which a table has no partition yet: PostgreSQL looks for the partition before it asks a CHECK. A DEFAULT
 * partition, made for the case alone, takes them, so that it is the CHECK that answers.
 */
import { ident, qualified } from '../postgres/quote.ts'
import type { Distinguished } from '../rows/rows.ts'
import type { Ground } from './draft.ts'
import type { RuleContext } from './rule-kind.ts'
import { tryEach } from './trial.ts'

/** No row of any table is in it: it goes with the case. */
const defaultPartition = ({ table }: RuleContext): string =>
  `create table ${ident(table.schema)}.${ident('assay_default')} partition of ${qualified(table)} default`

/** Makes a place for the rows of a case; null where the table takes no DEFAULT partition, or has one. */
const placeForAll = async (context: RuleContext, { world }: Ground): Promise<string | null> => {
  if (context.table.kind !== 'partitioned') return null
  const ddl = defaultPartition(context)
  const [reply] = await tryEach(context.db, world.statements, [[ddl]])
  return reply?.fault ? null : ddl
}

export interface PlacedRow {
  readonly row: Distinguished['rows'][number]
  readonly place: string
}

/** What is left untold, and whether anything is refused, is asked again of rows that land in no partition. */
export const distinguishPast = async (
  context: RuleContext,
  ground: Ground,
  asked: {
    readonly expression: string
    readonly mutants: readonly string[]
    readonly ignoreChecks: readonly string[]
  },
  found: Distinguished,
): Promise<{ readonly found: Distinguished; readonly placed: readonly PlacedRow[] }> => {
  const isWhole = found.untold.length === 0 && found.rows.some((r) => !r.accepted)
  const place = isWhole ? null : await placeForAll(context, ground)
  if (place === null) return { found, placed: [] }
  const further = await context.rows.distinguish(
    context.table,
    asked.expression,
    found.untold.map((i) => asked.mutants[i]!),
    { ignoreChecks: asked.ignoreChecks, anywhere: true },
  )
  const hasRejected = found.rows.some((r) => !r.accepted)
  const wanted = further.rows.filter((r) => r.tells.length > 0 || (!r.accepted && !hasRejected))
  if (wanted.length === 0) return { found, placed: [] }
  const told = new Set(wanted.flatMap((r) => r.tells.map((i) => found.untold[i]!)))
  const isOpen = (i: number): boolean => !told.has(i)
  return {
    placed: wanted.map((row) => ({ row, place })),
    found: {
      ...found,
      untold: found.untold.filter(isOpen),
      equivalent: found.equivalent.filter(isOpen),
      impliedByOthers: found.impliedByOthers && !wanted.some((r) => !r.accepted),
    },
  }
}
