/** How a default's value can be foretold: by its expression, by the clock, or only by being new each time. */
import { loadParser, parseExpression } from '../postgres/parse.ts'
import { literal } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'
import { selectOfCatalog } from './trial.ts'

/** `stable` includes immutable expressions and now(): the same within a transaction. */
export type Volatility = 'stable' | 'clock' | 'volatile'

const clockFunctions: ReadonlySet<string> = new Set(['clock_timestamp', 'statement_timestamp', 'timeofday'])

/** Unqualified names of the functions that an expression calls. */
const functionNames = (node: unknown, into = new Set<string>()): ReadonlySet<string> => {
  if (Array.isArray(node)) for (const one of node) functionNames(one, into)
  else if (node !== null && typeof node === 'object') {
    const call = (node as Record<string, unknown>)['FuncCall'] as
      { funcname?: readonly unknown[] } | undefined
    const last = call?.funcname?.at(-1) as { String?: { sval?: string } } | undefined
    if (last?.String?.sval !== undefined) into.add(last.String.sval)
    for (const value of Object.values(node)) functionNames(value, into)
  }
  return into
}

const volatileAmong = (names: readonly string[]): string =>
  `select distinct proname from pg_catalog.pg_proc where provolatile = 'v' and proname in (${names.map(literal).join(', ')})`

/** Of an expression without columns; text that does not parse is taken for stable, and fails where it is used. */
export const readVolatility = async (db: Session, expression: string): Promise<Volatility> => {
  await loadParser()
  let names: readonly string[]
  try {
    names = [...functionNames(parseExpression(expression))]
  } catch {
    return 'stable'
  }
  // statement_timestamp() is stable by name, but the reader's statement is another one than the insert's.
  if (names.some((name) => clockFunctions.has(name))) return 'clock'
  if (names.length === 0) return 'stable'
  const found = await selectOfCatalog(db, volatileAmong(names))
  return found && found.length > 0 ? 'volatile' : 'stable'
}
