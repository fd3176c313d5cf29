/** The functions themselves: who may call them, whose rights they use, and that nothing of the caller's leads them astray. */
import type { TenantSchemaRule } from '../../architecture/kinds/tenant-schema.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { RelationName } from '../../ground/names.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import { accepted, answers, refusedByPrivilege, type Attempt } from '../attacks/attack.ts'
import { tryOut } from '../attacks/trial.ts'
import type { Expected } from '../experiment.ts'
import { equalTo } from './equal.ts'
import { asOwner, call, type SchemaGround, type Sort } from './ground.ts'

interface Callable {
  readonly name: RelationName
  /** What it is called with: a tenant that is there or is to come, or a change. */
  readonly argument: string
  readonly deed: string
  readonly mend: string
  /** It runs with its owner's rights. */
  readonly isDefiner: boolean
  /** Roles that were let call it, beside its owner. */
  readonly callers: readonly string[]
}

/** What this file reads of functions and grants. */
interface Facts {
  readonly schema: string
  readonly name: string
  readonly securityDefiner: boolean
  readonly grantee: string | null
  readonly object: { readonly kind: string; readonly id: string }
}

/** The declared functions, as the catalog has them. */
export const functionIds = ({
  catalog,
  rule,
}: {
  readonly catalog: Catalog
  readonly rule: TenantSchemaRule
}): readonly string[] =>
  [rule.create, rule.migrate, rule.drop].flatMap((wanted) =>
    [...catalog.structures.values()]
      .filter((s) => s.kind === 'function' && wanted !== null)
      .filter((s) => (s.facts as Facts).schema === wanted?.schema && (s.facts as Facts).name === wanted.name)
      .map((s) => s.id),
  )

const callables = (ground: SchemaGround): readonly Callable[] => {
  const { rule, mends, context } = ground
  const structures = [...context.catalog.structures.values()]
  const of = (
    name: RelationName | null,
    argument: string,
    deed: string,
    mend: string,
  ): readonly Callable[] => {
    if (name === null) return []
    const isIt = (facts: Facts): boolean => facts.schema === name.schema && facts.name === name.name
    const found = structures.filter((s) => s.kind === 'function' && isIt(s.facts as Facts))
    const callers = structures.flatMap((s) => {
      const facts = s.facts as Facts
      const isOnIt = s.kind === 'grant' && found.some(({ id }) => id === facts.object.id)
      return isOnIt && facts.grantee !== null ? [facts.grantee] : []
    })
    const isDefiner = found.some((s) => (s.facts as Facts).securityDefiner)
    return [{ name, argument, deed, mend, isDefiner, callers }]
  }
  return [
    ...of(rule.create, 'assay_c', 'makes a tenant', mends.create),
    ...of(rule.migrate, 'select 1', 'changes all tenants', mends.migrate),
    ...of(rule.drop, 'assay_b', 'takes a tenant away', mends.drop),
  ]
}

/** Nobody but the owner and who was granted it by name; a change of all tenants is nobody's but the owner's. */
const closed = (ground: SchemaGround, one: Callable): readonly Attempt[] => {
  const { tenants, made, app, rule } = ground
  const asking = {
    world: made,
    when: [call(one.name, one.argument)],
    then: refusedByPrivilege,
    mend: one.mend,
  }
  const mayAsk = one.callers.includes(app) && one.name !== rule.migrate
  return [
    { ...asking, title: `${tenants[0].title} ${one.deed}: refused`, as: tenants[0].asker },
    {
      ...asking,
      title: `${app} ${one.deed}${mayAsk ? ', as it was granted' : ': refused'}`,
      as: { role: app, settings: {} },
      then: mayAsk ? accepted : refusedByPrivilege,
    },
  ]
}

/** Its list, whole: a function that everybody may call is no wall, whatever its caller lacks today. */
const listed = ({ made, owner }: SchemaGround, one: Callable): Attempt => ({
  title: `${one.callers.length === 0 ? 'nobody' : one.callers.join(', ')} beside the owner may call ${one.name.name}`,
  world: made,
  when: [
    `select case when x.grantee = 0 then 'PUBLIC' else x.grantee::regrole::text end
  from pg_catalog.pg_proc p cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x
 where p.oid = ${literal(`${qualified(one.name)}(text)`)}::regprocedure and x.grantee <> ${literal(ident(owner))}::regrole order by 1`,
  ],
  then: { kind: 'rows', rows: one.callers.map((role) => [role]) },
  mend: one.mend,
})

const rights = (ground: SchemaGround, one: Callable): readonly Attempt[] => {
  const { made, app } = ground
  if (one.isDefiner) return []
  return [
    {
      title: `${app} ${one.deed}, were it let call ${one.name.name}: refused, for it has no rights of its own`,
      world: made,
      as: { role: app, settings: {} },
      given: asOwner(ground, `grant execute on function ${qualified(one.name)}(text) to ${ident(app)}`),
      when: [
        call(
          one.name,
          one.argument === 'select 1'
            ? `create table if not exists ${ident(ground.rule.template)}.assay_made ()`
            : one.argument,
        ),
      ],
      then: { kind: 'rejected', by: { sqlstate: '42501' } },
      mend: one.mend,
    },
  ]
}

/** What it does today with no tenant at all: refused, or nothing. */
const onNull = async ({ made, context, owner }: SchemaGround, one: Callable): Promise<Attempt> => {
  const asking = { world: made, as: { role: owner, settings: {} }, when: [call(one.name, null)] }
  const found = await tryOut(context.db, made, asking)
  const then: Expected = found.fault ? { kind: 'rejected', by: { sqlstate: found.fault.sqlstate } } : accepted
  return {
    ...asking,
    title: `the owner calls ${one.name.name} with null: ${found.fault ? 'refused' : 'nothing happens'}`,
    then,
    mend: one.mend,
  }
}

const pathKept = ({ made, owner }: SchemaGround, one: Callable): Attempt => ({
  title: `${one.name.name} leaves its caller's search_path as it was`,
  world: made,
  as: { role: owner, settings: { search_path: 'information_schema' } },
  when: [call(one.name, one.argument), `select current_setting('search_path')`],
  then: answers('information_schema'),
  mend: one.mend,
})

/** Names of the caller's stand before the template's and the tenant's: tables of its own, and another search_path. */
const hijacked = (ground: SchemaGround): Attempt => {
  const { rule, context, mends } = ground
  const own = `${rule.prefix}assay_c`
  const tables = context.architecture.tables.filter((t) => t.schema === rule.template)
  const { when, then } = equalTo(ground, own, 'true')
  return {
    title:
      "a tenant made under a foreign search_path, with temporary tables of the template's names, is as any other",
    world: ground.made,
    given: asOwner(
      ground,
      ...tables.map(({ name }) => `create temporary table ${ident(name)} (assay int)`),
      `set local search_path = pg_temp, ${ident(rule.template)}, public`,
      call(rule.create, 'assay_c'),
    ),
    when,
    then,
    mend: mends.create,
  }
}

const twice = async (ground: SchemaGround): Promise<Attempt> => {
  const { made, context, owner, rule, tenants, mends } = ground
  const asking = {
    world: made,
    as: { role: owner, settings: {} },
    when: [call(rule.create, tenants[0].name)],
  }
  const found = await tryOut(context.db, made, asking)
  return {
    ...asking,
    title: `a tenant that is there is made once more: ${found.fault ? 'refused' : 'nothing happens'}`,
    then: found.fault ? { kind: 'rejected', by: { sqlstate: found.fault.sqlstate } } : accepted,
    mend: mends.create,
  }
}

export const calling: Sort = {
  name: 'calling',
  async attempts(ground) {
    if (!ground.isFirst) return []
    const all = callables(ground)
    const nulls: Attempt[] = []
    for (const one of all) nulls.push(await onNull(ground, one))
    return [
      ...all.flatMap((one) => [
        ...closed(ground, one),
        listed(ground, one),
        ...rights(ground, one),
        pathKept(ground, one),
      ]),
      ...nulls,
      await twice(ground),
      hijacked(ground),
    ]
  },
}
