/**
 * How a live database differs from the one that the migrations make, and the two scripts that end it: one that takes
 * the difference into the migrations, one that takes it out of the database.
 */
import { difference, isSame } from '../../catalog/difference.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import { ident } from '../../postgres/quote.ts'
import type { Change, ChangeContext } from '../changes/change.ts'
import { changesBetween, losesRows } from '../changes/changes-between.ts'
import { stepsOf } from '../changes/kinds.ts'
import { structuresOfHistory } from '../files/history-fingerprint.ts'

/** A database as it is compared. */
export interface Compared {
  readonly catalog: Catalog
  /** Names of the schemas in it. */
  readonly schemas: readonly string[]
  /** Who owns what is there. */
  readonly owner: string
}

export interface DriftItem {
  /** Of the structure, or `schema:name`. */
  readonly id: string
  readonly table: string | null
  readonly does: 'added' | 'changed' | 'gone'
  /** Canonical definitions: what the migrations make, and what is there. */
  readonly expected: string | null
  readonly live: string | null
}

export interface DriftScript {
  readonly statements: readonly string[]
  /** It is over in a moment, and is one transaction; else each statement stands for itself. */
  readonly isOne: boolean
  /** Tables and columns that it drops, with their rows. */
  readonly loses: readonly string[]
}

export interface Drift {
  readonly items: readonly DriftItem[]
  readonly takeIn: DriftScript
  readonly takeOut: DriftScript
}

/** Without the journal, bookkeeping of other tools, and what the architecture leaves to others. */
export const ownPart = (catalog: Catalog, leftAlone: readonly string[]): Catalog => {
  const structures = structuresOfHistory(catalog, leftAlone)
  const has = ({ id }: Structure): boolean => structures.has(id)
  return {
    ...catalog,
    structures,
    of: (table, kind) => catalog.of(table, kind).filter(has),
    dependents: (id) => catalog.dependents(id).filter(has),
  }
}

const inOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const itemsOf = (expected: Compared, live: Compared): readonly DriftItem[] => {
  const { made, changed, gone } = difference(expected.catalog, live.catalog)
  const tableOf = (id: string): string | null =>
    (live.catalog.structures.get(id) ?? expected.catalog.structures.get(id))?.table ?? null
  const schemas = (from: Compared, to: Compared): readonly string[] =>
    from.schemas.filter((name) => !to.schemas.includes(name))
  const all: readonly DriftItem[] = [
    ...schemas(live, expected).map((name): DriftItem => ({
      id: `schema:${name}`,
      table: null,
      does: 'added',
      expected: null,
      live: `SCHEMA ${ident(name)}`,
    })),
    ...schemas(expected, live).map((name): DriftItem => ({
      id: `schema:${name}`,
      table: null,
      does: 'gone',
      expected: `SCHEMA ${ident(name)}`,
      live: null,
    })),
    ...made.map(({ id, definition }): DriftItem => ({
      id,
      table: tableOf(id),
      does: 'added',
      expected: null,
      live: definition,
    })),
    ...changed.map(({ id, before, after }): DriftItem => ({
      id,
      table: tableOf(id),
      does: 'changed',
      expected: before,
      live: after,
    })),
    ...gone.map(({ id, definition }): DriftItem => ({
      id,
      table: tableOf(id),
      does: 'gone',
      expected: definition,
      live: null,
    })),
  ]
  return all.toSorted((a, b) => inOrder(a.table ?? '', b.table ?? '') || inOrder(a.id, b.id))
}

/** The same for each row: such a default is filled in without touching the rows. */
const isConstant = (expression: string): boolean =>
  /^(?:-?[\d.]+|true|false|null|'(?:[^']|'')*')(?:::[\w ."()[\],]+)?$/iu.test(expression)

/** What dropping it takes away, as `-- assay: loses` names it. */
const lost = ({ before, table }: Change): readonly string[] =>
  before === null || table === null ? [] : [before.kind === 'column' ? `${table}.${before.name}` : table]

const statementsBetween = (
  from: Compared,
  to: Compared,
  online: boolean,
): Pick<DriftScript, 'statements' | 'loses'> => {
  const context: ChangeContext = {
    before: from.catalog,
    after: to.catalog,
    owner: from.owner,
    online,
    isVolatile: (expression) => !isConstant(expression),
  }
  const changes = changesBetween(context)
  const steps = changes.flatMap((change) => stepsOf(change, { ...context, owner: to.owner }))
  const missing = to.schemas.filter((name) => !from.schemas.includes(name))
  const extra = from.schemas.filter((name) => !to.schemas.includes(name))
  return {
    statements: [
      ...missing.map((name) => `create schema ${ident(name)}`),
      ...steps.map(({ sql }) => sql),
      ...extra.map((name) => `drop schema ${ident(name)}`),
    ],
    loses: changes.filter(losesRows).flatMap(lost),
  }
}

/** Builds an index or looks at rows, for which nobody is to wait. */
const takesLong = /\b(?:create (?:unique )?index concurrently|reindex|validate constraint)\b/iu

/** Where there are rows: in the online form, unless all that it does is over in a moment. */
export const scriptWithRows = (from: Compared, to: Compared): DriftScript => {
  const online = statementsBetween(from, to, true)
  return online.statements.some((sql) => takesLong.test(sql))
    ? { ...online, isOne: false }
    : { ...statementsBetween(from, to, false), isOne: true }
}

/** One behind the other. */
export const bothScripts = (first: DriftScript, rest: DriftScript): DriftScript => ({
  statements: [...first.statements, ...rest.statements],
  isOne: first.isOne && rest.isOne,
  loses: [...first.loses, ...rest.loses],
})

/** null: they are the same. Both without what is left alone, and of one major version. */
export const driftBetween = (expected: Compared, live: Compared): Drift | null => {
  const isSameSchemas =
    expected.schemas.length === live.schemas.length &&
    expected.schemas.every((name) => live.schemas.includes(name))
  if (isSameSchemas && isSame(difference(expected.catalog, live.catalog))) return null
  return {
    items: itemsOf(expected, live),
    // The database has it already: what goes into the migrations is run where there are no rows yet.
    takeIn: { ...statementsBetween(expected, live, false), isOne: true },
    takeOut: scriptWithRows(live, expected),
  }
}
