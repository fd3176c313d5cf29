/** What the cells stand on, found in this order: rows around the table's own, who asks, and the rows that tell. */
import type { PoliciesRule } from '../../architecture/kinds/policies.ts'
import { expressionMutants } from '../../catalog/expressions.ts'
import type { Ground } from '../draft.ts'
import type { World } from '../experiment.ts'
import { columnsIn } from '../expression-columns.ts'
import type { RuleContext } from '../rule-kind.ts'
import { isAlone } from './ground.ts'
import { heldTexts } from './held-texts.ts'
import { findIdentities, type Identity } from './identities.ts'
import { withJudge } from './judge.ts'
import { expressionsOf, type PolicySet } from './policy-set.ts'
import { predicatesOf, type Reading } from './reading.ts'
import type { Roles } from './roles.ts'
import { findSituations, tellingRows, type Situation, type ToldRows } from './situations.ts'
import { readSurroundingRows, type SurroundingTable } from './surroundings.ts'

export interface Stage {
  readonly rule: PoliciesRule
  readonly context: RuleContext
  readonly ground: Ground
  readonly declared: PolicySet
  readonly reading: Reading
  readonly roles: Roles
  readonly world: World
  /** Of the world, what is not rows. */
  readonly grants: readonly string[]
  /** Columns of the table that policies, or functions that they call, look at. */
  readonly looked: readonly string[]
}

export interface Found {
  readonly identities: readonly Identity[]
  readonly told: ToldRows
  readonly situations: readonly Situation[]
  /** No other row of the table stands. */
  readonly alone: boolean
}

const identitiesOf = async (
  { context, ground, declared, reading, world }: Stage,
  around: readonly SurroundingTable[],
): Promise<readonly Identity[]> => {
  const { rows, table, db } = context
  if (reading.settings.length === 0) return findIdentities({ judge: null, reading, counted: 0 }, null, null)
  const b = await rows.base(table, 'b')
  const places = [
    { row: ground.base, after: [...new Set(around.flatMap((t) => t.home))] },
    ...(b ? [{ row: b, after: [...new Set(around.flatMap((t) => t.homeOfB))] }] : []),
  ]
  const scenes = await heldTexts(context, world, places, reading)
  const predicates = [...new Set(expressionsOf(declared.policies).flatMap(predicatesOf))]
  // Only who asks tells those without a column from what they may be broken into.
  const bare = await Promise.all(predicates.map(async (sql) => (await columnsIn(table, sql)).length === 0))
  const broken = predicates
    .filter((_, i) => bare[i])
    .flatMap((sql) => expressionMutants(sql).map((m) => m.sql))
  return withJudge(db, table, [...predicates, ...broken], (judge) =>
    findIdentities({ judge, reading, counted: predicates.length }, scenes[0] ?? null, scenes[1] ?? null),
  )
}

export const setStage = async (stage: Stage): Promise<Found> => {
  const { context, ground, declared, reading, roles, world, looked } = stage
  const { rows, table } = context
  const a = ground.base
  const b = await rows.base(table, 'b')
  const inserts = { a: rows.insert(table, a), b: rows.insert(table, b ?? a) }
  const around = await readSurroundingRows(context, world, reading.tables, inserts)
  for (const { summary, tried } of around.gaps) ground.draft.unsolved(summary, tried)
  const identities = await identitiesOf(stage, around.tables)
  const first = roles.asked.find((r) => r.why !== 'bypasses') ?? roles.asked[0]
  const asker = { role: first?.name ?? table.owner, settings: identities[0]?.settings ?? {} }
  const expressions = expressionsOf(declared.policies)
  const asFirst = await tellingRows(context, expressions, asker)
  // Who it is may count: then somebody whom no policy names looks at them too.
  const stranger = roles.asked.find((r) => r.why === 'unnamed' && r !== first)
  const named = expressions.filter((sql) => /\b(?:current_user|session_user|current_role)\b/iu.test(sql))
  const asStranger =
    stranger && named.length > 0
      ? await tellingRows(context, named, { ...asker, role: stranger.name })
      : { rows: [], agreements: [] }
  const told = { rows: [...asFirst.rows, ...asStranger.rows], agreements: asFirst.agreements }
  const parts = { world, a, b, told: told.rows, around: around.tables, looked }
  return {
    identities,
    told,
    situations: await findSituations(context, parts),
    alone: await isAlone(context, world),
  }
}
