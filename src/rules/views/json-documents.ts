/** JSON that the paths of a query find something in: everything once, arrays with two elements, a part left out. */
import { literal } from '../../postgres/quote.ts'
import type { JsonUse } from './json-uses.ts'
import { leafValues, nthValue, type LeafValue } from './leaf-values.ts'

type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
type Path = Pick<JsonUse, 'steps' | 'type'>

interface Way {
  readonly value: LeafValue
  /** How many elements an array has. */
  readonly elements: number
  readonly leave?: number
}

const leafOf = (type: string | null, n: number, { value }: Way): Json => {
  if (type === 'array') return []
  if (type === 'object') return {}
  const text = value(type, n)
  if (type === 'bool') return text === 'true'
  return type !== null && /^(?:int|numeric|float)/u.test(type) ? Number(text) : text
}

const isRecord = (value: Json | undefined): value is { [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What longer paths have made of it stays. */
const put = (base: Json | undefined, steps: Path['steps'], leaf: Json, way: Way, second: Json): Json => {
  const [step, ...rest] = steps
  if (step === undefined) return base !== undefined && (isRecord(base) || Array.isArray(base)) ? base : leaf
  if (typeof step === 'number') {
    const items = Array.isArray(base) ? [...base] : []
    const count = Math.max(step + 1, way.elements)
    for (let i = 0; i < count; i++) items[i] = put(items[i], rest, i === 0 ? leaf : second, way, second)
    return items
  }
  const record = isRecord(base) ? base : {}
  return { ...record, [step]: put(record[step], rest, leaf, way, second) }
}

const documentOf = (paths: readonly Path[], way: Way): Json => {
  let found: Json = {}
  for (const [n, { steps, type }] of paths.entries()) {
    if (n === way.leave) continue
    found = put(found, steps, leafOf(type, n, way), way, leafOf(type, n + paths.length, way))
  }
  return found
}

const mostLeftOut = 12

/** SQL literals, fullest first. */
export const jsonDocuments = (uses: readonly Path[], constants: readonly string[]): readonly string[] => {
  if (uses.length === 0) return []
  // Longer paths first: a path that leads on keeps what they have made.
  const paths = uses.toSorted((a, b) => b.steps.length - a.steps.length)
  const ways: readonly Way[] = [
    { value: nthValue, elements: 1 },
    { value: nthValue, elements: 2 },
    ...leafValues(constants)
      .slice(1)
      .map((value) => ({ value, elements: 1 })),
    ...paths.slice(0, mostLeftOut).map((_, leave) => ({ value: nthValue, elements: 1, leave })),
  ]
  return [...new Set(ways.map((way) => JSON.stringify(documentOf(paths, way))))].map(literal)
}
