/**
 * The table's owner, whom row-level security binds only when it is forced. What a forced policy lets the owner see
 * is asked of PostgreSQL: its tenant's rows, or nothing where every policy names other roles.
 */
import { ident } from '../../postgres/quote.ts'
import type { Asker } from '../experiment.ts'
import { affects, answers, refusedByPolicy, type Attack, type Attempt } from './attack.ts'
import type { Tenancy, Tenant } from './tenancy.ts'
import { tryAll, type TrialAnswer } from './trial.ts'

/** The table as it would be with row-level security enabled and forced. */
const forced = ({ table, relation }: Tenancy): readonly string[] => [
  'set constraints all immediate',
  `set local role ${ident(table.owner)}`,
  `alter table ${relation} enable row level security`,
  `alter table ${relation} force row level security`,
  'set local role none',
]

const ownerFor = ({ table }: Tenancy, tenant: Tenant): Asker => ({
  role: table.owner,
  settings: tenant.asker.settings,
})

/** At most its own row, however many a leaking policy would show. */
const bound = (answer: TrialAnswer): 0 | 1 => (answer.affected === 0 ? 0 : 1)

const seen = (rows: 0 | 1): string =>
  rows === 0 ? 'nothing, for no policy names it' : "that tenant's rows alone"

const attemptsFor = async (tenancy: Tenancy, tenant: Tenant, other: Tenant): Promise<readonly Attempt[]> => {
  const { context, relation, both, empty, touch, table, mends } = tenancy
  const as = ownerFor(tenancy, tenant)
  const select = `select 1 from ${relation}`
  const change = touch ? `update ${relation} set ${touch.set(tenant)}` : select
  const deletion = `delete from ${relation}`
  const [reads, changes, deletes] = (
    await tryAll(
      context.db,
      both,
      [select, change, deletion].map((when) => ({ as, given: forced(tenancy), when: [when] })),
    )
  ).map(bound)
  const insertions = [tenant, other].map((t) => context.rows.insert(table, t.row))
  const [inserts] = await tryAll(context.db, empty, [{ as, given: forced(tenancy), when: [insertions[0]!] }])
  const asking = { as, world: both, mend: mends.force }
  const title = `the owner ${table.owner} as ${tenant.title}`
  const attempts: Attempt[] = [
    {
      ...asking,
      title: `${title} sees ${seen(reads!)}`,
      when: [`select count(*) from ${relation}`],
      then: answers(String(reads)),
    },
    {
      ...asking,
      title: `${title} inserts a row of ${other.title}: refused`,
      world: empty,
      when: [insertions[1]!],
      then: refusedByPolicy,
    },
    {
      ...asking,
      title: `${title} deletes ${seen(deletes!)}`,
      when: [deletion],
      then: affects(deletes!),
    },
  ]
  if (touch)
    attempts.push({
      ...asking,
      title: `${title} updates ${seen(changes!)}`,
      when: [change],
      then: affects(changes!),
    })
  if (inserts!.fault?.routine === 'ExecWithCheckOptions')
    attempts.push({
      ...asking,
      title: `${title} inserts its own row: refused, for no policy names it`,
      world: empty,
      when: [insertions[0]!],
      then: refusedByPolicy,
    })
  return attempts
}

export const owner: Attack = {
  name: 'owner',
  async attempts(tenancy) {
    const { a, b } = tenancy
    return { attempts: [...(await attemptsFor(tenancy, a, b)), ...(await attemptsFor(tenancy, b, a))] }
  },
}
