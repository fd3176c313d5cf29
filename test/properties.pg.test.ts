/**
 * Random small schemas made of every rule kind prove green; dropping any one structure turns red its rules and
 * those that depend on it, and no others.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kindOfStructure } from '../src/catalog/kind-of.ts'
import { readCatalog } from '../src/catalog/read-catalog.ts'
import type { Server } from '../src/postgres/server.ts'
import { startServer } from '../src/postgres/start.ts'
import { changeBetween } from '../src/prove/judge.ts'
import { prove } from '../src/prove/prove.ts'
import { runTrials } from '../src/prove/runner.ts'
import {
  describePlan,
  makeRandomArchitecture,
  tablePlans,
  type TablePlan,
} from './support/random-architecture.ts'

let server: Server
let made = 0

beforeAll(async () => {
  server = await startServer({})
})

afterAll(async () => {
  await server?.stop()
})

const holds = async (plans: readonly TablePlan[]): Promise<void> => {
  const random = makeRandomArchitecture(plans)
  const text = describePlan(random)
  const template = await server.createDatabase(`random${++made}`)
  try {
    const owner = await server.connect(template, 'owner')
    await owner.query(random.migration.join(';\n')).catch((cause: unknown) => {
      throw new Error(`${String(cause)}\n${text}`)
    })
    await owner.end()
    await server.admitRoles()
    const result = await prove({
      architecture: random.architecture,
      server,
      template,
      steps: ['green', 'red', 'mutate'],
      only: [],
      startSeconds: 0,
    })
    const told = result.findings.map((f) => `${f.code} ${f.summary} | ${f.why}`)
    expect(told, text).toEqual([])

    const db = await server.connect(template, 'prover')
    const catalog = await readCatalog(db)
    const structures = [...catalog.structures.values()]
    const plain = result.rules.flatMap((r) =>
      r.experiments.filter(
        ({ experiment: e }) =>
          !e.proof && !e.interleaving && !e.shadow && e.on === undefined && e.session === undefined,
      ),
    )
    const trials = structures.map((s) => ({
      ddl: kindOfStructure(s).drop(s, catalog),
      experiments: plain.map((p) => p.experiment),
    }))
    const outcomes = await runTrials(db, server.owner, trials)
    await db.end()
    for (const [i, structure] of structures.entries()) {
      const outcome = outcomes[i]!
      if (outcome.ddlFault || structure.kind === 'table' || structure.kind === 'column') continue
      const family = [structure, ...catalog.dependents(structure.id)].map((s) => s.id)
      const mayTurn = new Set(result.structures.filter((s) => family.includes(s.id)).flatMap((s) => s.rules))
      const turned = new Set(
        plain.flatMap((p, k) =>
          changeBetween(p.experiment, p.observed, outcome.observations[k]!) === null
            ? []
            : [p.experiment.rule],
        ),
      )
      // A key that numbers itself can only be changed to DEFAULT: foreign keys to it are asked so, and depend on it.
      if (structure.kind === 'identity') {
        for (const s of structures.filter(
          (s) => s.kind === 'references' && s.id.endsWith(`->${structure.table}`),
        ))
          for (const rule of result.structures.find((r) => r.id === s.id)!.rules) mayTurn.add(rule)
      }
      // What is asked as a role depends on what that role was granted.
      if (structure.kind === 'grant') {
        for (const { experiment } of plain)
          if (experiment.as?.role === structure.name && experiment.rule.startsWith(`${structure.table}/`))
            mayTurn.add(experiment.rule)
      }
      const others = [...turned].filter((rule) => !mayTurn.has(rule))
      expect(others, `${structure.id} dropped\n${text}`).toEqual([])
    }
  } finally {
    await server.dropDatabase(template)
  }
}

describe('random architectures', () => {
  it('prove green, and each structure answers for its own rules alone', async () => {
    await fc.assert(fc.asyncProperty(tablePlans, holds), {
      numRuns: Number(process.env['ASSAY_RUNS'] ?? 12),
      seed: Number(process.env['ASSAY_SEED'] ?? 20260),
      endOnFailure: true,
    })
  }, 600_000)
})
