/** Which trigger, rewrite rule or CHECK stands in the way of a table's rows: the insert without it tells. */
import type { PgFault } from '../postgres/fault.ts'
import {
  type Aside,
  setAsideSql,
  suspectedChecks,
  suspectedRules,
  suspectedTriggers,
  toAside,
} from './asides.ts'
import type { TableFacts } from './facts.ts'
import { insertRows } from './insert.ts'
import type { RowGround } from './row-ground.ts'
import type { Row } from './rows.ts'
import { tryOnTop } from './savepoint.ts'
import { answerOf, isBroken, saidOf } from './trigger-faults.ts'

/** More triggers are not tried one by one. */
const mostTried = 12

/** Whether no other row need be tried: a trigger's function cannot run here. */
export const isHopeless =
  ({ catalog }: RowGround, { table }: TableFacts): ((fault: PgFault) => boolean) =>
  (fault) =>
    isBroken(fault) && suspectedTriggers(catalog, table.id, fault).length > 0

/** The trigger, the rewrite rule or the CHECK without which the row, or what stands before it, is taken or at least refused by something else. */
export const triggerInTheWay = async (
  ground: RowGround,
  { table }: TableFacts,
  refusal: { readonly fault: PgFault | null; readonly world: readonly string[]; readonly row: Row },
): Promise<Aside | null> => {
  const { fault, world, row } = refusal
  const why = fault ? saidOf(fault) : 'it leaves every row out without a word'
  const { catalog } = ground
  const suspected = [
    ...suspectedChecks(catalog, table.id, fault),
    ...suspectedRules(catalog, table.id, fault),
    ...suspectedTriggers(catalog, table.id, fault),
  ]
    .slice(0, mostTried)
    .flatMap((structure) => toAside(catalog, structure, why) ?? [])
  const statements = [...world, `${insertRows(table, [row])} returning 1`, 'set constraints all immediate']
  const { trials } = await tryOnTop(
    ground.db,
    [],
    suspected.map((aside) => [setAsideSql(aside), ...statements].join(';\n')),
  )
  const isTaken = (at: number): boolean =>
    trials[at]!.fault === null && trials[at]!.commands.at(-2)?.tag !== 'INSERT 0 0'
  const differs = (at: number): boolean => {
    const now = trials[at]!.fault
    return now !== null && (fault === null || answerOf(now) !== answerOf(fault))
  }
  const places = [...suspected.keys()]
  const found = places.find(isTaken) ?? places.find(differs)
  if (found !== undefined) return suspected[found]!
  // Of several rewrite rules each keeps the row out: one after the other is set aside.
  const rules = suspected.filter((aside) => aside.kind === 'rule' && !world.includes(setAsideSql(aside)))
  return rules.length > 1 ? rules[0]! : null
}
