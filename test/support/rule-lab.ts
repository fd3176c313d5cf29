/** Proves single rules on real schemas: a database per schema, the rule's experiments written and run, mutants tried. */
import type { Architecture } from '../../src/architecture/architecture.ts'
import type { DeclaredRule } from '../../src/architecture/rule.ts'
import { kindOfStructure } from '../../src/catalog/kind-of.ts'
import { readCatalog } from '../../src/catalog/read-catalog.ts'
import type { Catalog } from '../../src/catalog/structure.ts'
import type { Server } from '../../src/postgres/server.ts'
import type { Session } from '../../src/postgres/session.ts'
import { changeBetween, differenceFrom } from '../../src/prove/judge.ts'
import type { Observation } from '../../src/prove/result.ts'
import { runTrials } from '../../src/prove/runner.ts'
import { makeRows } from '../../src/rows/make-rows.ts'
import type { Experiment } from '../../src/rules/experiment.ts'
import type { RuleKind, Written } from '../../src/rules/rule-kind.ts'

export interface Failing {
  readonly id: string
  readonly title: string
  readonly difference: string
  readonly mend: string
}

/** Runs SQL as one of the server's roles, on a connection of its own. */
export const runAs = async (
  server: Server,
  database: string,
  role: 'owner' | 'administrator',
  sql: string,
): Promise<void> => {
  const session = await server.connect(database, role)
  try {
    await session.query(sql)
  } finally {
    await session.end()
  }
}

export interface Lab {
  readonly catalog: Catalog
  write<R extends DeclaredRule>(kind: RuleKind<R>, rule: R, architecture: Architecture): Promise<Written>
  claims<R extends DeclaredRule>(kind: RuleKind<R>, rule: R, architecture: Architecture): readonly string[]
  /** Those that do not hold, after this DDL. */
  failing(experiments: readonly Experiment[], ddl?: readonly string[]): Promise<readonly Failing[]>
  /** Mutants of these structures that no experiment notices; what PostgreSQL refuses and what is equivalent is left out. */
  survivors(structures: readonly string[], experiments: readonly Experiment[]): Promise<readonly string[]>
  close(): Promise<void>
}

/** Makes a database with this schema, run by the owner as a migration is; then what only the administrator may. */
export const openLab = async (
  server: Server,
  schema: string,
  asAdministrator: readonly string[] = [],
): Promise<Lab> => {
  const database = await server.createDatabase('lab')
  await runAs(server, database, 'owner', schema)
  for (const sql of asAdministrator) await runAs(server, database, 'administrator', sql)
  await server.admitRoles()
  const open = async (): Promise<Session> => {
    const session = await server.connect(database, 'prover')
    await session.query(`set statement_timeout = '20s'; set client_min_messages = error`)
    return session
  }
  const db = await open()
  // No custom setting is ever set on this one but for the length of an experiment that says so.
  const fresh = await open()
  const catalog = await readCatalog(db)

  const tableOf = (rule: DeclaredRule) => {
    const table = catalog.tables.get(rule.table)
    if (!table) throw new Error(`no table ${rule.table} among ${[...catalog.tables.keys()].join(', ')}`)
    return table
  }
  const claims: Lab['claims'] = (kind, rule, architecture) =>
    kind.claims(rule, {
      catalog,
      table: tableOf(rule),
      architecture,
      normal: { expression: (_, sql) => sql, statement: () => null },
    })

  /** Null where PostgreSQL refuses the DDL. */
  const run = async (
    experiments: readonly Experiment[],
    ddl: readonly string[] = [],
  ): Promise<readonly Observation[] | null> => {
    const observed = new Map<Experiment, Observation>()
    for (const session of [db, fresh]) {
      const some = experiments.filter((e) => (e.session === 'fresh') === (session === fresh))
      const [outcome] = await runTrials(session, server.owner, [{ ddl, experiments: some }])
      if (outcome!.ddlFault) return null
      some.forEach((e, i) => observed.set(e, outcome!.observations[i]!))
    }
    return experiments.map((e) => observed.get(e)!)
  }

  return {
    catalog,
    claims,
    async write(kind, rule, architecture) {
      await db.query('begin')
      try {
        const rows = await makeRows(db, catalog)
        const claimed = claims(kind, rule, architecture)
        return await kind.experiments(rule, {
          architecture,
          catalog,
          rows,
          table: tableOf(rule),
          db,
          claims: claimed,
        })
      } finally {
        await db.query('rollback')
      }
    },
    async failing(experiments, ddl) {
      const observed = await run(experiments, ddl)
      if (!observed) throw new Error(`PostgreSQL refuses ${(ddl ?? []).join('; ')}`)
      return experiments.flatMap((experiment, i) => {
        const difference = differenceFrom(experiment, observed[i]!)
        const { id, title, mend = '' } = experiment
        return difference === null ? [] : [{ id, title, difference, mend }]
      })
    },
    async survivors(structures, experiments) {
      const before = (await run(experiments))!
      const survivors: string[] = []
      for (const id of structures) {
        const structure = catalog.structures.get(id)!
        for (const mutant of kindOfStructure(structure).mutants(structure, catalog)) {
          if (mutant.equivalent !== undefined) continue
          const after = await run(experiments, mutant.ddl)
          const isNoticed =
            !after || experiments.some((e, i) => changeBetween(e, before[i]!, after[i]!) !== null)
          if (!isNoticed) survivors.push(`${mutant.id}: ${mutant.summary}`)
        }
      }
      return survivors
    },
    async close() {
      await Promise.all([db.end(), fresh.end()])
      await server.dropDatabase(database)
    },
  }
}
