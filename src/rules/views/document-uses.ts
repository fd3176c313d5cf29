/** The XML paths that a query follows, from the column that holds the document down to the value and the type it becomes. */
import { castType, fieldsOf, listOf } from '../../catalog/expression/tree.ts'
import { functionName } from '../../catalog/query/clauses.ts'
import { wordOf, type Fields } from '../../catalog/query/tree.ts'
import { constantText, placeOfColumn, type Scope } from './query-scope.ts'

export interface DocumentStep {
  readonly namespace: string | null
  readonly name: string
  readonly isAttribute: boolean
  /** Attributes and elements that have to stand there with a value: `item[@type="x"]`. */
  readonly asks: readonly { readonly step: Omit<DocumentStep, 'asks'>; readonly value: string }[]
}

export interface DocumentUse {
  readonly schema: string
  readonly table: string
  readonly column: string
  /** From the root element on. */
  readonly steps: readonly DocumentStep[]
  /** What the value at its end is cast to: `int4`, `date`; null for text. */
  readonly type: string | null
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

export const namespacesOf = (node: unknown): ReadonlyMap<string, string> => {
  const text = constantText(node)
  if (text !== null)
    return new Map(
      [...text.matchAll(/\{\s*"?([^,"{}]*)"?\s*,\s*"?([^{}"]+?)"?\s*\}/gu)].map((m) => [
        m[1] ?? '',
        m[2] ?? '',
      ]),
    )
  const cast = fieldsOf(node, 'TypeCast')
  if (cast) return namespacesOf(cast['arg'])
  const pairs = listOf(fieldsOf(node, 'A_ArrayExpr')?.['elements']).map((one) =>
    listOf(fieldsOf(one, 'A_ArrayExpr')?.['elements']).map(constantText),
  )
  return new Map(pairs.flatMap(([name, uri]) => (name && uri ? [[name, uri] as const] : [])))
}

/** Parts between slashes that stand outside brackets and quotes. */
export const partsOf = (path: string): readonly string[] => {
  const parts: string[] = []
  let part = ''
  let depth = 0
  let quote: string | null = null
  for (const char of path) {
    if (quote !== null) quote = char === quote ? null : quote
    else if (char === '"' || char === "'") quote = char
    else if (char === '[') depth++
    else if (char === ']') depth--
    if (char === '/' && depth === 0 && quote === null) {
      parts.push(part)
      part = ''
    } else part += char
  }
  return [...parts, part].map((one) => one.trim()).filter((one) => one !== '')
}

const nameTest = /^(@|attribute::|child::|descendant::)?(?:([\w.-]+):)?([\w.*-]+)$/u

const bareStep = (
  text: string,
  namespaces: ReadonlyMap<string, string>,
): Omit<DocumentStep, 'asks'> | null => {
  const match = nameTest.exec(text)
  if (!match) return null
  const [, axis = '', prefix, name = ''] = match
  const isAttribute = axis === '@' || axis === 'attribute::'
  const uri = prefix === undefined ? null : (namespaces.get(prefix) ?? null)
  return { namespace: uri, name: name === '*' ? 'x' : name, isAttribute }
}

const stepOf = (part: string, namespaces: ReadonlyMap<string, string>): readonly DocumentStep[] => {
  const [head = ''] = part.split('[')
  const own = bareStep(head.replaceAll(/[()]/gu, '').trim(), namespaces)
  if (!own) return []
  const asks = [...part.matchAll(/\[([^[\]]*)\]/gu)].flatMap(([, inside = '']) =>
    inside.split(/\s+and\s+/u).flatMap((one) => {
      const match = /^\s*([@\w.:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|(-?[\d.]+))\s*$/u.exec(one)
      const step = match ? bareStep(match[1] ?? '', namespaces) : null
      return match && step ? [{ step, value: match[2] ?? match[3] ?? match[4] ?? '' }] : []
    }),
  )
  return [{ ...own, asks }]
}

/** Steps of a path; functions around it (`string(…)`, `count(…)`) and what selects text are left out. */
const pathSteps = (
  path: string,
  namespaces: ReadonlyMap<string, string>,
): { readonly steps: readonly DocumentStep[]; readonly isAbsolute: boolean } => {
  const bare = path
    .trim()
    .replace(/^(?:string|count|number|boolean|normalize-space|sum|not|exists)\s*(?=\()/u, '')
  const open = bare.replace(/^\(+(?=\/)/u, '')
  return {
    isAbsolute: open.startsWith('/'),
    steps: partsOf(open.replace(/\)+$/u, (all) => (open.startsWith('/') && bare !== open ? '' : all)))
      .filter((part) => !/^(?:text|node|comment)\(\)|^\.{1,2}$/u.test(part))
      .flatMap((part) => stepOf(part, namespaces)),
  }
}

const sameName = (a: DocumentStep | undefined, b: DocumentStep | undefined): boolean =>
  a !== undefined && b !== undefined && a.name === b.name && a.namespace === b.namespace

interface Origin {
  readonly place: { readonly schema: string; readonly table: string; readonly column: string }
  readonly steps: readonly DocumentStep[]
}

/** A fragment is a document of its own: its path begins with the element that it is, in what was put around it. */
const joined = (outer: readonly DocumentStep[], inner: readonly DocumentStep[]): readonly DocumentStep[] => {
  const at = inner.findIndex((step) => sameName(outer.at(-1), step))
  return outer.length > 0 && at >= 0 ? [...outer, ...inner.slice(at + 1)] : [...outer, ...inner]
}

const pathCalls: ReadonlySet<string> = new Set(['xpath', 'xpath_exists', 'xmlexists'])

const callParts = (call: Fields) => {
  const [path, document, namespaces] = listOf(call['args'])
  const text = constantText(path)
  return text === null || !document ? null : { document, ...pathSteps(text, namespacesOf(namespaces)) }
}

/** The document that an expression hands on: a column, or what a path found in one. */
const originOf = (node: unknown): Origin | null => {
  const place = placeOfColumn(node)
  if (place) return { place, steps: [] }
  if (!isObject(node)) return null
  const call = fieldsOf(node, 'FuncCall')
  if (call && pathCalls.has(functionName(call))) {
    const parts = callParts(call)
    const origin = parts ? originOf(parts.document) : null
    return parts && origin ? { ...origin, steps: joined(origin.steps, parts.steps) } : null
  }
  const operator = fieldsOf(node, 'A_Expr')
  // Text put around a fragment: `'<r>' || node || '</r>'`.
  if (operator) return originOf(operator['lexpr']) ?? originOf(operator['rexpr'])
  const [only, ...others] = call
    ? listOf(call['args'])
    : [fieldsOf(node, 'TypeCast')?.['arg'] ?? fieldsOf(node, 'A_Indirection')?.['arg']]
  return only === undefined || others.length > 0 ? null : originOf(only)
}

const texts: ReadonlySet<string> = new Set(['varchar', 'text', 'bpchar', 'name', 'xml'])

/** Every path in an expression; `type`: what is made of its value around it. */
const usesIn = (node: unknown, type: string | null): readonly DocumentUse[] => {
  if (Array.isArray(node)) return node.flatMap((item) => usesIn(item, type))
  if (!isObject(node) || 'SelectStmt' in node) return []
  const cast = fieldsOf(node, 'TypeCast')
  if (cast) {
    const own = wordOf(castType(cast))
    return usesIn(cast['arg'], type ?? (texts.has(own) ? null : own))
  }
  const call = fieldsOf(node, 'FuncCall')
  if (!call || !pathCalls.has(functionName(call)))
    return Object.values(node).flatMap((value) => usesIn(value, type))
  const origin = originOf(node)
  return origin ? [{ ...origin.place, steps: origin.steps, type }] : []
}

/** Of all selects of a query, each path once. */
export const documentUses = (
  selects: readonly { readonly fields: Fields; readonly scope: Scope }[],
): readonly DocumentUse[] => {
  const found = selects.flatMap(({ fields, scope }) =>
    [
      ...listOf(fields['targetList']).map((target) => fieldsOf(target, 'ResTarget')?.['val']),
      fields['whereClause'],
      fields['havingClause'],
      ...listOf(fields['fromClause']),
      ...listOf(fields['groupClause']),
    ].flatMap((node) => usesIn(scope.resolve(node), null)),
  )
  return [...new Map(found.map((use) => [JSON.stringify(use), use])).values()]
}
