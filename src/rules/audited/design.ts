/**
 * The trigger function of an audited table: static SQL over transition tables, one pass per statement. Values stand by
 * column, 128 rows to a row of the log: json_agg of a column costs half of what a JSON object per row does.
 */
import type { Architecture } from '../../architecture/architecture.ts'
import type { AuditedRule } from '../../architecture/kinds/audited.ts'
import type { GeneratedRule } from '../../architecture/kinds/generated.ts'
import type { RelationName } from '../../ground/names.ts'
import { relationId } from '../../ground/names.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import { chunkDigest, commitment, rowsPerChunk, statementDigest } from '../audit-log/hash.ts'
import { auditLogSql } from '../audit-log/names.ts'
import { relationOfId, structureName, tableText } from '../ddl.ts'
import { optionalColumns, primaryKeyColumns, rulesOf as rulesOfKind } from '../declared.ts'

/** Names, times and numbers are written in one way, whatever the session of the writer has set. */
export const auditSettings = [
  'set search_path = pg_catalog, pg_temp',
  `set timezone = 'UTC'`,
  `set datestyle = 'ISO, YMD'`,
  `set intervalstyle = 'postgres'`,
  `set bytea_output = 'hex'`,
  'set extra_float_digits = 1',
  // A plan that was made for one row is kept, and a nested loop over 100,000 pairs would never end.
  'set enable_nestloop = off',
  `set work_mem = '64MB'`,
].join('\n')

export interface AuditedColumn {
  readonly name: string
  /** JSON has a faithful form of it: a number, a boolean, a text or a time. Others stand as PostgreSQL's own text. */
  readonly isScalar: boolean
}

type Operation = 'INSERT' | 'UPDATE' | 'DELETE'

export interface AuditedTable {
  readonly log: string
  readonly relation: RelationName
  readonly columns: readonly AuditedColumn[]
  readonly key: readonly string[]
  readonly personal: readonly string[]
  readonly person: readonly string[]
  readonly operations: readonly Operation[]
  /** Whether a personal value may be null, of which nothing is kept. */
  readonly mayLack: boolean
}

const scalar =
  /^(?:smallint|integer|int|int[248]|bigint|numeric|decimal|real|double precision|float[48]?|boolean|bool|text|varchar|character varying|date|timestamp|timestamptz|timestamp with(?:out)? time zone)(?:\s*\([\d, ]+\))?$/u

const isScalarType = (type: string): boolean => scalar.test(type.trim().toLowerCase())

/** One side of the statement: its transition table, and short names for its values. */
interface Side {
  readonly rows: 'old_rows' | 'new_rows'
  readonly letter: 'o' | 'n'
}
const sides: Readonly<Record<'old' | 'new', Side>> = {
  old: { rows: 'old_rows', letter: 'o' },
  new: { rows: 'new_rows', letter: 'n' },
}
const sidesOf = (operation: Operation): readonly Side[] => [
  ...(operation === 'INSERT' ? [] : [sides.old]),
  ...(operation === 'DELETE' ? [] : [sides.new]),
]

/** Everything about the value of column i on one side. */
const named = (side: Side, i: number) => ({
  value: `${side.letter}${i}`,
  salt: `${side.letter}s${i}`,
  commitment: `${side.letter}c${i}`,
  all: `${side.letter}j${i}`,
})

const isPersonal = (table: AuditedTable, column: AuditedColumn): boolean =>
  table.personal.includes(column.name)

/** The rows of a side with their position and, where personal, a salt. */
const rowsOf = (table: AuditedTable, side: Side): string => {
  const values = table.columns.flatMap((column, i) => {
    const { value, salt } = named(side, i)
    const own = `r.${ident(column.name)}${column.isScalar ? '' : '::text'} as ${value}`
    return isPersonal(table, column) ? [own, `gen_random_uuid() as ${salt}`] : [own]
  })
  return `select row_number() over () - 1 as pos, ${values.join(', ')} from ${side.rows} r`
}

const committed = (table: AuditedTable, operation: Operation): string => {
  const parts = sidesOf(operation).flatMap((side) =>
    table.columns.flatMap((column, i) => {
      if (!isPersonal(table, column)) return []
      const name = named(side, i)
      const changed = operation === 'UPDATE' ? ` and o${i}::text is distinct from n${i}::text` : ''
      return [
        `case when ${name.value} is not null${changed} then ${commitment(name.salt, `${name.value}::text`)} end as ${name.commitment}`,
      ]
    }),
  )
  return parts.length === 0 ? '' : `, ${parts.join(', ')}`
}

const written = (table: AuditedTable, operation: Operation): string => {
  const [first, second] = sidesOf(operation)
  const from =
    second === undefined
      ? `(${rowsOf(table, first!)}) a`
      : `(${rowsOf(table, first!)}) a join (${rowsOf(table, second)}) b using (pos)`
  return `select *${committed(table, operation)} from ${from}`
}

/** A column of a chunk as a JSON array. */
const chunked = (table: AuditedTable, side: Side, i: number): string => {
  const { value, commitment: hash, all } = named(side, i)
  return `json_agg(${isPersonal(table, table.columns[i]!) ? hash : value}) as ${all}`
}

/** One side of a chunk as a JSON object. Of an update only columns that changed in it (to the last digit: 1.0 and 1.00 are two), and the old key. */
const sided = (table: AuditedTable, operation: Operation, side: Side): string => {
  const columns = table.columns.map((column, i) => {
    const all = `c.${named(side, i).all}`
    const isWhole = operation !== 'UPDATE' || (side.letter === 'o' && table.key.includes(column.name))
    const kept = isWhole ? all : `case when c.oj${i}::text <> c.nj${i}::text then ${all} end`
    return `${kept} as ${ident(column.name)}`
  })
  return `(select row_to_json(x) from (select ${columns.join(', ')}) x)`
}

/** Personal values with their salts, apart from the entries. */
const kept = (table: AuditedTable, operation: Operation): string => {
  const values = sidesOf(operation).flatMap((side) => {
    const person = table.person.map((name) => {
      const i = table.columns.findIndex((column) => column.name === name)
      return named(side, i).value
    })
    return table.columns.flatMap((column, i) => {
      if (!isPersonal(table, column)) return []
      const name = named(side, i)
      return [
        `(${name.commitment}, ${literal(column.name)}, jsonb_build_array(${person.join(', ')}), ${name.salt}, ${name.value}::text)`,
      ]
    })
  })
  return `insert into ${auditLogSql(table.log).personal} (commitment, lane, number, relation, column_name, person, salt, value)
      select v.commitment, head.lane, head.number, ${literal(relationId(table.relation))}, v.column_name, v.person, v.salt, v.value
        from written cross join lateral (values ${values.join(',\n          ')}) v(commitment, column_name, person, salt, value)
       ${table.mayLack || operation === 'UPDATE' ? 'where v.commitment is not null ' : ''}returning 1`
}

/** `open` answers once per statement, so that a retry of nothing else is needed. */
const branch = (table: AuditedTable, operation: Operation): string => {
  const sql = auditLogSql(table.log)
  const own = sidesOf(operation)
  const hasPersonal = table.personal.length > 0
  const aggregates = own.flatMap((side) => table.columns.map((_, i) => chunked(table, side, i)))
  const json = (name: 'old' | 'new'): string =>
    `${own.includes(sides[name]) ? sided(table, operation, sides[name]) : 'null::json'} as ${name}`
  return `    if not exists (select from ${own[0]!.rows}) then
      return null;
    end if;
    select * into strict head from ${sql.open}();
    with written as (
      ${written(table, operation)}
    ), chunked as (
      select (pos / ${rowsPerChunk})::integer as chunk, count(*) as entries, ${aggregates.join(', ')}
        from written group by 1
    ), sided as (
      select c.chunk, c.entries, ${json('old')}, ${json('new')} from chunked c
    ), logged as (
      insert into ${sql.rows} (lane, number, chunk, entries, "old", "new", digest)
      select head.lane, head.number, d.chunk, d.entries, d.old, d.new, ${chunkDigest('d.entries', 'd.old', 'd.new')} from sided d
      returning chunk, entries, digest
    )${
      hasPersonal
        ? `, kept as (
      ${kept(table, operation)}
    )`
        : ''
    }
    select sum(l.entries) as entries, ${statementDigest('l.digest', 'l.chunk')} as digest, ${
      hasPersonal ? '(select count(*) from kept)' : '0'
    } as personal into strict total from logged l;
`
}

/** A dollar quote that the text does not hold, whatever the table's columns are called. */
const dollarQuoted = (text: string): string => {
  let tag = '$audit$'
  for (let n = 1; text.includes(tag); n++) tag = `$audit${n}$`
  return `${tag}\n${text}\n${tag}`
}

/** The function's body as a dollar-quoted string. */
export const auditedFunctionBody = (table: AuditedTable): string => {
  const branches = table.operations.map(
    (operation) => `  when ${literal(operation)} then
${branch(table, operation)}`,
  )
  return dollarQuoted(`declare
  head record;
  total record;
begin
${
  table.operations.length === 1
    ? branch(table, table.operations[0]!)
    : `  case tg_op
${branches.join('')}  end case;`
}
  perform ${auditLogSql(table.log).seal}(head.lane, head.number, head.previous, ${literal(relationId(table.relation))}, tg_op,
    array[${table.key.map(literal).join(', ')}]::text[], total.entries::bigint, total.personal::bigint, total.digest);
  return null;
end`)
}

/** What is audited of a declared table; generated columns follow from the others. */
export const auditedTable = (rule: AuditedRule, architecture: Architecture): AuditedTable => {
  const declared = architecture.tables.find((t) => t.id === rule.table)
  const generated = new Set(
    rulesOfKind<GeneratedRule>(architecture, rule.table, 'generated').map((r) => r.column),
  )
  return {
    log: rule.log,
    relation: relationOfId(rule.table),
    columns: (declared?.columns ?? [])
      .filter((column) => !generated.has(column.name))
      .map((column) => ({ name: column.name, isScalar: isScalarType(column.type) })),
    key: primaryKeyColumns(architecture, rule.table),
    personal: rule.personal,
    person: rule.person,
    operations: ['INSERT', 'UPDATE', 'DELETE'],
    mayLack: optionalColumns(architecture, rule.table).some((name) => rule.personal.includes(name)),
  }
}

export interface AuditedNames {
  readonly function: RelationName
  readonly triggers: Readonly<Record<Operation | 'TRUNCATE', string>>
}

export const auditedNames = (rule: Pick<AuditedRule, 'table' | 'log'>): AuditedNames => {
  const { name } = relationOfId(rule.log)
  const trigger = (word: string): string => structureName(rule.table, name, word)
  return {
    function: { schema: relationOfId(rule.table).schema, name: structureName(rule.table, name) },
    triggers: {
      INSERT: trigger('insert'),
      UPDATE: trigger('update'),
      DELETE: trigger('delete'),
      TRUNCATE: trigger('truncate'),
    },
  }
}

const referencing: Readonly<Record<Operation, string>> = {
  INSERT: 'referencing new table as new_rows',
  UPDATE: 'referencing old table as old_rows new table as new_rows',
  DELETE: 'referencing old table as old_rows',
}

/** One function and four triggers, each for one event: PostgreSQL has transition tables for one event only. */
export const auditedDesign = (rule: AuditedRule, architecture: Architecture): readonly string[] => {
  const table = auditedTable(rule, architecture)
  const names = auditedNames(rule)
  const call = qualified(names.function)
  const on = tableText(rule.table)
  const { guard } = auditLogSql(rule.log)
  const always = (trigger: string): string => `alter table ${on} enable always trigger ${ident(trigger)};`
  return [
    `create or replace function ${call}() returns trigger\nlanguage plpgsql security definer\n${auditSettings}\nas ${auditedFunctionBody(table)};`,
    `revoke all on function ${call}() from public;`,
    ...table.operations.flatMap((operation) => [
      `create or replace trigger ${ident(names.triggers[operation])} after ${operation.toLowerCase()} on ${on} ` +
        `${referencing[operation]} for each statement execute function ${call}();`,
      always(names.triggers[operation]),
    ]),
    `create or replace trigger ${ident(names.triggers.TRUNCATE)} before truncate on ${on} for each statement execute function ${guard}();`,
    always(names.triggers.TRUNCATE),
  ]
}
