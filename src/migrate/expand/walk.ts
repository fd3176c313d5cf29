/** The blocks of SQL that read or fill a whole table: what does not convert, what is not filled yet, what does not agree. */
import { dollarQuoted, ident, literal, qualified } from '../../postgres/quote.ts'
import type { RelationName } from '../../ground/names.ts'

export interface WalkedTable extends RelationName {
  /** Columns that tell its rows apart in messages; []: its rows are told by their place. */
  readonly key: readonly string[]
  readonly isPartitioned: boolean
  /** What is joined to it, where a condition reads another table too. */
  readonly beside?: string
}

/** Rows that are named in one message. */
const told = 10

const keyText = ({ key, name, beside }: WalkedTable): string => {
  const columns = key.map((column) => (beside === undefined ? '' : `${ident(name)}.`) + ident(column))
  return columns.length === 0
    ? `ctid::text`
    : columns.length === 1
      ? `${columns[0] ?? ''}::text`
      : `concat_ws(', ', ${columns.join(', ')})`
}

const rowsOf = (table: WalkedTable): string =>
  table.beside === undefined ? qualified(table) : `${qualified(table)}\n    ${table.beside}`

/** Whoever may not see all rows is refused by PostgreSQL instead of being shown a part of them. */
export const seeAllRows = 'set row_security = off'

/** A message that ends in the keys of the rows that are wrong. */
const raise = (what: string, said: string, using: Readonly<Record<string, string>>): string => {
  const keys = `array_to_string(wrong[1:${told}], '; ') || case when cardinality(wrong) > ${told} then ' and more' else '' end`
  const more = Object.entries(using).map(([option, value]) => `, ${option} = ${literal(value)}`)
  return `raise exception using message = ${literal(`${what}: `)} || ${keys}${said}${more.join('')};`
}

/** Refuses with the keys of the rows for which the condition is true; `onlyIf`: where this is so. */
export const refuseWhere = (
  table: WalkedTable,
  condition: string,
  what: string,
  hint: string,
  onlyIf?: string,
): string =>
  `do ${dollarQuoted(`
declare
  wrong text[];
begin
${onlyIf === undefined ? '' : `  if not (${onlyIf}) then\n    return;\n  end if;\n`}  select array_agg(key) into wrong from (
    select ${keyText(table)} as key from ${rowsOf(table)}
    where ${condition.replaceAll('\n', '\n    ')}
    limit ${told + 1}) as rows;
  if wrong is not null then
    ${raise(what, '', { errcode: 'check_violation', hint })}
  end if;
end
`)}`

/** Refuses with the keys of the rows of which an expression cannot be computed, or does not fit its type. */
export const refuseUnconvertible = (
  table: WalkedTable,
  columns: readonly { readonly type: string; readonly value: string }[],
  what: string,
): string =>
  `do ${dollarQuoted(`
declare
  one record;
  wrong text[] := '{}';
  said text;
${columns.map(({ type }, i) => `  value_${i + 1} ${type};`).join('\n')}
begin
  begin
    for one in select ${columns.map(({ value }, i) => `${value} as v${i + 1}`).join(', ')} from ${qualified(table)} loop
${columns.map((_, i) => `      value_${i + 1} := one.v${i + 1};`).join('\n')}
    end loop;
    return;
  exception when others then
    said := sqlerrm;
  end;
  -- Some do not: each row by itself, so that they can be named.
  for one in select ctid as place, ${keyText(table)} as key, tableoid as part from ${qualified(table)} loop
    begin
${columns
  .map(
    ({ value }, i) =>
      `      select ${value} into value_${i + 1} from ${qualified(table)} where ctid = one.place and tableoid = one.part;`,
  )
  .join('\n')}
    exception when others then
      wrong := wrong || one.key;
      exit when cardinality(wrong) > ${told};
    end;
  end loop;
  ${raise(what, " || ' (' || said || ')'", { errcode: 'data_exception', hint: 'Correct these rows, or state an expression that converts them.' })}
end
`)}`

/** Pages of a table in one transaction. */
const pages = 64

/** The rows of the pages that a walk has come to. */
const pagesOf = (row: string): string =>
  `${row}ctid >= format('(%s,0)', page)::tid and ${row}ctid < format('(%s,0)', page + ${pages})::tid`

const walkOne = (relation: string, ...statements: readonly string[]): string => `
  page := 0;
  pages := pg_relation_size(${relation}) / current_setting('block_size')::bigint;
  while page <= pages loop
    begin
      ${statements.join(';\n      ')};
    exception when lock_not_available or deadlock_detected then
      perform pg_sleep(0.1);
      continue;
    end;
    page := page + ${pages};
    commit;
  end loop;`

/**
 * Fills a table in short transactions, page by page. Whatever writes a row meanwhile fills it, so that none is missed
 * though it moves.
 */
export const fillInPages = (
  table: WalkedTable,
  set: readonly { readonly column: string; readonly value: string }[],
  condition: string,
): string => {
  const list = set.map(({ column, value }) => `${ident(column)} = ${value}`).join(', ')
  const where = pagesOf('')
  const body = table.isPartitioned
    ? `
  for leaf in select relid from pg_partition_tree(${literal(qualified(table))}::regclass) where isleaf loop
${walkOne('leaf', `execute format(${literal(`update only %s as ${ident(table.name)} set ${list.replaceAll('%', '%%')} where ctid >= $1 and ctid < $2 and (${condition.replaceAll('%', '%%')})`)}, leaf) using format('(%s,0)', page)::tid, format('(%s,0)', page + ${pages})::tid`)}
  end loop;`
    : walkOne(
        `${literal(qualified(table))}::regclass`,
        `update only ${qualified(table)} set ${list}
      where ${where}
        and (${condition.replaceAll('\n', '\n        ')})`,
      )
  return `do ${dollarQuoted(`
declare
  leaf regclass;
  page bigint;
  pages bigint;
begin${body}
end
`)}`
}

/** Statements of one's own for each few pages; `statements` gets the condition for the rows of these, as columns of `row.`. */
export const walkPages = (
  table: WalkedTable,
  row: string,
  statements: (isInPages: string) => readonly string[],
): string =>
  `do ${dollarQuoted(`
declare
  page bigint;
  pages bigint;
begin${walkOne(`${literal(qualified(table))}::regclass`, ...statements(pagesOf(`${row}.`)))}
end
`)}`

/** One statement, as `assay migrate backfill` takes it. */
export const fillStatement = (
  table: WalkedTable,
  set: readonly { readonly column: string; readonly value: string }[],
  condition: string,
): string =>
  `update ${qualified(table)} set ${set.map(({ column, value }) => `${ident(column)} = ${value}`).join(', ')}\nwhere ${condition}`

export const hasSuchRows = (table: WalkedTable, condition: string): string =>
  `select ${keyText(table)} as row from ${rowsOf(table)}\nwhere ${condition}`
