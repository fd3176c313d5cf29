/** Which structure of the catalog is the declared index: the same keys, directions, classes, columns carried and predicate. */
import type { IndexedRule } from '../../architecture/kinds/indexed.ts'
import type { KeyFacts, KeyPart } from '../../catalog/key/key.ts'
import type { Structure } from '../../catalog/structure.ts'
import { ident } from '../../postgres/quote.ts'
import type { IndexKey } from './ddl.ts'
import type { Normal, RuleKind } from '../rule-kind.ts'

/** A plain index first; a key's index serves statements, too, where there is no other of the shape. */
const kinds = ['index', 'unique', 'primaryKey']

/** `public.gist_trgm_ops(siglen='32')` and `gist_trgm_ops (siglen = 32)` are one; a schema counts where both name one. */
const sameClass = (declared: string | null, found: string | null): boolean => {
  if (declared === null || found === null) return declared === found
  const [a, b] = [declared, found].map((text) => text.replaceAll(/[\s']+/gu, ''))
  return a === b || (!a!.includes('.') && a === b!.replace(/^[^(]*\./u, ''))
}

/** Asks PostgreSQL's own text of both sides: what it prints of an index has other parentheses than of a CHECK. */
const sameText = (normal: Normal, table: string, declared: string | null, found: string | null): boolean => {
  if (declared === null || found === null) return declared === found
  // Both are asked for always: the questions are collected in a first pass, before there are answers.
  const [a, b] = [normal.expression(table, declared), normal.expression(table, found)]
  return a === b
}

const sameKey = (normal: Normal, table: string, declared: IndexKey, found: KeyPart): boolean => {
  const nullsFirst = declared.nulls === null ? declared.descending : declared.nulls === 'first'
  const sameExpression =
    declared.column === null || found.column === null
      ? sameText(
          normal,
          table,
          declared.column === null ? declared.expression : ident(declared.column),
          found.expression,
        )
      : declared.column === found.column
  return (
    sameExpression &&
    declared.descending === found.descending &&
    nullsFirst === found.nullsFirst &&
    sameClass(declared.operatorClass, found.operatorClass) &&
    sameCollation(declared.collation, found.collation)
  )
}

/** `"pg_catalog"."C"` and `"C"` are one; left out in the declaration, any will do. */
const sameCollation = (declared: string | undefined, found: string | null): boolean => {
  if (declared === undefined || found === null) return declared === undefined
  const [a, b] = [declared, found].map((text) =>
    text.replaceAll('"', '').replace(/^(?:pg_catalog|public)\./u, ''),
  )
  return a === b
}

const isShape = (rule: IndexedRule, facts: KeyFacts, normal: Normal): boolean => {
  const samePredicate = sameText(normal, rule.table, rule.where, facts.predicate)
  const sameKeys = rule.keys.map((key, n) => {
    const found = facts.keys[n]
    return found !== undefined && sameKey(normal, rule.table, key, found)
  })
  return (
    facts.method === rule.using &&
    facts.keys.length === rule.keys.length &&
    sameKeys.every(Boolean) &&
    samePredicate &&
    facts.include.toSorted().join('\u0000') === rule.include.toSorted().join('\u0000')
  )
}

export const claimsOfIndex: RuleKind<IndexedRule>['claims'] = (rule, { catalog, normal }) => {
  for (const kind of kinds) {
    const found = (catalog.of(rule.table, kind) as readonly Structure<KeyFacts>[]).filter(({ facts }) =>
      isShape(rule, facts, normal),
    )
    if (rule.name !== undefined) {
      const named = found.find(({ name }) => name === rule.name)
      if (named) return [named.id]
      continue
    }
    // One that sorts as the rule says comes before one with a collation that the rule says nothing of.
    const exact = found.find(({ facts }) =>
      facts.keys.every((part, n) => (part.collation === null) === (rule.keys[n]?.collation === undefined)),
    )
    const claimed = exact ?? found[0]
    if (claimed) return [claimed.id]
  }
  return []
}
