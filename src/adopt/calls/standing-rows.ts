/** Rows of the tables that a function reads, with the values that it hangs on written out: what calls are tried among. */
import type { Column, Table } from '../../catalog/table.ts'
import { primaryKeysOf } from '../../catalog/primary-key.ts'
import { referencesOf } from '../../catalog/references.ts'
import { uniquesOf } from '../../catalog/unique.ts'
import { ident, literal } from '../../postgres/quote.ts'
import type { Family, Row, Rows } from '../../rows/rows.ts'
import type { RuleContext } from '../../rules/rule-kind.ts'
import type { FunctionReads } from './function-reads.ts'

export interface StandingRow {
  /** What is said of it. */
  readonly pins: Row
  /** Finds it; null where what finds it is not said. */
  readonly where: string | null
}

export type StandingRows = readonly {
  readonly table: Table
  /** One per family, a first. */
  readonly rows: readonly StandingRow[]
  /** Columns of its key. */
  readonly keys: ReadonlySet<string>
  /** The function does not name it: what it writes points to it. */
  readonly isParent: boolean
}[]

const families: readonly Family[] = ['a', 'b']

const isTime = (column: Column): boolean => /^(?:timestamp|date)/u.test(column.baseType)

/** Moments that stay: of one year in each family. */
const moments: Readonly<Record<Family, string>> = {
  a: '2001-01-01 00:00:00+00',
  b: '2002-01-01 00:00:00+00',
  c: '2003-01-01 00:00:00+00',
}

const isSteady = (sql: string): boolean =>
  /^(?:E?'(?:[^']|'')*'(?:::.+)?|-?[\d.]+|true|false|null)$/u.test(sql)

const keyColumns = (catalog: RuleContext['catalog'], table: Table): readonly string[] => {
  const primary = primaryKeysOf(catalog, table.id).flatMap((s) => s.facts.columns)
  return primary.length > 0
    ? primary
    : (uniquesOf(catalog, table.id)[0]?.facts.keys ?? []).flatMap((key) => key.column ?? [])
}

/** Of the table's row in this family; null where no row is known. */
const standingRow = async (
  { rows, catalog }: { readonly rows: Rows; readonly catalog: RuleContext['catalog'] },
  table: Table,
  family: Family,
  reads: FunctionReads,
): Promise<StandingRow | null> => {
  const base = await rows.base(table, family)
  if (!base) return null
  const keys = new Set(keyColumns(catalog, table))
  const pins: Record<string, string> = {}
  for (const column of table.columns) {
    const { name } = column
    if (column.generated !== null) continue
    const isNamed = keys.has(name) || reads.names.has(name)
    const value = base[name]
    if (value !== undefined && isSteady(value) && isNamed) pins[name] = value
    else if ((isNamed || reads.wholeRows) && column.typeKind !== 'array') {
      if (isTime(column)) pins[name] = literal(moments[family])
      else if (column.baseType === 'uuid' && !isSteady(value ?? ''))
        pins[name] = literal(`00000000-0000-4000-8000-00000000${family}${family}01`)
    }
  }
  const usable = [...keys].filter((key) => pins[key] !== undefined)
  const where =
    usable.length === keys.size && keys.size > 0 ? usable.map((key) => `${ident(key)} = ${pins[key]!}`) : null
  const solved = await rows.solve(table, { pins, family })
  if (!('row' in solved)) return { pins: onlyOf(base, keys), where: null }
  return { pins, where: where === null ? null : where.join(' and ') }
}

const onlyOf = (row: Row, names: ReadonlySet<string>): Row =>
  Object.fromEntries(Object.entries(row).filter(([name, value]) => names.has(name) && isSteady(value)))

/** Tables that rows of these point to, and that are not among them. */
const parentsOf = (tables: readonly Table[], catalog: RuleContext['catalog']): readonly Table[] =>
  [
    ...new Set(
      tables.flatMap((table) =>
        referencesOf(catalog, table.id).flatMap(({ facts }) => catalog.tables.get(facts.target) ?? []),
      ),
    ),
  ].filter((table) => !tables.includes(table))

export const standingRows = async (
  ground: { readonly rows: Rows; readonly catalog: RuleContext['catalog'] },
  reads: FunctionReads,
): Promise<StandingRows> => {
  const found: StandingRows[number][] = []
  const parents = reads.isWriting ? parentsOf(reads.tables, ground.catalog) : []
  for (const table of [...reads.tables, ...parents]) {
    const rows: StandingRow[] = []
    for (const family of families) {
      const row = await standingRow(ground, table, family, reads)
      if (row) rows.push(row)
    }
    if (rows.length > 0)
      found.push({
        table,
        rows,
        keys: new Set(keyColumns(ground.catalog, table)),
        isParent: parents.includes(table),
      })
  }
  return found
}
