/**
 * What can be proven about each CHECK of a database without a single row: which parts are the same for every row, and
 * whether it can reject one at all, alone or beside what its table demands anyway.
 */
import { checksOf, type CheckFacts } from '../../catalog/check.ts'
import { printExpression } from '../../catalog/expression/text.ts'
import { fieldsOf } from '../../catalog/expression/tree.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import type { Column, Table } from '../../catalog/table.ts'
import type { ParseNode } from '../../postgres/parse.ts'
import type { Session } from '../../postgres/session.ts'
import { walk } from '../tree.ts'
import { agrees } from './agrees.ts'
import {
  type Condition,
  readCondition,
  withConstants,
  withoutPart,
  type ConditionPart,
} from './condition-parts.ts'
import { spelledOut } from './condition-nulls.ts'
import { checkedDomains, type CheckedTable } from './domain-checks.ts'
import { neverRaises } from './never-raising.ts'
import { rowConstants, type RowConstant } from './row-constants.ts'

/** Where conditions are asked: in a transaction that is rolled back. */
export interface StudyGround {
  readonly copy: Session
  readonly catalog: Catalog
}

export interface DeadPart extends ConditionPart {
  /** What it is for every row; null: it depends on the row, and leaving it out changes nothing. */
  readonly constant: RowConstant | null
}

export interface CheckStudy {
  /** A domain's is one of its values. */
  readonly table: Table
  readonly isDomain: boolean
  readonly structure: Structure<CheckFacts>
  readonly condition: Condition
  /** With constants in place of the parts that are the same for every row; null when that cannot be written. */
  readonly simplified: string | null
  /** It is true, false or null; null: not known. */
  readonly canRaise: boolean
  readonly verdict: 'never-rejects' | 'always-rejects' | 'rejects-some' | 'unknown'
  /** Outermost only. */
  readonly dead: readonly DeadPart[]
}

/** The condition is judged alone: NOT NULL is another structure's promise. */
const anyNulls = (table: Table, names: readonly string[]): readonly Column[] =>
  table.columns.filter(({ name }) => names.includes(name)).map((column) => ({ ...column, notNull: false }))

/** A test for null is written for the reader where it changes nothing. */
const testsNull = (node: ParseNode): boolean => {
  let found = false
  walk(node, (kind) => {
    found ||= kind === 'NullTest'
  })
  return found
}

const isBelow = (node: ParseNode, above: ParseNode): boolean => {
  let found = false
  walk(above, (_kind, _fields, at) => {
    found ||= at === node && at !== above
  })
  return found
}

const outermost = (parts: readonly DeadPart[]): readonly DeadPart[] =>
  parts.filter((part) => !parts.some((other) => isBelow(part.node, other.node)))

/** A part without influence: false or null among alternatives, true or null among demands. */
const isIdle = (part: ConditionPart, constant: RowConstant | null): boolean =>
  constant !== null && constant !== (part.connective === 'or' ? 'true' : 'false')

/** `x > 5 and x < 3` of a column that is never null: without a value it would be taken. */
const refusesAll = async (
  { copy }: StudyGround,
  { table, structure, condition }: Pick<CheckStudy, 'table' | 'structure' | 'condition'>,
  simplified: string,
): Promise<boolean> => {
  const columns = table.columns.filter(({ name }) => structure.facts.columns.includes(name))
  if (!fieldsOf(condition.tree, 'BoolExpr') || !columns.some(({ notNull }) => notNull)) return false
  const [never = false] = await agrees(copy, table, columns, simplified, ['false'])
  return never
}

const studyOne = async (
  ground: StudyGround,
  asked: Pick<CheckStudy, 'table' | 'isDomain' | 'structure' | 'condition'>,
  constants: readonly (RowConstant | null)[],
): Promise<CheckStudy> => {
  const { table, structure, condition } = asked
  const [whole = null, ...each] = constants
  const known = new Map(
    condition.parts.flatMap((part, i) => {
      const constant = each[i]
      return constant ? [[part.node, constant] as const] : []
    }),
  )
  const columns = new Map(table.columns.map((column) => [column.name, column]))
  const tree = spelledOut(withConstants(condition, known), columns)
  const simplified = printExpression(tree)
  const canRaise = !neverRaises(tree, columns)
  const constantParts = condition.parts.flatMap((part, i): DeadPart[] =>
    isIdle(part, each[i] ?? null) ? [{ ...part, constant: each[i] ?? null }] : [],
  )
  const study = { ...asked, simplified, canRaise, dead: outermost(constantParts) }
  if (whole !== null) return { ...study, verdict: whole === 'false' ? 'always-rejects' : 'never-rejects' }
  if (simplified === null || canRaise) return { ...study, verdict: 'unknown' }
  const droppable = condition.parts.filter(
    (part) => !known.has(part.node) && !testsNull(part.node) && fieldsOf(condition.tree, 'BoolExpr'),
  )
  const dropped = droppable.map(
    (part) => printExpression(spelledOut(withoutPart(condition.tree, part.node), columns)) ?? 'false',
  )
  const [never = false, always = false, ...same] = await agrees(
    ground.copy,
    table,
    anyNulls(table, structure.facts.columns),
    simplified,
    ['true', 'false', ...dropped],
  )
  if (never) return { ...study, verdict: 'never-rejects' }
  if (always) return { ...study, verdict: 'always-rejects' }
  if (await refusesAll(ground, asked, simplified)) return { ...study, verdict: 'always-rejects' }
  // Two parts may each stand for the other: leaving out one of them is proven, leaving out both is not.
  const first = droppable.find((_part, i) => same[i])
  const idle = first === undefined || constantParts.length > 0 ? [] : [{ ...first, constant: null }]
  return { ...study, verdict: 'rejects-some', dead: outermost([...constantParts, ...idle]) }
}

const study = async (ground: StudyGround): Promise<readonly CheckStudy[]> => {
  const { copy, catalog } = ground
  const tables: readonly CheckedTable[] = [...catalog.tables.values()].map((table) => ({
    table,
    checks: checksOf(catalog, table.id),
    isDomain: false,
  }))
  const read = [...checkedDomains(catalog), ...tables].map(({ table, checks, isDomain }) => ({
    table,
    isDomain,
    checks: checks.flatMap((structure) => {
      const condition = structure.facts.notEnforced ? null : readCondition(structure.facts.expression)
      return condition ? [{ structure, condition }] : []
    }),
  }))
  const asked = read.filter(({ checks }) => checks.length > 0)
  const answers = await rowConstants(
    copy,
    asked.map(({ table, checks }) => ({
      table,
      expressions: checks.flatMap(({ structure, condition }) => [
        structure.facts.expression,
        ...condition.parts.map((part) => part.sql),
      ]),
    })),
  )
  // All at once: the session answers in the order in which it is asked.
  return Promise.all(
    asked.flatMap(({ table, checks, isDomain }, i) => {
      let from = 0
      return checks.map(({ structure, condition }) => {
        const own = (answers[i] ?? []).slice(from, from + 1 + condition.parts.length)
        from += 1 + condition.parts.length
        return studyOne(ground, { table, isDomain, structure, condition }, own)
      })
    }),
  )
}

const known = new WeakMap<StudyGround, Promise<readonly CheckStudy[]>>()

/** In the order of the catalog; made once for each ground. */
export const studyChecks = (ground: StudyGround): Promise<readonly CheckStudy[]> => {
  const made = known.get(ground) ?? study(ground)
  known.set(ground, made)
  return made
}
