/** The tables and views that a declared query or write names, by the names that SQL knows them by. */
import type { AssayError } from '../ground/errors.ts'
import { didYouMean } from '../ground/nearest-name.ts'
import type { Architecture } from './architecture.ts'
import { declarationFault, type RulePlace } from './rule-set.ts'

export interface Readable {
  /** `orders`, `sales.orders`: as in queries and references. */
  readonly key: string
  readonly id: string
}

export const readablesOf = ({ tables, views = [] }: Architecture): readonly Readable[] =>
  [...tables, ...views].map(({ id, schema, name }) => ({
    key: schema === 'public' ? name : `${schema}.${name}`,
    id,
  }))

type Place = Pick<RulePlace, 'at' | 'table'>

export const readsFaults = (
  place: Place,
  reads: readonly string[],
  readables: readonly Readable[],
  what: 'query' | 'write' = 'query',
): readonly AssayError[] => {
  const keys = readables.map(({ key }) => key)
  if (!Array.isArray(reads) || reads.length === 0)
    return [
      declarationFault(
        place,
        `${what}-reads`,
        `${place.table}: it does not say which tables it ${what === 'query' ? 'reads' : 'writes'}.`,
        `Name them: ${what}('…', ['${keys[0] ?? 'orders'}'], …).`,
      ),
    ]
  return reads
    .filter((name) => !keys.includes(name))
    .map((name) =>
      declarationFault(
        place,
        `${what}-reads`,
        `${place.table}: it ${what === 'query' ? 'reads' : 'names'} "${String(name)}", which is not among the tables.${didYouMean(String(name), keys)}`,
        `Correct the name, or add the table to the architecture; it has: ${keys.join(', ')}.`,
      ),
    )
}

export const rowsFaults = (
  place: Place,
  at: Readonly<Record<string, number | undefined>> | undefined,
  reads: readonly string[],
): readonly AssayError[] =>
  Object.entries(at ?? {}).flatMap(([name, rows]) => {
    if (!reads.includes(name))
      return [
        declarationFault(
          place,
          'query-rows',
          `${place.table}: at names "${name}", which it does not read.${didYouMean(name, reads)}`,
          `Use one of: ${reads.join(', ')}.`,
        ),
      ]
    if (typeof rows === 'number' && Number.isSafeInteger(rows) && rows >= 0) return []
    return [
      declarationFault(
        place,
        'query-rows',
        `${place.table}: "${name}" is to have ${String(rows)} rows.`,
        'Give a whole number, such as 1_000_000.',
      ),
    ]
  })
