/** Slips in the SQL of a declaration, found by PostgreSQL's own parser before any server is started. */
import { placesOf, type Architecture, type DeclaredTable } from '../architecture/architecture.ts'
import type { DeclaredRule, RuleSql } from '../architecture/rule.ts'
import { AssayError } from '../ground/errors.ts'
import { didYouMean } from '../ground/nearest-name.ts'
import { loadParser, parseStatements, type ParseNode } from '../postgres/parse.ts'
import { placeInFile } from './sql-place.ts'

const before = 'select ('
/** A comment at the end of the text must not swallow the bracket. */
const after = '\n)'

interface Checked {
  readonly table: Pick<DeclaredTable, 'id' | 'columns'> & { readonly name?: string }
  readonly rule: DeclaredRule
  readonly sql: RuleSql
}

const isNode = (value: unknown): value is ParseNode => typeof value === 'object' && value !== null

/** Every node of a kind under a tree, subqueries left out: their columns are of other tables. */
const findNodes = (node: unknown, kind: string): readonly ParseNode[] => {
  if (!isNode(node)) return []
  return Object.entries(node).flatMap(([name, child]) => {
    if (name === 'SubLink') return []
    const found = name === kind && isNode(child) ? [child] : []
    return [...found, ...findNodes(child, kind)]
  })
}

/** The parts of a column's name, or null when it ends in a star. */
const columnPath = (reference: ParseNode): readonly string[] | null => {
  const fields = reference['fields'] as readonly { readonly String?: { readonly sval?: string } }[]
  const names = fields.map((field) => field.String?.sval)
  return names.every((name) => name !== undefined) ? names : null
}

/** Every table has them without declaring them. */
const systemColumns = ['tableoid', 'ctid', 'xmin', 'xmax', 'cmin', 'cmax']

const fault = (
  { rule, sql }: Checked,
  code: string,
  summary: string,
  mend: string,
  position: number | null,
): AssayError => {
  const where = placeInFile(rule.at, sql.text, position)
  return new AssayError(summary, {
    code: `architecture.${code}`,
    exit: 2,
    asked: sql.text,
    mend,
    ...(where === null ? {} : { where }),
  })
}

const syntaxFault = (checked: Checked, cause: unknown): AssayError => {
  const { message = String(cause), cursorPosition } =
    (cause as { readonly sqlDetails?: { readonly message?: string; readonly cursorPosition?: number } })
      .sqlDetails ?? {}
  const { rule, sql } = checked
  const offset = sql.names === 'statement' ? 0 : before.length
  const position =
    cursorPosition === undefined || cursorPosition < offset
      ? null
      : // PostgreSQL counts letters, JavaScript their code units.
        Math.min(
          Array.from(sql.text)
            .slice(0, cursorPosition - offset)
            .join('').length,
          sql.text.length,
        )
  // At its end stands the bracket that was put there.
  const found = position === sql.text.length ? 'it ends too early' : message.replace(`${after}"`, '"')
  return fault(
    checked,
    'sql-syntax',
    `${rule.id}: its ${sql.part} is not valid SQL: ${found}.`,
    'Correct the SQL at the caret.',
    position,
  )
}

const missingColumnFaults = (checked: Checked, tree: unknown): readonly AssayError[] => {
  const { table, rule, sql } = checked
  const known =
    sql.names === 'value' ? ['value'] : sql.names === 'columns' ? table.columns.map((c) => c.name) : []
  return findNodes(tree, 'ColumnRef').flatMap((reference) => {
    const path = columnPath(reference)
    const name = path?.at(-1)
    if (path === null || name === undefined) return []
    const isOwn = path.length === 1 || path.at(-2) === table.name
    const isWholeRow = path.length === 1 && name === table.name && sql.names === 'columns'
    if (
      isOwn &&
      (known.includes(name) || isWholeRow || (sql.names === 'columns' && systemColumns.includes(name)))
    )
      return []
    const bytes = Number(reference['location'] ?? 0) - before.length
    const position = Buffer.from(sql.text, 'utf8').subarray(0, bytes).toString('utf8').length
    const [found, mend] =
      sql.names === 'nothing'
        ? [
            `names the column "${name}", but a ${sql.part} cannot look at columns`,
            "Write a value; text is quoted: 'abc'.",
          ]
        : sql.names === 'value'
          ? [`names "${name}"; a domain's check looks at VALUE only`, 'Write VALUE.']
          : [
              `names the column "${path.join('.')}", which ${table.id} does not have.${didYouMean(name, known)}`,
              `Correct the name; ${table.id} has: ${known.join(', ')}. Text is quoted: '${name}'.`,
            ]
    return [fault(checked, 'missing-column', `${rule.id}: its ${sql.part} ${found}`, mend, position)]
  })
}

/** True when the text is exactly one expression, and not one that closes the bracket and goes on. */
const isOneExpression = (statements: readonly { readonly node: ParseNode }[]): boolean => {
  const select = statements[0]?.node['SelectStmt'] as Record<string, unknown> | undefined
  if (statements.length !== 1 || select === undefined) return false
  const targets = select['targetList']
  const others = Object.keys(select).filter((key) => !['targetList', 'limitOption', 'op'].includes(key))
  return Array.isArray(targets) && targets.length === 1 && others.length === 0
}

const checkSql = (checked: Checked): readonly AssayError[] => {
  const { rule, sql } = checked
  try {
    if (sql.names === 'statement') {
      const statements = parseStatements(sql.text)
      return statements.length === 1
        ? []
        : [
            fault(
              checked,
              'sql-syntax',
              `${rule.id}: its ${sql.part} is ${statements.length} statements, not one.`,
              'Give one statement.',
              null,
            ),
          ]
    }
    const statements = parseStatements(`${before}${sql.text}${after}`)
    return isOneExpression(statements)
      ? missingColumnFaults(checked, statements[0]?.node)
      : [
          fault(
            checked,
            'sql-syntax',
            `${rule.id}: its ${sql.part} is not one SQL expression.`,
            'Give one expression.',
            null,
          ),
        ]
  } catch (cause) {
    return [syntaxFault(checked, cause)]
  }
}

/** All faults of an architecture's SQL, in order of declaration. */
export const checkExpressions = async (architecture: Architecture): Promise<readonly AssayError[]> => {
  await loadParser()
  const nowhere = { columns: [] }
  return placesOf(architecture).flatMap((place) => {
    const table = { ...nowhere, ...place }
    return place.rules.flatMap((rule) => (rule.sql ?? []).flatMap((sql) => checkSql({ table, rule, sql })))
  })
}
