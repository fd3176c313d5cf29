/**
 * Parents of the kind that a table asks for: where a CHECK, a domain or a computed value fixes a part of what it points
 * to (`kind = 'place'` beside a foreign key over `(party, kind)`), the parent's own rows are mostly of other kinds. Rows
 * of that kind stand beside them, one for each family, so that no two families share a parent.
 */
import { descendants } from './ancestors.ts'
import { confirmRows } from './confirm.ts'
import { conjunctsOf } from '../catalog/expression/conjuncts.ts'
import { parseExpression } from '../postgres/parse.ts'
import { saidOf, saidOfColumn } from './domain-value.ts'
import { brokenBy, draftFamilies } from './draft.ts'
import type { CheckFact, ReferenceFact, TableFacts } from './facts.ts'
import { insertRows, unlessThere } from './insert.ts'
import { firstSibling, firstUnfit, type ParentKeys } from './reference-groups.ts'
import { constraintsOf, type RowGround } from './row-ground.ts'
import type { Row } from './rows.ts'
import { columnsOf } from './tree.ts'
import { families, firstRoot, keyValues, type KnownRows } from './world.ts'

/** A table's own rows, and what stands when they are written. */
export interface Standing {
  readonly known: KnownRows
  readonly world: readonly string[]
  /** Of its parents' rows. */
  readonly keys: ParentKeys
}

export interface FittingParents {
  readonly keys: ParentKeys
  /** Puts them in place, behind the parents' own rows. */
  readonly statements: readonly string[]
}

/** What the table asks of the columns that it points to, said of these. */
const askedOf = (facts: TableFacts, reference: ReferenceFact): readonly CheckFact[] => {
  const names = new Map(reference.columns.map((name, i) => [name, reference.targetColumns[i] ?? name]))
  // Of what is asked together each is asked: a partition's bounds speak of more than what it points to.
  const own = constraintsOf(facts)
    .flatMap(({ expression }) => conjunctsOf(expression))
    .map((expression) => ({
      expression: saidOf(expression, names),
      columns: columnsOf(parseExpression(expression)),
    }))
  const single = reference.columns.flatMap((name) => {
    const column = facts.table.columns.find((c) => c.name === name)
    const target = names.get(name)!
    const isFixed = column?.generated != null && facts.generatedFrom.get(name)?.length === 0
    const fixed = isFixed ? `value is not distinct from (${column.default ?? 'null'})` : null
    return [...(column?.domainChecks ?? []), fixed].map((check) => ({
      expression: check === null ? null : saidOfColumn(check, target),
      columns: [name],
    }))
  })
  return [...own, ...single].flatMap(({ expression, columns }) =>
    expression === null || columns.length === 0 || !columns.every((name) => names.has(name))
      ? []
      : [{ name: null, expression, columns: columns.map((name) => names.get(name)!) }],
  )
}

const turns = new WeakMap<RowGround, Map<string, readonly string[]>>()

const textOf = (asked: readonly CheckFact[]): string =>
  asked
    .map(({ expression }) => expression)
    .toSorted()
    .join(' and ')

/** What the tables that point to the target ask of it, each once, in an order of their own. */
const allAskedOf = (ground: RowGround, target: string): readonly string[] => {
  const known = turns.get(ground) ?? new Map<string, readonly string[]>()
  turns.set(ground, known)
  const found =
    known.get(target) ??
    [
      ...new Set(
        [...ground.facts.values()].flatMap((facts) =>
          ground.parents
            .hard(facts.table.id)
            .filter((reference) => reference.target === target)
            .map((reference) => textOf(askedOf(facts, reference))),
        ),
      ),
    ].toSorted()
  known.set(target, found)
  return found
}

/** Rows of more kinds than this may share their keys. */
const mostTurns = 3

/**
 * Families of the parent that stand for one kind: what is of another kind (`kind = 'company'`) has others, so that rows
 * of both may stand beside each other.
 */
const stepOf = (ground: RowGround, target: string, asked: readonly CheckFact[]): number => {
  const at = allAskedOf(ground, target)
    .filter((text) => text !== '')
    .indexOf(textOf(asked))
  return firstRoot * (1 + (Math.max(0, at) % mostTurns))
}

/** `standing`: of a table whose rows are known; null where there are none yet. */
export const fittingParents = async (
  ground: RowGround,
  facts: TableFacts,
  keys: ParentKeys,
  standing: (table: string) => Standing | null,
  /** What else stands where they are put. */
  beside?: readonly string[],
): Promise<FittingParents | null> => {
  const found = new Map<ReferenceFact, ReadonlyMap<number, Row>>()
  const statements: string[] = []
  for (const reference of ground.parents.hard(facts.table.id)) {
    const target = ground.facts.get(reference.target)
    const asked = askedOf(facts, reference)
    const stands = asked.length > 0 ? standing(reference.target) : null
    if (!target || !stands) continue
    const rows = families.flatMap((family) => {
      const row = stands.known.stored.get(family)
      return row ? [{ family, row }] : []
    })
    const constraints = asked.map((check) => ({ ...check, label: check.expression }))
    const broken = await brokenBy(
      ground,
      target,
      rows.map(({ row }) => row),
      constraints,
    )
    const unfit = families.filter((family) => {
      const at = rows.findIndex((one) => one.family === family)
      return at === -1 || broken[at]!.length > 0
    })
    if (unfit.length === 0) continue
    const narrowed = { ...target, checks: [...target.checks, ...asked] }
    const above = await fittingParents(ground, narrowed, stands.keys, standing, beside ?? stands.world)
    const step = stepOf(ground, reference.target, asked)
    const keysOfAbove = above?.keys ?? stands.keys
    const drafts = await draftFamilies(
      ground,
      narrowed,
      // Those between are of other kinds: they are drafted so that none of their keys is taken.
      Array.from({ length: step + families.length }, (_, f) => f),
      (ref, family) => keysOfAbove(ref, family < firstRoot ? family : firstRoot + (family % firstRoot)),
    )
    const wanted = drafts.filter(({ family }) => unfit.includes(family - step))
    const world = [...(beside ?? stands.world), ...(above?.statements ?? [])]
    const { outcomes } = await confirmRows(ground, narrowed, world, wanted)
    const taken = outcomes.flatMap((outcome, i) =>
      'row' in outcome ? [{ family: wanted[i]!.family - step, ...outcome }] : [],
    )
    // PostgreSQL takes what the table itself does not ask for, too.
    const astray = await brokenBy(
      ground,
      target,
      taken.map(({ stored }) => stored),
      constraints,
    )
    const made = taken.filter((_one, i) => astray[i]!.length === 0)
    const inserted = insertRows(
      target.table,
      made.map(({ row }) => row),
    )
    const own = [
      ...(above?.statements ?? []),
      ...(made.length > 0 ? [`${inserted}${unlessThere(target)}`] : []),
    ]
    const open = unfit.filter((family) => !made.some((one) => one.family === family))
    const below =
      open.length === 0
        ? null
        : await descendants(
            ground,
            {
              facts: target,
              asked,
              keys: keysOfAbove,
              standing: stands.known.stored,
              world: [...(beside ?? stands.world), ...own],
            },
            open,
          )
    if (made.length === 0 && !below) continue
    found.set(
      reference,
      new Map([...made.map(({ family, stored }) => [family, stored] as const), ...(below?.stored ?? [])]),
    )
    statements.push(...own, ...(below?.statements ?? []))
  }
  if (found.size === 0) return null
  return {
    // Two references over the same columns ask for the same parents above theirs.
    statements: [...new Set(statements)],
    keys: (reference, family) => {
      if (family >= firstUnfit) return found.has(reference) ? keys(reference, family - firstUnfit) : null
      const row = family < firstSibling ? found.get(reference)?.get(family % firstRoot) : undefined
      return row ? keyValues(reference, row) : keys(reference, family)
    },
  }
}
