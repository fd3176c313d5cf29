/**
 * Parameters that stand inside of something: an element of an array, a part of a document, a bound of a range, a word of
 * a text. What a row has there is told as SQL over its columns, whatever type these are of: PostgreSQL sees which.
 */
import { deparseExpression, type ParseNode } from '../../postgres/parse.ts'
import { constantOf, nameList, nodeParts, underCasts, walk } from '../../rows/tree.ts'
import { elementOf, keyOf, lowerOf, pathOf, runOf, upperOf, wholeOf, wordOf } from './contained-sql.ts'

export interface Contained {
  /** 1 for `$1`. */
  readonly parameter: number
  /** `part`: the value as it stands; `word`: one that a text search finds the row by; `bound`: one end of a range. */
  readonly use: 'part' | 'word' | 'bound'
  /** What the value is taken from. */
  readonly of: unknown
  /** Its SQL. */
  readonly expression: string
}

type Node = readonly [kind: string, body: Readonly<Record<string, unknown>>] | null

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const textOf = (node: unknown): string => deparseExpression(node as ParseNode)

const parameterOf = (node: unknown): number | null => {
  const parts = nodeParts(underCasts(node))
  return parts?.[0] === 'ParamRef' ? Number(parts[1]['number'] ?? 0) : null
}

/** The only parameter anywhere in it; null: none, or several. */
const onlyParameter = (node: unknown): number | null => {
  const found = new Set<number>()
  walk(node, (kind, body) => {
    if (kind === 'ParamRef') found.add(Number(body['number'] ?? 0))
  })
  return found.size === 1 ? [...found][0]! : null
}

const hasParameter = (node: unknown): boolean => {
  let found = false
  walk(node, (kind) => {
    found ||= kind === 'ParamRef'
  })
  return found
}

const callIn = (node: unknown): { readonly name: string; readonly args: readonly unknown[] } | null => {
  const parts: Node = nodeParts(underCasts(node))
  return parts?.[0] === 'FuncCall'
    ? { name: nameList(parts[1]['funcname']).at(-1) ?? '', args: listOf(parts[1]['args']) }
    : null
}

/** `array[$1, $2]`: its items. */
const itemsOf = (node: unknown): readonly unknown[] | null => {
  const parts: Node = nodeParts(underCasts(node))
  return parts?.[0] === 'A_ArrayExpr' ? listOf(parts[1]['elements']) : null
}

/** The type that a parameter is cast to, an array's as null; '' where it is not. */
const castOf = (node: unknown): string | null => {
  const parts: Node = nodeParts(node)
  if (parts?.[0] !== 'TypeCast') return ''
  const type = parts[1]['typeName'] as Readonly<Record<string, unknown>> | undefined
  return type?.['arrayBounds'] === undefined ? (nameList(type?.['names']).at(-1) ?? '') : null
}

const wholes = /(?:range|^json|^jsonb|^hstore)$/u

/** Cast to what can only be one value of a range. */
const isOneValue = (node: unknown): boolean => {
  const type = castOf(node)
  return type !== null && type !== '' && !wholes.test(type)
}

const part = (parameter: number | null, of: unknown, expression: string): readonly Contained[] =>
  parameter === null ? [] : [{ parameter, use: 'part', of, expression }]

const bound = (parameter: number | null, of: unknown, expression: string): readonly Contained[] =>
  parameter === null ? [] : [{ parameter, use: 'bound', of, expression }]

/** `jsonb_build_object('a', $1, 'b', jsonb_build_object('c', $2))`. */
const partsOfObject = (node: unknown, of: unknown, path: readonly string[]): readonly Contained[] => {
  const call = callIn(node)
  if (call?.name === 'jsonb_build_array' || call?.name === 'to_jsonb')
    return call.args.flatMap((arg, i) =>
      part(parameterOf(arg), of, elementOf(textOf(of), call.name === 'to_jsonb' ? 0 : i, path)),
    )
  if (call?.name !== 'jsonb_build_object') return part(parameterOf(node), of, pathOf(textOf(of), path))
  return call.args.flatMap((arg, i) => {
    const key = i % 2 === 1 ? constantOf(call.args[i - 1]) : null
    return key === null ? [] : partsOfObject(arg, of, [...path, key])
  })
}

const boundsOfRange = (args: readonly unknown[], of: unknown): readonly Contained[] => [
  ...bound(parameterOf(args[0]), of, lowerOf(textOf(of))),
  ...bound(parameterOf(args[1]), of, upperOf(textOf(of))),
]

/** Values on the other side of `@>`, `<@` and `&&`. `isAll`: the row's value has to be within the parameter's. */
const withinOf = (of: unknown, value: unknown, isAll: boolean): readonly Contained[] => {
  const sql = textOf(of)
  const items = itemsOf(value)
  if (items !== null) return items.flatMap((item, i) => part(parameterOf(item), of, elementOf(sql, i)))
  const call = callIn(value)
  if (call !== null)
    return call.name.endsWith('range') ? boundsOfRange(call.args, of) : partsOfObject(value, of, [])
  const found = isAll ? `(${sql})::text` : isOneValue(value) ? lowerOf(sql) : wholeOf(sql)
  return part(parameterOf(value), of, found)
}

/** A tree with something else in place of its parameter. */
const withColumn = (tree: unknown, column: string): unknown =>
  JSON.parse(JSON.stringify(tree), (_, value: unknown) =>
    nodeParts(value)?.[0] === 'ParamRef' ? { ColumnRef: { fields: [{ String: { sval: column } }] } } : value,
  )

const searchedIn = (node: unknown): unknown => {
  const call = callIn(node)
  return call?.name === 'to_tsvector' ? call.args.at(-1) : null
}

/** A word that the row is found by, as PostgreSQL finds it. */
const wordsOf = (of: unknown, asked: unknown): readonly Contained[] => {
  const parameter = onlyParameter(asked)
  if (parameter === null || hasParameter(of)) return []
  const text = searchedIn(of)
  const expression = wordOf({
    vector: textOf(of),
    text: text === null ? null : textOf(text),
    query: (word) => textOf(withColumn(asked, word)),
  })
  return [{ parameter, use: 'word', of, expression }]
}

const keys: ReadonlySet<string> = new Set(['?', '?|', '?&'])
/** The columns of `from websearch_to_tsquery($1) q`, by the name that they are called by. */
export type CalledTables = ReadonlyMap<string, unknown>

export const calledTables = (tree: unknown): CalledTables => {
  const found = new Map<string, unknown>()
  walk(tree, (kind, body) => {
    if (kind !== 'RangeFunction') return
    const alias = body['alias'] as { readonly aliasname?: string; readonly colnames?: unknown } | undefined
    const call = listOf(nodeParts(listOf(body['functions'])[0])?.[1]['items'])[0]
    if (alias?.aliasname === undefined || call === undefined) return
    const name = nameList(alias.colnames)[0] ?? alias.aliasname
    found.set(name, call)
    found.set(`${alias.aliasname}.${name}`, call)
  })
  return found
}

const resolved = (node: unknown, called: CalledTables): unknown => {
  const parts: Node = nodeParts(node)
  return parts?.[0] === 'ColumnRef' ? (called.get(nameList(parts[1]['fields']).join('.')) ?? node) : node
}

const ofOperator = (operator: string, left: unknown, right: unknown): readonly Contained[] => {
  const [ours, theirs] = [hasParameter(left), hasParameter(right)]
  if (ours === theirs) return []
  const [of, value] = theirs ? [left, right] : [right, left]
  if (operator === '&&') return withinOf(of, value, false)
  if (operator === '@>' || operator === '<@') return withinOf(of, value, (operator === '<@') === theirs)
  if (operator === '@@') return wordsOf(of, value)
  if (!theirs) return []
  if (operator === '^@' || operator === '~' || operator === '~*')
    return part(parameterOf(value), of, runOf(textOf(of), operator === '^@'))
  if (!keys.has(operator)) return []
  const items = itemsOf(value)
  if (items !== null) return items.flatMap((item, i) => part(parameterOf(item), of, keyOf(textOf(of), i)))
  const isList = operator !== '?'
  return part(parameterOf(value), of, keyOf(textOf(of), 0, isList))
}

const ofExpression = (
  body: Readonly<Record<string, unknown>>,
  called: CalledTables,
): readonly Contained[] => {
  const operator = nameList(body['name']).at(-1) ?? ''
  const [left, right] = [resolved(body['lexpr'], called), resolved(body['rexpr'], called)]
  switch (body['kind']) {
    case 'AEXPR_OP':
      return ofOperator(operator, left, right)
    case 'AEXPR_OP_ANY': {
      if (operator !== '=') return []
      if (parameterOf(left) !== null && !hasParameter(right))
        return part(parameterOf(left), right, elementOf(textOf(right), 0))
      return hasParameter(left)
        ? []
        : (itemsOf(right) ?? []).flatMap((item) => part(parameterOf(item), left, `(${textOf(left)})::text`))
    }
    case 'AEXPR_LIKE':
    case 'AEXPR_ILIKE':
      // Whatever stands around it, the text is like itself.
      return hasParameter(left) || parameterOf(right) !== null
        ? []
        : part(onlyParameter(right), left, `(${textOf(left)})::text`)
    default:
      return []
  }
}

/** What the parameters of one node of a parse tree are inside of. Needs `loadParser()`. */
export const containedIn = (
  kind: string,
  body: Readonly<Record<string, unknown>>,
  called: CalledTables,
): readonly Contained[] => {
  if (kind === 'A_Expr') return ofExpression(body, called)
  if (kind !== 'FuncCall') return []
  const name = nameList(body['funcname']).at(-1)
  const args = listOf(body['args'])
  if (name === 'starts_with' && !hasParameter(args[0]))
    return part(parameterOf(args[1]), args[0], runOf(textOf(args[0]), true))
  if (name !== 'overlaps' || args.length !== 4) return []
  const [own, asked] = hasParameter(args[0])
    ? [args.slice(2), args.slice(0, 2)]
    : [args.slice(0, 2), args.slice(2)]
  return own.some(hasParameter)
    ? []
    : asked.flatMap((one, i) => bound(parameterOf(one), own[i], `(${textOf(own[i])})::text`))
}
