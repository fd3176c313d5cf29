/** The comment and the rights of a sequence or type that a column states already: what it is, its table says. */
import { databaseObjects, parseRelationName, relationId, type RelationName } from '../../ground/names.ts'
import { literal, qualified } from '../../postgres/quote.ts'
import { declaredAt } from '../declared-at.ts'
import type { ObjectDeclaration } from '../object.ts'
import { refuseUnknownKeys } from '../rule-options.ts'
import { accessRules, type ObjectOptions, type ObjectPlace } from './object-access.ts'

export type AccessibleObject = 'sequence' | 'enum' | 'domain' | 'composite' | 'range'

const placeOf = (kind: AccessibleObject, name: RelationName): ObjectPlace => {
  const sql = qualified(name)
  if (kind === 'sequence')
    return {
      structure: `sequence:${relationId(name)}`,
      sql: `sequence ${sql}`,
      oid: `${literal(sql)}::regclass`,
      catalog: 'pg_class',
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
 * of an architecture.
 *
 * @example
 * access('sequence', 'orders_id_seq', { usableBy: { app: 'usage' } })  // grant usage on sequence "orders_id_seq" to "app"
 * access('domain', 'email', { usableBy: { public: [] } })  // revoke all on domain "email" from public
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
