/**
 * versioned: every version of a row is kept in a history. Stories of writes are told and the history is asked for each
 * of their moments; those who write the table attack its history; late corrections rewrite a past period and nothing else.
 */
import type { VersionedRule } from '../architecture/kinds/versioned.ts'
import type { Architecture } from '../architecture/architecture.ts'
import type { FunctionFacts } from '../catalog/function.ts'
import type { Catalog, Structure } from '../catalog/structure.ts'
import { ident } from '../postgres/quote.ts'
import { relationOfId } from './ddl.ts'
import { allTrue } from './draft.ts'
import type { Experiment } from './experiment.ts'
import type { RuleContext, RuleKind, Written } from './rule-kind.ts'
import { noun } from './sentence.ts'
import { storyOfWriters } from './versioned/asker.ts'
import { attacksOn, peeksInto, type VersionCase } from './versioned/attacks.ts'
import { caseOfNames, casesOfTheClock } from './versioned/clock.ts'
import { correctionSignature, designCorrections } from './versioned/correct-design.ts'
import {
  casesOfCorrections,
  planCorrections,
  unboundCorrections,
  type Corrections,
} from './versioned/corrections.ts'
import { designVersions } from './versioned/design.ts'
import { layGround, type VersionGround } from './versioned/ground.ts'
import { planVersions } from './versioned/plan.ts'
import { correctionsAtOnce, writersAtOnce } from './versioned/sessions.ts'
import { storiesOf, type Story } from './versioned/stories.ts'
import { tellStory } from './versioned/story.ts'

type Function = Structure<FunctionFacts>

const isFunction = (structure: Structure | undefined): structure is Function => structure?.kind === 'function'

/** Triggers of the table (of its partitions, too) whose function writes the history, and these functions. */
const keepersOf = (
  rule: VersionedRule,
  catalog: Catalog,
): { readonly triggers: readonly Structure[]; readonly functions: readonly Function[] } => {
  const history = rule.relation.name
  const writes = (f: Function): boolean =>
    f.facts.isTrigger && (f.facts.body ?? '').includes(history.includes('"') ? ident(history) : history)
  const tables = [
    rule.table,
    ...[...catalog.tables.values()].filter((t) => t.partitionOf === rule.table).map((t) => t.id),
  ]
  const triggers = tables.flatMap((id) => catalog.of(id, 'trigger'))
  const functionsOf = (trigger: Structure): readonly Function[] =>
    trigger.dependsOn
      .map((id) => catalog.structures.get(id))
      .filter((s) => isFunction(s))
      .filter(writes)
  return {
    triggers: triggers.filter((trigger) => functionsOf(trigger).length > 0),
    functions: [...new Set(triggers.flatMap(functionsOf))],
  }
}

const correctionsOf = ({ correct }: VersionedRule, catalog: Catalog): readonly Function[] =>
  [...catalog.structures.values()]
    .filter((s) => isFunction(s))
    .filter(({ facts }) => facts.schema === correct?.schema && facts.name === correct.name)

/** What this file reads of a grant's facts. */
interface GrantFacts {
  readonly object: { readonly kind: string; readonly id: string }
}

const claimsOf = (rule: VersionedRule, catalog: Catalog): readonly string[] => {
  const { triggers, functions } = keepersOf(rule, catalog)
  const all = [...functions, ...correctionsOf(rule, catalog)].map((s) => s.id)
  const grants = [...catalog.structures.values()].filter((s) => {
    if (s.kind !== 'grant') return false
    const { object } = s.facts as GrantFacts
    return object.kind === 'function' && all.includes(object.id)
  })
  // Among the policies of a history is the one that lets the triggers through.
  const policies = catalog.of(rule.history, 'policy')
  return [...triggers, ...grants, ...policies].map((s) => s.id).concat(all)
}

const toCase = (plan: Parameters<typeof tellStory>[0], { title, steps, more }: Story): VersionCase => {
  const { when, answers } = tellStory(plan, steps, more)
  return { title, given: [], when, then: allTrue(answers) }
}

const unbound = (ground: VersionGround, c: Corrections): readonly VersionCase[] => {
  const { corrections, titled } = unboundCorrections(ground, c)
  return [...casesOfCorrections(ground, corrections), ...correctionsAtOnce(ground, corrections)].map(titled)
}

const experiments = async (rule: VersionedRule, context: RuleContext): Promise<Written> => {
  const none = (summary: string, tried: string): Written => ({
    experiments: [],
    unsolved: [{ rule: rule.id, summary, tried }],
  })
  const plan = planVersions(rule, context.architecture)
  if (plan === null) return none(`which row a version is of is not known`, `the primary key of ${rule.table}`)
  if (!context.catalog.tables.has(rule.history))
    return none(`there is no table ${rule.history} for the versions`, 'tables of the database')
  const { triggers, functions } = keepersOf(rule, context.catalog)
  const ground = await layGround(rule, context, plan, triggers)
  if ('unsolved' in ground) return none(ground.unsolved, ground.tried)
  const corrections = await planCorrections(ground)
  const middle = `tstzrange(now() - interval '25 hours', now() - interval '22 hours')`
  const stories = [...(await storiesOf(ground)), ...(await storyOfWriters(ground))]
  const cases: readonly VersionCase[] = [
    ...stories.map((story) => toCase(plan, story)),
    ...(await casesOfTheClock(ground)),
    ...(await caseOfNames(
      ground,
      corrections && { given: corrections.given, call: corrections.correct('25', '22', 'b') },
    )),
    ...(await attacksOn(
      ground,
      functions,
      corrections && {
        given: corrections.given,
        call: corrections.call(middle, `'{}'`),
        signature: correctionSignature(plan),
      },
    )),
    ...(await peeksInto(ground)),
    ...(corrections ? casesOfCorrections(ground, corrections) : []),
    ...writersAtOnce(ground),
    ...(corrections ? correctionsAtOnce(ground, corrections) : []),
    ...(corrections && plan.isolated ? unbound(ground, corrections) : []),
  ]
  return {
    experiments: cases.map((one, n): Experiment => ({
      id: `${rule.id}#${n + 1}`,
      rule: rule.id,
      world: ground.world,
      ...one,
    })),
    unsolved: [],
  }
}

const design = (rule: VersionedRule, architecture: Architecture): readonly string[] => {
  const plan = planVersions(rule, architecture)
  return plan === null ? [] : [...designVersions(plan), ...designCorrections(plan)]
}

export const versioned: RuleKind<VersionedRule> = {
  kind: 'versioned',
  designPlace: 10,
  heedsTriggers: true,
  sentence: (rule) => {
    const who =
      rule.correct === null || rule.correct.by.length === 0
        ? ''
        : `; ${rule.correct.by.join(', ')} may correct them`
    return `every version of ${noun(relationOfId(rule.table))} is kept, without gaps and without overlaps${who}`
  },
  experiments,
  design,
  claims: (rule, { catalog }) => claimsOf(rule, catalog),
}
