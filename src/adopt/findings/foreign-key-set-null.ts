/** ON DELETE SET NULL on a column that refuses null: the delete that it was written for always fails. */
import { columnOf } from '../../catalog/alter.ts'
import { foreignKeySql, type ReferencesFacts } from '../../catalog/foreign-key.ts'
import { referencesOf } from '../../catalog/references.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import type { Finding } from '../../prove/result.ts'
import type { FindingKind } from './finding-kind.ts'

const refusing = (table: Table, { columns, onDelete, onUpdate, onDeleteColumns }: ReferencesFacts) => {
  const required = (names: readonly string[]): readonly string[] =>
    names.filter((name) => columnOf(table, name).notNull)
  return {
    onDelete: onDelete === 'set null' ? required(onDeleteColumns ?? columns) : [],
    onUpdate: onUpdate === 'set null' ? required(columns) : [],
  }
}

const finding = (catalog: Catalog, table: Table, { id, facts }: Structure<ReferencesFacts>): Finding[] => {
  const found = refusing(table, facts)
  const columns = [...new Set([...found.onDelete, ...found.onUpdate])]
  if (columns.length === 0) return []
  const word = found.onDelete.length > 0 ? 'on delete set null' : 'on update set null'
  const mended: ReferencesFacts = {
    ...facts,
    onDelete: found.onDelete.length > 0 ? 'no action' : facts.onDelete,
    onUpdate: found.onUpdate.length > 0 ? 'no action' : facts.onUpdate,
    onDeleteColumns: found.onDelete.length > 0 ? null : facts.onDeleteColumns,
  }
  const [relation, name] = [qualified(table), ident(facts.name)]
  return [
    {
      code: 'adopt.foreign-key-set-null',
      severity: 'warning',
      structure: id,
      summary: `${table.id}: foreign key ${facts.name} says ${word}, and ${columns.join(', ')} refuses null`,
      reason: 'a foreign key sets null what refuses null',
      why: `whenever a row is referenced, the ${found.onDelete.length > 0 ? 'delete' : 'update'} in ${facts.target} fails with not_null_violation (23502) on ${table.id}`,
      fix: `say what happens today, or drop NOT NULL if null is meant:\nalter table ${relation} drop constraint ${name}, add constraint ${name} ${foreignKeySql(mended, catalog)};`,
    },
  ]
}

export const foreignKeySetNull: FindingKind = {
  codes: ['adopt.foreign-key-set-null'],
  find: async ({ catalog }) =>
    [...catalog.tables.values()].flatMap((table) =>
      referencesOf(catalog, table.id)
        .filter(({ facts }) => !facts.notEnforced)
        .flatMap((structure) => finding(catalog, table, structure)),
    ),
}
