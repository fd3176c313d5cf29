/** NOT NULL: on a table with rows a CHECK that is validated without a lock proves it first, or (18) it is validated itself. */
import { alterColumn, alterTable, tableOf } from '../../catalog/alter.ts'
import type { RequiredFacts } from '../../catalog/required.ts'
import { relationId, structureId } from '../../ground/names.ts'
import { ident } from '../../postgres/quote.ts'
import { structureName } from '../../rules/ddl.ts'
import { alone, together, type ChangeKind } from './change.ts'
import { leavesOf } from './table.ts'

/** NOT NULL is a constraint with a name, and may be added without looking at rows, since this version. */
const namedSince = 18

export const requiredChange: ChangeKind = {
  make: (structure, { after, online }) => {
    const table = tableOf(structure, after)
    const { column, notValid } = structure.facts as RequiredFacts
    const alter = alterTable(table)
    const name = ident(structureName(relationId(table), column, 'not_null'))
    if (notValid) return together(`${alter} add constraint ${name} not null ${ident(column)} not valid`)
    if (!online) return together(`${alterColumn(table, column)} set not null`)
    if (after.major >= namedSince)
      return alone(
        `${alter} drop constraint if exists ${name}, add constraint ${name} not null ${ident(column)} not valid`,
        `${alter} validate constraint ${name}`,
      )
    const check = ident(structureName(relationId(table), column, 'is_not_null'))
    return alone(
      `${alter} drop constraint if exists ${check}, add constraint ${check} check (${ident(column)} is not null) not valid`,
      `${alter} validate constraint ${check}`,
      // The validated CHECK proves it: no row is read.
      `${alterColumn(table, column)} set not null`,
      `${alter} drop constraint if exists ${check}`,
    )
  },
  remove: (structure, { before, after, fromHalfWay }) => {
    const table = tableOf(structure, before)
    // A partition's own key has made it the partition's own, too.
    const leaves =
      before.major < namedSince || table.kind !== 'partitioned'
        ? []
        : leavesOf(table, before).filter(
            ({ id }) => !after.structures.has(structureId(id, 'required', structure.name)),
          )
    const check = ident(structureName(relationId(table), structure.name, 'is_not_null'))
    return together(
      ...[table, ...leaves].map((one) => `${alterColumn(one, structure.name)} drop not null`),
      ...(fromHalfWay && before.major < namedSince
        ? [`${alterTable(table)} drop constraint if exists ${check}`]
        : []),
    )
  },
}
