/**
 * The database as the red rules want it: a copy of the migrated one, on which their own designs are run in the order
 * in which things stand on each other. What stands there with other content gives way; what nobody asked to change is
 * put back.
 */
import type { Architecture, DeclaredTable } from '../../architecture/architecture.ts'
import type { KeyFacts } from '../../catalog/key/key.ts'
import { kindOfStructure } from '../../catalog/kind-of.ts'
import { readCatalog } from '../../catalog/read-catalog.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import type { RuleResult } from '../../prove/result.ts'
import { designPlaceOf } from '../../rules/kinds.ts'
import { madeAnew } from '../changes/type.ts'
import { bareStatement, runTasks, type Ran, type Refused, type Task } from './run-tasks.ts'

export interface TargetWish {
  readonly architecture: Architecture
  /** Of the database that the copy was made of. */
  readonly before: Catalog
  /** Red, and with a design. */
  readonly red: readonly RuleResult[]
  /** Ids of declared objects that no rule proves and that do not exist. */
  readonly missingObjects: readonly string[]
}

export interface Target extends Ran {
  /** Structures that a design takes away for good, though rules of their own ask for them or nobody said so. */
  readonly lost: readonly string[]
}

/** Whether a rule's design makes it anew, so that what stands instead gives way first. */
const givesWay = (id: string, catalog: Catalog): boolean => {
  const found = catalog.structures.get(id)
  return found !== undefined && kindOfStructure(found).isMadeAnew === true
}

const makesType = (sql: string): boolean => /\bcreate (?:type|domain)\b/u.test(sql)

/** Whether a rule of the table makes the table itself, partitioned as it has to be from the start. */
const isMadeByRule = (table: DeclaredTable, red: readonly RuleResult[]): boolean =>
  red.some(
    (rule) =>
      rule.table === table.id &&
      rule.design.some((sql) => bareStatement(sql).startsWith(`create table ${qualified(table)} `)),
  )

const tableTasks = ({ architecture, before, red }: TargetWish): readonly Task[] => {
  const asked = new Set(red.map((rule) => rule.table))
  return architecture.tables
    .filter((table) => asked.has(table.id))
    .flatMap((table): readonly Task[] => {
      const standing = before.tables.get(table.id)
      if (!standing) {
        if (isMadeByRule(table, red)) return []
        const columns = table.columns.map(({ name, type }) => `${ident(name)} ${type}`).join(', ')
        return [{ id: table.id, statements: [`create table ${qualified(table)} (${columns})`] }]
      }
      const named = new Set(red.filter((r) => r.table === table.id).flatMap((r) => r.missing?.columns ?? []))
      return table.columns
        .filter(({ name }) => named.has(name) && !standing.columns.some((c) => c.name === name))
        .map(({ name, type }) => ({
          id: table.id,
          statements: [`alter table ${qualified(table)} add column ${ident(name)} ${type}`],
        }))
    })
}

/** The type that a rule's columns have and that it wants otherwise. */
const typeOf = (rule: RuleResult, catalog: Catalog): Structure | null =>
  rule.claims.flatMap((id) => {
    const found = catalog.structures.get(id)
    return found && ['enum', 'domain'].includes(found.kind) ? [found] : []
  })[0] ?? null

const typeTasks = (red: readonly RuleResult[], before: Catalog): readonly Task[] => {
  const seen = new Set<string>()
  return red.flatMap((rule): readonly Task[] => {
    const create = rule.design.filter(makesType)
    const type = typeOf(rule, before)
    const key = JSON.stringify(create)
    if (create.length === 0 || seen.has(key)) return []
    seen.add(key)
    if (type === null) return [{ id: rule.id, statements: create }]
    const named = type as Structure<{ schema: string; name: string }>
    const word = type.kind === 'domain' ? 'domain' : 'type'
    return [{ id: rule.id, statements: madeAnew(before, named, create, word) }]
  })
}

/** What the rule claims and makes anew, dropped; a key goes with what points to it, which is put back afterwards. */
const dropClaims = (rule: RuleResult, before: Catalog): readonly string[] =>
  rule.claims
    .filter((id) => givesWay(id, before))
    .flatMap((id) => before.structures.get(id) ?? [])
    .toReversed()
    .flatMap((structure) => kindOfStructure(structure).drop(structure as Structure<KeyFacts>, before))

const typing = / alter column (?<column>"(?:[^"]|"")+") type /u

/** A column that is made here is made with its type. */
const isMade = (rule: RuleResult, sql: string, before: Catalog): boolean => {
  const column = typing.exec(sql)?.groups?.['column']
  if (column === undefined) return false
  const standing = before.tables.get(rule.table)
  return !standing?.columns.some(({ name }) => ident(name) === column)
}

const ruleTasks = ({ red, before }: TargetWish): readonly Task[] =>
  red
    // What still waits for another is tried again.
    .toSorted((a, b) => designPlaceOf(a.kind) - designPlaceOf(b.kind))
    .map((rule) => ({
      id: rule.id,
      statements: [
        ...dropClaims(rule, before),
        ...rule.design.filter((sql) => !makesType(sql) && !isMade(rule, sql, before)),
      ],
    }))

const objectTasks = ({ architecture, missingObjects }: TargetWish): readonly Task[] =>
  (architecture.objects ?? [])
    .filter(({ structure }) => missingObjects.includes(structure))
    .map(({ structure, design }) => ({ id: structure, statements: design }))

/** Another of its name, or of its place, stands there now: it was replaced. */
const replaced: ReadonlySet<string> = new Set(['42710', '42P07', '42P16', '42723', '42701'])

/** What a design took along: made again as it was, where it still can stand. */
const putBack = async (
  db: Session,
  { before, red }: TargetWish,
  cleared: readonly string[],
): Promise<readonly Refused[]> => {
  const given = new Set([
    ...red.flatMap(({ claims }) => claims).filter((id) => givesWay(id, before)),
    ...cleared,
  ])
  const after = await readCatalog(db)
  const tasks = [...before.structures.values()]
    .filter(({ id }) => !given.has(id) && !after.structures.has(id))
    .map((structure) => ({
      id: structure.id,
      statements: kindOfStructure(structure).create(structure, before),
    }))
  if (tasks.length === 0) return []
  const { refused } = await runTasks(db, tasks, false)
  return refused.filter(({ fault }) => !replaced.has(fault.sqlstate))
}

/** What was refused, tried once more where nothing stands any more that nobody asked for; answers what went. */
const tryAgain = async (
  db: Session,
  first: Ran,
  clear: () => Promise<unknown>,
): Promise<Ran & { readonly cleared: readonly string[] }> => {
  const full = await readCatalog(db)
  await clear()
  const rest = await readCatalog(db)
  const second = await runTasks(
    db,
    first.refused.map(({ task }) => task),
  )
  return {
    refused: second.refused,
    roles: [...first.roles, ...second.roles],
    schemas: [...first.schemas, ...second.schemas],
    cleared: [...full.structures.keys()].filter((id) => !rest.structures.has(id)),
  }
}

/**
 * Makes it in a database of which nobody else knows; `db` is its owner's. `clear` takes away what no rule asks for, and
 * is asked when that may stand in the way.
 */
export const makeTarget = async (
  db: Session,
  wish: TargetWish,
  clear: (() => Promise<unknown>) | null = null,
): Promise<Target> => {
  const tasks = [
    ...objectTasks(wish),
    ...typeTasks(wish.red, wish.before),
    ...tableTasks(wish),
    ...ruleTasks(wish),
  ]
  const first = await runTasks(db, tasks)
  const isClear = first.refused.length === 0 || clear === null
  const { cleared, ...ran } = isClear ? { ...first, cleared: [] } : await tryAgain(db, first, clear)
  const lost = await putBack(db, wish, cleared)
  return { ...ran, lost: lost.map(({ task }) => task.id) }
}
