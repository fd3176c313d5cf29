/** `t.identity('id')` */
import { identitiesOf } from '../../../catalog/identity.ts'
import { structureId } from '../../../ground/names.ts'
import { call, entry, object } from '../code.ts'
import { text } from '../literals.ts'
import type { PrintKind } from '../print-kind.ts'

export const printIdentity: PrintKind = (table, { catalog }) => ({
  rules: identitiesOf(catalog, table.id).map(({ id, facts: { column, generation } }) => ({
    code: call(
      't.identity',
      text(column),
      ...(generation === 'always' ? [] : [object([entry('generation', text(generation))])]),
    ),
    claims: [id, structureId(table.id, 'required', column)],
  })),
})
