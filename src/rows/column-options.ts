/** The candidate values of each column, in the order in which they are tried: its type's, and those its constraints speak of. */
import type { Column } from '../catalog/table.ts'
import { nearComposites, typicalComposite } from './candidates/composites.ts'
import { typeFamily } from './candidates/families.ts'
import { familyCount, type Slot } from './candidates/family.ts'
import {
  type Atom,
  cluesOfCall,
  cluesOfExpression,
  mergeClues,
  type ValueClues,
  withFields,
} from './constants.ts'
import type { TableFacts } from './facts.ts'
import type { FunctionClues } from './function-clues.ts'

export interface ColumnOptions {
  /** One per family, a first. */
  readonly typical: readonly string[]
  /** All of them, each once; the typical ones first unless the constraints are about now(). */
  readonly all: readonly string[]
}

export interface OptionsWish {
  /** Expressions whose constants matter, beside the table's own constraints. */
  readonly expressions?: readonly string[]
  /** Name of the column that a key's values read like, when it references another. */
  readonly readsLike?: string
  readonly isKey: boolean
  /** What the expressions speak of comes before the typical values. */
  readonly nearFirst?: boolean
}

const mostConstants = 60
/** Keys tried until one falls into a hash partition that exists. */
const hashedKeys = 256

/** Of a large partition's many bounds the first and the last. */
const shortened = (clues: ValueClues): ValueClues =>
  clues.constants.length <= mostConstants
    ? clues
    : { ...clues, constants: [...clues.constants.slice(0, 40), ...clues.constants.slice(-20)] }

const withBodies = (atom: Atom, functions: FunctionClues): ValueClues => {
  const bodies = atom.functions.flatMap(([schema, name]) => functions.atomsOf(schema, name))
  const all = cluesOfCall(atom, bodies)
  return atom.ofFields
    ? withFields(
        all,
        atom.ofFields.map(([name]) => name),
      )
    : all
}

/** What expressions tell about one column; `own` are written over VALUE. */
const cluesFor = (
  facts: TableFacts,
  column: Column,
  expressions: readonly string[],
  own: readonly string[],
  functions: FunctionClues,
): ValueClues & { readonly moving: boolean } => {
  const generatedOver = new Set(
    [...facts.generatedFrom].flatMap(([name, sources]) => (sources.includes(column.name) ? [name] : [])),
  )
  const concerns = (atom: Atom): boolean =>
    atom.columns.some((c) => c === column.name || generatedOver.has(c) || c === facts.table.name)
  const atoms = [
    ...expressions.flatMap((e) => cluesOfExpression(e)?.atoms.filter(concerns) ?? []),
    ...own.flatMap((e) => cluesOfExpression(e)?.atoms ?? []),
  ]
  const clues = shortened(mergeClues(atoms.map((a) => withBodies(a, functions))))
  const moving = isRelative(clues) || atoms.some((a) => a.functions.some(([, name]) => name === 'age'))
  return { ...clues, moving }
}

/** Constants of trigger functions that mention the column. */
const triggerClues = (facts: TableFacts, column: Column, functions: FunctionClues): ValueClues =>
  shortened(
    mergeClues(
      facts.triggers
        .flatMap(([schema, name]) => functions.atomsOf(schema, name))
        .filter((a) => a.columns.includes(column.name))
        .map((a) => withBodies(a, functions)),
    ),
  )

const isArray = (column: Column): boolean =>
  column.typeKind === 'array' || (column.typeKind === 'domain' && column.baseType.endsWith('[]'))

const isRelative = (clues: ValueClues): boolean =>
  clues.computed.some((c) => /now\(\)|current_|local/iu.test(c))

/** By the table's own partitions, or by those of a table that is to point to its rows. */
const isHashed = (facts: TableFacts, column: Column): boolean =>
  [...(facts.partition ? [facts.partition] : []), ...facts.checks].some(
    ({ columns, expression }) =>
      columns.includes(column.name) && expression.includes('satisfies_hash_partition'),
  )

const momentOfDefault =
  /\b(?:now|statement_timestamp|transaction_timestamp|clock_timestamp)\(\)|\bcurrent_(?:date|timestamp)\b|\blocaltimestamp\b/iu

/** Where rows of now are meant to have a partition, these stand in one on every day; a bound that is near today does not. */
const ofNow = (facts: TableFacts, column: Column): readonly string[] => {
  const isKey = facts.partition?.columns.includes(column.name) ?? false
  // One partition alone is asked for its own rows, whatever day it is.
  if (!isKey || facts.table.kind !== 'partitioned') return []
  if (column.generated !== null || !momentOfDefault.test(column.default ?? '')) return []
  const isDate = column.baseType === 'date'
  if (!isDate && !column.baseType.startsWith('timestamp')) return []
  const unit = isDate ? 'day' : 'second'
  const steps = [1, 2, 3].map((n) => `interval '${n} ${unit}${n === 1 ? '' : 's'}'`)
  const now = isDate ? 'current_date' : 'now()'
  return [now, ...steps.map((step) => `${now} + ${step}`), ...steps.map((step) => `${now} - ${step}`)]
}

const constantDefault = (column: Column): string[] =>
  column.default !== null &&
  column.generated === null &&
  !/\w+\s*\(|current_|localtime/iu.test(column.default)
    ? [column.default]
    : []

/** More than the columns of a database have families, clues and names. */
const mostNear = 5_000
let nearKnown = new Map<string, readonly string[]>()

/** What comes of the same clues for columns alike: patterns take time. */
const nearOf = (slot: Slot, isOfArray: boolean, clues: ValueClues): readonly string[] => {
  const key = JSON.stringify([slot, isOfArray, clues])
  const found = nearKnown.get(key) ?? typeFamily(slot, isOfArray).near(slot, clues)
  if (nearKnown.size >= mostNear) nearKnown = new Map()
  nearKnown.set(key, found)
  return found
}

const known = new WeakMap<TableFacts, Map<string, ColumnOptions>>()

/** Everything that may be tried for a column, null last when it may be null. */
export const optionsOf = (
  facts: TableFacts,
  column: Column,
  functions: FunctionClues,
  wish: OptionsWish,
): ColumnOptions => {
  const ofTable = known.get(facts) ?? new Map<string, ColumnOptions>()
  known.set(facts, ofTable)
  const key = JSON.stringify([column.name, wish])
  const found = ofTable.get(key) ?? findOptions(facts, column, functions, wish)
  ofTable.set(key, found)
  return found
}

const findOptions = (
  facts: TableFacts,
  column: Column,
  functions: FunctionClues,
  wish: OptionsWish,
): ColumnOptions => {
  const slot: Slot = {
    name: wish.readsLike ?? column.name,
    type: facts.ownRanges?.get(column.name) ?? column.baseType.replace(/\[\]$/u, ''),
    modifier: column.modifier,
    labels: column.labels,
    key: wish.isKey,
  }
  const ofArray = isArray(column)
  const family = typeFamily(slot, ofArray)
  const now = ofNow(facts, column)
  const expressions = [
    ...(wish.expressions ?? []),
    ...facts.checks.map((c) => c.expression),
    ...(facts.partition && now.length === 0 ? [facts.partition.expression] : []),
    ...facts.keys.flatMap((k) => (k.predicate === null ? [] : [k.predicate])),
  ]
  const clues = cluesFor(facts, column, expressions, column.domainChecks, functions)
  const composite = facts.composites?.get(column.name)
  const typical = Array.from({ length: familyCount }, (_, n) =>
    composite ? typicalComposite(composite, n) : family.typical(slot, n),
  )
  const near = composite ? nearComposites(composite, clues) : nearOf(slot, ofArray, clues)
  const fromTriggers = nearOf(slot, ofArray, triggerClues(facts, column, functions))
  // Where no partition takes rows of now any more, those stand that take older ones.
  const bounds = now.length > 0 && facts.partition ? [facts.partition.expression] : []
  const atBounds =
    bounds.length === 0 ? [] : nearOf(slot, ofArray, cluesFor(facts, column, bounds, [], functions))
  const nearFirst = clues.moving || (wish.nearFirst ?? false)
  // What triggers compare with comes early: an insert judges it, and few inserts are tried.
  const first = fromTriggers.length === 0 ? typical : [...typical.slice(0, 3), ...fromTriggers]
  const ordered = [
    ...now,
    ...(facts.restsNull.has(column.name) ? ['null'] : []),
    ...(nearFirst ? near : first),
    ...(nearFirst ? first : near),
    ...typical,
    ...(isHashed(facts, column) ? Array.from({ length: hashedKeys }, (_, n) => family.typical(slot, n)) : []),
    ...constantDefault(column),
    ...(now.length === 0 ? family.edges(slot) : []),
    ...atBounds,
    ...(column.notNull ? [] : ['null']),
  ]
  return { typical, all: [...new Set(ordered)] }
}

/** The column's own neighbours of a value, as its type counts. */
export const neighboursOf = (column: Column, value: string): readonly string[] => {
  const slot: Slot = {
    name: column.name,
    type: column.baseType,
    modifier: column.modifier,
    labels: column.labels,
    key: false,
  }
  return typeFamily(slot, isArray(column)).near(slot, {
    constants: [value],
    computed: [],
    patterns: [],
    lengths: [],
    paths: [],
  })
}
