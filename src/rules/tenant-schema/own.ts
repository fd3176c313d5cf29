/** Controls: with its own tables a tenant's role does what the template's grants say. */
import { ident } from '../../postgres/quote.ts'
import { accepted, affects, type Attempt } from '../attacks/attack.ts'
import { isGap } from '../attacks/gap.ts'
import { isTaken, tryAll, tryOut } from '../attacks/trial.ts'
import type { Expected } from '../experiment.ts'
import type { SchemaGround, SchemaTenant, Sort } from './ground.ts'

/** Policies of the template may hide a tenant's row from itself: then PostgreSQL says what is expected. */
const settled = async (
  { context }: SchemaGround,
  attempts: readonly Attempt[],
): Promise<readonly Attempt[]> => {
  if (!context.table.rowSecurity) return attempts
  const kept: Attempt[] = []
  for (const attempt of attempts) {
    const found = await tryOut(context.db, attempt.world, attempt)
    if (!found.ran) kept.push(attempt)
    else if (found.fault === null)
      kept.push({ ...attempt, then: attempt.then.kind === 'affects' ? affects(found.affected) : accepted })
    else if (found.fault.routine === 'aclcheck_error') kept.push(attempt)
  }
  return kept
}

/** Where the identity sets a search_path: the application's statements name no schema. */
const byBareName = (
  { context, filled, mends }: SchemaGround,
  tenant: SchemaTenant,
  key: string | null,
): readonly Attempt[] => {
  if (isGap(filled) || key === null || !('search_path' in tenant.asker.settings)) return []
  return [
    {
      title: `${tenant.title} reads its own row by the bare name of the table`,
      world: filled.both,
      as: tenant.asker,
      when: [`select 1 from ${ident(context.table.name)} where ${key}`],
      then: affects(1),
      mend: `${mends.create}\n-- and let identity.settings set search_path to the tenant's schema, such as ${ident(tenant.own)}`,
    },
  ]
}

const deedsOf = async (ground: SchemaGround, tenant: SchemaTenant): Promise<readonly Attempt[]> => {
  const { context, may, filled, rule, mends } = ground
  if (isGap(filled)) return []
  const { table, rows, db } = context
  const row = filled.rows[tenant.family]
  const key = filled.keys[tenant.family]
  const asking = { world: filled.both, as: tenant.asker, mend: mends.create }
  const one: Expected = affects(1)
  const readsKey = table.columns.every(
    (c) => !key.includes(ident(c.name)) || may.columns.select.includes(c.name),
  )
  const attempts: Attempt[] = []
  if (readsKey && may.columns.select.length > 0) {
    attempts.push({
      ...asking,
      title: `${tenant.title} reads its own row`,
      when: [`select 1 from ${tenant.relation} where ${key}`],
      then: one,
    })
    const touched = may.columns.update.find((name) => {
      const column = table.columns.find((c) => c.name === name)
      return column?.generated === null && column.identity === null
    })
    if (touched !== undefined)
      attempts.push({
        ...asking,
        title: `${tenant.title} updates its own row`,
        when: [`update ${tenant.relation} set ${ident(touched)} = ${ident(touched)} where ${key}`],
        then: one,
      })
    if (may.table.delete)
      attempts.push({
        ...asking,
        title: `${tenant.title} deletes its own row`,
        when: [`delete from ${tenant.relation} where ${key}`],
        then: one,
      })
  }
  const given = Object.fromEntries(Object.entries(row).filter(([c]) => may.columns.insert.includes(c)))
  const insert = rows.insert({ ...table, schema: tenant.own }, given)
  const inTemplate = await tryOut(
    db,
    { statements: (await rows.world(table)).statements },
    {
      when: [rows.insert(table, given)],
    },
  )
  if (may.columns.insert.length > 0 && isTaken(inTemplate))
    attempts.push({
      ...asking,
      world: filled.empty,
      title: `${tenant.title} inserts its own row`,
      when: [insert],
      then: accepted,
    })
  // What the template itself does not take (a trigger that forbids it) is no control.
  const takenByTemplate = await tryAll(
    db,
    { statements: filled.both.statements },
    attempts.map(({ when }) => ({
      when: when.map((sql) =>
        sql.replaceAll(tenant.relation, `${ident(rule.template)}.${ident(table.name)}`),
      ),
    })),
  )
  return settled(ground, [
    ...byBareName(ground, tenant, readsKey ? key : null),
    ...attempts.filter(
      (_, i) =>
        !takenByTemplate[i]!.ran || takenByTemplate[i]!.fault === null || attempts[i]!.world !== filled.both,
    ),
  ])
}

export const own: Sort = {
  name: 'own',
  attempts: async (ground) =>
    (await Promise.all(ground.tenants.map((tenant) => deedsOf(ground, tenant)))).flat(),
}
