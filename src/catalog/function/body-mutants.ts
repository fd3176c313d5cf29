/**
 * A PL/pgSQL body broken in one place at a time: each statement is left out, each condition turned around or changed,
 * each filter and join condition dropped or changed. What the rest of the body then does, PostgreSQL shows.
 */
import { expressionMutants, type ExpressionMutant } from '../expression/expressions.ts'
import { plpgsqlPlaces, type BodyPlace } from './plpgsql-places.ts'

export interface BodyMutant {
  /** `statement-removed`. */
  readonly does: string
  /** Which of its kind, counted from 1, and what is changed there. */
  readonly details: readonly string[]
  readonly summary: string
  readonly body: string
}

/** On one line, and not longer than a line of a report. */
const quoted = (text: string): string => {
  const line = text.replaceAll(/\s+/gu, ' ')
  return line.length > 72 ? `${line.slice(0, 71)}…` : line
}

/** `tg_op <= 'DELETE'`: what a trigger is told of its call are words without an order, which are asked for as they are. */
const ordersWords =
  /\btg_(?:op|when|level|name|table_name|table_schema)"?\s*(?:<=|>=|<|>)(?![<>=])|(?<![<>=])(?:<=|>=|<|>)\s*"?tg_(?:op|when|level|name|table_name|table_schema)\b/giu

const timesOrdered = (sql: string): number => sql.match(ordersWords)?.length ?? 0

/** A condition may hold what is no SQL expression by itself. */
const changesOf = (sql: string): readonly ExpressionMutant[] => {
  try {
    const before = timesOrdered(sql)
    return expressionMutants(sql).filter((mutant) => timesOrdered(mutant.sql) <= before)
  } catch {
    return []
  }
}

interface Change {
  readonly does: string
  readonly detail?: string
  readonly text: string
  readonly summary: string
}

const changes = (place: BodyPlace, text: string): readonly Change[] => {
  if (place.what === 'statement')
    return [{ does: 'statement-removed', text: 'null', summary: `it does not do "${quoted(text)}"` }]
  const changed = changesOf(text).map(({ operator, detail, sql, summary }) => ({
    does: `${place.what}-changed`,
    detail: `${operator} ${detail}`,
    text: sql,
    summary: `where it asks ${quoted(text)}: ${summary}`,
  }))
  if (place.what === 'condition')
    return [
      {
        does: 'condition-negated',
        text: `not coalesce((${text}\n), false)`,
        summary: `it does the contrary of "if ${quoted(text)}"`,
      },
      ...changed,
    ]
  // ON TRUE is none to begin with.
  if (text.toLowerCase() === 'true') return changed
  return [
    {
      does: `${place.what}-dropped`,
      text: 'true',
      summary: `it does not ask "${place.what === 'join' ? 'on' : 'where'} ${quoted(text)}"`,
    },
    ...changed,
  ]
}

/** In the order of the body; [] for one that PostgreSQL's scanner does not take. */
export const functionBodyMutants = (body: string): readonly BodyMutant[] => {
  const counts = { statement: 0, condition: 0, filter: 0, join: 0 }
  return plpgsqlPlaces(body).flatMap((place) => {
    const n = ++counts[place.what]
    const text = body.slice(place.start, place.end)
    return changes(place, text).map(({ does, detail, text: other, summary }) => ({
      does,
      details: [String(n), ...(detail === undefined ? [] : [detail])],
      summary,
      body: body.slice(0, place.start) + other + body.slice(place.end),
    }))
  })
}
