/**
 * Triggers that are set aside so that a table has rows at all: one whose function cannot run in this database, or that
 * refuses every row that was tried; rewrite rules that do something else instead; and a CHECK that says false, which
 * keeps a parent empty on purpose. Each is away in the table's world and named there, never left out in silence.
 */
import { saysFalse, type CheckFacts } from '../catalog/check.ts'
import type { RewriteRuleFacts } from '../catalog/rewrite-rule.ts'
import type { Catalog, Structure } from '../catalog/structure.ts'
import type { TriggerFacts } from '../catalog/trigger/statement.ts'
import type { PgFault } from '../postgres/fault.ts'
import { ident, literal, qualified } from '../postgres/quote.ts'
import type { SetAside } from './rows.ts'
import { functionsOf } from './trigger-faults.ts'

const asideKinds = ['trigger', 'rule', 'check'] as const
type AsideKind = (typeof asideKinds)[number]

export interface Aside extends SetAside {
  readonly table: { readonly schema: string; readonly name: string }
  readonly kind: AsideKind
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

/** PostgreSQL's feature_not_supported: a rule that may do something else gives no row back. */
const noRowBack = '0A000'

/** Rewrite rules of the table that put something else in the place of an insert. */
export const suspectedRules = (
  catalog: Catalog,
  table: string,
  fault: PgFault | null,
): readonly Structure<RewriteRuleFacts>[] =>
  fault !== null && fault.sqlstate !== noRowBack
    ? []
    : (catalog.of(table, 'rule') as readonly Structure<RewriteRuleFacts>[]).filter(
        ({ facts }) => facts.event === 'insert' && facts.isInstead && /[OA]/u.test(facts.enabled),
      )

/** The CHECK that refused the row, when it refuses every one. */
export const suspectedChecks = (
  catalog: Catalog,
  table: string,
  fault: PgFault | null,
): readonly Structure<CheckFacts>[] =>
  fault?.sqlstate !== '23514'
    ? []
    : (catalog.of(table, 'check') as readonly Structure<CheckFacts>[]).filter(
        (check) => check.name === fault.constraint && saysFalse(check),
      )

/** Of what may be set aside on a table; null of anything else. */
export const toAside = (catalog: Catalog, structure: Structure, why: string): Aside | null => {
  const table = catalog.tables.get(structure.table ?? '')
  const { id, name } = structure
  const kind = asideKinds.find((one) => one === structure.kind)
  if (!table || !kind) return null
  return { structure: id, why, table: { schema: table.schema, name: table.name }, kind, name }
}

const listedIn: Readonly<Record<AsideKind, string>> = {
  check: 'pg_catalog.pg_constraint where conrelid = %s and conname = %s',
  trigger: 'pg_catalog.pg_trigger where tgrelid = %s and tgname = %s',
  rule: 'pg_catalog.pg_rewrite where ev_class = %s and rulename = %s',
}

/** Takes it away where it still is: a mutant of the database may have taken it away. */
export const setAsideSql = ({ table, kind, name }: Pick<Aside, 'table' | 'kind' | 'name'>): string => {
  const relation = qualified(table)
  const away = `alter table ${relation} ${kind === 'check' ? 'drop constraint' : `disable ${kind}`} ${ident(name)}`
  const values = [`pg_catalog.to_regclass(${literal(relation)})`, literal(name)]
  const listed = listedIn[kind].replaceAll('%s', () => values.shift() ?? '')
  return `do ${literal(`begin if exists (select from ${listed}) then ${away}; end if; end`)}`
}
