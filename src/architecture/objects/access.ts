/**
 * The comment and the rights of a sequence or type that a column states already, and rights on tables and views that
 * visibleTo cannot say: of a role that may not enter the schema, or that may hand on a part of what it has.
 */
import { databaseObjects, parseRelationName, relationId, type RelationName } from '../../ground/names.ts'
import { literal, qualified } from '../../postgres/quote.ts'
import { declaredAt } from '../declared-at.ts'
import type { ObjectDeclaration } from '../object.ts'
import { refuseUnknownKeys } from '../rule-options.ts'
import { accessRules, type ObjectOptions, type ObjectPlace } from './object-access.ts'

export type AccessibleObject =
  'sequence' | 'enum' | 'domain' | 'composite' | 'range' | 'table' | 'view' | 'materializedView'

const placeOf = (kind: AccessibleObject, name: RelationName): ObjectPlace => {
  const sql = qualified(name)
  if (kind === 'sequence')
    return {
      structure: `sequence:${relationId(name)}`,
      sql: `sequence ${sql}`,
      oid: `${literal(sql)}::regclass`,
      catalog: 'pg_class',
    }
  if (kind === 'table' || kind === 'view' || kind === 'materializedView')
    return {
      structure: kind === 'table' ? relationId(name) : `${kind}:${relationId(name)}`,
      sql: `table ${sql}`,
      oid: `${literal(sql)}::regclass`,
      catalog: 'pg_class',
      hasColumns: true,
    }
  return {
    structure: `type/${kind}:${relationId(name)}`,
    sql: `${kind === 'domain' ? 'domain' : 'type'} ${sql}`,
    oid: `${literal(sql)}::regtype`,
    catalog: 'pg_type',
  }
}

/**
 * The comment of a sequence or type that a column states already, and the rights of roles on it, among the `objects`
 * of an architecture; of a table or view the rights alone, exactly as they were granted.
 *
 * @example
 * access('sequence', 'orders_id_seq', { usableBy: { app: 'usage' } })  // grant usage on sequence "orders_id_seq" to "app"
 * access('domain', 'email', { usableBy: { public: [] } })  // revoke all on domain "email" from public
 * access('table', 'sales.orders', { usableBy: { clerk: ['select with grant option', 'update ("note")'] } })
 * // grant select on table … to "clerk" with grant option; grant update ("note") on table … to "clerk"
 */
export const access = (
  kind: AccessibleObject,
  name: string | RelationName,
  options: ObjectOptions,
): ObjectDeclaration => {
  const at = declaredAt(access)
  const place = placeOf(kind, typeof name === 'string' ? parseRelationName(name) : name)
  return {
    declare: (refuse) => {
      const faults = { table: databaseObjects, tableColumns: [], at, refuse }
      refuseUnknownKeys(faults, 'access', options, ['says', 'usableBy'])
      const rules = accessRules(at, place, options)
      return { structure: place.structure, rules, design: rules.flatMap((rule) => rule.design), at }
    },
  }
}
