/** Ways around what no phase can do, as SQL that a person can paste: names and columns are those that stand. */
import type { GrantFacts } from '../../catalog/grant.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Column, Table } from '../../catalog/table.ts'
import { relationId } from '../../ground/names.ts'
import { ident, identList, literal, qualified } from '../../postgres/quote.ts'
import { fittedName } from '../../rules/ddl.ts'
import type { Session } from '../../postgres/session.ts'
import type { ColumnsShape } from './shape.ts'

export const inOneMoment = (statements: readonly string[]): string =>
  ['begin', "set local lock_timeout = '500ms'", ...statements, 'commit'].map((sql) => `${sql};`).join('\n')

/** Rights on the table, said of what has its name meanwhile; whoever has one on an old column has it on its other name. */
const grantsOf = (shape: ColumnsShape, catalog: Catalog, table: Table): readonly string[] =>
  catalog.of(table.id, 'grant').flatMap(({ facts }) => {
    const { grantee, privileges } = facts as GrantFacts
    return privileges.map(({ privilege, columns, grantable }) => {
      const named = columns?.flatMap((name) => {
        const at = shape.olds.findIndex((one) => one.name === name)
        return at < 0 ? [name] : [name, shape.news[at]?.name ?? name]
      })
      return `grant ${privilege}${named === undefined ? '' : ` (${identList(named)})`} on ${qualified(table)} to ${grantee === null ? 'public' : ident(grantee)}${grantable ? ' with grant option' : ''}`
    })
  })

/** A row goes to its partition before any trigger runs: one name for both is a view. */
const renameByView = (shape: ColumnsShape, catalog: Catalog, table: Table): string => {
  const base = { schema: table.schema, name: fittedName(`assay_base_${table.name}`) }
  const columns = [
    ...table.columns.map(({ name }) => ident(name)),
    ...shape.olds.map(({ name }, i) => `${ident(name)} as ${ident(shape.news[i]?.name ?? '')}`),
  ]
  const forth = [
    `alter table ${qualified(table)} rename to ${ident(base.name)}`,
    `create view ${qualified(table)} with (security_invoker = true) as select ${columns.join(', ')} from ${qualified(base)}`,
    ...grantsOf(shape, catalog, table),
  ]
  const end = [
    `drop view ${qualified(table)}`,
    `alter table ${qualified(base)} rename to ${ident(table.name)}`,
    ...shape.olds.map(
      ({ name }, i) =>
        `alter table ${qualified(table)} rename column ${ident(name)} to ${ident(shape.news[i]?.name ?? '')}`,
    ),
  ]
  const back = [
    `drop view ${qualified(table)}`,
    `alter table ${qualified(base)} rename to ${ident(table.name)}`,
  ]
  return [
    'let a view with both names stand for the table while both applications run. It takes all that they write, but COPY … FROM and TRUNCATE:',
    inOneMoment(forth),
    '-- And back:',
    inOneMoment(back),
    '-- When the old application is gone:',
    inOneMoment(end),
  ].join('\n')
}

/** Of a key of partitions that is renamed; with another value every row has another place. */
export const aroundPartitionKey = (shape: ColumnsShape, catalog: Catalog): string => {
  const table = catalog.tables.get(relationId(shape.table))
  return table !== undefined && (shape.kind === 'rename' || shape.kind === 'rename-in-place')
    ? renameByView(shape, catalog, table)
    : 'make a table with the new key, and bring the rows over by hand'
}

/** `computed`: as they stand. */
export const aroundComputed = ({ table, news }: ColumnsShape, computed: readonly Column[]): string => {
  const alter = `alter table ${qualified(table)}`
  const all = computed.map(({ name, default: expression }) => ({
    name,
    expression: expression ?? '…',
    type: news.find((one) => one.name === name)?.type ?? news[0]?.type ?? 'text',
  }))
  return [
    'let it be computed when it is read (since PostgreSQL 18): no row is written; what stands on it, an index above all, has to be made again:',
    inOneMoment(
      all.flatMap(({ name, expression, type }) => [
        `${alter} drop column ${ident(name)}`,
        `${alter} add column ${ident(name)} ${type} generated always as (${expression}) virtual`,
      ]),
    ),
    '-- Or, while nobody reads or writes the table (it is written anew):',
    ...all.map(({ name, type }) => `${alter} alter column ${ident(name)} type ${type};`),
  ].join('\n')
}

export interface ForbiddenNull {
  readonly column: string
  /** As SQL names it. */
  readonly domain: string
}

/** Columns of a domain that forbids null, which nothing fills where they are left out. */
export const readDomains = (db: Session, { table, olds }: ColumnsShape): Promise<readonly ForbiddenNull[]> =>
  db.json<ForbiddenNull>(`
    with recursive domains as (
      select a.attname, t.oid, t.typtype, t.typbasetype, t.typnotnull, t.typdefault is not null as fills
      from pg_catalog.pg_attribute a join pg_catalog.pg_type t on t.oid = a.atttypid
      where a.attrelid = ${literal(qualified(table))}::regclass and not a.atthasdef and a.attidentity = ''
        and a.attname in (${olds.map(({ name }) => literal(name)).join(', ')})
      union all
      select d.attname, t.oid, t.typtype, t.typbasetype, t.typnotnull, d.fills or t.typdefault is not null
      from domains d join pg_catalog.pg_type t on t.oid = d.typbasetype where d.typtype = 'd')
    select attname as column, oid::regtype::text as domain from domains d
    where typtype = 'd' and typnotnull and not exists (select from domains f where f.attname = d.attname and f.fills)
    order by 1, 2`)

/** The column forbids it instead: that is looked at behind the triggers. */
export const withoutDomain = ({ table }: ColumnsShape, { column, domain }: ForbiddenNull): string => {
  const alter = `alter table ${qualified(table)}`
  const name = ident(fittedName(`${column}_is_set`))
  return [
    'let the column forbid it instead, in a migration of its own before:',
    `${alter} add constraint ${name} check (${ident(column)} is not null) not valid;`,
    `${alter} validate constraint ${name};`,
    `${alter} alter column ${ident(column)} set not null;`,
    `${alter} drop constraint ${name};`,
    `alter domain ${domain} drop not null;`,
  ].join('\n')
}
