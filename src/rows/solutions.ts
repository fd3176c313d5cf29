/**
 * Solves tables with their parents, each once. First core rows (references that may be null are null), confirmed
 * on the core rows of their parents; then base rows, which fill the other references too.
 */
import type { TableFacts } from './facts.ts'
import { confirmRows, type Outcome } from './confirm.ts'
import { insertRows } from './insert.ts'
import { type Draft, draftFamilies } from './draft.ts'
import { qualified } from '../postgres/quote.ts'
import type { RowGround } from './row-ground.ts'
import type { Row } from './rows.ts'
import { families, firstRoot, keyValues, type KnownRows, worldStatements } from './world.ts'
import type { ParentKeys } from './reference-groups.ts'

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

/** A table's base rows and the statements of its world. */
export interface Solution extends KnownRows {
  readonly world: readonly string[]
  readonly problem: string | null
  /** Keys of the parents that stand in its world. */
  readonly keys: ParentKeys
}

export interface Solutions {
  solve(table: string): Promise<Solution>
}

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

  const known = (table: string): KnownRows | undefined => {
    const drafts = drafted.get(table)
    if (cores.has(table) || !drafts) return cores.get(table)
    const rows = new Map([...drafts].map(([f, d]) => [f, d.row] as const))
    return { rows, stored: rows }
  }
  const keysFor =
    (own: string): ParentKeys =>
    (ref, family) => {
      const wanted = family >= firstRoot && ref.target !== own ? family - firstRoot : family
      const stored = known(ref.target)?.stored.get(wanted)
      return stored ? keyValues(ref, stored) : null
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
  }> => {
    const { id } = facts.table
    const statements = worldStatements(ground, known, id, of)
    const world = [...statements.map((s) => s.sql), ...ending]
    const { setup, outcomes } = await confirmRows(ground, facts, world, drafts)
    const at = setup ? (statements[setup.at]?.tables ?? []) : []
    return {
      world,
      outcomes,
      problem: setup ? `${at.join(' and ')}, which rows of ${id} need: ${setup.why}` : null,
    }
  }

  const coreOf = async (facts: TableFacts): Promise<Core> => {
    const { id } = facts.table
    let drafts = drafted.get(id) ?? new Map<number, Draft>()
    const nothing = { rows: new Map<number, Row>(), stored: new Map<number, Row>(), drafts, ending: [] }
    const parent = ground.parents.hard(id).find((r) => (known(r.target)?.rows.size ?? 0) === 0)
    if (parent) {
      const why = cores.get(parent.target)?.problem ?? 'no row was found'
      return { ...nothing, problem: `${parent.target}, which rows of ${id} need: ${why}` }
    }
    const wanted = families.flatMap((f) => drafts.get(f) ?? [])
    const hopeless = (drafts.get(0)?.broken ?? []).filter((b) => b.startsWith('none of '))
    if (hopeless.length > 0) return { ...nothing, problem: hopeless.join('; ') }
    let ending: readonly string[] = []
    const first = await confirm(facts, 'core', wanted, ending)
    if (first.problem !== null) return { ...nothing, problem: first.problem }
    let { outcomes } = first
    const [taken] = outcomes
    // Rows that cannot point to themselves point to roots, which point to each other.
    if (taken && 'refused' in taken && ground.parents.own(id).length > 0) {
      const rooted = await draftFamilies(ground, facts, [...families, ...roots], keysFor(id), rootOf)
      const rows = new Map(rooted.map((d) => [d.family, d]))
      const stand = [
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
      const cleared = [`delete from ${qualified(facts.table)}`]
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
    return { rows, stored, drafts, ending, problem: why }
  }

  const solveCircle = async (members: readonly string[]): Promise<void> => {
    const facts = members.flatMap((m) => ground.facts.get(m) ?? [])
    for (const { table } of facts) {
      for (const ref of ground.parents.hard(table.id))
        if (!members.includes(ref.target)) await ensureCore(ref.target)
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
    const world = [...worldStatements(ground, known, table, 'base').map((s) => s.sql), ...core.ending]
    const present = new Set(ground.parents.plan(table, 'base').steps.flat())
    const parentKeys: ParentKeys = (ref, family) =>
      ref.target !== table && present.has(ref.target) ? keysFor(table)(ref, family) : null
    const asIs = { keys: parentKeys, rows: core.rows, stored: core.stored, world, problem: core.problem }
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
    if (confirmed.problem !== null) return { ...asIs, problem: confirmed.problem }
    const rows = new Map(core.rows)
    const stored = new Map(core.stored)
    for (const [i, outcome] of confirmed.outcomes.entries()) {
      const family = wanted[i]!
      if ('row' in outcome) {
        rows.set(family, outcome.row)
        stored.set(family, outcome.stored)
      }
    }
    return { rows, stored, world: confirmed.world, problem: null, keys: parentKeys }
  }

  return {
    solve: (table) => {
      const work = solutions.get(table) ?? solveBase(table)
      solutions.set(table, work)
      return work
    },
  }
}
