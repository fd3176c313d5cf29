/** observed / behaves: what a write leaves behind because of a trigger or a rewrite rule, or how it is refused. */
import type { ObservedRule } from '../architecture/kinds/observed.ts'
import { accepted, openDraft, rowsAre, worldOf } from './draft.ts'
import { structuresBehind } from './example-case.ts'
import type { Expected } from './experiment.ts'
import { lookOf } from './observed/look.ts'
import { stageOf } from './observed/stage.ts'
import type { RuleKind } from './rule-kind.ts'

const experiments: RuleKind<ObservedRule>['experiments'] = async (rule, context) => {
  const draft = openDraft(rule, await worldOf(context))
  const look = lookOf(rule, context.catalog)
  if (look !== null && 'missing' in look) {
    draft.unsolved(`there is no table ${look.missing} to look at`, rule.sentence)
    return draft.written()
  }
  const stage = await stageOf(context, rule)
  if ('unsolved' in stage) {
    draft.unsolved(stage.unsolved, stage.tried)
    return draft.written()
  }
  const { world, given, when, as } = stage
  const looks: { readonly when: readonly string[]; readonly then: Expected } =
    rule.refused !== null
      ? { when: [], then: { kind: 'rejected', by: { sqlstate: rule.refused } } }
      : look === null
        ? { when: [], then: accepted }
        : {
            when: [
              ...(rule.constraints === 'checked' ? ['set constraints all immediate'] : []),
              ...(as ? ['set local role none'] : []),
              look.select,
            ],
            then: rowsAre(...look.lines.map((line) => [line])),
          }
  draft.add({
    title:
      rule.refused === null ? `it is seen: ${rule.sentence}` : `SQLSTATE ${rule.refused}: ${rule.sentence}`,
    world,
    given: [...given, ...(look?.keep ?? [])],
    ...(as ? { as } : {}),
    when: [...when, ...looks.when],
    then: looks.then,
  })
  return draft.written()
}

const verbs = {
  experiments,
  // What the trigger has to do is known, its body is not.
  design: () => [],
  claims: (rule, { catalog }) => structuresBehind(rule, catalog),
} satisfies Partial<RuleKind<ObservedRule>>

/** Recorded, and said by nobody: counted apart. Triggers that stood aside while it was recorded stand aside still. */
export const observed: RuleKind<ObservedRule> = {
  kind: 'observed',
  sentence: (rule) => `as observed: ${rule.sentence}`,
  isObserved: true,
  ...verbs,
}

export const behaves: RuleKind<ObservedRule> = {
  kind: 'behaves',
  heedsTriggers: true,
  sentence: (rule) => rule.sentence,
  ...verbs,
}
