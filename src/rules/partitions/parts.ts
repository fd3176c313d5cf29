/**
 * The partitions that a rule speaks of, each with the condition of its rows as PostgreSQL writes it. Declared ones are
 * made for a moment beside the table, on a twin of it, so that PostgreSQL reads keys and bounds, and nobody else.
 */
import type { PartitionsRule } from '../../architecture/kinds/partitions.ts'
import { parseBound, type Bound } from '../../catalog/partition/bound.ts'
import type { PartitionFacts } from '../../catalog/partition.ts'
import type { Structure } from '../../catalog/structure.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import type { RuleContext } from '../rule-kind.ts'

export interface Part {
  /** As declared, or as the relation is called. */
  readonly name: string
  /** True of its rows. */
  readonly condition: string
  readonly bound: Bound
  /** `"schema"."partition"` with exactly these bounds; null when the database has none. */
  readonly relation: string | null
  /** Its rows stand on another server. */
  readonly isForeign: boolean
}

export interface Parts {
  /** SQL of each part of the key: `"tenant_id"`, `lower(region)`. */
  readonly keys: readonly string[]
  readonly strategy: 'range' | 'list' | 'hash'
  readonly all: readonly Part[]
}

interface PartRow {
  readonly key: string
  readonly name: string
  readonly bound: string
  readonly condition: string | null
}

const rowsSql = (relations: readonly string[]): string => `
select pg_catalog.pg_get_partkeydef(i.inhparent) as key, r.name,
       pg_catalog.pg_get_expr(c.relpartbound, c.oid) as bound,
       pg_catalog.pg_get_partition_constraintdef(c.oid) as condition
  from pg_catalog.unnest(array[${relations.map(literal).join(', ')}]::text[]) with ordinality r (name, n)
  join pg_catalog.pg_class c on c.oid = r.name::pg_catalog.regclass
  join pg_catalog.pg_inherits i on i.inhrelid = c.oid
 order by r.n`

/** The parts of `RANGE (a, lower(b) COLLATE "C")`, without their collations and operator classes. */
const keysOf = (key: string): readonly string[] => {
  const inner = key.slice(key.indexOf('(') + 1, key.lastIndexOf(')'))
  const parts: string[] = ['']
  let depth = 0
  let quote: string | null = null
  for (const letter of inner) {
    if (quote !== null) quote = letter === quote ? null : quote
    else if (letter === `'` || letter === '"') quote = letter
    else if (letter === '(') depth += 1
    else if (letter === ')') depth -= 1
    if (letter === ',' && depth === 0 && quote === null) parts.push('')
    else parts[parts.length - 1] += letter
  }
  return parts.map((part) => {
    const text = part.trim()
    const column = /^(?:"(?:[^"]|"")*"|[^\s"(]+)(?=\s|$)/u.exec(text)?.[0]
    return column ?? text.slice(0, text.lastIndexOf(')') + 1)
  })
}

const strategyOf = (key: string): Parts['strategy'] =>
  /^hash/iu.test(key) ? 'hash' : /^list/iu.test(key) ? 'list' : 'range'

/** What stands: bounds of the catalog's structures, by relation. */
const standing = ({ catalog, table }: RuleContext): PartitionFacts['partitions'] =>
  (catalog.of(table.id, 'partition') as readonly Structure<PartitionFacts>[]).flatMap(
    (s) => s.facts.partitions,
  )

const isForeign = ({ catalog }: RuleContext, relation: string): boolean =>
  [...catalog.tables.values()].some((t) => t.kind === 'foreign' && qualified(t) === relation)

const toParts = (
  rows: readonly PartRow[],
  context: RuleContext,
  own: (row: PartRow, at: number) => Pick<Part, 'name' | 'relation'>,
): Parts | null => {
  const [first] = rows
  if (!first) return null
  return {
    keys: keysOf(first.key),
    strategy: strategyOf(first.key),
    all: rows.map((row, at) => {
      const named = own(row, at)
      return {
        ...named,
        // A hash is told by the table that is hashed for.
        condition: (row.condition ?? 'true').replace(
          /satisfies_hash_partition\('\d+'::oid/u,
          () => `satisfies_hash_partition(${literal(qualified(context.table))}::pg_catalog.regclass`,
        ),
        bound: parseBound(row.bound),
        isForeign: named.relation !== null && isForeign(context, named.relation),
      }
    }),
  }
}

const twin = 'assay_twin'

/** The declared ones, or why PostgreSQL refuses them. */
const declaredParts = async (
  rule: PartitionsRule,
  bounds: Readonly<Record<string, string>>,
  context: RuleContext,
): Promise<Parts | string> => {
  const { db, table } = context
  const name = (suffix = ''): string => qualified({ schema: table.schema, name: `${twin}${suffix}` })
  const entries = Object.entries(bounds)
  const columns = table.columns.map(
    (c) => `${ident(c.name)} ${c.type}${c.collation === null ? '' : ` collate ${c.collation}`}`,
  )
  const ddl = [
    `create table ${name()} (${columns.join(', ')}) partition by ${rule.key}`,
    ...entries.map(
      ([, bound], i) =>
        `create table ${name(`_${i}`)} partition of ${name()} ${/^\s*default\s*$/iu.test(bound) ? 'default' : `for values ${bound}`}`,
    ),
  ]
  await db.query('savepoint assay_twin')
  try {
    const [made] = await db.batch([ddl.join(';\n')])
    if (made!.fault) return made!.fault.message
    const rows = await db.json<PartRow>(rowsSql(entries.map((_, i) => name(`_${i}`))))
    const relations = new Map(standing(context).map((p) => [p.bound, p.relation]))
    const parts = toParts(rows, context, ({ bound }, at) => ({
      name: entries[at]?.[0] ?? '',
      relation: relations.get(bound) ?? null,
    }))
    return parts ?? 'no partition is declared'
  } finally {
    await db.query('rollback to savepoint assay_twin; release savepoint assay_twin')
  }
}

/** Text where PostgreSQL refuses what is declared, or nothing stands. */
export const partsOf = async (rule: PartitionsRule, context: RuleContext): Promise<Parts | string> => {
  if (rule.bounds !== null) return declaredParts(rule, rule.bounds, context)
  const relations = standing(context).map((p) => p.relation)
  if (relations.length === 0) return 'no partition stands there'
  const rows = await context.db.json<PartRow>(rowsSql(relations))
  const parts = toParts(rows, context, ({ name }) => ({ name, relation: name }))
  return parts ?? 'no partition stands there'
}
