/** A statement is served by an index: its plan on loaded rows needs it. */
import { idPart } from '../../ground/names.ts'
import { keyColumns, keySql, toKeyPart } from '../key-part.ts'
import { lastOptions, refuseEmpty } from '../rule-options.ts'
import type { RulePlace, RuleSet } from '../rule-set.ts'
import type { DeclaredRule } from '../rule.ts'
import {
  columnsOf,
  isSqlExpression,
  rulesSql,
  sqlOf,
  textOf,
  type SqlExpression,
  type SqlText,
} from '../sql-expression.ts'

export interface IndexedRule extends DeclaredRule {
  readonly kind: 'indexed'
  /** Key parts in order. */
  readonly keys: readonly {
    readonly column: string | null
    readonly expression: string
    readonly descending: boolean
    readonly nulls: 'first' | 'last' | null
    readonly operatorClass: string | null
    /** As SQL names it; absent: the column's own. */
    readonly collation?: string
  }[]
  readonly using: string
  readonly include: readonly string[]
  readonly where: string | null
  /** The statement it serves, as SQL; null: derived from the keys. */
  readonly serves: string | null
  /** Which of several alike; absent: any. */
  readonly name?: string
}

type Direction = 'asc' | 'desc'
type NullsPlace = 'nulls first' | 'nulls last'

/** A key part with all that PostgreSQL knows of it. */
interface IndexPart<K extends string = string> {
  readonly key: K | SqlExpression
  readonly descending?: boolean
  readonly nulls?: 'first' | 'last'
  /** Such as `jsonb_path_ops`, `gin_trgm_ops`, `text_pattern_ops`. */
  readonly operatorClass?: string
  /** As SQL names it, such as `"C"` or `"en-x-icu"`: left out, the column's own. */
  readonly collation?: string
}

/** A column, with its direction where it matters: `'created_at desc'`; a function of a column; or any expression. */
type IndexKey<K extends string> =
  | K
  | `${K} ${Direction | NullsPlace | `${Direction} ${NullsPlace}`}`
  | `${string}(${K})`
  | SqlExpression
  | IndexPart<K>

interface IndexOptions<K extends string = string> {
  /** `btree` by default; `hash`, `gin`, `gist`, `spgist`, `brin` or an extension's own. */
  readonly using?: string
  /** Of every key that names none itself, such as `jsonb_path_ops`. */
  readonly operatorClass?: string
  /** Columns that the index carries along, so that a statement need not visit the table. */
  readonly include?: readonly K[]
  readonly where?: SqlText
  /** The statement that needs the index; left out: derived from its keys. */
  readonly serves?: string
  /** The index's own name: only where several are alike and each is to stay. */
  readonly name?: string
}

export interface IndexedMethod<K extends string> {
  /**
   * A statement is served by an index: its plan on loaded rows needs it. Options stand last.
   *
   * @example
   * t.indexed('user_id', 'created_at desc')      // create index … ("user_id", "created_at" desc)
   * t.indexed('metadata', { using: 'gin', serves: `select * from events where metadata @> '{"a":1}'` })
   * // create index … using gin ("metadata")
   * t.indexed('user_id', { where: 'deleted_at is null', include: ['name'] })
   * // create index … ("user_id") include ("name") where deleted_at is null
   * t.indexed('metadata', { using: 'gin', operatorClass: 'jsonb_path_ops' })
   * // create index … using gin ("metadata" jsonb_path_ops)
   * t.indexed('tenant_id', { key: 'name', operatorClass: 'text_pattern_ops', descending: true })
   * // create index … ("tenant_id", "name" text_pattern_ops desc)
   * t.indexed({ key: 'name', collation: '"C"' })  // create index … ("name" collate "C")
   */
  indexed(...keys: readonly (IndexKey<K> | IndexOptions<K>)[]): RuleSet
}

type GivenKey = SqlText | IndexPart
type Given = GivenKey | IndexOptions

const ordered = /^(.*?)\s+(?:(asc|desc)(?:\s+nulls\s+(first|last))?|nulls\s+(first|last))$/su

const isKey = (given: Given): given is GivenKey =>
  typeof given === 'string' || isSqlExpression(given) || 'key' in given

/** `'created_at desc'` in parts; a column that really has such a name stays what it is. */
const toPart = (
  place: RulePlace,
  given: GivenKey,
): Required<Pick<IndexPart, 'descending'>> & {
  readonly key: SqlText
  readonly nulls: 'first' | 'last' | null
  readonly operatorClass: string | null
  readonly collation?: string
} => {
  if (typeof given === 'string') {
    const match = place.tableColumns.includes(given) ? null : ordered.exec(given)
    const nulls = (match?.[3] ?? match?.[4] ?? null) as 'first' | 'last' | null
    return { key: match?.[1] ?? given, descending: match?.[2] === 'desc', nulls, operatorClass: null }
  }
  if (isSqlExpression(given)) return { key: given, descending: false, nulls: null, operatorClass: null }
  return {
    key: given.key,
    descending: given.descending ?? false,
    nulls: given.nulls ?? null,
    operatorClass: given.operatorClass ?? null,
    ...(given.collation === undefined ? {} : { collation: given.collation }),
  }
}

const optionNames = ['using', 'operatorClass', 'include', 'where', 'serves', 'name']

export const makeIndexedRules = (place: RulePlace, ...given: readonly Given[]): readonly IndexedRule[] => {
  const options = lastOptions(place, 'indexed', given, isKey, optionNames)
  const { using = 'btree', include = [], where, serves, operatorClass, name }: IndexOptions = options ?? {}
  const parts = given
    .filter(isKey)
    .map((key) => toPart(place, key))
    .map((part) => ({ ...part, operatorClass: part.operatorClass ?? operatorClass ?? null }))
  refuseEmpty(place, 'indexed', parts, 'column')
  const details = [
    ...parts.map((part) =>
      [
        idPart(textOf(part.key)),
        ...(part.collation === undefined ? [] : [`collate ${part.collation}`]),
        ...(part.operatorClass === null ? [] : [part.operatorClass]),
        ...(part.descending ? ['desc'] : []),
        ...(part.nulls === null ? [] : [`nulls ${part.nulls}`]),
      ].join(' '),
    ),
    ...(using === 'btree' ? [] : [`using ${using}`]),
    ...(include.length === 0 ? [] : [idPart(`include ${include.join(' ')}`)]),
    ...(where === undefined ? [] : [idPart(`where ${textOf(where)}`)]),
    ...(name === undefined ? [] : [idPart(`named ${name}`)]),
  ]
  return [
    {
      kind: 'indexed',
      id: `${place.table}/indexed:${details.join(',')}`,
      table: place.table,
      columns: [
        ...new Set([...parts.flatMap(({ key }) => keyColumns(place, key)), ...include, ...columnsOf(where)]),
      ],
      at: place.at,
      keys: parts.map(({ key, ...rest }) => ({ ...toKeyPart(place, key), ...rest })),
      using,
      include,
      where: where === undefined ? null : sqlOf(where),
      serves: serves ?? null,
      ...(name === undefined ? {} : { name }),
      sql: [
        ...parts.flatMap(({ key }) => keySql(place, key)),
        ...rulesSql('columns', { where }),
        ...rulesSql('statement', { serves }),
      ],
    },
  ]
}
