/** Random small architectures made of every rule kind, with the migration that their own designs make. */
import fc from 'fast-check'
import { architecture, domainType, enumType, table, type Rules } from 'assay'
import type { Architecture } from '../../src/architecture/architecture.ts'
import type { AnyColumn } from '../../src/architecture/column-type.ts'
import type { AnyRuleSet } from '../../src/architecture/rule-set.ts'
import type { Table } from '../../src/architecture/table.ts'
import { ident, literal, qualified } from '../../src/postgres/quote.ts'
import { kindOf } from '../../src/rules/kinds.ts'

/** What one column brings: its type, whether it is required, and rules over it alone. */
export interface ColumnPlan {
  readonly type: string
  readonly required: boolean
  readonly rule: string
}

export interface TablePlan {
  readonly columns: readonly ColumnPlan[]
  readonly composite: boolean
  readonly tenant: boolean
  readonly reference: 'none' | 'self' | 'first'
  readonly onDelete: 'no action' | 'restrict' | 'cascade' | 'set null'
  readonly onUpdate: 'no action' | 'cascade'
  readonly deferrable: 'no' | 'immediate' | 'deferred'
  readonly comment: boolean
}

/** Rules that fit a type; each name is drawn, so that a counterexample is readable. */
const rulesOf: Readonly<Record<string, readonly string[]>> = {
  integer: [
    'none',
    'check >=',
    'check between',
    'check in',
    'unique',
    'default',
    'generated',
    'index',
    'rejects',
  ],
  smallint: ['none', 'check >='],
  'numeric(8,2)': ['none', 'check >', 'default', 'unique'],
  'varchar(20)': [
    'none',
    'check pattern',
    'check length',
    'unique',
    'unique lower',
    'unique nulls',
    'index',
    'default',
  ],
  text: ['none', 'check pattern', 'unique where', 'default', 'index'],
  boolean: ['none', 'default'],
  date: ['none', 'check past', 'default'],
  timestamptz: ['none', 'default now', 'index desc'],
  jsonb: ['none', 'default', 'check object', 'index gin'],
  uuid: ['none', 'unique', 'default uuid'],
  int4range: ['none', 'excludes'],
  'integer[]': ['none', 'check length'],
  mood: ['none', 'default'],
  percentage: ['none', 'proves'],
}

const columnPlan: fc.Arbitrary<ColumnPlan> = fc
  .constantFrom(...Object.keys(rulesOf))
  .chain((type) =>
    fc.record({ type: fc.constant(type), required: fc.boolean(), rule: fc.constantFrom(...rulesOf[type]!) }),
  )

export const tablePlans: fc.Arbitrary<readonly TablePlan[]> = fc.array(
  fc.record({
    columns: fc.array(columnPlan, { minLength: 1, maxLength: 6 }),
    composite: fc.boolean(),
    tenant: fc.boolean(),
    reference: fc.constantFrom('none' as const, 'self' as const, 'first' as const),
    onDelete: fc.constantFrom(
      'no action' as const,
      'restrict' as const,
      'cascade' as const,
      'set null' as const,
    ),
    onUpdate: fc.constantFrom('no action' as const, 'cascade' as const),
    deferrable: fc.constantFrom('no' as const, 'immediate' as const, 'deferred' as const),
    comment: fc.boolean(),
  }),
  { minLength: 1, maxLength: 3 },
)

const mood = enumType('mood', ['calm', 'busy', 'odd'])
const percentage = domainType('percentage', 'integer', {
  checks: { percentage_check: 'value between 0 and 100' },
})

const columnType = (type: string): AnyColumn =>
  type === 'mood' ? mood : type === 'percentage' ? percentage : (type as AnyColumn)

const defaultOf = (type: string): string => {
  if (type === 'boolean') return 'true'
  if (type === 'date') return `'2020-01-01'`
  if (type === 'jsonb') return `'{}'`
  if (type === 'mood') return `'busy'`
  return type === 'text' || type.startsWith('varchar') ? `'given'` : '7'
}

/** A key of a tenant's table starts with the tenant: one without it would tell what other tenants have. */
const ruleSets = (
  t: Rules<string>,
  table: string,
  name: string,
  { type, rule }: ColumnPlan,
  tenant: readonly string[],
): readonly AnyRuleSet[] => {
  const length = type.endsWith('[]') ? 'cardinality' : 'length'
  switch (rule) {
    case 'check >=':
      return [t.check(`${name}_low`, `${name} >= 3`)]
    case 'check >':
      return [t.check(`${name}_low`, `${name} > 0.5`)]
    case 'check between':
      return [t.check(`${name}_between`, `${name} between 2 and 20`)]
    case 'check in':
      return [t.check(`${name}_among`, `${name} in (1, 5, 9)`)]
    case 'check pattern':
      return [t.check(`${name}_format`, `${name} ~ '^[a-z]+$'`)]
    case 'check length':
      return [t.check(`${name}_length`, `${length}(${name}) between 1 and 8`)]
    case 'check past':
      return [t.check(`${name}_past`, `${name} <= current_date`)]
    case 'check object':
      return [t.check(`${name}_object`, `jsonb_typeof(${name}) = 'object'`)]
    case 'unique':
      return [t.unique(...tenant, name)]
    case 'unique lower':
      return [t.unique(...tenant, `lower(${name})`)]
    case 'unique nulls':
      return [t.unique(...tenant, name, { nullsNotDistinct: true })]
    case 'unique where':
      return [t.unique(...tenant, name, { where: `${name} <> 'none'` })]
    case 'default':
      return [t.defaults({ [name]: defaultOf(type) })]
    case 'default now':
      return [t.defaults({ [name]: 'now()' })]
    case 'default uuid':
      return [t.defaults({ [name]: 'gen_random_uuid()' })]
    case 'index':
      return [t.indexed(name)]
    case 'index desc':
      return [t.indexed(`${name} desc`)]
    case 'index gin':
      return [t.indexed(name, { using: 'gin' })]
    case 'excludes':
      return tenant.length > 0 ? [] : [t.excludes({ [name]: '&&' }, { using: 'gist' })]
    case 'rejects':
      return [
        t.check(`${name}_even`, `${name} % 2 = 0`),
        t.rejects(`an odd ${name}`, { [name]: '3' }, '23514', { by: [`check:${table}_${name}_even`] }),
        t.accepts(`an even ${name}`, { [name]: '4' }),
      ]
    default:
      return []
  }
}

interface Made {
  readonly name: string
  readonly table: Table
}

const makeTable = (plan: TablePlan, index: number, first: TablePlan | null): Made => {
  const name = `t${index}`
  const columns: Record<string, AnyColumn> = { id: 'bigint' }
  if (plan.composite) columns['part'] = 'integer'
  if (plan.tenant) columns['tenant'] = 'bigint'
  plan.columns.forEach((column, i) => {
    columns[`c${i}`] = columnType(column.type)
    if (column.rule === 'generated') columns[`g${i}`] = 'integer'
  })
  const target = plan.reference === 'self' ? plan : plan.reference === 'first' ? first : null
  if (target) {
    columns['ref_id'] = 'bigint'
    if (target.composite) columns['ref_part'] = 'integer'
  }
  const key = plan.composite ? ['part', 'id'] : ['id']
  const declared = table(name, columns as never, (t: Rules<string>) => {
    const own = plan.columns.flatMap((column, i) =>
      ruleSets(t, name, `c${i}`, column, plan.tenant ? ['tenant'] : []),
    )
    const required = plan.columns.flatMap((column, i) => (column.required ? [`c${i}`] : []))
    const generated = plan.columns.flatMap((column, i) =>
      column.rule === 'generated' ? [t.generated({ [`g${i}`]: `c${i} * 2` })] : [],
    )
    const proofs = plan.columns.flatMap((column, i) =>
      column.rule === 'proves'
        ? [
            t.proves(
              `c${i} keeps to the percentage`,
              async (db) => {
                await db.insert(name, { [`c${i}`]: '100' })
                await db.refuses(`select 101::percentage`, '23514')
              },
              { by: ['type/domain:percentage'] },
            ),
          ]
        : [],
    )
    return [
      t.identity('id'),
      t.primaryKey(...key),
      ...own,
      ...generated,
      ...proofs,
      ...(required.length > 0 ? [t.required(...required)] : []),
      ...(plan.comment ? [t.says(`table ${index}`)] : []),
      ...(plan.tenant
        ? [
            t.required('tenant'),
            t.isolatedBy('tenant'),
            t.visibleTo('app', ['select', 'insert', 'update', 'delete']),
          ]
        : []),
      ...(target
        ? [
            t.references(
              target.composite ? ['ref_part', 'ref_id'] : ['ref_id'],
              plan.reference === 'self' ? name : 't0',
              {
                onDelete: plan.onDelete,
                onUpdate: plan.onUpdate,
                ...(plan.deferrable === 'no' ? {} : { deferrable: plan.deferrable }),
              },
            ),
          ]
        : []),
    ]
  }) as unknown as Table
  return { name, table: declared }
}

/** Types and roles that the declarations name. */
const prelude = [
  `create type mood as enum ('calm', 'busy', 'odd')`,
  'create domain percentage as integer constraint percentage_check check (value between 0 and 100)',
  `do $$ begin create role app; exception when duplicate_object then null; end $$`,
]

export interface RandomArchitecture {
  readonly architecture: Architecture
  /** Statements in order. */
  readonly migration: readonly string[]
}

/** The declaration, and the DDL that every rule designs for itself on bare tables. */
export const makeRandomArchitecture = (plans: readonly TablePlan[]): RandomArchitecture => {
  // Isolation over a foreign key to another tenant's rows is a hole by design: tenants only where nothing refers.
  const safe = plans.map((p) => ({ ...p, tenant: p.tenant && plans.every((o) => o.reference === 'none') }))
  const made = safe.map((plan, i) => makeTable(plan, i, i === 0 ? null : safe[0]!))
  const declared = architecture('random', {
    tables: Object.fromEntries(made.map((m) => [m.name, m.table])) as never,
    identity: { role: 'app', settings: (who: { tenant: string }) => ({ 'app.tenant': who.tenant }) },
  }) as Architecture
  const bare = declared.tables.map(
    (t) => `create table ${qualified(t)} (${t.columns.map((c) => `${ident(c.name)} ${c.type}`).join(', ')})`,
  )
  const order = ['required', 'identity', 'primaryKey', 'unique', 'references']
  const rank = (kind: string): number => order.indexOf(kind)
  const rules = declared.tables.flatMap((t) => t.rules).toSorted((a, b) => rank(a.kind) - rank(b.kind))
  const design = rules
    .flatMap((rule) => kindOf(rule).design(rule, declared))
    .map((sql) => sql.replace(/;\s*$/u, ''))
  const used = new Set(declared.tables.flatMap((t) => t.columns.map((c) => c.type)))
  const isUsed = (sql: string): boolean =>
    (!sql.includes('mood') || used.has('mood')) && (!sql.includes('percentage') || used.has('percentage'))
  return { architecture: declared, migration: [...prelude.filter(isUsed), ...bare, ...new Set(design)] }
}

/** For messages of a failed property. */
export const describePlan = (random: RandomArchitecture): string =>
  `${random.migration.join(';\n')};\n-- ${literal(random.architecture.name)}`

/** Types between which PostgreSQL casts, so that a column can be given one for the other. */
const castable: readonly (readonly string[])[] = [
  ['integer', 'smallint', 'numeric(8,2)', 'text'],
  ['varchar(20)', 'text'],
  ['boolean', 'text'],
  ['mood', 'text'],
  ['uuid', 'text'],
]

const editedColumn = (column: ColumnPlan): fc.Arbitrary<ColumnPlan> => {
  const types = castable.find((family) => family.includes(column.type)) ?? [column.type]
  return fc.constantFrom(column.type, column.type, ...types).chain((type) =>
    fc.record({
      type: fc.constant(type),
      required: fc.boolean(),
      rule: fc.constantFrom(...(type === column.type ? [column.rule] : []), ...rulesOf[type]!),
    }),
  )
}

const editedTable = (plan: TablePlan): fc.Arbitrary<TablePlan> =>
  fc.record({
    columns: fc
      .tuple(
        ...plan.columns.map((column) =>
          fc.oneof({ weight: 2, arbitrary: fc.constant(column) }, editedColumn(column)),
        ),
      )
      .chain((columns) =>
        fc.oneof(
          fc.constant(columns),
          columnPlan.map((added) => [...columns, added]),
          fc.constant(columns.length > 1 ? columns.slice(0, -1) : columns),
        ),
      ),
    composite: fc.constant(plan.composite),
    tenant: fc.boolean(),
    reference: fc.constantFrom(plan.reference, 'none' as const, 'self' as const),
    onDelete: fc.constantFrom(plan.onDelete, 'cascade' as const, 'restrict' as const),
    onUpdate: fc.constantFrom(plan.onUpdate, 'cascade' as const),
    deferrable: fc.constantFrom(plan.deferrable, 'deferred' as const),
    comment: fc.boolean(),
  })

/** What an architecture is, and what it becomes: columns, rules and tables added, changed and gone. */
export const editedPlans: fc.Arbitrary<{
  readonly before: readonly TablePlan[]
  readonly after: readonly TablePlan[]
}> = tablePlans.chain((before) =>
  fc
    .tuple(...before.map(editedTable))
    .chain((tables) =>
      fc.oneof(
        { weight: 3, arbitrary: fc.constant(tables) },
        tablePlans.map((added) => [...tables, ...added.slice(0, 1)]),
        fc.constant(tables.length > 1 ? tables.slice(0, -1) : tables),
      ),
    )
    .map((after) => ({ before, after })),
)
