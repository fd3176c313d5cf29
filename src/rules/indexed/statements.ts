/** The statements that tell a declared index from any other: what it must serve, and what it must not be able to. */
import type { IndexedRule } from '../../architecture/kinds/indexed.ts'
import { identList } from '../../postgres/quote.ts'
import { narrowest, nearest, searchAccess, treeAccess } from './access.ts'
import { classStatements } from './classes.ts'
import { keyText } from './ddl.ts'
import { nameOf, ordering, selectFrom, type Statement, type StatementParts } from './select.ts'
import { listed, shortened } from '../sentence.ts'

/** A tree keeps its rows in one order; the other methods in none. */
const orders = ({ rule, operators }: StatementParts): readonly Statement[] => {
  const { keys } = rule
  if (rule.using !== 'btree') {
    const select = selectFrom(rule, { orderBy: [keyText(keys[0]!)] })
    return [{ title: `${rule.using} keeps no order by ${nameOf(keys[0]!)}`, select, demand: 'denied' }]
  }
  const select = selectFrom(rule, { orderBy: keys.map((key, n) => ordering(key, operators[n]!)) })
  const demand = rule.serves !== null ? 'same' : keys.length > 1 ? 'served' : 'ordered'
  return [{ title: `all rows come by ${listed(keys.map(nameOf))} without sorting`, select, demand }]
}

/** Columns that an index-only scan can give back: plain keys and what is included. */
const coveredColumns = (rule: IndexedRule): string =>
  identList([...new Set([...rule.keys.flatMap(({ column }) => column ?? []), ...rule.include])])

/** Every statement that the declaration implies; the first is what the index is for. None when no operand is known. */
export const statementsOf = (parts: StatementParts): readonly Statement[] => {
  const { rule } = parts
  const access = rule.using === 'btree' ? treeAccess(parts) : searchAccess(parts)
  const main: readonly Statement[] =
    rule.serves !== null
      ? [{ title: `${shortened(rule.serves)} is served by the index`, select: rule.serves, demand: 'served' }]
      : access === null
        ? []
        : [{ title: access.title, select: selectFrom(rule, access), demand: 'served' }]
  const covering: readonly Statement[] =
    rule.include.length === 0 || access === null
      ? []
      : [
          {
            title: `${listed(rule.include)} are read from the index alone`,
            select: selectFrom(rule, { ...access, columns: coveredColumns(rule) }),
            demand: 'index only',
          },
        ]
  const unconditional: readonly Statement[] =
    rule.where === null || access === null
      ? []
      : [
          {
            title: `rows are not found through it where ${shortened(rule.where)} is not asked for`,
            select: selectFrom(rule, { ...access, withoutPredicate: true }),
            demand: 'denied',
          },
        ]
  const distances = rule.using === 'gist' || rule.using === 'spgist' ? nearest(parts) : []
  const all = [
    ...main,
    ...distances,
    ...orders(parts),
    ...narrowest(parts),
    ...covering,
    ...unconditional,
    ...classStatements(parts),
  ]
  return all.filter((one, n) => all.findIndex((other) => other.select === one.select) === n)
}
