/** `t.primaryKey('order_id', 'line')` */
import { primaryKeysOf } from '../../../catalog/primary-key.ts'
import { structureId } from '../../../ground/names.ts'
import { call, entry, object } from '../code.ts'
import { deferrableEntries } from '../deferrable.ts'
import { text } from '../literals.ts'
import type { PrintKind } from '../print-kind.ts'

export const printPrimaryKey: PrintKind = (table, { catalog }) => ({
  rules: primaryKeysOf(catalog, table.id).map(({ id, facts }) => {
    const named = facts.withoutOverlaps ? facts.columns.slice(0, -1) : facts.columns
    const period = facts.withoutOverlaps ? (facts.columns.at(-1) ?? '') : null
    const options = [
      ...(period === null ? [] : [entry('withoutOverlaps', text(period))]),
      ...deferrableEntries(facts.deferrable),
    ]
    return {
      code: call('t.primaryKey', ...named.map(text), ...(options.length === 0 ? [] : [object(options)])),
      claims: [id, ...facts.columns.map((column) => structureId(table.id, 'required', column))],
    }
  }),
})
