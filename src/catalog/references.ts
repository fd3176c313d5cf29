/** Foreign keys: every row points to an existing row of another table, or of its own, or to none. */
import { relationId, structureId } from '../ground/names.ts'
import { ident, qualified } from '../postgres/quote.ts'
import { alterTable, tableOf, tablesByOid } from './alter.ts'
import { commentOn } from './dependency/dependent-ddl.ts'
import { foreignKeySql, type ReferencesFacts } from './foreign-key.ts'
import { withoutTemplated } from './partition/template.ts'
import { referencesMutants } from './references/mutants.ts'
import { referencesSql } from './references/sql.ts'
import type { Catalog, Structure, StructureKind } from './structure.ts'
import { usedIds, type Use } from './uses.ts'

interface ReferencesRow extends Omit<ReferencesFacts, 'target'> {
  readonly table: number
  readonly targetTable: number
  readonly definition: string
  readonly keyName: string | null
  readonly keyIsPrimary: boolean | null
  readonly keyColumns: readonly string[] | null
  readonly uses: readonly Use[]
}

/** The key that the foreign key leads to, by the name of its index: its shape alone may not be its id. */
const keyId = (row: ReferencesRow, target: string): readonly string[] => {
  if (row.keyName === null) return []
  const kind = row.keyIsPrimary ? 'primaryKey' : 'unique'
  return [`${structureId(target, kind, ...(row.keyColumns ?? row.targetColumns))}#${row.keyName}`]
}

/** `products/references:tenant_id->tenants` */
const idOf = (table: string, columns: readonly string[], target: string): string =>
  `${structureId(table, 'references', ...columns)}->${target}`

export const referencesKind: StructureKind<ReferencesFacts> = {
  kind: 'references',
  isMadeAnew: true,
  read: async (db, tables) => {
    const byOid = tablesByOid(tables)
    const rows = await db.json<ReferencesRow>(referencesSql)
    const structures = rows.flatMap((row): Structure<ReferencesFacts>[] => {
      const table = byOid.get(row.table)
      const targetTable = byOid.get(row.targetTable)
      if (!table || !targetTable) return []
      const target = relationId(targetTable)
      return [
        {
          id: idOf(table.id, row.columns, target),
          kind: 'references',
          table: table.id,
          name: row.name,
          definition: row.definition,
          dependsOn: [...keyId(row, target), ...usedIds(row.uses)],
          facts: {
            name: row.name,
            columns: row.columns,
            target,
            targetColumns: row.targetColumns,
            onDelete: row.onDelete,
            onUpdate: row.onUpdate,
            onDeleteColumns: row.onDeleteColumns,
            match: row.match,
            deferrable: row.deferrable,
            notValid: row.notValid,
            notEnforced: row.notEnforced,
            period: row.period,
            comment: row.comment,
          },
        },
      ]
    })
    return withoutTemplated(structures, tables)
  },
  create: (structure, catalog) => {
    const table = tableOf(structure, catalog)
    const name = ident(structure.facts.name)
    return [
      `${alterTable(table)} add constraint ${name} ${foreignKeySql(structure.facts, catalog)}`,
      ...commentOn(`constraint ${name} on ${qualified(table)}`, structure.facts.comment),
    ]
  },
  drop: (structure, catalog) => [
    `${alterTable(tableOf(structure, catalog))} drop constraint ${ident(structure.facts.name)}`,
  ],
  mutants: referencesMutants,
  declaredBy: ({ facts }) => {
    const columns =
      facts.columns.length === 1 ? JSON.stringify(facts.columns[0]) : JSON.stringify(facts.columns)
    return `t.references(${columns}, ${JSON.stringify(facts.target)})`
  },
}

export const referencesOf = (catalog: Catalog, table: string): readonly Structure<ReferencesFacts>[] =>
  catalog.of(table, 'references') as readonly Structure<ReferencesFacts>[]
