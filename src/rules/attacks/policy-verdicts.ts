/** Asks every policy about every tenant's row, on behalf of each tenant. */
import type { Table } from '../../catalog/table.ts'
import { qualified } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import type { Asker, World } from '../experiment.ts'
import type { PolicyVerdict } from './mends.ts'
import { askedOfNewRow, askedOfOldRow, type Policy } from './policies.ts'
import { becoming, tryAll, type Trial } from './trial.ts'

interface Questioner {
  readonly key: string
  readonly asker: Asker
}

/** Settings alone: the prover asks, because the role may not see the row. */
const settingsOnly = (asker: Asker): readonly string[] => becoming(asker).slice(0, -1)

const questions = (table: Table, sql: string | null, tenants: readonly Questioner[]): readonly Trial[] =>
  tenants.flatMap((asking) =>
    tenants.map((owning) => ({
      given: settingsOnly(asking.asker),
      when: [
        `select coalesce(${sql === null ? 'false' : `(${sql})`}, false) from ${qualified(table)} where ${owning.key}`,
      ],
    })),
  )

export const judgePolicies = async (
  db: Session,
  both: World,
  table: Table,
  policies: readonly Policy[],
  tenants: readonly Questioner[],
): Promise<readonly PolicyVerdict[]> => {
  const trials = policies.flatMap((policy) => [
    ...questions(table, askedOfOldRow(policy), tenants),
    ...questions(table, askedOfNewRow(policy), tenants),
  ])
  const truths = (await tryAll(db, both, trials)).map((answer) => answer.rows[0]?.[0] === 't')
  const each = tenants.length ** 2
  // Questions come as asker × owner: the diagonal is one's own row.
  const summed = (from: number): { own: boolean; other: boolean } => {
    const part = truths.slice(from, from + each)
    const isOwn = (i: number): boolean => Math.floor(i / tenants.length) === i % tenants.length
    return { own: part.every((t, i) => !isOwn(i) || t), other: part.some((t, i) => !isOwn(i) && t) }
  }
  return policies.map((policy, i) => ({ policy, old: summed(i * 2 * each), new: summed((i * 2 + 1) * each) }))
}
