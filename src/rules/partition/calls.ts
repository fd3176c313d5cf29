/** How the function that makes partitions is called, and the dates that it is called with: far from today's. */
import type { PartitionPeriod, PartitionScheme } from '../../architecture/kinds/partitioned-by.ts'
import type { FunctionFacts } from '../../catalog/function.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import { literal } from '../../postgres/quote.ts'
import { relationOfId } from '../ddl.ts'
import { functionText } from '../partitioned-by/design.ts'
import { firstInstant, lastInstant } from './moments.ts'
import { rowWithKey, type Places } from './places.ts'

export type PeriodScheme = Extract<PartitionScheme, { readonly by: 'period' }>

/** The function by its name, taking a moment; null when there is none. */
export const maintenanceOf = (catalog: Catalog, maintain: string): Structure<FunctionFacts> | null => {
  const { schema, name } = relationOfId(maintain)
  const named = [...catalog.structures.values()].filter((s): s is Structure<FunctionFacts> => {
    if (s.kind !== 'function') return false
    const facts = s.facts as FunctionFacts
    return facts.schema === schema && facts.name === name
  })
  return named.find(({ facts }) => /^(?:timestamp|date)/u.test(facts.args[0] ?? '')) ?? null
}

/** Both leap years: one to come, and one gone by for rows that may not lie ahead. */
export const years = [2124, 2004]

export interface Maintained {
  readonly places: Places
  readonly scheme: PeriodScheme
  readonly year: number
  readonly call: (moment: string) => string
  readonly callNow: string
  /** `"public"."maintain_events"(timestamp with time zone)` */
  readonly signature: string
}

/** The first year in which rows can stand. */
export const openYear = async (places: Places, period: PartitionPeriod): Promise<number | null> => {
  for (const year of years) {
    const rows = [
      await rowWithKey(places, firstInstant(places.key, period, `${year - 1}-12-01`)),
      await rowWithKey(places, lastInstant(places.key, period, `${year + 1}-12-01`)),
    ]
    if (!rows.includes(null)) return year
  }
  return null
}

export const callsOf = (maintain: string, found: Structure<FunctionFacts> | null) => {
  const type = found?.facts.args[0] ?? 'timestamp with time zone'
  const word = found?.facts.isProcedure ? 'call' : 'select'
  const text = functionText(maintain)
  const takesNothing = found === null || / DEFAULT /u.test(found.facts.statement.split('\n')[0] ?? '')
  return {
    call: (moment: string) => `${word} ${text}(${literal(moment)}::${type})`,
    callNow: takesNothing ? `${word} ${text}()` : `${word} ${text}(now()::${type})`,
    signature: `${text}(${found?.facts.args.join(', ') ?? type})`,
  }
}

/** A call for a given date, for cases of other files; null where there is no function, or no row of such a date. */
export const maintenanceCall = async (
  places: Places,
  scheme: PeriodScheme,
): Promise<{ readonly day: string; readonly call: string } | null> => {
  if (scheme.maintain === null) return null
  const year = await openYear(places, scheme.period)
  if (year === null) return null
  const day = `${year}-05-17`
  const { call } = callsOf(scheme.maintain, maintenanceOf(places.context.catalog, scheme.maintain))
  return { day, call: call(`${day} 10:11:12+00`) }
}
