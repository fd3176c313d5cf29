/**
 * Advice for the statements of a live database: planned for any parameters on the local structure, with that database's
 * statistics. Nothing is run, there or here; costs are those that PostgreSQL's planner expects.
 */
import type { Architecture } from '../../architecture/architecture.ts'
import { readCatalog } from '../../catalog/read-catalog.ts'
import type { StatisticsFacts } from '../../catalog/statistics.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import type { ViewFacts } from '../../catalog/view/structure.ts'
import { AssayError } from '../../ground/errors.ts'
import { relationId } from '../../ground/names.ts'
import { loadParser, parseStatements } from '../../postgres/parse.ts'
import { ident } from '../../postgres/quote.ts'
import type { Server } from '../../postgres/server.ts'
import { withSession } from '../../postgres/with-session.ts'
import type { Finding } from '../../prove/result.ts'
import { makeProjector, type Projection } from '../../rows/projected/projection.ts'
import type { DatabaseStatistics } from '../../rows/projected/statistics.ts'
import { rangeVars } from '../../rules/query/conditions.ts'
import type { IndexWeight } from '../index-cost.ts'
import { adviceFindings, noFacts } from './advice-findings.ts'
import { makeAdvisedTemplate } from './advised-template.ts'
import type { Candidate } from './candidate.ts'
import { chooseCandidates } from './choose-candidates.ts'
import { dependenceFinding, type AskedColumns, type Dependence } from './dependence.ts'
import { settingsOfCommonAsker } from './common-asker.ts'
import type { AdviceLimits } from './limits.ts'
import type { Reading } from './meter.ts'
import { readAll, totalOf, type Objective } from './objective.ts'
import { priceAll, wordsApart } from './priced.ts'
import { makeProjectedMeter, type PlannedCall } from './projected-meter.ts'
import { proposeAll, readGround } from './propose.ts'
import type { LiveStatement, ReadStatements } from './read-statements.ts'
import { plannedText } from './planned-text.ts'
import type { AdviceResult } from './result.ts'
import { screen } from './screen.ts'
import { shapesOf } from './statement-shape.ts'
import type { SourceShape } from './terms.ts'

export interface StatementsWish {
  readonly architecture: Architecture
  readonly server: Server
  /** The migrated database; nobody is connected to it. */
  readonly template: string
  readonly statistics: DatabaseStatistics
  readonly statements: readonly LiveStatement[]
  readonly hidden: ReadStatements['hidden']
  readonly limits: AdviceLimits
  /** How values go together there, in this order; absent: nobody looks at its rows. */
  readonly lookAt?: (asked: readonly AskedColumns[]) => Promise<readonly (Dependence | string)[]>
  readonly onProgress?: (stage: string, done: number, of: number) => void
}

interface Readable {
  readonly statement: LiveStatement
  readonly shapes: readonly SourceShape[]
  /** Policies hold for who runs it. */
  readonly isGuarded: boolean
}

const oneLine = (sql: string): string => {
  const text = sql.replaceAll(/\s+/gu, ' ').trim()
  return text.length > 120 ? `${text.slice(0, 119)}…` : text
}

/** What it names is not there; else it is for want of its constants that it cannot be read. */
const namesNothing = /^the migrations make no |does not exist/u

const skipped = (sql: string, why: string): Finding => ({
  code: 'advice.statement-skipped',
  severity: 'note',
  summary: `Not looked at: ${oneLine(sql)}`,
  why,
  fix: namesNothing.test(why)
    ? 'Bring the migrations up to date with the database.'
    : 'pg_stat_statements leaves out constants, and with them what type they are. Declare the statement with architecture.query(…), then run `assay advise` without --url.',
  reason: why,
})

/** What is held against rows, of which there are none here. */
const rowsNeeded: Finding = {
  code: 'advice.rows-needed',
  severity: 'note',
  summary: 'No materialized view and no statement written otherwise was tried',
  why: 'whether a view or another text gives the same rows, and what a refresh costs, is seen when they run, and nothing is run on this database',
  fix: 'Declare the statements that cost most with architecture.query(…), then run `assay advise` without --url.',
}

/** Sets of columns that are looked at there: those of the statements that look at most pages first. */
const mostLookedAt = 12

const isOver = ({ statement }: StatisticsFacts, column: string): boolean => {
  const on = / ON (?<columns>.*) FROM /su.exec(statement)?.groups?.['columns'] ?? ''
  return on.split(', ').some((one) => one === column || one === ident(column))
}

/** Those that there are statistics of already are known to the planner. */
const askedColumns = (
  proposed: readonly Candidate[],
  catalog: Catalog,
  rowsOf: (table: string) => number,
): readonly AskedColumns[] =>
  proposed
    .flatMap(({ draft }) => (draft.what === 'statistics' ? [draft] : []))
    .filter(({ table, columns }) => {
      const known = catalog.of(table.id, 'statistics') as readonly Structure<StatisticsFacts>[]
      return !known.some(({ facts }) => columns.every((column) => isOver(facts, column)))
    })
    .slice(0, mostLookedAt)
    .map((draft) => ({ draft, tableRows: rowsOf(draft.table.id) }))

const notLookedAt = ({ draft }: AskedColumns, why: string): Finding => ({
  code: 'advice.rows-needed',
  severity: 'note',
  summary: `How values of ${draft.columns.join(', ')} of ${draft.table.id} go together is not known`,
  why: `it is counted on rows of some pages, of which nothing but counts is taken: ${why}`,
  fix: 'Let the role read the table, past its policies, or declare the statements with architecture.query(…), and run `assay advise` without --url.',
})

/** Statistics over several columns: what PostgreSQL expects of them, against what is there. */
const dependenceFindings = async (
  { lookAt }: Pick<StatementsWish, 'lookAt'>,
  asked: readonly AskedColumns[],
  catalog: Catalog,
): Promise<readonly Finding[]> => {
  if (lookAt === undefined || asked.length === 0) return []
  const found = await lookAt(asked)
  const words = wordsApart(
    asked.map(({ draft }) => draft),
    catalog,
  )
  return asked.flatMap((one, at) => {
    const answer = found[at]!
    if (typeof answer === 'string') return [notLookedAt(one, answer)]
    return dependenceFinding(one.draft, answer, words[at]!) ?? []
  })
}

/** Whoever reads them may see some alone: advice would be for these, and look whole. */
const notShown = (hidden: NonNullable<ReadStatements['hidden']>): Finding => ({
  code: 'advice.statements-hidden',
  severity: 'warning',
  summary: `${hidden.statements} statement${hidden.statements === 1 ? '' : 's'} of others, with ${hidden.calls} calls, ${hidden.statements === 1 ? 'is' : 'are'} not looked at`,
  why: 'pg_stat_statements shows this role the text of its own statements only',
  fix: hidden.mend,
})

/** None of those that it sees reads a table of the architecture: that is no advice. */
const nothingShown = ({ statements, mend }: NonNullable<ReadStatements['hidden']>): AssayError =>
  new AssayError('The role may not see the statements of others.', {
    code: 'advise.no-statements',
    exit: 3,
    asked: 'the text of all statements in pg_stat_statements',
    found: `<insufficient privilege> in place of ${statements}, and none of the others reads a table of the architecture`,
    mend,
  })

/** PostgreSQL's own are none of the application's. */
const relationsOf = (sql: string): readonly string[] =>
  rangeVars(parseStatements(sql).map(({ node }) => node))
    .map(({ id }) => id)
    .filter((id) => !/^(?:pg_|information_schema\.)/u.test(id))

const isKnown = (id: string, { tables, structures }: Catalog): boolean =>
  tables.has(id) ||
  [...structures.values()].some(
    ({ kind, facts }) =>
      (kind === 'view' || kind === 'materializedView') && relationId(facts as ViewFacts) === id,
  )

/** Statements that read a table of the architecture's database; of others there is nothing to advise. */
const readablesOf = (
  { statements, architecture }: StatementsWish,
  catalog: Catalog,
): { readonly readable: readonly Readable[]; readonly findings: readonly Finding[] } => {
  const readable: Readable[] = []
  const findings: Finding[] = []
  for (const ran of statements) {
    const isGuarded = ran.role !== null && ran.role === architecture.identity?.role
    try {
      const text = plannedText(ran.sql)
      if (text === null) continue
      const statement = { ...ran, sql: text }
      const shapes = shapesOf({ of: statement.id, sql: statement.sql, isGuarded }, catalog)
      const unknown = relationsOf(statement.sql).filter((id) => !isKnown(id, catalog))
      if (unknown.length > 0)
        findings.push(skipped(statement.sql, `the migrations make no ${unknown.join(', ')}`))
      else if (shapes.length > 0) readable.push({ statement, shapes, isGuarded })
    } catch (cause) {
      findings.push(skipped(ran.sql, `PostgreSQL's parser does not read it: ${(cause as Error).message}`))
    }
  }
  return { readable, findings }
}

/** Each on its projection; what cannot be planned here is told. */
const callsOn = async (
  readable: readonly Readable[],
  projectionFor: (isGuarded: boolean) => Promise<Projection>,
): Promise<{ readonly calls: readonly PlannedCall[]; readonly findings: readonly Finding[] }> => {
  const calls: PlannedCall[] = []
  const findings: Finding[] = []
  for (const { statement, shapes, isGuarded } of readable) {
    const on = await projectionFor(isGuarded)
    try {
      await on.explain(statement.sql, null)
    } catch (cause) {
      if (!(cause instanceof AssayError)) throw cause
      findings.push(skipped(statement.sql, cause.found ?? cause.message))
      continue
    }
    const reads = new Set(shapes.map(({ table }) => table.id))
    const { id: of, sql, calls: weight } = statement
    calls.push({ of, title: oneLine(sql), weight, reads, sql, parameters: null, limits: null, on })
  }
  const all = calls.reduce((sum, { weight }) => sum + weight, 0)
  return { calls: calls.map((call) => ({ ...call, weight: call.weight / Math.max(1, all) })), findings }
}

const rounded = (n: number): number => Math.round(n * 10) / 10

/** Leaves nothing behind. Throws AssayError where the statistics are of another schema. */
export const adviseStatements = async (wish: StatementsWish): Promise<AdviceResult> => {
  const { architecture, server, template, statistics, limits, onProgress } = wish
  await loadParser()
  const { catalog, ground } = await withSession(server, template, 'owner', async (db) => ({
    catalog: await readCatalog(db),
    ground: await readGround(db),
  }))
  const { readable, findings: unread } = readablesOf(wish, catalog)
  if (readable.length === 0 && wish.hidden !== null) throw nothingShown(wish.hidden)
  const shapes = readable.flatMap((one) => one.shapes)
  const proposed = proposeAll(shapes, new Set(readable.map(({ statement }) => statement.id)), catalog, ground)
  onProgress?.('building candidates', 0, 1)
  const advised = await makeAdvisedTemplate(server, template, proposed)
  const projections: Projection[] = []
  try {
    const projector = await makeProjector(server, advised.database)
    const open = new Map<boolean, Promise<Projection>>()
    const project = async (isGuarded: boolean): Promise<Projection> => {
      const { identity } = architecture
      const as =
        isGuarded && identity !== null
          ? { role: identity.role, settings: settingsOfCommonAsker(architecture, catalog, statistics) }
          : undefined
      const made = await projector.project(statistics, as)
      projections.push(made)
      return made
    }
    const { calls, findings: unplanned } = await callsOn(readable, (isGuarded) => {
      const known = open.get(isGuarded) ?? project(isGuarded)
      open.set(isGuarded, known)
      return known
    })
    const meter = await makeProjectedMeter(server, calls, advised.candidates)
    try {
      const before = await readAll(meter, [])
      const objective: Objective = { before, isTarget: () => true }
      const screened = await screen(meter, advised.candidates, objective, (done, of) =>
        onProgress?.('trying candidates', done, of),
      )
      const sizes = new Map(statistics.tables.map((table) => [relationId(table), Math.max(1, table.rows)]))
      const rowsOf = (table: string): number => sizes.get(table) ?? 1
      const weighing = (some: readonly Candidate[]): Promise<ReadonlyMap<Candidate, IndexWeight>> =>
        Promise.resolve(
          new Map(
            some.map((one) => {
              const bytesPerRow = rounded((screened.bytes.get(one) ?? 0) / rowsOf(one.draft.table.id))
              const bytes = screened.bytes.get(one) ?? 0
              return [one, { bytes, bytesPerRow, buffersPerInsert: null, walPerInsert: null }] as const
            }),
          ),
        )
      onProgress?.('choosing', 0, 1)
      const both = { here: rowsOf, there: rowsOf }
      const { set, isCut, isBest, leastOf } = await chooseCandidates({
        limits,
        sizes: both,
        meter,
        objective,
        screened,
        weighing,
        guard: null,
      })
      const after = await readAll(meter, set)
      const costOf = (readings: readonly Reading[]): number => totalOf(meter, objective, readings).cost
      const told = calls.length
      const result = {
        architecture: architecture.name,
        unit: 'planner units',
        rows: {},
        queries: calls.map(({ of, title }, at) => ({
          id: of,
          sentence: title,
          before: rounded(before[at]!.cost),
          after: rounded(after[at]!.cost),
          brokenBefore: [],
          brokenAfter: [],
        })),
        structures: await priceAll(set, {
          catalog,
          meter,
          objective,
          weighing,
          told,
          rowsOf,
          guard: null,
        }),
        calls: [],
        keptOut: [],
        cost: {
          before: rounded(costOf(before)),
          after: rounded(costOf(after)),
          least: rounded(leastOf(told)),
          isBest,
        },
        rewrites: [],
        views: [],
        viewsRefused: [],
        tried: advised.candidates.length,
        refused: advised.refused,
      } as const
      const findings = adviceFindings(result, [], { ...noFacts, isCut })
      onProgress?.('looking at how values go together', 0, 1)
      const together = await dependenceFindings(wish, askedColumns(proposed, catalog, rowsOf), catalog)
      return {
        ...result,
        findings: [
          ...findings,
          ...together,
          ...(wish.hidden === null ? [] : [notShown(wish.hidden)]),
          ...(calls.length === 0 ? [] : [rowsNeeded]),
          ...unread,
          ...unplanned,
        ],
      }
    } finally {
      await meter.end()
    }
  } finally {
    for (const projection of projections) await projection.end()
    await server.dropDatabase(advised.database)
  }
}
