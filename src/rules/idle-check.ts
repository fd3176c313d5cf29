/** What is shown of a CHECK that no row can break: that it stands as it is written. A note says why there is no more. */
import { literal, qualified } from '../postgres/quote.ts'
import { idleCheck } from '../rows/idle/idle-check.ts'
import type { RelationName } from '../ground/names.ts'
import { rowsAre, type Case } from './draft.ts'
import type { Note } from './experiment.ts'
import type { RuleContext } from './rule-kind.ts'

/** A CHECK of a table, or of a domain. */
export interface AskedCheck {
  /** Id of the table, or of the domain's structure. */
  readonly of: string
  readonly on: RelationName
  readonly isDomain: boolean
  readonly name: string
}

interface Idle {
  readonly case: Case
  readonly note: Note
}

const standsCase = async ({ db }: RuleContext, { on, isDomain, name }: AskedCheck): Promise<Case | null> => {
  const owner = isDomain
    ? `k.contypid = ${literal(qualified(on))}::pg_catalog.regtype`
    : `k.conrelid = ${literal(qualified(on))}::pg_catalog.regclass`
  const given = ["set local search_path = ''"]
  const when = `select pg_catalog.pg_get_constraintdef(k.oid) from pg_catalog.pg_constraint k where ${owner} and k.conname = ${literal(name)}`
  await db.query('savepoint assay_idle')
  try {
    const answers = await db.query([...given, when].join(';\n'))
    const definition = answers.at(-1)?.rows[0]?.[0]
    if (definition === undefined || definition === null) return null
    return {
      title: 'it stands as it is written, which is all that can be seen of it',
      given,
      when: [when],
      then: rowsAre([definition]),
    }
  } finally {
    await db.query('rollback to savepoint assay_idle; release savepoint assay_idle')
  }
}

/** Null where it rejects something, or nothing is proven. */
export const idleCase = async (
  rule: string,
  context: RuleContext,
  asked: AskedCheck,
): Promise<Idle | null> => {
  const idle = await idleCheck(context.db, context.catalog, asked.of, asked.name)
  const stands = idle && (await standsCase(context, asked))
  return stands
    ? {
        case: stands,
        note: {
          rule,
          code: idle.code,
          severity: idle.code === 'check.implied' ? 'note' : 'warning',
          summary: idle.said,
          why: idle.why,
          mend: idle.drop,
        },
      }
    : null
}
