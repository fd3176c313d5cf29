/** What a tenant may do with a partition that its role may ask directly: nothing of another's, and its own as it was. */
import type { Table } from '../../catalog/table.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import type { Row } from '../../rows/rows.ts'
import type { RolePrivileges } from '../role-privileges.ts'
import { affects, answers, refusedByPolicy, type Attempt } from './attack.ts'
import type { Duel, Tenancy, Tenant } from './tenancy.ts'
import { tryAll } from './trial.ts'

export const partitionMend = (part: Table, { role, mends, rule }: Tenancy): string => {
  const name = qualified(part)
  return [
    `revoke all on ${name} from ${ident(role)}, public;`,
    `-- or, where it is asked directly on purpose: alter table ${name} enable row level security, force row level security; create policy ${ident(`${part.name}_isolated_by_${rule.column}`)} on ${name} using (${mends.predicate}) with check (${mends.predicate});`,
  ].join('\n')
}

export interface Placed {
  readonly row: Row
  /** What puts it there. */
  readonly insert: string
}

export const attemptsOnOthers = (
  tenancy: Tenancy,
  part: Table,
  may: RolePrivileges,
  { attacker, victim }: Duel,
  { row, insert }: Placed,
): readonly Attempt[] => {
  const { context, empty, touch } = tenancy
  const name = qualified(part)
  const stands = { world: empty, as: attacker.asker, mend: partitionMend(part, tenancy) }
  const asking = { ...stands, given: [insert] }
  const attempts: Attempt[] = []
  if (may.columns.select.length > 0)
    attempts.push({
      ...asking,
      title: `${attacker.title} counts the rows of the partition ${part.id} directly: none of ${victim.title}`,
      when: [`select count(*) from ${name}`],
      then: answers('0'),
    })
  if (may.table.delete)
    attempts.push({
      ...asking,
      title: `${attacker.title} deletes from the partition ${part.id} directly: nothing of ${victim.title}`,
      when: [`delete from ${name}`],
      then: affects(0),
    })
  if (touch && may.columns.update.includes(touch.name))
    attempts.push({
      ...asking,
      title: `${attacker.title} updates the partition ${part.id} directly: nothing of ${victim.title}`,
      when: [`update ${name} set ${touch.set(attacker)}`],
      then: affects(0),
    })
  const given = Object.fromEntries(Object.entries(row).filter(([c]) => may.columns.insert.includes(c)))
  if (may.columns.insert.length > 0)
    attempts.push({
      ...stands,
      title: `${attacker.title} inserts a row of ${victim.title} into the partition ${part.id} directly: refused`,
      when: [context.rows.insert(part, given)],
      then: { kind: 'rejected', by: { sqlstate: '42501' } },
    })
  return attempts
}

/** What the tenant does with its own row there, kept as it is: a policy of the partition's own may not go unseen. */
export const attemptsOnOwn = async (
  tenancy: Tenancy,
  part: Table,
  may: RolePrivileges,
  tenant: Tenant,
  { row, insert }: Placed,
): Promise<readonly Attempt[]> => {
  const { context, empty } = tenancy
  const name = qualified(part)
  const stands = { world: empty, as: tenant.asker, mend: partitionMend(part, tenancy) }
  const given = Object.fromEntries(Object.entries(row).filter(([c]) => may.columns.insert.includes(c)))
  const deeds = [
    ...(may.columns.select.length > 0
      ? [{ verb: 'reads', given: [insert], when: `select 1 from ${name}` }]
      : []),
    ...(may.table.delete ? [{ verb: 'deletes', given: [insert], when: `delete from ${name}` }] : []),
    ...(may.columns.insert.length > 0
      ? [{ verb: 'inserts', given: [], when: context.rows.insert(part, given) }]
      : []),
  ]
  const tried = await tryAll(
    context.db,
    empty,
    deeds.map((deed) => ({ as: tenant.asker, given: deed.given, when: [deed.when] })),
  )
  return deeds.flatMap((deed, i): readonly Attempt[] => {
    const { fault, affected } = tried[i]!
    if (fault && fault.routine !== 'ExecWithCheckOptions') return []
    const title = `${tenant.title} ${deed.verb} its own row in the partition ${part.id} directly`
    const attempt = { ...stands, given: deed.given, when: [deed.when] }
    return fault
      ? [{ ...attempt, title: `${title}: refused`, then: refusedByPolicy }]
      : [{ ...attempt, title: `${title}: ${affected}`, then: affects(affected) }]
  })
}
