/**
 * Values that a generated column cannot be computed from: PostgreSQL computes before it looks at NOT NULL and CHECKs, and
 * raises an error of its own.
 */
import { ident, qualified } from '../../postgres/quote.ts'
import type { Case, Ground } from '../draft.ts'
import { columnsIn } from '../expression-columns.ts'
import { quieted } from '../quiet.ts'
import type { RuleContext } from '../rule-kind.ts'
import { tryOne } from '../trial.ts'
import { comesOut } from '../untriggered.ts'

/** A virtual column is computed when it is read, and stands in no row's way. */
const computedFrom = async (
  columns: readonly string[],
  { table }: RuleContext,
): Promise<readonly string[]> => {
  const found: string[] = []
  for (const { name, generated, default: expression } of table.columns) {
    if (generated !== 'stored') continue
    const sources = await columnsIn(table, expression ?? 'null')
    if (columns.some((column) => sources.includes(column))) found.push(name)
  }
  return found
}

/** The case with the stored columns that are computed of these no longer computed; null where there are none, or it does not come out. */
export const withoutComputed = async (
  columns: readonly string[],
  one: Case,
  context: RuleContext,
  ground: Ground,
): Promise<Case | null> => {
  const names = await computedFrom(columns, context)
  if (names.length === 0) return null
  const { table } = context
  const plain = names.map((name) => `alter column ${ident(name)} drop expression`).join(', ')
  const ddl = [...quieted(context, [table]), `alter table ${qualified(table)} ${plain}`]
  if (await tryOne(context.db, ground.world, ddl)) return null
  const past = {
    ...one,
    title: `${one.title}, also where ${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} not computed of ${columns.length === 1 ? 'it' : 'them'}`,
    given: [...ddl, ...(one.given ?? [])],
  }
  return (await comesOut(context, ground, past)) ? past : null
}

/** The same, where only that lets the constraint answer. */
export const pastComputed = async (
  columns: readonly string[],
  one: Case,
  context: RuleContext,
  ground: Ground,
): Promise<Case | null> =>
  (await comesOut(context, ground, one)) ? null : withoutComputed(columns, one, context, ground)
