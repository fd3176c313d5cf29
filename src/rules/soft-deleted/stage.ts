/** What the cases of soft deletion stand on: a living row of the application's, the same row deleted, and who asks. */
import type { SoftDeletedRule } from '../../architecture/kinds/soft-deleted.ts'
import type { FunctionFacts } from '../../catalog/function.ts'
import type { Structure } from '../../catalog/structure.ts'
import type { RelationName } from '../../ground/names.ts'
import { qualified } from '../../postgres/quote.ts'
import type { Family, Row } from '../../rows/rows.ts'
import { agedRow, without } from '../aged-row.ts'
import { readApplicant, tenantColumns, type Applicant } from '../applicant.ts'
import { tryEach } from '../trial.ts'
import type { Ground } from '../draft.ts'
import { literal } from '../../postgres/quote.ts'
import type { RuleContext } from '../rule-kind.ts'
import { readersOfLiving } from './design.ts'

/** A row in one of its states, and what finds it in all of them. */
export interface Placed {
  readonly row: Row
  readonly given: readonly string[]
  readonly key: string
}

export interface SoftStage {
  readonly rule: SoftDeletedRule
  readonly context: RuleContext
  readonly ground: Ground
  /** One for each role that sees living rows alone. */
  readonly applicants: readonly Applicant[]
  readonly relation: string
  /** Moments as SQL: the last one at which a deleted row is due, and the first one at which it is not yet. */
  readonly due: string
  readonly young: string
  /** Due since long. */
  readonly old: string
  /** The time of the transaction, and a time, as the column keeps them. */
  readonly type: string
  /** The row of a family, living (`null`) or deleted at a time; null where PostgreSQL takes none. */
  readonly place: (family: Family, deletedAt: string | null) => Promise<Placed | null>
}

/** How near to the boundary is asked: the smallest step of time, or further off where the column rounds what it is given. */
const stepOf = (type: string): string => {
  const digits = /^timestamp\((\d)\)/u.exec(type)?.[1]
  return digits === undefined || digits === '6' ? '1 microsecond' : '2 seconds'
}

/** A due moment that a coarser type would round up is taken earlier. */
const dueAt = (grace: string, step: string): string =>
  step === '1 microsecond' ? `now() - ${grace}` : `now() - ${grace} - interval '${step}'`

export const functionsNamed = (
  { catalog }: Pick<RuleContext, 'catalog'>,
  name: RelationName | null,
): readonly Structure<FunctionFacts>[] =>
  name === null
    ? []
    : (
        [...catalog.structures.values()].filter((s) => s.kind === 'function') as Structure<FunctionFacts>[]
      ).filter(({ facts }) => facts.schema === name.schema && facts.name === name.name)

const standing = (
  context: RuleContext,
  ground: Ground,
  rule: SoftDeletedRule,
  applicant: Applicant | undefined,
) => {
  const known = new Map<string, Placed | null>()
  const pinsOf = (family: Family): Row => {
    const row = family === 'a' ? applicant?.row : family === 'b' ? applicant?.other : undefined
    return Object.fromEntries(
      tenantColumns(context).flatMap((c) => (row?.[c] === undefined ? [] : [[c, row[c]] as const])),
    )
  }
  return async (family: Family, deletedAt: string | null): Promise<Placed | null> => {
    const id = `${family} ${deletedAt}`
    const before = known.get(id)
    if (before !== undefined) return before
    const value = deletedAt ?? 'null'
    const solved = await context.rows.solve(context.table, {
      family,
      pins: { ...pinsOf(family), [rule.column]: value },
    })
    const base = 'row' in solved ? solved.row : await context.rows.base(context.table, family)
    const row = base && { ...base, [rule.column]: value }
    const living = row && context.rows.insert(context.table, row)
    const given =
      row === null
        ? null
        : deletedAt === null
          ? (await tryEach(context.db, ground.world.statements, [[living!]]))[0]!.fault === null
            ? [living!]
            : null
          : await agedRow(context, ground.world, row, rule.column, deletedAt)
    const placed =
      row && given ? { row, given, key: context.rows.where(context.table, without(row, rule.column)) } : null
    known.set(id, placed)
    return placed
  }
}

/** Null, and said so in the draft, where it cannot be proven at all. */
export const readStage = async (
  rule: SoftDeletedRule,
  context: RuleContext,
  ground: Ground,
): Promise<SoftStage | null> => {
  const { table, architecture, db } = context
  const { draft } = ground
  const column = table.columns.find((c) => c.name === rule.column)
  if (!(column?.baseType ?? '').startsWith('timestamp')) {
    draft.unsolved(`${rule.column} is no timestamp`, `its type is ${column?.type ?? 'unknown'}`)
    return null
  }
  const grace = `interval ${literal(rule.grace)}`
  const [known] = await tryEach(db, [], [[`select ${grace}`]])
  if (known!.fault) {
    draft.unsolved(`the grace ${rule.grace} is no interval`, known!.fault.message)
    return null
  }
  const applicants: Applicant[] = []
  for (const role of readersOfLiving(rule, architecture)) {
    const applicant = await readApplicant(context, role)
    if (applicant) applicants.push(applicant)
    else
      draft.unsolved(
        `nothing was tried as ${role}`,
        'the role does not exist, or no row of its own was found',
      )
  }
  if (readersOfLiving(rule, architecture).length === 0)
    draft.unsolved(
      'nobody is known who reads living rows alone',
      "the architecture has no identity: give it one, or name the roles: { hiddenFrom: 'app' }",
    )
  const step = stepOf(column!.type)
  const due = dueAt(grace, step)
  return {
    rule,
    context,
    ground,
    applicants,
    relation: qualified(table),
    due,
    young: `now() - ${grace} + interval '${step}'`,
    old: `now() - ${grace} - interval '1 day'`,
    type: column!.type,
    place: standing(context, ground, rule, applicants[0]),
  }
}
