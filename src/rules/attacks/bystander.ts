/**
 * A role other than the identity's that has a tenant set: it keeps what the policies give it and no more, as
 * PostgreSQL says. A role that reads all tenants can be made on purpose; what a leaking policy gives to everybody the
 * other attacks show.
 */
import type { Asker } from '../experiment.ts'
import { readRolePrivileges, type RolePrivileges } from '../role-privileges.ts'
import { affects, answers, refusedByPolicy, type Attempt } from './attack.ts'
import type { Command } from './policies.ts'
import type { Tenancy, Tenant } from './tenancy.ts'
import { chooseTouch, type Touch } from './touch.ts'
import { tryAll } from './trial.ts'

export interface Bystander {
  readonly role: string
  /** "the owner postgres", for titles. */
  readonly title: string
  /** Stands in trials alone, before anything is expected. */
  readonly trying: readonly string[]
  /** Stands in trials and experiments. */
  readonly given: readonly string[]
  /** What it may do once that stands; null: what it may do now. */
  readonly may: RolePrivileges | null
  readonly mend: (...commands: readonly Command[]) => string
}

const seen = (rows: number): string => {
  if (rows === 0) return 'nothing, for no policy names it'
  return rows === 1 ? "that tenant's rows alone" : "every tenant's rows, as a policy has it"
}

interface Standing {
  readonly tenancy: Tenancy
  readonly bystander: Bystander
  readonly may: RolePrivileges
  readonly touch: Touch | null
}

const onRows = async (standing: Standing, tenant: Tenant, as: Asker): Promise<readonly Attempt[]> => {
  const { tenancy, bystander, may, touch } = standing
  const { context, relation, both } = tenancy
  const deeds = [
    ...(may.columns.select.length > 0
      ? [{ verb: 'sees', sql: `select 1 from ${relation}`, mend: bystander.mend('select') }]
      : []),
    ...(touch
      ? [
          {
            verb: 'updates',
            sql: `update ${relation} set ${touch.set(tenant)}`,
            mend: bystander.mend('update', 'select'),
          },
        ]
      : []),
    ...(may.table.delete
      ? [{ verb: 'deletes', sql: `delete from ${relation}`, mend: bystander.mend('delete', 'select') }]
      : []),
  ]
  const tried = await tryAll(
    context.db,
    both,
    deeds.map(({ sql }) => ({ as, given: [...bystander.trying, ...bystander.given], when: [sql] })),
  )
  return deeds.flatMap(({ verb, sql, mend }, i): readonly Attempt[] => {
    if (!tried[i]!.ran || tried[i]!.fault) return []
    const rows = tried[i]!.affected
    return [
      {
        title: `${bystander.title} as ${tenant.title} ${verb} ${seen(rows)}`,
        world: both,
        given: bystander.given,
        as,
        when: [verb === 'sees' ? `select count(*) from ${relation}` : sql],
        then: verb === 'sees' ? answers(String(rows)) : affects(rows),
        mend,
      },
    ]
  })
}

const onInserts = async (
  { tenancy, bystander, may }: Standing,
  tenant: Tenant,
  other: Tenant,
  as: Asker,
): Promise<readonly Attempt[]> => {
  const { context, table, empty } = tenancy
  if (may.columns.insert.length === 0) return []
  const [own, others] = [tenant, other].map(({ row }) =>
    context.rows.insert(
      table,
      Object.fromEntries(Object.entries(row).filter(([c]) => may.columns.insert.includes(c))),
    ),
  )
  const asking = {
    world: empty,
    given: bystander.given,
    as,
    then: refusedByPolicy,
    mend: bystander.mend('insert'),
  }
  const [inserts, foreign] = await tryAll(
    context.db,
    empty,
    [own!, others!].map((sql) => ({ as, given: [...bystander.trying, ...bystander.given], when: [sql] })),
  )
  const title = `${bystander.title} as ${tenant.title}`
  return [
    // A row that PostgreSQL refuses for another reason says nothing about policies.
    ...(foreign!.fault?.routine === 'ExecWithCheckOptions'
      ? [{ ...asking, title: `${title} inserts a row of ${other.title}: refused`, when: [others!] }]
      : []),
    ...(inserts!.fault?.routine === 'ExecWithCheckOptions'
      ? [{ ...asking, title: `${title} inserts its own row: refused, for no policy names it`, when: [own!] }]
      : []),
  ]
}

/** Everything that it may try, as either tenant. */
export const attemptsOf = async (tenancy: Tenancy, bystander: Bystander): Promise<readonly Attempt[]> => {
  const { context, table, both, keyColumns, rule, a, b } = tenancy
  const may =
    bystander.may ?? (await readRolePrivileges(context.db, bystander.role, table, context.catalog.major))
  if (!may?.schemaUsage) return []
  const touch = await chooseTouch(context, both, may.columns.update, keyColumns, rule.column, [a, b])
  const standing = { tenancy, bystander, may, touch }
  const attempts: Attempt[] = []
  for (const [tenant, other] of [
    [a, b],
    [b, a],
  ] as const) {
    const as = { role: bystander.role, settings: tenant.asker.settings }
    attempts.push(...(await onRows(standing, tenant, as)), ...(await onInserts(standing, tenant, other, as)))
  }
  return attempts
}
