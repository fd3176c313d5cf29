/** The index of a key, built while writers go on, and taken as a constraint. */
import { createKey, type KeyFacts, type KeyWord } from '../../catalog/key/key.ts'
import type { Table } from '../../catalog/table.ts'
import { ident, qualified } from '../../postgres/quote.ts'

export const indexName = (table: Table, name: string): string => qualified({ schema: table.schema, name })

/** The statement of an index of this name that writers do not wait for. */
export const concurrently = (table: Table, word: KeyWord, facts: KeyFacts, name: string): string => {
  const kind = word === 'index' ? 'index' : 'unique'
  const plain = createKey(table, kind, { ...facts, name, isConstraint: false })
  return plain.replace(/^create (unique )?index /u, 'create $1index concurrently ')
}

export const constraintOf = (word: KeyWord, facts: KeyFacts, index: string): string => {
  const deferrable = facts.deferrable === 'no' ? '' : ` deferrable initially ${facts.deferrable}`
  return `add constraint ${ident(facts.name)} ${word} using index ${ident(index)}${deferrable}`
}

/** A leftover of a failed run is INVALID, and would be taken for the index. */
export const clear = (table: Table, name: string): string =>
  `drop index concurrently if exists ${indexName(table, name)}`
