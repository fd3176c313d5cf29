/** proves: a function that talks to the database and throws when its sentence is not true. The escape hatch for everything. */
import type { ProvesRule } from '../architecture/kinds/proves.ts'
import { structuresBehind } from './example-case.ts'
import type { World } from './experiment.ts'
import type { RuleKind } from './rule-kind.ts'

/** A proof inserts what it needs itself. */
const empty: World = { id: 'proof', statements: [] }

export const proves: RuleKind<ProvesRule> = {
  kind: 'proves',
  heedsTriggers: true,
  sentence: (rule) => rule.sentence,
  experiments: async (rule) => ({
    experiments: [
      {
        id: `${rule.id}#1`,
        rule: rule.id,
        title: 'its proof runs to its end',
        world: empty,
        given: [],
        when: [],
        then: { kind: 'accepted' },
        proof: rule.proof,
      },
    ],
    unsolved: [],
  }),
  design: () => [],
  claims: (rule, { catalog }) => structuresBehind(rule, catalog),
}
