/** Changes of single values under a view: those that its conditions, values and paths speak of, and those of other rows. */
import { expressionMutants } from '../../catalog/expression/expressions.ts'
import type { Column, Table } from '../../catalog/table.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import type { Family, Row } from '../../rows/rows.ts'
import type { RuleContext } from '../rule-kind.ts'
import { noun, pictured, shortened } from '../sentence.ts'
import type { ColumnPair } from './column-pairs.ts'
import { relationKey, type ColumnRead, type QueryFacts } from './query-facts.ts'
import type { FilledTable } from './relation-rows.ts'
import { isWritable, pointers, type RowChange } from './row-change.ts'
import { jsonDocuments } from './json-documents.ts'
import { xmlDocuments } from './xml-documents.ts'

const mostValues = 10
const mostComputed = 4
const mostDocuments = 40
const mostPooled = 12
/** Columns that a title speaks of. */
const mostPictured = 3

const isText = /^(?:text|character varying|character)\b/u
const isNumber = /^(?:smallint|integer|bigint|numeric|real|double|money)/u
const isMoment = /^(?:date|timestamp)/u
const isDocument = /^jsonb?\b/u

/** Every distinct text but the first one, which stands already. */
const others = (values: readonly (string | undefined)[], own: string | undefined): readonly string[] =>
  [...new Set(values.filter((v): v is string => v !== undefined && v !== 'default'))].filter((v) => v !== own)

const setValue = (context: RuleContext, table: Table, row: Row, column: Column, sql: string): RowChange => ({
  title: `${column.name} of a row of ${noun(table)} ${shortened(sql, 40)}`,
  sql: `update ${qualified(table)} set ${ident(column.name)} = ${sql} where ${context.rows.where(table, row)}`,
  table: table.id,
  value: { table: table.id, column: column.name, sql },
})

const isOf = (table: Table, column: Column, read: ColumnRead): boolean =>
  read.name === column.name &&
  (read.relation === null || read.relation === relationKey(table.schema, table.name))

/** A domain's values are those of its type. */
const plainType = ({ type, typeKind, baseType }: Column): string => (typeKind === 'domain' ? baseType : type)

/** What functions and operators tell apart: capitals, blanks, signs, fractions, other days. */
const variants = (column: Column, own: string | undefined): readonly string[] => {
  if (own === undefined || own === 'null' || own === 'default') return []
  const type = plainType(column)
  const value = `cast(${own} as ${type})`
  if (isText.test(type))
    return [`upper(${own})`, `initcap(${own})`, `(' ' || ${own} || ' ')`, `repeat(${own}, 12)`, `''`]
  if (isNumber.test(type)) return [`-(${value})`, `0`, `${value} * 1000`, `${value} + 0.555`]
  if (isMoment.test(type))
    return [
      `${value} + interval '1 year 40 days 5 hours'`,
      `${value} - interval '1 day'`,
      // Months of the calendar: what an interval adds may end in another year.
      ...['-', '+'].flatMap((sign) =>
        Array.from({ length: 11 }, (_, i) => `${value} ${sign} interval '${i + 1} months'`),
      ),
    ]
  return type === 'boolean' ? [`not ${value}`] : []
}

/** Values of one column of the first row. */
export const valuesOf = async (
  context: RuleContext,
  { table, rows }: FilledTable,
  column: Column,
  facts: QueryFacts,
): Promise<readonly RowChange[]> => {
  const a = rows.get('a')
  if (!a || !isWritable(column)) return []
  const own = a[column.name]
  const about = facts.conditions.filter((c) => c.columns.some((read) => isOf(table, column, read)))
  const computed = facts.computed.filter((c) => c.columns.some((read) => isOf(table, column, read)))
  const points = pointers(context.catalog, table).has(column.name)
  const texts = [...about, ...computed].map((c) => c.text)
  const candidates = points ? [] : await context.rows.candidates(table, column.name, texts)
  const most =
    computed.length > 0 && isDocument.test(plainType(column))
      ? mostDocuments
      : about.length > 0
        ? mostValues
        : computed.length > 0
          ? mostComputed
          : 2
  const isHere = (use: {
    readonly schema: string
    readonly table: string
    readonly column: string
  }): boolean => use.schema === table.schema && use.table === table.name && use.column === column.name
  const documents = [
    ...xmlDocuments(facts.documents.filter(isHere), facts.constants),
    ...jsonDocuments(facts.json.filter(isHere), facts.constants),
  ]
  const values = others(
    [
      ...documents,
      column.notNull ? undefined : 'null',
      rows.get('b')?.[column.name],
      ...(points || (computed.length === 0 && about.length === 0) ? [] : variants(column, own)),
      ...candidates.slice(0, most + 1),
    ],
    own,
  )
  const [document] = documents
  return values.map((sql) => ({
    ...setValue(context, table, a, column, sql),
    ...(sql === document ? { promises: 'meets' as const } : {}),
  }))
}

const mostYears = 6

/** A day of every year that the query names, wherever: half a year from its ends, for what shifts it before it looks. */
const daysOfYears = (constants: readonly string[]): readonly string[] =>
  [...new Set(constants.flatMap((text) => text.match(/(?<!\d)(?:19|20|21)\d\d(?!\d)/gu) ?? []))]
    .slice(0, mostYears)
    .map((year) => literal(`${year}-06-15`))

/** Constants of the query as values of a column that no condition names: it may be reached by ways nobody followed. */
export const pooledValues = async (
  context: RuleContext,
  { table, rows }: FilledTable,
  column: Column,
  { constants }: QueryFacts,
): Promise<readonly RowChange[]> => {
  const a = rows.get('a')
  if (!a || !isWritable(column) || constants.length === 0) return []
  if (pointers(context.catalog, table).has(column.name)) return []
  const days = isMoment.test(plainType(column)) ? daysOfYears(constants) : []
  const changed = (sql: string): RowChange => setValue(context, table, a, column, sql)
  const wanted = constants
    .filter((c) => c.length <= 60 && (isText.test(plainType(column)) || /^-?\d/u.test(c)))
    .slice(0, mostPooled)
  if (
    wanted.length === 0 ||
    !(isText.test(plainType(column)) || isNumber.test(plainType(column)) || isMoment.test(plainType(column)))
  )
    return days.map(changed)
  const pool = `${ident(column.name)} in (${wanted.map(literal).join(', ')})`
  const candidates = await context.rows.candidates(table, column.name, [pool])
  const isWanted = (sql: string): boolean => wanted.some((constant) => sql.includes(constant))
  const possible = others(candidates, a[column.name])
  const pooled = [...possible.filter(isWanted), ...possible.filter((sql) => !isWanted(sql))]
  return [...days, ...pooled.slice(0, mostPooled)].map(changed)
}

/** Rows at the edges of a condition: those that tell it from every way to break it. */
const atTheEdges = async (
  context: RuleContext,
  { table, rows }: FilledTable,
  text: string,
): Promise<readonly RowChange[]> => {
  const a = rows.get('a')
  if (!a) return []
  const broken = expressionMutants(text).map((mutant) => mutant.sql)
  const found = await context.rows.distinguish(table, text, broken, { family: 'a' })
  return found.rows.flatMap(({ row, accepted }): RowChange[] => {
    const sets = table.columns.filter(
      (c) =>
        isWritable(c) && row[c.name] !== undefined && row[c.name] !== a[c.name] && row[c.name] !== 'default',
    )
    const [only] = sets
    if (!only) return []
    const values = Object.fromEntries(sets.map((c) => [c.name, row[c.name]!]))
    return [
      {
        title: `a row of ${noun(table)} with ${pictured(values, Object.keys(values).slice(0, mostPictured))}`,
        sql: `update ${qualified(table)} set ${sets.map((c) => `${ident(c.name)} = ${values[c.name]!}`).join(', ')} where ${context.rows.where(table, a)}`,
        table: table.id,
        ...(accepted ? { promises: 'meets' as const } : {}),
        ...(sets.length === 1 ? { value: { table: table.id, column: only.name, sql: row[only.name]! } } : {}),
      },
    ]
  })
}

export const edges = async (
  context: RuleContext,
  one: FilledTable,
  { own, conditions }: QueryFacts,
): Promise<readonly RowChange[]> => {
  const { table } = one
  const names = new Set(table.columns.map((c) => c.name))
  const key = relationKey(table.schema, table.name)
  const whole = own.filter(({ relation }) => relation === key).map((condition) => condition.text)
  const parts = conditions
    .filter((c) =>
      c.columns.every((read) => names.has(read.name) && (read.relation === null || read.relation === key)),
    )
    .map((condition) => condition.text)
  const changes: RowChange[] = []
  for (const text of new Set([...whole, ...parts])) changes.push(...(await atTheEdges(context, one, text)))
  return changes
}

const nextTo = (column: Column): readonly string[] => {
  const type = plainType(column)
  if (isNumber.test(type)) return [' + 1', ' - 1']
  if (isMoment.test(type)) return [` + interval '1 day'`, ` - interval '1 day'`]
  return []
}

/** A column takes the value that it is compared with, in the row of the same family or of another one. */
export const paired = (
  { rows, catalog }: RuleContext,
  tables: readonly FilledTable[],
  pairs: readonly ColumnPair[],
): readonly RowChange[] => {
  const find = ({ schema, table }: { readonly schema: string; readonly table: string }) =>
    tables.find(({ table: t }) => t.schema === schema && t.name === table)
  return pairs.flatMap(({ target, operator, source }): RowChange[] => {
    const [to, from] = [find(target), find(source)]
    const column = to?.table.columns.find((c) => c.name === target.column)
    if (!to || !from || !column || !isWritable(column)) return []
    // Rows that a foreign key ties together meet as they stand.
    if (pointers(catalog, to.table).has(column.name)) return []
    if (pointers(catalog, from.table).has(source.text.replaceAll('"', ''))) return []
    const one = (a: Family, b: Family, step: string): RowChange[] => {
      const [row, other] = [to.rows.get(a), from.rows.get(b)]
      if (!row || !other) return []
      const value = `(select ${source.text}${step} from ${qualified(from.table)} where ${rows.where(from.table, other)})`
      return [
        {
          title: `${column.name} of row ${a} of ${noun(to.table)} ${shortened(`${source.text}${step}`, 40)} of row ${b} of ${noun(from.table)}`,
          sql: `update ${qualified(to.table)} set ${ident(column.name)} = ${value} where ${rows.where(to.table, row)}`,
          table: to.table.id,
          ...(step === '' && operator === '=' ? { promises: 'pairs' as const } : {}),
        },
      ]
    }
    const isSame = to === from
    return [
      ...(isSame ? one('b', 'a', '') : [...one('a', 'a', ''), ...one('b', 'b', ''), ...one('b', 'a', '')]),
      ...(operator === '=' ? [] : nextTo(column).flatMap((step) => one('a', isSame ? 'b' : 'a', step))),
    ]
  })
}
