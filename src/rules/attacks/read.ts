/** Reading another tenant's rows: by counting what is there, and by knowing the key. */
import { affects, answers, type Attack, type Attempt } from './attack.ts'

export const read: Attack = {
  name: 'read',
  async attempts(tenancy) {
    const { relation, both, duels, mends } = tenancy
    if (tenancy.may.columns.select.length === 0) return { attempts: [] }
    const attempts = duels.flatMap(({ attacker, victim }): readonly Attempt[] => {
      const asking = { world: both, as: attacker.asker, mend: mends.hole('select') }
      return [
        {
          ...asking,
          title: `${attacker.title} counts the rows: its own alone`,
          when: [`select count(*) from ${relation}`],
          then: answers('1'),
        },
        ...(tenancy.readsKey
          ? [
              {
                ...asking,
                title: `${attacker.title} asks for the row of ${victim.title} by its key: nothing`,
                when: [`select 1 from ${relation} where ${victim.key}`],
                then: affects(0),
              },
            ]
          : []),
      ]
    })
    return { attempts }
  },
}
