/** The matrix written down: PostgreSQL is asked what is to be expected, and the cells that tell become experiments. */
import type { Case } from '../draft.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import { comparedTypes, hostileSchema } from '../hostile-path.ts'
import { columnsIn } from '../expression-columns.ts'
import type { Note } from '../experiment.ts'
import type { Indistinct, RuleContext, Written } from '../rule-kind.ts'
import { cellsOf, chooseCells, type Cell, type Chosen, type Person } from './cells.ts'
import { deepen } from './deepen.ts'
import { foregone } from './foregone.ts'
import { expectedOf, outcomeWords } from './deeds.ts'
import type { Identity } from './identities.ts'
import { expressionsOf, points, type Policy } from './policy-set.ts'
import { keepPromised } from './promised.ts'
import { saidTo, type AskedRole } from './roles.ts'
import { isApart, keepsOf } from './keeps.ts'
import { askRound, type Round } from './rounds.ts'
import type { ToldRows } from './situations.ts'
import { setStage, type Found, type Stage } from './stage.ts'
import { indistinctStrictness } from './strict-functions.ts'
import { subjectMaker, touchMaker } from './subjects.ts'
import { asksTheSame, policiesOf, standingSet, variantsOf, type Variant } from './variants.ts'
import { oracleText } from './verdicts.ts'

/** Roles that are asked with every identity, beside members and who is named by no policy. */
const mostAskedWhole = 4

/** The first role, and those to whom something is said that is said to none of these. */
const askedWhole = (roles: readonly AskedRole[], policies: readonly Policy[]): ReadonlySet<AskedRole> => {
  const said = new Set<string>()
  const whole = new Set<AskedRole>()
  for (const role of roles.filter(({ why }) => why === 'named')) {
    const own = saidTo(role, policies)
    const isNew = own.some((sql) => !said.has(sql))
    if (whole.size === mostAskedWhole || (whole.size > 0 && !isNew)) continue
    whole.add(role)
    for (const sql of own) said.add(sql)
  }
  return whole
}

/** Roles to whom much is said, members of them, and one that no policy names, are asked with every identity; the others with two and with none, and who bypasses with one. */
const peopleOf = (
  roles: readonly AskedRole[],
  identities: readonly Identity[],
  policies: readonly Policy[],
): readonly Person[] => {
  const plain = identities.filter(({ as }) => as === undefined || as === 'empty')
  const few = identities.filter(({ as }, i) => i < 2 || as === 'empty' || isApart(as))
  const byReason: Readonly<Record<AskedRole['why'], readonly Identity[]>> = {
    named: few,
    member: plain,
    unnamed: plain,
    owner: few.filter(({ as }) => !isApart(as)),
    bypasses: plain.slice(0, 1),
  }
  const whole = askedWhole(roles, policies)
  return roles.flatMap((role, i) => {
    const all = whole.has(role) ? identities.filter(({ as }) => as !== 'fresh') : byReason[role.why]
    return (i === 0 ? identities : all).map((identity) => ({ role, identity }))
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

/** Takes from every role that asks the tables that only functions of their owner's rights read. */
const withoutRights = ({ context, reading, roles }: Stage): readonly string[] => {
  const read = reading.tables.filter((t) => !t.direct && t.table.id !== context.table.id).map((t) => t.table)
  const grantees = ['public', ...roles.asked.filter((r) => !r.owns).map(({ name }) => ident(name))].join(', ')
  return read.map((table) => `revoke all on ${qualified(table)} from ${grantees}`)
}

const toCase = (cell: Cell, stage: Stage, path: readonly string[]) => {
  const { world } = stage
  const { person, deed, situation, move, subject, outcome } = cell
  const { role, identity } = person
  return {
    title: `${role.title}${identity.title} ${deed.verb} ${situation.title}${move?.title ?? ''}: ${outcomeWords(deed, outcome)}`,
    world,
    as: { role: role.name, settings: identity.settings },
    given: [
      ...(identity.as === 'path' ? path : []),
      ...(identity.as === 'bare' ? withoutRights(stage) : []),
      ...situation.before,
      ...(deed.needsRow ? [subject.insert] : []),
      ...situation.after,
    ],
    when: [deed.statement(subject)!],
    then: expectedOf(deed, outcome),
  }
}

/** An expression breaks when it is asked, not while the statement is planned. */
const breaksAtARow = ({ outcome }: Cell): boolean => typeof outcome === 'object' && outcome.breaks !== '42P17'

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
      // Of a condition with several parts the planner may ask another one first than when it was asked alone.
      isObserved: isApart(cell.person.identity.as) || breaksAtARow(cell),
    }))
  const fresh = cells
    .filter(isFresh)
    .map((cell) => ({ ...toCase(cell, stage, path), session: 'fresh' as const }))
  return [...(await keepPromised(stage.context, stage.world, tried)), ...fresh]
}

/** What was cut off, and what would make room. */
const notesOf = (
  { rule, roles }: Stage,
  { told, identitiesLeftOut }: Pick<Found, 'told' | 'identitiesLeftOut'>,
  { movesLeftOut }: Round,
  chosen: Chosen,
): readonly Note[] => {
  const note = (summary: string, mend: string): Note => ({ rule: rule.id, summary, mend })
  return [
    ...roles.leftOut.map((name) =>
      note(
        `the role ${name}, which policies of ${rule.table} name, is not asked as`,
        'name fewer roles in the policies, for instance one that the others are members of',
      ),
    ),
    ...(told.leftOut === 0
      ? []
      : [
          note(
            `${told.leftOut} of the expressions of the policies of ${rule.table} had no rows looked for that tell them from others: there are too many`,
            'put what several policies say alike into one policy, or into one function',
          ),
        ]),
    ...(identitiesLeftOut === 0
      ? []
      : [
          note(
            `${identitiesLeftOut} of the identities that policies of ${rule.table} may answer otherwise are not asked as: there are too many`,
            'let the policies read fewer settings, or fewer parts of one',
          ),
        ]),
    ...(movesLeftOut === 0
      ? []
      : [
          note(
            `${movesLeftOut} of the updates that make one row of ${rule.table} like another are not tried: there are too many`,
            'let the policies for UPDATE look at fewer columns',
          ),
        ]),
    ...(chosen.cut === 0
      ? []
      : [
          note(
            `${chosen.cut} broken forms of the policies of ${rule.table} could be told by further experiments, which are left out: there are ${chosen.cells.length} already`,
            'put what several policies say alike into one policy',
          ),
        ]),
  ]
}

/** For somebody else, for another command, or of another kind. */
const asksOthers = (one: Policy, other: Policy): boolean =>
  JSON.stringify([one.roles, one.command, one.permissive]) !==
  JSON.stringify([other.roles, other.command, other.permissive])

/** Broken in what a policy says, that comes back to its own table before and after: nobody gets as far as asking it. */
const endlessOf = (
  { context }: Stage,
  untold: readonly Variant[],
  people: readonly Person[],
  { situations, answered }: Round,
): readonly Indistinct[] => {
  const [situation] = situations
  const person = people.find(({ role }) => !role.bypasses && !role.owns)
  const standing = situation && person ? answered(person, situation).standing : null
  const isEndless = (sql: string | null): boolean => sql !== null && standing?.(sql) === '42P17'
  const own = new Map(standingSet(context.catalog, context.table).policies.map((p) => [p.name, p]))
  const why =
    'the policy comes back to its own table either way, and PostgreSQL refuses every statement (42P17)'
  return untold.flatMap(({ structure, mutant, set }) => {
    const changed = set.policies.filter((p) => own.get(p.name) !== p)
    const isAlike = changed.every((p) => {
      const before = own.get(p.name)
      if (!before || asksOthers(before, p)) return false
      const pairs = [[before.using, p.using] as const, [before.withCheck, p.withCheck] as const]
      return pairs.every(([old, next]) => old === next || (isEndless(old) && isEndless(next)))
    })
    const isWhole = changed.length > 0 && set.policies.length === own.size
    return isWhole && isAlike ? [{ structure, mutant, why }] : []
  })
}

export const writeCells = async (stage: Stage): Promise<Written> => {
  const { context, ground, declared, reading, roles, world, grants, looked } = stage
  const found = await setStage(stage)
  const { identities, told, situations: first, alone } = found
  const asItIs = standingSet(context.catalog, context.table)
  const variants = variantsOf(context.catalog, context.table)
  const sets = [asItIs, ...variants.map((v) => v.set)]
  const people = peopleOf(roles.asked, identities, declared.policies)
  const oracles = people.flatMap(({ role }) => points.map((point) => oracleText(declared, role, point)))
  const texts = new Set([
    ...expressionsOf(declared.policies),
    ...sets.flatMap((set) => expressionsOf(set.policies)),
    ...oracles,
  ])
  const expressions = [...texts].filter((sql) => sql !== 'true' && sql !== 'false')
  const { readsRows } = reading
  const known = foregone(context.catalog, (table) => standingSet(context.catalog, table))
  const asking = { expressions, world, grants, readsRows, people }
  const touch = await touchMaker(context, looked)
  const choose = ({ situations, moves, answered }: Round): Chosen =>
    chooseCells(
      cellsOf({
        declared,
        sets,
        people,
        situations,
        moves,
        subjectOf: subjectMaker(context, alone),
        touch,
        answered,
      }),
      { sets: sets.length, keeps: keepsOf(stage, people, situations, variants) },
    )
  const untoldOf = ({ untold }: Chosen): readonly Variant[] =>
    untold
      .flatMap((i) => variants[i - 1] ?? [])
      .filter(({ set }) => !asksTheSame(asItIs, set, roles.standings, known))
  let round = await askRound(stage, asking, first, null)
  let chosen = choose(round)
  const untold = untoldOf(chosen).map(({ set }) => set)
  const more =
    untold.length > 0
      ? await deepen(stage, { standing: asItIs, untold, people, situations: round.situations })
      : []
  if (more.length > 0) {
    round = await askRound(stage, asking, more, round)
    chosen = choose(round)
  }
  for (const one of await promisedCases(stage, chosen.cells)) ground.draft.add(one)
  const same = chosen.untold
    .flatMap((i) => variants[i - 1] ?? [])
    .filter(({ set }) => asksTheSame(asItIs, set, roles.standings, known))
  const notes = notesOf(stage, found, round, chosen)
  return {
    ...ground.draft.written(),
    indistinct: [
      ...indistinctOf(context, told, same),
      ...endlessOf(
        stage,
        chosen.untold.flatMap((i) => variants[i - 1] ?? []),
        people,
        round,
      ),
      ...indistinctStrictness(context.catalog, reading),
    ],
    ...(notes.length > 0 ? { notes } : {}),
  }
}
