/** Makes the Rows of a catalog: solves each table once, when it is first asked for. */
import type { Catalog } from '../catalog/structure.ts'
import type { Table } from '../catalog/table.ts'
import { loadParser } from '../postgres/parse.ts'
import type { Session } from '../postgres/session.ts'
import { distinguishRows } from './distinguish.ts'
import type { TableFacts } from './facts.ts'
import { readFunctionClues } from './function-clues.ts'
import { insertRows, unlessThere, whereRow } from './insert.ts'
import { judgeRows } from './judge.ts'
import { nameKeys } from './key-names.ts'
import { planParents } from './parents.ts'
import { readFacts } from './read-facts.ts'
import { judgeColumns } from './judge-columns.ts'
import { type RowGround, writableColumns } from './row-ground.ts'
import type { Family, Row, Rows } from './rows.ts'
import { type Solution, makeSolutions } from './solutions.ts'
import { solveRow } from './solve.ts'
import { families } from './world.ts'

const numberOf: Readonly<Record<Family, number>> = { a: 0, b: 1, c: 2 }

/**
 * `db` is a prover session on an empty clone, inside a transaction: everything is done under savepoints and rolled
 * back. `declared` gives CHECK expressions that a table is declared to have and the database may be missing.
 */
export const makeRows = async (
  db: Session,
  catalog: Catalog,
  declared: (table: Table) => readonly string[] = () => [],
): Promise<Rows> => {
  await loadParser()
  const facts = await readFacts(db, catalog, declared)
  const functions = await readFunctionClues(db, [...catalog.tables.values()])
  const ground: RowGround = {
    db,
    catalog,
    facts,
    functions,
    parents: planParents(facts),
    keyNames: nameKeys(facts),
  }
  const solutions = makeSolutions(ground)
  const factsOf = (table: Table): TableFacts => facts.get(table.id)!

  /** Base rows that there are, the wanted family's first. */
  const basesOf = (solution: Solution, family: Family): readonly Row[] => {
    const order = [numberOf[family], ...families.filter((f) => f !== numberOf[family])]
    return order.map((f) => solution.rows.get(f)).filter((row) => row !== undefined)
  }
  const candidates = new Map<string, Promise<readonly string[]>>()

  return {
    world: async (table) => {
      const { world, problem, asides } = await solutions.solve(table.id)
      return { id: table.id, statements: world, problem, ...(asides.length > 0 ? { asides } : {}) }
    },
    worldWith: async (table, wanted) => {
      const { world, rows, problem, asides } = await solutions.solve(table.id)
      const own = wanted.map((f) => rows.get(numberOf[f])).filter((row) => row !== undefined)
      const missing = wanted.filter((f) => !rows.has(numberOf[f]))
      return {
        id: `${table.id}+${wanted.join('')}`,
        ...(asides.length > 0 ? { asides } : {}),
        statements: own.length === 0 ? world : [...world, insertRows(table, own)],
        problem:
          problem ??
          (missing.length === 0
            ? null
            : `${table.id} takes no row of family ${missing.join(' and ')} beside the others`),
      }
    },
    base: async (table, family) => (await solutions.solve(table.id)).rows.get(numberOf[family]) ?? null,
    solve: async (table, wish) => {
      const solution = await solutions.solve(table.id)
      const bases = basesOf(solution, wish.family ?? 'a')
      if (bases.length === 0) {
        return {
          unsolved: `${table.id} has no row that PostgreSQL accepts`,
          tried: solution.problem ?? 'its base row',
        }
      }
      return solveRow(ground, { facts: factsOf(table), bases, keys: solution.keys }, wish)
    },
    insert: (table, row) => insertRows(table, [row]),
    unlessThere: (table) => unlessThere(factsOf(table)),
    where: (table, row, equality) => whereRow(factsOf(table), row, equality),
    candidates: (table, column, expressions = []) => {
      const key = JSON.stringify([table.id, column, expressions])
      const made =
        candidates.get(key) ??
        judgeColumns(
          ground,
          factsOf(table),
          writableColumns(table).filter((c) => c.name === column),
          { expressions },
        ).then((judged) => judged.get(column)?.possible ?? [])
      candidates.set(key, made)
      return made
    },
    distinguish: async (table, expression, others, wish = {}) => {
      const solution = await solutions.solve(table.id)
      const bases = basesOf(solution, wish.family ?? 'a')
      if (bases.length === 0) {
        return {
          rows: [],
          untold: [...others.keys()],
          stillborn: [],
          equivalent: [],
          impliedByOthers: false,
          rejectedTogether: null,
          raised: [],
          exhaustive: false,
          tried: solution.problem ?? `${table.id} has no row that PostgreSQL accepts`,
        }
      }
      const facts = factsOf(table)
      return distinguishRows(ground, {
        around: { facts: wish.anywhere ? { ...facts, partition: null } : facts, bases, keys: solution.keys },
        world: solution.world,
        expression,
        others,
        ignoreChecks: wish.ignoreChecks ?? [],
      })
    },
    judge: (table, rows, expressions) => judgeRows(ground, factsOf(table), rows, expressions),
  }
}
