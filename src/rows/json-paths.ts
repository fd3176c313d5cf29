/** The places inside a JSON column that an expression looks at, with the values it compares them with. */
import { placesOfJsonPath } from './json-path-text.ts'
import type { TextPattern } from './pattern-syntax.ts'
import { columnOf, constantOf, nameList, nodeParts, underCasts, walk } from './tree.ts'

export interface JsonPath {
  readonly path: readonly string[]
  /** Constants of the same predicate: what the leaf may be compared with. */
  readonly values: readonly string[]
  /** Types that the predicate casts the leaf to: `int4`, `time`. */
  readonly casts?: readonly string[]
  /** Patterns that the predicate asks the leaf to match. */
  readonly patterns?: readonly TextPattern[]
  /** Numbers that the length of the leaf is compared with. */
  readonly lengths?: readonly number[]
  /** The leaf is an array: its elements are gone through or counted. */
  readonly isArray?: boolean
}

/** `{a,b}` is a, b; another text is one key. */
export const pathText = (text: string): string[] =>
  text.startsWith('{')
    ? text
        .slice(1, -1)
        .split(',')
        .map((part) => part.trim().replaceAll(/^"|"$/gu, ''))
        .filter((part) => part !== '')
    : [text]

/** The path of an access chain (`col -> 'a' ->> 'b'`, `col #>> '{a,b}'`, `col['a']`), outermost key last. */
const chainOf = (node: unknown): string[] | null => {
  const parts = nodeParts(underCasts(node))
  if (!parts) return null
  const [kind, body] = parts
  if (kind === 'ColumnRef') return columnOf(underCasts(node)) === null ? null : []
  if (kind === 'A_Indirection') {
    const inner = chainOf(body['arg'])
    const keys = (body['indirection'] as readonly unknown[]).map((i) => constantOf(nodeParts(i)?.[1]['uidx']))
    return inner && keys.every((k) => k !== null) ? [...inner, ...keys] : null
  }
  if (kind === 'A_Expr' && /^#?->?>?$|^#>>?$|^->>?$/u.test(nameList(body['name']).at(-1) ?? '')) {
    const inner = chainOf(body['lexpr'])
    const key = constantOf(body['rexpr'])
    if (inner === null || key === null) return null
    return [...inner, ...pathText(key)]
  }
  if (kind === 'FuncCall' && /^jsonb?_extract_path/u.test(nameList(body['funcname']).at(-1) ?? '')) {
    const [target, ...keys] = body['args'] as readonly unknown[]
    const inner = chainOf(target)
    const texts = keys.map(constantOf)
    return inner && texts.every((t) => t !== null) ? [...inner, ...texts] : null
  }
  return null
}

/** The column that an access chain starts from. */
const startOf = (node: unknown): string | null => {
  const [kind, body] = nodeParts(underCasts(node)) ?? []
  if (kind === 'ColumnRef') return columnOf(underCasts(node))
  const inner = body?.['lexpr'] ?? body?.['arg'] ?? (body?.['args'] as readonly unknown[] | undefined)?.[0]
  return inner === undefined ? null : startOf(inner)
}

/** The column and the path of `doc -> 'a' ->> 'b'`; null for everything else. */
export const leafOf = (
  node: unknown,
): { readonly column: string; readonly path: readonly string[] } | null => {
  const path = chainOf(node)
  const column = path && path.length > 0 ? startOf(node) : null
  return path === null || column === null || column === '*' ? null : { column, path }
}

const keyOperators = /^(?:->>?|#>>?|\?[|&]?)$/u

/** `doc ? wanted`, `doc ->> wanted`: which key is asked for is said by whoever calls. */
export const asksGivenKeys = (root: unknown): boolean => {
  let found = false
  walk(root, (kind, body) => {
    if (kind !== 'A_Expr' || !keyOperators.test(nameList(body['name']).at(-1) ?? '')) return
    found ||= chainOf(body['lexpr']) !== null && columnOf(underCasts(body['rexpr'])) !== null
  })
  return found
}

const arrayFunctions = /^jsonb?_array_(?:elements(?:_text)?|length)$/u
const measuring = /^(?:(?:char|character|octet)_length|length|jsonb?_array_length)$/u

/** `int4` of `(doc ->> 'n')::int`; what casts a text to text says nothing. */
const castOf = (body: Record<string, unknown>): string | null => {
  const names = (body['typeName'] as { readonly names?: unknown } | undefined)?.names
  const name = nameList(names).at(-1) ?? null
  return name === 'text' || name === 'varchar' || name === 'jsonb' || name === 'json' ? null : name
}

/** Every path that the predicate follows; its other constants are offered as values of each. */
export const jsonPathsOf = (
  root: unknown,
  patterns: readonly TextPattern[] = [],
  lengths: readonly number[] = [],
): JsonPath[] => {
  const paths: string[][] = []
  const measured = new Set<string>()
  const arrays = new Set<string>()
  const casts = new Map<string, string>()
  const keys = new Set<string>()
  const values = new Set<string>()
  const addPath = (path: string[]): void => {
    if (path.length === 0) return
    paths.push(path)
    for (const key of path) keys.add(key)
  }
  walk(root, (kind, body, node) => {
    const chain = kind === 'ColumnRef' ? null : chainOf(node)
    if (chain) {
      addPath(chain)
      const cast = kind === 'TypeCast' ? castOf(body) : null
      if (cast !== null) casts.set(JSON.stringify(chain), cast)
      return false
    }
    const operator = kind === 'A_Expr' ? (nameList(body['name']).at(-1) ?? '') : ''
    if (/^\?[|&]?$/u.test(operator)) {
      const base = chainOf(body['lexpr'])
      walk(body['rexpr'], (_kind, _body, at) => {
        const key = constantOf(at)
        if (key === null) return true
        for (const k of pathText(key)) if (base) addPath([...base, k])
        return false
      })
      return false
    }
    const name = kind === 'FuncCall' ? (nameList(body['funcname']).at(-1) ?? '') : ''
    const argument = chainOf((body['args'] as readonly unknown[] | undefined)?.[0])
    if (argument && measuring.test(name)) measured.add(JSON.stringify(argument))
    if (argument && arrayFunctions.test(name)) arrays.add(JSON.stringify(argument))
    if (name.startsWith('jsonb_path_') || operator === '@?' || operator === '@@') {
      walk(node, (_kind, _body, at) => {
        const text = constantOf(at)
        if (text === null) return true
        const places = placesOfJsonPath(text)
        for (const path of places.paths) addPath([...path])
        for (const value of places.values) values.add(value)
        return false
      })
      return false
    }
    const text = constantOf(node)
    if (text === null) return true
    values.add(text)
    return false
  })
  const seen = new Map(paths.map((path) => [JSON.stringify(path), path]))
  return [...seen].map(([key, path]) => {
    const cast = casts.get(key)
    return {
      path,
      values: [...values],
      ...(cast === undefined ? {} : { casts: [cast] }),
      ...(patterns.length === 0 ? {} : { patterns }),
      ...(measured.has(key) && lengths.length > 0 ? { lengths } : {}),
      ...(arrays.has(key) ? { isArray: true } : {}),
    }
  })
}
