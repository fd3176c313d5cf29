/** Turns what dependents-sql.ts read into the nodes of the graph: each object with the DDL that takes it away and makes it again. */
import { relationId } from '../ground/names.ts'
import { ident, qualified } from '../postgres/quote.ts'
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
  type Acl,
  type ConstraintFacts,
  type FiringFacts,
  type FunctionFacts,
  type IndexFacts,
  type PolicyFacts,
  type Statements,
} from './dependent-ddl.ts'
import type { Dependent, DependencyKey, DependentKind } from './dependency.ts'
import type { Column, Table } from './table.ts'

interface RelationRow {
  readonly oid: number
  readonly rowType: number
  readonly schema: string
  readonly name: string
  readonly kind: 'r' | 'p' | 'f' | 'v' | 'm'
  readonly owner: string
  readonly definition: string | null
  readonly options: readonly string[] | null
  readonly populated: boolean
  readonly comment: string | null
  readonly rule: number | null
  readonly acl: Acl
}

interface OnRelation {
  readonly oid: number
  readonly relation: number
  readonly name: string
}

interface ColumnExtras {
  readonly relation: number
  readonly position: number
  readonly name: string
  readonly comment: string | null
  readonly default: string | null
  readonly acl: Acl
}

interface ConstraintRow extends OnRelation, ConstraintFacts {
  readonly name: string
  readonly type: 'c' | 'u' | 'p' | 'x' | 'f'
  readonly index: number
  readonly target: number
  readonly columns: readonly string[] | null
  readonly targetColumns: readonly string[] | null
  /** WITHOUT OVERLAPS, or a foreign key with PERIOD (PostgreSQL 18). */
  readonly period: boolean
}

export interface DependencyRows {
  readonly relations: readonly RelationRow[]
  readonly columnExtras: readonly ColumnExtras[]
  readonly constraints: readonly ConstraintRow[]
  readonly indexes: readonly (OnRelation &
    IndexFacts & { readonly schema: string; readonly typeBound: boolean })[]
  readonly policies: readonly (OnRelation & PolicyFacts)[]
  readonly triggers: readonly (OnRelation & FiringFacts)[]
  readonly rules: readonly (OnRelation & FiringFacts)[]
  readonly functions: readonly (FunctionFacts & { readonly oid: number })[]
  readonly statistics: readonly (OnRelation & {
    readonly schema: string
    readonly definition: string
    readonly comment: string | null
  })[]
  readonly defaults: readonly {
    readonly oid: number
    readonly relation: number
    readonly position: number
    readonly expression: string
  }[]
  readonly publications: readonly (OnRelation & {
    readonly predicate: string | null
    readonly columns: readonly string[] | null
  })[]
  /** Whom ALTER DEFAULT PRIVILEGES gives rights to on new tables and functions. */
  readonly tableGrantees: readonly (string | null)[]
  readonly functionGrantees: readonly (string | null)[]
}

export type DependentNode = Omit<Dependent, 'on'>

export interface DependencyNodes {
  readonly nodes: ReadonlyMap<DependencyKey, DependentNode>
  /** `pg_class/16401` → the key of what that catalog row belongs to. */
  readonly keys: ReadonlyMap<string, DependencyKey>
}

const constraintKinds: Readonly<Record<ConstraintRow['type'], DependentKind>> = {
  c: 'check',
  u: 'unique',
  p: 'primary key',
  x: 'exclusion',
  f: 'foreign key',
}

/** A generated column that has to be dropped and added again, with what it carries itself. */
const readdedColumn = (
  relation: string,
  column: Column,
  extras: readonly string[],
): Statements & { readonly plain: readonly string[] } => {
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

export const dependencyNodes = (
  rows: DependencyRows,
  tables: ReadonlyMap<string, Table>,
  major: number,
): DependencyNodes => {
  const nodes = new Map<DependencyKey, DependentNode>()
  const keys = new Map<string, DependencyKey>()
  const relations = new Map(
    rows.relations.map((r) => [r.oid, { ...r, id: relationId(r), sql: qualified(r) }]),
  )

  const add = (node: DependentNode, ...catalogRows: readonly string[]): void => {
    nodes.set(node.key, node)
    for (const row of catalogRows) keys.set(row, node.key)
  }
  const addOnRelation = (
    kind: DependentKind,
    row: OnRelation,
    ddl: (relation: string) => Statements,
    catalogRows: readonly string[],
    facts: Partial<Pick<DependentNode, 'typeBound' | 'references'>> = {},
  ): void => {
    const relation = relations.get(row.relation)
    if (!relation) return
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
    add(node, ...catalogRows)
  }

  for (const r of relations.values()) {
    const isView = r.kind === 'v' || r.kind === 'm'
    const key = `${isView ? 'view' : 'table'}:${r.oid}`
    keys.set(`pg_class/${r.oid}`, key)
    keys.set(`pg_type/${r.rowType}`, key)
    if (!isView) continue
    const materialized = r.kind === 'm'
    const columns = rows.columnExtras.filter((x) => x.relation === r.oid)
    const facts = { ...r, materialized, definition: r.definition ?? '', columns }
    const kind = materialized ? 'materialized view' : 'view'
    const ddl = viewDdl(r.sql, facts, rows.tableGrantees)
    add({ key, kind, relation: r.id, name: r.name, typeBound: true, ...ddl }, `pg_rewrite/${r.rule}`)
  }
  for (const row of rows.constraints) {
    const from = relations.get(row.relation)
    const target = relations.get(row.target)
    const references =
      row.type === 'f' && from && target
        ? {
            table: target.id,
            columns: row.targetColumns ?? [],
            from: from.id,
            fromColumns: row.columns ?? [],
            period: row.period,
          }
        : undefined
    const typeBound = row.type === 'c' || row.type === 'x' || row.period
    const catalogRows = [`pg_constraint/${row.oid}`, ...(row.type === 'f' ? [] : [`pg_class/${row.index}`])]
    const ddl = (relation: string) => constraintDdl(relation, row)
    addOnRelation(constraintKinds[row.type], row, ddl, catalogRows, {
      typeBound,
      ...(references ? { references } : {}),
    })
  }
  for (const row of rows.indexes) {
    const ddl = (relation: string) => indexDdl(relation, qualified(row), row)
    addOnRelation('index', row, ddl, [`pg_class/${row.oid}`], { typeBound: row.typeBound })
  }
  for (const row of rows.policies) {
    addOnRelation('policy', row, (relation) => policyDdl(relation, row), [`pg_policy/${row.oid}`])
  }
  for (const row of rows.triggers) {
    addOnRelation('trigger', row, (r) => firingDdl(r, 'trigger', row), [`pg_trigger/${row.oid}`])
  }
  for (const row of rows.rules) {
    addOnRelation('rule', row, (r) => firingDdl(r, 'rule', row), [`pg_rewrite/${row.oid}`])
  }
  for (const row of rows.publications) {
    addOnRelation('publication', row, (r) => publicationDdl(r, row), [`pg_publication_rel/${row.oid}`])
  }
  for (const row of rows.statistics) {
    const name = `statistics ${qualified(row)}`
    const ddl = { drop: [`drop ${name}`], create: [row.definition, ...commentOn(name, row.comment)] }
    addOnRelation('statistics', row, () => ddl, [`pg_statistic_ext/${row.oid}`])
  }
  for (const row of rows.functions) {
    const node = {
      key: `function:${row.oid}`,
      kind: 'function',
      relation: null,
      name: row.signature,
    } as const
    add({ ...node, typeBound: true, ...functionDdl(row, rows.functionGrantees) }, `pg_proc/${row.oid}`)
  }

  const columns: ReadonlyMap<string, { readonly table: Table; readonly column: Column }> = new Map(
    [...tables.values()].flatMap((table) =>
      table.columns.map((column) => [`${table.oid}.${column.position}`, { table, column }] as const),
    ),
  )
  const haveChecks = new Set(rows.constraints.filter((k) => k.type === 'c').map((k) => k.relation))
  for (const row of rows.defaults) {
    const at = `${row.relation}.${row.position}`
    const { table, column } = columns.get(at) ?? {}
    if (!table || !column) continue
    const relation = qualified(table)
    const on = { relation: table.id, name: column.name }
    if (column.generated === null) {
      const alter = `alter table ${relation} alter column ${ident(column.name)}`
      const ddl = { drop: [`${alter} drop default`], create: [`${alter} set default ${row.expression}`] }
      add({ key: `default:${at}`, kind: 'default', ...on, typeBound: false, ...ddl }, `pg_attrdef/${row.oid}`)
      continue
    }
    // PostgreSQL 17 changes a stored expression in place, 18 a virtual one where the table has no CHECK.
    const inPlace = column.generated === 'stored' ? major >= 17 : major >= 18 && !haveChecks.has(row.relation)
    const carried = rows.columnExtras.find((x) => x.relation === row.relation && x.position === row.position)
    const extras = [
      ...columnGrantsOn(relation, column.name, carried?.acl ?? null),
      ...commentOn(`column ${relation}.${ident(column.name)}`, carried?.comment ?? null),
    ]
    const readded = readdedColumn(relation, column, extras)
    const facts = { column: column.name, expression: row.expression, notNull: column.notNull }
    const { drop, create } = inPlace ? expressionDdl(relation, facts) : readded
    const plain = inPlace ? [] : readded.plain
    const own = { key: `column:${at}`, readded: !inPlace, extras, plain }
    const node = {
      key: `generated column:${at}`,
      kind: 'generated column',
      ...on,
      typeBound: true,
      column: own,
    } as const
    add({ ...node, drop, create }, `pg_attrdef/${row.oid}`, `pg_class/${at}`)
  }
  return { nodes, keys }
}
