/** Sequences of their own: those that a serial or identity column owns belong to their column's structures. */
import { ident, qualified } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'
import { commentOn, grantsOn, type Acl } from './dependency/dependent-ddl.ts'
import { idsOf, makeMutant } from './make-mutant.ts'
import type { Catalog, Mutant, Structure, StructureKind } from './structure.ts'
import { notOfExtension, userSchema } from './tables-sql.ts'
import { relationObjectId } from './uses.ts'

export interface SequenceFacts {
  readonly schema: string
  readonly name: string
  readonly owner: string
  readonly type: string
  /** As text: a bigint's bounds do not fit a number. */
  readonly start: string
  readonly increment: string
  readonly minimum: string
  readonly maximum: string
  readonly cache: string
  readonly cycle: boolean
  readonly acl: Acl
  readonly comment: string | null
}

/** Owned: deptype `i` by an identity, `a` by a serial or OWNED BY. */
const sequencesSql = `
  select
    n.nspname as schema, c.relname as name, pg_catalog.pg_get_userbyid(c.relowner) as owner,
    pg_catalog.format_type(s.seqtypid, null) as type, s.seqstart::text as start, s.seqincrement::text as increment,
    s.seqmin::text as minimum, s.seqmax::text as maximum, s.seqcache::text as cache, s.seqcycle as cycle,
    (select json_agg(json_build_object(
      'grantee', case when x.grantee <> 0 then pg_catalog.pg_get_userbyid(x.grantee) end,
      'privilege', x.privilege_type, 'grantable', x.is_grantable)
      order by pg_catalog.pg_get_userbyid(x.grantee) collate "C", x.privilege_type, x.is_grantable)
      from pg_catalog.aclexplode(c.relacl) x) as acl,
    pg_catalog.obj_description(c.oid, 'pg_class') as comment
  from pg_catalog.pg_sequence s
  join pg_catalog.pg_class c on c.oid = s.seqrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where ${userSchema('n')} and ${notOfExtension('pg_class', 'c.oid')}
    and not exists (select from pg_catalog.pg_depend d
      where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype in ('i', 'a'))
  order by n.nspname collate "C", c.relname collate "C"`

const optionsOf = (facts: SequenceFacts): string =>
  [
    `AS ${facts.type} START WITH ${facts.start} INCREMENT BY ${facts.increment}`,
    `MINVALUE ${facts.minimum} MAXVALUE ${facts.maximum} CACHE ${facts.cache} ${facts.cycle ? 'CYCLE' : 'NO CYCLE'}`,
  ].join(' ')

/** CACHE is left as it is: one session sees no difference, and gaps between sessions are never asked about. */
const mutantsOf = (structure: Structure<SequenceFacts>, catalog: Catalog): readonly Mutant[] => {
  const { facts } = structure
  const alter = `alter sequence ${qualified(facts)}`
  const step = BigInt(facts.increment)
  const first = BigInt(facts.start)
  const changed = (does: string, summary: string, ddl: string): Mutant =>
    makeMutant(structure, { does, effect: 'changed', summary, ddl: [`${alter} ${ddl}`] })
  return [
    makeMutant(structure, {
      does: 'removed',
      effect: 'removed',
      summary: 'the sequence is gone, and with it what draws from it',
      ddl: [`drop sequence ${qualified(facts)} cascade`],
      alsoRemoves: idsOf(catalog.dependents(structure.id)),
    }),
    changed('increment-doubled', `it counts by ${step * 2n}, not by ${step}`, `increment by ${step * 2n}`),
    changed(
      'start-moved',
      `its next number is one step further`,
      `start with ${first + step} restart with ${first + step}`,
    ),
    changed(
      facts.cycle ? 'cycle-off' : 'cycle-on',
      facts.cycle ? 'it ends at its last number' : 'it begins again after its last number',
      facts.cycle ? 'no cycle' : 'cycle',
    ),
  ]
}

export const sequenceKind: StructureKind<SequenceFacts> = {
  kind: 'sequence',
  read: async (db: Session) =>
    (await db.json<SequenceFacts>(sequencesSql)).map((facts) => ({
      id: relationObjectId('sequence', facts),
      kind: 'sequence',
      table: null,
      name: facts.name,
      definition: optionsOf(facts),
      dependsOn: [],
      facts,
    })),
  create: ({ facts }) => {
    const name = qualified(facts)
    return [
      `create sequence ${name} ${optionsOf(facts)}`,
      `alter sequence ${name} owner to ${ident(facts.owner)}`,
      ...grantsOn(`sequence ${name}`, facts.acl, facts.owner, []),
      ...commentOn(`sequence ${name}`, facts.comment),
    ]
  },
  drop: ({ facts }) => [`drop sequence ${qualified(facts)} cascade`],
  mutants: mutantsOf,
  declaredBy: ({ name }) => `t.defaults({ …: "nextval('${name}')" }), or the rule that draws from it`,
}
