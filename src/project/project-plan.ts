/** Use case: the plan of one statement at sizes that no local database has, and where it becomes another. */
import { relationId, relationMeant } from '../ground/names.ts'
import { bareShapeOfPlan, costOfPlan } from '../postgres/plan-shape.ts'
import type { PlanNode } from '../postgres/plan.ts'
import type { Finding } from '../prove/result.ts'
import { loadSample } from '../rows/projected/loaded-sample.ts'
import { makeProjector, type Projector } from '../rows/projected/projection.ts'
import { scaleStatistics } from '../rows/projected/scale/scale.ts'
import type { Sizes } from '../rows/projected/scale/sizes.ts'
import type { DatabaseStatistics, StatisticsGap } from '../rows/projected/statistics.ts'
import { sweepPlans, type Sweep } from '../rows/projected/sweep.ts'
import { valueAt, type ValuePlace } from '../rows/projected/value-at.ts'
import { chooseArchitecture } from './choose-architecture.ts'
import { loadProject } from './config.ts'
import { readStatisticsFile } from './given-statistics.ts'
import { withMigrated, type OnProgress } from './migrated.ts'

/** A text in the form of its type, null for NULL, or the value at a place of a column. */
export type PlanValue = string | null | { readonly of: string; readonly at: ValuePlace }

export interface ProjectPlanSettings {
  readonly directory: string
  readonly architecture?: string
  readonly statement: string
  readonly values: readonly PlanValue[]
  /** A file of exported statistics; absent: made-up rows are loaded and scaled. */
  readonly statisticsFile?: string
  /** Relation id → rows. */
  readonly sizes: Sizes
  /** Relation id of the table whose size goes from small to large. */
  readonly sweep?: string
  readonly onProgress?: OnProgress
}

export interface ProjectedPlanOutcome {
  readonly architecture: string
  readonly plan: PlanNode
  readonly shape: string
  readonly cost: number
  /** Rows of every relation that the plan reads and whose size is known or named. */
  readonly rows: Readonly<Record<string, number>>
  /** Rows of others, and of these, that nobody named: taken from what refers to what. */
  readonly assumed: Readonly<Record<string, number>>
  readonly sweep: Sweep | null
  readonly findings: readonly Finding[]
  /** For the projection and its plan, without the start of the server and the loading of rows. */
  readonly milliseconds: number
  /** Of the disk that the projected tables took. */
  readonly bytes: number
}

const gapFinding = ({ code, of, why }: StatisticsGap): Finding => ({
  code,
  severity: 'warning',
  structure: of,
  summary: `Of ${of} the planner knows less here than there.`,
  why,
  fix:
    code === 'statistics.not-readable'
      ? 'Export the statistics again as a role that may read it.'
      : code === 'statistics.not-analyzed'
        ? 'Run ANALYZE there, and export them again.'
        : 'Plans that depend on it are estimated by a guess.',
})

const relationsOf = (plan: PlanNode): readonly string[] => {
  const { Schema: schema, 'Relation Name': name } = plan
  const own =
    typeof name === 'string'
      ? [relationId({ schema: typeof schema === 'string' ? schema : 'public', name })]
      : []
  return [...new Set([...own, ...(plan.Plans ?? []).flatMap(relationsOf)])]
}

interface Planned {
  readonly plan: PlanNode
  readonly rows: ReadonlyMap<string, number>
  readonly assumed: readonly string[]
  readonly gaps: readonly StatisticsGap[]
  readonly bytes: number
}

const planAt = async (
  projector: Projector,
  source: DatabaseStatistics,
  sizes: Sizes,
  { statement, values }: ProjectPlanSettings,
): Promise<Planned> => {
  // Nothing is scaled that nobody asks to be of another size.
  const scaled =
    Object.keys(sizes).length === 0
      ? { statistics: source, rows: new Map(source.tables.map((t) => [relationId(t), t.rows])), assumed: [] }
      : scaleStatistics(source, { sizes })
  const parameters = values.map((value) =>
    value === null || typeof value === 'string' ? value : valueAt(scaled.statistics, value.of, value.at),
  )
  const projection = await projector.project(scaled.statistics)
  try {
    const plan = await projection.explain(statement, parameters)
    return {
      plan,
      rows: scaled.rows,
      assumed: scaled.assumed,
      gaps: projection.gaps,
      bytes: projection.bytes,
    }
  } finally {
    await projection.end()
  }
}

/** Throws AssayError. */
export const projectPlan = async (settings: ProjectPlanSettings): Promise<ProjectedPlanOutcome> => {
  const { directory, architecture: wanted, statisticsFile, onProgress } = settings
  const given = statisticsFile === undefined ? null : readStatisticsFile(statisticsFile)
  const project = await loadProject(directory)
  const part = chooseArchitecture(project, wanted, 'assay statistics plan')
  const wish = onProgress === undefined ? {} : { onProgress }
  return withMigrated({ ...project, architectures: [part] }, wish, async ([migrated]) => {
    const { server, template } = migrated!
    const projector = await makeProjector(server, template)
    const sample = given === null ? await sampleFor(settings, projector, server, template) : null
    const source = given ?? sample!.statistics
    const idOf = (name: string): string => {
      const meant = relationMeant(name, source.tables)
      return meant === undefined ? name : relationId(meant)
    }
    const sizes = Object.fromEntries(Object.entries(settings.sizes).map(([name, size]) => [idOf(name), size]))
    const sweep = settings.sweep === undefined ? undefined : idOf(settings.sweep)
    onProgress?.('planning', 0, 1)
    const from = performance.now()
    const { plan, rows, assumed, gaps, bytes } = await planAt(projector, source, sizes, settings)
    const milliseconds = Math.round((performance.now() - from) * 10) / 10
    const swept =
      sweep === undefined
        ? null
        : await sweepPlans(async (size) => {
            onProgress?.(`planning at ${size} rows`, 0, 1)
            const there = await planAt(projector, source, { ...sizes, [sweep]: size }, settings)
            return { rows: size, shape: bareShapeOfPlan(there.plan), cost: costOfPlan(there.plan) ?? 0 }
          })
    const read = relationsOf(plan).filter((id) => rows.has(id))
    const parents = new Set(
      source.tables
        .filter((table) => read.includes(relationId(table)))
        .flatMap((table) => table.references.map(({ to }) => relationId(to))),
    )
    const sizesOf = (ids: readonly string[]): Readonly<Record<string, number>> =>
      Object.fromEntries(ids.map((id) => [id, rows.get(id)!]))
    const about = (of: string): boolean => read.some((id) => of === id || of.startsWith(`${id}.`))
    return {
      architecture: part.architecture.name,
      plan,
      shape: bareShapeOfPlan(plan),
      cost: costOfPlan(plan) ?? 0,
      rows: sizesOf(read.filter((id) => !assumed.includes(id))),
      assumed: sizesOf(assumed.filter((id) => read.includes(id) || parents.has(id))),
      sweep: swept,
      findings: [...source.gaps, ...gaps].filter(({ of }) => about(of)).map(gapFinding),
      milliseconds,
      bytes,
    }
  })
}

/** The tables that the statement reads, filled with made-up rows. */
const sampleFor = async (
  { statement, onProgress }: ProjectPlanSettings,
  projector: Projector,
  server: Parameters<typeof loadSample>[0],
  template: string,
): ReturnType<typeof loadSample> => {
  onProgress?.('loading rows', 0, 1)
  const projection = await projector.project(projector.local)
  try {
    const plan = await projection.explain(statement, null)
    await projection.end()
    return await loadSample(server, template, projector.local, [plan])
  } finally {
    await projection.end()
  }
}
