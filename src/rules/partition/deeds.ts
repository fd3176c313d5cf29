/**
 * A partition is a table of its own: asked directly, only triggers that stand on it run. What is said of partitions does
 * not name them, nor count them: next month there are others.
 */
import type { Architecture } from '../../architecture/architecture.ts'
import type { PartitionedByRule } from '../../architecture/kinds/partitioned-by.ts'
import type { Table } from '../../catalog/table.ts'
import type { RelationName } from '../../ground/names.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import { doBlock } from '../attacks/do-block.ts'
import { isTaken, tryOut } from '../attacks/trial.ts'
import { relationOfId } from '../ddl.ts'
import { rulesOf } from '../declared.ts'
import type { Note } from '../experiment.ts'
import { rowsAre, type Draft } from '../draft.ts'
import { refusalState, type Deed, type DeedStage } from '../deeds.ts'
import { allBelow, rowIn } from './family.ts'
import { regclass } from '../role-privileges.ts'
import { triggersOf } from '../trigger-functions.ts'

/** The relations below a table, whatever they are called. */
const below = (table: RelationName): string => `
  with recursive below as (
    select inhrelid as part from pg_catalog.pg_inherits where inhparent = ${regclass(table)}
    union all select i.inhrelid from pg_catalog.pg_inherits i join below on i.inhparent = below.part
  ) select part::regclass as part from below order by part::regclass::text`

export const isPartitionedBy = (architecture: Architecture, table: string): boolean =>
  rulesOf(architecture, table, 'partitionedBy').length > 0

/** Makes the triggers for TRUNCATE on every partition that there is. */
export const onEveryPartition = (table: RelationName, name: string, called: string): string =>
  `-- on every partition that there is; let what makes partitions make it too
${doBlock(`
declare
  one regclass;
begin
  for one in${below(table)} loop
    execute format('create or replace trigger %I before truncate on %s for each statement execute function %s()', ${literal(name)}, one, ${literal(called)});
    execute format('alter table %s enable always trigger %I', one, ${literal(name)});
  end loop;
end `)};`

/** Tries TRUNCATE on every part and answers those that took it. */
const truncateEach = (table: Table): readonly string[] => [
  doBlock(`
declare
  one regclass;
  taken text := '';
begin
  for one in${below(table)} loop
    begin
      execute format('truncate %s cascade', one);
      taken := taken || one::text || ' ';
    exception when others then null;
    end;
  end loop;
  perform set_config('assay.taken', taken, true);
end `),
  `select current_setting('assay.taken')`,
]

/** Row triggers come to partitions by themselves; a single one may sleep there. */
const sleeping = (table: Table): string =>
  `
select count(*)
  from pg_catalog.pg_trigger own
  join pg_catalog.pg_trigger there on there.tgparentid = own.oid
 where own.tgrelid in (select ${regclass(table)}::oid union all select part::oid from (${below(table)}) b)
   and not own.tgisinternal and own.tgenabled <> there.tgenabled`.trim()

export interface PartitionMends {
  /** For all partitions. */
  readonly onTruncate: string
  /** For the table itself. */
  readonly onWhole: string
  /** For a table that inherits without being a partition. */
  readonly onChild: (part: Table) => string
}

/** Cases for all partitions together. */
export const addPartitionCases = async (
  { context, world, given }: DeedStage,
  draft: Draft,
  mends: PartitionMends,
): Promise<void> => {
  const { table, catalog, db } = context
  const parts = allBelow(catalog, table.id)
  const rowTriggers = triggersOf(catalog, table.id)
    .map((t) => t.trigger.facts)
    .filter((t) => t.isRow)
  if (parts.length === 0) return
  if (table.kind === 'partitioned') {
    draft.add({
      title: 'truncating any of its partitions is refused',
      given,
      when: truncateEach(table),
      then: rowsAre(['']),
      mend: mends.onTruncate,
    })
    draft.add({
      title: 'its triggers are awake in every partition as on the whole',
      when: [sleeping(table)],
      then: rowsAre(['0']),
      mend: rowTriggers
        .map(
          (t) =>
            `alter table ${qualified(table)} ${t.enabled === 'A' ? 'enable always' : 'enable'} trigger ${ident(t.name)};`,
        )
        .join('\n'),
    })
  }
  const asleep = parts.map((part) => `alter table ${qualified(part)} disable trigger user`)
  const whole = [`truncate ${qualified(table)} cascade`]
  // One that is made without its own trigger must not open the whole.
  const answer = await tryOut(db, world, { given: [...asleep, ...given], when: whole })
  draft.add({
    title: 'truncating the table while triggers of what lies below it sleep is refused',
    given: [...asleep, ...given],
    when: whole,
    then: { kind: 'rejected', by: { sqlstate: answer.fault?.sqlstate ?? refusalState } },
    mend: mends.onWhole,
  })
}

/** Partitions that are still to be made: by the table's own function, for a time to come. */
export const addPartitionsToCome = async (
  rule: string,
  { context, world }: DeedStage,
  draft: Draft,
  mends: PartitionMends,
): Promise<readonly Note[]> => {
  const { table, architecture, db } = context
  const [partitioned] = rulesOf<PartitionedByRule>(architecture, table.id, 'partitionedBy')
  const maintain = partitioned?.scheme.by === 'period' ? partitioned.scheme.maintain : null
  if (maintain === null) return []
  const given = [`select ${qualified(relationOfId(maintain))}(now() + interval '1 year')`]
  const answer = await tryOut(db, world, { given, when: truncateEach(table) })
  if (!isTaken(answer)) return []
  if (answer.rows[0]?.[0] === '') {
    draft.add({
      title: `truncating a partition that ${maintain} makes later is refused`,
      given,
      when: truncateEach(table),
      then: rowsAre(['']),
      mend: mends.onTruncate,
    })
    return []
  }
  return [
    {
      rule,
      summary: `partitions of ${table.id} that ${maintain} makes later take TRUNCATE: triggers for it do not come from the whole`,
      mend: `${mends.onTruncate}\n-- run it after ${maintain}, or as a part of it`,
    },
  ]
}

/** Deeds on the partition that the row lies in, and on every table that inherits without being a partition. */
export const partDeeds = async (
  { context, world, given, row, key }: DeedStage,
  mends: PartitionMends,
  deed: (part: string, key: string, where: string) => Omit<Deed, 'given' | 'mend'>,
): Promise<readonly Deed[]> => {
  const { table, catalog, db } = context
  if (table.kind === 'partitioned') {
    const found = await tryOut(db, world, {
      given,
      when: [`select tableoid::regclass from ${qualified(table)} where ${key}`],
    })
    const part = found.rows[0]?.[0]
    return isTaken(found) && part != null ? [deed(part, key, 'in its partition directly')] : []
  }
  const deeds: Deed[] = []
  for (const part of allBelow(catalog, table.id)) {
    const placed = await rowIn(context, world, part, row)
    const truncate = {
      title: `truncating ${part.id}`,
      when: [`truncate ${qualified(part)} cascade`],
      counts: false,
    }
    deeds.push({ ...truncate, mend: mends.onChild(part), ...(placed ? { given: [placed.insert] } : {}) })
    if (placed)
      deeds.push({
        ...deed(qualified(part), context.rows.where(table, placed.row), `in ${part.id} directly`),
        given: [placed.insert],
        mend: mends.onChild(part),
      })
  }
  return deeds
}
