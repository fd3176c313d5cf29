/** A column about which nothing is known but its type: of a view, of a domain's value, of an example. */
import type { Column } from './table.ts'

/** Nothing more is asked of it than `facts` say. */
export const plainColumn = (name: string, type: string, facts: Partial<Column> = {}): Column => ({
  name,
  position: 1,
  type,
  baseType: type,
  typeKind: 'base',
  typeSchema: 'pg_catalog',
  typeName: type,
  modifier: -1,
  labels: null,
  notNull: false,
  default: null,
  identity: null,
  generated: null,
  domainChecks: [],
  collation: null,
  ...facts,
})
