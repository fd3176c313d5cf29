/**
 * What policies do to the plan of a query: calls for each row, subqueries for each row, indexes that it cannot use under
 * them. Each mend was tried on the loaded rows, in a transaction that is taken back.
 */
import type { PolicyFacts } from '../catalog/policy.ts'
import type { Catalog, Structure } from '../catalog/structure.ts'
import type { Table } from '../catalog/table.ts'
import { loopsOf, nodesOf, numberIn, rowsOf, textIn, workOf } from '../postgres/plan-work.ts'
import type { PlanNode } from '../postgres/plan.ts'
import type { Wholes } from '../postgres/plan-tree.ts'
import { ident, literal, qualified } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'
import type { Finding } from '../prove/result.ts'
import { callKey, callsIn, wrapCalls, type CallName } from '../rows/per-row-calls.ts'
import { columnsIn, few, guardedTable, place, subPlansOf, type PlanGround, type RunPlan } from './run-plan.ts'

const timesMore = 4

/** Those of partitions under the name of their whole. */
const indexesOn = (plan: PlanNode, wholes: Wholes): ReadonlySet<string> =>
  new Set(
    nodesOf(plan).flatMap((node) => {
      const name = node['Index Name']
      return typeof name === 'string' ? [wholes.get(name) ?? name] : []
    }),
  )

const readPerRow = (plan: PlanNode): number => {
  const work = workOf(plan)
  return work.rowsRead / Math.max(1, work.rowsUsed)
}

const mostTried = 8

/** What operators for any array, range or enum say of their sides. */
const polymorphic = ['anyarray', 'anycompatiblearray', 'anyrange', 'anymultirange', 'anyenum']

/** Functions and operators of these names that are not leakproof, as ALTER FUNCTION names them. */
const leakyNamedIn = async (filter: string, { types }: { types: readonly string[] }, db: Session) => {
  const functions = [...new Set(callsIn(filter).map(({ name }) => name))]
  const operators = [
    ...new Set(filter.replaceAll(/'(?:[^']|'')*'/gu, '').match(/[-+*/<>=~!@#%^&|?]+/gu) ?? []),
  ]
  const list = (names: readonly string[]): string =>
    names.length === 0 ? "('')" : `(${names.map(literal).join(', ')})`
  const [answer] = await db.query(`
    select distinct format('%I.%I(%s)', n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid))
      from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
     where not p.proleakproof and (
       (p.proname in ${list(functions)} and n.nspname <> 'information_schema')
       or p.oid in (select o.oprcode from pg_catalog.pg_operator o
                     where o.oprname in ${list(operators)}
                       and pg_catalog.format_type(o.oprleft, null) in ${list([...types, 'text', ...polymorphic])}))
     order by 1`)
  return (answer?.rows ?? []).flatMap(([name]) => name ?? []).slice(0, mostTried)
}

interface Leaky {
  /** Those whose being leakproof lets it use the index again; []: it was not found out. */
  readonly signatures: readonly string[]
  /** False: this role may not try it, and all that could be are named. */
  readonly isTried: boolean
}

const leakyOnes = async (
  filter: string,
  table: Table,
  lost: readonly string[],
  { db, planAfter, wholes }: PlanGround,
): Promise<Leaky> => {
  const names = new Set(columnsIn(filter, table))
  const types = table.columns
    .filter(({ name }) => names.has(name))
    .map(({ type }) => type.replace(/\(.*/u, ''))
  const usedWith = async (signatures: readonly string[]): Promise<boolean | null> => {
    const plan = await planAfter(signatures.map((one) => `alter function ${one} leakproof`))
    if (plan === null) return null
    const used = indexesOn(plan, wholes)
    return lost.some((name) => used.has(name))
  }
  let needed = await leakyNamedIn(filter, { types }, db)
  const isUsed = needed.length === 0 ? false : await usedWith(needed)
  if (isUsed === null) return { signatures: needed, isTried: false }
  if (!isUsed) return { signatures: [], isTried: true }
  for (const one of needed) {
    const without = needed.filter((other) => other !== one)
    if (without.length > 0 && (await usedWith(without))) needed = without
  }
  return { signatures: needed, isTried: true }
}

/** An index that begins with what the policies ask for, where it was tried that it helps. */
const indexForPolicies = async (
  table: Table,
  before: number,
  { catalog, planAfter }: PlanGround,
): Promise<string | null> => {
  const policies = catalog.of(table.id, 'policy') as readonly Structure<PolicyFacts>[]
  const columns = [...new Set(policies.flatMap(({ facts }) => columnsIn(facts.using, table)))]
  for (const column of columns) {
    const ddl = `create index on ${qualified(table)} (${ident(column)});`
    const plan = await planAfter([ddl])
    if (plan !== null && readPerRow(plan) * timesMore < before) return ddl
  }
  return null
}

/** An index that serves it without the policies and that it cannot use under them. */
const notLeakproof = async (
  { rule, plan, asOwner }: RunPlan,
  ground: PlanGround,
): Promise<readonly Finding[]> => {
  if (asOwner === null) return []
  const { catalog, wholes } = ground
  const used = indexesOn(plan, wholes)
  const lost = [...indexesOn(asOwner, wholes)].filter((name) => !used.has(name))
  const filtered = nodesOf(plan).find(
    (node) => typeof node['Filter'] === 'string' && guardedTable(node, rule, catalog) !== undefined,
  )
  const here = readPerRow(plan)
  if (lost.length === 0 || filtered === undefined || here <= timesMore * readPerRow(asOwner)) return []
  const table = guardedTable(filtered, rule, catalog)!
  const filter = textIn(filtered, 'Filter')
  const { signatures: leaky, isTried } = await leakyOnes(filter, table, lost, ground)
  const index = filtered['Node Type'] === 'Seq Scan' ? await indexForPolicies(table, here, ground) : null
  // What another index serves is no fault of the policies.
  if (leaky.length === 0 && index === null) return []
  const names = leaky.map((one) => one.replace(/^pg_catalog\./u, ''))
  const mends = [
    ...(index === null
      ? []
      : [
          'Let an index begin with what the policies ask for; it was tried, and few rows are left then:',
          index,
        ]),
    ...(leaky.length === 0
      ? []
      : [
          `${index === null ? '' : '-- or, '}where it tells nobody what it is given, not by an error either, mark it as a superuser; ${isTried ? 'it was tried, and the index is used then' : 'this role may not try it'}:`,
          ...leaky.map((one) => `alter function ${one} leakproof;`),
        ]),
  ]
  return [
    {
      code: 'query.not-leakproof',
      severity: 'warning',
      rule: rule.id,
      summary: `"${rule.sentence}" cannot use ${lost.map(ident).join(', ')} under the policies of ${table.id}: it reads ${Math.round(here)} rows for each that it returns`,
      why: `${names.length === 0 ? 'its condition calls a function that' : names.join(', ')} is not leakproof, and may only see rows that the policies let through: ${filter}`,
      fix: mends.join('\n').replace(/^./u, (c) => c.toUpperCase()),
      ...place(rule),
    },
  ]
}

const readVolatility = async (
  db: Session,
  calls: readonly CallName[],
): Promise<ReadonlyMap<string, string>> => {
  if (calls.length === 0) return new Map()
  const named = calls.map(({ schema, name }) => `(${literal(schema)}, ${literal(name)})`)
  const [answer] = await db.query(`
    select n.nspname, p.proname, case when bool_and(p.provolatile = 's') then 's' when bool_and(p.provolatile = 'i') then 'i' end
      from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
     where (n.nspname, p.proname) in (${named.join(', ')}) group by 1, 2`)
  return new Map(
    (answer?.rows ?? []).flatMap(([schema, name, is]) =>
      is == null ? [] : [[callKey({ schema: schema!, name: name! }), is] as const],
    ),
  )
}

/** Plans quote names that need it. */
const isCalledIn = (condition: string, { name }: CallName): boolean =>
  condition.includes(`${name}(`) || condition.includes(`${ident(name)}(`)

const callText = ({ schema, name }: CallName): string =>
  schema === 'pg_catalog' ? name : `${ident(schema)}.${ident(name)}`

interface Scanned {
  readonly table: Table
  readonly filters: readonly string[]
  /** How many rows the filters looked at. */
  readonly read: number
}

/** What is read under policies, all partitions of a table together. */
const scannedIn = ({ rule, plan }: RunPlan, catalog: Catalog): readonly Scanned[] => {
  const found = new Map<string, Scanned>()
  for (const node of nodesOf(plan)) {
    const table = guardedTable(node, rule, catalog)
    const filter = node['Filter']
    if (!table || typeof filter !== 'string') continue
    const { filters, read } = found.get(table.id) ?? { filters: [], read: 0 }
    const own = rowsOf(node) + Math.round(loopsOf(node) * numberIn(node, 'Rows Removed by Filter'))
    found.set(table.id, { table, filters: [...filters, filter], read: read + own })
  }
  return [...found.values()]
}

/** A policy that calls for each row what is the same for all of them. */
const policyPerRow = async (run: RunPlan, ground: PlanGround): Promise<readonly Finding[]> => {
  const { catalog, db, planAfter } = ground
  const { rule } = run
  const found: Finding[] = []
  for (const { table, filters, read } of scannedIn(run, catalog)) {
    if (read < few / 10) continue
    for (const { facts } of catalog.of(table.id, 'policy') as readonly Structure<PolicyFacts>[]) {
      if (facts.using === null) continue
      const volatility = await readVolatility(db, callsIn(facts.using))
      const wrapped = wrapCalls(
        facts.using,
        (call) => volatility.get(callKey(call)) === 's' && filters.some((filter) => isCalledIn(filter, call)),
        (call) => volatility.has(callKey(call)),
      )
      if (wrapped === null) continue
      const ddl = `alter policy ${ident(facts.name)} on ${qualified(table)} using (${wrapped.sql});`
      const after = await planAfter([ddl])
      const isOnce = (call: CallName): boolean =>
        nodesOf(after!).every((one) => !isCalledIn(textIn(one, 'Filter'), call))
      if (after !== null && !wrapped.calls.every(isOnce)) continue
      found.push({
        code: 'query.policy-per-row',
        severity: 'warning',
        rule: rule.id,
        summary: `"${rule.sentence}": the policy ${ident(facts.name)} of ${table.id} calls ${[...new Set(wrapped.calls.map(callText))].join(', ')} for each of ${read} rows`,
        why: 'the call answers the same for every row of the statement',
        fix: `Put it into a sub-select, which is asked once${after === null ? '' : '; it was tried'}:\n${ddl}`,
        ...place(rule),
      })
      break
    }
  }
  return found
}

/** A subquery of a policy that names columns of the row. */
const policySubquery = ({ rule, plan, asOwner }: RunPlan, { catalog }: PlanGround): readonly Finding[] => {
  if (asOwner === null || subPlansOf(plan).length <= subPlansOf(asOwner).length) return []
  const guarded = nodesOf(plan).filter(
    (node) => /SubPlan/u.test(textIn(node, 'Filter')) && guardedTable(node, rule, catalog) !== undefined,
  )
  const [first] = guarded
  if (!first) return []
  const table = guardedTable(first, rule, catalog)!
  // Of each partition it is another one.
  const inside = guarded
    .filter((node) => guardedTable(node, rule, catalog) === table)
    .flatMap((node) =>
      (node.Plans ?? []).filter((one) => one['Parent Relationship'] === 'SubPlan').slice(0, 1),
    )
  if (inside.length === 0) return []
  return [
    {
      code: 'query.policy-per-row',
      severity: 'warning',
      rule: rule.id,
      summary: `"${rule.sentence}": the policies of ${table.id} run a subquery for each row, ${inside.reduce((sum, node) => sum + loopsOf(node), 0)} times`,
      why: `it names columns of the row, so that it is asked anew for each: ${textIn(first, 'Filter')}`,
      fix: `Let the policy's subquery name no column of ${table.id}, so that it is asked once for the statement: exists (select … where m.team_id = ${table.name}.team_id and …) becomes team_id in (select m.team_id … where …).`,
      ...place(rule),
    },
  ]
}

export const policyFindings = async (run: RunPlan, ground: PlanGround): Promise<readonly Finding[]> => [
  ...(await notLeakproof(run, ground)),
  ...(run.asOwner === null ? [] : await policyPerRow(run, ground)),
  ...policySubquery(run, ground),
]
