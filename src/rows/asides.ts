/**
 * Triggers that are set aside so that a table has rows at all: one whose function cannot run in this database, or that
 * refuses every row that was tried. Each is disabled in the table's world and named there, never left out in silence.
 */
import type { Catalog, Structure } from '../catalog/structure.ts'
import type { TriggerFacts } from '../catalog/trigger/statement.ts'
import type { PgFault } from '../postgres/fault.ts'
import { ident, literal, qualified } from '../postgres/quote.ts'
import type { SetAside } from './rows.ts'
import { functionsOf } from './trigger-faults.ts'

export interface Aside extends SetAside {
  readonly table: { readonly schema: string; readonly name: string }
  readonly name: string
}

type Trigger = Structure<TriggerFacts>

const runs = ({ facts }: Trigger): boolean =>
  !facts.isView && (facts.enabled === 'O' || facts.enabled === 'A') && facts.events.includes('insert')

const triggersOf = (catalog: Catalog, table: string): readonly Trigger[] =>
  catalog.of(table, 'trigger') as readonly Trigger[]

/** The table, its partitions and what is above it: a row of one sets off the triggers of all. */
const familyOf = (catalog: Catalog, table: string): readonly string[] => {
  const above: string[] = []
  for (let at = catalog.tables.get(table)?.partitionOf; at; at = catalog.tables.get(at)?.partitionOf)
    above.push(at)
  const below = (id: string): readonly string[] =>
    [...catalog.tables.values()].filter((t) => t.partitionOf === id).flatMap((t) => [t.id, ...below(t.id)])
  return [table, ...above, ...below(table)]
}

/** Triggers that may have refused a row of the table, the likeliest first. Without a context: any of the table's own. */
export const suspectedTriggers = (
  catalog: Catalog,
  table: string,
  fault: PgFault | null,
): readonly Trigger[] => {
  const called = fault ? functionsOf(fault) : []
  const own = familyOf(catalog, table)
  if (fault && called.length === 0) return []
  if (!fault) return own.flatMap((id) => triggersOf(catalog, id)).filter(runs)
  // A trigger may write to other tables, whose triggers refuse in their turn.
  const others = [...catalog.tables.keys()].filter((id) => !own.includes(id))
  const all = [...own, ...others].flatMap((id) => triggersOf(catalog, id))
  return called.flatMap(({ schema, name }) =>
    all.filter(
      ({ facts }) =>
        facts.function.name === name &&
        (schema === null || facts.function.schema === schema) &&
        !facts.isView,
    ),
  )
}

export const toAside = (catalog: Catalog, trigger: Trigger, why: string): Aside => {
  const table = catalog.tables.get(trigger.table!)!
  return { structure: trigger.id, why, table: { schema: table.schema, name: table.name }, name: trigger.name }
}

/** Disables the trigger where it still is: a mutant of the database may have taken it away. */
export const setAsideSql = ({ table, name }: Pick<Aside, 'table' | 'name'>): string => {
  const relation = qualified(table)
  const disable = `alter table ${relation} disable trigger ${ident(name)}`
  return `do ${literal(
    `begin if exists (select from pg_catalog.pg_trigger where tgrelid = pg_catalog.to_regclass(${literal(relation)})` +
      ` and tgname = ${literal(name)}) then ${disable}; end if; end`,
  )}`
}
