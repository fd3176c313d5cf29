/** Getting rid of row-level security itself: a role that bypasses it, or that may switch it off. */
import { ident, literal } from '../../postgres/quote.ts'
import { answers, refusedByPrivilege, type Attack } from './attack.ts'

export const disarm: Attack = {
  name: 'disarm',
  async attempts({ relation, empty, a, role, mends }) {
    return {
      attempts: [
        {
          title: `${a.title} switches row-level security off: refused`,
          world: empty,
          as: a.asker,
          when: [`alter table ${relation} disable row level security`],
          then: refusedByPrivilege,
          mend: mends.ownership,
        },
        {
          title: `the role ${role} does not bypass row-level security`,
          world: empty,
          when: [`select rolsuper or rolbypassrls from pg_catalog.pg_roles where rolname = ${literal(role)}`],
          then: answers('f'),
          mend: `alter role ${ident(role)} nosuperuser nobypassrls;`,
        },
      ],
    }
  },
}
