/**
 * Solves tables with their parents, each once. First core rows (references that may be null are null), confirmed
 * on the core rows of their parents; then base rows, which fill the other references too.
 */
import type { PgFault } from '../postgres/fault.ts'
import { type Aside, setAsideSql } from './asides.ts'
import { confirmRows, type Outcome } from './confirm.ts'
import { isHopeless, triggerInTheWay } from './culprit.ts'
import type { TableFacts } from './facts.ts'
import { insertRows, unlessThere } from './insert.ts'
import { type Draft, draftFamilies } from './draft.ts'
import { qualified } from '../postgres/quote.ts'
import type { RowGround } from './row-ground.ts'
import type { Row, SetAside } from './rows.ts'
import { type FittingParents, fittingParents, type Standing } from './fitting-parents.ts'
import { pointedToTwice, siblingsOf } from './siblings.ts'
import { nextStep } from './staging.ts'
import { answerOf } from './trigger-faults.ts'
import { families, firstRoot, keyValues, type KnownRows, worldStatements } from './world.ts'
import { firstSibling, type ParentKeys } from './reference-groups.ts'

interface Core extends KnownRows {
  /** Why it has no row of family a; null when it has one. */
  readonly problem: string | null
  /** What may vary in its rows. */
  readonly drafts: ReadonlyMap<number, Draft>
  /**
   * Ends its world: takes away rows of its own that come with its parents (a trigger makes them) and are in the
   * way, or puts roots there that its rows point to.
   */
  readonly ending: readonly string[]
}

/** Of a statement of a table's world, or of the first row on top of it. */
interface Refusal {
  /** null: a trigger left the row out without a word. */
  readonly fault: PgFault | null
  readonly world: readonly string[]
  readonly row: Row
}

/** A core, and what was refused when nothing is left to try but to do without a trigger. */
interface Attempt {
  readonly core: Core
  readonly refusal: Refusal | null
}

/** A table's base rows and the statements of its world. */
export interface Solution extends KnownRows {
  readonly world: readonly string[]
  readonly problem: string | null
  /** Keys of the parents that stand in its world. */
  readonly keys: ParentKeys
  /** Triggers that its world disables: no row gets past them. */
  readonly asides: readonly SetAside[]
}

export interface Solutions {
  solve(table: string): Promise<Solution>
}

/** More triggers of one table are not set aside. */
const mostAsides = 16
/** More than any trigger asks for; each changes what it says. */
const mostSteps = 8

const roots = families.map((f) => f + firstRoot)
/** A family's row points to its root, a root to the next one. */
const rootOf = (family: number): number =>
  family < firstRoot ? family + firstRoot : firstRoot + ((family - firstRoot + 1) % roots.length)

/** The row with the soft references that agree with what it has. */
const withReferences = (
  row: Row,
  references: ReturnType<RowGround['parents']['soft']>,
  family: number,
  keys: ParentKeys,
): Row => {
  let filled = row
  for (const ref of references) {
    const values = keys(ref, family) ?? keys(ref, 0)
    const agrees = Object.entries(values ?? {}).every(
      ([column, value]) => (filled[column] ?? 'null') === 'null' || filled[column] === value,
    )
    if (values && agrees) filled = { ...filled, ...values }
  }
  return filled
}

export const makeSolutions = (ground: RowGround): Solutions => {
  const cores = new Map<string, Core>()
  const drafted = new Map<string, ReadonlyMap<number, Draft>>()
  const working = new Map<string, Promise<void>>()
  const solutions = new Map<string, Promise<Solution>>()

  /** Parents of the kind that a table asks for, beside their own rows. */
  const fitting = new Map<string, FittingParents>()
  /** What has to stand before a table's rows. */
  const standingFor = (table: string): readonly string[] => [
    ...(fitting.get(table)?.statements ?? []),
    ...(staged.get(table) ?? []),
  ]

  const known = (table: string): KnownRows | undefined => {
    const drafts = drafted.get(table)
    if (cores.has(table) || !drafts) return cores.get(table)
    const rows = new Map([...drafts].map(([f, d]) => [f, d.row] as const))
    return { rows, stored: rows, staged: standingFor(table) }
  }
  const keysFor = (own: string): ParentKeys => fitting.get(own)?.keys ?? plainKeysFor(own)
  const plainKeysFor =
    (own: string): ParentKeys =>
    (ref, family) => {
      const sibling = siblings
        .get(own)
        ?.get(ref.target)
        ?.get(family - firstSibling)
      if (family >= firstSibling) return sibling ? keyValues(ref, sibling) : null
      const wanted = family >= firstRoot && ref.target !== own ? family - firstRoot : family
      const stored = known(ref.target)?.stored.get(wanted)
      return stored ? keyValues(ref, stored) : null
    }

  /** What has to stand before a table's rows, found step by step, and the refusals on the way. */
  const staged = new Map<string, readonly string[]>()
  const refusals = new Map<string, Set<string>>()
  /** Tables whose rows, or what its triggers look into, a table's rows need; itself too when that leads back to it. */
  const needs = (table: string, found = new Set<string>()): ReadonlySet<string> => {
    const read = (ground.facts.get(table)?.triggers ?? []).flatMap(([schema, name]) =>
      ground.functions.relationsOf(schema, name),
    )
    const readTables = [...ground.catalog.tables.values()].filter(
      (t) => t.id !== table && read.includes(t.name),
    )
    const next = [...ground.parents.hard(table).map((r) => r.target), ...readTables.map((t) => t.id)]
    for (const id of next) {
      if (found.has(id)) continue
      found.add(id)
      needs(id, found)
    }
    return found
  }
  const isStaged = async (facts: TableFacts, refusal: Refusal | null): Promise<boolean> => {
    const { id } = facts.table
    if (!refusal?.fault) return false
    const before = refusals.get(id) ?? new Set()
    refusals.set(id, before)
    if (before.size >= mostSteps) return false
    before.add(answerOf(refusal.fault))
    const { world, row } = refusal
    const found = await nextStep(
      ground,
      facts,
      {
        world,
        row,
        standing: new Set(ground.parents.plan(id, 'core').steps.flat()),
        rowsOf: async (other) => {
          if (other === id || needs(other).has(id)) return null
          await ensureCore(other)
          const core = cores.get(other)
          if (!core || core.problem !== null) return null
          const own = [...worldOf(other, 'core').map((s) => s.sql), ...core.ending]
          return {
            before: own.filter((sql) => !world.includes(sql)),
            rows: families.map((f) => core.rows.get(f)).filter((r) => r !== undefined),
          }
        },
      },
      refusal.fault,
      before,
    )
    if (!found) return false
    staged.set(id, [...(staged.get(id) ?? []), ...found.step])
    return true
  }

  /** Of a table, by the tables that it points to twice: rows that share the parents of a family's. */
  const siblings = new Map<string, Map<string, ReadonlyMap<number, Row>>>()
  const hasSiblings = async (facts: TableFacts): Promise<boolean> => {
    const { id } = facts.table
    if (siblings.has(id)) return false
    const of = new Map<string, ReadonlyMap<number, Row>>()
    siblings.set(id, of)
    const targets = pointedToTwice(ground.parents.hard(id))
    for (const target of targets) {
      const table = ground.facts.get(target)
      const standing = standingRows(target)
      if (!table || !standing) continue
      const found = await siblingsOf(ground, table, standing.keys, standing.world)
      if (found.size === 0) continue
      of.set(target, new Map([...found].map(([f, { stored }]) => [f, stored])))
      const inserted = insertRows(
        table.table,
        [...found.values()].map(({ row }) => row),
      )
      staged.set(id, [...(staged.get(id) ?? []), `${inserted}${unlessThere(table)}`])
    }
    if (of.size === 0) return false
    const drafts = await draftFamilies(ground, facts, families, keysFor(id))
    drafted.set(id, new Map(drafts.map((d) => [d.family, d])))
    return true
  }

  const own = new Map<string, readonly Aside[]>()
  /** Those of the table and of what stands in its world. */
  const asidesOf = (table: string, of: 'core' | 'base'): readonly Aside[] => {
    const all = [...ground.parents.plan(table, of).steps.flat(), table].flatMap((id) => own.get(id) ?? [])
    return [...new Map(all.map((aside) => [aside.structure, aside])).values()]
  }
  const worldOf = (table: string, of: 'core' | 'base'): ReturnType<typeof worldStatements> => [
    ...asidesOf(table, of).map((aside) => ({ sql: setAsideSql(aside), tables: [table] })),
    ...worldStatements(ground, known, table, of),
  ]
  /** Whether a trigger was found to be in the way: it is set aside from now on. */
  const isSetAside = async (facts: TableFacts, refusal: Refusal | null): Promise<boolean> => {
    const { id } = facts.table
    const before = own.get(id) ?? []
    if (!refusal || before.length >= mostAsides) return false
    const aside = await triggerInTheWay(ground, facts, refusal)
    if (!aside || before.some((one) => one.structure === aside.structure)) return false
    own.set(id, [...before, aside])
    // Steps that have led nowhere; those that others need are found again.
    staged.delete(id)
    refusals.delete(id)
    return true
  }

  const confirm = async (
    facts: TableFacts,
    of: 'core' | 'base',
    drafts: readonly Draft[],
    ending: readonly string[],
  ): Promise<{
    readonly world: readonly string[]
    readonly problem: string | null
    readonly outcomes: readonly Outcome[]
    readonly refusal: Refusal | null
  }> => {
    const { id } = facts.table
    const statements = worldOf(id, of)
    const world = [...statements.map((s) => s.sql), ...ending]
    const { setup, outcomes } = await confirmRows(ground, facts, world, drafts, isHopeless(ground, facts))
    const at = setup ? (statements[setup.at]?.tables ?? []) : []
    const [refused] = outcomes
    const faults = [setup ?? [], refused && 'refused' in refused ? refused : []].flat()
    return {
      world,
      outcomes,
      problem: setup ? `${at.join(' and ')}, which rows of ${id} need: ${setup.why}` : null,
      refusal: faults[0] ? { fault: faults[0].fault, world, row: drafts[0]?.row ?? {} } : null,
    }
  }

  const coreOf = async (facts: TableFacts): Promise<Core> => {
    for (;;) {
      const attempt = await attemptCore(facts)
      const { core, refusal } = attempt
      if (core.problem === null) return { ...core, staged: standingFor(facts.table.id) }
      if (await hasSiblings(facts)) continue
      if ((await isStaged(facts, refusal)) || (await isSetAside(facts, refusal))) continue
      return core
    }
  }

  const attemptCore = async (facts: TableFacts): Promise<Attempt> => {
    const { id } = facts.table
    let drafts = drafted.get(id) ?? new Map<number, Draft>()
    const nothing = { rows: new Map<number, Row>(), stored: new Map<number, Row>(), drafts, ending: [] }
    const parent = ground.parents.hard(id).find((r) => (known(r.target)?.rows.size ?? 0) === 0)
    if (parent) {
      const why = cores.get(parent.target)?.problem ?? 'no row was found'
      const problem = `${parent.target}, which rows of ${id} need: ${why}`
      return { core: { ...nothing, problem }, refusal: null }
    }
    const wanted = families.flatMap((f) => drafts.get(f) ?? [])
    const hopeless = (drafts.get(0)?.broken ?? []).filter((b) => b.startsWith('none of '))
    if (hopeless.length > 0) return { core: { ...nothing, problem: hopeless.join('; ') }, refusal: null }
    const standing = standingFor(id)
    let ending = standing
    const first = await confirm(facts, 'core', wanted, ending)
    const { refusal } = first
    if (first.problem !== null) return { core: { ...nothing, problem: first.problem }, refusal }
    let { outcomes } = first
    const [taken] = outcomes
    // Rows that cannot point to themselves point to roots, which point to each other.
    if (taken && 'refused' in taken && ground.parents.own(id).length > 0) {
      const rooted = await draftFamilies(ground, facts, [...families, ...roots], keysFor(id), rootOf)
      const rows = new Map(rooted.map((d) => [d.family, d]))
      const stand = [
        ...standing,
        insertRows(
          facts.table,
          roots.map((f) => rows.get(f)!.row),
        ),
      ]
      const second = await confirm(
        facts,
        'core',
        families.map((f) => rows.get(f)!),
        stand,
      )
      if (second.problem === null && second.outcomes.every((o) => 'row' in o)) {
        ;[drafts, ending, outcomes] = [rows, stand, second.outcomes]
      }
    }
    if (
      taken &&
      'refused' in taken &&
      /23505|23P01/u.test(taken.refused) &&
      !ground.parents.plan(id, 'core').rooted
    ) {
      const cleared = [...standing, `delete from ${qualified(facts.table)}`]
      const second = await confirm(facts, 'core', wanted, cleared)
      if (second.problem === null && second.outcomes.some((o) => 'row' in o))
        [ending, outcomes] = [cleared, second.outcomes]
    }
    const rows = new Map<number, Row>()
    const stored = new Map<number, Row>()
    const keep = (family: number, outcome: { readonly row: Row; readonly stored: Row }): void => {
      rows.set(family, outcome.row)
      stored.set(family, outcome.stored)
    }
    for (const [i, outcome] of outcomes.entries()) if ('row' in outcome) keep(wanted[i]!.family, outcome)
    for (const f of roots) {
      const row = drafts.get(f)?.row
      if (row) keep(f, { row, stored: row })
    }
    const [a] = outcomes
    const broken = drafts.get(0)?.broken ?? []
    const why = a && 'refused' in a ? [a.refused, ...broken.map((b) => `unsolved: ${b}`)].join('; ') : null
    return { core: { rows, stored, drafts, ending, problem: why }, refusal }
  }

  const standingRows = (table: string): Standing | null => {
    const core = cores.get(table)
    const facts = ground.facts.get(table)
    if (!core || !facts || core.problem !== null) return null
    const rows = families.map((f) => core.rows.get(f)).filter((row) => row !== undefined)
    const world = [...worldOf(table, 'core').map((s) => s.sql), ...core.ending, insertRows(facts.table, rows)]
    return { known: core, world, keys: keysFor(table) }
  }

  const solveCircle = async (members: readonly string[]): Promise<void> => {
    const facts = members.flatMap((m) => ground.facts.get(m) ?? [])
    for (const { table } of facts) {
      for (const ref of ground.parents.hard(table.id))
        if (!members.includes(ref.target)) await ensureCore(ref.target)
    }
    for (const f of facts) {
      const found = await fittingParents(ground, f, plainKeysFor(f.table.id), standingRows)
      if (found) fitting.set(f.table.id, found)
    }
    // Members take each other's keys: a later round knows what the one before has chosen.
    for (let round = 0; round < (facts.length > 1 ? 3 : 1); round++) {
      for (const f of facts) {
        const { rooted } = ground.parents.plan(f.table.id, 'core')
        const wanted = rooted ? [...families, ...roots] : families
        const drafts = await draftFamilies(ground, f, wanted, keysFor(f.table.id))
        drafted.set(f.table.id, new Map(drafts.map((d) => [d.family, d])))
      }
    }
    const made: (readonly [string, Core])[] = []
    for (const f of facts) made.push([f.table.id, await coreOf(f)])
    for (const [id, core] of made) cores.set(id, core)
  }

  const ensureCore = async (table: string): Promise<void> => {
    if (cores.has(table)) return
    const members = ground.parents.circle(table)
    const key = members.join(' ')
    const work = working.get(key) ?? solveCircle(members).finally(() => working.delete(key))
    working.set(key, work)
    await work
  }

  const solveBase = async (table: string): Promise<Solution> => {
    await ensureCore(table)
    const core = cores.get(table)!
    const facts = ground.facts.get(table)!
    const soft = ground.parents.soft(table)
    for (const ref of soft) await ensureCore(ref.target)
    const world = [...worldOf(table, 'base').map((s) => s.sql), ...core.ending]
    const present = new Set(ground.parents.plan(table, 'base').steps.flat())
    const parentKeys: ParentKeys = (ref, family) =>
      ref.target !== table && present.has(ref.target) ? keysFor(table)(ref, family) : null
    const asides = asidesOf(table, 'base').map(({ structure, why }) => ({ structure, why }))
    const asIs = {
      keys: parentKeys,
      rows: core.rows,
      stored: core.stored,
      world,
      asides,
      problem: core.problem,
    }
    if (core.problem !== null || soft.length === 0) return asIs

    const keys = keysFor(table)
    const wanted = families.filter((f) => core.rows.has(f))
    const fillings = (family: number): readonly Row[] => {
      const row = core.rows.get(family)!
      const all = withReferences(row, soft, family, keys)
      return soft.length === 1 ? [all] : [all, ...soft.map((ref) => withReferences(row, [ref], family, keys))]
    }
    const drafts = wanted.map((family): Draft => {
      const [first, ...others] = fillings(family)
      const columns = facts.table.columns.filter((c) => first![c.name] !== core.rows.get(family)![c.name])
      const tuple = (row: Row): readonly string[] => columns.map((c) => row[c.name] ?? 'null')
      const options = [first!, ...others, core.rows.get(family)!].map(tuple)
      return { family, row: first!, variables: [{ columns, options }], broken: [] }
    })
    const confirmed = await confirm(facts, 'base', drafts, core.ending)
    if (confirmed.problem !== null) {
      return (await isSetAside(facts, confirmed.refusal))
        ? solveBase(table)
        : { ...asIs, problem: confirmed.problem }
    }
    const rows = new Map(core.rows)
    const stored = new Map(core.stored)
    for (const [i, outcome] of confirmed.outcomes.entries()) {
      const family = wanted[i]!
      if ('row' in outcome) {
        rows.set(family, outcome.row)
        stored.set(family, outcome.stored)
      }
    }
    return { rows, stored, world: confirmed.world, problem: null, keys: parentKeys, asides }
  }

  return {
    solve: (table) => {
      const work = solutions.get(table) ?? solveBase(table)
      solutions.set(table, work)
      return work
    },
  }
}
