/** How tables and types are named in declarations: `'orders'`, `'sales.orders'`, `{ schema, name }` where a dot would mislead. */
import type { RelationName } from '../../ground/names.ts'
import { entry, object, type Code } from './code.ts'
import { text } from './literals.ts'

const inParts = ({ schema, name }: RelationName): Code =>
  object([entry('schema', text(schema)), entry('name', text(name))])

/** As `table(…)` and `t.references(…)` read it. */
export const tableName = (relation: RelationName): Code => {
  if (relation.schema.includes('.')) return inParts(relation)
  if (relation.schema !== 'public') return text(`${relation.schema}.${relation.name}`)
  return relation.name.includes('.') ? inParts(relation) : text(relation.name)
}

/** As `enumType(…)` and `domainType(…)` read it: text is SQL, so that a name that needs quotes stands in parts. */
export const typeName = (type: RelationName, isPlain: boolean): Code => {
  if (!isPlain) return inParts(type)
  return text(type.schema === 'public' ? type.name : `${type.schema}.${type.name}`)
}
