/**
 * Where an observed call takes place: exactly the rows that its rule gives, laid as a session that replicates lays
 * them, so that no trigger adds to them and no parent has to stand that nobody reads.
 */
import type { CalledRule } from '../../architecture/kinds/called.ts'
import type { Table } from '../../catalog/table.ts'
import type { Family, Row, Solved } from '../../rows/rows.ts'
import { asReplica } from '../aged-row.ts'
import type { World } from '../experiment.ts'
import type { RuleContext } from '../rule-kind.ts'

interface NoStage {
  readonly unsolved: string
  readonly tried: string
}

const orders: readonly Family[] = ['a', 'b', 'c']

/** Of one catalog's rows: a call among other rows has most of them in common. */
const solved = new WeakMap<RuleContext['rows'], Map<string, Promise<Solved>>>()

const solve = (rows: RuleContext['rows'], table: Table, pins: Row, family: Family): Promise<Solved> => {
  const known = solved.get(rows) ?? new Map<string, Promise<Solved>>()
  solved.set(rows, known)
  const key = JSON.stringify([table.id, family, pins])
  const found = known.get(key) ?? rows.solve(table, { pins, family })
  known.set(key, found)
  return found
}

const lay = async (
  { rows, catalog }: Pick<RuleContext, 'rows' | 'catalog'>,
  { id, given }: Pick<CalledRule, 'id' | 'given'>,
): Promise<World | NoStage> => {
  const inserts: string[] = []
  for (const [name, wanted] of Object.entries(given)) {
    const table = catalog.tables.get(name)
    if (!table) return { unsolved: `there is no table ${name} for the rows that are given`, tried: name }
    for (const [n, pins] of wanted.entries()) {
      const found = await solve(rows, table, pins, orders[n % orders.length]!)
      if ('unsolved' in found) return found
      inserts.push(rows.insert(table, found.row))
    }
  }
  return { id, statements: inserts.length === 0 ? [] : asReplica(...inserts) }
}

/** Of one catalog's rows: calls among the same rows share their world, which is laid once for all of them. */
const known = new WeakMap<RuleContext['rows'], Map<string, Promise<World | NoStage>>>()

/** The rows that stand before the call, or why they cannot. */
export const calledWorld = (
  context: Pick<RuleContext, 'rows' | 'catalog'>,
  rule: Pick<CalledRule, 'id' | 'given'>,
): Promise<World | NoStage> => {
  const worlds = known.get(context.rows) ?? new Map<string, Promise<World | NoStage>>()
  known.set(context.rows, worlds)
  const key = JSON.stringify(rule.given)
  const found = worlds.get(key) ?? lay(context, rule)
  worlds.set(key, found)
  return found
}
