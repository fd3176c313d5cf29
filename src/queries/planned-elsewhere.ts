/** All plans of queries that are not run: at the sizes that they declare, with exported statistics, and by size. */
import { AssayError } from '../ground/errors.ts'
import type { Finding, RulePlan, RuleSweep } from '../prove/result.ts'
import type { DatabaseStatistics } from '../rows/projected/statistics.ts'
import {
  openProjection,
  projectPlans,
  type PlannedQuery,
  type ProjectionGround,
  type ProjectParts,
} from './project-plans.ts'
import { statisticsPlans, type Whose } from './statistics-plans.ts'
import { sweepQueries } from './sweep-queries.ts'

/** Exported statistics, as a file has them. */
export interface GivenStatistics {
  readonly statistics: DatabaseStatistics
  readonly digest: string
}

export interface PlannedElsewhere {
  /** By id of the query. */
  readonly plans: ReadonlyMap<string, readonly RulePlan[]>
  /** By id of the query; empty where none are wished. */
  readonly sweeps: ReadonlyMap<string, readonly RuleSweep[]>
  /** What could not be planned, and why. */
  readonly findings: readonly Finding[]
}

export interface ElsewhereWish extends Whose {
  /** Null: none are kept in the project. */
  readonly given: GivenStatistics | null
  /** Also: at which sizes of its tables each plan becomes another. */
  readonly sweeps?: boolean
  readonly onProgress?: (stage: string, done: number, of: number) => void
}

/** Why there is nothing to draw. */
const unswept = ({ message, mend }: AssayError, { rule }: PlannedQuery): RuleSweep => ({
  table: rule.reads[0] ?? rule.table,
  points: [],
  flips: [],
  failed: `${message} ${mend}`,
})

const notPlanned = ({ rule }: PlannedQuery, what: string, why: string, fix: string): Finding => ({
  code: 'query.not-projected',
  severity: 'note',
  rule: rule.id,
  summary: `"${rule.sentence}" was not planned ${what}`,
  reason: `not planned ${what}: ${why}`,
  why,
  fix,
  ...(rule.at === null ? {} : { where: rule.at }),
})

/** Where nothing can be said of a plan that the project asks for, it is not kept, and not compared. */
const misfit = (
  { rule }: PlannedQuery,
  { code, message, found = '', why = '', mend }: AssayError,
): Finding => ({
  code,
  severity: 'error',
  rule: rule.id,
  summary: `${message.replace(/\.$/u, '')}: ${found}`,
  reason: `the exported statistics are of another version of the schema: ${found}`,
  why,
  fix: mend,
  ...(rule.at === null ? {} : { where: rule.at }),
})

const atSize = 'at its declared size'
const withStatistics = 'with the exported statistics'

const openOr = (parts: ProjectParts): Promise<ProjectionGround | AssayError> =>
  openProjection(parts).catch((cause: unknown) => {
    if (cause instanceof AssayError) return cause
    throw cause
  })

export const planElsewhere = async (
  parts: ProjectParts,
  queries: readonly PlannedQuery[],
  { given, sweeps: isSwept = false, onProgress, ...whose }: ElsewhereWish,
): Promise<PlannedElsewhere> => {
  const plans = new Map<string, readonly RulePlan[]>()
  const findings: Finding[] = []
  const nothing = new Map<string, readonly RuleSweep[]>()
  const sized = queries.filter(({ rule }) => Object.keys(rule.rowsAt).length > 0)
  if (queries.length === 0 || (sized.length === 0 && given === null && !isSwept))
    return { plans, sweeps: nothing, findings }
  const take = (
    found: ReadonlyMap<string, readonly RulePlan[] | string | AssayError>,
    what: string,
  ): void => {
    for (const query of queries) {
      const own = found.get(query.rule.id)
      if (own === undefined) continue
      if (own instanceof AssayError) findings.push(misfit(query, own))
      else if (typeof own === 'string')
        findings.push(notPlanned(query, what, own, 'See what PostgreSQL says of it: assay validate.'))
      else plans.set(query.rule.id, [...(plans.get(query.rule.id) ?? []), ...own])
    }
  }
  const opened = await openOr(parts)
  if (opened instanceof AssayError) {
    const { message, mend } = opened
    findings.push(...sized.map((query) => notPlanned(query, atSize, message, mend)))
    if (given !== null)
      findings.push(...queries.map((query) => notPlanned(query, withStatistics, message, mend)))
    const sweeps = queries.map((query) => [query.rule.id, [unswept(opened, query)]] as const)
    return { plans, sweeps: isSwept ? new Map(sweeps) : nothing, findings }
  }
  const found = await projectPlans(opened, sized)
  const told = [...found].map(
    ([id, own]) => [id, typeof own === 'string' ? own : own.map(({ plan }) => plan)] as const,
  )
  take(new Map(told), atSize)
  const sweeps = isSwept ? await sweepQueries(opened, queries, onProgress) : nothing
  if (given !== null) take(await statisticsPlans(opened, given.statistics, queries, whose), withStatistics)
  return { plans, sweeps, findings }
}
