/** The application deletes a row of its own: it is hidden, kept, and dated with the time of the transaction. */
import { ident, literal, qualified } from '../../postgres/quote.ts'
import type { Row } from '../../rows/rows.ts'
import { without } from '../aged-row.ts'
import type { Applicant } from '../applicant.ts'
import { doBlock } from '../attacks/do-block.ts'
import { isTaken, tryOut } from '../attacks/trial.ts'
import { tenantColumns } from '../applicant.ts'
import { allTrue, rowsAre } from '../draft.ts'
import type { Asker } from '../experiment.ts'
import { backToNormal, hostilePath } from '../hostile-path.ts'
import { makeRow } from '../make-row.ts'
import { clockDdl, deleteOf, deletingDdl, hidingDdl, keyOfRows, livingOf } from './design.ts'
import { functionsNamed, type Placed, type SoftStage } from './stage.ts'

const parametersSql = (signature: string): string => `
select coalesce(p.proargnames, array[]::text[]) as names from pg_catalog.pg_proc p where p.oid = to_regprocedure(${literal(signature)})`

const plainName = (name: string): string => name.toLowerCase().replace(/^(?:in|p|v|arg)?_+|_+$/gu, '')

/** How the application deletes a row: the call of the function with these values, or an UPDATE of what it reads. */
type Deletion = (row: Row | null, key: string) => string

/** Null when the function cannot be called: no key is declared. */
const readDeletion = async ({ rule, context }: SoftStage): Promise<Deletion | null> => {
  const called = deleteOf(rule)
  if (called === null)
    return (_, key) => `update ${livingOf(rule)} set ${ident(rule.column)} = now() where ${key}`
  const key = keyOfRows(rule, context.architecture)
  const [found] = functionsNamed(context, called)
  const types = found?.facts.args ?? []
  const [read] = found
    ? await context.db.json<{ readonly names: readonly string[] }>(
        parametersSql(`${qualified(called)}(${types.join(', ')})`),
      )
    : []
  const columns = context.table.columns.map((c) => c.name)
  const rest = key.filter((c) => types.length >= key.length || !tenantColumns(context).includes(c))
  const parameters = found
    ? types.flatMap((_, i) => {
        const name = plainName(read?.names[i] ?? '')
        return columns.find((c) => name !== '' && c.toLowerCase() === name) ?? rest[i] ?? []
      })
    : key
  if (parameters.length === 0 || parameters.length < types.length) return null
  return (row) => {
    const values = parameters.map((column) => {
      const { type } = context.table.columns.find((c) => c.name === column)!
      return `cast(${row?.[column] ?? 'null'} as ${type})`
    })
    return `${found?.facts.isProcedure ? 'call' : 'select'} ${qualified(called)}(${values.join(', ')})`
  }
}

const mendOf = ({ rule, context }: SoftStage): string => deletingDdl(rule, context.architecture).join('\n')

/** Looks at the row as somebody who sees all of them. */
const look = ({ relation }: SoftStage, question: string, { key }: Placed): readonly string[] => [
  'set local role none',
  `select ${question} from ${relation} where ${key}`,
]

/** Dated with the transaction, as the column keeps a time. */
const isNow = ({ rule, type }: SoftStage): string =>
  `${ident(rule.column)} between cast(now() as ${type}) and cast(clock_timestamp() as ${type})`

/** A second living row of the same tenant, in a table that has tenants. */
const siblingOf = async ({ rule, context }: SoftStage, living: Placed): Promise<Placed | null> => {
  const { rows, table } = context
  const tenants = tenantColumns(context)
  if (tenants.length === 0) return null
  const pins = Object.fromEntries(tenants.map((c) => [c, living.row[c] ?? 'null']))
  const made = await makeRow(context, table, {
    pins: { ...pins, [rule.column]: 'null' },
    family: 'b',
    before: living.given,
  })
  if ('unsolved' in made) return null
  const given = [...made.given, rows.insert(table, made.row)]
  return { row: made.row, given, key: rows.where(table, without(made.row, rule.column)) }
}

const addDeletion = async (stage: SoftStage, { asker }: Applicant, deletion: Deletion): Promise<void> => {
  const { rule, context, ground, place, due } = stage
  const { draft } = ground
  const [living, other, old] = [await place('a', null), await place('b', null), await place('a', due)]
  if (!living) return
  const column = ident(rule.column)
  const deletes = deletion(living.row, living.key)
  const deed = { as: asker, given: living.given, mend: mendOf(stage) }
  const works = isTaken(await tryOut(context.db, ground.world, { ...deed, when: [deletes] }))
  draft.add({
    ...deed,
    ...(works ? { mend: hidingDdl(rule, context.architecture, context.catalog.major).join('\n') } : {}),
    title: `${asker.role} deletes a row of its own and does not see it any more`,
    when: [deletes, `select count(*) from ${livingOf(rule)} where ${living.key}`],
    then: rowsAre(['0']),
  })
  draft.add({
    ...deed,
    title: `the row that ${asker.role} deleted is kept, with the time of the transaction`,
    when: [deletes, ...look(stage, isNow(stage), living)],
    then: allTrue(),
  })
  if (other)
    draft.add({
      ...deed,
      title: `another row is living as before when ${asker.role} deletes one`,
      given: [...living.given, ...other.given],
      when: [deletes, ...look(stage, `${column} is null`, other)],
      then: allTrue(),
    })
  const sibling = await siblingOf(stage, living)
  if (sibling)
    draft.add({
      ...deed,
      title: `another row of the same tenant is living as before when ${asker.role} deletes one`,
      given: [...living.given, ...sibling.given],
      when: [deletes, ...look(stage, `${column} is null`, sibling)],
      then: allTrue(),
    })
  if (other && tenantColumns(stage.context).length > 0)
    draft.add({
      ...deed,
      title: `${asker.role} does not delete a row of another tenant`,
      given: other.given,
      when: [attempt(deletion(other.row, other.key)), ...look(stage, `${column} is null`, other)],
      then: allTrue(),
    })
  if (old)
    draft.add({
      ...deed,
      title: `a row that ${asker.role} deletes once more keeps its first time`,
      given: old.given,
      when: [
        attempt(deletion(old.row, old.key)),
        ...look(stage, `${column} = cast(${due} as ${stage.type})`, old),
      ],
      then: allTrue(),
    })
  await addCalledWithNothing(stage, asker.role, deletion)
  await addRights(stage, asker, deletion)
}

/** A call whose refusal is as good as its success. */
const attempt = (statement: string): string =>
  doBlock(`
begin
  ${statement.replace(/^select /u, 'perform ')};
exception when others then null;
end `)

const addCalledWithNothing = async (stage: SoftStage, role: string, deletion: Deletion): Promise<void> => {
  const { rule, context, ground } = stage
  if (deleteOf(rule) === null) return
  const when = [deletion(null, 'false')]
  const answer = await tryOut(context.db, ground.world, { when })
  if (!isTaken(answer)) return
  ground.draft.add({
    title: `the function by which ${role} deletes, called with nothing, answers as before`,
    when,
    then: { kind: 'rows', rows: answer.rows },
  })
}

/** With whose rights the function deletes, and whose names it follows: kept as they are. */
const addRights = async (stage: SoftStage, asker: Asker, deletion: Deletion): Promise<void> => {
  const { rule, context, ground, relation, place } = stage
  const living = await place('a', null)
  if (deleteOf(rule) === null || !living) return
  const names = context.table.columns
    .map((c) => c.name)
    .filter((c) => !['null', 'default', undefined].includes(living.row[c]))
  // Read before the search_path is changed: a row's own values may call the clock.
  const keeping = names.map(
    (c, i) =>
      `select pg_catalog.set_config('assay.value_${i + 1}', (select ${ident(c)}::text from ${relation} where ${living.key}), true)`,
  )
  const kept = Object.fromEntries(names.map((c, i) => [c, `current_setting('assay.value_${i + 1}')`]))
  const cases = [
    {
      given: [`revoke update on ${relation} from ${ident(asker.role)}, public`, ...living.given],
      row: living.row,
      yes: `${asker.role}, not allowed to update, deletes by the function all the same`,
      no: `${asker.role}, not allowed to update, does not delete by the function`,
    },
    {
      given: [...living.given, ...keeping, ...hostilePath(context.table, [...names, rule.column])],
      row: kept,
      yes: 'the function follows its own search_path, not its caller’s',
      no: 'the function follows the search_path of its caller',
    },
  ]
  for (const { given, row, yes, no } of cases) {
    const one = {
      as: asker,
      given,
      when: [
        attempt(deletion(row, living.key)),
        backToNormal,
        ...look(stage, `${ident(rule.column)} is not null`, living),
      ],
    }
    const answer = await tryOut(context.db, ground.world, one)
    const value = answer.rows[0]?.[0]
    if (!isTaken(answer) || value == null) continue
    ground.draft.add({ ...one, title: value === 't' ? yes : no, then: rowsAre([value]) })
  }
}

/** Writes of the time itself: by name, and without reading a column, which no policy for SELECT sees. */
const forgeries = (
  stage: SoftStage,
  { key }: Placed,
): readonly { readonly how: string; readonly sql: string }[] => {
  const { rule, relation, due } = stage
  const set = `set ${ident(rule.column)} = ${due}`
  return [
    { how: 'by its key', sql: `update ${livingOf(rule)} ${set} where ${key}` },
    { how: 'without looking', sql: `update ${relation} ${set}` },
  ]
}

const addForgeries = async (stage: SoftStage, { asker }: Applicant): Promise<void> => {
  const { rule, ground, place } = stage
  const column = ident(rule.column)
  const mend = clockDdl(rule).join('\n')
  for (const [state, placed] of [
    ['a living row', await place('a', null)],
    ['a deleted row', await place('a', 'now()')],
  ] as const) {
    if (!placed) continue
    for (const { how, sql } of forgeries(stage, placed))
      ground.draft.add({
        title: `${asker.role} dates the deletion of ${state} back ${how}: it is not dated back`,
        as: asker,
        given: placed.given,
        when: [
          attempt(sql),
          ...look(stage, `${column} is null or ${column} >= cast(now() as ${stage.type})`, placed),
        ],
        then: allTrue(),
        mend,
      })
  }
}

/** What the rule leaves open, kept as it is: how others date a deletion, and whether the application may write it plainly. */
const addObserved = async (stage: SoftStage): Promise<void> => {
  const { rule, context, ground, applicants, relation, due, place } = stage
  const [living, deleted] = [await place('a', null), await place('a', 'now()')]
  const column = ident(rule.column)
  for (const [state, placed] of [
    ['a living row', living],
    ['a deleted row', deleted],
  ] as const) {
    if (!placed) continue
    const one = {
      given: placed.given,
      when: [
        `update ${relation} set ${column} = ${due} where ${placed.key}`,
        `select ${column} >= cast(now() as ${stage.type}) from ${relation} where ${placed.key}`,
      ],
    }
    const answer = await tryOut(context.db, ground.world, one)
    const value = answer.rows[0]?.[0]
    if (!isTaken(answer) || value == null) continue
    ground.draft.add({
      ...one,
      title: `somebody who sees everything ${value === 't' ? 'does not date' : 'may date'} the deletion of ${state} back`,
      then: rowsAre([value]),
    })
  }
  for (const { asker } of applicants) {
    if (!living) continue
    const one = { as: asker, given: living.given, when: [`update ${relation} set ${column} = now()`] }
    const answer = await tryOut(context.db, ground.world, one)
    if (!answer.ran) continue
    ground.draft.add({
      ...one,
      title: `${asker.role} sets ${rule.column} without looking: ${answer.fault ? 'refused' : 'taken'}`,
      then: answer.fault
        ? { kind: 'rejected', by: { sqlstate: answer.fault.sqlstate } }
        : { kind: 'affects', rows: answer.affected },
    })
  }
}

export const addDeleteCases = async (stage: SoftStage): Promise<void> => {
  const deletion = await readDeletion(stage)
  if (deletion === null)
    stage.ground.draft.unsolved(
      `how the application deletes a row of ${stage.rule.table} is not known`,
      'no primary key and no unique key of columns is declared that its function could be called with',
    )
  for (const applicant of stage.applicants) {
    if (deletion) await addDeletion(stage, applicant, deletion)
    await addForgeries(stage, applicant)
  }
  await addObserved(stage)
}
