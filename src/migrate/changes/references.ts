/**
 * Foreign keys: NOT VALID first, then validated, so that neither table waits while rows are looked up. Where a
 * partitioned table takes none that is NOT VALID, each partition gets its own first, and the table takes them over.
 */
import { createHash } from 'node:crypto'
import { alterTable, tableOf } from '../../catalog/alter.ts'
import { foreignKeySql, type ReferencesFacts } from '../../catalog/foreign-key.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { ident } from '../../postgres/quote.ts'
import { fittedName } from '../../rules/ddl.ts'
import { alone, lockingSeveral, together, type ChangeContext, type ChangeKind, type Step } from './change.ts'
import { leavesOf } from './table.ts'

/** A partitioned table takes a foreign key that is NOT VALID since this version. */
const partitionedSince = 18

/** Of a partition's own, as long as the table's old one stands: a partition takes its name from the table. */
const nameBeside = (name: string, definition: string): string =>
  ident(fittedName(`${name}_${createHash('sha256').update(definition).digest('hex').slice(0, 6)}`))

interface Replaced {
  readonly name: string
  readonly definition: string
}

const onEachPartition = (
  table: Table,
  catalog: Catalog,
  { name, definition }: Replaced,
  old: Replaced | null,
  fromHalfWay: boolean,
): readonly Step[] => {
  const own = old === null ? ident(name) : nameBeside(name, definition)
  const leaves = leavesOf(table, catalog).map(alterTable)
  const drop = old === null ? '' : `drop constraint if exists ${ident(old.name)}, `
  return alone(
    ...leaves.flatMap((leaf) => [
      `${leaf} drop constraint if exists ${own}, add constraint ${own} ${definition} not valid`,
      `${leaf} validate constraint ${own}`,
    ]),
    `${alterTable(table)} ${drop}add constraint ${ident(name)} ${definition}`,
    // Left by a change the other way that stopped between its partitions.
    ...(old === null || !fromHalfWay
      ? []
      : leaves.map((leaf) => `${leaf} drop constraint if exists ${nameBeside(old.name, old.definition)}`)),
  )
}

const isTakenPlainly = (table: Table, { major }: Catalog): boolean =>
  table.kind !== 'partitioned' || major >= partitionedSince

const add = (
  structure: Structure,
  { before, after, online, fromHalfWay = false }: ChangeContext,
  old: Structure | null,
): readonly Step[] => {
  const table = tableOf(structure, after)
  const facts = structure.facts as ReferencesFacts
  const alter = alterTable(table)
  const name = ident(facts.name)
  const definition = foreignKeySql(facts, after)
  const put = `add constraint ${name} ${definition}`
  const drops = old === null ? [] : [ident(old.name)]
  const isPlain = facts.notValid || facts.notEnforced
  if (!online || isPlain)
    return together(`${alter} ${drops.map((drop) => `drop constraint ${drop}, `).join('')}${put}`)
  if (!isTakenPlainly(table, after)) {
    const replaced = old && {
      name: old.name,
      definition: foreignKeySql(old.facts as ReferencesFacts, before),
    }
    return onEachPartition(table, after, { name: facts.name, definition }, replaced, fromHalfWay)
  }
  const first = [...new Set([...drops, name])].map((drop) => `drop constraint if exists ${drop}, `).join('')
  return alone(`${alter} ${first}${put} not valid`, `${alter} validate constraint ${name}`)
}

export const referencesChange: ChangeKind = {
  mayOverlap: true,
  make: (structure, context) => lockingSeveral(add(structure, context, null)),
  alter: (old, next, context) => lockingSeveral(add(next, context, old)),
  remove: (structure, { before, fromHalfWay }) => {
    const table = tableOf(structure, before)
    const name = ident(structure.name)
    const statements = together(
      `${alterTable(table)} drop constraint ${name}`,
      // Where it was made partition by partition, some may have their own without the table's.
      ...(isTakenPlainly(table, before) || !fromHalfWay
        ? []
        : leavesOf(table, before).map((leaf) => `${alterTable(leaf)} drop constraint if exists ${name}`)),
    )
    return lockingSeveral(statements)
  },
}
