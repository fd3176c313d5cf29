/** The table's owner, whom row-level security binds only when it is forced. */
import type { Attack } from './attack.ts'
import { attemptsOf } from './bystander.ts'

export const owner: Attack = {
  name: 'owner',
  async attempts(tenancy) {
    const { table, mends } = tenancy
    return {
      attempts: await attemptsOf(tenancy, {
        role: table.owner,
        title: `the owner ${table.owner}`,
        isOwner: true,
        mend: mends.owner,
      }),
    }
  },
}
