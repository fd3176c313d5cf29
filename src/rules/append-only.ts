/** appendOnly: rows are inserted and never changed or removed, whoever tries and by whatever way. */
import type { Architecture } from '../architecture/architecture.ts'
import type { AppendOnlyRule } from '../architecture/kinds/append-only.ts'
import { ident, identList, qualified } from '../postgres/quote.ts'
import { readApplicant, tenantColumns } from './applicant.ts'
import { readKeyColumns } from './attacks/key-columns.ts'
import { keysOf } from './attacks/keys.ts'
import { isTaken, tryOut } from './attacks/trial.ts'
import { changeSql, columnChanges, type ColumnChange } from './column-changes.ts'
import { relationOfId, structureName, tableText } from './ddl.ts'
import {
  addRefusals,
  addReplicated,
  byEverybody,
  mergeDeeds,
  quiet,
  refusalState,
  type Deed,
  type DeedStage,
} from './deeds.ts'
import { accepted, standOnBaseRow, type Ground } from './draft.ts'
import {
  addPartitionCases,
  addPartitionsToCome,
  isPartitionedBy,
  onEveryPartition,
  partDeeds,
  type PartitionMends,
} from './partition/deeds.ts'
import { directRemovals, throughParents, triggerOn } from './removals.ts'
import type { RuleContext, RuleKind } from './rule-kind.ts'
import { noun } from './sentence.ts'
import { canRefuse, onEvents, triggersOf } from './trigger-functions.ts'

interface Design {
  readonly called: string
  readonly onRows: string
  readonly onTruncate: string
}

const designOf = (rule: AppendOnlyRule): Design => {
  const table = tableText(rule.table)
  const name = structureName(rule.table, 'append', 'only')
  return {
    called: `${table.slice(0, table.indexOf('.'))}.${ident(name)}`,
    onRows: name,
    onTruncate: structureName(rule.table, 'append', 'only', 'truncate'),
  }
}

const ddl = (rule: AppendOnlyRule, architecture: Architecture): readonly string[] => {
  const { called, onRows, onTruncate } = designOf(rule)
  const table = tableText(rule.table)
  return [
    `create function ${called}() returns trigger language plpgsql set search_path = '' as $$
begin
  raise exception '% is append-only: % is refused', tg_table_name, lower(tg_op) using errcode = '${refusalState}';
  return null;
end $$;`,
    ...triggerOn(onRows, table, 'update or delete', 'row', called),
    ...triggerOn(onTruncate, table, 'truncate', 'statement', called),
    ...(isPartitionedBy(architecture, rule.table)
      ? [onEveryPartition(relationOfId(rule.table), onTruncate, called)]
      : []),
  ]
}

const mendsOf = (rule: AppendOnlyRule, { table, architecture }: RuleContext): PartitionMends => {
  const { called, onRows, onTruncate } = designOf(rule)
  return {
    onWhole: ddl(rule, architecture).join('\n'),
    onTruncate: onEveryPartition(table, onTruncate, called),
    onChild: (part) =>
      [
        ...triggerOn(onRows, qualified(part), 'update or delete', 'row', called),
        ...triggerOn(onTruncate, qualified(part), 'truncate', 'statement', called),
      ].join('\n'),
  }
}

const updates = (
  stage: DeedStage,
  changes: readonly ColumnChange[],
  typical: ColumnChange,
): readonly Deed[] => {
  const { context, key } = stage
  const sql = (change: ColumnChange): string =>
    `update ${qualified(context.table)} set ${changeSql(change)} where ${key}`
  return [
    ...changes.map((change) => ({ title: `changing ${change.column}`, when: [sql(change)], counts: true })),
    ...byEverybody(stage, { title: `changing ${typical.column}`, when: [sql(typical)], counts: true }).slice(
      1,
    ),
    ...mergeDeeds(stage, [{ title: 'merging an update', action: `update set ${changeSql(typical)}` }]),
  ]
}

/** The same row once more, to be merged into the one that stands. */
const upsert = async ({ context, row }: DeedStage, typical: ColumnChange): Promise<readonly Deed[]> => {
  const keys = await keysOf(context.db, context.table)
  const key = keys.find((k) => k.isPlain && k.columns.every((c) => c in row))
  if (!key) return []
  const set = `${ident(typical.column)} = excluded.${ident(typical.column)}`
  return [
    {
      title: 'ON CONFLICT DO UPDATE',
      when: [
        `${context.rows.insert(context.table, row)} on conflict (${identList(key.columns)}) do update set ${set}`,
      ],
      counts: true,
    },
  ]
}

const addInserts = async ({ context, world, given, applicant }: DeedStage, ground: Ground): Promise<void> => {
  ground.draft.add({ title: 'a row is inserted', when: given, then: accepted })
  if (applicant === null) return
  const allowed = Object.entries(applicant.row).filter(([c]) => applicant.may.columns.insert.includes(c))
  const when = [context.rows.insert(context.table, Object.fromEntries(allowed))]
  const answer = await tryOut(context.db, world, { as: applicant.asker, when })
  if (isTaken(answer))
    ground.draft.add({
      title: `a row is inserted by ${applicant.asker.role}`,
      as: applicant.asker,
      when,
      then: accepted,
    })
}

const experiments: RuleKind<AppendOnlyRule>['experiments'] = async (rule, context) => {
  const ground = await standOnBaseRow(rule, context)
  if ('written' in ground) return ground.written
  const { draft, world } = ground
  const applicant = await readApplicant(context)
  const row = applicant?.row ?? ground.base
  const stage: DeedStage = {
    context,
    applicant,
    world,
    row,
    given: [context.rows.insert(context.table, row)],
    key: context.rows.where(context.table, row),
  }
  const asleep = { ...stage, given: [...quiet(context), ...stage.given] }
  const changes = await columnChanges(
    context,
    asleep,
    context.table.columns.map((c) => c.name),
  )
  const special = new Set([...tenantColumns(context), ...(await readKeyColumns(context.db, context.table))])
  const typical = changes.find((c) => !special.has(c.column)) ?? changes[0]
  await addInserts(stage, ground)
  const mends = mendsOf(rule, context)
  const deeds = [
    ...(typical ? updates(stage, changes, typical) : []),
    ...(typical ? await upsert(stage, typical) : []),
    ...directRemovals(stage),
    ...throughParents(stage, 'changed'),
    ...throughParents(stage, 'removed'),
    ...(await partDeeds(stage, mends, (part, key, where) => ({
      title: `deleting it ${where}`,
      when: [`delete from ${part} where ${key}`],
      counts: true,
    }))),
    ...(typical
      ? await partDeeds(stage, mends, (part, key, where) => ({
          title: `changing ${typical.column} ${where}`,
          when: [`update ${part} set ${changeSql({ ...typical, value: null })} where ${key}`],
          counts: true,
        }))
      : []
    ).filter((deed) => deed.counts),
  ]
  const untried = await addRefusals(stage, draft, deeds, ddl(rule, context.architecture).join('\n'))
  for (const { deed, why } of untried.filter((u) =>
    ['deleting it', 'truncating the table'].includes(u.deed.title),
  ))
    draft.unsolved(`${deed.title} could not be tried`, why)
  await addPartitionCases(stage, draft, mends)
  const notes = [
    ...(await addPartitionsToCome(rule.id, stage, draft, mends)),
    ...(await addReplicated(rule.id, stage, draft, ['update', 'delete', 'truncate'])),
  ]
  return { ...draft.written(), ...(notes.length > 0 ? { notes } : {}) }
}

export const appendOnly: RuleKind<AppendOnlyRule> = {
  kind: 'appendOnly',
  heedsTriggers: true,
  sentence: (rule) => `rows of ${noun(rule.table)} are only ever added, never changed or removed`,
  experiments,
  design: ddl,
  claims: (rule, { catalog }) => {
    const tables = [
      rule.table,
      ...[...catalog.tables.values()].filter((t) => t.partitionOf === rule.table).map((t) => t.id),
    ]
    return tables.flatMap((table) =>
      onEvents(triggersOf(catalog, table), 'update', 'delete', 'truncate')
        .filter(canRefuse)
        .map(({ trigger }) => trigger.id),
    )
  },
}
