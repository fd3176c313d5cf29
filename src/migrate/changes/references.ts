/** Foreign keys: NOT VALID first, then validated, so that neither table waits while rows are looked up. */
import { alterTable, tableOf } from '../../catalog/alter.ts'
import { foreignKeySql, type ReferencesFacts } from '../../catalog/foreign-key.ts'
import type { Structure } from '../../catalog/structure.ts'
import { ident } from '../../postgres/quote.ts'
import { alone, together, type ChangeContext, type ChangeKind, type Step } from './change.ts'

/** A partitioned table takes a foreign key that is NOT VALID since this version. */
const partitionedSince = 18

const add = (
  structure: Structure,
  { after, online }: ChangeContext,
  replaced: string | null,
): readonly Step[] => {
  const table = tableOf(structure, after)
  const facts = structure.facts as ReferencesFacts
  const alter = alterTable(table)
  const name = ident(facts.name)
  const put = `add constraint ${name} ${foreignKeySql(facts, after)}`
  const drops = [...new Set(replaced === null ? [] : [ident(replaced)])]
  const isPlain = facts.notValid || facts.notEnforced
  const isTaken = table.kind !== 'partitioned' || after.major >= partitionedSince
  if (!online || isPlain || !isTaken)
    return together(`${alter} ${drops.map((drop) => `drop constraint ${drop}, `).join('')}${put}`)
  const first = [...new Set([...drops, name])].map((drop) => `drop constraint if exists ${drop}, `).join('')
  return alone(`${alter} ${first}${put} not valid`, `${alter} validate constraint ${name}`)
}

export const referencesChange: ChangeKind = {
  make: (structure, context) => add(structure, context, null),
  alter: (old, next, context) => add(next, context, old.name),
  remove: (structure, { before }) =>
    together(`${alterTable(tableOf(structure, before))} drop constraint ${ident(structure.name)}`),
}
