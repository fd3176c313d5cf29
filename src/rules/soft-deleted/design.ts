/** The DDL of soft deletion: what hides, what deletes, what keeps the grace, and what removes for good. */
import type { Architecture } from '../../architecture/architecture.ts'
import type { IsolatedByRule } from '../../architecture/kinds/isolated-by.ts'
import type { SoftDeletedRule } from '../../architecture/kinds/soft-deleted.ts'
import type { UniqueRule } from '../../architecture/kinds/unique.ts'
import type { RelationName } from '../../ground/names.ts'
import { ident, identList, literal, qualified } from '../../postgres/quote.ts'
import { relationOfId, structureName, tableText } from '../ddl.ts'
import { declaredType, primaryKeyColumns, rulesOf } from '../declared.ts'
import { refusalState } from '../deeds.ts'
import { isPartitionedBy, onEveryPartition } from '../partition/deeds.ts'
import { triggerOn } from '../removals.ts'

type Declared = Pick<Architecture, 'tables' | 'identity'>

/** Who sees living rows alone. */
export const readersOfLiving = (rule: SoftDeletedRule, { identity }: Declared): readonly string[] =>
  rule.hiddenFrom.length > 0 ? rule.hiddenFrom : identity === null ? [] : [identity.role]

const own = (rule: SoftDeletedRule, ...words: readonly string[]): RelationName => ({
  schema: relationOfId(rule.table).schema,
  name: structureName(rule.table, ...words),
})

export const purgeOf = (rule: SoftDeletedRule): RelationName => rule.purge ?? own(rule, 'purge')

/** The function by which the application deletes; null: it updates what it reads. */
export const deleteOf = (rule: SoftDeletedRule): RelationName | null =>
  rule.delete ?? (rule.through === null ? own(rule, 'soft', 'delete') : null)

/** What the application reads, quoted. */
export const livingOf = (rule: SoftDeletedRule): string =>
  rule.through === null ? tableText(rule.table) : qualified(rule.through)

/** The columns that tell a row to the deleting function: the primary key, else a unique key of columns. */
export const keyOfRows = (rule: SoftDeletedRule, architecture: Architecture): readonly string[] => {
  const primary = primaryKeyColumns(architecture, rule.table)
  if (primary.length > 0) return primary
  const unique = rulesOf<UniqueRule>(architecture, rule.table, 'unique').find((r) =>
    r.keys.every((k) => k.column !== null),
  )
  return unique?.keys.map((k) => k.column ?? '') ?? []
}

const typeOf = (architecture: Architecture, rule: SoftDeletedRule, column: string): string =>
  declaredType(architecture, rule.table, column) ?? 'text'

/** Longer names would be cut off. */
const parameter = (column: string): string =>
  Buffer.byteLength(column) > 61 ? '' : `${ident(`p_${column}`)} `

export const hidingDdl = (
  rule: SoftDeletedRule,
  architecture: Architecture,
  major = 18,
): readonly string[] => {
  const table = tableText(rule.table)
  const roles = identList(readersOfLiving(rule, architecture))
  const living = `${ident(rule.column)} is null`
  if (roles === '') return []
  if (rule.through !== null) {
    const columns = architecture.tables.find((t) => t.id === rule.table)?.columns.map((c) => c.name) ?? []
    const invoker = major >= 15 ? ' with (security_invoker = true)' : ''
    return [
      `create view ${qualified(rule.through)}${invoker} as select ${identList(columns)} from ${table} where ${living};`,
      `grant select, insert, update on ${qualified(rule.through)} to ${roles};`,
    ]
  }
  const isolated = rulesOf<IsolatedByRule>(architecture, rule.table, 'isolatedBy').length > 0
  return [
    ...(isolated
      ? []
      : [
          `alter table ${table} enable row level security;`,
          `create policy ${ident(structureName(rule.table, 'open'))} on ${table} to ${roles} using (true) with check (true);`,
        ]),
    `create policy ${ident(structureName(rule.table, 'living'))} on ${table} as restrictive for select to ${roles} using (${living});`,
  ]
}

/**
 * With its caller's rights, so that it deletes what the caller sees. An UPDATE that reads a column has to leave the row
 * visible to whoever writes it; one WHERE CURRENT OF a cursor reads none, and may hide it.
 */
export const deletingDdl = (rule: SoftDeletedRule, architecture: Architecture): readonly string[] => {
  const called = deleteOf(rule)
  const key = keyOfRows(rule, architecture)
  if (called === null || key.length === 0) return []
  const table = tableText(rule.table)
  const parameters = key.map((column) => `${parameter(column)}${typeOf(architecture, rule, column)}`)
  // PostgreSQL looks for the cursor's row in every partition, also in those that the cursor would leave out.
  const isPartitioned = isPartitionedBy(architecture, rule.table)
  const conditions = key.map((column, i) => `kept.${ident(column)} = $${i + 1}`).join(' and ')
  return [
    `create function ${qualified(called)}(${parameters.join(', ')}) returns boolean language plpgsql set search_path = ''${isPartitioned ? ' set enable_partition_pruning = off' : ''} as $$
declare
  living cursor for select from ${table} kept where ${conditions} for update;
begin
  open living;
  move living;
  if not found then
    return false;
  end if;
  update ${table} set ${ident(rule.column)} = now() where current of living;
  return true;
end $$;`,
  ]
}

/** Nobody dates a deletion back, and a deleted row keeps its time. */
export const clockDdl = (rule: SoftDeletedRule): readonly string[] => {
  const { schema, name } = own(rule, 'deleted', 'now')
  const called = qualified({ schema, name })
  const column = ident(rule.column)
  return [
    `create function ${called}() returns trigger language plpgsql set search_path = '' as $$
begin
  if new.${column} is not null then
    new.${column} := coalesce(old.${column}, now());
  end if;
  return new;
end $$;`,
    `create trigger ${ident(name)} before update on ${tableText(rule.table)} for each row execute function ${called}();`,
  ]
}

/** Before its grace is over no row goes for good; TRUNCATE knows no rows. */
export const graceDdl = (rule: SoftDeletedRule, architecture: Architecture): readonly string[] => {
  const isPartitioned = isPartitionedBy(architecture, rule.table)
  const grace = own(rule, 'keeps', 'grace')
  const rows = own(rule, 'keeps', 'rows')
  const table = tableText(rule.table)
  const column = `old.${ident(rule.column)}`
  const raise = (text: string): string =>
    `raise exception '% ${text}', tg_table_name using errcode = '${refusalState}';`
  return [
    `create function ${qualified(grace)}() returns trigger language plpgsql set search_path = '' as $$
begin
  if ${column} is null or ${column} > now() - interval ${literal(rule.grace)} then
    ${raise('keeps deleted rows for a while: this one is living, or deleted too lately')}
  end if;
  return old;
end $$;`,
    ...triggerOn(grace.name, table, 'delete', 'row', qualified(grace)),
    `create function ${qualified(rows)}() returns trigger language plpgsql set search_path = '' as $$
begin
  ${raise('keeps its rows: truncate is refused')}
  return null;
end $$;`,
    ...triggerOn(rows.name, table, 'truncate', 'statement', qualified(rows)),
    ...(isPartitioned ? [onEveryPartition(relationOfId(rule.table), rows.name, qualified(rows))] : []),
  ]
}

/** The same for a table that inherits. */
export const childGraceDdl = (rule: SoftDeletedRule, relation: string): readonly string[] => {
  const grace = own(rule, 'keeps', 'grace')
  const rows = own(rule, 'keeps', 'rows')
  return [
    ...triggerOn(grace.name, relation, 'delete', 'row', qualified(grace)),
    ...triggerOn(rows.name, relation, 'truncate', 'statement', qualified(rows)),
  ]
}

export const truncateOnPartitions = (rule: SoftDeletedRule, table: RelationName): string => {
  const rows = own(rule, 'keeps', 'rows')
  return onEveryPartition(table, rows.name, qualified(rows))
}

/** With its caller's rights: it removes the rows that its caller sees. */
export const purgeDdl = (rule: SoftDeletedRule): readonly string[] => {
  const called = qualified(purgeOf(rule))
  return [
    `create function ${called}() returns bigint language sql
begin atomic
  with gone as (
    delete from ${tableText(rule.table)}
     where ${ident(rule.column)} <= now() - interval ${literal(rule.grace)}
    returning 1
  )
  select count(*) from gone;
end;`,
    `revoke execute on function ${called}() from public;`,
  ]
}

/** All of it, in order. */
export const softDeletionDdl = (
  rule: SoftDeletedRule,
  architecture: Architecture,
  major = 18,
): readonly string[] => [
  ...hidingDdl(rule, architecture, major),
  ...deletingDdl(rule, architecture),
  ...clockDdl(rule),
  ...graceDdl(rule, architecture),
  ...purgeDdl(rule),
]
