/** The tables under a view, filled: the world that the experiments of views stand on. */
import { placeOf } from '../../catalog/place.ts'
import { referencesOf } from '../../catalog/references.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { qualified } from '../../postgres/quote.ts'
import type { Family, Row } from '../../rows/rows.ts'
import type { World } from '../experiment.ts'
import type { RuleContext } from '../rule-kind.ts'
import type { TablesUnder } from './tables-under.ts'

const families: readonly Family[] = ['a', 'b', 'c']

export interface FilledTable {
  readonly table: Table
  /** Those that stand, by family. */
  readonly rows: ReadonlyMap<Family, Row>
}

export interface FilledTables {
  readonly world: World
  readonly tables: readonly FilledTable[]
  /** These, and the tables that their rows point to, at any distance. */
  readonly standing: readonly FilledTable[]
  /** Only the text of a function or of a string names it. */
  readonly isHidden: (table: Table) => boolean
  /** Tables of which no row was found, with what was tried. */
  readonly problems: readonly string[]
}

/** Those that others refer to first. */
const parentsFirst = (tables: readonly Table[], catalog: Catalog): readonly Table[] => {
  const ids = new Set(tables.map((t) => t.id))
  const ordered: Table[] = []
  const visit = (table: Table, path: ReadonlySet<string>): void => {
    if (path.has(table.id) || ordered.includes(table)) return
    for (const structure of catalog.of(table.id, 'references')) {
      for (const id of structure.dependsOn) {
        const on = catalog.structures.get(id)?.table
        if (on && on !== table.id && ids.has(on)) visit(placeOf(catalog, on)!, new Set([...path, table.id]))
      }
    }
    ordered.push(table)
  }
  for (const table of tables) visit(table, new Set())
  return ordered
}

/** With all that they point to. */
const withTargets = (tables: readonly Table[], catalog: Catalog): readonly Table[] => {
  const found = new Map(tables.map((table) => [table.id, table]))
  for (const table of found.values())
    for (const { facts } of referencesOf(catalog, table.id)) {
      const target = catalog.tables.get(facts.target)
      if (target && !found.has(target.id)) found.set(target.id, target)
    }
  return [...found.values()]
}

const rowsOf = async ({ rows }: RuleContext, table: Table): Promise<FilledTable> => {
  const found = new Map<Family, Row>()
  for (const family of families) {
    const row = await rows.base(table, family)
    if (row) found.set(family, row)
  }
  return { table, rows: found }
}

/** An insert leaves out what stands already. A world may have other statements, too: a trigger set aside, a place for rows. */
const whereItIsNot = ({ rows, catalog }: RuleContext, sql: string): string => {
  if (!/^(?:insert|with)\b/u.test(sql) || sql.endsWith(' do nothing')) return sql
  const table = [...catalog.tables.values()].find((one) => sql.startsWith(`insert into ${qualified(one)} `))
  return `${sql}${table ? rows.unlessThere(table) : ' on conflict do nothing'}`
}

/**
 * Rows of all three families in every table, each statement only where PostgreSQL takes it beside those before it.
 * A row that stands already (a parent of two tables) stays as it is.
 */
export const fillTables = async (
  context: RuleContext,
  { tables, hidden }: TablesUnder,
  id: string,
): Promise<FilledTables> => {
  const { rows, catalog, db } = context
  const wanted: { readonly table: Table; readonly statements: readonly string[] }[] = []
  const problems: string[] = []
  const filled: FilledTable[] = []
  for (const table of parentsFirst(tables, catalog)) {
    const made = await rows.worldWith(table, families)
    // Nobody knows whether what only stands in a text is read.
    if (made.problem !== null && !hidden.has(table.id)) problems.push(`${table.id}: ${made.problem}`)
    wanted.push({ table, statements: made.statements })
    filled.push(await rowsOf(context, table))
  }
  const known = new Set<string>()
  const statements = wanted
    .flatMap((one) => one.statements)
    .filter((sql) => !known.has(sql) && known.add(sql) !== undefined)
  const forms = statements.map((sql) => whereItIsNot(context, sql))
  const replies = await db.batch([
    'savepoint assay_fill',
    ...forms,
    'set constraints all immediate',
    'rollback to savepoint assay_fill; release savepoint assay_fill',
  ])
  // A refused statement leaves the transaction aborted: then they are tried one after the other.
  const taken = replies.every((reply) => reply.fault === null)
    ? forms
    : await oneByOne(context, forms, problems)
  const others = withTargets(tables, catalog).filter((table) => !tables.includes(table))
  const standing = [...filled]
  for (const table of others) standing.push(await rowsOf(context, table))
  return {
    world: { id, statements: taken },
    tables: filled,
    standing,
    isHidden: (table) => hidden.has(table.id),
    problems,
  }
}

const oneByOne = async (
  { db }: RuleContext,
  forms: readonly string[],
  problems: string[],
): Promise<readonly string[]> => {
  const taken: string[] = []
  await db.batch(['savepoint assay_fill'])
  for (const sql of forms) {
    const [, reply] = await db.batch(['savepoint assay_fill_one', sql])
    if (reply?.fault) {
      problems.push(`${reply.fault.message} (${reply.fault.sqlstate})`)
      await db.batch(['rollback to savepoint assay_fill_one'])
    } else taken.push(sql)
  }
  await db.batch(['rollback to savepoint assay_fill; release savepoint assay_fill'])
  return taken
}
