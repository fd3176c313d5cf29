/** Range types that a database made itself: their values read like those of PostgreSQL's own range over such a type. */
import type { RangeFacts } from '../../catalog/range.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Column } from '../../catalog/table.ts'

const alike: Readonly<Record<string, string>> = {
  smallint: 'int4',
  integer: 'int4',
  bigint: 'int8',
  numeric: 'num',
  real: 'num',
  'double precision': 'num',
  date: 'date',
  'timestamp without time zone': 'ts',
  'timestamp with time zone': 'tstz',
  'time without time zone': 'time',
  interval: 'interval',
  inet: 'inet',
  text: 'text',
  'character varying': 'text',
}

/** `numrange` for a range over numeric; null where the column is of no such type, or nothing is known of its subtype. */
export const builtInLike = (column: Column, catalog: Catalog): string | null => {
  const { typeKind, typeSchema, typeName } = column
  if (typeKind !== 'range' && typeKind !== 'multirange') return null
  const isMulti = typeKind === 'multirange'
  for (const { kind, facts } of catalog.structures.values()) {
    if (kind !== 'range') continue
    const { schema, name, subtype, multirange, multirangeSchema } = facts as RangeFacts
    const names = isMulti ? [multirangeSchema, multirange] : [schema, name]
    if (names[0] !== typeSchema || names[1] !== typeName) continue
    const like = alike[subtype]
    return like === undefined ? null : `${like}${isMulti ? 'multi' : ''}range`
  }
  return null
}
