/**
 * What an SQL expression tells about the values that matter to it: its constants, patterns, lengths, JSON paths
 * and the columns that it compares. Found through PostgreSQL's own parser; nothing is judged here.
 */
import { deparseExpression, parseExpression, type ParseNode } from '../postgres/parse.ts'
import { asksGivenKeys, jsonPathsOf, leafOf, type JsonPath } from './json-paths.ts'
import type { TextPattern } from './pattern-syntax.ts'
import { boundedRanges, type Compared } from './range-bounds.ts'
import { columnOf, columnsOf, constantOf, nameList, nodeParts, underCasts, walk } from './tree.ts'
import { writtenOver } from './written-over.ts'

/** What the values of a column may hinge on. */
export interface ValueClues {
  readonly constants: readonly string[]
  /** Column-free expressions such as `now() - '18 years'::interval`. */
  readonly computed: readonly string[]
  readonly patterns: readonly TextPattern[]
  /** Numbers that a length is compared with. */
  readonly lengths: readonly number[]
  readonly paths: readonly JsonPath[]
  /** The paths are those of an array's elements. */
  readonly inElements?: boolean
  /** The members of an object are gone through, whatever their keys are. */
  readonly inMembers?: boolean
  /** Keys of a document are asked for that the call names. */
  readonly givenKeys?: boolean
  /** A length is compared with what the call hands over. */
  readonly measures?: boolean
  /** A remainder is asked about: of a run of numbers some have it. */
  readonly remainders?: boolean
  /** By attribute of a composite value: what is asked of it. */
  readonly ofFields?: readonly (readonly [field: string, clues: ValueClues])[]
  /** Values at which a comparison turns that calculates with its column: whole numbers, or column-free expressions. */
  readonly solved?: readonly string[]
}

/** One predicate without AND, OR and NOT, with the columns that it is about. */
export interface Atom extends ValueClues {
  readonly columns: readonly string[]
  /** Functions that it calls, as [schema or null, name]. */
  readonly functions: readonly (readonly [string | null, string])[]
}

/** `column <operator> sql`, where `sql` stands over other columns (or over none). */
export interface Comparison {
  readonly column: string
  readonly sql: string
  readonly columns: readonly string[]
  /** The operator is `=`. */
  readonly equality: boolean
  /** The column stands there by itself; else the comparison was solved for it. */
  readonly direct: boolean
  /** The other side is a pattern that the column is to match; absent: a value. */
  readonly syntax?: TextPattern['syntax']
  /** A value of a range: of no use for a column of another type. */
  readonly ofRange?: boolean
}

export interface ExpressionClues {
  readonly columns: readonly string[]
  readonly wholeRow: boolean
  readonly atoms: readonly Atom[]
  readonly comparisons: readonly Comparison[]
}

export const noClues: ValueClues = { constants: [], computed: [], patterns: [], lengths: [], paths: [] }

export const mergeClues = (all: readonly ValueClues[]): ValueClues => {
  const once = <T>(pick: (clues: ValueClues) => readonly T[]): T[] => {
    const seen = new Map(all.flatMap((c) => pick(c).map((v) => [JSON.stringify(v), v] as const)))
    return [...seen.values()]
  }
  return {
    constants: once((c) => c.constants),
    computed: once((c) => c.computed),
    patterns: once((c) => c.patterns),
    lengths: once((c) => c.lengths),
    paths: once((c) => c.paths),
    ...flagged({
      inElements: all.some((c) => c.inElements),
      inMembers: all.some((c) => c.inMembers),
      givenKeys: all.some((c) => c.givenKeys),
      measures: all.some((c) => c.measures),
      remainders: all.some((c) => c.remainders),
    }),
    ...(all.some((c) => c.solved) ? { solved: once((c) => c.solved ?? []) } : {}),
    ...(all.some((c) => c.ofFields) ? { ofFields: once((c) => c.ofFields ?? []) } : {}),
  }
}

/** What is asked of the attribute `name`; of all of them where none is named. */
export const cluesOfField = (clues: ValueClues, name: string): ValueClues => {
  const { ofFields, ...whole } = clues
  return ofFields ? mergeClues(ofFields.flatMap(([field, own]) => (field === name ? [own] : []))) : whole
}

const sizesIn = (constants: readonly string[]): readonly number[] =>
  constants.filter((c) => /^\d{1,7}$/u.test(c)).map(Number)

/** What a call is about: its own clues with those of the bodies; what it hands over may be keys that these ask for. */
export const cluesOfCall = (call: ValueClues, bodies: readonly ValueClues[]): ValueClues => {
  const lengths = bodies.some((b) => b.measures) ? sizesIn(call.constants) : []
  const { givenKeys: _theirs, ...all } = mergeClues([call, ...bodies, { ...noClues, lengths }])
  if (!bodies.some((b) => b.givenKeys)) return { ...all, ...flagged({ givenKeys: call.givenKeys ?? false }) }
  const keys = call.constants.filter((c) => c !== '' && !c.startsWith('{'))
  const named = keys.map((key) => ({ path: [key], values: [] }))
  return mergeClues([all, { ...noClues, paths: named }])
}

/** Those that are true alone. */
const flagged = <K extends string>(flags: Readonly<Record<K, boolean>>): Partial<Record<K, true>> =>
  Object.fromEntries(Object.entries(flags).flatMap(([name, is]) => (is ? [[name, true]] : []))) as Partial<
    Record<K, true>
  >

const lengthFunctions =
  /^(?:(?:char|character|octet|bit)_length|length|array_length|cardinality|jsonb?_array_length|array_upper|count|num_nonnulls|num_nulls)$/u
const elementFunctions = /^jsonb?_(?:array_elements(?:_text)?|to_recordset|populate_recordset)$/u
const memberFunctions = /^jsonb?_(?:each(?:_text)?|object_keys)$/u
const regexOperators = /^!?~\*?$/u
const likeOperators = /^!?~~\*?$/u
const regexFunctions = /^(?:regexp_\w+|textregex\w+|substring)$/u
/** Their value changes between calls or sessions, so it is never evidence. */
const unsteady =
  /^(?:random|nextval|currval|lastval|setval|gen_random_uuid|uuidv[47]|uuid_generate_v\d\w*|clock_timestamp|timeofday|pg_\w+|txid_\w+|current_setting)$/u

const strings = (node: unknown): string[] => {
  const found: string[] = []
  walk(node, (_kind, _body, at) => {
    const text = constantOf(at)
    if (text === null) return true
    found.push(text)
    return false
  })
  return found
}

const patternsOf = (kind: string, body: Record<string, unknown>): TextPattern[] => {
  const made = (syntax: TextPattern['syntax'], node: unknown): TextPattern[] =>
    strings(node).map((text) => ({ syntax, text }))
  if (kind === 'A_Expr') {
    const operator = nameList(body['name']).at(-1) ?? ''
    if (body['kind'] === 'AEXPR_SIMILAR') return made('similar', body['rexpr'])
    if (likeOperators.test(operator)) return made('like', body['rexpr'])
    if (regexOperators.test(operator)) return made('regex', body['rexpr'])
  }
  if (kind === 'FuncCall') {
    const name = nameList(body['funcname']).at(-1) ?? ''
    const args = body['args'] as readonly unknown[] | undefined
    if (/^similar_(?:to_)?escape$/u.test(name)) return made('similar', args?.[0])
    if (regexFunctions.test(name)) return made('regex', args?.[1])
    if (name === 'starts_with' || name === 'like') return made('like', args?.[1])
  }
  return []
}

/** A regular expression that is handed to a function. */
const isAnchored = (text: string): boolean => /^\^.+\$$/su.test(text)

/** Elements of `'{a,b}'::text[]`. */
const arrayElements = (text: string): string[] =>
  text
    .slice(1, -1)
    .split(',')
    .map((e) => e.trim().replaceAll(/^"|"$/gu, ''))
    .filter((e) => e !== '')

const isSteady = (node: unknown): boolean => {
  let steady = true
  walk(node, (kind, body) => {
    if (kind === 'ParamRef' || kind === 'SubLink') steady = false
    if (kind === 'FuncCall' && unsteady.test(nameList(body['funcname']).at(-1) ?? '')) steady = false
  })
  return steady
}

const tryDeparse = (node: unknown): string | null => {
  try {
    return deparseExpression(node as ParseNode)
  } catch {
    return null
  }
}

/** Attributes that are picked out of values, as in `(size).l`. */
const fieldsIn = (root: unknown): readonly string[] => {
  const found = new Set<string>()
  walk(root, (kind, body) => {
    if (kind === 'A_Indirection') for (const name of nameList(body['indirection'])) found.add(name)
  })
  return [...found]
}

/** The clues with what they say of the attributes that `names` lists. */
export const withFields = <C extends ValueClues>(clues: C, names: readonly string[]): C => {
  if (names.length === 0) return clues
  const { ofFields: _before, ...own }: ValueClues = clues
  return { ...clues, ofFields: names.map((name) => [name, mergeClues([own])] as const) }
}

export const atomOf = (root: unknown): Atom => {
  const constants = new Set<string>()
  const computed = new Set<string>()
  const patterns: TextPattern[] = []
  const functions: (readonly [string | null, string])[] = []
  let measured = false
  let remainders = false
  let goesThrough = false
  walk(root, (kind, body, node) => {
    patterns.push(...patternsOf(kind, body))
    remainders ||= kind === 'A_Expr' && nameList(body['name']).at(-1) === '%'
    if (kind === 'FuncCall') {
      const name = nameList(body['funcname'])
      // Its constants are the OID of a table and the numbers of partitions: never values of a column.
      if (name.at(-1) === 'satisfies_hash_partition') return false
      functions.push([name.length > 1 ? (name.at(-2) ?? null) : null, name.at(-1) ?? ''])
      measured ||= lengthFunctions.test(name.at(-1) ?? '')
      remainders ||= name.at(-1) === 'mod'
      // The elements of one leaf are a matter of its path.
      goesThrough ||=
        elementFunctions.test(name.at(-1) ?? '') && leafOf((body['args'] as readonly unknown[])[0]) === null
    }
    const text = constantOf(node)
    if (text !== null) {
      constants.add(text)
      if (isAnchored(text) && patterns.every((one) => one.text !== text))
        patterns.push({ syntax: 'regex', text })
      if (kind === 'TypeCast' && /^\{.*\}$/su.test(text))
        for (const e of arrayElements(text)) constants.add(e)
      return false
    }
    if (['A_Expr', 'FuncCall', 'SQLValueFunction', 'TypeCast', 'MinMaxExpr'].includes(kind)) {
      if (columnsOf(node).length === 0 && isSteady(node)) {
        const sql = tryDeparse(node)
        if (sql !== null) computed.add(sql)
        for (const inner of strings(node)) constants.add(inner)
        return false
      }
    }
    return true
  })
  const solved = solvedIn(root)
  const lengths = measured ? sizesIn([...constants]) : []
  const atom: Atom = {
    columns: columnsOf(root).filter((c) => c !== '*'),
    constants: [...constants],
    computed: [...computed],
    patterns,
    lengths,
    paths: jsonPathsOf(root, patterns, lengths),
    functions,
    ...flagged({
      inElements: goesThrough,
      inMembers: functions.some(([, name]) => memberFunctions.test(name)),
      givenKeys: asksGivenKeys(root),
      measures: measured && lengths.length === 0,
      remainders,
    }),
    ...(solved.length > 0 ? { solved } : {}),
  }
  return withFields(atom, fieldsIn(root))
}

/** The predicates of a boolean expression: AND, OR, NOT and CASE are looked through. */
const atomNodes = (node: unknown): unknown[] => {
  const parts = nodeParts(node)
  if (!parts) return []
  const [kind, body] = parts
  if (kind === 'BoolExpr') return (body['args'] as readonly unknown[]).flatMap(atomNodes)
  if (kind === 'BooleanTest') return atomNodes(body['arg'])
  if (kind === 'CoalesceExpr') return (body['args'] as readonly unknown[]).flatMap(atomNodes)
  if (kind === 'CaseExpr') {
    // `case a when 1` asks whether a = 1.
    const asked = body['arg']
    const branches = (body['args'] as readonly unknown[]).flatMap((branch) => {
      const when = nodeParts(branch)?.[1]
      const condition = asked === undefined ? when?.['expr'] : operation('=', asked, when?.['expr'])
      return [...atomNodes(condition), ...atomNodes(when?.['result'])]
    })
    return [...branches, ...atomNodes(body['defresult']), node]
  }
  return [node]
}

const comparisonOperators = /^(?:=|<>|!=|<|>|<=|>=)$/u

const operation = (name: string, lexpr: unknown, rexpr: unknown): ParseNode => ({
  A_Expr: { kind: 'AEXPR_OP', name: [{ String: { sval: name } }], lexpr, rexpr },
})

/** Of these the argument is near the answer. */
const rounding = /^(?:round|trunc|ceil|ceiling|floor)$/u

/** `left op right` solved for each column of a sum, difference, product or quotient on the left: `e - s <= x` gives e = x + s and s = e - x. */
const solvedFor = (left: unknown, right: unknown, depth = 0): readonly (readonly [string, unknown])[] => {
  const column = columnOf(underCasts(left))
  if (column !== null) return column === '*' ? [] : [[column, right]]
  const parts = nodeParts(underCasts(left))
  if (depth > 4 || parts === null) return []
  if (parts[0] === 'FuncCall' && rounding.test(nameList(parts[1]['funcname']).at(-1) ?? ''))
    return solvedFor((parts[1]['args'] as readonly unknown[] | undefined)?.[0], right, depth + 1)
  if (parts[0] !== 'A_Expr' || parts[1]['kind'] !== 'AEXPR_OP') return []
  const { lexpr, rexpr } = parts[1]
  if (lexpr === undefined || rexpr === undefined) return []
  const pairs: Readonly<Record<string, readonly [unknown, unknown]>> = {
    '+': [operation('-', right, rexpr), operation('-', right, lexpr)],
    '-': [operation('+', right, rexpr), operation('-', lexpr, right)],
    '*': [operation('/', right, rexpr), operation('/', right, lexpr)],
    '/': [operation('*', right, rexpr), operation('/', lexpr, right)],
  }
  const both = pairs[nameList(parts[1]['name']).at(-1) ?? '']
  return both ? [...solvedFor(lexpr, both[0], depth + 1), ...solvedFor(rexpr, both[1], depth + 1)] : []
}

/** A text, the pattern that it is to match, and the syntax of that; a start is one, too. */
const likenessOf = (
  kind: string,
  body: Record<string, unknown>,
): readonly [text: unknown, pattern: unknown, TextPattern['syntax']] | null => {
  if (kind === 'FuncCall' && nameList(body['funcname']).at(-1) === 'starts_with') {
    const [text, start] = (body['args'] ?? []) as readonly unknown[]
    return [text, start, 'like']
  }
  if (kind !== 'A_Expr') return null
  const name = nameList(body['name']).at(-1) ?? ''
  if (likeOperators.test(name) || name === '^@') return [body['lexpr'], body['rexpr'], 'like']
  return regexOperators.test(name) && body['kind'] === 'AEXPR_OP'
    ? [body['lexpr'], body['rexpr'], 'regex']
    : null
}

/** The column whose start this is, as in `left(code, length(code) - 2)`; null for everything else. */
const startedBy = (side: unknown): unknown => {
  const [kind, body] = nodeParts(underCasts(side)) ?? []
  if (kind !== 'FuncCall') return null
  const [text, from] = (body?.['args'] ?? []) as readonly unknown[]
  const name = nameList(body?.['funcname']).at(-1) ?? ''
  const isStart = name === 'left' || (/^substr(?:ing)?$/u.test(name) && wholeNumber(from) === 1n)
  return isStart && columnOf(underCasts(text)) !== null ? text : null
}

/** What whole numbers that are calculated with come to; null for everything else. */
const wholeNumber = (node: unknown): bigint | null => {
  const text = constantOf(node)
  const parts = nodeParts(underCasts(node))
  if (text !== null) return nodeParts(node)?.[0] !== 'TypeCast' && /^-?\d+$/u.test(text) ? BigInt(text) : null
  if (parts?.[0] !== 'A_Expr' || parts[1]['kind'] !== 'AEXPR_OP') return null
  const [left, right] = [wholeNumber(parts[1]['lexpr']), wholeNumber(parts[1]['rexpr'])]
  if (left === null || right === null) return null
  switch (nameList(parts[1]['name']).at(-1) ?? '') {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '/':
      return right === 0n ? null : left / right
    default:
      return null
  }
}

/** Where comparisons turn that calculate with one column and constants. */
const solvedIn = (root: unknown): readonly string[] => [
  ...new Set(comparisonsOf(root).flatMap((c) => (c.columns.length === 0 && !c.direct ? [c.sql] : []))),
]

/** What a comparison stands beside: the members of `in (…)` and of `= any (array[…])`, else the one value. */
const membersOf = (side: unknown): readonly unknown[] => {
  const [kind, body] = nodeParts(underCasts(side)) ?? []
  if (kind === 'List') return (body?.['items'] ?? []) as readonly unknown[]
  if (kind === 'A_ArrayExpr') return (body?.['elements'] ?? []) as readonly unknown[]
  return side === undefined ? [] : [side]
}

const rangesIn = (compared: readonly Compared[]): readonly Comparison[] =>
  boundedRanges(compared).flatMap(({ column, value, columns, equality }) => {
    const sql = columns.includes('*') ? null : tryDeparse(value)
    return sql === null ? [] : [{ column, sql, columns, equality, direct: true, ofRange: true }]
  })

const comparisonsOf = (root: unknown): Comparison[] => {
  const found: Comparison[] = []
  const compared: Compared[] = []
  const add = (left: unknown, right: unknown, equality: boolean, syntax?: TextPattern['syntax']): void => {
    const bare = columnOf(underCasts(left)) !== null
    const over = syntax === undefined ? writtenOver(left, right) : null
    if (over && columnsOf(right).some((name) => name !== over.column)) {
      const sql = tryDeparse(over.value)
      const columns = [...new Set([over.column, ...columnsOf(right)])]
      if (sql !== null && !columns.includes('*') && isSteady(right))
        found.push({ column: over.column, sql, columns, equality, direct: true })
    }
    for (const [column, side] of solvedFor(left, right)) {
      const columns = columnsOf(side)
      if (columns.includes(column) || columns.includes('*') || !isSteady(side)) continue
      // A constant beside a bare column is among the constants anyway.
      if (bare && columns.length === 0) continue
      const sql = wholeNumber(side)?.toString() ?? tryDeparse(side)
      if (sql !== null)
        found.push({ column, sql, columns, equality, direct: bare, ...(syntax && { syntax }) })
    }
  }
  walk(root, (kind, body) => {
    const [column, pattern, syntax] = likenessOf(kind, body) ?? []
    if (syntax && columnOf(underCasts(column)) !== null) add(column, pattern, false, syntax)
    if (kind !== 'A_Expr') return
    const between = /^AEXPR_(?:NOT_)?BETWEEN/u.test(String(body['kind']))
    if (!between && !comparisonOperators.test(nameList(body['name']).at(-1) ?? '')) return
    const sides = membersOf(body['rexpr'])
    const equality = body['kind'] === 'AEXPR_OP' && nameList(body['name']).at(-1) === '='
    for (const side of sides) {
      for (const [left, right] of [
        [body['lexpr'], side],
        [side, body['lexpr']],
      ]) {
        add(left, right, equality)
        const whole = equality ? startedBy(left) : null
        if (whole !== null) add(whole, right, false, 'like')
        if (isSteady(right)) compared.push({ left, right, equality })
      }
    }
  })
  return [...found, ...rangesIn(compared)]
}

/** What a tree tells, for bodies of functions too. */
export const cluesOfTree = (node: unknown): ExpressionClues => {
  const columns = columnsOf(node)
  return {
    columns: columns.filter((c) => c !== '*'),
    wholeRow: columns.includes('*'),
    atoms: atomNodes(node).map(atomOf),
    comparisons: comparisonsOf(node),
  }
}

const known = new Map<string, ExpressionClues | null>()

/** What an expression tells; null when PostgreSQL's parser refuses it. Call `loadParser` before. */
export const cluesOfExpression = (sql: string): ExpressionClues | null => {
  const before = known.get(sql)
  if (before !== undefined) return before
  if (known.size > 20_000) known.clear()
  let clues: ExpressionClues | null
  try {
    clues = cluesOfTree(parseExpression(sql))
  } catch {
    clues = null
  }
  known.set(sql, clues)
  return clues
}
