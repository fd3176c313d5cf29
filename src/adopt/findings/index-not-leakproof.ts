/**
 * Indexes that no statement can use under a policy: PostgreSQL asks the policy before an operator or a function that
 * is not leakproof, so LIKE, lower(), jsonb and full text read every row. Seen in the plan, with the policy and without.
 */
import type { Catalog } from '../../catalog/structure.ts'
import { relationId } from '../../ground/names.ts'
import type { Table } from '../../catalog/table.ts'
import { planIndexes, type PlanNode } from '../../postgres/plan.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import type { Finding } from '../../prove/result.ts'
import { askJson } from './ask-json.ts'
import { askPlans, unforced } from './ask-plans.ts'
import type { FindingGround, FindingKind } from './finding-kind.ts'
import { guardedIndexesSql, type GuardedIndexRow, type PartRow } from './leaky-indexes-sql.ts'
import { rowConstants } from '../../rows/idle/row-constants.ts'
import { identityComparisons } from '../../rules/policies/identity-comparisons.ts'
import { commandsOf, policiesOf } from './table-policies.ts'

/** In these a statement may come by any of the parts; in others by the first. */
const anyPart: ReadonlySet<string> = new Set(['gin', 'gist', 'brin'])

/** Made for LIKE, which is not leakproof whatever the comparisons of the class are. */
const forPatterns = /^(?:text|varchar|bpchar)_pattern_ops$/u

const isPlainColumn = (part: PartRow): boolean => part.column !== null
const mayBeUsed = (part: PartRow): boolean =>
  isPlainColumn(part) && part.hasLeakproof && !forPatterns.test(part.operatorClass)

const isSuspect = ({ method, parts, unique }: GuardedIndexRow): boolean => {
  if (unique) return false
  const leading = anyPart.has(method) ? parts : parts.slice(0, 1)
  return leading.length > 0 && !leading.some(mayBeUsed)
}

interface Probe {
  readonly operator: string
  readonly condition: string
}

/** What a statement may ask of the first part. */
const probesOf = ({ parts }: GuardedIndexRow): readonly Probe[] => {
  const [part] = parts
  if (!part) return []
  if (forPatterns.test(part.operatorClass))
    return [{ operator: 'LIKE', condition: `${part.expression} like ${literal('a%')}` }]
  return (part.operators ?? []).map(({ operator, right }) => ({
    operator: operator.replace(/^pg_catalog\./u, ''),
    condition: `${part.expression} operator(${operator}) $1::${right ?? part.type}`,
  }))
}

/** The same rule as for policies: the conditions of a view with security_barrier come first. */
const viewName = 'assay_guarded'

const settings = 'set local enable_seqscan = off'

const explain = (from: string, probe: Probe, predicate: string | null): string =>
  `explain (generic_plan, format json, costs off) select from ${from} where ${probe.condition}${predicate === null ? '' : ` and (${predicate})`}`

/** What select is guarded by; null: nothing is let through, or everything. */
const guardOf = (catalog: Catalog, table: Table): string | null => {
  const asked = policiesOf(catalog, table.id).filter(
    (policy) =>
      policy.facts.permissive && commandsOf(policy).includes('select') && policy.facts.using !== null,
  )
  return asked.length === 0 ? null : asked.map(({ facts }) => `(${facts.using})`).join(' or ')
}

interface Suspect {
  readonly table: Table
  readonly index: GuardedIndexRow
  readonly guard: string
  /** Names of the indexes with the same first part, its own among them. */
  readonly alike: readonly string[]
}

/** One of several indexes with the same first part is as good as the other here. */
const uses = (nodes: readonly PlanNode[] | null | undefined, { alike }: Suspect): boolean | null =>
  nodes?.[0] ? planIndexes(nodes[0]).some((name) => alike.includes(name)) : null

interface Leaky extends Suspect {
  readonly operator: string
}

/** EXPLAIN (GENERIC_PLAN) is there since 16. */
const genericSince = 16

/** Operators are tried one after the other: not every one of a class finds rows by the index. */
const firstUsable = async (
  { copy, catalog }: FindingGround,
  suspects: readonly Suspect[],
): Promise<ReadonlyMap<Suspect, Probe>> => {
  const usable = new Map<Suspect, Probe>()
  const probes = new Map(suspects.map((suspect) => [suspect, probesOf(suspect.index)]))
  const most = Math.max(0, ...[...probes.values()].map((list) => list.length))
  for (let round = 0; round < most; round++) {
    const asked = suspects.flatMap((suspect) => {
      const probe = usable.has(suspect) ? undefined : probes.get(suspect)?.[round]
      return probe ? [{ suspect, probe }] : []
    })
    const plans = await askPlans(
      copy,
      catalog,
      asked.map(
        ({ suspect: { table, index }, probe }) =>
          `${unforced(table)}${settings};\n${explain(`only ${qualified(table)}`, probe, index.predicate)}`,
      ),
    )
    for (const [i, { suspect, probe }] of asked.entries())
      if (uses(plans[i], suspect)) usable.set(suspect, probe)
  }
  return usable
}

/** Those that are used without the policy and not with it. */
const seenInPlans = async (
  ground: FindingGround,
  suspects: readonly Suspect[],
): Promise<readonly Leaky[]> => {
  const probes = await firstUsable(ground, suspects)
  const usable = suspects.flatMap((suspect) => {
    const probe = probes.get(suspect)
    return probe ? [[suspect, probe] as const] : []
  })
  const plans = await askPlans(
    ground.copy,
    ground.catalog,
    usable.map(
      ([{ table, index, guard }, probe]) =>
        `${unforced(table)}${settings};\ncreate temp view ${viewName} with (security_barrier) as select * from only ${qualified(table)} where (${guard}\n);\n${explain(`pg_temp.${viewName}`, probe, index.predicate)}`,
    ),
  )
  return usable.flatMap(([suspect, { operator }], i) =>
    uses(plans[i], suspect) === false ? [{ ...suspect, operator }] : [],
  )
}

const partSql = ({ expression, operatorClass }: PartRow): string =>
  forPatterns.test(operatorClass) ? `${expression} ${operatorClass}` : expression

/** Led by the column that the policy compares, the index narrows to the rows that the policy lets through. */
const mendOf = ({ table, index, guard }: Suspect): string => {
  const drop = `drop index ${qualified({ schema: table.schema, name: index.name })};`
  const column = identityComparisons(guard).find(
    (one) => one.narrows && table.columns.some(({ name }) => name === one.column),
  )
  if (!column || !['btree', 'gin', 'gist'].includes(index.method))
    return `search in a SECURITY DEFINER function that asks what the policy asks; the index by itself serves only roles that bypass it:\n${drop}`
  const parts = [ident(column.column), ...index.parts.map(partSql)].join(', ')
  const where = index.predicate === null ? '' : ` where (${index.predicate})`
  const extension = index.method === 'btree' ? [] : [`create extension if not exists btree_${index.method};`]
  const using = index.method === 'btree' ? '' : ` using ${index.method}`
  const create = `create index on ${qualified(table)}${using} (${parts})${where};`
  return `let ${column.column}, which the policy compares, lead the index:\n${[...extension, create, drop].join('\n')}`
}

const finding = (catalog: Catalog, leaky: Leaky): Finding => {
  const { table, index, operator } = leaky
  const [part] = index.parts
  return {
    code: 'adopt.index-not-leakproof',
    severity: 'warning',
    structure: catalog.of(table.id, 'index').find(({ name }) => name === index.name)?.id ?? table.id,
    summary: `${table.id}: under its policies no statement can use index ${index.name}: ${part?.expression ?? ''} ${operator} … is not leakproof`,
    reason: 'an index cannot be used under row-level security',
    why: 'a function that is not leakproof might tell of rows that the policy hides, so PostgreSQL asks it after the policy: with sequential scans off, EXPLAIN uses the index without the policy and not with it (row-level security, "Rules and Privileges")',
    fix: mendOf(leaky),
  }
}

export const indexNotLeakproof: FindingKind = {
  codes: ['adopt.index-not-leakproof'],
  find: async (ground) => {
    const { copy, catalog } = ground
    if (catalog.major < genericSince) return []
    const rows = await askJson<GuardedIndexRow>(copy, guardedIndexesSql)
    const keyOf = ({ schema, table }: GuardedIndexRow): string => JSON.stringify([schema, table])
    const byTable = new Map<string, GuardedIndexRow[]>()
    for (const row of rows) byTable.set(keyOf(row), [...(byTable.get(keyOf(row)) ?? []), row])
    const suspects = rows.filter(isSuspect).flatMap((index): Suspect[] => {
      const table = catalog.tables.get(relationId({ schema: index.schema, name: index.table }))
      const guard = table ? guardOf(catalog, table) : null
      const alike = (byTable.get(keyOf(index)) ?? [])
        .filter((row) => row.parts[0]?.expression === index.parts[0]?.expression)
        .map(({ name }) => name)
      return table && guard !== null ? [{ table, index, guard, alike }] : []
    })
    // A condition that is true for every row keeps nothing back: PostgreSQL leaves it out.
    const whole = await rowConstants(
      copy,
      suspects.map(({ table, guard }) => ({ table, expressions: [guard] })),
    )
    const guarded = suspects.filter((_suspect, i) => whole[i]?.[0] === null)
    return (await seenInPlans(ground, guarded)).map((leaky) => finding(catalog, leaky))
  },
}
