/**
 * A table's row as a select without the table: columns get candidate values, expressions are judged over them by
 * PostgreSQL in bulk. The text only; evaluate.ts asks.
 */
import type { Column } from '../catalog/table.ts'
import { ident, literal, qualified } from '../postgres/quote.ts'
import { cluesOfExpression } from './constants.ts'
import type { TableFacts } from './facts.ts'

/** Candidate values of columns that vary, as SQL expressions; [column][option]. */
export interface Frame {
  readonly facts: TableFacts
  readonly columns: readonly { readonly column: Column; readonly options: readonly string[] }[]
}

const number = 'assay row'

const plainCharacter: Readonly<Record<string, string>> = {
  'character varying': 'character varying',
  'public.citext': 'public.citext',
}

/** Without a number these mean one character, one bit. */
const unlimited: Readonly<Record<string, string>> = {
  character: 'bpchar',
  bit: '"bit"',
  'character[]': 'bpchar[]',
  'bit[]': '"bit"[]',
}

/** What a domain stands over, as precise as it is: a number is rounded before it is judged. */
const rounded = ({ baseType, modifier }: Column): string => {
  const found = /^numeric(\[\])?$/u.exec(baseType)
  if (!found || modifier < 4) return baseType
  const packed = modifier - 4
  const scale = packed & 0x7ff
  return `numeric(${(packed >> 16) & 0xffff},${scale >= 1024 ? scale - 2048 : scale})${found[1] ?? ''}`
}

/** The type to cast a value to so that nothing is cut off silently: varchar(3) would cut, varchar does not. */
export const judgedType = (column: Column): string => {
  if (column.typeKind === 'domain') return unlimited[column.baseType] ?? rounded(column)
  return plainCharacter[column.type.replace(/\(\d+\)$/u, '')] ?? column.type
}

/** How many characters or bits the column takes; null without a limit. */
const limitOf = (column: Column): string | null => {
  const type = column.typeKind === 'domain' ? column.baseType : column.type
  if (column.typeKind === 'array') return null
  if (/^character|^bpchar/u.test(type) && column.modifier >= 4)
    return `char_length(%) <= ${column.modifier - 4}`
  if (type.startsWith('bit varying') && column.modifier > 0) return `char_length(%) <= ${column.modifier}`
  if (type.startsWith('bit') && column.modifier > 0) return `char_length(%) = ${column.modifier}`
  return null
}

const cast = (column: Column, sql: string): string => `cast((${sql}) as ${judgedType(column)})`

/** A value of the column's type, and whether it fits the column's length. */
const valueAndFit = (column: Column, limit: string | null, sql: string): string => {
  const fits = limit === null || sql === 'null' ? 'true' : limit.replace('%', `cast((${sql}) as text)`)
  return `${cast(column, sql)}, ${fits}`
}

/** A column of the frame as a VALUES list: option number, value, whether it fits. */
const optionList = (
  column: Column,
  options: readonly string[],
  used: ReadonlySet<number>,
  at: number,
): string => {
  const limit = limitOf(column)
  const rows = [...used].map((i) => `(${i}, ${valueAndFit(column, limit, options[i] ?? 'null')})`)
  return `(values ${rows.join(',\n')}) as o${at} (i, v, fits)`
}

/** One column: a combination is an option. */
const rowsOfOne = (
  { column, options }: Frame['columns'][number],
  combinations: readonly (readonly number[])[],
  names: readonly string[],
): string => {
  const limit = limitOf(column)
  const list = combinations.map(
    (c, n) => `(${n}, ${valueAndFit(column, limit, options[c[0] ?? 0] ?? 'null')})`,
  )
  const values = names.map((name) => `v as ${ident(name)}`)
  return `select n as ${ident(number)}, ${values.join(', ')}, coalesce(fits, true) as "assay fits"
  from (values ${list.join(',\n')}) as c (n, v, fits)
  offset 0`
}

const rowsOfMany = (
  columns: Frame['columns'],
  combinations: readonly (readonly number[])[],
  names: readonly string[],
): string => {
  const inner = [
    `c.n as ${ident(number)}`,
    ...names.map((name, i) => `o${i}.v as ${ident(name)}`),
    `(${['true', ...columns.map((_c, i) => `coalesce(o${i}.fits, true)`)].join(' and ')}) as "assay fits"`,
  ]
  // Only options that are asked about are written: one that cannot be cast would spoil the others.
  const used = columns.map((_c, i) => new Set(combinations.map((c) => c[i] ?? 0)))
  const joins = columns.map(
    ({ column, options }, i) => `join ${optionList(column, options, used[i]!, i)} on o${i}.i = c.i${i}`,
  )
  const list = combinations.map((c, n) => `(${[n, ...c].join(',')})`)
  return `select ${inner.join(', ')} from (values ${list.join(',')}) as c (${['n', ...columns.map((_c, i) => `i${i}`)].join(', ')})
  ${joins.join('\n  ')}
  offset 0`
}

/** Option lists are found by their number: thousands of combinations would be looped over otherwise. */
const plainJoins = 'set local enable_nestloop = off; set local enable_mergejoin = off;\n'
const manyCombinations = 64

/** Where no expression names the table the question is that of any table with such columns. */
const anyTable = 'assay table'

interface Parts {
  /** Numbered rows of values, each with whether it fits. */
  readonly rows: string
  /** Columns of these rows, beside their number and whether they fit. */
  readonly names: readonly string[]
  readonly letters: string
  /** The rows as the table that the expressions stand over. */
  readonly over: (rows: string) => string
}

const partsOf = (
  { facts, columns }: Frame,
  combinations: readonly (readonly number[])[],
  expressions: readonly string[],
): Parts => {
  const { table } = facts
  const isNamed = (name: string): boolean => expressions.some((e) => mayName(e, name))
  const isWhole = expressions.some((e) => isWholeRow(facts, e))
  const own = columns.map(({ column }, i) => (expressions.length === 0 ? `assay ${i}` : column.name))
  const [only] = columns
  const isOne = columns.length === 1 && only !== undefined
  const names = isOne ? [...new Set([...own, ...(expressions.length === 0 ? [] : ['value'])])] : own
  const alias = ident(isWhole || isNamed(table.name) ? table.name : anyTable)
  const present = new Set(columns.map(({ column }) => column.name))
  const computed = table.columns.filter(
    (c) =>
      c.generated !== null &&
      c.default !== null &&
      isNamed(c.name) &&
      (facts.generatedFrom.get(c.name) ?? []).every((s) => present.has(s)),
  )
  const beside = computed.map((c) => `cast((${c.default}) as ${c.type}) as ${ident(c.name)}`).join(', ')
  const letters = [
    `left("assay fits"::text, 1)`,
    ...expressions.map((e) => `coalesce(left((${e}\n)::boolean::text, 1), 'n')`),
  ]
  return {
    rows: isOne ? rowsOfOne(only, combinations, names) : rowsOfMany(columns, combinations, own),
    names,
    letters: letters.join(' || '),
    over: (rows) => {
      if (isWhole) return asRow(facts, columns, rows)
      const base = `(${rows}) as ${alias}`
      return computed.length === 0 ? base : `(select ${alias}.*, ${beside} from ${base} offset 0) as ${alias}`
    },
  }
}

const joinsOf = ({ columns }: Frame, combinations: readonly (readonly number[])[]): string =>
  columns.length > 1 && combinations.length > manyCombinations ? plainJoins : ''

/**
 * `select` giving for each combination (an option number per column) one line of letters: fits, then each
 * expression as t, f or n. `value` names the one column for domain checks written over VALUE.
 */
export const frameSelect = (
  frame: Frame,
  combinations: readonly (readonly number[])[],
  expressions: readonly string[],
): string => {
  const { rows, letters, over } = partsOf(frame, combinations, expressions)
  return `${joinsOf(frame, combinations)}select ${ident(number)}, ${letters} from ${over(rows)}`
}

const setting = 'assay.answers'

/**
 * The same with e where an expression throws, each row for itself: one text, as frameAnswers() reads it. What throws
 * must not be a value itself.
 */
export const frameApart = (
  frame: Frame,
  combinations: readonly (readonly number[])[],
  expressions: readonly string[],
): string => {
  const { rows, names, letters, over } = partsOf(frame, combinations, expressions)
  const columns = names.map((name) => `"assay one".${ident(name)} as ${ident(name)}`)
  const one = `select "assay one".${ident(number)} as ${ident(number)}, ${columns.map((c) => `${c}, `).join('')}"assay one"."assay fits" as "assay fits" offset 0`
  const body = `#variable_conflict use_column
    declare "assay one" record; "assay said" text := ''; "assay letters" text;
    begin
      for "assay one" in ${rows} loop
        begin
          select ${letters} into "assay letters" from ${over(one)};
        exception when others then
          "assay letters" := left("assay one"."assay fits"::text, 1) || ${literal('e'.repeat(expressions.length))};
        end;
        "assay said" := "assay said" || "assay one".${ident(number)} || "assay letters" || ',';
      end loop;
      perform pg_catalog.set_config(${literal(setting)}, "assay said", true);
    end`
  return `${joinsOf(frame, combinations)}do language plpgsql ${literal(body)};\nselect pg_catalog.current_setting(${literal(setting)})`
}

/** Rows as frameSelect() gives them, of what frameApart() said. */
export const frameAnswers = (said: string): readonly (readonly [string, string])[] =>
  said.split(',').flatMap((one) => {
    const [, at, letters] = /^(\d+)([a-z]+)$/u.exec(one) ?? []
    return at === undefined || letters === undefined ? [] : [[at, letters] as const]
  })

/** However it is spelled. */
const mayName = (expression: string, name: string): boolean =>
  /u&"/iu.test(expression) || expression.toLowerCase().includes(name.replaceAll('"', '""').toLowerCase())

const isWholeRow = (facts: TableFacts, sql: string): boolean => {
  const clues = cluesOfExpression(sql)
  return clues !== null && (clues.wholeRow || clues.columns.includes(facts.table.name))
}

/** Rows of the table's own type, for expressions that take the row as a whole. */
const asRow = (facts: TableFacts, columns: Frame['columns'], rows: string): string => {
  const present = new Set(columns.map(({ column }) => column.name))
  const values = facts.table.columns.map((c) =>
    present.has(c.name) ? ident(c.name) : `cast(null as ${c.type})`,
  )
  const whole = `cast(row(${values.join(', ')}) as ${qualified(facts.table)}) as "assay whole"`
  const typed = `(select ${ident(number)}, "assay fits", ${whole} from (${rows}) as "assay rows" offset 0) as "assay rows"`
  return `${typed} cross join lateral unnest(array["assay whole"]) as ${ident(facts.table.name)}`
}

/** `select` giving the expressions' values as text for one row of values. */
export const valueSelect = (
  facts: TableFacts,
  row: readonly { readonly column: Column; readonly sql: string }[],
  expressions: readonly string[],
): string => {
  const inner = row.map(({ column, sql }) => `${cast(column, sql)} as ${ident(column.name)}`)
  const texts = expressions.map((e) => `(${e}\n)::text`)
  return `select ${texts.join(', ')} from (select ${inner.join(', ')} offset 0) as ${ident(facts.table.name)}`
}
