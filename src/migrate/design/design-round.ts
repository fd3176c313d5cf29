/** One attempt: the target made, the migrations written, run on fresh copies, and the rules proven there. */
import type { NamePrefix } from '../forms/numbering.ts'
import type { Architecture } from '../../architecture/architecture.ts'
import { defaultsOf } from '../../catalog/default.ts'
import { readCatalog } from '../../catalog/read-catalog.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Server } from '../../postgres/server.ts'
import { withSession } from '../../postgres/with-session.ts'
import type { Session } from '../../postgres/session.ts'
import { bind, type Binding } from '../../prove/bind.ts'
import { prove } from '../../prove/prove.ts'
import type { Finding, ProveResult, RuleResult } from '../../prove/result.ts'
import { readVolatility } from '../../rules/volatility.ts'
import type { ChangeContext } from '../changes/change.ts'
import { dropUnclaimed } from './drop-unclaimed.ts'
import { measureEffects } from './measure-effects.ts'
import { maybeRenamed } from './renames.ts'
import { makeTarget, type Target } from './target.ts'
import { verifyMigrations, type VerifyWish } from './verify.ts'
import { writeMigrations, type DesignedMigration } from './write-migrations.ts'

export interface DesignWish {
  readonly architecture: Architecture
  readonly server: Server
  /** A database with the migrations applied; nobody is connected to it. */
  readonly template: string
  readonly only: readonly string[]
  /** Also takes away what no rule asks for. */
  readonly drop: boolean
  readonly online: boolean
  readonly name: string | null
  /** Names of the migrations that stand. */
  readonly standing: readonly string[]
  /** What the next names begin with; by default a number. */
  readonly prefix?: NamePrefix
  readonly run: VerifyWish['run']
  /** Of the proofs; two by default. */
  readonly workers?: number
  readonly onProgress?: (stage: string, done: number, of: number) => void
}

/** A wish with what was renamed first. */
export interface RoundWish extends DesignWish {
  /** Where the designed migrations begin: `template` is that database with the renames done. */
  readonly origin: { readonly template: string; readonly catalog: Catalog }
  readonly renames: readonly DesignedMigration[]
}

export const proveGreen = (
  wish: DesignWish,
  template: string,
  stage: string,
  architecture: Architecture = wish.architecture,
): Promise<ProveResult> => {
  wish.onProgress?.(stage, 0, 1)
  const { server, only, workers } = wish
  return prove({
    architecture,
    server,
    template,
    steps: ['green'],
    only,
    startSeconds: 0,
    ...(workers === undefined ? {} : { workers }),
  })
}

/** Who claims what, before and in the target, among the red rules. */
const claimsOf = (red: readonly RuleResult[], binding: Binding): ReadonlyMap<string, readonly string[]> => {
  const ids = new Set(red.map(({ id }) => id))
  const found = new Map<string, Set<string>>()
  const claim = (structure: string, rule: string): void => {
    if (!ids.has(rule)) return
    found.set(structure, (found.get(structure) ?? new Set()).add(rule))
  }
  for (const rule of red) for (const id of rule.claims) claim(id, rule.id)
  for (const { rule, claims } of binding.rules) for (const id of claims) claim(id, rule.id)
  return new Map([...found].map(([id, rules]) => [id, [...rules]]))
}

/** Defaults that differ from row to row, among those of the target. */
export const volatileDefaults = async (db: Session, catalog: Catalog): Promise<ReadonlySet<string>> => {
  const expressions = new Set(
    [...catalog.tables.keys()].flatMap((id) => defaultsOf(catalog, id).map(({ facts }) => facts.expression)),
  )
  const found = new Set<string>()
  await db.query('begin')
  try {
    for (const expression of expressions)
      if ((await readVolatility(db, expression)) !== 'stable') found.add(expression)
  } finally {
    await db.query('rollback')
  }
  return found
}

export interface Round {
  readonly target: Target & { readonly notDropped: readonly Finding[] }
  readonly migrations: readonly DesignedMigration[]
  /** What is wrong with all of it. */
  readonly fault: Finding | null
  /** Rules afterwards; null when the migrations were not run. */
  readonly rules: readonly RuleResult[] | null
  readonly findings: readonly Finding[]
}

export const designRound = async (
  wish: RoundWish,
  before: Catalog,
  red: readonly RuleResult[],
  missingObjects: readonly string[],
): Promise<Round> => {
  const { server, template, architecture } = wish
  wish.onProgress?.('designing', 0, 1)
  const database = await server.clone(template, 'design')
  try {
    const made = await withSession(wish.server, database, 'owner', async (db) => {
      const clear = () => dropUnclaimed(db, { ...wish, owner: server.owner })
      const asked = { architecture, before, red, missingObjects }
      const target = await makeTarget(db, asked, wish.drop ? clear : null)
      const notDropped = wish.drop ? await clear() : []
      return { ...target, notDropped }
    })
    await server.admitRoles()
    const { after, binding, volatile } = await withSession(wish.server, database, 'prover', async (db) => {
      const catalog = await readCatalog(db)
      return {
        after: catalog,
        binding: await bind(architecture, catalog, db),
        volatile: await volatileDefaults(db, catalog),
      }
    })
    const context: ChangeContext = {
      before,
      after,
      owner: server.owner,
      online: wish.online,
      isVolatile: (expression) => volatile.has(expression),
    }
    const effects = await withSession(wish.server, template, 'owner', (db) => measureEffects(db, context))
    const migrations = writeMigrations({
      context: { ...context, effects },
      claimedBy: claimsOf(red, binding),
      red,
      roles: made.roles,
      schemas: made.schemas,
      standing: wish.standing,
      name: wish.name,
      ...(wish.prefix ? { prefix: wish.prefix } : {}),
    })
    const all = [...wish.renames, ...migrations]
    const guesses = maybeRenamed(red, before, after, (id) => binding.claimedBy.has(id))
    const nothing = { target: made, migrations: all, rules: null, findings: guesses }
    if (all.length === 0) return { ...nothing, fault: null }
    wish.onProgress?.('trying the migrations', 0, 1)
    const tried = await server.clone(wish.origin.template, 'designed')
    try {
      const fault = await verifyMigrations({
        server,
        database: tried,
        before: wish.origin.catalog,
        after,
        migrations: all,
        run: wish.run,
      })
      if (fault !== null) return { ...nothing, fault }
      const proof = await proveGreen(wish, tried, 'proving what was designed')
      return { ...nothing, fault: null, rules: proof.rules, findings: [...guesses, ...proof.findings] }
    } finally {
      await server.dropDatabase(tried)
    }
  } finally {
    await server.dropDatabase(database)
  }
}
