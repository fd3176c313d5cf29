/** Renames that the declaration states, as migrations of their own; and those that it may have forgotten to state. */
import type { Architecture, DeclaredTable } from '../../architecture/architecture.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { relationId, structureId } from '../../ground/names.ts'
import { shellCommand } from '../../ground/shell-word.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import type { Finding, RuleResult } from '../../prove/result.ts'
import { renameText } from './migration-text.ts'
import { renameName } from './name-migrations.ts'

export interface Rename {
  readonly table: string
  readonly what: string
  /** A few words for the migration's name. */
  readonly name: string
  readonly up: readonly string[]
  readonly down: readonly string[]
}

export interface Renames {
  readonly renames: readonly Rename[]
  readonly findings: readonly Finding[]
}

const stands = (table: DeclaredTable, now: string, before: string): Finding => ({
  code: 'design.rename-stands',
  severity: 'error',
  structure: table.id,
  summary: `${table.id}: ${now} is renamed from ${before}, and both stand`,
  why: 'a rename has nothing to do where the new name stands already, and the old one was not left behind by it',
  fix: `take it out of renamedFrom, and say what becomes of ${before}: declare it, or drop it in a migration`,
  ...(table.at === null ? {} : { where: table.at }),
})

const ofTable = (table: DeclaredTable, catalog: Catalog): Renames => {
  const former = (table.renamedFrom ?? []).flatMap((name) => (name.of === 'table' ? [name.from] : []))[0]
  if (former === undefined || !catalog.tables.has(relationId(former))) return { renames: [], findings: [] }
  const before = relationId(former)
  if (catalog.tables.has(table.id)) return { renames: [], findings: [stands(table, table.id, before)] }
  const moves = former.schema !== table.schema
  const inOld = { schema: former.schema, name: table.name }
  const rename: Rename = {
    table: table.id,
    what: `${before} becomes ${table.id}`,
    name: renameName(before, table.id),
    up: [
      ...(former.name === table.name
        ? []
        : [`alter table ${qualified(former)} rename to ${ident(table.name)}`]),
      ...(moves ? [`alter table ${qualified(inOld)} set schema ${ident(table.schema)}`] : []),
    ],
    down: [
      ...(moves ? [`alter table ${qualified(table)} set schema ${ident(former.schema)}`] : []),
      ...(former.name === table.name
        ? []
        : [`alter table ${qualified(inOld)} rename to ${ident(former.name)}`]),
    ],
  }
  return { renames: [rename], findings: [] }
}

const has = (table: Table | undefined, column: string): boolean =>
  table?.columns.some(({ name }) => name === column) === true

const ofColumns = (table: DeclaredTable, catalog: Catalog): Renames => {
  const former = (table.renamedFrom ?? []).flatMap((name) =>
    name.of === 'table' ? [relationId(name.from)] : [],
  )
  const standing = catalog.tables.get(table.id) ?? catalog.tables.get(former[0] ?? '')
  const renames: Rename[] = []
  const findings: Finding[] = []
  for (const name of table.renamedFrom ?? []) {
    if (name.of !== 'column' || !has(standing, name.from)) continue
    if (has(standing, name.column)) findings.push(stands(table, name.column, name.from))
    else
      renames.push({
        table: table.id,
        what: `${table.id}: ${name.from} becomes ${name.column}`,
        name: renameName(table.id, name.from, name.column),
        up: [`alter table ${qualified(table)} rename column ${ident(name.from)} to ${ident(name.column)}`],
        down: [`alter table ${qualified(table)} rename column ${ident(name.column)} to ${ident(name.from)}`],
      })
  }
  return { renames, findings }
}

/** Tables first, under whose new names their columns are renamed. */
export const statedRenames = ({ tables }: Architecture, catalog: Catalog): Renames => {
  const found = [
    ...tables.map((table) => ofTable(table, catalog)),
    ...tables.map((table) => ofColumns(table, catalog)),
  ]
  return {
    renames: found.flatMap(({ renames }) => renames),
    findings: found.flatMap(({ findings }) => findings),
  }
}

const warning = ({ table, what }: Rename): Finding => ({
  code: 'design.rename-breaks',
  severity: 'warning',
  structure: table,
  summary: `${what}: whoever uses the old name fails from then on`,
  why: 'queries of a running application, and bodies of functions, keep the name that they were written with',
  fix: `where the application runs meanwhile, put the new name beside the old one instead of this migration:\n${shellCommand('assay', 'migrate', 'expand', '--only', table)}`,
})

export interface RenameMigration {
  readonly name: string
  readonly up: string
  readonly down: string
  readonly findings: readonly Finding[]
}

export const writeRename = (rename: Rename, name: string): RenameMigration => ({
  name,
  up: renameText([`Renames, as renamedFrom states: ${rename.what}.`], rename.up),
  down: renameText([`Takes back ${name}.`], rename.down),
  findings: [warning(rename)],
})

/** A column that is missing, and one of the same type that no rule asks for: one may be the other. */
export const maybeRenamed = (
  red: readonly RuleResult[],
  before: Catalog,
  after: Catalog,
  isClaimed: (structure: string) => boolean,
): readonly Finding[] => {
  const missing = new Map(
    red.flatMap((rule) =>
      (rule.missing?.columns ?? []).map((column) => [
        structureId(rule.table, 'column', column),
        { rule, column },
      ]),
    ),
  )
  return [...missing].flatMap(([id, { rule, column }]) => {
    const made = after.tables.get(rule.table)?.columns.find(({ name }) => name === column)
    const alike = (before.tables.get(rule.table)?.columns ?? []).filter(
      ({ name, type }) => type === made?.type && !isClaimed(structureId(rule.table, 'column', name)),
    )
    if (alike.length === 0) return []
    return [
      {
        code: 'design.maybe-renamed',
        severity: 'warning' as const,
        structure: id,
        summary: `${rule.table}: ${column} is added; is it what ${alike.map(({ name }) => name).join(' or ')} was until now?`,
        why: 'no rule asks for a column of the same type that stands; a rename keeps its values, and is never guessed',
        fix: `if it is the same column, add to the rules of the table, and take back what was designed:\n${alike.map(({ name }) => `t.renamedFrom(${JSON.stringify({ [column]: name })})`).join('\n')}`,
        ...(rule.at ? { where: rule.at } : {}),
      },
    ]
  })
}
