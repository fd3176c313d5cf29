/** Reads the graph of dependency/dependency.ts in a bounded number of queries, whatever the size of the database. */
import type { Session } from '../../postgres/session.ts'
import type { Dependent, DependencyGraph, DependencyKey, DependentKind } from './dependency.ts'
import { dependencyNodes, type DependentNode } from './nodes.ts'
import type { DependencyRows } from './rows.ts'
import * as sql from './dependents-sql.ts'
import type { Table } from '../table.ts'

interface Edge {
  readonly class: string
  readonly object: number
  readonly part: number
  readonly onClass: string
  readonly onObject: number
  readonly onPart: number
}

interface Grantees {
  readonly type: 'r' | 'f'
  readonly grantees: readonly (string | null)[]
}

/** Before PostgreSQL 15 tables are published whole, which forbids nothing. */
const partsArePublishedSince = 15

const readRows = async (db: Session, major: number): Promise<DependencyRows> => {
  const ask = <K extends keyof DependencyRows>(select: string): Promise<DependencyRows[K]> =>
    db.json<DependencyRows[K][number]>(select) as Promise<DependencyRows[K]>
  const grantees = await db.json<Grantees>(sql.defaultGranteesSql)
  const granteesOf = (type: 'r' | 'f') => grantees.find((row) => row.type === type)?.grantees ?? []
  return {
    relations: await ask<'relations'>(sql.relationsSql),
    columnExtras: await ask<'columnExtras'>(sql.columnExtrasSql),
    constraints: await ask<'constraints'>(sql.constraintsSql),
    indexes: await ask<'indexes'>(sql.indexesSql),
    policies: await ask<'policies'>(sql.policiesSql),
    triggers: await ask<'triggers'>(sql.triggersSql),
    rules: await ask<'rules'>(sql.rulesSql),
    functions: await ask<'functions'>(sql.functionsSql),
    statistics: await ask<'statistics'>(sql.statisticsSql),
    defaults: await ask<'defaults'>(sql.attributeDefaultsSql),
    publications: major < partsArePublishedSince ? [] : await ask<'publications'>(sql.publicationsSql),
    tableGrantees: granteesOf('r'),
    functionGrantees: granteesOf('f'),
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Holds no oid: the same object has the same label in every clone. */
const label = (node: Pick<Dependent, 'relation' | 'kind' | 'name'>): string =>
  JSON.stringify([node.relation, node.kind, node.name])

const standsOn = (
  edges: readonly Edge[],
  nodes: ReadonlyMap<DependencyKey, DependentNode>,
  keys: ReadonlyMap<string, DependencyKey>,
): ReadonlyMap<DependencyKey, ReadonlySet<DependencyKey>> => {
  const under = new Map<DependencyKey, Set<DependencyKey>>()
  for (const edge of edges) {
    const part = edge.class === 'pg_class' && edge.part > 0 ? `.${edge.part}` : ''
    const key = keys.get(`${edge.class}/${edge.object}${part}`)
    const below = keys.get(`${edge.onClass}/${edge.onObject}`)
    const node = key === undefined ? undefined : nodes.get(key)
    if (!node || below === undefined) continue
    const on =
      below.startsWith('table:') && edge.onPart > 0 ? `column:${edge.onObject}.${edge.onPart}` : below
    if (on === node.key || on === node.column?.key) continue
    under.set(node.key, (under.get(node.key) ?? new Set()).add(on))
  }
  return under
}

/** Texts are canonical only when the search_path is empty: see readCatalog. */
export const readDependencies = async (
  db: Session,
  tables: ReadonlyMap<string, Table>,
  major: number,
): Promise<DependencyGraph> => {
  const rows = await readRows(db, major)
  const { nodes, keys } = dependencyNodes(rows, tables, major)
  const under = standsOn(await db.json<Edge>(sql.edgesSql), nodes, keys)
  const dependents = [...nodes.values()]
    .toSorted((a, b) => compare(label(a), label(b)))
    .map((node): Dependent => ({ ...node, on: [...(under.get(node.key) ?? [])].toSorted(compare) }))
  const over = new Map<DependencyKey, Dependent[]>()
  for (const dependent of dependents) {
    for (const on of dependent.on) over.set(on, [...(over.get(on) ?? []), dependent])
  }
  const byKey = new Map(dependents.map((d) => [d.key, d]))
  const byLabel = new Map(dependents.map((d) => [label(d), d]))
  return {
    get: (key) => byKey.get(key),
    on: (key) => over.get(key) ?? [],
    find: (relation: string, kind: DependentKind, name: string) =>
      byLabel.get(label({ relation, kind, name })),
    tableGrantees: rows.tableGrantees,
  }
}
