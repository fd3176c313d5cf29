/** COPY TO STDOUT, which reads a table whole: only the asker's own rows may come out. */
import { identList } from '../../postgres/quote.ts'
import { affects, type Attack } from './attack.ts'

export const copy: Attack = {
  name: 'copy',
  async attempts(tenancy) {
    const { relation, both, duels, mends, may, table } = tenancy
    // A partitioned table can only be copied through a query, which is what the attack `read` sends.
    // COPY takes no generated column by name.
    const isWritten = (name: string): boolean =>
      table.columns.find((c) => c.name === name)?.generated === null
    const columns = may.columns.select.filter(isWritten)
    if (columns.length === 0 || table.kind !== 'table') return { attempts: [] }
    return {
      attempts: duels.map(({ attacker }) => ({
        title: `${attacker.title} copies the table out: its own rows alone`,
        world: both,
        as: attacker.asker,
        when: [`copy ${relation} (${identList(columns)}) to stdout`],
        then: affects(1),
        mend: mends.hole('select'),
      })),
    }
  },
}
