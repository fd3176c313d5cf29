/** The matrix written down: PostgreSQL is asked what is to be expected, and the cells that tell become experiments. */
import type { Case } from '../draft.ts'
import { comparedTypes, hostileSchema } from '../hostile-path.ts'
import { columnsIn } from '../expression-columns.ts'
import type { Indistinct, RuleContext, Written } from '../rule-kind.ts'
import { cellsOf, chooseCells, type Cell, type Person } from './cells.ts'
import { expectedOf, outcomeWords } from './deeds.ts'
import type { Identity } from './identities.ts'
import { askMatrix } from './matrix.ts'
import { expressionsOf, points } from './policy-set.ts'
import { keepPromised } from './promised.ts'
import type { AskedRole } from './roles.ts'
import { findMoves, type ToldRows } from './situations.ts'
import { setStage, type Stage } from './stage.ts'
import { indistinctStrictness } from './strict-functions.ts'
import { subjectMaker, touchMaker } from './subjects.ts'
import { asksTheSame, policiesOf, standingSet, variantsOf, type Variant } from './variants.ts'
import { oracleText } from './verdicts.ts'

/** The first role is asked with every identity; the others with two and with none, and who bypasses with one. */
const peopleOf = (roles: readonly AskedRole[], identities: readonly Identity[]): readonly Person[] => {
  const few = identities.filter(({ as }, i) => i < 2 || as === 'empty')
  return roles.flatMap((role, i) => {
    const some = i === 0 ? identities : role.why === 'bypasses' ? few.slice(0, 1) : few
    return some.map((identity) => ({ role, identity }))
  })
}

/** Broken expressions that no row tells from their original, and broken sets by which nobody is asked anything else. */
const indistinctOf = (
  { catalog, table }: RuleContext,
  told: ToldRows,
  same: readonly Variant[],
): readonly Indistinct[] => {
  const agreed = policiesOf(catalog, table.id).flatMap((structure) =>
    told.agreements
      .filter(({ expression }) => [structure.facts.using, structure.facts.withCheck].includes(expression))
      .flatMap(({ equivalent }) => equivalent)
      .map((expression) => ({
        structure: structure.id,
        expression,
        why: 'no row that the other constraints allow tells them apart',
      })),
  )
  const why = 'with the other policies as they are, no role is asked anything else for any command'
  return [...agreed, ...same.map(({ structure, mutant }) => ({ structure, mutant, why }))]
}

/** What makes the path of an identity that finds names elsewhere. */
const pathOf = async ({ context, reading, looked }: Stage): Promise<readonly string[]> => {
  if (!reading.pinsPath) return []
  const types = await Promise.all(
    reading.tables.map(async ({ table, conditions }) => {
      const columns = await Promise.all(conditions.map((sql) => columnsIn(table, sql)))
      return comparedTypes(table, columns.flat())
    }),
  )
  return hostileSchema([...types.flat(), ...comparedTypes(context.table, looked), 'text'])
}

const toCase = (cell: Cell, { world }: Stage, path: readonly string[]) => {
  const { person, deed, situation, move, subject, outcome } = cell
  const { role, identity } = person
  return {
    title: `${role.title}${identity.title} ${deed.verb} ${situation.title}${move?.title ?? ''}: ${outcomeWords(deed, outcome)}`,
    world,
    as: { role: role.name, settings: identity.settings },
    given: [
      ...situation.before,
      ...(deed.needsRow ? [subject.insert] : []),
      ...situation.after,
      ...(identity.as === 'path' ? path : []),
    ],
    when: [deed.statement(subject)!],
    then: expectedOf(deed, outcome),
  }
}

/** Tried before they are promised; what is asked on a connection of its own is not tried here. */
const promisedCases = async (
  stage: Stage,
  cells: readonly Cell[],
): Promise<readonly (Case & { readonly session?: 'fresh' })[]> => {
  const path = await pathOf(stage)
  const isFresh = ({ person }: Cell): boolean => person.identity.as === 'fresh'
  const tried = cells
    .filter((cell) => !isFresh(cell))
    .map((cell) => ({
      case: toCase(cell, stage, path),
      isObserved: cell.person.identity.as === 'path',
    }))
  const fresh = cells
    .filter(isFresh)
    .map((cell) => ({ ...toCase(cell, stage, path), session: 'fresh' as const }))
  return [...(await keepPromised(stage.context, stage.world, tried)), ...fresh]
}

export const writeCells = async (stage: Stage): Promise<Written> => {
  const { rule, context, ground, declared, reading, roles, world, grants, looked } = stage
  const { identities, told, situations, alone } = await setStage(stage)
  const moves = await findMoves(context, world, situations, looked)
  const standing = standingSet(context.catalog, context.table)
  const variants = variantsOf(context.catalog, context.table)
  const sets = [standing, ...variants.map((v) => v.set)]
  const people = peopleOf(roles.asked, identities)
  const oracles = people.flatMap(({ role }) => points.map((point) => oracleText(declared, role, point)))
  const texts = new Set([
    ...expressionsOf(declared.policies),
    ...sets.flatMap((set) => expressionsOf(set.policies)),
    ...oracles,
  ])
  const expressions = [...texts].filter((sql) => sql !== 'true' && sql !== 'false')
  const { readsRows } = reading
  const answered = await askMatrix(context, {
    expressions,
    world,
    grants,
    readsRows,
    people,
    situations,
    moves,
  })
  const cells = cellsOf({
    declared,
    sets,
    people,
    situations,
    moves,
    subjectOf: subjectMaker(context, alone),
    touch: await touchMaker(context, looked),
    answered,
  })
  // Functions may be broken in ways that are not foreseen here: then the first role's view of every row is asked.
  const isView = ({ person, deed, situation, move }: Cell): boolean =>
    deed.name === 'sees' &&
    move === null &&
    (situation === situations[0] || (readsRows && person.role === people[0]?.role))
  const chosen = chooseCells(cells, sets.length, isView)
  for (const one of await promisedCases(stage, chosen.cells)) ground.draft.add(one)
  const untold = chosen.untold.flatMap((i) => variants[i - 1] ?? [])
  const same = untold.filter(({ set }) => asksTheSame(standing, set, roles.standings))
  const notes = roles.leftOut.map((name) => ({
    rule: rule.id,
    summary: `the role ${name}, which policies of ${rule.table} name, is not asked as`,
    mend: 'name fewer roles in the policies, for instance one that the others are members of',
  }))
  return {
    ...ground.draft.written(),
    indistinct: [...indistinctOf(context, told, same), ...indistinctStrictness(context.catalog, reading)],
    ...(notes.length > 0 ? { notes } : {}),
  }
}
