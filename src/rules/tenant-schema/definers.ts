/** SECURITY DEFINER functions that a tenant's role may call: what they answer tells nothing of another tenant's rows. */
import { literal, qualified } from '../../postgres/quote.ts'
import { answers, type Attempt } from '../attacks/attack.ts'
import { readDefinerFunctions, type DefinerFunction } from '../attacks/definer-functions.ts'
import { isGap } from '../attacks/gap.ts'
import { sameAnswer } from '../attacks/same-answer.ts'
import type { SchemaGround, SchemaTenant, Sort } from './ground.ts'

const isText = (type: string): boolean => /^(?:text|character varying|name)\b/u.test(type)

/** With the other tenant's name, and with its schema, for every text that it takes. */
const callsOf = (f: DefinerFunction, victim: SchemaTenant): readonly string[] => {
  const withText = (text: string): string =>
    `${qualified(f)}(${f.parameters.map(({ type }) => (isText(type) ? `${literal(text)}::${type}` : `null::${type}`)).join(', ')})`
  return [...new Set([withText(victim.name), withText(victim.own)])]
}

/** The functions that the role may call, asked while it is there. */
const reachable = async ({ context, made, tenants }: SchemaGround): Promise<readonly DefinerFunction[]> => {
  const { db, table } = context
  await db.query('savepoint assay_definers')
  try {
    const [laid] = await db.batch([made.statements.join(';\n')])
    if (laid!.fault) return []
    return (await readDefinerFunctions(db, table, tenants[0].own, [])).filter((f) => !f.isProcedure)
  } finally {
    await db.query('rollback to savepoint assay_definers; release savepoint assay_definers')
  }
}

export const definers: Sort = {
  name: 'definer',
  async attempts(ground) {
    const { filled, context, tenants } = ground
    if (isGap(filled)) return []
    const attempts: Attempt[] = []
    const [a, b] = tenants
    for (const f of await reachable(ground)) {
      for (const from of callsOf(f, b)) {
        const question = await sameAnswer(context.db, filled.empty, {
          asker: a.asker,
          from,
          columns: '*',
          given: [],
          before: [],
          arrival: [context.rows.insert({ ...context.table, schema: b.own }, filled.rows.b)],
        })
        if ('why' in question) continue
        attempts.push({
          ...question,
          title: `${a.title} calls ${f.signature} for ${b.title}: it tells nothing of its row`,
          world: filled.empty,
          as: a.asker,
          then: answers('t'),
          mend: `revoke execute on function ${f.signature} from public;\n-- or let it run with its caller's rights: alter function ${f.signature} security invoker;`,
        })
      }
    }
    return attempts
  },
}
