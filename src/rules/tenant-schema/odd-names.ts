/** Tenants' names with quotes, spaces, other scripts and SQL in them are quoted as they are, or refused; none is cut off. */
import { literal } from '../../postgres/quote.ts'
import { answers, type Attempt } from '../attacks/attack.ts'
import { tryOut } from '../attacks/trial.ts'
import type { Expected, World } from '../experiment.ts'
import { asOwner, call, isThere, type SchemaGround, type Sort } from './ground.ts'

/** PostgreSQL keeps this many bytes of a name. */
const longest = 63

const oddNames = ({ rule }: SchemaGround): readonly (readonly [what: string, name: string])[] => {
  const rest = longest - Buffer.byteLength(rule.prefix)
  return [
    ['a double quote', 'a"b'],
    ['a single quote', "O'Neill"],
    ['spaces', ' a b '],
    ['capitals and a dot', 'A.B'],
    ['other scripts', 'Žluťoučký 猫'],
    ['a backslash and format marks', String.raw`\%I%s$1`],
    ['SQL behind a semicolon', `x; drop schema "${rule.template}" cascade; --`],
    ['SQL behind a double quote', `x"; drop schema "${rule.template}" cascade; --`],
    [`as many bytes as PostgreSQL keeps`, `${'x'.repeat(rest - 2)}é`],
  ]
}

/** No refusals: the name was taken for SQL, or for another name. */
const readAsSql = new Set(['42601', '42704', '42P01', '3F000'])

const noWorld: World = { id: 'no tenants', statements: [] }

/** A role and a schema of exactly this name, with as many tables as the template has, which the application becomes. */
const isWhole = ({ rule, app }: SchemaGround, own: string): string =>
  `
select exists (select from pg_catalog.pg_roles where rolname = ${literal(own)} and pg_has_role(${literal(app)}, oid, 'MEMBER'))
   and (select count(*) from pg_catalog.pg_tables where schemaname = ${literal(own)})
     = (select count(*) from pg_catalog.pg_tables where schemaname = ${literal(rule.template)})
   and exists (select from pg_catalog.pg_namespace where nspname = ${literal(rule.template)})`.trim()

export const oddNamed: Sort = {
  name: 'name',
  async attempts(ground) {
    if (!ground.isFirst) return []
    const { rule, context, mends } = ground
    const attempts: Attempt[] = []
    for (const [what, name] of oddNames(ground)) {
      const when = [...asOwner(ground, call(rule.create, name)), isWhole(ground, `${rule.prefix}${name}`)]
      const found = await tryOut(context.db, noWorld, { when })
      const isRefused = found.fault !== null && !readAsSql.has(found.fault.sqlstate)
      const then: Expected = isRefused
        ? { kind: 'rejected', by: { sqlstate: found.fault!.sqlstate } }
        : answers('t')
      attempts.push({
        title: `a tenant whose name has ${what} ${isRefused ? 'is refused' : 'is made under exactly that name'}`,
        world: noWorld,
        when,
        then,
        mend: mends.create,
      })
    }
    const tooLong = 'x'.repeat(longest - Buffer.byteLength(rule.prefix) + 1)
    const when = asOwner(ground, call(rule.create, tooLong))
    const found = await tryOut(context.db, noWorld, { when })
    attempts.push({
      title: 'a tenant whose name PostgreSQL would cut off is refused: two of them could become one',
      world: noWorld,
      when,
      then: { kind: 'rejected', by: { sqlstate: found.fault?.sqlstate ?? ['22001', '42622'] } },
      mend: mends.create,
    })
    if (rule.drop !== null) {
      const odd = 'a"b'
      attempts.push({
        title: 'a tenant whose name has a double quote is taken away whole',
        world: noWorld,
        when: [
          ...asOwner(ground, call(rule.create, odd), call(rule.drop, odd)),
          `select ${isThere(`${rule.prefix}${odd}`)}`,
        ],
        then: answers('f'),
        mend: mends.drop,
      })
    }
    return attempts
  },
}
