/** From red rules to migrations that were seen to make them green, on one migrated database. */
import type { Architecture } from '../../architecture/architecture.ts'
import type { DeclaredRule } from '../../architecture/rule.ts'
import { withSession } from '../../postgres/with-session.ts'
import { readCatalog } from '../../catalog/read-catalog.ts'
import { AssayError } from '../../ground/errors.ts'
import { isAskedFor } from '../../prove/asked.ts'
import { bind, type Binding } from '../../prove/bind.ts'
import type { Finding, RuleResult } from '../../prove/result.ts'
import { designRound, proveGreen, type DesignWish, type RoundWish } from './design-round.ts'
import { migrationNames } from './name-migrations.ts'
import { noteFinding } from './notes.ts'
import { statedRenames, writeRename, type Rename, type RenameMigration } from './renames.ts'
import type { Refused } from './run-tasks.ts'
import type { DesignedMigration } from './write-migrations.ts'

export interface Design {
  readonly migrations: readonly DesignedMigration[]
  /** Ids of rules that were red, and of those that the migrations make green. */
  readonly red: readonly string[]
  readonly green: readonly string[]
  readonly findings: readonly Finding[]
}

/** Whether it fails, and is not only unknown. */
const fails = ({ green, missing, experiments, unsolved }: RuleResult): boolean =>
  !green &&
  (missing !== undefined ||
    experiments.some((e) => !e.holds) ||
    (experiments.length === 0 && unsolved.length === 0))

const place = (rule: RuleResult | undefined): Pick<Finding, 'where'> => (rule?.at ? { where: rule.at } : {})

const refusedFinding = ({ task, statement, fault }: Refused, red: readonly RuleResult[]): Finding => {
  const rule = red.find(({ id }) => id === task.id)
  return {
    code: 'design.refused',
    severity: 'error',
    ...(rule ? { rule: rule.id } : { structure: task.id }),
    summary: `${task.id}: PostgreSQL refuses its design: ${fault.message}`,
    why: `SQLSTATE ${fault.sqlstate}, at: ${statement}`,
    fix: 'write this migration by hand, or change the rule',
    ...place(rule),
  }
}

const lostFinding = (id: string): Finding => ({
  code: 'design.would-lose',
  severity: 'error',
  structure: id,
  summary: `${id} cannot stand on what the red rules ask for; nothing was written`,
  why: 'a design takes it away, and PostgreSQL does not take it again afterwards',
  fix: 'take its rule out of the declaration if nothing needs it any more, or write this migration by hand',
})

const brokenFinding = (rule: RuleResult): Finding => ({
  code: 'design.breaks',
  severity: 'error',
  rule: rule.id,
  summary: `${rule.id} holds now, and would not hold after what the red rules ask for; nothing was written`,
  why: 'the designed migrations were run on a copy, and the rule was proven there',
  fix: 'change one of the rules that contradict each other, or design one of them with --only',
  ...place(rule),
})

/**
 * Rules whose SQL PostgreSQL refuses on the database as it is: what they speak of may have another type until the
 * migration ran. Where it is a slip, the proof of what was designed says so.
 */
const refusedYet = ({ rules, refused }: Binding, only: readonly string[]): readonly RuleResult[] => {
  const ids = new Set(refused.map(({ rule }) => rule.id))
  return rules
    .filter(({ rule }) => ids.has(rule.id) && isAskedFor(rule.id, rule.table, only))
    .map(({ rule, sentence, claims, design }) => ({
      id: rule.id,
      kind: rule.kind,
      table: rule.table,
      sentence,
      at: rule.at,
      claims,
      green: false,
      red: null,
      experiments: [],
      unsolved: [],
      design,
    }))
}

const without = (architecture: Architecture, ids: ReadonlySet<string>): Architecture => {
  const rest = <T extends { readonly rules: readonly DeclaredRule[] }>(place: T): T => ({
    ...place,
    rules: place.rules.filter(({ id }) => !ids.has(id)),
  })
  if (ids.size === 0) return architecture
  const { tables, views, objects } = architecture
  return {
    ...architecture,
    tables: tables.map(rest),
    ...(views ? { views: views.map(rest) } : {}),
    ...(objects ? { objects: objects.map(rest) } : {}),
  }
}

/** Findings of a proof that are about rules which the migrations leave as they are. */
const leftOver = (findings: readonly Finding[], rules: readonly RuleResult[]): readonly Finding[] => {
  const open = new Set(rules.filter(({ green }) => !green).map(({ id }) => id))
  return findings.filter((finding) => finding.rule !== undefined && open.has(finding.rule))
}

const notGreen = (rule: RuleResult, findings: readonly Finding[]): Finding => {
  const told = findings.find((finding) => finding.rule === rule.id && finding.severity === 'error')
  return {
    code: 'design.not-green',
    severity: 'error',
    rule: rule.id,
    summary: `${rule.id} stays red after its own design; it is left out`,
    why: told?.summary ?? 'its experiments still fail',
    fix: told?.fix ?? 'write this migration by hand, or change the rule',
    ...place(rule),
  }
}

/** Designs, tries, and tries once more without the rules that stay red. */
const designFrom = async (wish: RoundWish): Promise<Design> => {
  const { before, binding } = await withSession(wish.server, wish.template, 'prover', async (db) => {
    const catalog = await readCatalog(db)
    return { before: catalog, binding: await bind(wish.architecture, catalog, db) }
  })
  const early = refusedYet(binding, wish.only)
  const proof = await proveGreen(
    wish,
    wish.template,
    'proving what is red',
    without(wish.architecture, new Set(early.map(({ id }) => id))),
  )
  const failing = [...proof.rules.filter(fails), ...early]
  const missingObjects = proof.findings.flatMap(({ code, structure }) =>
    code === 'object.missing' && structure !== undefined ? [structure] : [],
  )
  const told: Finding[] = []
  const designed = failing.filter(({ design }) => design.length > 0)
  const ids = failing.map(({ id }) => id)
  let open: readonly RuleResult[] = designed
  const left: RuleResult[] = []
  const nothing = { migrations: [], red: ids, green: [] } as const
  if (designed.length === 0 && missingObjects.length === 0 && !wish.drop && wish.renames.length === 0)
    return { ...nothing, findings: leftOver(proof.findings, proof.rules) }
  for (;;) {
    const round = await designRound(wish, before, open, missingObjects)
    const refused = round.target.refused.map((one) => refusedFinding(one, open))
    const lost = round.target.lost.map(lostFinding)
    if (lost.length > 0 || round.fault !== null)
      return {
        ...nothing,
        findings: [...told, ...refused, ...lost, ...(round.fault === null ? [] : [round.fault])],
      }
    if (round.rules === null)
      return {
        ...nothing,
        findings: [...told, ...refused, ...round.target.notDropped, ...leftOver(proof.findings, proof.rules)],
      }
    const { rules } = round
    const known = new Set([...open, ...left].map(({ id }) => id))
    // What one design changes may be what another rule stood on: it is designed with them.
    const also = rules.filter((rule) => fails(rule) && rule.design.length > 0 && !known.has(rule.id))
    const first = proof.rules.filter(({ id }) => also.some((rule) => rule.id === id))
    if (first.length > 0) {
      open = [...open, ...first]
      continue
    }
    const wasGreen = new Set(proof.rules.filter(({ green }) => green).map(({ id }) => id))
    const broken = rules.filter(
      (rule) => wasGreen.has(rule.id) && fails(rule) && !open.some(({ id }) => id === rule.id),
    )
    if (broken.length > 0)
      return { ...nothing, findings: [...told, ...refused, ...broken.map(brokenFinding)] }
    const refusedIds = new Set(refused.map(({ rule }) => rule))
    const stay = rules.filter((rule) => open.some(({ id }) => id === rule.id) && fails(rule))
    if (stay.length > 0) {
      told.push(...stay.filter(({ id }) => !refusedIds.has(id)).map((rule) => notGreen(rule, round.findings)))
      told.push(...refused.filter(({ rule }) => stay.some(({ id }) => id === rule)))
      left.push(...open.filter(({ id }) => stay.some((rule) => rule.id === id)))
      open = open.filter(({ id }) => !stay.some((rule) => rule.id === id))
      if (open.length === 0 && missingObjects.length === 0 && !wish.drop && wish.renames.length === 0)
        return { ...nothing, findings: told }
      continue
    }
    const green = rules.filter((rule) => rule.green && ids.includes(rule.id)).map(({ id }) => id)
    const own = new Set(told.map(({ rule }) => rule))
    return {
      migrations: round.migrations,
      red: ids,
      green,
      findings: [
        ...told,
        ...refused,
        ...round.target.notDropped,
        ...round.migrations.flatMap(({ notes }) => notes.map(noteFinding)),
        ...round.findings.filter(({ code }) => code === 'design.maybe-renamed'),
        ...leftOver(round.findings, rules).filter(({ rule }) => !own.has(rule)),
      ],
    }
  }
}

const renamed = (renames: readonly Rename[], { standing, prefix }: DesignWish) => {
  const names = migrationNames(
    standing,
    renames.map(({ name }) => name),
    null,
    prefix,
  )
  return renames.map((rename, i) => writeRename(rename, names[i] ?? ''))
}

const renameRefused = (cause: AssayError): Finding => ({
  code: 'design.refused',
  severity: 'error',
  summary: `PostgreSQL refuses a rename that is stated: ${cause.message}`,
  why: [cause.found, cause.why].filter((text) => text !== undefined).join('\n'),
  fix: 'correct renamedFrom in the declaration, or write this migration by hand',
})

const runAll = async (
  wish: DesignWish,
  database: string,
  migrations: readonly RenameMigration[],
): Promise<Finding | null> => {
  try {
    for (const { name, up } of migrations) await wish.run(database, `${name}/up.sql`, up)
    return null
  } catch (cause) {
    if (cause instanceof AssayError) return renameRefused(cause)
    throw cause
  }
}

/** What is stated to be renamed is renamed first; everything else is designed on the database that this makes. */
export const designMigrations = async (wish: DesignWish): Promise<Design> => {
  const { server, template, standing, architecture } = wish
  const catalog = await withSession(wish.server, template, 'prover', (db) => readCatalog(db))
  const origin = { template, catalog }
  const stated = statedRenames(architecture, catalog)
  if (stated.renames.length === 0) {
    const design = await designFrom({ ...wish, origin, renames: [] })
    return { ...design, findings: [...stated.findings, ...design.findings] }
  }
  const first = renamed(stated.renames, wish)
  const database = await server.clone(template, 'renamed')
  try {
    const refused = await runAll(wish, database, first)
    if (refused !== null)
      return { migrations: [], red: [], green: [], findings: [...stated.findings, refused] }
    const design = await designFrom({
      ...wish,
      template: database,
      origin,
      standing: [...standing, ...first.map(({ name }) => name)],
      renames: first.map(({ name, up, down }): DesignedMigration => ({
        name,
        rules: [],
        destroys: [],
        up,
        down,
        isForward: false,
        notes: [],
      })),
    })
    return {
      ...design,
      findings: [...stated.findings, ...first.flatMap(({ findings }) => findings), ...design.findings],
    }
  } finally {
    await server.dropDatabase(database)
  }
}
