/** A key or index dropped, or made again in another way, with what stands on it: foreign keys, views that group by it. */
import { columnOf, tableOf } from '../alter.ts'
import { aroundChange, type Fate } from '../dependency/dependents.ts'
import type { Dependent } from '../dependency/dependency.ts'
import { createKey, dropKey, keyExtras, type KeyFacts, type KeyWord } from './key.ts'
import type { Catalog, Structure } from '../structure.ts'
import type { Table } from '../table.ts'

export interface ReplacedKey {
  readonly ddl: readonly string[]
  readonly removes: readonly string[]
}

/** Whether a foreign key (with periods, or without) can lead to exactly these columns by this key. */
const serves = (facts: KeyFacts, columns: readonly string[], period: boolean): boolean => {
  const own = facts.keys.map((part) => part.column)
  const isWhole = facts.predicate === null && facts.deferrable === 'no' && facts.withoutOverlaps === period
  return isWhole && own.length === columns.length && columns.every((column) => own.includes(column))
}

/** Whether a key of the table, other than the one given, is over exactly these columns. */
export const hasKeyOver = (
  catalog: Catalog,
  table: string,
  columns: readonly string[],
  except: string | null = null,
  period = false,
): boolean =>
  [...catalog.of(table, 'primaryKey'), ...catalog.of(table, 'unique')].some(
    (key) => key.id !== except && serves((key as Structure<KeyFacts>).facts, columns, period),
  )

const graphKind = (word: KeyWord, facts: KeyFacts): Dependent['kind'] =>
  facts.isConstraint && word !== 'index' ? word : 'index'

/** An index stays the identity of rows for replicas only as long as it tells each of them apart. */
const stillIdentifies = (facts: KeyFacts, table: Table): boolean =>
  facts.deferrable === 'no' &&
  facts.predicate === null &&
  facts.keys.every(({ column }) => column !== null && columnOf(table, column).notNull)

/** `next` null: dropped. `between` runs right after the key stands again, before what stands on it. */
export const replaceKey = (
  structure: Structure<KeyFacts>,
  catalog: Catalog,
  word: KeyWord,
  next: { readonly word: KeyWord; readonly facts: KeyFacts } | null,
  between: readonly string[] = [],
): ReplacedKey => {
  const { facts } = structure
  const table = tableOf(structure, catalog)
  const fate = ({ kind, references }: Dependent): Fate => {
    if (kind !== 'foreign key' || !references) return 'try'
    const { table: target, columns, period } = references
    const isServed = next !== null && next.word !== 'index' && serves(next.facts, columns, period)
    return isServed || hasKeyOver(catalog, target, columns, structure.id, period) ? 'remake' : 'lose'
  }
  const node = catalog.dependencies.find(table.id, graphKind(word, facts), facts.name)
  const around = aroundChange(catalog, node ? [node.key] : [], fate)
  const isReplicaIdentity =
    next !== null &&
    next.facts.isReplicaIdentity &&
    between.length === 0 &&
    stillIdentifies(next.facts, table)
  const created = next
    ? [createKey(table, next.word, next.facts), ...keyExtras(table, { ...next.facts, isReplicaIdentity })]
    : []
  return {
    ddl: [...around.before, dropKey(table, facts), ...created, ...between, ...around.after],
    removes: around.removes,
  }
}
