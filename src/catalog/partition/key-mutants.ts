/** A key or an index that the table has and its last partition lacks: made on the table alone, then on all others. */
import { qualified } from '../../postgres/quote.ts'
import { alterTable, tableOf } from '../alter.ts'
import { createKey, type KeyFacts, type KeyWord } from '../key/key.ts'
import { makeMutant } from '../make-mutant.ts'
import { replaceKey } from '../key/replace.ts'
import type { Catalog, Mutant, Structure } from '../structure.ts'
import type { Table } from '../table.ts'

/** Of the table itself: its partitions stay without. */
const onlyHere = (table: Table, create: string): string =>
  create
    .replace(`${alterTable(table)} add`, () => `alter table only ${qualified(table)} add`)
    .replace(` on ${qualified(table)} using`, () => ` on only ${qualified(table)} using`)

const onOthers = (
  table: Table,
  others: readonly Table[],
  word: KeyWord,
  facts: KeyFacts,
): readonly string[] =>
  others.flatMap((partition, i) => {
    const name = `assay_part_${i + 1}`
    const index = qualified({ schema: table.schema, name: facts.name })
    return [
      createKey(partition, word, { ...facts, name }),
      `alter index ${index} attach partition ${qualified({ schema: partition.schema, name })}`,
    ]
  })

/** None where the table is not partitioned. */
export const partitionLacks = (
  structure: Structure<KeyFacts>,
  catalog: Catalog,
  word: KeyWord,
): readonly Mutant[] => {
  const table = tableOf(structure, catalog)
  const { facts } = structure
  const partitions = [...catalog.tables.values()]
    .filter((t) => t.partitionOf === table.id)
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
  if (table.kind !== 'partitioned' || partitions.length === 0) return []
  const whole = createKey(table, word, facts)
  const { ddl, removes } = replaceKey(structure, catalog, word, { word, facts })
  return [
    makeMutant(structure, {
      does: 'partition-lacks',
      details: ['last'],
      effect: 'weakened',
      summary: 'the last partition is without it',
      ddl: ddl.flatMap((sql) =>
        sql === whole
          ? [onlyHere(table, whole), ...onOthers(table, partitions.slice(0, -1), word, facts)]
          : [sql],
      ),
      alsoRemoves: removes,
    }),
  ]
}
