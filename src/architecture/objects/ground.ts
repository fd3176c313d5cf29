/** What stands under everything else and is not broken on purpose: extensions, schemas, statistics objects. */
import { databaseObjects, idPart, relationId } from '../../ground/names.ts'
import { ident, literal } from '../../postgres/quote.ts'
import { declaredAt } from '../declared-at.ts'
import type { ObjectDeclaration } from '../object.ts'
import { refuseUnknownKeys } from '../rule-options.ts'
import { accessRules, type ObjectOptions } from './object-access.ts'

/**
 * An extension that the database needs, among the `objects` of an architecture. The administrator of the server
 * makes it (`schema.extensions` of the config): nothing of it is broken on purpose.
 *
 * @example
 * extension('pgcrypto')  // create extension "pgcrypto"
 */
export const extension = (name: string): ObjectDeclaration => {
  const at = declaredAt(extension)
  const structure = `extension:${idPart(name)}`
  return { declare: () => ({ structure, rules: [], design: [`create extension ${ident(name)};`], at }) }
}

/**
 * A structure that Assay lists and never breaks (statistics, an event trigger), by its id, among the `objects` of an
 * architecture. One that can be broken needs a rule.
 *
 * @example
 * infrastructure('orders/statistics:orders_by_day', 'create statistics orders_by_day on user_id, placed_on from orders')
 * // create statistics orders_by_day on user_id, placed_on from orders
 */
export const infrastructure = (structure: string, design: string | readonly string[]): ObjectDeclaration => {
  const at = declaredAt(infrastructure)
  return { declare: () => ({ structure, rules: [], design: [design].flat(), at }) }
}

/**
 * A schema's comment and the rights of roles on it, among the `objects` of an architecture.
 *
 * @example
 * schema('sales', { usableBy: { app: 'usage' } })  // grant usage on schema "sales" to "app"
 */
export const schema = (name: string, options: ObjectOptions = {}): ObjectDeclaration => {
  const at = declaredAt(schema)
  const structure = `schema:${relationId({ schema: 'public', name })}`
  return {
    declare: (refuse) => {
      const faults = { table: databaseObjects, tableColumns: [], at, refuse }
      refuseUnknownKeys(faults, 'schema', options, ['says', 'usableBy'])
      const place = {
        structure,
        sql: `schema ${ident(name)}`,
        oid: `${literal(ident(name))}::regnamespace`,
        catalog: 'pg_namespace',
      } as const
      const rules = accessRules(at, place, options)
      return { structure, rules, design: rules.flatMap((rule) => rule.design), at }
    },
  }
}
