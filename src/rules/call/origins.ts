/** Where the values of a call's named parameters come from: a column that finds rows, one that is written, or a number. */
import type { QueryForm } from '../../architecture/kinds/query.ts'
import type { Catalog } from '../../catalog/structure.ts'
import { parseStatements } from '../../postgres/parse.ts'
import { ident } from '../../postgres/quote.ts'
import { conditionsOf } from '../query/conditions.ts'
import { assignedIn, type Assigned } from './assigned.ts'

/** A value taken from rows of a table. */
export interface RowOrigin {
  readonly kind: 'row'
  readonly table: string
  /** As the expression calls the table. */
  readonly alias: string
  readonly expression: string
  /** The column that is written; null: it finds rows. */
  readonly column: string | null
  /** The column that the expression is about; null: none alone. */
  readonly about: string | null
  readonly role: Assigned['role'] | 'found' | 'pattern'
  readonly isArray: boolean
}

export type Origin = RowOrigin | { readonly kind: 'fixed'; readonly value: string }

export interface CallParameter {
  readonly name: string
  /** Null: nobody knows what to give. */
  readonly origin: Origin | null
}

/** As few rows as a page has. */
const page = '20'

const fixed: Readonly<Record<string, string>> = { limit: page, offset: '0', step: '1' }

const originsIn = (form: QueryForm, catalog: Catalog): ReadonlyMap<number, Origin> => {
  const columnsOf = (id: string): readonly string[] =>
    catalog.tables
      .get(id)
      ?.columns.filter(({ generated }) => generated === null)
      .map(({ name }) => name) ?? []
  const { sources, all } = conditionsOf(form.sql, (id) =>
    (catalog.tables.get(id)?.columns ?? []).map(({ name }) => name),
  )
  const origins = new Map<number, Origin>()
  for (const { parameter, table, column, role, isArray } of assignedIn(form.sql, columnsOf)) {
    const alias = sources.find(({ id }) => id === table)?.alias ?? table
    const expression = `${ident(alias)}.${ident(column)}`
    origins.set(
      parameter,
      role === 'step'
        ? { kind: 'fixed', value: fixed['step']! }
        : { kind: 'row', table, alias, expression, column, about: column, role, isArray },
    )
  }
  for (const { parameter, use, expression, column: about, alias } of all) {
    if (origins.has(parameter)) continue
    const constant = fixed[use]
    const table = sources.find((source) => source.alias === alias)?.id
    if (constant !== undefined) origins.set(parameter, { kind: 'fixed', value: constant })
    else if (table !== undefined && alias !== null)
      origins.set(parameter, {
        kind: 'row',
        table,
        alias,
        expression,
        column: null,
        about,
        role: use === 'pattern' ? 'pattern' : 'found',
        isArray: use === 'any',
      })
  }
  return origins
}

/** What a function sends over no database need not be SQL: where it looks at a parameter, there is no value yet. */
const parses = (sql: string): boolean => {
  try {
    return parseStatements(sql).length > 0
  } catch {
    return false
  }
}

/** A value that a call is given, and where rows have it: what else is found comes from rows that have it too. */
export interface GivenValue extends Pick<RowOrigin, 'table' | 'alias' | 'expression' | 'about' | 'isArray'> {
  readonly value: string
}

const matching: ReadonlySet<RowOrigin['role']> = new Set(['insert', 'key', 'found'])

/** Needs `loadParser()`. */
export const givenIn = (forms: readonly QueryForm[], catalog: Catalog): readonly GivenValue[] =>
  forms.flatMap((form) => {
    const isGiven = form.parameters.some((one) => 'value' in one && one.value !== null)
    const origins = isGiven && parses(form.sql) ? originsIn(form, catalog) : new Map<number, Origin>()
    return form.parameters.flatMap((one, i): readonly GivenValue[] => {
      const origin = origins.get(i + 1)
      if (!('value' in one) || one.value === null || origin?.kind !== 'row') return []
      return matching.has(origin.role) ? [{ ...origin, value: one.value }] : []
    })
  })

/** Needs `loadParser()`. Each name once, in the order of the statements. */
export const parametersOf = (forms: readonly QueryForm[], catalog: Catalog): readonly CallParameter[] => {
  const found = new Map<string, Origin | null>()
  for (const form of forms) {
    const origins = parses(form.sql) ? originsIn(form, catalog) : new Map<number, Origin>()
    for (const [i, one] of form.parameters.entries()) {
      // What a row of an earlier statement gives is known when the call runs.
      if (!('name' in one) || one.name === '') continue
      const known = found.get(one.name) ?? null
      found.set(one.name, known ?? origins.get(i + 1) ?? null)
    }
  }
  return [...found].map(([name, origin]) => ({ name, origin }))
}
