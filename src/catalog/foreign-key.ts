/** What a foreign key is made of, and the DDL of it. */
import { ident, identList, qualified } from '../postgres/quote.ts'
import { deferrableSql, type Deferrable } from './key/key.ts'
import type { Catalog } from './structure.ts'

export type ReferentialAction = 'no action' | 'restrict' | 'cascade' | 'set null' | 'set default'

export interface ReferencesFacts {
  readonly name: string
  /** In order, each pointing to the target column beside it. */
  readonly columns: readonly string[]
  /** Relation id. */
  readonly target: string
  readonly targetColumns: readonly string[]
  readonly onDelete: ReferentialAction
  readonly onUpdate: ReferentialAction
  /** Of SET NULL and SET DEFAULT (a, …): the columns that are set; null for all. */
  readonly onDeleteColumns: readonly string[] | null
  readonly match: 'simple' | 'full'
  readonly deferrable: Deferrable
  readonly notValid: boolean
  /** NOT ENFORCED: PostgreSQL never asks it (18). */
  readonly notEnforced: boolean
  /** The last pair are periods (18). */
  readonly period: boolean
  readonly comment: string | null
}

const pairList = (columns: readonly string[], period: boolean): string => {
  if (!period) return identList(columns)
  return columns.map((c, i) => (i === columns.length - 1 ? `period ${ident(c)}` : ident(c))).join(', ')
}

/** `foreign key (a) references "s"."t" (b) on delete cascade`. */
export const foreignKeySql = (facts: ReferencesFacts, catalog: Catalog): string => {
  const target = catalog.tables.get(facts.target)
  const setColumns = facts.onDeleteColumns === null ? '' : ` (${identList(facts.onDeleteColumns)})`
  return [
    `foreign key (${pairList(facts.columns, facts.period)})`,
    ` references ${target ? qualified(target) : ident(facts.target)} (${pairList(facts.targetColumns, facts.period)})`,
    facts.match === 'full' ? ' match full' : '',
    facts.onUpdate === 'no action' ? '' : ` on update ${facts.onUpdate}`,
    facts.onDelete === 'no action' ? '' : ` on delete ${facts.onDelete}${setColumns}`,
    deferrableSql(facts.deferrable),
    facts.notEnforced ? ' not enforced' : facts.notValid ? ' not valid' : '',
  ].join('')
}
