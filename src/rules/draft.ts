/** A rule's experiments while they are written: gives each its id, and keeps what could not be solved beside them. */
import type { DeclaredRule } from '../architecture/rule.ts'
import type { Row } from '../rows/rows.ts'
import type { Asker, Expected, Experiment, Interleaving, World } from './experiment.ts'
import type { Indistinct, RuleContext, Written } from './rule-kind.ts'

/** One case as a kind of rule states it. */
export interface Case {
  readonly title: string
  /** Instead of the draft's own. */
  readonly world?: World
  readonly as?: Asker
  readonly given?: readonly string[]
  readonly when: readonly string[]
  readonly then: Expected
  readonly mend?: string
  readonly shadow?: true
  readonly interleaving?: Interleaving
}

export interface Draft {
  add(one: Case): void
  unsolved(summary: string, tried: string): void
  /** These broken expressions agree with the structure's own on every row that the other constraints allow. */
  indistinct(structure: string, expressions: readonly string[]): void
  /** A mutant that nobody can tell, for a reason of its own. */
  untellable(mutant: Indistinct): void
  written(): Written
}

export const openDraft = (rule: DeclaredRule, world: World): Draft => {
  const experiments: Experiment[] = []
  const unsolved: Written['unsolved'][number][] = []
  const indistinct: Indistinct[] = []
  return {
    add: ({ given = [], ...one }) => {
      const id = `${rule.id}#${experiments.length + 1}`
      experiments.push({ id, rule: rule.id, world, given, ...one })
    },
    unsolved: (summary, tried) => {
      unsolved.push({ rule: rule.id, summary, tried })
    },
    indistinct: (structure, expressions) => {
      const why = 'no row that the other constraints allow tells them apart'
      indistinct.push(...expressions.map((expression) => ({ structure, expression, why })))
    },
    untellable: (mutant) => {
      indistinct.push(mutant)
    },
    written: () => ({ experiments, unsolved, ...(indistinct.length > 0 ? { indistinct } : {}) }),
  }
}

/** What most experiments stand on: the parents of the table's rows, and a row that every constraint accepts. */
export interface Ground {
  readonly draft: Draft
  readonly world: World
  readonly base: Row
}

/** One object per list of statements: the runner lays a world once for all experiments that share it by reference. */
const worlds = new WeakMap<readonly string[], World>()

const shared = ({ id, statements, asides }: World): World => {
  const known = worlds.get(statements)
  if (known) return known
  const world = { id, statements, ...(asides ? { asides } : {}) }
  worlds.set(statements, world)
  return world
}

/** The world of the rule's table; what is no table needs none. */
export const worldOf = async (context: Pick<RuleContext, 'rows' | 'table' | 'catalog'>): Promise<World> =>
  context.catalog.tables.has(context.table.id)
    ? shared(await context.rows.world(context.table))
    : { id: context.table.id, statements: [] }

/** Opens a draft over the table's world and base row, or answers why there is none. */
export const standOnBaseRow = async (
  rule: DeclaredRule,
  context: RuleContext,
): Promise<Ground | { readonly written: Written }> => {
  const made = await context.rows.world(context.table)
  const world = shared(made)
  const draft = openDraft(rule, world)
  const base = made.problem === null ? await context.rows.base(context.table, 'a') : null
  if (base) return { draft, world, base }
  draft.unsolved(
    `no row of ${rule.table} was found that all its constraints accept`,
    made.problem ?? 'the base row of family a',
  )
  return { written: draft.written() }
}

export const accepted: Expected = { kind: 'accepted' }

export const rowsAre = (...rows: readonly (readonly (string | null)[])[]): Expected => ({
  kind: 'rows',
  rows,
})

/** Of a select of boolean expressions: one row, all true. */
export const allTrue = (count = 1): Expected => rowsAre(Array.from({ length: count }, () => 't'))
