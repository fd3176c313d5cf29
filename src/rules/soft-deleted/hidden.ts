/** A deleted row is hidden from the application, and a living one is not. */
import { ident, literal, qualified } from '../../postgres/quote.ts'
import type { Applicant } from '../applicant.ts'
import { isTaken, tryOut } from '../attacks/trial.ts'
import { rowsAre, accepted } from '../draft.ts'
import { hidingDdl, livingOf } from './design.ts'
import type { SoftStage } from './stage.ts'

const mendOf = ({ rule, context }: SoftStage): string =>
  hidingDdl(rule, context.architecture, context.catalog.major).join('\n')

const addReads = async (stage: SoftStage, { asker }: Applicant): Promise<void> => {
  const { rule, ground, due, place } = stage
  const states = [
    { at: null, title: `${asker.role} sees a living row`, count: '1' },
    { at: 'now()', title: `${asker.role} does not see a row that is deleted`, count: '0' },
    { at: due, title: `${asker.role} does not see a row that was deleted long ago`, count: '0' },
  ]
  for (const { at, title, count } of states) {
    const placed = await place('a', at)
    if (!placed) {
      ground.draft.unsolved(`no row was found for: ${title}`, `${rule.column} ${at ?? 'null'}`)
      continue
    }
    ground.draft.add({
      title,
      as: asker,
      given: placed.given,
      when: [`select count(*) from ${livingOf(rule)} where ${placed.key}`],
      then: rowsAre([count]),
      mend: mendOf(stage),
    })
  }
}

/** Controls: what else the application does with living rows; and whether it may bring in a deleted one, as it is. */
const addWrites = async (stage: SoftStage, { asker, may }: Applicant): Promise<void> => {
  const { rule, context, ground, place } = stage
  const living = await place('a', null)
  if (!living) return
  const into = (row: Readonly<Record<string, string>>): string => {
    const allowed = Object.entries(row).filter(([c]) => may.columns.insert.includes(c))
    return context.rows
      .insert(context.table, Object.fromEntries(allowed))
      .replace(`insert into ${qualified(context.table)}`, `insert into ${livingOf(rule)}`)
  }
  if (may.columns.insert.length > 0 && (await works(stage, [into(living.row)])))
    ground.draft.add({
      title: `${asker.role} inserts a living row`,
      as: asker,
      when: [into(living.row)],
      then: accepted,
      mend: mendOf(stage),
    })
  const deleted = { ...living.row, [rule.column]: 'now()' }
  if (may.columns.insert.length > 0 && (await works(stage, [into(deleted)]))) {
    const answer = await tryOut(context.db, ground.world, { as: asker, when: [into(deleted)] })
    ground.draft.add({
      title: `${asker.role} inserts a row that is deleted already: ${answer.fault ? 'refused' : 'taken'}`,
      as: asker,
      when: [into(deleted)],
      then: answer.fault ? { kind: 'rejected', by: { sqlstate: answer.fault.sqlstate } } : accepted,
    })
  }
}

const works = async ({ context, ground }: SoftStage, when: readonly string[]): Promise<boolean> =>
  isTaken(await tryOut(context.db, ground.world, { when }))

/** A role that no policy or PUBLIC names: the database's owner may act as it. */
const unnamed = 'pg_database_owner'

/**
 * What somebody sees who is not meant: no policy names him, or another one opens the table to him, as for support. Given
 * the right to read; kept as it is.
 */
const addBystanders = async (stage: SoftStage): Promise<void> => {
  const { rule, context, ground, applicants, relation, place } = stage
  const deleted = await place('a', 'now()')
  if (!deleted || rule.through !== null || !context.table.rowSecurity) return
  const bystanders = [
    { who: `a role that no policy names (${unnamed})`, opened: [] },
    {
      who: `a role to whom another policy opens the table (${unnamed})`,
      opened: [`create policy assay_open on ${relation} to ${ident(unnamed)} using (true)`],
    },
  ]
  for (const { who, opened } of bystanders) {
    const given = [
      `grant usage on schema ${ident(context.table.schema)} to ${ident(unnamed)}`,
      `grant select on ${relation} to ${ident(unnamed)}`,
      ...opened,
      ...deleted.given,
    ]
    const as = { role: unnamed, settings: applicants[0]?.asker.settings ?? {} }
    const when = [`select count(*) from ${relation} where ${deleted.key}`]
    const answer = await tryOut(context.db, ground.world, { as, given, when })
    const count = answer.rows[0]?.[0]
    if (!isTaken(answer) || count == null) continue
    ground.draft.add({
      title: `${who} ${count === '0' ? 'sees no deleted row' : 'sees a deleted row'}`,
      as,
      given,
      when,
      then: rowsAre([count]),
    })
  }
}

/** With whose rights the view reads, and who may do what with it: kept as they are. */
const addView = async (stage: SoftStage): Promise<void> => {
  const { rule, context, ground, applicants, relation, place } = stage
  const living = await place('a', null)
  if (rule.through === null || !living) return
  const view = qualified(rule.through)
  for (const { asker } of applicants) {
    const given = [`revoke all on ${relation} from ${ident(asker.role)}, public`, ...living.given]
    const when = [`select count(*) from ${view} where ${living.key}`]
    const answer = await tryOut(context.db, ground.world, { as: asker, given, when })
    ground.draft.add({
      title: answer.fault
        ? `the view needs ${asker.role}'s own right to read the table`
        : `the view reads the table for ${asker.role}`,
      as: asker,
      given,
      when,
      then: answer.fault
        ? { kind: 'rejected', by: { sqlstate: answer.fault.sqlstate } }
        : rowsAre([answer.rows[0]?.[0] ?? null]),
    })
  }
  const roles = [...applicants.map(({ asker }) => asker.role), 'public']
  const privileges = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'].flatMap((p) => [p, `${p} WITH GRANT OPTION`])
  const list = `select role, privilege from unnest(array[${roles.map(literal).join(', ')}]) role, unnest(array[${privileges.map(literal).join(', ')}]) privilege where has_table_privilege(role, ${literal(view)}, privilege) order by 1, 2`
  const answer = await tryOut(context.db, { statements: [] }, { when: [list] })
  if (isTaken(answer))
    ground.draft.add({
      title: `${roles.slice(0, -1).join(', ') || 'nobody'} may do with the view what it may now, and PUBLIC too`,
      when: [list],
      then: { kind: 'rows', rows: answer.rows },
    })
}

export const addHiddenCases = async (stage: SoftStage): Promise<void> => {
  for (const applicant of stage.applicants) {
    await addReads(stage, applicant)
    await addWrites(stage, applicant)
  }
  await addBystanders(stage)
  await addView(stage)
}
