/** A lock of an earlier statement is held while later ones work through rows. */
import { isTable } from '../database-state.ts'
import { listed, lockWords, nameOf, stopsWrites, workOn } from '../evidence.ts'
import type { Hazard, HazardFinding } from '../hazard.ts'
import { isExisting, type MigrationTrace, type StatementTrace } from '../trace.ts'

interface Holding {
  readonly statement: StatementTrace
  readonly since: StatementTrace
  readonly oid: number
  readonly worked: readonly number[]
}

const holdings = (trace: MigrationTrace, statements: readonly StatementTrace[]): readonly Holding[] =>
  statements.flatMap((statement) => {
    const worked = workOn(trace, statement)
    if (worked.length === 0 || statement.fault !== null) return []
    for (const since of statements.filter(({ number }) => number < statement.number)) {
      const strong = [...since.taken].find(([oid, mode]) => {
        const relation = statement.before.relations.get(oid)
        return relation !== undefined && isTable(relation) && isExisting(trace, oid) && stopsWrites(mode)
      })
      if (strong) return [{ statement, since, oid: strong[0], worked }]
    }
    return []
  })

export const worksWhileHolding: Hazard = {
  code: 'lint.works-while-holding',
  severity: 'error',
  title: 'A lock is held while later statements work through rows',
  measures:
    'locks last to the end of their transaction: one for which writes wait was taken by an earlier statement, and a later one scans, builds or writes',
  why: 'the first statement is over in a moment, and its lock stays as long as all that follows',
  find: (trace) => {
    const transactions = new Map<number, StatementTrace[]>()
    for (const statement of trace.statements)
      if (statement.transaction !== null)
        transactions.set(statement.transaction, [
          ...(transactions.get(statement.transaction) ?? []),
          statement,
        ])
    return [...transactions.values()].flatMap((statements): readonly HazardFinding[] => {
      const found = holdings(trace, statements)
      const [first] = found
      if (!first) return []
      const { statement, since, oid } = first
      const numbers = found.map((one) => String(one.statement.number + 1))
      const works =
        numbers.length === 1 ? `statement ${numbers[0]!} works` : `statements ${numbers.join(', ')} work`
      const names = found.flatMap((one) => one.worked.map((table) => nameOf(one.statement, table)))
      return [
        {
          statement,
          relation: nameOf(statement, oid),
          summary: `${nameOf(statement, oid)} stays locked from statement ${since.number + 1} on (${lockWords(since.taken.get(oid) ?? null)}) while ${works} through ${listed(names)}`,
          fix: 'Put what works through rows into a migration of its own, before or after the one that locks.',
        },
      ]
    })
  },
}
