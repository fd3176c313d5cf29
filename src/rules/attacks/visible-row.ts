/**
 * A tenant's row that its own policies let through: where they ask more than whose row it is ("not archived"), the
 * base row may be hidden from its own tenant, and what cannot be seen anyway shows nothing about isolation.
 */
import type { Family, Row } from '../../rows/rows.ts'
import type { Asker, World } from '../experiment.ts'
import type { RuleContext } from '../rule-kind.ts'
import { askedOfNewRow, askedOfOldRow, concerns, type Command, type Policy } from './policies.ts'
import { isTaken, tryOut } from './trial.ts'
import { becoming } from '../becoming.ts'

export interface VisibleWish {
  readonly family: Family
  readonly column: string
  /** The tenant's value as SQL. */
  readonly valueSql: string
  readonly asker: Asker
}

/** What the policies ask of a row for a command, as SQL; empty where there is none to satisfy. */
const conditionsFor = (policies: readonly Policy[], command: Command): readonly string[] => {
  const ask = command === 'insert' ? askedOfNewRow : askedOfOldRow
  const texts = (permissive: boolean): readonly string[] =>
    policies
      .filter((p) => p.permissive === permissive && concerns(p, command))
      .map((p) => `coalesce((${ask(p) ?? 'true'}), false)`)
  const permissive = texts(true)
  return permissive.length === 0 ? [] : [`(${permissive.join(' or ')})`, ...texts(false)]
}

/** The base row, or the nearest one that every command's policies let its tenant have; at least those for SELECT. */
export const chooseVisible = async (
  { db, rows, table }: RuleContext,
  empty: World,
  policies: readonly Policy[],
  base: Row,
  { family, column, valueSql, asker }: VisibleWish,
): Promise<Row> => {
  if (!policies.some((p) => p.applies && p.columns.some((c) => c !== column))) return base
  const select = conditionsFor(policies, 'select')
  const others = (['insert', 'update', 'delete'] as const).flatMap((c) => conditionsFor(policies, c))
  await db.query(['savepoint assay_visible', ...becoming(asker).slice(0, -1)].join(';\n'))
  try {
    for (const where of [[...new Set([...select, ...others])], select]) {
      const solved = await rows.solve(table, { family, pins: { [column]: valueSql }, where })
      if (!('row' in solved)) continue
      const stands = await tryOut(db, empty, { when: [rows.insert(table, solved.row)] })
      if (isTaken(stands)) return solved.row
    }
    return base
  } finally {
    await db.query('rollback to savepoint assay_visible; release savepoint assay_visible')
  }
}
