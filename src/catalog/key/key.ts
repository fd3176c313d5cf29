/** What primary keys, unique keys, indexes and exclusion constraints have in common: parts in order, and the DDL of them. */
import { ident, identList, literal, qualified } from '../../postgres/quote.ts'
import { alterTable } from '../alter.ts'
import { commentOn } from '../dependency/dependent-ddl.ts'
import type { Table } from '../table.ts'

export type Deferrable = 'no' | 'immediate' | 'deferred'

export interface KeyPart {
  /** null for an expression. */
  readonly column: string | null
  /** As PostgreSQL prints it: a quoted column, `lower((email)::text)`, `((a + b))` in parentheses. */
  readonly expression: string
  readonly descending: boolean
  readonly nullsFirst: boolean
  /** With its options, as it stands in DDL; null for the type's own. */
  readonly operatorClass: string | null
  /** Qualified; null for the column's own. */
  readonly collation: string | null
}

export interface KeyFacts {
  readonly name: string
  readonly keys: readonly KeyPart[]
  readonly include: readonly string[]
  readonly predicate: string | null
  readonly method: string
  readonly nullsNotDistinct: boolean
  readonly deferrable: Deferrable
  readonly isConstraint: boolean
  /** The last part is a period in which rows must not overlap (PostgreSQL 18). */
  readonly withoutOverlaps: boolean
  /** Storage parameters, `fillfactor=70`. */
  readonly options: readonly string[]
  readonly comment: string | null
  /** Other columns of the table that could stand in a key, in their order, at most eight. */
  readonly otherColumns: readonly string[]
  readonly isReplicaIdentity: boolean
}

/** In ids: the column's name or the expression, and ` desc`. */
export const partText = (part: KeyPart): string =>
  `${part.column ?? part.expression}${part.descending ? ' desc' : ''}`

const nullsOf = (part: KeyPart): string => {
  if (part.nullsFirst === part.descending) return ''
  return part.nullsFirst ? ' nulls first' : ' nulls last'
}

/** A part as CREATE INDEX takes it. */
export const partSql = (part: KeyPart): string =>
  [
    part.expression,
    part.collation === null ? '' : ` collate ${part.collation}`,
    part.operatorClass === null ? '' : ` ${part.operatorClass}`,
    part.descending ? ' desc' : '',
    nullsOf(part),
  ].join('')

export const includeSql = ({ include }: Pick<KeyFacts, 'include'>): string =>
  include.length > 0 ? ` include (${identList(include)})` : ''

const option = (text: string): string => {
  const equals = text.indexOf('=')
  return `${text.slice(0, equals)} = ${literal(text.slice(equals + 1))}`
}

export const optionsSql = ({ options }: Pick<KeyFacts, 'options'>): string =>
  options.length > 0 ? ` with (${options.map(option).join(', ')})` : ''

export const deferrableSql = (deferrable: Deferrable): string => {
  if (deferrable === 'no') return ''
  return ` deferrable initially ${deferrable}`
}

export const whereSql = (predicate: string | null): string =>
  predicate === null ? '' : ` where (${predicate})`

/** `unique nulls not distinct (a, b) include (c)`: what follows the name of a constraint. */
const keyConstraintSql = (word: 'unique' | 'primary key', facts: KeyFacts): string => {
  const columns = facts.keys.map((part) => ident(part.column ?? ''))
  const list = columns.map((c, i) =>
    facts.withoutOverlaps && i === columns.length - 1 ? `${c} without overlaps` : c,
  )
  const nulls = facts.nullsNotDistinct ? ' nulls not distinct' : ''
  return `${word}${nulls} (${list.join(', ')})${includeSql(facts)}${optionsSql(facts)}${deferrableSql(facts.deferrable)}`
}

/** `using btree (a, b desc) include (c) where (d)`: what follows the table of an index. */
const indexSql = (facts: KeyFacts): string =>
  [
    ` using ${facts.method} (${facts.keys.map(partSql).join(', ')})`,
    includeSql(facts),
    facts.nullsNotDistinct ? ' nulls not distinct' : '',
    optionsSql(facts),
    whereSql(facts.predicate),
  ].join('')

const indexName = (table: Table, name: string): string => qualified({ schema: table.schema, name })

/** Without what stands on it. */
export const dropKey = (table: Table, facts: KeyFacts): string =>
  facts.isConstraint
    ? `${alterTable(table)} drop constraint ${ident(facts.name)}`
    : `drop index ${indexName(table, facts.name)}`

export type KeyWord = 'primary key' | 'unique' | 'index'

export const createKey = (table: Table, word: KeyWord, facts: KeyFacts): string => {
  const name = ident(facts.name)
  if (facts.isConstraint && word !== 'index') {
    return `${alterTable(table)} add constraint ${name} ${keyConstraintSql(word, facts)}`
  }
  return `create ${word === 'unique' ? 'unique ' : ''}index ${name} on ${qualified(table)}${indexSql(facts)}`
}

/** What a dropped key or index carried besides its definition. */
export const keyExtras = (table: Table, facts: KeyFacts): readonly string[] => [
  ...(facts.isReplicaIdentity
    ? [`${alterTable(table)} replica identity using index ${ident(facts.name)}`]
    : []),
  ...(facts.isConstraint
    ? commentOn(`constraint ${ident(facts.name)} on ${qualified(table)}`, facts.comment)
    : commentOn(`index ${indexName(table, facts.name)}`, facts.comment)),
]
