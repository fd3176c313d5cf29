/** The clone with loaded rows that plans are asked on, where any rule asks for a plan. */
import type { Catalog } from '../catalog/structure.ts'
import type { Server } from '../postgres/server.ts'
import { loadForPlans } from '../rows/load/load.ts'
import type { TestedRule } from './write-tests.ts'

export interface PlanClone {
  /** null: no rule asks for a plan. */
  readonly database: string | null
  /** The rules; those whose table could not be loaded say so as unsolved. */
  readonly rules: readonly TestedRule[]
}

export const makePlanClone = async (
  server: Server,
  template: string,
  catalog: Catalog,
  rules: readonly TestedRule[],
): Promise<PlanClone> => {
  const asking = rules.filter((r) => r.experiments.some((e) => e.on === 'loaded'))
  if (asking.length === 0) return { database: null, rules }
  const database = await server.clone(template, 'plans')
  const owners = [await server.connect(database, 'owner'), await server.connect(database, 'owner')] as const
  const administrator = await server.connect(database, 'administrator')
  try {
    const repeats = asking.find((r) => r.repeats)?.repeats
    const tables = [...new Set(asking.flatMap(({ rule }) => [rule.table, ...(rule.reads ?? [])]))]
    const problems = await loadForPlans(owners, catalog, {
      tables,
      rules: asking.map((r) => r.rule),
      statements: asking.flatMap((r) => r.experiments.flatMap((e) => (e.on === 'loaded' ? e.when : []))),
      administrator,
      ...(repeats ? { repeats } : {}),
    })
    const problemOf = new Map(problems.map((p) => [p.table, p.summary]))
    return {
      database,
      rules: rules.map((rule) => {
        const read = rule.rule.reads ?? [rule.rule.table]
        const problem = asking.includes(rule) ? read.flatMap((id) => problemOf.get(id) ?? [])[0] : undefined
        if (problem === undefined) return rule
        const summary = `${rule.rule.table} could not be filled with rows to plan on: ${problem}`
        const tried =
          'one insert of thousands of rows with values by type, obeying keys, domains and partitions'
        // A plan over an empty table says nothing of the index.
        const experiments = rule.experiments.filter(({ on }) => on !== 'loaded')
        return { ...rule, experiments, unsolved: [...rule.unsolved, { rule: rule.rule.id, summary, tried }] }
      }),
    }
  } finally {
    await Promise.all([...owners, administrator].map((session) => session.end()))
  }
}
