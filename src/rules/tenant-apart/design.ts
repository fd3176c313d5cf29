/**
 * The functions that set a tenant apart and bring it back, complete. Foreign keys to the tables give way while rows
 * move and are checked anew; triggers of the tables do not fire, for nothing changes; both or neither is done.
 */
import type { Architecture } from '../../architecture/architecture.ts'
import type { TenantApartRule } from '../../architecture/kinds/tenant-apart.ts'
import type { RelationName } from '../../ground/names.ts'
import { ident, identList, literal, qualified } from '../../postgres/quote.ts'
import { relationOfId, structureName } from '../ddl.ts'
import { declaredType, generatedRuleOf } from '../declared.ts'

/** One of the tables that a function moves rows of. */
interface Moved {
  readonly parent: string
  /** The default partition. */
  readonly rest: string
  /** The partition's name in the tenant's schema. */
  readonly name: string
  readonly column: string
  /** All columns that can be written, quoted. */
  readonly columns: string
}

const restOf = (table: string): RelationName => ({
  schema: relationOfId(table).schema,
  name: structureName(table, 'together'),
})

const isSame = (one: RelationName, other: RelationName): boolean => qualified(one) === qualified(other)

/** Every rule that names the same function, in the order of the architecture. */
export const rulesOfFunction = (
  rule: TenantApartRule,
  architecture: Pick<Architecture, 'tables'>,
): readonly TenantApartRule[] =>
  architecture.tables
    .flatMap((t) => t.rules)
    .filter(
      (r): r is TenantApartRule =>
        r.kind === 'tenantApart' && isSame((r as TenantApartRule).apart, rule.apart),
    )

const movedBy = (rule: TenantApartRule, architecture: Architecture): readonly Moved[] =>
  rulesOfFunction(rule, architecture).map(({ table, column }) => {
    const relation = relationOfId(table)
    const columns = architecture.tables.find((t) => t.id === table)?.columns ?? []
    const written = columns.map((c) => c.name).filter((c) => !generatedRuleOf(architecture, table, c))
    return {
      parent: qualified(relation),
      rest: qualified(restOf(table)),
      name: relation.schema === 'public' ? relation.name : `${relation.schema}_${relation.name}`,
      column: ident(column),
      columns: identList(written),
    }
  })

/** In a statement that `format` reads. */
const formatted = (sql: string): string => literal(sql)
const inFormat = (sql: string): string => sql.replaceAll('%', '%%')

const quoteBody = (body: string): string => {
  let tag = '$assay$'
  for (let n = 1; body.includes(tag); n++) tag = `$assay${n}$`
  return `${tag}\n${body.trim()}\n${tag}`
}

export const argumentType = (rule: TenantApartRule, architecture: Architecture): string =>
  (declaredType(architecture, rule.table, rule.column) ?? 'text').replace(/\(.*\)/u, '')

export const isTextType = (type: string): boolean =>
  /^(?:text|varchar|character varying|citext)$/iu.test(type)

const functionDdl = (name: RelationName, type: string, body: string): readonly string[] => [
  `create or replace function ${qualified(name)}(tenant ${type}) returns void language plpgsql set search_path = '' as ${quoteBody(body)};`,
  `revoke all on function ${qualified(name)}(${type}) from public;`,
]

/** Kept with their definitions, dropped, and made again at the end, when PostgreSQL checks every row. */
const keysGo = (moved: readonly Moved[]): string => {
  const tables = `array[${moved.map((m) => literal(m.parent)).join(', ')}]::regclass[]`
  const keys = (ddl: string): string =>
    `array(select ${ddl}
      from pg_constraint k where k.confrelid = any (${tables}) and k.conislocal)`
  return `
  back := ${keys(`format('alter table %s add constraint %I %s', k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid))`)};
  foreach statement in array ${keys(`format('alter table %s drop constraint %I', k.conrelid::regclass, k.conname)`)} loop
    execute statement;
  end loop;`
}

const keysCome = `
  foreach statement in array back loop
    execute statement;
  end loop;`

/** An owner who is bound by row-level security sees no rows to check keys with. Nobody else sees the tables meanwhile. */
const bound = (moved: readonly Moved[], word: 'no force' | 'force'): string =>
  moved.map(({ parent }) => `\n  alter table ${parent} ${word} row level security;`).join('')

const triggers = ({ rest }: Moved, word: 'disable' | 'enable'): string =>
  `  alter table ${rest} ${word} trigger user;`

const declared = (rule: TenantApartRule, architecture: Architecture): string => {
  const type = argumentType(rule, architecture)
  return `
declare
  own text := 'apart_' || tenant;
  back text[];
  statement text;
begin${
    isTextType(type)
      ? `
  -- PostgreSQL would cut the schema's name off, and two tenants could share it.
  if octet_length(own) > 63 then
    raise exception 'the tenant''s name is too long: %', own using errcode = 'name_too_long';
  end if;`
      : ''
  }`
}

const apartBody = (rule: TenantApartRule, architecture: Architecture): string => {
  const moved = movedBy(rule, architecture)
  const move = (m: Moved): string => `
  execute format(${formatted(`create table %I.${ident(inFormat(m.name))} (like ${inFormat(m.parent)} including all excluding identity excluding indexes excluding statistics)`)}, own);
  execute format(${formatted(`insert into %I.${ident(inFormat(m.name))} (${inFormat(m.columns)}) select ${inFormat(m.columns)} from ${inFormat(m.rest)} where ${inFormat(m.column)} = $1`)}, own) using tenant;
${triggers(m, 'disable')}
  delete from ${m.rest} where ${m.column} = tenant;
${triggers(m, 'enable')}
  execute format(${formatted(`alter table ${inFormat(m.parent)} attach partition %I.${ident(inFormat(m.name))} for values in (%L)`)}, own, tenant);`
  return `${declared(rule, architecture)}
  if to_regnamespace(format('%I', own)) is not null then
    return;
  end if;
  execute format('create schema %I', own);${bound(moved, 'no force')}${keysGo(moved)}${moved.map(move).join('')}${keysCome}${bound(moved, 'force')}
end`
}

const togetherBody = (rule: TenantApartRule, architecture: Architecture): string => {
  const moved = movedBy(rule, architecture)
  const move = (m: Moved): string => `
  execute format(${formatted(`alter table ${inFormat(m.parent)} detach partition %I.${ident(inFormat(m.name))}`)}, own);
${triggers(m, 'disable')}
  execute format(${formatted(`insert into ${inFormat(m.rest)} (${inFormat(m.columns)}) overriding system value select ${inFormat(m.columns)} from %I.${ident(inFormat(m.name))}`)}, own);
${triggers(m, 'enable')}`
  return `${declared(rule, architecture)}
  if to_regnamespace(format('%I', own)) is null then
    return;
  end if;${bound(moved, 'no force')}${keysGo(moved)}${moved.map(move).join('')}
  execute format('drop schema %I cascade', own);${keysCome}${bound(moved, 'force')}
end`
}

export const apartDdl = (rule: TenantApartRule, architecture: Architecture): readonly string[] =>
  functionDdl(rule.apart, argumentType(rule, architecture), apartBody(rule, architecture))

export const togetherDdl = (rule: TenantApartRule, architecture: Architecture): readonly string[] =>
  rule.together === null
    ? []
    : functionDdl(rule.together, argumentType(rule, architecture), togetherBody(rule, architecture))

/** The default partition, in which the others' rows stand; the table has to be made with `partition by list`. */
export const restDdl = (rule: TenantApartRule): string =>
  `create table ${qualified(restOf(rule.table))} partition of ${qualified(relationOfId(rule.table))} default;`

/** The functions stand once, with the first table that names them. */
export const tenantApartDdl = (rule: TenantApartRule, architecture: Architecture): readonly string[] => [
  restDdl(rule),
  ...(rulesOfFunction(rule, architecture)[0]?.id === rule.id
    ? [...apartDdl(rule, architecture), ...togetherDdl(rule, architecture)]
    : []),
]
