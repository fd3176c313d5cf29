/**
 * ALTER COLUMN TYPE with everything around it that forbids it. Within a family of types what stands on the column
 * is made again as it was; towards another family it is made again only where PostgreSQL still takes it.
 */
import { alterColumn, alterTable } from '../alter.ts'
import { readdGenerated } from '../readd-generated.ts'
import { aroundChange, columnKeys, whileAway, withChildren, type Fate } from '../dependency/dependents.ts'
import type { Dependent } from '../dependency/dependency.ts'
import { ident } from '../../postgres/quote.ts'
import { canReference, isSameFamily, parseSqlType } from './sql-type.ts'
import type { Catalog } from '../structure.ts'
import type { Column, Table } from '../table.ts'

export interface TypeChange {
  readonly ddl: readonly string[]
  /** Structures that cannot stand on the new type, or may not. */
  readonly removes: readonly string[]
}

/** What PostgreSQL refuses to carry through ALTER COLUMN TYPE; the rest it rebuilds by itself. */
export const forbidsTypeChange: ReadonlySet<Dependent['kind']> = new Set([
  'view',
  'materialized view',
  'policy',
  'trigger',
  'rule',
  'function',
  'publication',
  'generated column',
])

/** A domain compares as its base type does. */
const comparedType = (column: Column): string =>
  column.typeKind === 'domain' ? column.baseType : column.type

const typeIn = (catalog: Catalog, table: string, column: string): string => {
  const found = catalog.tables.get(table)?.columns.find((c) => c.name === column)
  return found ? comparedType(found) : ''
}

/** Each pair of a foreign key in which the column takes part, with the new type in its place. */
const stillReferences = (
  catalog: Catalog,
  changed: ReadonlySet<string>,
  column: string,
  to: string,
  key: Dependent,
): boolean => {
  const { references } = key
  if (!references) return true
  const typeOf = (relation: string, name: string): string =>
    changed.has(relation) && name === column ? to : typeIn(catalog, relation, name)
  return references.fromColumns.every((from, i) => {
    const types = [
      typeOf(references.from, from),
      typeOf(references.table, references.columns[i] ?? ''),
    ] as const
    return references.period
      ? types[0] === types[1]
      : canReference(parseSqlType(types[0]), parseSqlType(types[1]))
  })
}

/** A type's own collation goes with it; text takes the database's. */
const collates: ReadonlySet<string> = new Set(['text', 'character varying', 'character'])

export const changeType = (catalog: Catalog, table: Table, column: Column, to: string): TypeChange => {
  const isBuiltIn = ['base', 'array', 'domain'].includes(column.typeKind)
  const isSame = isBuiltIn && isSameFamily(parseSqlType(comparedType(column)), parseSqlType(to))
  const changed = new Set(withChildren(catalog, table.id))
  const fateOf = (dependent: Dependent): Fate => {
    if (dependent.kind === 'foreign key') {
      return stillReferences(catalog, changed, column.name, to, dependent) ? 'keep' : 'lose'
    }
    if (dependent.kind === 'default') return 'keep'
    if (forbidsTypeChange.has(dependent.kind)) return isSame ? 'remake' : 'try'
    return !isSame && dependent.typeBound ? 'try' : 'keep'
  }
  const around = aroundChange(catalog, columnKeys(catalog, table.id, column.name), fateOf)
  const identity =
    column.identity !== null && !['smallint', 'integer', 'bigint'].includes(to)
      ? {
          ddl: [`${alterColumn(table, column.name)} drop identity`],
          removes: catalog
            .of(table.id, 'identity')
            .filter((s) => s.name === column.name)
            .map((s) => s.id),
        }
      : { ddl: [], removes: [] }
  const keepsCollation = column.collation !== null && collates.has(parseSqlType(to).name)
  const collation = keepsCollation ? ` collate ${column.collation}` : ''
  return {
    ddl: [
      ...around.before,
      ...identity.ddl,
      `${alterTable(table)} alter column ${ident(column.name)} type ${to}${collation}`,
      ...around.after,
    ],
    removes: [...identity.removes, ...around.removes],
  }
}

/** The type put back where the column may be of any other, and may lack some of what stands on it. */
export const restoreType = (catalog: Catalog, table: Table, column: Column): string => {
  if (column.generated !== null) return readdGenerated(catalog, table, column.name)
  const alter = alterColumn(table, column.name)
  const collation = column.collation === null ? '' : ` collate ${column.collation}`
  return whileAway(
    catalog,
    columnKeys(catalog, table.id, column.name),
    (dependent) => forbidsTypeChange.has(dependent.kind) || dependent.kind === 'foreign key',
    [
      // The default was carried along to the other type and does not come back by itself.
      ...(column.default === null ? [] : [`${alter} drop default`]),
      `${alter} type ${column.type}${collation} using ${ident(column.name)}::text::${column.type}`,
      ...(column.default === null ? [] : [`${alter} set default ${column.default}`]),
    ],
  )
}
