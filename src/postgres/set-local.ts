/** Settings of the session for the rest of a transaction. */
import { literal } from './quote.ts'

/** One statement for each; the values are texts. */
export const setLocally = (settings: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(settings).map(
    ([name, value]) => `select pg_catalog.set_config(${literal(name)}, ${literal(value)}, true)`,
  )
