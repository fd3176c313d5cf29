/** A proof as the data of the report's pages, one key per file. A pure function: no file, no clock. */
import { relative } from 'node:path'
import type { DiagramTable } from '../prove/diagram.ts'
import type { ExperimentResult, Finding, MutantResult, ProveResult, RuleResult } from '../prove/result.ts'
import type { StructureResult } from '../prove/result.ts'
import type { ArchitectureProof, ProjectProof } from '../project/prove-project.ts'
import { experimentWords, observedWords } from './experiment-words.ts'
import { experimentScript } from './given-when-then.ts'
import { mutantChange, plainDdl } from './mutant-change.ts'
import { percentOf } from './score.ts'
import type {
  SiteArchitecture,
  SiteCell,
  SiteDiagramTable,
  SiteExperiment,
  SiteFinding,
  SiteIndex,
  SiteMutant,
  SitePage,
  SiteRule,
  SiteState,
  SiteStructure,
  SiteTable,
  SiteVerdicts,
} from './site-model.ts'
import { sitePlanFile, sitePlans, siteSweep, siteTimes } from './site-plans.ts'
import { worstState, stateOf, type SiteRun } from './site-state.ts'

/** Key of a data file → what stands in it. */
export type SiteData = ReadonlyMap<string, unknown>

const verdicts = ['killed', 'redundant', 'equivalent', 'stillborn', 'survived', 'unsolved'] as const

const countVerdicts = (mutants: readonly MutantResult[]): SiteVerdicts => {
  const counts: [number, number, number, number, number, number] = [0, 0, 0, 0, 0, 0]
  for (const { verdict } of mutants) counts[verdicts.indexOf(verdict)]!++
  return counts
}

/** Paths from where the report was asked for: they mean the same to whoever reads it elsewhere. */
const placeText = (
  at: { readonly file: string; readonly line: number } | null,
  from: string,
): string | null => at && `${relative(from, at.file).replaceAll('\\', '/') || at.file}:${at.line}`

interface Texts {
  readonly all: string[]
  position(text: string): number
}

const makeTexts = (): Texts => {
  const all: string[] = []
  const known = new Map<string, number>()
  return {
    all,
    position: (text) => {
      const at = known.get(text) ?? all.push(text) - 1
      known.set(text, at)
      return at
    },
  }
}

interface Surroundings {
  readonly run: SiteRun
  readonly from: string
  readonly owner: string
}

const siteExperiment = (
  result: ExperimentResult,
  table: string,
  { owner }: Surroundings,
  texts: Texts,
): SiteExperiment => {
  const { experiment, observed, holds, difference } = result
  return {
    id: experiment.id,
    title: experiment.title,
    ...experimentWords(experiment),
    observed: observedWords(observed),
    holds,
    difference,
    mend: experiment.mend ?? null,
    ...(experiment.shadow ? { shadow: true } : {}),
    script: experimentScript(result, table, { owner }).map((part) => texts.position(part)),
  }
}

const missingText = ({ table, missing }: RuleResult): string | null =>
  missing === undefined
    ? null
    : missing.columns === null
      ? `table ${table} does not exist`
      : `table ${table} has no column ${missing.columns.join(', ')}`

/** `file`: key of the data file with its plans. */
const siteRule = (rule: RuleResult, around: Surroundings, texts: Texts, file: string): SiteRule => ({
  id: rule.id,
  kind: rule.kind,
  sentence: rule.sentence,
  state: stateOf(rule, around.run),
  green: rule.green,
  missing: missingText(rule),
  claims: rule.claims,
  red: rule.red,
  where: placeText(rule.at, around.from),
  unsolved: rule.unsolved.map(({ summary, tried }) => ({ summary, tried })),
  notes: (rule.notes ?? []).map(({ summary, mend }) => ({ summary, mend })),
  design: rule.design,
  experiments: rule.experiments.map((result) => siteExperiment(result, rule.table, around, texts)),
  ...(rule.plans?.length ? { plans: sitePlans(rule.plans, file) } : {}),
  ...(rule.sweeps?.length ? { sweeps: rule.sweeps.map(siteSweep) } : {}),
  ...(rule.times?.length ? { times: rule.times.map(siteTimes) } : {}),
})

const siteMutant = (mutant: MutantResult, create: readonly string[]): SiteMutant => {
  const { id, operator, effect, summary, verdict, why, ddl } = mutant
  return { id, operator, effect, summary, verdict, why, ddl, ...mutantChange(create, mutant) }
}

const siteStructure = (structure: StructureResult, { run }: Surroundings): SiteStructure => {
  const { id, kind, name, definition, fingerprint, rules, declaredBy, mutants } = structure
  const create = plainDdl(structure.create ?? [definition])
  const told = run.mutates ? mutants.map((mutant) => siteMutant(mutant, create)) : null
  return { id, kind, name, definition, create, fingerprint, rules, declaredBy, mutants: told }
}

const siteFinding = (finding: Finding, from: string): SiteFinding => ({
  code: finding.code,
  severity: finding.severity,
  rule: finding.rule ?? null,
  structure: finding.structure ?? null,
  summary: finding.summary,
  why: finding.why,
  fix: finding.fix,
  where: placeText(finding.where ?? null, from),
})

const groupBy = <T, K>(items: readonly T[], keyOf: (item: T) => K): ReadonlyMap<K, readonly T[]> => {
  const groups = new Map<K, T[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group) group.push(item)
    else groups.set(keyOf(item), [item])
  }
  return groups
}

const cellsOf = (
  rules: readonly RuleResult[],
  kinds: readonly string[],
  run: SiteRun,
): readonly SiteCell[] => {
  const byKind = groupBy(rules, (rule) => rule.kind)
  return kinds.flatMap((kind, position) => {
    const own = byKind.get(kind)
    if (!own) return []
    const counts = new Map<SiteState, number>()
    for (const rule of own) counts.set(stateOf(rule, run), (counts.get(stateOf(rule, run)) ?? 0) + 1)
    return [{ kind: position, counts: [...counts], ...(own.length === 1 ? { rule: own[0]!.id } : {}) }]
  })
}

const runOf = ({ result }: ArchitectureProof, proof: ProjectProof): SiteRun => {
  const command = proof.asked?.command ?? 'prove'
  return {
    command,
    only: proof.asked?.only ?? [],
    reds: command === 'prove' || command === 'red',
    mutates:
      command === 'prove' || command === 'mutate' || result.structures.some((s) => s.mutants.length > 0),
  }
}

/** What belongs to no table comes last, as a table without a name. */
const tablesOf = (result: ProveResult): readonly (string | null)[] => [
  ...new Set<string | null>([
    ...result.tables,
    ...result.structures.flatMap(({ table }) => (table === null ? [] : [table])),
    ...(result.structures.some(({ table }) => table === null) ? [null] : []),
  ]),
]

const serverText = ({ server: { major, locale, extensions } }: ProveResult): string =>
  [`PostgreSQL ${major}`, locale, ...(extensions.length > 0 ? [`with ${extensions.join(', ')}`] : [])].join(
    ' · ',
  )

/** Of what the run was to look at, as the terminal has it. */
const secondsOf = ({ summary: { seconds } }: ProveResult, { reds, mutates }: SiteRun): number => {
  const { start, green, red, mutate } = seconds
  return Math.round((start + green + (reds ? red : 0) + (mutates ? mutate : 0)) * 10) / 10
}

const architectureData = (
  proof: ArchitectureProof,
  around: Surroundings,
  prefix: string,
  data: Map<string, unknown>,
): SiteArchitecture => {
  const { result } = proof
  const { run, from } = around
  const { summary, findings } = result
  const kinds = [...new Set(result.rules.map((rule) => rule.kind))]
  const rulesOf = groupBy<RuleResult, string | null>(result.rules, (rule) => rule.table)
  const structuresOf = groupBy(result.structures, (structure) => structure.table)
  const declared = new Set<string | null>([...result.tables, null])
  const planned = result.rules.filter(({ plans = [] }) => plans.length > 0)
  const planKeys = new Map(planned.map((rule, position) => [rule, `${prefix}-p${position}`]))
  for (const [rule, key] of planKeys) data.set(key, sitePlanFile(rule, result.architecture))
  const tables = tablesOf(result).map((id, position): SiteTable => {
    const rules = rulesOf.get(id) ?? []
    const structures = structuresOf.get(id) ?? []
    const texts = makeTexts()
    const page: SitePage = {
      rules: rules.map((rule) => siteRule(rule, around, texts, planKeys.get(rule) ?? '')),
      structures: structures.map((structure) => siteStructure(structure, around)),
      texts: texts.all,
    }
    data.set(`${prefix}-t${position}`, page)
    return {
      id,
      ...(declared.has(id) ? {} : { undeclared: true as const }),
      cells: cellsOf(rules, kinds, run),
      structures: structures.length,
      unproven: structures.filter((s) => s.rules.length === 0).length,
      mutants: run.mutates ? countVerdicts(structures.flatMap((s) => s.mutants)) : null,
    }
  })
  data.set(
    `${prefix}-findings`,
    findings.map((finding) => siteFinding(finding, from)),
  )
  const states = new Map(
    tables.map(({ id, cells }) => [
      id,
      worstState(cells.flatMap(({ counts }) => counts.map(([state]) => state))),
    ]),
  )
  const diagram = (result.diagram ?? []).map((table): SiteDiagramTable => siteDrawn(table, states))
  data.set(`${prefix}-diagram`, diagram)
  const { killed, survived, unsolved } = summary.mutants
  const told = killed + survived + unsolved
  const errors = findings.filter((finding) => finding.severity === 'error').length
  const elsewhere = result.rules
    .filter(({ id, table }) => !id.startsWith(`${table}/`))
    .map(({ id, table }) => [id, table] as const)
  return {
    name: result.architecture,
    server: serverText(result),
    command: run.command,
    only: run.only,
    ok: errors === 0,
    kinds,
    tables,
    ...(elsewhere.length === 0 ? {} : { elsewhere }),
    rules: summary.rules,
    experiments: summary.experiments,
    green: summary.green,
    red: run.reds ? summary.red : null,
    structures: summary.structures,
    unproven: summary.unproven,
    mutants: run.mutates ? countVerdicts(result.structures.flatMap((s) => s.mutants)) : null,
    score: run.mutates && told > 0 ? percentOf(killed, told) : null,
    seconds: secondsOf(result, run),
    findings: findings.length,
    errors,
  }
}

const siteDrawn = (
  { id, schema, name, columns, references }: DiagramTable,
  states: ReadonlyMap<string | null, SiteState>,
): SiteDiagramTable => ({ id, schema, name, state: states.get(id) ?? 'unseen', columns, references })

/** `from`: the directory that paths are told from. */
export const siteData = (proof: ProjectProof, from: string): SiteData => {
  const data = new Map<string, unknown>()
  const architectures = proof.proofs.map((one, i) => {
    const around = { run: runOf(one, proof), from, owner: one.result.owner ?? '' }
    return architectureData(one, around, `a${i}`, data)
  })
  const index: SiteIndex = { architectures }
  return new Map([['index', index], ...data])
}
