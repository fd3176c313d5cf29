/** The values of a call, read off its statement beside the one with parameters: a tree in place of each number. */
import { deparseStatement, parseStatements } from '../../../postgres/parse.ts'
import { nodeParts } from '../../../rows/tree.ts'

type Values = Map<number, unknown>

const isPlace = (key: string): boolean => /location|_len$/u.test(key)

const match = (form: unknown, call: unknown, values: Values): boolean => {
  const parts = nodeParts(form)
  if (parts?.[0] === 'ParamRef') {
    values.set(Number(parts[1]['number'] ?? 0), call)
    return true
  }
  if (Array.isArray(form))
    return (
      Array.isArray(call) &&
      form.length === call.length &&
      form.every((one, at) => match(one, call[at], values))
    )
  if (typeof form !== 'object' || form === null) return form === call
  if (typeof call !== 'object' || call === null || Array.isArray(call)) return false
  const keys = (value: object): readonly string[] => Object.keys(value).filter((key) => !isPlace(key))
  const [own, other] = [keys(form), keys(call)]
  const [a, b] = [form as Record<string, unknown>, call as Record<string, unknown>]
  return own.length === other.length && own.every((key) => key in b && match(a[key], b[key], values))
}

const filled = (node: unknown, values: Values): unknown => {
  if (Array.isArray(node)) return node.map((one) => filled(one, values))
  if (typeof node !== 'object' || node === null) return node
  const parts = nodeParts(node)
  if (parts?.[0] === 'ParamRef') return values.get(Number(parts[1]['number'] ?? 0)) ?? node
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, filled(value, values)]))
}

const constantOf = (node: unknown): string | null => {
  const parts = nodeParts(node)
  if (parts?.[0] === 'TypeCast') return constantOf(parts[1]['arg'])
  if (parts?.[0] !== 'A_Const') return null
  const { sval, ival } = parts[1] as { sval?: { sval?: string }; ival?: { ival?: number } }
  return sval?.sval ?? (ival === undefined ? null : String(ival.ival ?? 0))
}

/** The values that `call` gives the parameters of `form`, by number, as texts; those that are more than a constant are left out. */
export const valuesIn = (form: string, call: string): ReadonlyMap<number, string> => {
  const values: Values = new Map()
  const [a, b] = [parseStatements(form), parseStatements(call)]
  if (a.length !== 1 || b.length !== 1 || !match(a[0]!.node, b[0]!.node, values)) return new Map()
  return new Map(
    [...values].flatMap(([number, node]): (readonly [number, string])[] => {
      const text = constantOf(node)
      return text === null ? [] : [[number, text]]
    }),
  )
}

/** `rewritten` with the values that `call` gives the parameters of `form`; null: it is no call of it. Needs `loadParser()`. */
export const withValuesOf = (form: string, call: string, rewritten: string): string | null => {
  const values: Values = new Map()
  const [a, b] = [parseStatements(form), parseStatements(call)]
  if (a.length !== 1 || b.length !== 1 || !match(a[0]!.node, b[0]!.node, values)) return null
  const [other] = parseStatements(rewritten)
  return deparseStatement(filled(other!.node, values) as Record<string, unknown>)
}
