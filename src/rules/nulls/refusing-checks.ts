/**
 * CHECKs over one column alone that refuse null, by a function that says no to it or raises an error: no text of the
 * catalog says so, and PostgreSQL is asked.
 */
import { checksOf } from '../../catalog/check.ts'
import { parentsOf } from '../../catalog/parents.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import type { Row } from '../../rows/rows.ts'
import { withAncestors } from '../inherited.ts'
import type { RuleContext } from '../rule-kind.ts'
import { selectEach, tryOne } from '../trial.ts'

export const checksThatRefuseNull = async (
  { catalog, table, db }: RuleContext,
  column: string,
): Promise<readonly string[]> => {
  const found = table.columns.find(({ name }) => name === column)
  const own = withAncestors(catalog, table.id)
    .flatMap((id) => checksOf(catalog, id))
    .filter(({ facts }) => !facts.notEnforced && facts.columns.length === 1 && facts.columns[0] === column)
  if (!found || found.typeKind === 'domain' || found.generated !== null || own.length === 0) return []
  const of = `from (select cast(null as ${found.type}) as ${ident(column)} offset 0) as ${ident(table.name)}`
  const answers = await selectEach(
    db,
    [],
    own.map(({ facts }) => `select ((${facts.expression}\n) is not false)::text ${of}`),
  )
  return own.filter((_check, i) => answers[i]?.[0]?.[0] !== 'true').map(({ facts }) => facts.name)
}

/** Of one domain, and of those that it stands on. */
const mostOfDomains = 8

/** CHECKs of the column's domains that refuse null, one after the other as PostgreSQL names them. */
export const domainsThatRefuseNull = async (
  { table, db }: RuleContext,
  column: string,
): Promise<readonly { readonly name: string; readonly domain: string; readonly drop: string }[]> => {
  const found = table.columns.find(({ name }) => name === column)
  if (found?.typeKind !== 'domain') return []
  const dropped: { name: string; domain: string; drop: string }[] = []
  while (dropped.length < mostOfDomains) {
    const before = dropped.map(({ drop }) => drop)
    const fault = await tryOne(db, { statements: [] }, [...before, `select cast(null as ${found.type})`])
    const { constraint: name = null, dataType, schema } = fault ?? {}
    if (fault?.sqlstate !== '23514' || name === null || dataType == null || schema == null) break
    const domain = qualified({ schema, name: dataType })
    dropped.push({ name, domain: dataType, drop: `alter domain ${domain} drop constraint ${ident(name)}` })
  }
  return dropped
}

/** Without these CHECKs. What a table inherits it loses alone; a partition cannot lose what it has from its parent. */
export const droppedChecks = (
  { table, catalog }: RuleContext,
  names: readonly string[],
): readonly string[] => {
  const own = checksOf(catalog, table.id).map(({ facts }) => facts.name)
  const parents = names.every((name) => own.includes(name))
    ? []
    : parentsOf(table).flatMap((id) => catalog.tables.get(id) ?? [])
  return [
    ...parents
      .filter(({ kind }) => kind === 'table')
      .map((parent) => `alter table ${qualified(table)} no inherit ${qualified(parent)}`),
    ...names.map((name) => `alter table ${qualified(table)} drop constraint ${ident(name)}`),
  ]
}

export const nullIn = (columns: readonly string[]): Row =>
  Object.fromEntries(columns.map((column) => [column, 'null']))
