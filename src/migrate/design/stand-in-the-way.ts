/**
 * What has to give way, or to be there first, before a refused statement of a design can run: one mend for each answer
 * of PostgreSQL that says so. The database it runs in is a copy that nobody else sees.
 */
import { alterColumn, alterTable } from '../../catalog/alter.ts'
import { forbidsTypeChange } from '../../catalog/type/change.ts'
import { aroundChange, columnKeys } from '../../catalog/dependency/dependents.ts'
import type { KeyFacts } from '../../catalog/key/key.ts'
import { replaceKey } from '../../catalog/key/replace.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import type { PgFault } from '../../postgres/fault.ts'
import { ident, qualified, unquoted } from '../../postgres/quote.ts'

/** Statements instead of the refused one, and what they bring that no catalog lists. */
export interface Mended {
  readonly statements: readonly string[]
  readonly role?: string
  readonly schema?: string
}

const quoted = '"(?:[^"]|"")+"'
const onTable = new RegExp(`^alter table (?<table>${quoted}\\.${quoted}) (?<rest>[^]*)$`, 'u')

/** The table that ALTER TABLE names, as the catalog has it. */
const tableOf = (sql: string, catalog: Catalog): { table: Table; rest: string } | null => {
  const found = onTable.exec(sql)?.groups
  const table = [...catalog.tables.values()].find((t) => qualified(t) === found?.['table'])
  return table && found ? { table, rest: found['rest'] ?? '' } : null
}

/** The quoted name behind these words. */
const nameAfter = (text: string, words: string): string | null => {
  const found = new RegExp(`^${words}(?<name>${quoted})`, 'u').exec(text)?.groups?.['name']
  return found === undefined ? null : unquoted(found)
}

const roleMissing = (sql: string, { message }: PgFault): Mended | null => {
  const role = /^role "(?<name>[^]+)" does not exist$/u.exec(message)?.groups?.['name']
  return role === undefined ? null : { statements: [`create role ${ident(role)}`, sql], role }
}

const schemaMissing = (sql: string, { message }: PgFault): Mended | null => {
  const schema = /^schema "(?<name>[^]+)" does not exist$/u.exec(message)?.groups?.['name']
  return schema === undefined ? null : { statements: [`create schema ${ident(schema)}`, sql], schema }
}

const replaced = (sql: string): Mended | null => {
  const better = sql.replace(/^create (function|procedure|view) /u, 'create or replace $1 ')
  return better === sql ? null : { statements: [better] }
}

/** A relation of this name stands: its own rules say what is wrong with it. */
const relationStands = (sql: string): Mended | null => {
  if (sql.startsWith('create sequence ')) return { statements: [sql.replace(/^create /u, 'alter ')] }
  if (/^create (?:unlogged )?table /u.test(sql)) return { statements: [] }
  return replaced(sql)
}

const objectStands = (sql: string, catalog: Catalog): Mended | null => {
  const at = tableOf(sql, catalog)
  const constraint = at && nameAfter(at.rest, 'add constraint ')
  if (at && constraint !== null)
    return { statements: [`${alterTable(at.table)} drop constraint ${ident(constraint)}`, sql] }
  const firing = new RegExp(
    `^create (?:constraint )?(?<word>trigger|policy) (?<name>${quoted}) [^]*?\\bon (?<table>${quoted}\\.${quoted})`,
    'u',
  ).exec(sql)?.groups
  if (!firing) return null
  return { statements: [`drop ${firing['word']} ${firing['name']} on ${firing['table']}`, sql] }
}

/** ALTER COLUMN … TYPE, or DROP COLUMN, with the column's default and all that forbids it around that. */
const aroundColumn = (sql: string, catalog: Catalog): Mended | null => {
  const at = tableOf(sql, catalog)
  if (!at) return null
  const typed = nameAfter(at.rest, 'alter column ')
  const name = typed ?? nameAfter(at.rest, 'drop column (?:if exists )?')
  const column = at.table.columns.find((c) => c.name === name)
  if (!column) return null
  const around = aroundChange(catalog, columnKeys(catalog, at.table.id, column.name), ({ kind }) =>
    typed === null || forbidsTypeChange.has(kind) ? 'remake' : 'keep',
  )
  const alter = alterColumn(at.table, column.name)
  const has = typed !== null && column.default !== null && column.generated === null
  return {
    statements: [
      ...around.before,
      ...(has ? [`${alter} drop default`] : []),
      sql,
      ...(has ? [`${alter} set default ${column.default}`] : []),
      ...around.after,
    ],
  }
}

const keyStands = (sql: string, catalog: Catalog): Mended | null => {
  const at = tableOf(sql, catalog)
  const key = at && (catalog.of(at.table.id, 'primaryKey')[0] as Structure<KeyFacts> | undefined)
  if (!key || !at.rest.includes('primary key')) return null
  return { statements: [...replaceKey(key, catalog, 'primary key', null).ddl, sql] }
}

/** A column is numbered already, or has a default where it is to be numbered. */
const columnIsFilled = (sql: string, catalog: Catalog): Mended | null => {
  const at = tableOf(sql, catalog)
  const name = at && nameAfter(at.rest, 'alter column ')
  if (!at || name === null || !at.rest.includes(' as identity')) return null
  const column = at.table.columns.find((c) => c.name === name)
  const way = column?.identity ? 'drop identity' : 'drop default'
  return { statements: [`${alterColumn(at.table, name)} ${way}`, sql] }
}

/** null: PostgreSQL's answer is the last word. */
export const mendRefused = (sql: string, fault: PgFault, catalog: Catalog): Mended | null => {
  switch (fault.sqlstate) {
    case '42704':
      return roleMissing(sql, fault)
    case '3F000':
      return schemaMissing(sql, fault)
    case '42723':
      return replaced(sql)
    case '42P07':
      return relationStands(sql) ?? objectStands(sql, catalog)
    case '42710':
      return objectStands(sql, catalog)
    case '42P16':
      return keyStands(sql, catalog) ?? aroundColumn(sql, catalog)
    case '55000':
    case '42601':
      return columnIsFilled(sql, catalog)
    case '42701':
      return tableOf(sql, catalog)?.rest.startsWith('add column ') ? { statements: [] } : null
    case '0A000':
    case '2BP01':
    case '42804':
    case '42883':
      return aroundColumn(sql, catalog)
    default:
      return null
  }
}
