/** check: every row satisfies an expression, or leaves it unknown. Rows are chosen so that they tell it from its mutants. */
import type { CheckRule } from '../architecture/kinds/check.ts'
import { checksOf, saysFalse } from '../catalog/check.ts'
import { expressionMutants } from '../catalog/expression/expressions.ts'
import { ident, qualified } from '../postgres/quote.ts'
import { loadParser } from '../postgres/parse.ts'
import type { Distinguished, Row } from '../rows/rows.ts'
import { rowsOfFunctions, sameForNull, type TellingRow } from './called/functions.ts'
import { claimedOf } from './claimed.ts'
import { sameButAtMidnight } from './clock-boundary.ts'
import { alterTable, relationOfId, structureName } from './ddl.ts'
import { accepted, standOnBaseRow, type Case, type Ground } from './draft.ts'
import type { Expected, Note } from './experiment.ts'
import { idleCase } from './idle-check.ts'
import { strictnessUnseen } from './never-null-calls.ts'
import { makeRow } from './make-row.ts'
import { pastComputed } from './nulls/past-computed.ts'
import { distinguishPast } from './past-partitions.ts'
import type { Indistinct, RuleContext, RuleKind, Written } from './rule-kind.ts'
import { addRaised } from './raised-check.ts'
import { pictured, shortened } from './sentence.ts'
import { tryOne } from './trial.ts'
import { quieted } from './quiet.ts'
import { addUntriggered, withoutTriggers } from './untriggered.ts'

/** `products_price_not_negative`; a name that begins with its table's stands as it is. */
export const constraintName = (rule: CheckRule): string =>
  rule.name.startsWith(`${relationOfId(rule.table).name}_`) ? rule.name : structureName(rule.table, rule.name)

/** What the rule's expression has to be told from: mutants of it as declared, and as PostgreSQL wrote it down. */
const mutantsOf = (expression: string, written: string | undefined): readonly string[] => {
  const texts = [expression, ...(written === undefined ? [] : [written])]
  return [...new Set(texts.flatMap((text) => expressionMutants(text).map((m) => m.sql)))]
}

/** A distinguished row satisfies the row-level constraints; parents that it lacks are made. */
const withParents = async (
  context: RuleContext,
  ground: Ground,
  row: Row,
  differs: readonly string[],
): Promise<{ readonly row: Row; readonly given: readonly string[] } | null> => {
  const { rows, table, db } = context
  const fault = await tryOne(db, ground.world, [rows.insert(table, row)])
  // A CHECK that refuses it has to show.
  if (!fault || fault.sqlstate === '23514') return { row, given: [] }
  const pins = Object.fromEntries(differs.map((c) => [c, row[c] ?? 'null']))
  const made = await makeRow(context, table, { pins, family: 'a' })
  return 'row' in made ? made : null
}

const titleOf = (row: Row, differs: readonly string[], end: string): string =>
  differs.length === 0 ? `a typical row is ${end}` : `${pictured(row, differs)} is ${end}`

const refusalOf = (rule: CheckRule, context: RuleContext): Expected => ({
  kind: 'rejected',
  // Where nothing is claimed no other constraint shall answer for it: the name that it ought to have is asked for.
  by: { sqlstate: '23514', constraint: claimedOf(context, 'check')?.name ?? constraintName(rule) },
})

/** A row that breaks the expression, whatever other CHECKs say of it. */
const breakingRow = async (rule: CheckRule, context: RuleContext): Promise<Row | null> => {
  const solved = await context.rows.solve(context.table, {
    where: [`(${rule.expression}) is false`],
    ignoreChecks: [rule.expression, ...checksOf(context.catalog, rule.table).map((s) => s.name)],
  })
  return 'row' in solved ? solved.row : null
}

/** What a generated column cannot be computed from is refused before the CHECK is asked. */
const addRefusal = async (
  one: Case,
  differs: readonly string[],
  context: RuleContext,
  ground: Ground,
): Promise<void> => {
  const past = await pastComputed(differs, one, context, ground)
  if (past) ground.draft.add(past)
  else await addUntriggered(context, ground, one)
}

/** Other constraints refuse such a row too: which of them answers first is PostgreSQL's choice. */
const addSharedRefusal = async (
  rule: CheckRule,
  context: RuleContext,
  ground: Ground,
  row: Row,
): Promise<void> => {
  const when = [context.rows.insert(context.table, row)]
  const claimed = claimedOf(context, 'check')
  const fault = await tryOne(context.db, ground.world, when)
  const isOther = claimed !== undefined && fault?.sqlstate === '23514' && fault.constraint !== claimed.name
  const differs = Object.keys(row).filter((c) => row[c] !== ground.base[c])
  const then: Expected = isOther ? { kind: 'rejected', by: { sqlstate: '23514' } } : refusalOf(rule, context)
  await addRefusal({ title: titleOf(row, differs, 'refused'), when, then }, differs, context, ground)
}

/**
 * A row that the claimed constraint treats otherwise than the declaration, where there is one: the constraint has its
 * name and says something else.
 */
const addDisagreementCase = async (
  rule: CheckRule,
  written: string,
  context: RuleContext,
  ground: Ground,
): Promise<void> => {
  const { rows, table } = context
  const [one, other] = [`((${rule.expression}) is not false)`, `((${written}) is not false)`]
  const claimed = claimedOf(context, 'check')
  const solved = await rows.solve(table, {
    where: [`${one} <> ${other}`],
    ignoreChecks: [rule.expression, ...(claimed ? [claimed.name] : [])],
  })
  if ('unsolved' in solved) return
  const [judged] = await rows.judge(table, [solved.row], [one])
  const isAccepted = judged?.[0] === 't'
  const differs = Object.keys(solved.row).filter((c) => solved.row[c] !== ground.base[c])
  await addUntriggered(context, ground, {
    title: titleOf(solved.row, differs, isAccepted ? 'accepted' : 'refused'),
    when: [rows.insert(table, solved.row)],
    then: isAccepted ? accepted : refusalOf(rule, context),
  })
}

/** PostgreSQL writes casts that the declaration leaves out: what is left is compared with the text as it was written down. */
const addSameAsWritten = async (
  { id, name, facts }: ReturnType<typeof checksOf>[number],
  mutants: readonly string[],
  { untold, stillborn, equivalent }: Distinguished,
  context: RuleContext,
  ground: Ground,
): Promise<void> => {
  const known = new Set([...stillborn, ...equivalent])
  const open = untold.filter((i) => !known.has(i)).map((i) => mutants[i]!)
  if (open.length === 0) return
  const found = await context.rows.distinguish(context.table, facts.expression, open, {
    ignoreChecks: [name],
  })
  ground.draft.indistinct(
    id,
    found.equivalent.map((i) => open[i]!),
  )
}

/** Nothing else answers for the row: a null of NOT NULL, a value of no domain, another CHECK. */
const isAnsweredBy = async (
  name: string,
  { row, accepted: isAccepted }: TellingRow,
  context: RuleContext,
  { world }: Ground,
): Promise<boolean> => {
  const quiet = quieted(context, [context.table])
  const fault = await tryOne(context.db, world, [...quiet, context.rows.insert(context.table, row)])
  const isOthers = fault?.sqlstate === '23514' && fault.constraint !== name
  return isAccepted ? !isOthers : fault?.constraint === name
}

const addRowCase = async (
  { row, differs, accepted: isAccepted }: TellingRow,
  refused: Expected,
  context: RuleContext,
  ground: Ground,
  /** What makes a partition for it. */
  place: readonly string[] = [],
): Promise<void> => {
  if (!isAccepted) {
    const when = [context.rows.insert(context.table, row)]
    await addRefusal(
      { title: titleOf(row, differs, 'refused'), given: place, when, then: refused },
      differs,
      context,
      ground,
    )
    return
  }
  const made = await withParents(context, ground, row, differs)
  if (!made) return
  await addUntriggered(context, ground, {
    title: titleOf(made.row, differs, 'accepted'),
    given: [...place, ...made.given],
    when: [context.rows.insert(context.table, made.row)],
    then: accepted,
  })
}

/** Without it the same rows are refused. */
const impliedRemoval = (structure: string): Indistinct => ({
  structure,
  mutant: `${structure}~removed`,
  why: 'the other constraints of the table imply it: it refuses no row alone',
})

const addUpdateCase = async (
  context: RuleContext,
  ground: Ground,
  found: Distinguished['rows'],
  refused: Expected,
): Promise<void> => {
  const { rows, table } = context
  const bad = found.find((r) => !r.accepted && r.differs.length > 0)
  if (!bad) return
  const changes = bad.differs.map((c) => `${ident(c)} = ${bad.row[c] ?? 'null'}`).join(', ')
  const one = {
    title: `changing a row to ${pictured(bad.row, bad.differs)} is refused`,
    given: [rows.insert(table, ground.base)],
    when: [`update ${qualified(table)} set ${changes} where ${rows.where(table, ground.base)}`],
    then: refused,
  }
  await addRefusal(one, bad.differs, context, ground)
}

/** No row breaks it alone: one that other constraints refuse too is shown, or why there is none. */
const addWithoutRejected = async (
  rule: CheckRule,
  context: RuleContext,
  ground: Ground,
  found: Distinguished,
): Promise<readonly Note[]> => {
  const row = found.rejectedTogether?.row ?? (await breakingRow(rule, context))
  if (row) await addSharedRefusal(rule, context, ground, row)
  if (row && found.impliedByOthers) return []
  const { table } = context
  const claimed = claimedOf(context, 'check')
  const asked = claimed && { of: table.id, on: table, isDomain: false, name: claimed.name }
  const idle = asked ? await idleCase(rule.id, context, asked) : null
  if (idle) ground.draft.add(idle.case)
  else if (!row)
    ground.draft.unsolved(`no row was found that breaks ${shortened(rule.expression)}`, found.tried)
  return idle ? [idle.note] : []
}

/** No row satisfies it: the typical one, which the table's other structures accept, is refused. */
const writtenOfFalse = (rule: CheckRule, context: RuleContext, { draft, base }: Ground): Written => {
  const when = [context.rows.insert(context.table, base)]
  draft.add({ title: 'a typical row is refused', when, then: refusalOf(rule, context) })
  return draft.written()
}

export const check: RuleKind<CheckRule> = {
  kind: 'check',
  sentence: (rule) => `${rule.name.replaceAll('_', ' ')}: ${rule.expression}`,
  async experiments(rule, context) {
    const ground = await standOnBaseRow(rule, context)
    if ('written' in ground) return ground.written
    await loadParser()
    const claimed = checksOf(context.catalog, rule.table).find((s) => context.claims.includes(s.id))
    if (claimed && saysFalse(claimed)) return writtenOfFalse(rule, context, ground)
    const mutants = mutantsOf(rule.expression, claimed?.facts.expression)
    const ignoreChecks = claimed ? [claimed.name] : []
    const { found, placed } = await withoutTriggers(context, async () => {
      const landing = await context.rows.distinguish(context.table, rule.expression, mutants, {
        ignoreChecks,
      })
      return distinguishPast(context, ground, { expression: rule.expression, mutants, ignoreChecks }, landing)
    })
    if (claimed)
      ground.draft.indistinct(
        claimed.id,
        found.equivalent.map((i) => mutants[i]!),
      )
    const refused = refusalOf(rule, context)
    for (const one of found.rows) await addRowCase(one, refused, context, ground)
    for (const { row, place } of placed) await addRowCase(row, refused, context, ground, [place])
    if (claimed) {
      const known = found.rows.map(({ row }) => row)
      for (const one of await rowsOfFunctions(context, claimed, ground.base, known))
        if (await isAnsweredBy(claimed.name, one, context, ground))
          await addRowCase(one, refused, context, ground)
    }
    await addUpdateCase(context, ground, found.rows, refused)
    if (!found.rows.some((r) => r.accepted)) {
      ground.draft.unsolved(`no row was found that satisfies ${shortened(rule.expression)}`, found.tried)
    }
    const standing = { name: claimed?.name ?? constraintName(rule), isClaimed: claimed !== undefined }
    const raised = await addRaised(rule, standing, found.raised, context, ground)
    const notes =
      raised > 0 || [...found.rows, ...placed.map(({ row }) => row)].some((r) => !r.accepted)
        ? []
        : await addWithoutRejected(rule, context, ground, found)
    if (claimed) await addDisagreementCase(rule, claimed.facts.expression, context, ground)
    if (claimed) await addSameAsWritten(claimed, mutants, found, context, ground)
    const written = { ...ground.draft.written(), ...(notes.length > 0 ? { notes } : {}) }
    if (!claimed) return written
    const untold = found.untold.map((i) => mutants[i]!)
    const same = [
      ...sameButAtMidnight(context.table, claimed.id, [rule.expression, claimed.facts.expression], untold),
      ...(found.impliedByOthers ? [impliedRemoval(claimed.id)] : []),
      ...(await sameForNull(context, claimed)),
      ...strictnessUnseen(claimed, context.catalog),
    ]
    return same.length === 0 ? written : { ...written, indistinct: [...(written.indistinct ?? []), ...same] }
  },
  design: (rule) => [
    alterTable(rule.table, `add constraint ${ident(constraintName(rule))} check (${rule.expression})`),
  ],
  claims: (rule, { catalog, normal }) => {
    const checks = checksOf(catalog, rule.table)
    const text = normal.expression(rule.table, rule.expression)
    const named = [rule.name, constraintName(rule)].flatMap((name) => checks.filter((s) => s.name === name))
    // One of another name is taken for it when it says the same; one of its name even when it does not, so that this shows.
    const found = named[0] ?? checks.find((s) => normal.expression(rule.table, s.facts.expression) === text)
    return found ? [found.id] : []
  },
}
