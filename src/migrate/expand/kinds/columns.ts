/** What the kinds of changes of columns have in common: types as they stand and as they are declared, and the casts between. */
import type { DomainFacts } from '../../../catalog/domain.ts'
import { ident } from '../../../postgres/quote.ts'
import { isText } from '../../changes/retype.ts'
import { contractColumns, forgetColumns } from '../columns-close.ts'
import { openColumns } from '../columns-open.ts'
import { castTo } from '../sides.ts'
import { phases, type ColumnsShape, type SideColumn, type TypeToMake } from '../shape.ts'
import type { FoundTable, Stated, StatedSql } from './shape-kind.ts'

const of = (all: readonly StatedSql[], table: string, column: string): string | null =>
  all.find((one) => one.table === table && one.column === column)?.sql ?? null

export const standingType = ({ standing }: FoundTable, column: string): string | null =>
  standing.columns.find(({ name }) => name === column)?.type ?? null

export const wantedType = ({ declared, types }: FoundTable, column: string): string =>
  types.get(column) ?? declared.columns.find(({ name }) => name === column)?.type ?? 'text'

export const isType = (found: FoundTable, column: string): boolean =>
  standingType(found, column) === wantedType(found, column)

export const typesOf = ({ typesToMake }: FoundTable, columns: readonly string[]): readonly TypeToMake[] =>
  columns.flatMap((name) => typesToMake.get(name) ?? [])

/** Whether a person says how one is told from the other. */
export const isStated = ({ declared, stated }: FoundTable, from: string, to: string): boolean =>
  of(stated.set, declared.id, to) !== null || of(stated.back, declared.id, from) !== null

/** A cast goes by the text where there is no other way. */
const castSql = (column: string, from: string, to: string): string =>
  from === to
    ? ident(column)
    : /^(?:text|character varying)/u.test(from) || /^(?:text|character varying)/u.test(to)
      ? `${ident(column)}::${castTo(to)}`
      : `${ident(column)}::text::${castTo(to)}`

const isNumeric = (type: string): boolean =>
  /^(?:smallint|integer|bigint|real|double precision|numeric)/u.test(type)

const convert = (column: string, from: string, to: string): string =>
  isNumeric(from) && isNumeric(to) ? `${ident(column)}::${to}` : castSql(column, from, to)

/** Both sides of one column, each told from the other. */
export const conversions = (
  stated: Stated,
  table: string,
  { column, from, to }: { readonly column: string; readonly from: string; readonly to: string },
): { readonly old: SideColumn; readonly young: SideColumn } => ({
  old: { name: column, type: from, sql: of(stated.back, table, column) ?? convert(column, to, from) },
  young: { name: column, type: to, sql: of(stated.set, table, column) ?? convert(column, from, to) },
})

const overTexts =
  /\bas (?<base>text|character varying|varchar|character|char|bpchar)(?:\s*\(\d+\))?(?:\s|$)/iu

/** What a domain over texts is made of, without a length; null: it is another type. */
const textsOf = ({ catalog, typesToMake }: FoundTable, { name, type }: SideColumn): string | null => {
  const printed = type.replaceAll('"', '')
  const known = [...catalog.structures.values()].find(({ kind, facts }) => {
    if (kind !== 'domain') return false
    const domain = facts as DomainFacts
    return printed === `${domain.schema}.${domain.name}` || printed === domain.name
  })
  const { create = '' } = typesToMake.get(name) ?? {}
  const made = /^create domain /iu.test(create) ? overTexts.exec(create)?.groups?.['base'] : undefined
  const base = known === undefined ? made : (known.facts as DomainFacts).base.replace(/\(\d+\)/u, '')
  return base !== undefined && isText(base) ? base : null
}

/** An assignment refuses a text that is too long for a domain, and a cast to it cuts it off. */
export const uncut = (found: FoundTable, columns: readonly SideColumn[]): readonly SideColumn[] =>
  columns.map((column) => {
    const base = textsOf(found, column)
    if (base === null) return column
    const end = `::${column.type}`
    const isCast = column.sql.endsWith(end)
    return {
      ...column,
      cast: base,
      sql: isCast ? `${column.sql.slice(0, -end.length)}::${base}` : column.sql,
    }
  })

export const pair = (found: FoundTable, from: string, to: string): Pick<ColumnsShape, 'olds' | 'news'> => {
  const { declared, stated } = found
  const [before, after] = [standingType(found, from) ?? 'text', wantedType(found, to)]
  return {
    olds: uncut(found, [
      { name: from, type: before, sql: of(stated.back, declared.id, from) ?? convert(to, after, before) },
    ]),
    news: uncut(found, [
      { name: to, type: after, sql: of(stated.set, declared.id, to) ?? convert(from, before, after) },
    ]),
  }
}

export const formerColumns = ({ declared, standing }: FoundTable) =>
  (declared.renamedFrom ?? []).flatMap((one) => {
    if (one.of !== 'column') return []
    const has = (name: string): boolean => standing.columns.some((column) => column.name === name)
    return has(one.from) && !has(one.column) ? [{ from: one.from, to: one.column }] : []
  })

export const phasesOfColumns = {
  open: openColumns,
  contract: contractColumns,
  forget: forgetColumns,
  phases,
} as const
