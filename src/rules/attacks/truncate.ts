/** TRUNCATE, which row-level security does not stop: the role must not have the privilege at all. */
import { ident } from '../../postgres/quote.ts'
import { refusedByPrivilege, type Attack } from './attack.ts'

export const truncate: Attack = {
  name: 'truncate',
  async attempts({ relation, both, a, role, may, mends }) {
    const mend = may.isOwner ? mends.ownership : `revoke truncate on ${relation} from ${ident(role)}, public;`
    return {
      attempts: [
        {
          title: `${a.title} truncates the table, which no policy stops: refused`,
          world: both,
          as: a.asker,
          when: [`truncate ${relation}`],
          then: refusedByPrivilege,
          mend,
        },
      ],
    }
  },
}
