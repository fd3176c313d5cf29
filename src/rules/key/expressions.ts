/** A key part that is an expression: two different values for which PostgreSQL computes the same are one key. */
import { literal } from '../../postgres/quote.ts'
import type { Row } from '../../rows/rows.ts'
import { type Ground } from '../draft.ts'
import { evaluateRows } from '../evaluate.ts'
import { duplicateCause } from './cases.ts'
import { keyColumns, pinned, secondRow, type Key, type KeyPart } from './key.ts'
import { makeRow, type MadeRow } from '../make-row.ts'
import type { RuleContext } from '../rule-kind.ts'
import { ident } from '../../postgres/quote.ts'
import { shortened } from '../sentence.ts'

/** Variants that expressions often make equal: case, white space, a part of a second or of a unit. */
const variantsOf = (value: string, type: string): readonly string[] => {
  if (/^(?:text|character|citext|public\.citext)/u.test(type)) {
    return [
      `upper(${value})`,
      `lower(${value})`,
      `initcap(${value})`,
      `${value} || ' '`,
      `' ' || ${value}`,
      `replace(${value}, '-', '')`,
    ]
  }
  if (/^(?:timestamp|time)/u.test(type)) {
    return ['1 second', '1 minute', '1 hour'].map((step) => `${value} + interval '${step}'`)
  }
  if (/^(?:smallint|integer|bigint)/u.test(type)) return [`-(${value})`, `(${value}) + 1`]
  if (/^(?:numeric|real|double)/u.test(type)) return [`-(${value})`, `(${value}) + 0.1`, `(${value}) + 0.01`]
  return []
}

interface Pair {
  readonly one: string
  readonly other: string
}

const mostPairs = 5

/** Pairs of values of one column for which all these parts of the key are equal. */
const equalPairs = async (
  context: RuleContext,
  parts: readonly KeyPart[],
  column: string,
  row: Row,
): Promise<readonly Pair[]> => {
  const { rows, table, db } = context
  const type = table.columns.find((c) => c.name === column)?.type ?? 'text'
  const start = row[column] ?? 'null'
  const candidates = await rows.candidates(
    table,
    column,
    parts.map((part) => part.sql),
  )
  const near = [start, ...candidates.slice(0, 12)].filter((v) => v !== 'null')
  const values = [...new Set([...near, ...near.flatMap((v) => variantsOf(`(${v})`, type)), ...candidates])]
  const judged = await evaluateRows(
    db,
    table,
    values.map((v) => ({ ...row, [column]: v })),
    [ident(column), ...parts.map((part) => part.sql)],
  )
  const firstOf = new Map<string, { sql: string; text: string }>()
  const pairs: Pair[] = []
  values.forEach((sql, i) => {
    const [text, ...parted] = judged[i] ?? []
    if (text === null || text === undefined || parted.some((value) => value == null)) return
    const computed = JSON.stringify(parted)
    const first = firstOf.get(computed)
    if (!first) firstOf.set(computed, { sql: literal(text), text })
    else if (first.text !== text) pairs.push({ one: first.sql, other: literal(text) })
  })
  return pairs.slice(0, mostPairs)
}

const addPairCase = async (
  context: RuleContext,
  ground: Ground,
  key: Key,
  first: MadeRow,
  column: string,
  pair: Pair,
): Promise<boolean> => {
  const { rows, table } = context
  const pins = pinned(first.row, [...keyColumns(key), ...key.whereColumns])
  const one = await makeRow(context, table, { pins: { ...pins, [column]: pair.one }, family: 'a' })
  if ('unsolved' in one) return false
  const before = [...one.given, rows.insert(table, one.row)]
  const two = await secondRow(context, { pins: { ...pins, [column]: pair.other }, before, until: key.names })
  if ('unsolved' in two) return false
  ground.draft.add({
    title: `${column} ${shortened(pair.other, 40)} beside ${shortened(pair.one, 40)} is refused`,
    given: [...before, ...two.given],
    when: [rows.insert(table, two.row)],
    then: { kind: 'rejected', by: duplicateCause(key, two.refusedBy) },
  })
  return true
}

/** Where CHECKs leave no such pair there is nothing to show: expression and value are then one and the same key. */
export const addExpressionCases = async (
  context: RuleContext,
  ground: Ground,
  key: Key,
  first: MadeRow,
): Promise<void> => {
  for (const part of key.parts) {
    if (part.isColumn) continue
    for (const column of part.columns) {
      const alike = key.parts.filter((one) => one.columns.includes(column))
      for (const pair of await equalPairs(context, alike, column, first.row)) {
        if (await addPairCase(context, ground, key, first, column, pair)) break
      }
    }
  }
}
