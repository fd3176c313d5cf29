/**
 * Rows that a constraint which up makes would refuse, and that its own statements do not correct: they are taken out of
 * the tables of the test, so that all else is seen, and told, as production may have such rows.
 */
import type { CheckFacts } from '../../catalog/check.ts'
import type { ReferencesFacts } from '../../catalog/foreign-key.ts'
import type { KeyFacts } from '../../catalog/key/key.ts'
import type { RequiredFacts } from '../../catalog/required.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'

export interface UnfitRows {
  readonly structure: string
  /** `two rows of products share slug`. */
  readonly words: string
  /** How many were taken out. */
  readonly rows: number
  /** Finds them in another database. */
  readonly select: string
}

interface Unfit {
  readonly words: string
  /** Condition of the rows that go, over the table's own columns. */
  readonly where: string
  readonly select: string
}

const selecting = (table: Table, where: string): string => `select * from ${qualified(table)} where ${where};`

/** All but one of each group. */
const sameKeys = (table: Table, { keys, predicate, nullsNotDistinct }: KeyFacts): Unfit => {
  const parts = keys.map(({ expression }) => expression)
  const isKeyed = nullsNotDistinct ? [] : parts.map((part) => `${part} is not null`)
  const conditions = [...(predicate === null ? [] : [`(${predicate})`]), ...isKeyed].join(' and ')
  const filter = conditions === '' ? '' : ` where ${conditions}`
  const list = parts.join(', ')
  return {
    words: `two rows of ${table.id} share ${list}`,
    where: `(tableoid, ctid) in (select tableoid, ctid from (
      select tableoid, ctid, pg_catalog.row_number() over (partition by ${list} order by tableoid, ctid) as nth
        from ${qualified(table)}${filter}) as numbered where nth > 1)`,
    select: `select ${list}, count(*) from ${qualified(table)}${filter} group by ${list} having count(*) > 1;`,
  }
}

const orphans = (table: Table, facts: ReferencesFacts, { tables }: Catalog): Unfit | null => {
  const target = tables.get(facts.target)
  if (target === undefined || facts.period) return null
  const own = facts.columns.map((column) => `${qualified(table)}.${ident(column)}`)
  const pairs = own.map((column, i) => `there.${ident(facts.targetColumns[i] ?? '')} = ${column}`)
  const where = [
    ...own.map((column) => `${column} is not null`),
    `not exists (select from ${qualified(target)} as there where ${pairs.join(' and ')})`,
  ].join(' and ')
  return {
    words: `a row of ${table.id} refers to no row of ${target.id}`,
    where,
    select: selecting(table, where),
  }
}

const ofKey = ({ facts }: Structure, table: Table): Unfit | null => {
  const key = facts as KeyFacts
  return key.withoutOverlaps ? null : sameKeys(table, key)
}

/** By kind; null: it is not known which rows it refuses. */
const kinds: Readonly<Record<string, (made: Structure, table: Table, before: Catalog) => Unfit | null>> = {
  required: ({ facts }, table) => {
    const where = `${ident((facts as RequiredFacts).column)} is null`
    return {
      words: `${(facts as RequiredFacts).column} of ${table.id} is null`,
      where,
      select: selecting(table, where),
    }
  },
  check: ({ facts }, table) => {
    const where = `(${(facts as CheckFacts).expression}) is false`
    return {
      words: `a row of ${table.id} breaks ${(facts as CheckFacts).name}`,
      where,
      select: selecting(table, where),
    }
  },
  primaryKey: ofKey,
  unique: ofKey,
  references: ({ facts }, table, before) => orphans(table, facts as ReferencesFacts, before),
}

/** Keys first: what refers to a row that goes goes then. */
const order = Object.keys(kinds)

/**
 * `db` is a prover's, on the filled clone before up. What is over columns that up makes, or that rows may not leave,
 * stays: then up is refused as before.
 */
export const takeOutUnfit = async (
  db: Session,
  { before, after }: { readonly before: Catalog; readonly after: Catalog },
): Promise<readonly UnfitRows[]> => {
  const made = [...after.structures.values()]
    .filter(({ id, kind }) => Object.hasOwn(kinds, kind) && !before.structures.has(id))
    .toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind))
  const taken: UnfitRows[] = []
  for (const structure of made) {
    const table = before.tables.get(structure.table ?? '')
    const unfit = table === undefined ? null : (kinds[structure.kind]?.(structure, table, before) ?? null)
    if (table === undefined || unfit === null) continue
    const sql = `with gone as (delete from ${qualified(table)} where ${unfit.where} returning 1) select count(*) from gone`
    const [reply] = await db.batch([sql])
    const rows = Number(reply?.commands.at(-1)?.rows[0]?.[0] ?? 0)
    if (reply?.fault === null && rows > 0)
      taken.push({ structure: structure.id, words: unfit.words, rows, select: unfit.select })
  }
  return taken
}
