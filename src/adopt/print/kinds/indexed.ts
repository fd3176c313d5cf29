/** `t.indexed('user_id', 'created_at desc', { where: 'deleted_at is null' })` */
import { indexesOf, type IndexFacts } from '../../../catalog/index.ts'
import type { KeyPart } from '../../../catalog/key/key.ts'
import type { Structure } from '../../../catalog/structure.ts'
import type { Table } from '../../../catalog/table.ts'
import { array, atom, call, entry, object, type Code, type Entry } from '../code.ts'
import { firstOfEach } from '../first-of-each.ts'
import { text } from '../literals.ts'
import type { PrintContext, PrintedRule, PrintKind } from '../print-kind.ts'
import { condition, keyExpression, keyTemplate } from '../sql-code.ts'

const nullsOf = ({ descending, nullsFirst }: KeyPart): 'first' | 'last' | null =>
  descending === nullsFirst ? null : nullsFirst ? 'first' : 'last'

/** `'created_at desc nulls last'`; with an operator class, or of an expression, in parts. */
const partCode = (part: KeyPart, table: Table, { sql }: PrintContext): Code => {
  const nulls = nullsOf(part)
  const { column, descending, operatorClass, collation } = part
  const isBare = operatorClass === null && collation === null
  if (column !== null && isBare)
    return text(`${column}${descending ? ' desc' : ''}${nulls === null ? '' : ` nulls ${nulls}`}`)
  const readable = column === null ? sql({ of: 'table', on: table.id, text: part.expression }) : null
  if (readable !== null && isBare && !descending && nulls === null) return keyExpression(readable, table)
  return object([
    entry('key', readable === null ? text(column ?? '') : keyTemplate(readable, table)),
    ...(collation === null ? [] : [entry('collation', text(collation))]),
    ...(operatorClass === null ? [] : [entry('operatorClass', text(withoutPublic(operatorClass)))]),
    ...(descending ? [entry('descending', atom('true'))] : []),
    ...(nulls === null ? [] : [entry('nulls', text(nulls))]),
  ])
}

/** An operator class without a schema is found in any. */
const withoutPublic = (operatorClass: string): string => operatorClass.replace(/^public\./u, '')

const printOne = (
  { id, facts }: Structure<IndexFacts>,
  table: Table,
  context: PrintContext,
  isNamed: boolean,
): PrintedRule => {
  const { method, include, predicate, keys } = facts
  const [only] = keys
  // One key alone: its operator class is the index's.
  const isSingle = keys.length === 1 && only?.operatorClass != null && only.collation === null
  const parts = isSingle ? [{ ...only, operatorClass: null }] : keys
  const where = predicate === null ? null : context.sql({ of: 'table', on: table.id, text: predicate })
  const options: readonly Entry[] = [
    ...(method === 'btree' ? [] : [entry('using', text(method))]),
    ...(isSingle ? [entry('operatorClass', text(withoutPublic(only.operatorClass)))] : []),
    ...(include.length === 0 ? [] : [entry('include', array(include.map(text)))]),
    ...(where === null ? [] : [entry('where', condition(where))]),
    ...(isNamed ? [entry('name', text(facts.name))] : []),
  ]
  return {
    code: call(
      't.indexed',
      ...parts.map((part) => partCode(part, table, context)),
      ...(options.length > 0 ? [object(options)] : []),
    ),
    claims: [id],
  }
}

const shapeOf = ({ keys, method, include, predicate }: IndexFacts): string =>
  JSON.stringify([
    keys.map((k) => [k.expression, k.descending, k.nullsFirst, k.operatorClass, k.collation]),
    method,
    include.toSorted(),
    predicate,
  ])

export const printIndexes: PrintKind = (table, context) => {
  const indexes = indexesOf(context.catalog, table.id)
  const { others } = firstOfEach(indexes, ({ facts }) => shapeOf(facts))
  // Of several alike the first stands for the shape; the others are told apart by their names.
  const again = new Set(others.map(({ one }) => one))
  return { rules: indexes.map((index) => printOne(index, table, context, again.has(index))) }
}
