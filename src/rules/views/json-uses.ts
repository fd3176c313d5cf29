/** The paths that a query follows in JSON, from the column that holds the document down to the value and the type it becomes. */
import { castType, fieldsOf, listOf } from '../../catalog/expression/tree.ts'
import { operatorName } from '../../catalog/expression/conditions.ts'
import { functionName } from '../../catalog/query/clauses.ts'
import { wordOf } from '../../catalog/query/tree.ts'
import { constantText, placeOfColumn } from './query-scope.ts'

export interface JsonUse {
  readonly schema: string
  readonly table: string
  readonly column: string
  /** Keys of objects; a number is a place in an array. */
  readonly steps: readonly (string | number)[]
  /** What the value at its end is cast to: `int4`; `array`, `object` for the kinds of JSON; null for text. */
  readonly type: string | null
}

interface Origin {
  readonly place: { readonly schema: string; readonly table: string; readonly column: string }
  readonly steps: readonly (string | number)[]
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

const numberText = (node: unknown): number | null => {
  const cast = fieldsOf(node, 'TypeCast')
  if (cast) return numberText(cast['arg'])
  const whole = fieldsOf(node, 'A_Const')?.['ival'] as { readonly ival?: number } | undefined
  return whole ? (whole.ival ?? 0) : null
}

const keyOf = (node: unknown): readonly (string | number)[] => {
  const number = numberText(node)
  if (number !== null) return [number]
  const text = constantText(node)
  return text === null ? [] : [text]
}

/** `{a,0,b}`, and ARRAY['a', 'b']. */
const keysOf = (node: unknown): readonly (string | number)[] => {
  const text = constantText(node)
  const parts =
    text === null
      ? listOf(fieldsOf(node, 'A_ArrayExpr')?.['elements']).flatMap((one) => constantText(one) ?? [])
      : text.replaceAll(/^\{|\}$/gu, '').split(',')
  return parts
    .map((part) => part.trim().replaceAll(/^"|"$/gu, ''))
    .filter((part) => part !== '')
    .map((part) => (/^\d$/u.test(part) ? Number(part) : part))
}

/** Keys of an SQL/JSON path: `$.items[*].price`. */
const pathKeys = (text: string): readonly (string | number)[] =>
  [
    ...(/\$((?:\.(?:\w+|"[^"]+"|\*)|\[[^\]]*\])*)/u.exec(text)?.[1] ?? '').matchAll(/\.(\w+|"[^"]+")|\[/gu),
  ].map(([, key]) => (key === undefined ? 0 : key.replaceAll('"', '')))

/** The value that an expression hands on: a column, or a place in one. */
const originOf = (node: unknown): Origin | null => {
  const place = placeOfColumn(node)
  if (place) return { place, steps: [] }
  if (!isObject(node)) return null
  const cast = fieldsOf(node, 'TypeCast')
  if (cast) return originOf(cast['arg'])
  const further = (from: unknown, steps: readonly (string | number)[]): Origin | null => {
    const origin = steps.length === 0 ? null : originOf(from)
    return origin ? { ...origin, steps: [...origin.steps, ...steps] } : null
  }
  const subscript = fieldsOf(node, 'A_Indirection')
  if (subscript)
    return further(
      subscript['arg'],
      listOf(subscript['indirection']).flatMap((one) => keyOf(fieldsOf(one, 'A_Indices')?.['uidx'])),
    )
  const operator = fieldsOf(node, 'A_Expr')
  if (operator) {
    const name = operatorName(operator)
    if (name === '->' || name === '->>') return further(operator['lexpr'], keyOf(operator['rexpr']))
    if (name === '#>' || name === '#>>') return further(operator['lexpr'], keysOf(operator['rexpr']))
    return null
  }
  const call = fieldsOf(node, 'FuncCall')
  if (!call) return null
  const [first, ...others] = listOf(call['args'])
  const name = functionName(call)
  if (/^jsonb?_extract_path/u.test(name)) return further(first, others.flatMap(keyOf))
  if (/^jsonb?_array_elements/u.test(name)) return further(first, [0])
  if (/^jsonb?_path_query/u.test(name)) return further(first, pathKeys(constantText(others[0]) ?? ''))
  if (/^(?:jsonb?_strip_nulls|to_jsonb?)$/u.test(name)) return originOf(first)
  return null
}

const texts: ReadonlySet<string> = new Set(['varchar', 'text', 'bpchar', 'name', 'json', 'jsonb'])
const kindsOfArguments: readonly (readonly [RegExp, string])[] = [
  [/^jsonb?_array_(?:length|elements)/u, 'array'],
  [/^jsonb?_(?:object_keys|each|to_record)/u, 'object'],
]

/** Every path in an expression; `type`: what is made of its value around it. */
export const jsonUsesIn = (node: unknown, type: string | null = null): readonly JsonUse[] => {
  if (Array.isArray(node)) return node.flatMap((item) => jsonUsesIn(item, type))
  if (!isObject(node) || 'SelectStmt' in node) return []
  const origin = originOf(node)
  if (origin) {
    if (origin.steps.length > 0) {
      const cast = fieldsOf(node, 'TypeCast')
      const own = cast ? wordOf(castType(cast)) : null
      return [
        { ...origin.place, steps: origin.steps, type: type ?? (own === null || texts.has(own) ? null : own) },
      ]
    }
    return type === null ? [] : [{ ...origin.place, steps: [], type }]
  }
  const cast = fieldsOf(node, 'TypeCast')
  if (cast) {
    const own = wordOf(castType(cast))
    return jsonUsesIn(cast['arg'], type ?? (texts.has(own) ? null : own))
  }
  const call = fieldsOf(node, 'FuncCall')
  const kind = call ? kindsOfArguments.find(([pattern]) => pattern.test(functionName(call)))?.[1] : undefined
  if (call && kind !== undefined) return listOf(call['args']).flatMap((one) => jsonUsesIn(one, kind))
  const operator = fieldsOf(node, 'A_Expr')
  if (operator && /^\?[|&]?$/u.test(operatorName(operator))) {
    const asked = originOf(operator['lexpr'])
    const keys = operatorName(operator) === '?' ? keyOf(operator['rexpr']) : keysOf(operator['rexpr'])
    return asked ? keys.map((key) => ({ ...asked.place, steps: [...asked.steps, key], type: null })) : []
  }
  return Object.values(node).flatMap((value) => jsonUsesIn(value, type))
}
