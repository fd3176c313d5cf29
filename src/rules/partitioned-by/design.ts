/** The DDL of partitioned tables: the table, its partitions, and the function that makes those of periods to come. */
import type { Architecture } from '../../architecture/architecture.ts'
import type {
  PartitionedByRule,
  PartitionScheme,
  PartitionValue,
} from '../../architecture/kinds/partitioned-by.ts'
import { ident, identList, literal, qualified } from '../../postgres/quote.ts'
import { fittedName, relationOfId, structureName, tableText } from '../ddl.ts'
import { generatedRuleOf } from '../declared.ts'
import { periodOf } from '../partition/periods.ts'

type PeriodScheme = Extract<PartitionScheme, { readonly by: 'period' }>

export const valueSql = (value: PartitionValue): string => literal(value === null ? null : String(value))

const strategies = { period: 'range', list: 'list', hash: 'hash' } as const

const partitionClause = ({ scheme, column }: PartitionedByRule): string =>
  `partition by ${strategies[scheme.by]} (${ident(column)})`

/** The whole statement: nothing turns a table into a partitioned one later. */
const createTable = (rule: PartitionedByRule, architecture: Architecture): string => {
  const table = architecture.tables.find((t) => t.id === rule.table)
  const columns = (table?.columns ?? []).map((c) => `${ident(c.name)} ${c.type}`).join(', ')
  return [
    `-- PARTITION BY stands where a table is made. One that exists is renamed first, and its rows are copied.`,
    `create table ${tableText(rule.table)} (${columns}) ${partitionClause(rule)};`,
  ].join('\n')
}

const partitionText = (rule: PartitionedByRule, name: string): string =>
  qualified({ schema: relationOfId(rule.table).schema, name: structureName(rule.table, name) })

const createPartition = (rule: PartitionedByRule, name: string, bound: string): string =>
  `create table ${partitionText(rule, name)} partition of ${tableText(rule.table)} ${bound};`

/** Rows can be taken out of DEFAULT only where that changes nothing but their place. */
export const movesRows = (rule: PartitionedByRule, architecture: Architecture): boolean => {
  const table = architecture.tables.find((t) => t.id === rule.table)
  const isComputed = (table?.columns ?? []).some(
    (c) => generatedRuleOf(architecture, rule.table, c.name) !== undefined,
  )
  const isReferenced = architecture.tables.some((t) =>
    t.rules.some((r) => r.kind === 'references' && 'target' in r && r.target === rule.table),
  )
  return rule.otherwise === 'default' && !isComputed && !isReferenced
}

/** A dollar quote that the text does not hold. */
const dollarQuoted = (text: string): string => {
  let tag = '$maintain$'
  for (let n = 2; text.includes(tag); n++) tag = `$maintain_${n}$`
  return `${tag}${text}${tag}`
}

/** The name without its period: as much of the table's as leaves room for it. */
const prefixOf = (rule: PartitionedByRule, scheme: PeriodScheme): string =>
  fittedName(relationOfId(rule.table).name, periodOf(scheme.period).suffixLength)

const moveRows = (rule: PartitionedByRule): readonly string[] => [
  `      execute format('with moved as (delete from %1$s where %2$I >= %3$L and %2$I < %4$L returning *) insert into %5$s select * from moved',`,
  `        ${literal(partitionText(rule, 'default'))}, ${literal(rule.column)}, period, period + ${literal(stepOf(rule))}::interval, made);`,
]

const stepOf = ({ scheme }: PartitionedByRule): string =>
  scheme.by === 'period' ? periodOf(scheme.period).step : ''

/**
 * Made beside the table and then attached, so that readers and writers of the table do not wait. The owner's rights
 * and settings of its own make it do the same whoever calls it.
 */
const functionBody = (rule: PartitionedByRule, scheme: PeriodScheme, moves: boolean): string => {
  const step = literal(stepOf(rule))
  const { schema } = relationOfId(rule.table)
  const table = tableText(rule.table)
  const steps = (sign: string, n: number): string => (n === 0 ? '' : ` ${sign} ${n} * interval ${step}`)
  const start = `date_trunc(${literal(scheme.period)}, coalesce("as_of", now()))`
  return [
    '',
    'declare',
    '  period timestamp;',
    '  made text;',
    'begin',
    `  lock table only ${table} in share update exclusive mode;`,
    '  for period in',
    `    select generate_series(${start}${steps('-', scheme.behind)},`,
    `      ${start}${steps('+', scheme.ahead)}, interval ${step})`,
    '  loop',
    `    made := format('%I.%I', ${literal(schema)}, ${literal(prefixOf(rule, scheme))} || to_char(period, ${literal(periodOf(scheme.period).suffix)}));`,
    '    if to_regclass(made) is null then',
    `      execute format('create table %s (like %s including all excluding identity)', made, ${literal(table)});`,
    ...(moves ? moveRows(rule) : []),
    `      execute format('alter table %s attach partition %s for values from (%L) to (%L)', ${literal(table)}, made, period, period + ${step}::interval);`,
    '    end if;',
    '  end loop;',
    'end',
    '',
  ].join('\n')
}

/** `"public"."maintain_events"`. */
export const functionText = (maintain: string): string => qualified(relationOfId(maintain))

const createFunction = (
  rule: PartitionedByRule,
  scheme: PeriodScheme,
  maintain: string,
  moves: boolean,
): readonly string[] => {
  const name = functionText(maintain)
  return [
    [
      `create function ${name}("as_of" timestamptz default null) returns void`,
      '  language plpgsql security definer',
      `  set search_path = pg_catalog, pg_temp`,
      `  set timezone = 'UTC'`,
      `as ${dollarQuoted(functionBody(rule, scheme, moves))};`,
    ].join('\n'),
    `revoke execute on function ${name}(timestamptz) from public;`,
    ...(rule.calledBy.length === 0
      ? []
      : [`grant execute on function ${name}(timestamptz) to ${identList(rule.calledBy)};`]),
    `select ${name}(now());`,
  ]
}

const partitionsOf = (rule: PartitionedByRule, moves: boolean): readonly string[] => {
  const { scheme } = rule
  switch (scheme.by) {
    case 'list':
      return Object.entries(scheme.lists).map(([name, values]) =>
        createPartition(rule, name, `for values in (${values.map(valueSql).join(', ')})`),
      )
    case 'hash':
      return Array.from({ length: scheme.modulus }, (_, n) =>
        createPartition(rule, String(n), `for values with (modulus ${scheme.modulus}, remainder ${n})`),
      )
    case 'period':
      return scheme.maintain === null
        ? [
            `-- one for each ${scheme.period}: create table … partition of ${tableText(rule.table)} for values from (its first day) to (the next one's);`,
          ]
        : createFunction(rule, scheme, scheme.maintain, moves)
  }
}

export const designPartitions = (rule: PartitionedByRule, architecture: Architecture): readonly string[] => [
  createTable(rule, architecture),
  ...(rule.otherwise === 'default' ? [createPartition(rule, 'default', 'default')] : []),
  ...partitionsOf(rule, movesRows(rule, architecture)),
]
