/**
 * observed / behaves: what one write leaves behind, in its own table and in others, because of a trigger or a rewrite
 * rule. Observed: recorded from a database, and nobody has said yet that it is right. Behaves: a person has.
 */
import { structureId } from '../../ground/names.ts'
import { refuseUnknownKeys } from '../rule-options.ts'
import type { RulePlace, RuleSet } from '../rule-set.ts'
import type { DeclaredRule } from '../rule.ts'
import { rulesSql } from '../sql-expression.ts'
import { structuresOf, type ByOption } from './example.ts'
import {
  checkRefused,
  refuse,
  toRow,
  toRows,
  toTables,
  type PlainRow,
  type Reader,
  type RowsByTable,
} from './plain-rows.ts'

export interface ObservedWrite {
  readonly does: 'insert' | 'update' | 'again' | 'delete' | 'truncate'
  /** Of an insert: columns that matter; of an update: what is set. */
  readonly row: PlainRow
}

export interface ObservedRule extends DeclaredRule {
  readonly kind: 'observed' | 'behaves'
  readonly sentence: string
  /** The row that an update or delete is about. */
  readonly given: PlainRow
  /** By table id: rows that stand beside it, in this order. */
  readonly beside: Readonly<Record<string, readonly PlainRow[]>>
  readonly as: string | null
  readonly settings: PlainRow
  /** When the outcome is looked at: after deferred constraints, or before them. */
  readonly constraints: 'checked' | 'unchecked' | 'deferred'
  readonly writes: readonly ObservedWrite[]
  /** SQLSTATE; null: the write is taken. */
  readonly refused: string | null
  /** The table's own rows that were written; null: not looked at. */
  readonly leaves: readonly PlainRow[] | null
  /** By table id: rows of other tables that were written. */
  readonly elsewhere: Readonly<Record<string, readonly PlainRow[]>>
  /** By table id: how many rows fewer it has. */
  readonly removes: Readonly<Record<string, number>>
  readonly by: readonly string[]
}

/** `is not null`, `is distinct from 5`, `> now()`: a test of the value, where it is never the same twice. */
export const isTest = (sql: string): boolean =>
  /^(?:is\s+(?:not\s+null|null|distinct\s+from\b)|[<>]=?\s)/iu.test(sql)

/** Column → SQL expression. */
type ObservedRow<K extends string> = { readonly [P in K]?: string }

/** One of them. */
export interface ObservedWriteOption<K extends string> {
  /** A new row with these values; the others are solved. */
  readonly insert?: ObservedRow<K>
  /** The given row is changed so. */
  readonly update?: ObservedRow<K>
  /** The given row is inserted again with these values, ON CONFLICT DO NOTHING. */
  readonly again?: ObservedRow<K>
  /** The given row is deleted. */
  readonly delete?: true
  readonly truncate?: true
}

export interface ObservedOption<K extends string> extends ObservedWriteOption<K> {
  /** The row that stands before an update, a delete or a truncate; what is left out is solved. */
  readonly given?: ObservedRow<K>
  /** Rows that stand beside it, by table; what is left out is solved. */
  readonly beside?: RowsByTable
  /** The role that writes; absent: one that may write everything. */
  readonly as?: string
  /** Settings of the transaction, as current_setting reads them. */
  readonly settings?: PlainRow
  /** A second write after the first. */
  readonly then?: ObservedWriteOption<K>
  /** Look before deferred constraints are checked: as they are declared, or with all of them deferred. */
  readonly constraints?: 'unchecked' | 'deferred'
  /** The SQLSTATE with which it is refused. */
  readonly refused?: string
  /** What the written rows of the table hold then, as SQL over the row, or `is not null`; `[]`: none was written. */
  readonly leaves?: ObservedRow<K> | readonly ObservedRow<K>[]
  /** The same of other tables: their rows that were added or changed. */
  readonly elsewhere?: RowsByTable
  /** How many rows fewer these tables have. */
  readonly removes?: Readonly<Record<string, number>>
}

export interface ObservedMethods<K extends string> {
  /**
   * What a write was seen to leave behind because of a trigger: recorded from a database, counted apart, because
   * nobody has said yet that it is right. Whoever has looked at it renames it to `behaves`.
   *
   * @example
   * t.observed('an update of name sets updated_at', {
   *   given: { updated_at: `'2001-01-01'` },
   *   update: { name: `'Ada'` },
   *   leaves: { updated_at: 'now()' },
   * }, { by: 'trigger:touch' })
   * // insert into … ("updated_at", …) values ('2001-01-01', …); update … set "name" = 'Ada' where … → "updated_at" = now()
   */
  observed(sentence: string, observed: ObservedOption<K>, options?: ByOption): RuleSet
  /**
   * What a write must leave behind in its own table and in others, or how it is refused.
   *
   * @example
   * t.behaves('a new name is written to the log', {
   *   update: { name: `'Ada'` },
   *   elsewhere: { name_log: { name: `'Ada'` } },
   * }, { by: 'trigger:log_names' })
   * // update … set "name" = 'Ada' where … → one row of name_log is written, with "name" = 'Ada'
   */
  behaves(sentence: string, observed: ObservedOption<K>, options?: ByOption): RuleSet
}

const writeKeys = ['insert', 'update', 'again', 'delete', 'truncate'] as const
const optionKeys = [
  ...writeKeys,
  'given',
  'beside',
  'as',
  'settings',
  'then',
  'constraints',
  'refused',
  'leaves',
  'elsewhere',
  'removes',
] as const

const toWrites = (reader: Reader, option: ObservedWriteOption<string>): readonly ObservedWrite[] => {
  const found = writeKeys.filter((key) => option[key] !== undefined)
  const [does] = found
  if (does === undefined || found.length > 1) {
    refuse(
      reader,
      'observed-write',
      does === undefined ? 'it says no write.' : `it says ${found.join(' and ')} at once.`,
      'Give one of insert, update, again, delete and truncate; a second write goes into then.',
    )
    return []
  }
  const row = does === 'delete' || does === 'truncate' ? {} : toRow(reader, option[does])
  return [{ does, row }]
}

const refusal = {
  example: '23514',
  code: 'observed-outcome',
  what: 'a refused write leaves nothing behind.',
  mend: 'Take refused away, or leaves, elsewhere and removes.',
}

const make =
  (kind: ObservedRule['kind']) =>
  (
    place: RulePlace,
    sentence: string,
    option: ObservedOption<string>,
    options: ByOption = {},
  ): readonly ObservedRule[] => {
    const reader = { place, said: `${place.table}: ${kind} "${sentence}"` }
    refuseUnknownKeys(place, kind, options, ['by'])
    refuseUnknownKeys(place, kind, option, optionKeys)
    const { then, leaves, removes = {} } = option
    if (then) refuseUnknownKeys(place, `${kind}'s then`, then, writeKeys)
    checkRefused(reader, option.refused, [leaves, option.elsewhere, option.removes], refusal)
    const writes = [...toWrites(reader, option), ...(then ? toWrites(reader, then) : [])]
    const given = toRow(reader, option.given)
    const left = leaves === undefined ? null : toRows(reader, leaves)
    const columns = [given, ...writes.map((write) => write.row), ...(left ?? [])].flatMap((row) =>
      Object.keys(row),
    )
    return [
      {
        kind,
        id: structureId(place.table, kind, sentence),
        table: place.table,
        columns: [...new Set(columns)],
        at: place.at,
        sentence,
        given,
        beside: toTables(reader, option.beside),
        as: option.as ?? null,
        settings: toRow(reader, option.settings),
        constraints: option.constraints ?? 'checked',
        writes,
        refused: option.refused ?? null,
        leaves: left,
        elsewhere: toTables(reader, option.elsewhere),
        removes,
        sql: [
          ...rulesSql('nothing', given),
          ...writes.flatMap(({ does, row }) => rulesSql(does === 'update' ? 'columns' : 'nothing', row)),
          ...(left ?? []).flatMap((row) =>
            rulesSql('columns', Object.fromEntries(Object.entries(row).filter(([, sql]) => !isTest(sql)))),
          ),
        ],
        by: structuresOf(options),
      },
    ]
  }

export const makeObservedRules = make('observed')
export const makeBehavesRules = make('behaves')
