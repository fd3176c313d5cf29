/** What the triggers of a table do, read out of their functions: which of them a rule stands on. Behaviour is proven elsewhere. */
import type { FunctionFacts } from '../catalog/function.ts'
import type { Catalog, Structure } from '../catalog/structure.ts'
import type { TriggerFacts } from '../catalog/trigger/statement.ts'
import { parsePlpgsql, plpgsqlQueries } from '../postgres/parse-plpgsql.ts'

/** A trigger with its function; null when that is an extension's. */
export interface TriggerWithFunction {
  readonly trigger: Structure<TriggerFacts>
  readonly function: FunctionFacts | null
}

export const triggersOf = (catalog: Catalog, table: string): readonly TriggerWithFunction[] =>
  (catalog.of(table, 'trigger') as readonly Structure<TriggerFacts>[]).map((trigger) => {
    const called = trigger.dependsOn
      .map((id) => catalog.structures.get(id))
      .find((s) => s?.kind === 'function') as Structure<FunctionFacts> | undefined
    return { trigger, function: called?.facts ?? null }
  })

const target = /^\s*new\s*\.\s*(?:"((?:[^"]|"")+)"|([\p{L}_][\p{L}\p{N}_$]*))\s*:?=/iu

/** `updated_at` of `new.updated_at := now()`. */
const assignedIn = (query: string): string | null => {
  const found = target.exec(query)
  if (!found) return null
  return found[1]?.replaceAll('""', '"') ?? found[2]!.toLowerCase()
}

/** Whether a text speaks of a name: as an identifier or in a string, apart from longer names. */
export const speaksOf = (text: string, name: string): boolean => {
  const escaped = name.replaceAll(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`)
  return new RegExp(String.raw`(?<![\p{L}\p{N}_$])${escaped}(?![\p{L}\p{N}_$])`, 'iu').test(
    text.replaceAll('""', '"').replaceAll("''", "'"),
  )
}

/** Whether the trigger gives a row's column its value: by assignment, by a statement over the table, or by an argument of its call. */
export const setsColumn = (one: TriggerWithFunction, column: string): boolean => {
  if (speaksOf(one.trigger.facts.call, column)) return true
  const body = one.function?.body ?? null
  if (body === null || one.function?.language !== 'plpgsql') return body !== null && speaksOf(body, column)
  return plpgsqlQueries(one.function.statement).some((query) => {
    const assigned = assignedIn(query)
    if (assigned !== null) return assigned === column
    // An UPDATE of the row from an AFTER trigger, or a whole new row.
    return /^\s*(?:update\b|new\s*:?=)/iu.test(query) && speaksOf(query, column)
  })
}

/** The level of RAISE EXCEPTION in the parser's tree. */
const exceptionLevel = 21

const hasException = (value: unknown): boolean => {
  if (Array.isArray(value)) return value.some(hasException)
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([key, inner]) =>
    key === 'PLpgSQL_stmt_raise'
      ? (inner as { elog_level?: number }).elog_level === exceptionLevel
      : hasException(inner),
  )
}

/** Whether the trigger's function can refuse: it raises an exception somewhere, or cannot be read. */
export const canRefuse = ({ function: called }: TriggerWithFunction): boolean => {
  if (called === null || called.language !== 'plpgsql') return true
  try {
    return hasException(parsePlpgsql(called.statement))
  } catch {
    return true
  }
}

/** The triggers that run on one of these events. */
export const onEvents = (
  triggers: readonly TriggerWithFunction[],
  ...events: TriggerFacts['events']
): readonly TriggerWithFunction[] =>
  triggers.filter(({ trigger }) => trigger.facts.events.some((event) => events.includes(event)))
