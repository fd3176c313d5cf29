/**
 * Moving rows between tenants: a row of one's own given to another (its books then show what it never wrote), and
 * another's taken. Without WHERE, so that the policies for UPDATE answer alone.
 */
import type { Row } from '../../rows/rows.ts'
import { ident } from '../../postgres/quote.ts'
import { affects, refusedByPolicy, type Attack, type Attempt } from './attack.ts'
import { refusedOrHarmless } from './harmless.ts'
import type { Tenancy, Tenant } from './tenancy.ts'
import { isTaken, tryAll } from './trial.ts'

type Setting = readonly (readonly [column: string, value: string])[]

/** Ways to make one tenant's row another's: its tenant column alone, else whatever must move with it. */
const waysTo = (tenancy: Tenancy, from: Row, to: Tenant, related: readonly string[]): readonly Setting[] => {
  const { rule, table, may } = tenancy
  const allowed = table.columns
    .filter((c) => may.columns.update.includes(c.name) && c.generated === null && c.identity !== 'always')
    .map((c) => c.name)
  if (!allowed.includes(rule.column)) return []
  const tenant: Setting = [[rule.column, to.valueSql]]
  const others = allowed.filter(
    (name) => name !== rule.column && name in to.row && to.row[name] !== from[name],
  )
  const withOf = (names: readonly string[]): Setting => [
    ...tenant,
    ...names.map((n) => [n, to.row[n]!] as const),
  ]
  return [tenant, withOf(others.filter((n) => related.includes(n))), withOf(others)]
}

const setText = (setting: Setting): string => setting.map(([c, v]) => `${ident(c)} = ${v}`).join(', ')

/** The first way that PostgreSQL itself does not mind, when nobody's policy is asked. */
const findWay = async (
  tenancy: Tenancy,
  from: Tenant,
  to: Tenant,
  related: readonly string[],
): Promise<string | null> => {
  const { context, relation, empty } = tenancy
  const ways = waysTo(tenancy, from.row, to, related).map((way) => `update ${relation} set ${setText(way)}`)
  const tried = await tryAll(
    context.db,
    empty,
    ways.map((way) => ({ given: [context.rows.insert(context.table, from.row)], when: [way] })),
  )
  return ways.find((_, i) => isTaken(tried[i]!) && tried[i]!.affected === 1) ?? null
}

/** Columns of foreign keys that the tenant column is a part of: they have to move with it. */
const columnsMovingAlong = ({ context, rule }: Tenancy): readonly string[] =>
  context.catalog.of(rule.table, 'references').flatMap(({ facts }) => {
    const { columns } = facts as { readonly columns?: readonly string[] }
    return columns?.includes(rule.column) ? columns.filter((c) => c !== rule.column) : []
  })

export const hijack: Attack = {
  name: 'hijack',
  async attempts(tenancy) {
    const { context, table, empty, duels, mends } = tenancy
    const along = columnsMovingAlong(tenancy)
    const attempts: Attempt[] = []
    for (const { attacker, victim } of duels) {
      const give = await findWay(tenancy, attacker, victim, along)
      const take = await findWay(tenancy, victim, attacker, along)
      const asking = { world: empty, as: attacker.asker, mend: mends.hole('update') }
      if (give !== null) {
        const attempt: Attempt = {
          ...asking,
          title: `${attacker.title} gives its own row to ${victim.title}: refused`,
          given: [context.rows.insert(table, attacker.row)],
          when: [give],
          then: refusedByPolicy,
        }
        attempts.push(await refusedOrHarmless(tenancy, attempt, victim))
      }
      if (take !== null)
        attempts.push({
          ...asking,
          title: `${attacker.title} takes the row of ${victim.title}: nothing`,
          given: [context.rows.insert(table, victim.row)],
          when: [take],
          then: affects(0),
        })
    }
    return { attempts }
  },
}
