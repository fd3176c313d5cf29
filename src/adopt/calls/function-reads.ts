/**
 * What a function may look at and write, read out of its text and of those that it calls: only to know which calls
 * among which rows are worth trying. What it does is seen, never read.
 */
import type { FunctionFacts } from '../../catalog/function.ts'
import { plpgsqlPlaces } from '../../catalog/function/plpgsql-places.ts'
import { partitionParent } from '../../catalog/partition/whole.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import type { Word } from '../../postgres/scan.ts'
import { bare, constantsIn, namesIn, wordsOf } from '../observe/source-words.ts'

export interface FunctionReads {
  /** Tables that the texts name; those of the rows that it is given are among them. */
  readonly tables: readonly Table[]
  /** Tables in which it may leave something: also those that triggers name. */
  readonly watched: readonly Table[]
  /** Every name in the texts. */
  readonly names: ReadonlySet<string>
  /** Every name in the conditions. */
  readonly asked: ReadonlySet<string>
  /** Strings and numbers in the texts. */
  readonly constants: readonly string[]
  /** Conditions as they stand. */
  readonly conditions: readonly string[]
  /** Names that current_setting is asked for. */
  readonly settings: readonly string[]
  /** By the number of an argument: columns that it is compared with. */
  readonly linked: ReadonlyMap<number, readonly string[]>
  /** Its text, or one that it names, speaks of writing. */
  readonly isWriting: boolean
  /** All columns of a row are read. */
  readonly wholeRows: boolean
}

/** Functions and views that are named in turn are followed this far. */
const deepest = 4
const mostTables = 8

const textOf = (structure: Structure): string => {
  if (structure.kind !== 'function') return structure.definition
  const { body, statement } = structure.facts as FunctionFacts
  return body ?? statement
}

const isNamed = new Set(['function', 'view', 'materializedView'])

/** Its own text, and those of the functions and views that it names. */
const textsOf = (first: readonly string[], catalog: Catalog): readonly string[] => {
  const all = [...catalog.structures.values()].filter((s) => isNamed.has(s.kind))
  const seen = new Set<Structure>()
  const texts = [...first]
  let fresh: readonly string[] = first
  for (let depth = 0; depth < deepest && fresh.length > 0; depth++) {
    const names = new Set(fresh.flatMap(namesIn))
    const found = all.filter((s) => !seen.has(s) && names.has(s.name))
    for (const one of found) seen.add(one)
    fresh = found.map(textOf)
    texts.push(...fresh)
  }
  return texts
}

const tablesNamed = (names: ReadonlySet<string>, catalog: Catalog): readonly Table[] =>
  [...catalog.tables.values()].filter((t) => partitionParent(catalog, t) === null && names.has(t.name))

/** What the triggers of a table run. */
const firedTexts = (catalog: Catalog, table: Table): readonly string[] =>
  [...catalog.of(table.id, 'trigger'), ...catalog.of(table.id, 'rule')].flatMap((s) => [
    s.definition,
    ...s.dependsOn.flatMap((id) => {
      const on = catalog.structures.get(id)
      return on?.kind === 'function' ? [textOf(on)] : []
    }),
  ])

const comparisons = new Set([
  '=',
  '<',
  '>',
  '<=',
  '>=',
  '<>',
  '!=',
  'like',
  'ilike',
  '@>',
  '<@',
  '&&',
  '||',
  'in',
])

/** Columns beside an argument's name, or beside `$1`, with a comparison between them. */
const linkedColumns = (words: readonly Word[], argument: string, n: number): readonly string[] => {
  const isIt = (text: string | undefined): boolean =>
    text === `$${n + 1}` || (argument !== '' && text !== undefined && bare(text) === argument.toLowerCase())
  return words.flatMap(({ text }, i) => {
    if (!comparisons.has(text)) return []
    const [left, right] = [words[i - 1]?.text, words[i + 1]?.text]
    if (isIt(right)) return left === undefined || left === ')' ? [] : [bare(left)]
    if (!isIt(left)) return []
    // `argument = table.column`
    const column = words[i + 2]?.text === '.' ? words[i + 3]?.text : right
    return column === undefined ? [] : [bare(column)]
  })
}

const prefixes = /^(?:p|v|in|i|f|arg|param|_)_+|^_+|_+(?:in|p|arg|param)$/u

const unprefixed = (name: string): string => name.toLowerCase().replace(prefixes, '')

/** `film_id`, and `id` of films for `film_id`. */
const likelyColumns = (argument: string, tables: readonly Table[]): readonly string[] => {
  const name = unprefixed(argument)
  return tables.flatMap((t) => t.columns.map((c) => c.name)).filter((c) => c === name || c === argument)
}

export const readFunction = (
  structure: Structure<FunctionFacts>,
  argumentNames: readonly string[],
  given: readonly Table[],
  catalog: Catalog,
): FunctionReads => {
  const own = textOf(structure)
  const texts = textsOf([own], catalog)
  const names = new Set(texts.flatMap(namesIn))
  const tables = [...new Set([...given, ...tablesNamed(names, catalog)])].slice(0, mostTables)
  const fired = textsOf(
    tables.flatMap((table) => firedTexts(catalog, table)),
    catalog,
  )
  const isWriting = [...names].some((name) => /^(?:insert|update|delete|truncate|merge)$/iu.test(name))
  const watched = isWriting
    ? [...new Set([...tables, ...tablesNamed(new Set(fired.flatMap(namesIn)), catalog)])].slice(0, mostTables)
    : []
  const words = wordsOf(own)
  const conditions = texts.flatMap((text) =>
    plpgsqlPlaces(text)
      .filter((place) => place.what !== 'statement')
      .map((place) => text.slice(place.start, place.end)),
  )
  const columns = new Set(tables.flatMap((t) => t.columns.map((c) => c.name)))
  const linked = argumentNames.map((argument, n): [number, readonly string[]] => [
    n,
    [
      ...new Set([
        ...linkedColumns(words, argument, n).filter((c) => columns.has(c)),
        ...likelyColumns(argument, tables),
      ]),
    ],
  ])
  const plain = texts.join('\n')
  return {
    tables,
    watched,
    names,
    asked: new Set(conditions.length === 0 ? names : conditions.flatMap(namesIn)),
    constants: [...new Set(texts.flatMap(constantsIn))],
    conditions,
    settings: [...new Set([...plain.matchAll(/current_setting\s*\(\s*'([^']+)'/giu)].map((m) => m[1]!))],
    linked: new Map(linked),
    isWriting,
    wholeRows: /\*\s*(?:into|from|;|$)|\bto_jsonb?\s*\(|\breturning\s+\*/iu.test(plain),
  }
}
