/**
 * Whether a trigger's function does nothing but refuse: it looks at OLD (and at NEW, where nothing else changes it) and
 * at the operation, raises or lets the change through as it came. Such a trigger does the same before the change and
 * after it. Anything not understood: no.
 */
import { parsePlpgsql } from '../../postgres/parse-plpgsql.ts'
import { asksNothingOfItsCaller, type PurityFacts } from './purity.ts'

const statements = new Set([
  'PLpgSQL_stmt_block',
  'PLpgSQL_stmt_if',
  'PLpgSQL_if_elsif',
  'PLpgSQL_stmt_raise',
  'PLpgSQL_raise_option',
  'PLpgSQL_stmt_return',
  'PLpgSQL_expr',
])

/** The rows' numbers among the variables of a trigger's function. */
const rowNumbers: Readonly<Record<string, number>> = { insert: 0, update: 0, delete: 1 }

type Fields = Readonly<Record<string, unknown>>

/** RETURN of the row as it came; a statement trigger may return what it likes. */
const letsThrough = (fields: Fields, trigger: GuardTrigger): boolean =>
  !trigger.isRow ||
  // The RETURN that the parser adds at the end: reaching it is an error at either time.
  Object.keys(fields).every((key) => key === 'lineno') ||
  (fields['expr'] === undefined && trigger.events.every((event) => rowNumbers[event] === fields['retvarno']))

/** The level of RAISE EXCEPTION in the parser's tree. */
const exceptionLevel = 21

const isException = (
  statement: { readonly PLpgSQL_stmt_raise?: { readonly elog_level?: number } } | null,
): boolean => statement?.PLpgSQL_stmt_raise?.elog_level === exceptionLevel

const isGuarding = (value: unknown, trigger: GuardTrigger): boolean => {
  // What stands behind a RAISE is never reached.
  if (Array.isArray(value)) {
    const end = value.findIndex(isException)
    return (end < 0 ? value : value.slice(0, end + 1)).every((item) => isGuarding(item, trigger))
  }
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value as Fields).every(([key, inner]) => {
    if (!key.startsWith('PLpgSQL_')) return isGuarding(inner, trigger)
    if (!statements.has(key)) return false
    const fields = inner as Fields
    if (key === 'PLpgSQL_stmt_block' && fields['exceptions'] !== undefined) return false
    if (key === 'PLpgSQL_stmt_return') return letsThrough(fields, trigger)
    if (key === 'PLpgSQL_expr') {
      const query = String(fields['query'])
      return !/\btg_when\b/iu.test(query) && (trigger.newIsFinal === true || !/\bnew\b/iu.test(query))
    }
    return isGuarding(inner, trigger)
  })
}

/** What this file needs of a trigger. */
export interface GuardTrigger {
  readonly events: readonly string[]
  readonly isRow: boolean
  /** NEW before the change is the row after it: nothing else changes it. */
  readonly newIsFinal?: boolean
}

interface ParsedFunction {
  readonly plpgsql_funcs?: readonly [{ readonly PLpgSQL_function?: { readonly action?: unknown } }]
}

export const onlyRefuses = (facts: PurityFacts, trigger: GuardTrigger): boolean => {
  if (facts.language !== 'plpgsql' || !asksNothingOfItsCaller(facts)) return false
  try {
    const parsed = parsePlpgsql(facts.statement) as ParsedFunction
    const action = parsed.plpgsql_funcs?.[0].PLpgSQL_function?.action
    return action !== undefined && isGuarding(action, trigger)
  } catch {
    return false
  }
}
