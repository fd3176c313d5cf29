/** touches: a timestamp that follows each update of its row, which no writer can set to anything else. */
import type { TouchesRule } from '../architecture/kinds/touches.ts'
import { ident, identList, qualified } from '../postgres/quote.ts'
import type { Row } from '../rows/rows.ts'
import { agedRow, without } from './aged-row.ts'
import { readApplicant, tenantColumns } from './applicant.ts'
import { readKeyColumns } from './attacks/key-columns.ts'
import { keysOf } from './attacks/keys.ts'
import { isTaken, tryOut, type Trial } from './attacks/trial.ts'
import { changeSql, columnChanges, type ColumnChange } from './column-changes.ts'
import { structureName, tableText } from './ddl.ts'
import { allTrue, rowsAre, standOnBaseRow, type Ground } from './draft.ts'
import type { RuleContext, RuleKind } from './rule-kind.ts'
import { noun } from './sentence.ts'
import { onEvents, setsColumn, triggersOf } from './trigger-functions.ts'

/** Tried in this order: a CHECK may want the timestamp not before another one. */
const oldTimes = [`'2001-01-01 00:00:00+00'`, `now() - interval '1 day'`, `now() - interval '1 hour'`]

const forgeries = [
  { said: 'an earlier time', sql: `'2002-02-02 00:00:00+00'` },
  { said: 'a later time', sql: `now() + interval '1 day'` },
] as const

interface Stage {
  readonly rule: TouchesRule
  readonly context: RuleContext
  readonly ground: Ground
  readonly row: Row
  /** Puts the row there, as old as `old`. */
  readonly given: readonly string[]
  readonly old: string
  readonly key: string
  readonly changes: readonly ColumnChange[]
  readonly mend: string
}

const isTouched = ({ rule, context }: Pick<Stage, 'rule' | 'context'>): string => {
  const type = context.table.columns.find((c) => c.name === rule.column)?.type ?? 'timestamptz'
  return `${ident(rule.column)} between cast(now() as ${type}) and cast(clock_timestamp() as ${type})`
}

/** Answers whether the row is touched; `key` finds it whatever was changed. */
const look = (stage: Stage, key = stage.key): string =>
  `select ${isTouched(stage)} from ${qualified(stage.context.table)} where ${key}`

const keyAfter = ({ rule, context, row }: Stage, { column }: ColumnChange): string =>
  context.rows.where(context.table, without(row, rule.column, column))

const updateSql = ({ context, key }: Stage, set: string): string =>
  `update ${qualified(context.table)} set ${set} where ${key}`

const addChanges = (stage: Stage): void => {
  const { rule, ground, given, changes, mend } = stage
  for (const change of changes) {
    if (change.value === null) continue
    ground.draft.add({
      title: `a change of ${change.column} sets ${rule.column}`,
      given,
      when: [updateSql(stage, changeSql(change)), look(stage, keyAfter(stage, change))],
      then: allTrue(),
      mend,
    })
  }
  for (const { said, sql } of forgeries) {
    ground.draft.add({
      title: `an update that gives ${rule.column} ${said} sets it all the same`,
      given,
      when: [updateSql(stage, `${ident(rule.column)} = ${sql}`), look(stage)],
      then: allTrue(),
      mend,
    })
  }
}

/** The typical change: of a column that no key stands on, where there is one. */
const typicalChange = async ({ context, changes }: Stage): Promise<ColumnChange | undefined> => {
  const inKeys = await readKeyColumns(context.db, context.table)
  const real = changes.filter((c) => c.value !== null)
  return real.find((c) => !inKeys.has(c.column)) ?? real[0]
}

const addUpsert = async (stage: Stage, change: ColumnChange): Promise<void> => {
  const { rule, context, ground, row, given, mend } = stage
  const keys = await keysOf(context.db, context.table)
  const key = keys.find(
    (k) => k.isPlain && k.columns.every((c) => c in row) && !k.columns.includes(change.column),
  )
  if (!key) return
  const again = context.rows.insert(context.table, { ...row, [change.column]: change.value ?? 'default' })
  const upsert = `${again} on conflict (${identList(key.columns)}) do update set ${ident(change.column)} = excluded.${ident(change.column)}`
  const when = [upsert, look(stage, keyAfter(stage, change))]
  if (!isTaken(await tryOut(context.db, ground.world, { given, when }))) return
  ground.draft.add({ title: `ON CONFLICT DO UPDATE sets ${rule.column}`, given, when, then: allTrue(), mend })
}

/** An update of one row says nothing of the others. */
const addBystander = async (stage: Stage, change: ColumnChange): Promise<void> => {
  const { rule, context, ground, given, old, mend } = stage
  const { rows, table } = context
  const solved = await rows.solve(table, { family: 'b', pins: { [rule.column]: old } })
  const base = 'row' in solved ? solved.row : await rows.base(table, 'b')
  if (!base) return
  const other = await agedRow(
    context,
    { ...ground.world, statements: [...ground.world.statements, ...given] },
    base,
    rule.column,
    old,
  )
  if (!other) return
  const type = table.columns.find((c) => c.name === rule.column)?.type ?? 'timestamptz'
  const update = updateSql(stage, changeSql(change))
  const stands = { given: [...given, ...other], when: [update] }
  const answer = await tryOut(context.db, ground.world, stands)
  if (!isTaken(answer) || answer.affected !== 1) return
  ground.draft.add({
    title: `another row keeps its ${rule.column}`,
    ...stands,
    when: [
      update,
      `select ${ident(rule.column)} = cast(${old} as ${type}) from ${qualified(table)} where ${rows.where(table, without(base, rule.column))}`,
    ],
    then: allTrue(),
    mend,
  })
}

/** As the application, where it may write at all. */
const addApplicant = async (stage: Stage, change: ColumnChange): Promise<void> => {
  const { rule, context, ground, given, mend } = stage
  const applicant = await readApplicant(context)
  if (!applicant) return
  const sets = [
    {
      title: `${applicant.asker.role} changes ${change.column}, which sets ${rule.column}`,
      set: changeSql(change),
    },
    ...forgeries.map(({ said, sql }) => ({
      title: `${applicant.asker.role} gives ${rule.column} ${said}, which sets it all the same`,
      set: `${ident(rule.column)} = ${sql}`,
    })),
  ]
  for (const { title, set } of sets) {
    const update = updateSql(stage, set)
    const trial: Trial = { as: applicant.asker, given, when: [update] }
    const answer = await tryOut(context.db, ground.world, trial)
    if (!isTaken(answer) || answer.affected !== 1) continue
    const key = set === changeSql(change) ? keyAfter(stage, change) : stage.key
    ground.draft.add({
      title,
      as: applicant.asker,
      given,
      when: [update, 'set local role none', look(stage, key)],
      then: allTrue(),
      mend,
    })
  }
}

/** What the rule leaves open, kept as it is: an update that changes nothing, and an insert that brings a value. */
const addObserved = async (stage: Stage): Promise<void> => {
  const { rule, context, ground, row, given, old, changes } = stage
  const [first] = changes
  const cases = [
    ...(first
      ? [
          {
            given,
            when: [updateSql(stage, changeSql({ ...first, value: null })), look(stage)],
            yes: `an update that changes nothing sets ${rule.column} too`,
            no: `an update that changes nothing leaves ${rule.column} alone`,
          },
        ]
      : []),
    {
      given: [],
      when: [context.rows.insert(context.table, { ...row, [rule.column]: old }), look(stage)],
      yes: `an insert sets ${rule.column} as an update does`,
      no: `an insert keeps the ${rule.column} that it brings`,
    },
  ]
  for (const { yes, no, ...one } of cases) {
    const answer = await tryOut(context.db, ground.world, one)
    const value = answer.rows[0]?.[0]
    if (!isTaken(answer) || value == null) continue
    ground.draft.add({ ...one, title: value === 't' ? yes : no, then: rowsAre([value]) })
  }
}

/** Function and trigger, named for table and column. */
const designOf = (rule: TouchesRule): readonly string[] => {
  const name = ident(structureName(rule.table, 'touches', rule.column))
  const table = tableText(rule.table)
  const called = `${table.slice(0, table.indexOf('.'))}.${name}`
  return [
    `create function ${called}() returns trigger language plpgsql set search_path = '' as $$
begin
  new.${ident(rule.column)} := now();
  return new;
end $$;`,
    `create trigger ${name} before update on ${table} for each row execute function ${called}();`,
  ]
}

/** What makes the row the applicant's own. */
const pinnedBy = (context: RuleContext, row: Row | undefined): Row =>
  Object.fromEntries(
    tenantColumns(context).flatMap((c) => (row?.[c] === undefined ? [] : [[c, row[c]] as const])),
  )

const stand = async (
  rule: TouchesRule,
  context: RuleContext,
  ground: Ground,
  mend: string,
): Promise<Stage | null> => {
  const applicant = await readApplicant(context)
  const base = applicant?.row ?? ground.base
  const tried: string[] = []
  for (const old of oldTimes) {
    const solved = await context.rows.solve(context.table, {
      pins: { ...pinnedBy(context, applicant?.row), [rule.column]: old },
    })
    const row = 'row' in solved ? solved.row : { ...base, [rule.column]: old }
    const given = await agedRow(context, ground.world, row, rule.column, old)
    tried.push('unsolved' in solved ? solved.unsolved : old)
    if (!given) continue
    const key = context.rows.where(context.table, without(row, rule.column))
    const columns = context.table.columns.map((c) => c.name).filter((c) => c !== rule.column)
    const changes = await columnChanges(context, { world: ground.world, given, row, key }, columns)
    return { rule, context, ground, row, given, old, key, changes, mend }
  }
  ground.draft.unsolved(`no row with an old ${rule.column} was found`, tried.join('; '))
  return null
}

const experiments: RuleKind<TouchesRule>['experiments'] = async (rule, context) => {
  const ground = await standOnBaseRow(rule, context)
  if ('written' in ground) return ground.written
  const column = context.table.columns.find((c) => c.name === rule.column)
  if (!/^(?:timestamp|date)/u.test(column?.baseType ?? '')) {
    ground.draft.unsolved(`${rule.column} is no timestamp`, `its type is ${column?.type ?? 'unknown'}`)
    return ground.draft.written()
  }
  const stage = await stand(rule, context, ground, designOf(rule).join('\n'))
  if (!stage) return ground.draft.written()
  addChanges(stage)
  const typical = await typicalChange(stage)
  if (typical) {
    await addUpsert(stage, typical)
    await addBystander(stage, typical)
    await addApplicant(stage, typical)
  }
  await addObserved(stage)
  return ground.draft.written()
}

export const touches: RuleKind<TouchesRule> = {
  kind: 'touches',
  heedsTriggers: true,
  sentence: (rule) =>
    `every update of ${noun(rule.table)} sets ${rule.column} to the time of its transaction`,
  experiments,
  design: designOf,
  claims: (rule, { catalog }) =>
    onEvents(triggersOf(catalog, rule.table), 'update')
      .filter((one) => setsColumn(one, rule.column))
      .map(({ trigger }) => trigger.id),
}
