/**
 * Plans of conditions that read settings of an application. The planner calls stable functions to estimate, and one
 * that reads a setting which nobody set raises an error: the settings get values until it can plan.
 */
import type { FunctionFacts } from '../../catalog/function.ts'
import type { PolicyFacts } from '../../catalog/policy.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { literal, qualified } from '../../postgres/quote.ts'
import type { PlanNode } from '../../postgres/plan.ts'
import type { Session } from '../../postgres/session.ts'
import { askEach } from '../../rows/savepoint.ts'
import { readPlan } from './plan-nodes.ts'

const named = /current_setting\s*\(\s*'(?<name>(?:[^']|'')+)'/giu

/** Settings of the application that policies and functions name; PostgreSQL's own have values. */
const settingsOf = (catalog: Catalog): readonly string[] => {
  const texts = [...catalog.structures.values()].flatMap(({ kind, facts }) => {
    if (kind === 'function') return [(facts as FunctionFacts).statement]
    if (kind !== 'policy') return []
    const { using, withCheck } = facts as PolicyFacts
    return [using ?? '', withCheck ?? '']
  })
  const names = texts.flatMap((text) =>
    [...text.matchAll(named)].map(({ groups }) => (groups?.['name'] ?? '').replaceAll("''", "'")),
  )
  return [...new Set(names)].filter((name) => name.includes('.')).toSorted()
}

/** A probe is rolled back; while it is planned, the table's own policies are not asked for its owner either. */
export const unforced = (table: Table): string =>
  table.forceRowSecurity ? `alter table ${qualified(table)} no force row level security;\n` : ''

/** A number, a uuid, a truth value, a document. */
const values = ['1', '00000000-0000-0000-0000-000000000001', 'true', '{}'] as const

/** The nodes of each plan, null where PostgreSQL would not plan. */
export const askPlans = async (
  db: Session,
  catalog: Catalog,
  explains: readonly string[],
): Promise<readonly (readonly PlanNode[] | null)[]> => {
  const answers: (readonly PlanNode[] | null)[] = explains.map(() => null)
  const settings = settingsOf(catalog)
  const prefixes = settings.length === 0 ? [''] : [...values.map((value) => settingsTo(settings, value)), '']
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
