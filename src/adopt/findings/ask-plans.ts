/**
 * Plans of conditions that read settings of an application. The planner calls stable functions to estimate, and one
 * that reads a setting which nobody set raises an error: the settings get values until it can plan.
 */
import { namedSettings, settingValues } from '../../catalog/named-settings.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { literal, qualified } from '../../postgres/quote.ts'
import type { PlanNode } from '../../postgres/plan.ts'
import type { Session } from '../../postgres/session.ts'
import { askEach } from '../../rows/savepoint.ts'
import { readPlan } from './plan-nodes.ts'

/** A probe is rolled back; while it is planned, the table's own policies are not asked for its owner either. */
export const unforced = (table: Table): string =>
  table.forceRowSecurity ? `alter table ${qualified(table)} no force row level security;\n` : ''

/** The nodes of each plan, null where PostgreSQL would not plan. */
export const askPlans = async (
  db: Session,
  catalog: Catalog,
  explains: readonly string[],
): Promise<readonly (readonly PlanNode[] | null)[]> => {
  const answers: (readonly PlanNode[] | null)[] = explains.map(() => null)
  const settings = namedSettings(catalog)
  const prefixes =
    settings.length === 0 ? [''] : [...settingValues.map((value) => settingsTo(settings, value)), '']
  for (const prefix of prefixes) {
    const open = explains.flatMap((sql, i) => (answers[i] === null ? [{ i, sql }] : []))
    const replies = await askEach(
      db,
      open.map(({ sql }) => `${prefix}${sql}`),
    )
    for (const [k, { i }] of open.entries()) answers[i] = readPlan(replies[k])
  }
  return answers
}

const settingsTo = (names: readonly string[], value: string): string =>
  `select ${names.map((name) => `pg_catalog.set_config(${literal(name)}, ${literal(value)}, true)`).join(', ')};\n`
