/** A statement as it is declared: `sql(…)` with named parameters, their types and the columns that come back. */
import type { QueryForm, QueryParameter, QueryRule } from '../../architecture/kinds/query.ts'
import { parameterTypes } from '../../postgres/prepared.ts'
import { deparseStatement, parseStatements, type ParseNode } from '../../postgres/parse.ts'
import type { Session } from '../../postgres/session.ts'
import { nodeParts } from '../../rows/tree.ts'
import { withValues } from '../../rules/query/text.ts'

export interface Declared {
  /** With `$1`, `$2`, … */
  readonly sql: string
  /** What stands there. */
  readonly parameters: readonly QueryParameter[]
  /** Calls that are named, each with a text for each parameter. */
  readonly calls?: readonly Readonly<Record<string, string>>[]
}

const quoted = (text: string): string =>
  `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`
const template = (text: string): string => `\`${text.replaceAll(/[\\`]|\$\{/gu, (found) => `\\${found}`)}\``
const keyText = (name: string): string => (/^[A-Za-z_$][\w$]*$/u.test(name) ? name : quoted(name))

const fields = (entries: Iterable<readonly [string, string]>): string => {
  const parts = [...entries].map(([name, value]) => `${keyText(name)}: ${quoted(value)}`)
  return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`
}

/** A word that stands in the text for a parameter, and in no SQL. */
const mark = (n: number): string => `assay_parameter_${n}_`

/** The tree with another one for each parameter. */
const replaced = (node: unknown, by: (number: number) => unknown): unknown => {
  if (Array.isArray(node)) return node.map((one) => replaced(one, by))
  if (typeof node !== 'object' || node === null) return node
  const parts = nodeParts(node)
  if (parts?.[0] === 'ParamRef') return by(Number(parts[1]['number'] ?? 0))
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, replaced(value, by)]))
}

const deparsed = (tree: ParseNode, by: (number: number) => unknown): string =>
  deparseStatement(replaced(tree, by) as ParseNode)

const literalText = (value: string | null): string =>
  value === null ? 'null' : /^\d{1,9}$/u.test(value) ? value : `'${value.replaceAll("'", "''")}'`

type Rows = readonly (readonly (string | null)[])[]

/** What the one of them answers that has such a first column, of statements that are taken back; []: one is refused. */
const askFor = async (column: string, statements: readonly string[], db: Session): Promise<Rows> => {
  const [reply] = await db.batch([['begin', ...statements].join(';\n'), 'rollback'])
  return (reply!.fault ? undefined : reply!.commands.find(({ columns }) => columns[0] === column))?.rows ?? []
}

const typesIn = async (sql: string, db: Session): Promise<readonly string[]> =>
  (await askFor('type', parameterTypes(sql), db)).map(([type]) => type ?? 'text')

const columnsIn = async (
  sql: string,
  types: readonly string[],
  db: Session,
): Promise<readonly (readonly [name: string, type: string])[]> => {
  const text = withValues(
    sql,
    types.map((type) => ({ text: null, type })),
  )
  const rows = await askFor(
    'attname',
    [
      `create temporary table assay_declared as ${text}\n with no data`,
      `select attname, pg_catalog.format_type(atttypid, atttypmod) from pg_catalog.pg_attribute
        where attrelid = 'pg_temp.assay_declared'::pg_catalog.regclass and attnum > 0 order by attnum`,
    ],
    db,
  )
  return rows.map(([name, type]) => [name!, type!])
}

/** What the statement that it takes the place of says of parameters and columns. */
export interface DeclaredBefore {
  readonly rule: QueryRule
  readonly form: QueryForm
}

/** Null: what it returns cannot be stated. Needs `loadParser()`. */
export const declaredText = async (
  { sql, parameters, calls = [] }: Declared,
  { rule, form }: DeclaredBefore,
  db: Session,
): Promise<string | null> => {
  const before = await typesIn(form.sql, db)
  const columns = await columnsIn(form.sql, before, db)
  if (columns.length === 0) return null
  const { node } = parseStatements(sql)[0]!
  const used = new Set<number>()
  const text = deparsed(node, (number) => {
    used.add(number)
    return { ColumnRef: { fields: [{ String: { sval: mark(number) } }] } }
  })
  const numbers = [...used].toSorted((a, b) => a - b)
  // Counted anew: of a number that is not there PostgreSQL knows no type.
  const own = await typesIn(
    deparsed(node, (number) => ({ ParamRef: { number: numbers.indexOf(number) + 1 } })),
    db,
  )
  // What it reads may not be there yet: then a parameter is what it was before.
  const typeAt = (number: number): string => own[numbers.indexOf(number)] ?? before[number - 1] ?? 'text'
  const at = (number: number): QueryParameter | undefined => parameters[number - 1]
  const named = template(text).replaceAll(/assay_parameter_(\d+)_/gu, (_, number: string) => {
    const parameter = at(Number(number))
    if (parameter === undefined) return `$${number}`
    return 'name' in parameter ? `:${parameter.name}` : literalText(parameter.value)
  })
  const asked = numbers.flatMap((number): (readonly [string, string])[] => {
    const parameter = at(number)
    if (parameter === undefined || !('name' in parameter)) return []
    return [[parameter.name, parameter.type ?? typeAt(number)]]
  })
  const typeOf = (name: string, type: string): string => rule.shows?.[name] ?? type
  const shown = fields(columns.map(([name, type]) => [name, typeOf(name, type)] as const))
  const statementText = `sql(${named}, ${fields(new Map(asked))}, ${shown})`
  return calls.length === 0
    ? statementText
    : `${statementText}, { with: [${calls.map((one) => fields(Object.entries(one))).join(', ')}] }`
}
