/**
 * The DDL that keeps versions: one trigger function, its triggers, and the versions of the rows that are there. Moments
 * are those of transactions. A version that this very transaction opened is replaced, so that none is ever empty; one
 * that a later transaction opened is held for the shortest while that PostgreSQL knows, so that none ever overlaps.
 */
import { ident } from '../../postgres/quote.ts'
import { historyColumns, listOf, sameKey, type VersionPlan } from './plan.ts'

/** Rows that the statement (or the row's trigger) took away and brought. */
interface Changed {
  readonly gone: string
  readonly came: string
}

const changedOf = ({ byRow }: VersionPlan): Changed =>
  byRow ? { gone: '(select old.*)', came: '(select new.*)' } : { gone: 'old_rows', came: 'new_rows' }

/** The open version of a row, by an index: its period has no end. */
const isOpen = `version.valid @> timestamptz 'infinity'`

/** The version that this transaction itself has opened. */
const isOwn = `version.valid = tstzrange(now(), null)`

/** Of an update: rows that are as they were leave no version. Compared as they are stored, for types without equality. */
const unlessSame = (row: string, other: string, among: string): string =>
  `not exists (select from ${among} as ${other} where ${other} *= ${row})`

/** Versions of these rows end now; `which`: a further condition. */
const close = (plan: VersionPlan, gone: string | null, which: string | null): readonly string[] => {
  const of = gone === null ? [] : [sameKey(plan, 'version', 'gone')]
  const where = (condition: string): string =>
    `where ${[...of, condition, ...(which === null ? [] : [which])].join(' and ')};`
  return [
    `delete from ${plan.history} as version${gone === null ? '' : ` using ${gone} as gone`}
      ${where(isOwn)}`,
    `update ${plan.history} as version
      set valid = tstzrange(lower(version.valid), greatest(now(), lower(version.valid) + interval '1 microsecond'))${
        gone === null
          ? ''
          : `
      from ${gone} as gone`
      }
      ${where(isOpen)}`,
  ]
}

/** Now, or where a version ends that a later transaction has closed. */
const begin = (plan: VersionPlan): string => `coalesce((
        select max(upper(version.valid)) from ${plan.history} as version
        where ${sameKey(plan, 'version', 'came')} and version.valid && tstzrange(now(), null)), now())`

const open = (plan: VersionPlan, came: string, which: string | null): string =>
  `insert into ${plan.history} (${historyColumns(plan)})
      select ${listOf(plan, 'came')}, tstzrange(${begin(plan)}, null)
      from ${came} as came${which === null ? '' : ` where ${which}`};`

const keeper = (plan: VersionPlan): string => {
  const { gone, came } = changedOf(plan)
  const branches = {
    INSERT: [open(plan, came, null)],
    UPDATE: [
      ...close(plan, gone, unlessSame('gone', 'came', came)),
      open(plan, came, unlessSame('came', 'gone', gone)),
    ],
    DELETE: close(plan, gone, null),
    TRUNCATE: close(plan, null, null),
  }
  const cases = Object.entries(branches).map(
    ([event, statements]) => `    when '${event}' then\n${statements.map((s) => `      ${s}`).join('\n')}`,
  )
  return `create function ${plan.keeper}() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $versions$
begin
  case tg_op
${cases.join('\n')}
  end case;
  return null;
end
$versions$;`
}

const triggers = (plan: VersionPlan): readonly string[] => {
  const tables = {
    insert: 'referencing new table as new_rows',
    update: 'referencing old table as old_rows new table as new_rows',
    delete: 'referencing old table as old_rows',
  }
  const rows = Object.entries(tables).map(
    ([event, referencing]) =>
      `create trigger ${plan.trigger(event)} after ${event} on ${plan.table}
  ${plan.byRow ? 'for each row' : `${referencing} for each statement`} execute function ${plan.keeper}();`,
  )
  return [
    ...rows,
    `create trigger ${plan.trigger('truncate')} after truncate on ${plan.table}
  for each statement execute function ${plan.keeper}();`,
  ]
}

/** Whoever writes, also without a tenant: the function writes as the owner, whom forced row-level security binds. */
const policy = (plan: VersionPlan): readonly string[] =>
  plan.isolated
    ? [
        `create policy ${plan.policy} on ${plan.history} to current_user
  using (pg_trigger_depth()::boolean) with check (pg_trigger_depth()::boolean);`,
      ]
    : []

export const designVersions = (plan: VersionPlan): readonly string[] => [
  keeper(plan),
  // Otherwise anybody writes a history by putting the function on a table of their own.
  `revoke all on function ${plan.keeper}() from public;`,
  ...triggers(plan),
  ...policy(plan),
  `insert into ${plan.history} (${historyColumns(plan)})
  select ${plan.columns.map(ident).join(', ')}, tstzrange(now(), null) from ${plan.table};`,
]
