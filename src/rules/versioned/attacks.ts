/** Attacks on a history by those who write its table: nobody but the triggers writes it, also not by way of their functions. */
import { ident, literal } from '../../postgres/quote.ts'
import type { FunctionFacts } from '../../catalog/function.ts'
import type { Structure } from '../../catalog/structure.ts'
import type { Experiment } from '../experiment.ts'
import { rolesThatWrite, tenantSettings } from './asker.ts'
import type { VersionGround } from './ground.ts'

export type VersionCase = Omit<Experiment, 'id' | 'rule' | 'world'>

const refused = { kind: 'rejected', by: { sqlstate: '42501', routine: 'aclcheck_error' } } as const

/** A trigger of one's own whose rows the keeper would write down as versions. */
const forging = (name: string): readonly string[] => [
  'create temporary table assay_forged (n integer) on commit drop',
  `create trigger assay_forged after insert on assay_forged referencing new table as new_rows for each statement execute function ${name}()`,
]

/** Besides the owner and who is named; PUBLIC is a role of its own, numbered 0. */
const callableByOthers = (signature: string, roles: readonly string[]): string =>
  `select count(*)::text from pg_catalog.pg_proc as p
    cross join lateral pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) as x
    where p.oid = ${literal(signature)}::pg_catalog.regprocedure and x.grantee <> p.proowner
      and coalesce((select r.rolname from pg_catalog.pg_roles as r where r.oid = x.grantee), '') <> all (array[${roles.map(literal).join(', ')}]::text[])`

export const attacksOn = async (
  ground: VersionGround,
  keepers: readonly Structure<FunctionFacts>[],
  correction: { readonly given: readonly string[]; readonly call: string; readonly signature: string } | null,
): Promise<readonly VersionCase[]> => {
  const { plan, insert, rows } = ground
  const [role] = rolesThatWrite(ground)
  if (role === undefined) return []
  const as = { role, settings: await tenantSettings(ground) }
  const given = [insert(rows[0])]
  const attack = (title: string, when: readonly string[], mend: string): VersionCase => ({
    title,
    as,
    given,
    when,
    then: refused,
    mend,
  })
  const revoke = `revoke insert, update, delete, truncate on ${plan.history} from ${ident(role)}, public;`
  const columns = `${plan.columns.map(ident).join(', ')}, valid`
  const forged = `select ${plan.columns.map((c) => `present.${ident(c)}`).join(', ')}, tstzrange('2000-01-01', '2001-01-01') from ${plan.table} as present`
  return [
    attack(
      `${role} puts a version in: refused`,
      [`insert into ${plan.history} (${columns}) ${forged}`],
      revoke,
    ),
    attack(`${role} changes a version: refused`, [`update ${plan.history} set valid = null`], revoke),
    attack(`${role} deletes a version: refused`, [`delete from ${plan.history}`], revoke),
    attack(`${role} truncates the history: refused`, [`truncate ${plan.history}`], revoke),
    ...keepers.map((keeper) =>
      attack(
        `${role} has a table of its own written down as versions: refused`,
        forging(`${ident(keeper.facts.schema)}.${ident(keeper.facts.name)}`),
        `revoke all on function ${ident(keeper.facts.schema)}.${ident(keeper.facts.name)}() from public;`,
      ),
    ),
    ...(correction === null || plan.correct?.by.includes(role)
      ? []
      : [
          {
            ...attack(
              `${role} corrects a version: refused`,
              [correction.call],
              `revoke execute on function ${correction.signature} from ${ident(role)}, public;`,
            ),
            given: correction.given,
          },
        ]),
    ...(correction === null
      ? []
      : [
          {
            title: 'nobody else may correct',
            given: [],
            when: [callableByOthers(correction.signature, plan.correct?.by ?? [])],
            then: { kind: 'rows', rows: [['0']] },
            mend: `revoke execute on function ${correction.signature} from public;`,
          } satisfies VersionCase,
        ]),
    ...(correction === null ? [] : (plan.correct?.by ?? [])).map((corrector): VersionCase => ({
      title: `${corrector} corrects, and lets nobody else`,
      given: [],
      when: [
        `select ${['EXECUTE', 'EXECUTE WITH GRANT OPTION'].map((privilege) => `has_function_privilege(${literal(corrector)}, ${literal(correction?.signature ?? '')}, '${privilege}')`).join(', ')}`,
      ],
      then: { kind: 'rows', rows: [['t', 'f']] },
      mend: `revoke grant option for execute on function ${correction?.signature ?? ''} from ${ident(corrector)};`,
    })),
  ]
}

/** Under row-level security: what lets the triggers through lets nobody else through who happens to be in a trigger. */
export const peeksInto = async (ground: VersionGround): Promise<readonly VersionCase[]> => {
  const { plan, insert, rows, taken } = ground
  const [role] = rolesThatWrite(ground)
  const [a, other] = rows
  if (!plan.isolated || role === undefined || other === undefined) return []
  const as = { role, settings: await tenantSettings(ground) }
  const body = `begin perform set_config('assay.seen', (select count(*) from ${plan.history})::text, true); return null; end`
  const peek = [
    'create temporary table assay_peek (n integer) on commit drop',
    `create function pg_temp.assay_peek() returns trigger language plpgsql as ${literal(body)}`,
    'create trigger assay_peek after insert on assay_peek for each statement execute function pg_temp.assay_peek()',
    'insert into assay_peek values (1)',
    `select current_setting('assay.seen')::bigint = (select count(*) from ${plan.history})`,
  ]
  const [mayPeek] = await taken([[insert(a), `set local role ${ident(role)}`, ...peek.slice(0, 3)]])
  if (!mayPeek) return []
  return [
    {
      title: `${role} sees no more versions from a trigger of its own`,
      as,
      given: [insert(a, other)],
      when: peek,
      then: { kind: 'rows', rows: [['t']] },
      mend: `let the policy ${plan.policy} be for the owner of the function alone`,
    },
  ]
}
