/**
 * Declared SQL as PostgreSQL itself prints it. Rules ask for texts while they claim; what they ask is recorded in a
 * first pass, judged by PostgreSQL in one batch over empty copies of the tables, and answered in a second pass.
 */
import type { DeclaredRule } from '../architecture/rule.ts'
import { placeOf } from '../catalog/place.ts'
import type { Catalog } from '../catalog/structure.ts'
import { qualified } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'
import type { Normal } from '../rules/rule-kind.ts'
import type { RefusedSql } from './refused-sql.ts'
import { planAll, type AskedPlan } from './statement-plans.ts'

interface Asked {
  readonly table: string
  readonly sql: string
  readonly by: DeclaredRule[]
}

const key = (table: string, sql: string): string => `${table}\u0000${sql}`

const checkHead = 'alter table assay_copy add constraint assay_text check (('

/** Opens a transaction with an empty copy of the table, to which expressions are put as CHECKs. */
const copyTable = (catalog: Catalog, table: string): string =>
  `begin; create temp table assay_copy (like ${qualified(placeOf(catalog, table)!)}); savepoint assay_text`

const question = (sql: string): string =>
  [
    `rollback to savepoint assay_text; ${checkHead}${sql}\n) is not null)`,
    `set local search_path = ''`,
    `select pg_catalog.pg_get_expr(conbin, conrelid) from pg_catalog.pg_constraint where conname = 'assay_text' and conrelid = 'pg_temp.assay_copy'::pg_catalog.regclass`,
  ].join(';\n')

/** `(lower((email)::text) IS NOT NULL)` → `lower((email)::text)`. */
const withoutNullTest = (text: string): string => text.replace(/^\((.*) IS NOT NULL\)$/su, '$1')

const answerAll = async (
  db: Session,
  catalog: Catalog,
  asked: readonly Asked[],
): Promise<{ answers: ReadonlyMap<string, string>; refused: readonly RefusedSql[] }> => {
  const answers = new Map<string, string>()
  const refused: RefusedSql[] = []
  const byTable = new Map<string, Asked[]>()
  for (const a of asked) byTable.set(a.table, [...(byTable.get(a.table) ?? []), a])
  const messages: string[] = []
  const at = new Map<Asked, number>()
  for (const [table, questions] of byTable) {
    messages.push(copyTable(catalog, table))
    for (const a of questions) at.set(a, messages.push(question(a.sql)) - 1)
    messages.push('rollback')
  }
  const replies = await db.batch(messages)
  for (const a of asked) {
    const { fault, commands } = replies[at.get(a)!]!
    if (fault) {
      const before = question(a.sql).indexOf(checkHead) + checkHead.length
      const position = fault.position === null ? null : fault.position - before
      for (const rule of a.by) refused.push({ rule, sql: a.sql, fault: { ...fault, position } })
      continue
    }
    const text = commands.find((c) => c.columns[0] === 'pg_get_expr')?.rows[0]?.[0]
    if (text !== null && text !== undefined) answers.set(key(a.table, a.sql), withoutNullTest(text))
  }
  return { answers, refused }
}

/** Runs `claims` for every rule with declared SQL in PostgreSQL's own words. */
export const normalize = async (
  db: Session,
  catalog: Catalog,
  rules: readonly DeclaredRule[],
  claims: (rule: DeclaredRule, normal: Normal) => readonly string[],
): Promise<{
  readonly claimsOf: ReadonlyMap<DeclaredRule, readonly string[]>
  readonly refused: readonly RefusedSql[]
}> => {
  const asked = new Map<string, Asked>()
  const plans = new Map<string, AskedPlan>()
  for (const rule of rules) {
    claims(rule, {
      expression(table, sql) {
        const k = key(table, sql)
        const known = asked.get(k)
        if (known === undefined) asked.set(k, { table, sql, by: [rule] })
        else if (!known.by.includes(rule)) known.by.push(rule)
        return sql
      },
      statement(sql, parameters, isGuess = false) {
        const known = plans.get(sql) ?? { sql, parameters, by: [] }
        plans.set(sql, known)
        if (!isGuess) known.by.push(rule)
        return null
      },
    })
  }
  const { answers, refused } = await answerAll(db, catalog, [...asked.values()])
  const statements = await planAll(db, plans)
  const normal: Normal = {
    expression: (table, sql) => answers.get(key(table, sql)) ?? sql,
    statement: (sql) => statements.plans.get(sql) ?? null,
  }
  return {
    claimsOf: new Map(rules.map((rule) => [rule, claims(rule, normal)])),
    refused: [...refused, ...statements.refused],
  }
}
