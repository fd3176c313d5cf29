/** Proves declared rules on a real PostgreSQL for the tests of src/rules: a migrated database, its bound rules and their experiments. */
import type { Architecture } from '../../src/architecture/architecture.ts'
import { readCatalog } from '../../src/catalog/read-catalog.ts'
import type { Catalog, Structure } from '../../src/catalog/structure.ts'
import type { Server } from '../../src/postgres/server.ts'
import type { Session } from '../../src/postgres/session.ts'
import { bind } from '../../src/prove/bind.ts'
import { proveGreen, type GreenRule } from '../../src/prove/green.ts'
import { indistinctOf, makeWitnesses, mutateStructure } from '../../src/prove/mutate.ts'
import { openNoticedRemovals } from '../../src/prove/noticed-removals.ts'
import { proveRed, type RedEvidence } from '../../src/prove/red.ts'
import { openRedHabits } from '../../src/prove/red-habits.ts'
import type { MutantResult } from '../../src/prove/result.ts'
import { openWorkplace } from '../../src/prove/workplace.ts'
import { writeTests } from '../../src/prove/write-tests.ts'
import { makeRows } from '../../src/rows/make-rows.ts'
import type { Rows } from '../../src/rows/rows.ts'

export interface RuleLab {
  readonly catalog: Catalog
  readonly rules: readonly GreenRule[]
  /** A session of the prover on the migrated clone. */
  readonly db: Session
  rule(id: string): GreenRule
  /** `title: what differs` of every experiment that does not hold, and what is unsolved. */
  faults(): readonly string[]
  /** Titles of a rule's experiments with their expected end. */
  titles(rule: string): readonly string[]
  red(): Promise<ReadonlyMap<string, RedEvidence>>
  /** Mutants of these structures that neither an experiment noticed nor PostgreSQL refused nor reasoning excused. */
  left(of: (structure: Structure) => boolean): Promise<{
    readonly killed: number
    readonly left: readonly string[]
    /** Mutant → why nobody can tell it apart. */
    readonly equivalent: ReadonlyMap<string, string>
  }>
  close(): Promise<void>
}

/** `schema` is run by the owner, as a migration is. */
export const openRuleLab = async (
  server: Server,
  architecture: Architecture,
  schema: string,
): Promise<RuleLab> => {
  const template = await server.createDatabase('rules')
  const owner = await server.connect(template, 'owner')
  try {
    await owner.query(schema)
  } finally {
    await owner.end()
  }
  await server.admitRoles()
  const reader = await server.connect(template, 'prover')
  const catalog = await readCatalog(reader)
  await reader.end()
  let rows: Rows | null = null
  const workplace = await openWorkplace({
    server,
    template,
    loaded: () => null,
    catalog,
    rows: () => rows!,
    label: 'lab',
  })
  const { main } = workplace
  const binding = await bind(architecture, catalog, main)
  await main.query('begin')
  rows = await makeRows(main, catalog)
  const tested = await writeTests(binding.rules, { architecture, catalog, db: main, rows })
  await main.query('rollback')
  const rules = await proveGreen(workplace, tested)
  const witnesses = makeWitnesses(rules, binding.claimedBy, catalog)
  const indistinct = indistinctOf(tested)
  const unsolvedRules = new Map(rules.flatMap((r) => r.unsolved.map((u) => [u.rule, u.summary] as const)))
  const find = (id: string): GreenRule => {
    const found = rules.find((r) => r.rule.id === id)
    if (!found) throw new Error(`no rule ${id} among ${rules.map((r) => r.rule.id).join(', ')}`)
    return found
  }
  return {
    catalog,
    rules,
    // The workplace changes its sessions now and then.
    get db() {
      return workplace.main
    },
    rule: find,
    faults: () =>
      rules.flatMap((r) => [
        ...r.results.flatMap((x) =>
          x.holds ? [] : [`${r.rule.id}: ${x.experiment.title}: ${x.difference}`],
        ),
        ...r.unsolved.map((u) => `${r.rule.id}: unsolved: ${u.summary} (${u.tried})`),
      ]),
    titles: (id) => find(id).experiments.map((e) => e.title),
    red: async () => {
      const evidence = await proveRed(
        { workplace, catalog, noticed: openNoticedRemovals(), habits: openRedHabits() },
        rules,
      )
      return new Map(rules.map((r, i) => [r.rule.id, evidence[i]!]))
    },
    left: async (of) => {
      const parts = {
        workplace,
        catalog,
        witnesses,
        claimedBy: binding.claimedBy,
        unsolvedRules,
        indistinct,
      }
      const results: MutantResult[] = []
      for (const structure of catalog.structures.values()) {
        if (of(structure)) results.push(...(await mutateStructure(structure, parts)))
      }
      const open = results.filter((m) => ['survived', 'unsolved', 'redundant'].includes(m.verdict))
      return {
        killed: results.filter((m) => m.verdict === 'killed').length,
        left: open.map((m) => `${m.verdict} ${m.id}: ${m.why}`),
        equivalent: new Map(
          results.filter((m) => m.verdict === 'equivalent').map((m) => [m.id, m.why] as const),
        ),
      }
    },
    close: async () => {
      await workplace.close()
      await server.dropDatabase(template)
    },
  }
}

/** What a lab of its own finds wrong with these declarations over this schema. */
export const faultsOver = async (
  server: Server,
  architecture: Architecture,
  schema: string,
): Promise<readonly string[]> => {
  const lab = await openRuleLab(server, architecture, schema)
  try {
    return lab.faults()
  } finally {
    await lab.close()
  }
}
