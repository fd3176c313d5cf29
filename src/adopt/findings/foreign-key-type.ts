/** A foreign key whose column holds fewer values than the column that it leads to: some rows can never be referenced. */
import { columnOf } from '../../catalog/alter.ts'
import { referencesOf } from '../../catalog/references.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Column, Table } from '../../catalog/table.ts'
import type { Finding } from '../../prove/result.ts'
import { alterTypes } from './alter-types.ts'
import type { FindingKind } from './finding-kind.ts'

const widths: Readonly<Record<string, number>> = { smallint: 2, integer: 4, bigint: 8 }

const isText = ({ baseType }: Column): boolean => baseType === 'text' || baseType === 'character varying'

/** Characters that it takes; unlimited for text. */
const lengthOf = ({ baseType, modifier }: Column): number =>
  baseType === 'character varying' && modifier >= 4 ? modifier - 4 : Number.POSITIVE_INFINITY

const isNarrower = (own: Column, target: Column): boolean => {
  if (own.typeKind !== 'base' || target.typeKind !== 'base') return false
  const [ownWidth, targetWidth] = [widths[own.baseType], widths[target.baseType]]
  if (ownWidth !== undefined && targetWidth !== undefined) return ownWidth < targetWidth
  return isText(own) && isText(target) && lengthOf(own) < lengthOf(target)
}

const finding = (
  catalog: Catalog,
  table: Table,
  id: string,
  own: Column,
  target: Table,
  theirs: Column,
): Finding => ({
  code: 'adopt.foreign-key-type',
  severity: 'warning',
  structure: id,
  summary: `${table.id}: ${own.name} is ${own.type} and leads to ${target.id}.${theirs.name}, which is ${theirs.type}`,
  reason: 'a foreign key is narrower than the key that it leads to',
  why: `rows of ${target.id} whose ${theirs.name} does not fit ${own.type} can never be referenced: the insert fails as soon as there is one`,
  fix: `give it the same type (it rewrites the table when the width of a number changes):\n${alterTypes(catalog, [{ table, column: own, type: theirs.type }]).join('\n')}`,
})

export const foreignKeyType: FindingKind = {
  codes: ['adopt.foreign-key-type'],
  find: async ({ catalog }) =>
    [...catalog.tables.values()].flatMap((table) =>
      referencesOf(catalog, table.id).flatMap(({ id, facts }) => {
        const target = catalog.tables.get(facts.target)
        if (!target || facts.notEnforced) return []
        return facts.columns.flatMap((name, i) => {
          const [own, theirs] = [columnOf(table, name), columnOf(target, facts.targetColumns[i] ?? '')]
          return isNarrower(own, theirs) ? [finding(catalog, table, id, own, target, theirs)] : []
        })
      }),
    ),
}
