/** Turns what dependency/dependents-sql.ts read into the nodes of the graph: each object with the DDL that takes it away and makes it again. */
import { relationId, type RelationName } from '../../ground/names.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import {
  columnGrantsOn,
  commentOn,
  constraintDdl,
  expressionDdl,
  firingDdl,
  functionDdl,
  indexDdl,
  policyDdl,
  publicationDdl,
  viewDdl,
  type Statements,
} from './dependent-ddl.ts'
import type { Dependent, DependencyKey, DependentKind } from './dependency.ts'
import type { ConstraintRow, DependencyRows, OnRelation, RelationRow } from './rows.ts'
import type { Column, Table } from '../table.ts'
import { functionId, relationObjectId } from '../uses.ts'

export type DependentNode = Omit<Dependent, 'on'>

/** A node, and the rows of PostgreSQL's catalog that stand for it, as `pg_class/16401`. */
interface FoundNode {
  readonly node: DependentNode
  readonly catalogRows: readonly string[]
}

export interface DependencyNodes {
  readonly nodes: ReadonlyMap<DependencyKey, DependentNode>
  readonly keys: ReadonlyMap<string, DependencyKey>
}

interface NamedRelation {
  /** Relation id. */
  readonly id: string
  /** Quoted and qualified. */
  readonly sql: string
}

type Relations = ReadonlyMap<number, NamedRelation>

const onRelation = (
  relations: Relations,
  kind: DependentKind,
  catalogTable: string,
  row: OnRelation,
  ddl: (relation: string) => Statements,
  facts: Partial<Pick<DependentNode, 'typeBound' | 'references'>> = {},
): readonly FoundNode[] => {
  const relation = relations.get(row.relation)
  if (!relation) return []
  const key = `${kind}:${row.oid}`
  const node = {
    key,
    kind,
    relation: relation.id,
    name: row.name,
    typeBound: true,
    ...ddl(relation.sql),
    ...facts,
  }
  return [{ node, catalogRows: [`${catalogTable}/${row.oid}`] }]
}

const isView = ({ kind }: RelationRow): boolean => kind === 'v' || kind === 'm'

const keyOf = (row: RelationRow): DependencyKey => `${isView(row) ? 'view' : 'table'}:${row.oid}`

const viewNodes = (rows: DependencyRows): readonly FoundNode[] =>
  rows.relations.filter(isView).map((row) => {
    const materialized = row.kind === 'm'
    const columns = rows.columnExtras.filter((extras) => extras.relation === row.oid)
    const facts = { ...row, materialized, definition: row.definition ?? '', columns }
    const node: DependentNode = {
      key: keyOf(row),
      kind: materialized ? 'materialized view' : 'view',
      relation: relationId(row),
      name: row.name,
      structure: relationObjectId(materialized ? 'materializedView' : 'view', row),
      typeBound: true,
      ...viewDdl(qualified(row), facts, rows.tableGrantees),
    }
    return { node, catalogRows: [`pg_rewrite/${row.rule}`] }
  })

const constraintKinds: Readonly<Record<ConstraintRow['type'], DependentKind>> = {
  c: 'check',
  u: 'unique',
  p: 'primary key',
  x: 'exclusion',
  f: 'foreign key',
}

const referencesOf = (row: ConstraintRow, relations: Relations): DependentNode['references'] => {
  const from = relations.get(row.relation)
  const target = relations.get(row.target)
  if (row.type !== 'f' || !from || !target) return undefined
  return {
    table: target.id,
    columns: row.targetColumns ?? [],
    from: from.id,
    fromColumns: row.columns ?? [],
    period: row.period,
  }
}

const constraintNodes = (rows: DependencyRows, relations: Relations): readonly FoundNode[] =>
  rows.constraints.flatMap((row) => {
    const references = referencesOf(row, relations)
    const typeBound = row.type === 'c' || row.type === 'x' || row.period
    const facts = references ? { typeBound, references } : { typeBound }
    const ddl = (relation: string) => constraintDdl(relation, row)
    const found = onRelation(relations, constraintKinds[row.type], 'pg_constraint', row, ddl, facts)
    // A foreign key notes the index of the key that it leads to, not its constraint.
    const index = row.type === 'f' ? [] : [`pg_class/${row.index}`]
    return found.map(({ node, catalogRows }) => ({ node, catalogRows: [...catalogRows, ...index] }))
  })

const statisticsDdl = (
  row: RelationName & { readonly definition: string; readonly comment: string | null },
) => {
  const name = `statistics ${qualified(row)}`
  return { drop: [`drop ${name}`], create: [row.definition, ...commentOn(name, row.comment)] }
}

const relationNodes = (rows: DependencyRows, relations: Relations): readonly FoundNode[] => [
  ...rows.indexes.flatMap((row) => {
    const ddl = (relation: string) => indexDdl(relation, qualified(row), row)
    return onRelation(relations, 'index', 'pg_class', row, ddl, { typeBound: row.typeBound })
  }),
  ...rows.policies.flatMap((row) =>
    onRelation(relations, 'policy', 'pg_policy', row, (relation) => policyDdl(relation, row)),
  ),
  ...rows.triggers.flatMap((row) =>
    onRelation(relations, 'trigger', 'pg_trigger', row, (relation) => firingDdl(relation, 'trigger', row)),
  ),
  ...rows.rules.flatMap((row) =>
    onRelation(relations, 'rule', 'pg_rewrite', row, (relation) => firingDdl(relation, 'rule', row)),
  ),
  ...rows.publications.flatMap((row) =>
    onRelation(relations, 'publication', 'pg_publication_rel', row, (relation) =>
      publicationDdl(relation, row),
    ),
  ),
  ...rows.statistics.flatMap((row) =>
    onRelation(relations, 'statistics', 'pg_statistic_ext', row, () => statisticsDdl(row)),
  ),
]

const functionNodes = (rows: DependencyRows): readonly FoundNode[] =>
  rows.functions.map((row) => {
    const node: DependentNode = {
      key: `function:${row.oid}`,
      kind: 'function',
      relation: null,
      name: row.signature,
      structure: functionId(row, row.arguments),
      typeBound: true,
      ...functionDdl(row, rows.functionGrantees),
    }
    return { node, catalogRows: [`pg_proc/${row.oid}`] }
  })

/** A generated column that has to be dropped and added again, with what it carries itself. */
const readdedColumn = (relation: string, column: Column, extras: readonly string[]) => {
  const name = ident(column.name)
  const collation = column.collation === null ? '' : ` collate ${column.collation}`
  const generation = `generated always as (${column.default}) ${column.generated}`
  const notNull = column.notNull && column.typeKind !== 'domain' ? ' not null' : ''
  const add = `alter table ${relation} add column ${name} ${column.type}${collation}`
  return {
    drop: [`alter table ${relation} drop column ${name}`],
    create: [`${add} ${generation}${notNull}`, ...extras],
    plain: [add, ...extras],
  }
}

const generatedNode = (
  rows: DependencyRows,
  table: Table,
  column: Column,
  expression: string,
  major: number,
): DependentNode => {
  const relation = qualified(table)
  const at = `${table.oid}.${column.position}`
  const hasChecks = rows.constraints.some((k) => k.type === 'c' && k.relation === table.oid)
  // PostgreSQL 17 changes a stored expression in place, 18 a virtual one where the table has no CHECK.
  const inPlace = column.generated === 'stored' ? major >= 17 : major >= 18 && !hasChecks
  const carried = rows.columnExtras.find((x) => x.relation === table.oid && x.position === column.position)
  const extras = [
    ...columnGrantsOn(relation, column.name, carried?.acl ?? null),
    ...commentOn(`column ${relation}.${ident(column.name)}`, carried?.comment ?? null),
  ]
  const readded = readdedColumn(relation, column, extras)
  const { drop, create } = inPlace
    ? expressionDdl(relation, { column: column.name, expression, notNull: column.notNull })
    : readded
  return {
    key: `generated column:${at}`,
    kind: 'generated column',
    relation: table.id,
    name: column.name,
    typeBound: true,
    column: { key: `column:${at}`, readded: !inPlace, extras, plain: inPlace ? [] : readded.plain },
    drop,
    create,
  }
}

const defaultNode = (table: Table, column: Column, expression: string): DependentNode => {
  const alter = `alter table ${qualified(table)} alter column ${ident(column.name)}`
  return {
    key: `default:${table.oid}.${column.position}`,
    kind: 'default',
    relation: table.id,
    name: column.name,
    typeBound: false,
    drop: [`${alter} drop default`],
    create: [`${alter} set default ${expression}`],
  }
}

const attributeNodes = (
  rows: DependencyRows,
  tables: ReadonlyMap<string, Table>,
  major: number,
): readonly FoundNode[] => {
  const byOid = new Map([...tables.values()].map((table) => [table.oid, table]))
  return rows.defaults.flatMap(({ oid, relation, position, expression }): FoundNode[] => {
    const table = byOid.get(relation)
    const column = table?.columns.find((c) => c.position === position)
    if (!table || !column) return []
    const own = `pg_attrdef/${oid}`
    if (column.generated === null)
      return [{ node: defaultNode(table, column, expression), catalogRows: [own] }]
    const node = generatedNode(rows, table, column, expression, major)
    // PostgreSQL 14 notes what a generated column uses under the column itself.
    return [{ node, catalogRows: [own, `pg_class/${relation}.${position}`] }]
  })
}

export const dependencyNodes = (
  rows: DependencyRows,
  tables: ReadonlyMap<string, Table>,
  major: number,
): DependencyNodes => {
  const relations: Relations = new Map(
    rows.relations.map((row) => [row.oid, { id: relationId(row), sql: qualified(row) }]),
  )
  const found = [
    ...viewNodes(rows),
    ...constraintNodes(rows, relations),
    ...relationNodes(rows, relations),
    ...functionNodes(rows),
    ...attributeNodes(rows, tables, major),
  ]
  return {
    nodes: new Map(found.map(({ node }) => [node.key, node])),
    keys: new Map([
      ...rows.relations.flatMap((row) => [
        [`pg_class/${row.oid}`, keyOf(row)] as const,
        [`pg_type/${row.rowType}`, keyOf(row)] as const,
      ]),
      ...found.flatMap(({ node, catalogRows }) => catalogRows.map((row) => [row, node.key] as const)),
    ]),
  }
}
