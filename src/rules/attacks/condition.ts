/**
 * What policies ask beside the tenant, such as "not archived": a row of the tenant's own on either side of each
 * such condition stays shown or hidden, taken or refused, as the policy has it. Rows are found by telling the
 * policy's expression from its mutants; what is expected of each, PostgreSQL says.
 */
import { expressionMutants } from '../../catalog/expression/expressions.ts'
import { loadParser } from '../../postgres/parse.ts'
import type { Row } from '../../rows/rows.ts'
import type { Expected } from '../experiment.ts'
import { affects, accepted, refusedByPolicy, type Attack, type Attempt } from './attack.ts'
import { isGap, type Gap } from './gap.ts'
import { askedOfNewRow, askedOfOldRow, type Policy } from './policies.ts'
import type { Tenancy } from './tenancy.ts'
import { tryAll, type TrialAnswer } from './trial.ts'
import { becoming } from '../becoming.ts'

/** As a policy takes an expression: unknown lets nobody through. */
const asPolicyTakesIt = (sql: string): string => `coalesce((${sql}), false)`

interface Telling {
  readonly row: Row
  readonly differs: readonly string[]
}

/** Rows of tenant a that tell the expression from its mutants, with the tenant's settings in force. */
const tellingRows = async (tenancy: Tenancy, sql: string): Promise<readonly Telling[] | Gap> => {
  const { context, table, rule, a } = tenancy
  const { db, rows } = context
  await db.query(['savepoint assay_condition', ...becoming(a.asker).slice(0, -1)].join(';\n'))
  try {
    const mutants = expressionMutants(sql).map((m) => asPolicyTakesIt(m.sql))
    const found = await rows.distinguish(table, asPolicyTakesIt(sql), mutants, { family: 'a' })
    return found.rows.filter(({ row }) => (row[rule.column] ?? a.valueSql) === a.valueSql)
  } catch (cause) {
    return {
      summary: `no rows were found that tell the condition ${sql} from its mutants`,
      tried: cause instanceof Error ? cause.message : String(cause),
    }
  } finally {
    await db.query('rollback to savepoint assay_condition; release savepoint assay_condition')
  }
}

const titled = (telling: Telling): string =>
  telling.differs.length === 0
    ? 'its own row'
    : `its own row where ${telling.differs.map((c) => `${c} is ${telling.row[c] ?? 'left out'}`).join(', ')}`

/** What a tenant does with a row, and how its answer is read. */
interface Deed {
  readonly verb: string
  readonly given: readonly string[]
  readonly when: string
  readonly expected: (answer: TrialAnswer) => { readonly outcome: string; readonly then: Expected } | null
}

const counted = (answer: TrialAnswer): { readonly outcome: string; readonly then: Expected } | null =>
  answer.fault === null && answer.ran
    ? { outcome: answer.affected === 0 ? 'nothing' : 'the row', then: affects(answer.affected) }
    : null

const taken = (answer: TrialAnswer): { readonly outcome: string; readonly then: Expected } | null => {
  if (!answer.ran) return null
  if (answer.fault === null) return { outcome: 'taken', then: accepted }
  return answer.fault.routine === 'ExecWithCheckOptions'
    ? { outcome: 'refused', then: refusedByPolicy }
    : null
}

const deedsWith = (tenancy: Tenancy, row: Row): readonly Deed[] => {
  const { context, table, relation, may, touch, a } = tenancy
  const insert = context.rows.insert(table, row)
  const allowed = Object.fromEntries(Object.entries(row).filter(([c]) => may.columns.insert.includes(c)))
  return [
    ...(may.columns.select.length > 0
      ? [{ verb: 'sees', given: [insert], when: `select 1 from ${relation}`, expected: counted }]
      : []),
    ...(touch
      ? [
          {
            verb: 'updates',
            given: [insert],
            when: `update ${relation} set ${touch.set({ row: { ...a.row, ...row } })}`,
            expected: counted,
          },
        ]
      : []),
    ...(may.table.delete
      ? [{ verb: 'deletes', given: [insert], when: `delete from ${relation}`, expected: counted }]
      : []),
    ...(may.columns.insert.length > 0
      ? [{ verb: 'inserts', given: [], when: context.rows.insert(table, allowed), expected: taken }]
      : []),
  ]
}

const expressionsOf = (policy: Policy): readonly string[] => [
  ...new Set([askedOfOldRow(policy), askedOfNewRow(policy)].filter((sql): sql is string => sql !== null)),
]

export const condition: Attack = {
  name: 'condition',
  async attempts(tenancy) {
    const { context, empty, a, policies, rule, mends } = tenancy
    const attempts = new Map<string, Attempt>()
    const gaps: Gap[] = []
    await loadParser()
    for (const policy of policies.filter((p) => p.columns.some((c) => c !== rule.column)))
      for (const sql of expressionsOf(policy)) {
        const telling = await tellingRows(tenancy, sql)
        if (isGap(telling)) {
          gaps.push(telling)
          continue
        }
        const deeds = telling.flatMap((one) => deedsWith(tenancy, one.row).map((deed) => ({ one, deed })))
        const tried = await tryAll(
          context.db,
          empty,
          deeds.map(({ deed }) => ({ as: a.asker, given: deed.given, when: [deed.when] })),
        )
        deeds.forEach(({ one, deed }, i) => {
          const expected = deed.expected(tried[i]!)
          if (!expected) return
          const title = `${a.title} ${deed.verb} ${titled(one)}: ${expected.outcome}, as the policy ${policy.name} has it`
          attempts.set([...deed.given, deed.when].join(';'), {
            title,
            world: empty,
            as: a.asker,
            given: deed.given,
            when: [deed.when],
            then: expected.then,
            mend: mends.shutOut('select'),
          })
        })
      }
    return { attempts: [...attempts.values()], gaps }
  },
}
