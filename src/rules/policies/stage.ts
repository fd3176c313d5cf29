/** What the cells stand on, found in this order: rows around the table's own, who asks, and the rows that tell. */
import type { PoliciesRule } from '../../architecture/kinds/policies.ts'
import { expressionMutants } from '../../catalog/expression/expressions.ts'
import { policyExpressionMutants } from '../../catalog/policy/expressions.ts'
import { parseExpression } from '../../postgres/parse.ts'
import type { Ground } from '../draft.ts'
import type { World } from '../experiment.ts'
import { columnsIn } from '../expression-columns.ts'
import type { RuleContext } from '../rule-kind.ts'
import { isAlone } from './ground.ts'
import { heldTexts } from './held-texts.ts'
import {
  findIdentities,
  search,
  tellingValues,
  type Found as FoundValues,
  type Identities,
  type Identity,
} from './identities.ts'
import { withJudge } from './judge.ts'
import { readLinks } from './links.ts'
import { expressionsOf, type PolicySet } from './policy-set.ts'
import { predicatesOf, type Reading } from './reading.ts'
import type { Roles } from './roles.ts'
import { looksElsewhere } from './skeleton.ts'
import type { Row } from '../../rows/rows.ts'
import { asFarAsTaken, findSituations, tellingRows, type Situation, type ToldRows } from './situations.ts'
import { refusedByOwn, siblingsOf, type Sibling } from './siblings.ts'
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
  /** Identities that are not asked as, because there are too many. */
  readonly identitiesLeftOut: number
  readonly told: ToldRows
  readonly situations: readonly Situation[]
  /** No other row of the table stands. */
  readonly alone: boolean
}

/** Further surroundings in which identities are looked for. */
const mostScenes = 6

/** Rows of the table itself beside which identities are looked for. */
const mostBeside = 2

/** Somebody whom policies bind. Who is a member sees in other tables what the role that he is a member of does not. */
const boundRole = ({ asked }: Roles) =>
  asked.find(({ why }) => why === 'member') ??
  asked.find((r) => !r.bypasses && !r.owns) ??
  asked.find((r) => !r.bypasses) ??
  asked[0]

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
  siblings: readonly Sibling[],
): Promise<Identities> => {
  const { context, ground, declared, reading, roles, world } = stage
  const { rows, table, db } = context
  const asked = { reading, role: boundRole(roles)?.name ?? table.owner }
  // The table itself is read by every statement: without the right to, nothing is asked.
  const beyond = { ...reading, tables: reading.tables.filter((t) => t.table.id !== table.id) }
  if (reading.settings.length === 0) return findIdentities(beyond, [], [])
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
  for (const sibling of siblings.slice(0, mostBeside))
    places.push({ row: ground.base, after: [...home, ...sibling.statements] })
  for (const parts of others.slice(0, mostScenes))
    places.push({ row: ground.base, after: await beside(ground.base, parts) })
  const scenes = await heldTexts(context, world, places, reading)
  const predicates = [...new Set(expressionsOf(declared.policies).flatMap(predicatesOf))]
  // Only who asks tells those without a column from what they may be broken into.
  const bare = await Promise.all(predicates.map(async (sql) => (await columnsIn(table, sql)).length === 0))
  const broken = predicates
    .filter((_, i) => bare[i])
    .flatMap((sql) => expressionMutants(sql).map((m) => m.sql))
  const all = await withJudge(db, table, [...predicates, ...broken], async (judge) => {
    const found: (FoundValues | null)[] = []
    for (const scene of scenes)
      found.push(await search({ ...asked, judge, counted: predicates.length }, scene))
    return found
  })
  const [sceneOfA, ofA] = [scenes[0], all[0]]
  const subqueries = predicates
    .filter((sql) => looksElsewhere(context.catalog, parseExpression(sql)))
    .flatMap((sql) => policyExpressionMutants(sql, context.catalog).map((m) => m.sql))
  if (!sceneOfA || !ofA || subqueries.length === 0) return findIdentities(beyond, all, [])
  const telling = await withJudge(db, table, subqueries, (judge) =>
    tellingValues({ ...asked, judge }, sceneOfA, ofA.values),
  )
  return findIdentities(beyond, all, telling)
}

export const setStage = async (stage: Stage): Promise<Found> => {
  const { context, ground, declared, reading, roles, world, looked } = stage
  const { rows, table } = context
  const a = ground.base
  const b = await rows.base(table, 'b')
  const links = readLinks(context.catalog, table, expressionsOf(declared.policies))
  const around = await readSurroundingRows(context, world, reading, links, { a, b: b ?? a })
  const siblings = await siblingsOf(context, world, reading, links, { a, b })
  for (const { summary, tried } of around.gaps) ground.draft.unsolved(summary, tried)
  const { identities, leftOut } = await identitiesOf(stage, around.tables, siblings)
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
    rows: [...asFirst.rows, ...asStranger.rows, ...(await refusedByOwn(context, reading, looked, a))],
    agreements: asFirst.agreements,
    leftOut: asFirst.leftOut,
  }
  const parts = { world, a, b, told: told.rows, around: around.tables, siblings, looked }
  return {
    identities,
    identitiesLeftOut: leftOut,
    told,
    situations: await findSituations(context, parts),
    alone: await isAlone(context, world),
  }
}
