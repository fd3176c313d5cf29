/**
 * The table's owner, whom row-level security binds only when it is forced. It is tried with row-level security
 * enabled and forced, so that what is expected of it does not hang on either.
 */
import { ident } from '../../postgres/quote.ts'
import { keptName } from '../../postgres/remote/marker.ts'
import type { Attack } from './attack.ts'
import { attemptsOf } from './bystander.ts'

export const owner: Attack = {
  name: 'owner',
  async attempts(tenancy) {
    const { table, relation, mends } = tenancy
    return {
      attempts: await attemptsOf(tenancy, {
        role: table.owner,
        title: `the owner ${keptName(table.owner)}`,
        trying: [
          'set constraints all immediate',
          `set local role ${ident(table.owner)}`,
          `alter table ${relation} enable row level security`,
          `alter table ${relation} force row level security`,
          'set local role none',
        ],
        given: [],
        may: null,
        mend: mends.owner,
      }),
    }
  },
}
