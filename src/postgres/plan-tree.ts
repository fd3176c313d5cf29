/**
 * A plan as a tree that reads the same on another day: its nodes, relations and indexes in the order of their joins, and
 * the columns of their conditions; no costs, rows or constants. Partitions are told as their whole, each kind once.
 */
import { columnsOfCondition } from './plan-columns.ts'
import type { PlanNode } from './plan.ts'
import { nodesOf, textIn } from './plan-work.ts'

/** Name of a partition, or of a partition's index → that of its whole. */
export type Wholes = ReadonlyMap<string, string>

const conditions = [
  'Index Cond',
  'Order By',
  'Hash Cond',
  'Merge Cond',
  'Join Filter',
  'TID Cond',
  'One-Time Filter',
  'Filter',
  'Presorted Key',
  'Sort Key',
  'Group Key',
  'Cache Key',
] as const

const strategies: Readonly<Record<string, string>> = { Sorted: 'Group', Hashed: 'Hash', Mixed: 'Mixed' }

const aggregateWord = (node: PlanNode): string => {
  const mode = textIn(node, 'Partial Mode')
  const part = mode === '' || mode === 'Simple' ? '' : `${mode} `
  return `${part}${strategies[textIn(node, 'Strategy')] ?? ''}Aggregate`
}

/** As EXPLAIN writes it in text. */
const wordOf = (node: PlanNode): string => {
  const type = node['Node Type']
  const join = textIn(node, 'Join Type')
  const joined = join === '' || join === 'Inner' ? '' : ` ${join}`
  switch (type) {
    case 'Aggregate':
      return aggregateWord(node)
    case 'Nested Loop':
      return joined === '' ? type : `${type}${joined} Join`
    case 'Hash Join':
    case 'Merge Join':
      return type.replace(' Join', `${joined} Join`)
    case 'ModifyTable':
      return textIn(node, 'Operation') || type
    case 'SetOp':
      return `${textIn(node, 'Strategy') === 'Hashed' ? 'Hash' : ''}${type} ${textIn(node, 'Command')}`.trim()
    default:
      return type
  }
}

/** One line, whatever stands in a name. */
const inLine = (name: string): string =>
  name.replaceAll(/[\p{Cc}\u2028\u2029]/gu, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`)

/** Plain names as they are; others between quotes, so that it is seen where they end. */
const shown = (name: string): string =>
  /^[\p{Ll}_][\p{Ll}\p{N}_$]*$/u.test(name) ? name : `"${inLine(name).replaceAll('"', '""')}"`

/** Subplans are numbered otherwise by each major version. */
const subplanWord = (name: string): string =>
  name === ''
    ? ''
    : `${inLine(name)
        .replace(/ \(returns .*$/u, '')
        .replace(/ \d+$/u, '')}: `

const relationWords = (node: PlanNode, wholes: Wholes): string => {
  const own = (key: string): string => {
    const name = textIn(node, key)
    return wholes.get(name) ?? name
  }
  const backward = textIn(node, 'Scan Direction') === 'Backward' ? ' Backward' : ''
  const index = own('Index Name')
  const read = [own('Relation Name'), own('CTE Name'), own('Function Name')].find((name) => name !== '') ?? ''
  const alias = wholes.has(textIn(node, 'Relation Name')) ? read : textIn(node, 'Alias')
  const on = node['Node Type'] === 'Bitmap Index Scan' ? '' : read
  return [
    backward,
    index === '' ? '' : ` using ${shown(index)}`,
    on === '' ? '' : ` on ${shown(on)}${alias === '' || alias === on ? '' : ` ${shown(alias)}`}`,
  ].join('')
}

/**
 * Aliases that PostgreSQL numbers by partition are those of the whole. Where there is one alone no column needs it:
 * PostgreSQL writes it or not, as the statement was planned.
 */
const aliasesOf = (plan: PlanNode, wholes: Wholes): ReadonlyMap<string, string> => {
  const named = nodesOf(plan).flatMap((node) => {
    const alias = textIn(node, 'Alias')
    return alias === '' ? [] : [{ alias, whole: wholes.get(textIn(node, 'Relation Name')) }]
  })
  const names = new Set(named.map(({ alias, whole }) => whole ?? alias))
  const isJoined = nodesOf(plan).some((node) => textIn(node, 'Join Type') !== '')
  if (names.size === 1 && !isJoined)
    return new Map([...named.map(({ alias }) => alias), ...names].map((one) => [one, '']))
  return new Map(
    named.flatMap(({ alias, whole }) => (whole === undefined ? [] : [[alias, shown(whole)] as const])),
  )
}

const directionOf = (key: string): string => /( DESC)?( NULLS (?:FIRST|LAST))?$/u.exec(key)?.[0] ?? ''

const conditionWords = (
  node: PlanNode,
  key: (typeof conditions)[number],
  aliases: ReadonlyMap<string, string>,
): string => {
  const value = node[key]
  // A scan's own columns need no table before them.
  const own = 'Relation Name' in node ? new Map([...aliases, [textIn(node, 'Alias'), '']]) : aliases
  const columnsIn = (text: string): string => columnsOfCondition(text, own).map(inLine).join(', ')
  const words = Array.isArray(value)
    ? value.map((one) => `${columnsIn(String(one))}${directionOf(String(one))}`.trim()).join(', ')
    : typeof value === 'string'
      ? columnsIn(value)
      : ''
  return words === '' ? '' : `${key}: ${words}`
}

const linesOf = (
  node: PlanNode,
  wholes: Wholes,
  aliases: ReadonlyMap<string, string>,
  depth: number,
): readonly string[] => {
  const facts = conditions.map((key) => conditionWords(node, key, aliases)).filter((words) => words !== '')
  const word = `${node['Parallel Aware'] === true ? 'Parallel ' : ''}${wordOf(node)}`
  const line = `${'  '.repeat(depth)}${subplanWord(textIn(node, 'Subplan Name'))}${word}${relationWords(node, wholes)}${facts.length === 0 ? '' : ` (${facts.join('; ')})`}`
  const children = (node.Plans ?? []).map((child) => linesOf(child, wholes, aliases, depth + 1))
  if (!/^(?:Merge ?)?Append$/u.test(node['Node Type'])) return [line, ...children.flat()]
  // Partitions that are read alike are told once, in an order of their own: how many there are, time decides.
  const kinds = new Map(children.map((lines) => [lines.join('\n'), lines]))
  const isOfPartitions = nodesOf(node).some((one) => wholes.has(textIn(one, 'Relation Name')))
  if (!isOfPartitions) return [line, ...children.flat()]
  return [line, ...[...kinds].toSorted(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, lines]) => lines)]
}

/** One node a line, children two spaces deeper. */
export const planTree = (plan: PlanNode, wholes: Wholes): readonly string[] =>
  linesOf(plan, wholes, aliasesOf(plan, wholes), 0)
