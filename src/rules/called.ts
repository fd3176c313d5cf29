/** observedCall / call: what one call of a function or procedure answers, refuses, or leaves behind, among given rows. */
import type { CalledRule } from '../architecture/kinds/called.ts'
import type { FunctionFacts } from '../catalog/function.ts'
import type { Catalog } from '../catalog/structure.ts'
import { databaseObjects } from '../ground/names.ts'
import { answerSelect, asStranger, keepAnswer, keptAnswer, settingStatements } from './called/statements.ts'
import { calledWorld } from './called/stage.ts'
import { accepted, openDraft, rowsAre } from './draft.ts'
import type { Expected, World } from './experiment.ts'
import { lookOf } from './observed/look.ts'
import type { RuleContext, RuleKind } from './rule-kind.ts'
import { shortened } from './sentence.ts'

const isProcedure = (catalog: Catalog, routine: string): boolean =>
  (catalog.structures.get(routine)?.facts as Partial<FunctionFacts> | undefined)?.isProcedure === true

const linesOf = (answers: CalledRule['answers']): readonly (string | null)[] => {
  if (answers === null) return []
  return typeof answers === 'number' ? [String(answers)] : inBytes(answers)
}

/** As `collate "C"` puts them, null last. */
const inBytes = (lines: readonly (string | null)[]): readonly (string | null)[] =>
  lines.toSorted((a, b) =>
    a === null || b === null
      ? Number(a === null) - Number(b === null)
      : Buffer.compare(Buffer.from(a), Buffer.from(b)),
  )

interface Steps {
  readonly keep: readonly string[]
  readonly when: readonly string[]
  readonly then: Expected
}

const callSteps = (rule: CalledRule, catalog: Catalog): Steps | { readonly missing: string } => {
  const { call, shown, answers, refused } = rule
  const counts = typeof answers === 'number'
  const isCalled = isProcedure(catalog, rule.routine)
  const look = lookOf(
    { table: databaseObjects, leaves: null, elsewhere: rule.leaves, removes: rule.removes },
    catalog,
  )
  if (look !== null && 'missing' in look) return look
  const plain = isCalled ? `call ${call}` : answerSelect(call, shown, counts)
  if (refused !== null)
    return { keep: [], when: [plain], then: { kind: 'rejected', by: { sqlstate: refused }, exactly: true } }
  const lines = linesOf(answers)
  if (look === null) {
    const expected = isCalled ? rowsAre(lines) : rowsAre(...lines.map((line) => [line]))
    return { keep: [], when: [plain], then: answers === null ? accepted : expected }
  }
  const asked = !isCalled && answers !== null
  const looked = `select 'leaves' as what, line from (${look.select}) looked(line)`
  const both = `select what, line from (select 'answers' as what, line from (${keptAnswer}) kept(line) union all ${looked}) seen order by what collate "C", line collate "C"`
  return {
    keep: look.keep,
    when: [
      isCalled ? `call ${call}` : keepAnswer(call, shown, counts),
      'set constraints all immediate',
      ...(rule.as === null && !rule.byStranger ? [] : ['set local role none']),
      asked ? both : `${looked} order by line collate "C"`,
    ],
    then: rowsAre(
      ...(asked ? lines.map((line) => ['answers', line]) : []),
      ...inBytes(look.lines).map((line) => ['leaves', line]),
    ),
  }
}

const experiments: RuleKind<CalledRule>['experiments'] = async (rule, context: RuleContext) => {
  const world = await calledWorld(context, rule)
  const draft = openDraft(rule, 'unsolved' in world ? nowhere : world)
  const steps = callSteps(rule, context.catalog)
  if ('missing' in steps) draft.unsolved(`there is no table ${steps.missing} to look at`, rule.sentence)
  else if ('unsolved' in world) draft.unsolved(world.unsolved, world.tried)
  else
    draft.add({
      title: `${shortened(rule.call, 100)} ${rule.refused === null ? 'is as it was seen' : `is refused with ${rule.refused}`}`,
      given: [...steps.keep, ...settingStatements(rule.settings), ...(rule.byStranger ? asStranger : [])],
      ...(rule.as === null ? {} : { as: { role: rule.as, settings: {} } }),
      when: steps.when,
      then: steps.then,
    })
  return draft.written()
}

const nowhere: World = { id: 'call', statements: [] }

const verbs = {
  saysAnswers: true,
  experiments,
  // What the function has to answer is known, its body is not.
  design: () => [],
  claims: (rule, { catalog }) => (catalog.structures.has(rule.routine) ? [rule.routine] : []),
} satisfies Partial<RuleKind<CalledRule>>

/** Recorded, and said by nobody: counted apart. */
export const observedCall: RuleKind<CalledRule> = {
  kind: 'observedCall',
  sentence: (rule) => `${rule.routine}, as observed: ${rule.sentence}`,
  isObserved: true,
  ...verbs,
}

export const call: RuleKind<CalledRule> = {
  kind: 'call',
  sentence: (rule) => `${rule.routine}: ${rule.sentence}`,
  ...verbs,
}
