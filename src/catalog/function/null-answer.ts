/** Whether a function of one SQL expression answers null whenever an argument is null: then being strict changes nothing. */
import { parseStatements, type ParseNode } from '../../postgres/parse.ts'
import { isNullWhere } from '../expression/null-verdict.ts'
import { columnName, fieldsOf, listOf } from '../expression/tree.ts'

export interface NullAnswerFacts {
  readonly language: string
  readonly statement: string
  readonly body: string | null
  readonly returnsSet: boolean
}

const functionOf = (statement: string): Record<string, unknown> | undefined =>
  fieldsOf(parseStatements(statement)[0]?.node, 'CreateFunctionStmt')

const given = new Set<unknown>(['FUNC_PARAM_IN', 'FUNC_PARAM_DEFAULT'])

/** The names of its arguments, '' where they have none; null where there are others than plain ones. */
const namesOf = (made: Record<string, unknown>): readonly string[] | null => {
  const all = listOf(made['parameters']).map((one) => fieldsOf(one, 'FunctionParameter'))
  if (!all.every((one) => given.has(one?.['mode']))) return null
  return all.map((one) => (typeof one?.['name'] === 'string' ? one['name'] : ''))
}

/** `select <expression>` or `return <expression>`, and nothing beside it. */
const expressionIn = (body: string | null, made: Record<string, unknown>): ParseNode | null => {
  if (body === null) {
    const value = fieldsOf(made['sql_body'], 'ReturnStmt')?.['returnval']
    return (value ?? null) as ParseNode | null
  }
  const [first, ...more] = parseStatements(body)
  const select = fieldsOf(first?.node, 'SelectStmt')
  const [target, ...others] = listOf(select?.['targetList'])
  const plain = new Set(['targetList', 'limitOption', 'op'])
  if (!select || more.length > 0 || others.length > 0 || !Object.keys(select).every((key) => plain.has(key)))
    return null
  return (fieldsOf(target, 'ResTarget')?.['val'] ?? null) as ParseNode | null
}

const isArgument =
  (name: string, number: number) =>
  (node: unknown): boolean =>
    fieldsOf(node, 'ParamRef')?.['number'] === number || (name !== '' && columnName(node) === name)

/** Of a function that names nothing but PostgreSQL’s own. Anything that is not understood: no. */
export const answersNullToNull = (facts: NullAnswerFacts): boolean => {
  if (facts.language !== 'sql' || facts.returnsSet) return false
  try {
    const made = functionOf(facts.statement)
    const names = made ? namesOf(made) : null
    const expression = made ? expressionIn(facts.body, made) : null
    if (!names || !expression) return false
    return names.every((name, i) => isNullWhere(expression, isArgument(name, i + 1)))
  } catch {
    return false
  }
}
