/** The functions that make, change and take away tenants, complete: run by the owner alone, with names quoted by format. */
import type { RelationName } from '../../ground/names.ts'
import type { TenantSchemaRule } from '../../architecture/kinds/tenant-schema.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import { grantsDdl, tablesDdl } from './template-ddl.ts'

/** A dollar quote that the body does not hold: names of the declaration stand in it. */
const quoteBody = (body: string): string => {
  let tag = '$assay$'
  for (let n = 1; body.includes(tag); n++) tag = `$assay${n}$`
  return `${tag}\n${body.trim()}\n${tag}`
}

/** Nobody but the owner runs it, and it finds names of PostgreSQL's own alone. */
const functionDdl = (name: RelationName, argument: string, body: string): readonly string[] => [
  `create or replace function ${qualified(name)}(${argument} text) returns void language plpgsql set search_path = '' as ${quoteBody(body)};`,
  `revoke all on function ${qualified(name)}(text) from public;`,
]

const createBody = ({ prefix, role, template }: TenantSchemaRule, app: string): string => `
declare
  own text := ${literal(prefix)} || tenant;
  statements text[];
  statement text;
begin
  -- PostgreSQL would cut the name off, and two tenants could become one.
  if octet_length(own) > 63 then
    raise exception 'the tenant''s name is too long: %', own using errcode = 'name_too_long';
  end if;
  execute format('create schema %I', own);
  execute format('create role %I', own);
  execute format('grant %I to %I', own, ${literal(app)});
  execute format('grant usage on schema %I to %I', own, own);
  -- Names of the template are printed bare here, and found in the tenant's own schema below.
  perform set_config('search_path', ${literal(`${ident(template)}, pg_temp`)}, true);
  statements := array(${tablesDdl(template, role)})
    || array(${grantsDdl(template, role)});
  perform set_config('search_path', format(${literal(`%I, ${ident(template).replaceAll('%', '%%')}, pg_temp`)}, own), true);
  foreach statement in array statements loop
    execute statement;
  end loop;
end`

const migrateBody = ({ prefix, role, template }: TenantSchemaRule): string => `
declare
  own name;
  statement text;
begin
  perform set_config('search_path', ${literal(`${ident(template)}, pg_temp`)}, true);
  execute change;
  for own in
    select n.nspname from pg_namespace n join pg_roles r on r.rolname = n.nspname
     where starts_with(n.nspname, ${literal(prefix)}) order by n.nspname
  loop
    perform set_config('search_path', format('%I, pg_temp', own), true);
    execute change;
    -- The tenant's role may do what the template's may do now.
    execute format('revoke all on all tables in schema %I from %I, %I', own, own, ${literal(role)});
    execute format('revoke all on all sequences in schema %I from %I, %I', own, own, ${literal(role)});
    for statement in
      ${grantsDdl(template, role)}
    loop
      execute statement;
    end loop;
  end loop;
end`

const dropBody = ({ prefix }: TenantSchemaRule): string => `
declare
  own text := ${literal(prefix)} || tenant;
begin
  execute format('drop schema %I cascade', own);
  execute format('drop role %I', own);
end`

export const createDdl = (rule: TenantSchemaRule, app: string): readonly string[] =>
  functionDdl(rule.create, 'tenant', createBody(rule, app))

export const migrateDdl = (rule: TenantSchemaRule): readonly string[] =>
  rule.migrate === null ? [] : functionDdl(rule.migrate, 'change', migrateBody(rule))

export const dropDdl = (rule: TenantSchemaRule): readonly string[] =>
  rule.drop === null ? [] : functionDdl(rule.drop, 'tenant', dropBody(rule))

/** Who asks for the tenants has none of their rights before it becomes one of them. */
export const askerDdl = (app: string): string => `alter role ${ident(app)} noinherit;`

export const tenantSchemaDdl = (rule: TenantSchemaRule, app: string): readonly string[] => [
  askerDdl(app),
  ...createDdl(rule, app),
  ...migrateDdl(rule),
  ...dropDdl(rule),
]

/** In place of a function of the same name, whatever that answers or calls its argument. */
export const insteadOf = (name: RelationName, ddl: readonly string[]): string =>
  [`drop function if exists ${qualified(name)}(text);`, ...ddl].join('\n')
