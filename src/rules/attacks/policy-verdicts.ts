/** Asks every policy about every tenant's row, on behalf of each tenant. */
import type { Table } from '../../catalog/table.ts'
import { qualified } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import type { Asker, World } from '../experiment.ts'
import type { PartVerdict, PolicyVerdict } from './mends.ts'
import { askedOfNewRow, askedOfOldRow, type Policy } from './policies.ts'
import { tryAll, type Trial, type TrialAnswer } from './trial.ts'
import { becoming } from '../becoming.ts'

interface Questioner {
  readonly key: string
  readonly asker: Asker
}

/** Settings alone: the prover asks, because the role may not see the row. */
const settingsOnly = (asker: Asker): readonly string[] => becoming(asker).slice(0, -1)

interface Question extends Trial {
  readonly whose: keyof PartVerdict
}

const questions = (
  table: Table,
  sql: string | null,
  tenants: readonly Questioner[],
  nobody: Asker,
): readonly Question[] => {
  const ask = (asker: Asker, { key }: Questioner, whose: keyof PartVerdict): Question => ({
    whose,
    given: settingsOnly(asker),
    when: [
      `select coalesce(${sql === null ? 'false' : `(${sql})`}, false) from ${qualified(table)} where ${key}`,
    ],
  })
  return tenants.flatMap((owning) => [
    ...tenants.map((asking) => ask(asking.asker, owning, asking === owning ? 'own' : 'other')),
    ask(nobody, owning, 'nobody'),
  ])
}

const verdictOf = (asked: readonly Question[], answered: readonly TrialAnswer[]): PartVerdict => {
  const about = (whose: keyof PartVerdict): readonly TrialAnswer[] =>
    answered.filter((_, i) => asked[i]!.whose === whose)
  const isTrue = ({ rows }: TrialAnswer): boolean => rows[0]?.[0] === 't'
  return {
    own: about('own').every(isTrue),
    other: about('other').some(isTrue),
    nobody: about('nobody').some((answer) => answer.fault !== null || isTrue(answer)),
  }
}

export const judgePolicies = async (
  db: Session,
  both: World,
  table: Table,
  policies: readonly Policy[],
  tenants: readonly Questioner[],
  nobody: Asker,
): Promise<readonly PolicyVerdict[]> => {
  const asked = policies.flatMap((policy) => [
    questions(table, askedOfOldRow(policy), tenants, nobody),
    questions(table, askedOfNewRow(policy), tenants, nobody),
  ])
  const answered = await tryAll(db, both, asked.flat())
  const each = answered.length / Math.max(1, asked.length)
  const verdicts = asked.map((part, i) => verdictOf(part, answered.slice(i * each, (i + 1) * each)))
  return policies.map((policy, i) => ({ policy, old: verdicts[2 * i]!, new: verdicts[2 * i + 1]! }))
}
