/** What can be wrong with former names once all tables are known: one that still stands, or that is given twice. */
import type { AssayError } from '../ground/errors.ts'
import { idPart, relationId } from '../ground/names.ts'
import type { DeclaredTable } from './architecture.ts'
import type { FormerName } from './former-name.ts'
import { declarationFault } from './rule-set.ts'

const keysOf = (name: FormerName): readonly string[] =>
  name.of === 'table' ? ['the table'] : [`from ${idPart(name.from)}`, `to ${idPart(name.column)}`]

const twice = (table: DeclaredTable): readonly AssayError[] => {
  const keys = (table.renamedFrom ?? []).flatMap(keysOf)
  return [...new Set(keys.filter((key, i) => keys.indexOf(key) !== i))].map((key) =>
    declarationFault(
      table,
      'renamed',
      `${table.id}: renamedFrom says two things: ${key} stands in it twice.`,
      'Keep the one that is true of the database as it is now.',
    ),
  )
}

const standing = (table: DeclaredTable, tables: readonly DeclaredTable[]): readonly AssayError[] =>
  (table.renamedFrom ?? []).flatMap((name) => {
    if (name.of !== 'table') return []
    const from = relationId(name.from)
    if (!tables.some(({ id }) => id === from)) return []
    return [
      declarationFault(
        table,
        'renamed',
        `${table.id} is renamed from ${from}, which is still among the tables.`,
        'A name that stands is not a former one: take the table out of the architecture, or the name out of renamedFrom. Names that change places need two migrations.',
      ),
    ]
  })

export const renameFaults = (tables: readonly DeclaredTable[]): readonly AssayError[] =>
  tables.flatMap((table) => [...twice(table), ...standing(table, tables)])
