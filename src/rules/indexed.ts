/**
 * indexed: statements that the index has to serve, asked as plans on loaded rows, and statements that it must not be
 * able to serve, which tell a wider or another index from the declared one.
 */
import type { IndexedRule } from '../architecture/kinds/indexed.ts'
import { dropKey, type KeyFacts } from '../catalog/key/key.ts'
import type { Structure } from '../catalog/structure.ts'
import { planHas } from '../postgres/plan.ts'
import { literal, qualified } from '../postgres/quote.ts'
import { claimedOf } from './claimed.ts'
import { structureName } from './ddl.ts'
import type { Expected, Experiment, World } from './experiment.ts'
import { setAside } from './indexed/aside.ts'
import { claimsOfIndex } from './indexed/claims.ts'
import { createIndex, directionText } from './indexed/ddl.ts'
import { explained, withProbe, type Probe } from './indexed/probe.ts'
import type { Demand } from './indexed/select.ts'
import { statementsOf } from './indexed/statements.ts'
import { keyValues } from './indexed/values.ts'
import { repeatsFor } from './query/repeated.ts'
import type { RuleContext, RuleKind, Written } from './rule-kind.ts'
import { listed, noun, shortened } from './sentence.ts'

/** PostgreSQL's own defaults, so that a plan does not depend on how the server is configured. */
export const loaded: World = {
  id: 'loaded',
  statements: [
    'set local max_parallel_workers_per_gather = 0',
    'set local seq_page_cost = 1',
    'set local random_page_cost = 4',
    `set local effective_cache_size = '4GB'`,
    `set local work_mem = '4MB'`,
    'set local jit = off',
  ],
}

/**
 * Of the made rows so many have the same keys that no index pays for itself; among real ones they may be few. Then the
 * proof is that the index can serve the statement, and that nothing else does.
 */
const crowded: World = {
  id: 'loaded-crowded',
  statements: [...loaded.statements, 'set local enable_seqscan = off'],
}
const mostShare = 0.1

/** What would make the index worth less; asked for only where the index alone would do without it. */
const shortcomings = ['Sort', 'Incremental Sort', 'Filter', 'Backward']
const tableReads = ['Seq Scan', 'Index Scan', 'Bitmap Heap Scan']

type Plans = Awaited<ReturnType<Probe['plans']>>

/** The expectation of a demand; null when the declared index could not meet it even alone, so that it says nothing. */
const expectedOf = (
  demand: Demand,
  alone: Plans[number],
  index: { readonly name: string; readonly parts: readonly string[] },
): Expected | null => {
  if (alone === null) return null
  const parts = index.parts.length === 0 ? {} : { parts: index.parts }
  const avoidable = (facts: readonly string[]): readonly string[] =>
    facts.filter((fact) => !planHas(alone.plan, fact))
  switch (demand) {
    case 'denied':
      if (alone.uses) return null
      return {
        kind: 'plan',
        uses: null,
        without: [index.name, ...index.parts].map((name) => `index:${name}`),
      }
    case 'same':
      return { kind: 'plan', uses: null, without: [] }
    case 'ordered':
      return { kind: 'plan', uses: null, without: avoidable(['Sort', 'Incremental Sort', 'Backward']) }
    case 'index only': {
      const without = avoidable([...shortcomings, ...tableReads])
      return without.includes('Index Scan') ? { kind: 'plan', uses: index.name, without, ...parts } : null
    }
    case 'served':
      return { kind: 'plan', uses: index.name, without: alone.uses ? avoidable(shortcomings) : [], ...parts }
  }
}

const partsSql = (index: string): string => `
select c.relname as name
  from pg_catalog.pg_partition_tree(${literal(index)}::pg_catalog.regclass) tree
  join pg_catalog.pg_class c on c.oid = tree.relid
 where tree.isleaf
 order by c.relname collate "C"`

/** The claimed index and its indexes on partitions; under its designed name when there is none. */
const claimedIndex = async (rule: IndexedRule, context: RuleContext) => {
  const structure = claimedOf(context, 'index', 'unique', 'primaryKey')
  if (!structure) {
    const words = rule.keys.map((key) => key.column ?? key.expression)
    return { name: structureName(rule.table, ...words, 'idx'), parts: [] }
  }
  const { name } = structure
  if (context.table.kind !== 'partitioned') return { name, parts: [] }
  const sql = partsSql(qualified({ schema: context.table.schema, name }))
  return { name, parts: (await context.db.json<{ name: string }>(sql)).map((row) => row.name) }
}

const unsolved = (rule: IndexedRule, summary: string, tried: string): Written => ({
  experiments: [],
  unsolved: [{ rule: rule.id, summary, tried }],
})

/** An index that is there and does not serve is not mended by making it. */
const mendOf = (rule: IndexedRule, claimed: Structure | undefined, { table }: RuleContext): string => {
  if (!claimed) return createIndex(rule)
  if (claimed.definition.endsWith(' INVALID'))
    return `build it again, it is invalid:\nreindex index ${qualified({ schema: table.schema, name: claimed.name })};`
  const drop = dropKey(table, (claimed as Structure<KeyFacts>).facts)
  return `say which statement it is for, with { serves: 'select …' }, or drop it with its rule:\n${drop};`
}

/** What it asks for is worth an index only where there are many rows. */
const isPaidFor = (demand: Demand): boolean => demand !== 'denied' && demand !== 'same'

const experiments = async (rule: IndexedRule, context: RuleContext): Promise<Written> => {
  const chosen = await keyValues(rule, context)
  if (chosen === null) {
    return unsolved(
      rule,
      `${rule.table} could not be filled with rows for its plans`,
      'values by type, text as words and as digits',
    )
  }
  const { values, share, isSmall } = chosen
  // A block range index pays over many blocks, and each partition has a part of the made rows alone.
  const isSplit = rule.using === 'brin' && context.table.kind === 'partitioned'
  const index = await claimedIndex(rule, context)
  const probed = await withProbe(context.db, rule, context.table, async (probe) => {
    const statements = statementsOf({ rule, operators: probe.operators, values })
    return { statements, alone: await probe.plans(statements.map((s) => s.select)) }
  })
  if ('refused' in probed) {
    const { message, sqlstate } = probed.refused
    return unsolved(
      rule,
      `PostgreSQL refuses the declared index: ${message}`,
      `${createIndex(rule)} (SQLSTATE ${sqlstate})`,
    )
  }
  const { statements, alone } = probed.answer
  if (!statements.some((s, n) => s.demand === 'served' && (alone[n]?.uses || s.select === rule.serves))) {
    return unsolved(
      rule,
      `no statement was found that the declared index serves; give one with { serves: 'select …' }`,
      statements.map((s) => s.select).join('; ') || `no operand is known for its operators`,
    )
  }
  const claimed = claimedOf(context, 'index', 'unique', 'primaryKey')
  const mend = mendOf(rule, claimed, context)
  const aside = setAside(claimed, context.table, context.catalog)
  const written = statements.flatMap(({ title, select, demand }, n): Omit<Experiment, 'id'>[] => {
    // What the user asks for stands as it is; what is derived only where the index could serve it.
    const isAsked = select === rule.serves
    if (demand === 'served' && !isAsked && !alone[n]?.uses) return []
    const then: Expected | null = isAsked
      ? {
          kind: 'plan',
          uses: index.name,
          without: [],
          ...(index.parts.length === 0 ? {} : { parts: index.parts }),
        }
      : expectedOf(demand, alone[n]!, index)
    if (then === null) return []
    return [
      {
        rule: rule.id,
        title,
        world:
          (demand === 'served' && (share > mostShare || isSplit)) || (isSmall && isPaidFor(demand))
            ? crowded
            : loaded,
        // Another index that answers what the user asks for is told, not set aside.
        given: isAsked ? [] : aside,
        when: [explained(select)],
        then,
        on: 'loaded',
        mend,
      },
    ]
  })
  const repeats = repeatsFor(context.architecture, context.catalog)
  return {
    experiments: written.map((one, n) => ({ id: `${rule.id}#${n + 1}`, ...one })),
    unsolved: [],
    ...(repeats ? { repeats } : {}),
  }
}

const keysInWords = (rule: IndexedRule): string =>
  listed(rule.keys.map((key) => `${key.column ?? shortened(key.expression, 40)}${directionText(key)}`))

const sentence = (rule: IndexedRule): string => {
  const what =
    rule.serves === null
      ? `reading ${noun(rule.table)} by ${keysInWords(rule)}`
      : `"${shortened(rule.serves, 80)}"`
  const how = rule.using === 'btree' ? 'an index' : `a ${rule.using} index`
  const covering = rule.include.length === 0 ? '' : `, ${listed(rule.include)} from the index alone`
  const partial = rule.where === null ? '' : ` where ${shortened(rule.where)}`
  return `${what}${partial} needs ${how}${covering}`
}

export const indexed: RuleKind<IndexedRule> = {
  kind: 'indexed',
  sentence,
  experiments,
  design: (rule) => [createIndex(rule)],
  claims: claimsOfIndex,
}
