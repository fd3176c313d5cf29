/** excludes: no two rows (that satisfy the predicate) conflict under all operators at once. */
import type { ExcludesRule } from '../architecture/kinds/excludes.ts'
import { checksOf } from '../catalog/check.ts'
import { excludesOf } from '../catalog/excludes.ts'
import { loadParser } from '../postgres/parse.ts'
import { ident } from '../postgres/quote.ts'
import type { Row } from '../rows/rows.ts'
import { claimedOf } from './claimed.ts'
import { alterTable, deferrableText, structureName } from './ddl.ts'
import { optionalColumns } from './declared.ts'
import { accepted, standOnBaseRow, type Ground } from './draft.ts'
import { exclusionPairs, type PlacedPair, type ValuePair } from './excludes/pairs.ts'
import { columnsIn } from './expression-columns.ts'
import { addCollisionCases, duplicateCause } from './key/cases.ts'
import { addPredicateCases } from './key/predicate.ts'
import {
  acceptedRow,
  claimedPredicate,
  colliding,
  firstRow,
  keyColumns,
  makeKeyPart,
  pinned,
  secondRow,
  type Key,
  type KeyPart,
} from './key/key.ts'
import { makeRow, type MadeRow, type UnmadeRow } from './make-row.ts'
import { reportedNames } from './reported-names.ts'
import type { RuleContext, RuleKind } from './rule-kind.ts'
import { listed, noun, pictured } from './sentence.ts'
import { columnsToDiffer, smallerKeysAside } from './smaller-keys.ts'

/** `&&` of `OPERATOR(extensions.&&)`. */
const bareOperator = (operator: string): string => operator.replace(/^operator\((?:.*\.)?(.*)\)$/iu, '$1')

type Element = ExcludesRule['elements'][number]

/** How the values of one element may lie to each other. */
interface ElementPairs {
  readonly element: Element
  readonly part: KeyPart
  readonly pairs: readonly ValuePair[]
}

const mostCandidates = 5
const mostCombinations = 60

/** Those that the table's CHECKs over this column alone do not refuse. */
const takenAlone = async (
  { rows, table, catalog }: RuleContext,
  column: string,
  base: Row,
  values: readonly string[],
): Promise<readonly string[]> => {
  const own = checksOf(catalog, table.id).filter(
    ({ facts }) => facts.columns.length === 1 && facts.columns[0] === column,
  )
  if (own.length === 0) return values
  const judged = await rows.judge(
    table,
    values.map((sql) => ({ ...base, [column]: sql })),
    own.map(({ facts }) => facts.expression),
  )
  return values.filter((_sql, i) => judged[i]!.every((answer) => answer === 't' || answer === null))
}

/** Values of the element's columns: those of the families' rows first, then candidates in all combinations. */
const valuesOf = async (context: RuleContext, part: KeyPart): Promise<readonly Row[]> => {
  const { rows, table } = context
  const bases: Row[] = []
  for (const family of ['a', 'b', 'c'] as const) {
    const base = await rows.base(table, family)
    if (base) bases.push(pinned(base, part.columns))
  }
  let combinations: readonly Row[] = [{}]
  for (const column of part.columns) {
    const candidates = await rows.candidates(table, column, [part.sql])
    const all = [...new Set([...bases.map((b) => b[column]!), ...candidates])].filter((v) => v !== 'null')
    const own = await takenAlone(context, column, bases[0] ?? {}, all)
    const some = part.columns.length === 1 ? own : own.slice(0, mostCandidates)
    combinations = combinations
      .flatMap((row) => some.map((v) => ({ ...row, [column]: v })))
      .slice(0, mostCombinations)
  }
  const distinct = new Map([...bases, ...combinations].map((row) => [JSON.stringify(row), row]))
  return [...distinct.values()]
}

const pairsOf = async (
  rule: ExcludesRule,
  context: RuleContext,
  key: Key,
): Promise<readonly ElementPairs[]> => {
  const { table, db } = context
  const found: ElementPairs[] = []
  for (const [i, element] of rule.elements.entries()) {
    const part = key.parts[i]!
    const asked = { expression: part.sql, operator: element.operator, using: rule.using }
    found.push({
      element,
      part,
      pairs: await exclusionPairs(db, table, asked, await valuesOf(context, part)),
    })
  }
  return found
}

const isSame = (one: Row, other: Row): boolean => JSON.stringify(one) === JSON.stringify(other)

/** For every element one conflicting pair: equal values where these conflict, but for columns that had better differ. */
const conflictOf = (
  elements: readonly ElementPairs[],
  differing: ReadonlySet<string>,
): { first: Row; partners: Row; where: readonly string[] } | null => {
  let first: Row = {}
  let partners: Row = {}
  const where: string[] = []
  for (const { element, part, pairs } of elements) {
    const ways = pairs.flatMap((p) => (p.conflicts ? p.ways : []))
    const unequal = differing.has(element.column ?? '')
      ? ways.find(({ one, other }) => !isSame(one, other))
      : undefined
    const conflict = unequal ?? ways[0]
    if (!conflict) return null
    if (isSame(conflict.one, conflict.other)) {
      // Not every value conflicts with itself: an empty range overlaps nothing.
      where.push(`(${part.sql}) ${element.operator} (${part.sql})`)
      continue
    }
    first = { ...first, ...conflict.one }
    partners = { ...partners, ...conflict.other }
  }
  return { first, partners, where }
}

/** Two rows that lie to each other as the pair does and conflict in all else, in the first way that PostgreSQL takes. */
const placePair = async (
  pair: ValuePair,
  context: RuleContext,
  key: Key,
  first: MadeRow,
  aside: readonly string[],
): Promise<
  { readonly way: PlacedPair; readonly before: readonly string[]; readonly two: MadeRow } | UnmadeRow
> => {
  const { rows, table } = context
  let missing: UnmadeRow | null = null
  for (const way of pair.ways) {
    const one = await makeRow(context, table, {
      pins: { ...pinned(first.row, [...keyColumns(key), ...key.whereColumns]), ...way.one },
      family: 'a',
      before: aside,
    })
    const before = 'row' in one ? [...aside, ...one.given, rows.insert(table, one.row)] : []
    const second = pair.conflicts ? secondRow : acceptedRow
    const two =
      'row' in one
        ? await second(context, {
            pins: { ...colliding(key, one.row), ...way.other },
            before,
            until: key.names,
          })
        : one
    if ('row' in two) return { way, before, two }
    missing ??= two
  }
  return missing ?? { unsolved: 'there are no such values', tried: 'candidates of the column' }
}

const addElementCases = async (
  { element, part, pairs }: ElementPairs,
  context: RuleContext,
  ground: Ground,
  key: Key,
  first: MadeRow,
  aside: readonly string[],
): Promise<void> => {
  const { rows, table } = context
  let missing: UnmadeRow | null = null
  let isShown = false
  for (const pair of pairs) {
    const made = await placePair(pair, context, key, first, aside)
    if ('unsolved' in made) {
      if (!pair.conflicts) missing = made
      continue
    }
    const { way, before, two } = made
    isShown ||= !pair.conflicts
    const others = key.parts.length > 1 ? ' and all else in conflict' : ''
    ground.draft.add({
      title: `${pictured(way.other, part.columns)} beside ${pictured(way.one, part.columns)}${others} is ${pair.conflicts ? 'refused' : 'accepted'}`,
      given: [...before, ...two.given],
      when: [rows.insert(table, two.row)],
      then: pair.conflicts ? { kind: 'rejected', by: duplicateCause(key, two.refusedBy) } : accepted,
    })
  }
  if (isShown) return
  ground.draft.unsolved(
    missing
      ? `no second row was found that differs in ${part.shown} alone: ${missing.unsolved}`
      : `no two values of ${part.shown} were found that do not conflict under ${element.operator}`,
    missing?.tried ?? 'candidates of the column',
  )
}

const addNullCases = async (
  context: RuleContext,
  ground: Ground,
  key: Key,
  elements: readonly ElementPairs[],
  first: MadeRow,
): Promise<void> => {
  const { rows, table, architecture } = context
  const optional = new Set(optionalColumns(architecture, table.id))
  const before = [...first.given, rows.insert(table, first.row)]
  for (const { part } of elements) {
    const column = part.columns[0] ?? ''
    if (!part.isColumn || !optional.has(column) || key.whereColumns.includes(column)) continue
    const two = await acceptedRow(context, {
      pins: { ...colliding(key, first.row), [column]: 'null' },
      before,
      until: key.names,
    })
    if ('unsolved' in two) continue
    ground.draft.add({
      title: `a row without ${column} conflicts with nothing`,
      given: [...before, ...two.given],
      when: [rows.insert(table, two.row)],
      then: accepted,
    })
  }
}

const exclusionName = (rule: ExcludesRule): string =>
  structureName(rule.table, ...rule.elements.map((e) => e.column ?? e.expression), 'excl')

const shownElements = (rule: ExcludesRule): readonly string[] =>
  rule.elements.map((e) => `${e.column ?? e.expression} (${e.operator})`)

const elementText = (e: Element): string =>
  `${e.column === null ? `(${e.expression})` : ident(e.column)} with ${e.operator}`

/** Every case of an exclusion that PostgreSQL reports under one of these names: WITHOUT OVERLAPS is one, too. */
export const addExclusionCases = async (
  rule: ExcludesRule,
  context: RuleContext,
  ground: Ground,
  named: Pick<Key, 'names' | 'claimed'>,
): Promise<void> => {
  await loadParser()
  const bare: Key = {
    ...named,
    parts: await Promise.all(rule.elements.map((e) => makeKeyPart(context, e))),
    where: rule.where,
    whereColumns: rule.where === null ? [] : await columnsIn(context.table, rule.where),
    nullsNotDistinct: false,
    deferrable: rule.deferrable,
    sqlstate: '23P01',
    partners: {},
  }
  const elements = await pairsOf(rule, context, bare)
  const conflict = conflictOf(elements, columnsToDiffer(rule, context))
  if (!conflict) {
    ground.draft.unsolved('no values were found that conflict in every element', 'candidates of the columns')
    return
  }
  const key = { ...bare, partners: conflict.partners }
  const aside = smallerKeysAside(rule, context)
  const made = await firstRow(context, key, ground.base, conflict.first, conflict.where)
  const first = 'row' in made ? { ...made, given: [...aside, ...made.given] } : made
  if ('unsolved' in first) {
    ground.draft.unsolved(`no row was found to conflict with: ${first.unsolved}`, first.tried)
    return
  }
  await addCollisionCases(context, ground, key, first)
  for (const element of elements) await addElementCases(element, context, ground, key, first, aside)
  await addNullCases(context, ground, key, elements, first)
  await addPredicateCases(context, ground, key, first)
}

export const excludes: RuleKind<ExcludesRule> = {
  kind: 'excludes',
  sentence: (rule) =>
    `no two ${noun(rule.table)} conflict in ${listed(shownElements(rule))}${rule.where === null ? '' : ` among those with ${rule.where}`}`,
  async experiments(rule, context) {
    const ground = await standOnBaseRow(rule, context)
    if ('written' in ground) return ground.written
    await addExclusionCases(rule, context, ground, {
      claimed: claimedPredicate(excludesOf(context.catalog, rule.table), context),
      names: await reportedNames(
        context.db,
        context.table,
        claimedOf(context, 'excludes'),
        exclusionName(rule),
      ),
    })
    return ground.draft.written()
  },
  design: (rule) => {
    const name = ident(exclusionName(rule))
    const where = rule.where === null ? '' : ` where (${rule.where})`
    return [
      alterTable(
        rule.table,
        `add constraint ${name} exclude using ${rule.using} (${rule.elements.map(elementText).join(', ')})${where}${deferrableText(rule.deferrable)}`,
      ),
    ]
  },
  claims: (rule, { catalog, normal }) => {
    const shape = (
      elements: readonly Pick<Element, 'column' | 'expression' | 'operator'>[],
      using: string,
      where: string | null,
    ): string =>
      JSON.stringify([
        using,
        elements
          .map((e) => [e.column ?? normal.expression(rule.table, e.expression), bareOperator(e.operator)])
          .toSorted((a, b) => (a.join() < b.join() ? -1 : 1)),
        where === null ? null : normal.expression(rule.table, where),
      ])
    const wanted = shape(rule.elements, rule.using, rule.where)
    const found = excludesOf(catalog, rule.table).find(
      ({ facts }) => shape(facts.elements, facts.method, facts.predicate) === wanted,
    )
    return found ? [found.id] : []
  },
}
