/**
 * Sequences that the role may read tell how many rows all tenants have made together. That is no row of anybody's,
 * and whoever sees their own surrogate keys grow knows it too: a note, not a hole.
 */
import { ident, literal } from '../../postgres/quote.ts'
import { readSurroundings } from '../surroundings.ts'
import type { Attack } from './attack.ts'

export const sequence: Attack = {
  name: 'sequence',
  async attempts({ context, table, role }) {
    const around = await readSurroundings(context.db, table)
    const names = around.filter((s) => s.kind === 'sequence').map((s) => s.name)
    if (names.length === 0) return { attempts: [] }
    const readable = await context.db.json<{ readonly name: string }>(`
select name
  from unnest(array[${names.map(literal).join(', ')}]) with ordinality s(name, n)
 where has_sequence_privilege(${literal(role)}, name::regclass, 'SELECT')
 order by n`)
    return {
      attempts: [],
      notes: readable.map(({ name }) => ({
        summary: `${role} may read the sequence ${name}: its last value tells how many rows of ${table.id} all tenants have made together`,
        mend: `revoke select on sequence ${name} from ${ident(role)};`,
      })),
    }
  },
}
