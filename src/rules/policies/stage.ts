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
import type { Row } from '../../rows/rows.ts'
import { asFarAsTaken, findSituations, tellingRows, type Situation, type ToldRows } from './situations.ts'
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

/** Further surroundings in which identities are looked for. */
const mostScenes = 6

/** Somebody whom policies bind. */
const boundRole = ({ asked }: Roles) =>
  asked.find((r) => !r.bypasses && !r.owns) ?? asked.find((r) => !r.bypasses) ?? asked[0]

/** One element of a type, as a literal. */
const elementOf = (type: string): string => {
  if (type === 'uuid') return `'00000000-0000-4000-8000-000000000001'`
  return /^(?:smallint|integer|bigint|numeric|real|double precision)/u.test(type) ? `7` : `'somebody'`
}

/** Row a with something in each of its lists: an empty one has nobody in it. */
const listed = async ({ context, ground, looked }: Stage): Promise<Row | null> => {
  const { rows, table } = context
  const pins: Record<string, string> = {}
  for (const { name, type, typeKind, typeName, baseType } of table.columns) {
    if (!looked.includes(name)) continue
    if (typeKind === 'array') {
      pins[name] = `array[${elementOf(baseType)}]::${type}`
    } else if (/^jsonb?$/u.test(typeName)) pins[name] = `'["somebody"]'::${typeName}`
  }
  if (Object.keys(pins).length === 0) return null
  const solved = await rows.solve(table, { pins, family: 'a' })
  return 'row' in solved && JSON.stringify(solved.row) !== JSON.stringify(ground.base) ? solved.row : null
}

const identitiesOf = async (
  stage: Stage,
  around: readonly SurroundingTable[],
): Promise<readonly Identity[]> => {
  const { context, ground, declared, reading, roles, world } = stage
  const { rows, table, db } = context
  const asked = { reading, role: boundRole(roles)?.name ?? table.owner }
  if (reading.settings.length === 0) return findIdentities({ ...asked, judge: null, counted: 0 }, [])
  const b = await rows.base(table, 'b')
  const withLists = await listed(stage)
  const beside = (row: Row, parts: readonly (readonly string[])[]) =>
    asFarAsTaken(context, world, row, [], parts)
  const home = await beside(
    ground.base,
    around.map((t) => t.home),
  )
  const others = around.flatMap((t) =>
    t.others
      .filter(({ statements }) => statements.length > 0)
      .map((other) => around.map((one) => (one === t ? other.statements : one.home))),
  )
  const places = [
    { row: ground.base, after: home },
    ...(b
      ? [
          {
            row: b,
            after: await beside(
              b,
              around.map((t) => t.homeOfB),
            ),
          },
        ]
      : []),
    ...(withLists ? [{ row: withLists, after: home }] : []),
  ]
  for (const parts of others.slice(0, mostScenes))
    places.push({ row: ground.base, after: await beside(ground.base, parts) })
  const scenes = await heldTexts(context, world, places, reading)
  const predicates = [...new Set(expressionsOf(declared.policies).flatMap(predicatesOf))]
  // Only who asks tells those without a column from what they may be broken into.
  const bare = await Promise.all(predicates.map(async (sql) => (await columnsIn(table, sql)).length === 0))
  const broken = predicates
    .filter((_, i) => bare[i])
    .flatMap((sql) => expressionMutants(sql).map((m) => m.sql))
  return withJudge(db, table, [...predicates, ...broken], (judge) =>
    findIdentities({ ...asked, judge, counted: predicates.length }, scenes),
  )
}

export const setStage = async (stage: Stage): Promise<Found> => {
  const { context, ground, declared, reading, roles, world, looked } = stage
  const { rows, table } = context
  const a = ground.base
  const b = await rows.base(table, 'b')
  const inserts = { a: rows.insert(table, a), b: rows.insert(table, b ?? a) }
  const around = await readSurroundingRows(context, world, reading, inserts)
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
      : { rows: [], agreements: [], leftOut: 0 }
  const told = {
    rows: [...asFirst.rows, ...asStranger.rows],
    agreements: asFirst.agreements,
    leftOut: asFirst.leftOut,
  }
  const parts = { world, a, b, told: told.rows, around: around.tables, looked }
  return {
    identities,
    told,
    situations: await findSituations(context, parts),
    alone: await isAlone(context, world),
  }
}
