/** A trigger as its clauses, and the statement that they make together. */
import { ident, identList, qualified } from '../../postgres/quote.ts'

export interface TriggerFacts {
  /** pg_get_triggerdef, whole. */
  readonly statement: string
  readonly name: string
  /** `"schema"."table"`. */
  readonly relation: string
  readonly isView: boolean
  /** O as usual, D disabled, R on a replica, A always. */
  readonly enabled: string
  readonly isConstraint: boolean
  readonly timing: 'before' | 'after' | 'instead of'
  readonly events: readonly ('insert' | 'update' | 'delete' | 'truncate')[]
  /** Of UPDATE OF; [] for every column. */
  readonly columns: readonly string[]
  readonly isRow: boolean
  readonly oldTable: string | null
  readonly newTable: string | null
  readonly deferrable: boolean
  readonly deferred: boolean
  /** The referenced table of a constraint trigger's FROM. */
  readonly from: { readonly schema: string; readonly name: string } | null
  readonly when: string | null
  /** `public.touch('a')`, as PostgreSQL prints it. */
  readonly call: string
  readonly function: { readonly schema: string; readonly name: string; readonly args: readonly string[] }
  readonly comment: string | null
}

/** `BEFORE INSERT OR UPDATE OF "slug"`. */
export const triggerEvents = (facts: TriggerFacts): string => {
  const events = facts.events.map((event) =>
    event === 'update' && facts.columns.length > 0
      ? `UPDATE OF ${identList(facts.columns)}`
      : event.toUpperCase(),
  )
  return `${facts.timing.toUpperCase()} ${events.join(' OR ')}`
}

const transitionTables = ({ oldTable, newTable }: TriggerFacts): readonly string[] =>
  oldTable === null && newTable === null
    ? []
    : [
        'REFERENCING',
        ...(oldTable === null ? [] : [`OLD TABLE AS ${ident(oldTable)}`]),
        ...(newTable === null ? [] : [`NEW TABLE AS ${ident(newTable)}`]),
      ]

/** What follows the relation's name. */
export const triggerClauses = (facts: TriggerFacts): string =>
  [
    ...(facts.from === null ? [] : [`FROM ${qualified(facts.from)}`]),
    ...(facts.deferrable ? ['DEFERRABLE'] : []),
    ...(facts.deferred ? ['INITIALLY DEFERRED'] : []),
    ...transitionTables(facts),
    `FOR EACH ${facts.isRow ? 'ROW' : 'STATEMENT'}`,
    ...(facts.when === null ? [] : [`WHEN (${facts.when})`]),
    `EXECUTE FUNCTION ${facts.call}`,
  ].join(' ')

export const makeTrigger = (facts: TriggerFacts): string =>
  `create ${facts.isConstraint ? 'constraint ' : ''}trigger ${ident(facts.name)} ${triggerEvents(facts)}` +
  ` on ${facts.relation} ${triggerClauses(facts)}`

const states: Readonly<Record<string, string>> = { D: 'disable', R: 'enable replica', A: 'enable always' }

/** Its state, where it is not the usual one. */
export const enableTrigger = (facts: TriggerFacts): readonly string[] => {
  const state = states[facts.enabled]
  return state === undefined ? [] : [`alter table ${facts.relation} ${state} trigger ${ident(facts.name)}`]
}

export const dropTrigger = (facts: TriggerFacts): string =>
  `drop trigger ${ident(facts.name)} on ${facts.relation}`
