/** Single writes as settings of an observation, and the ground on which rounds of them are made. */
import type { ObservedSetting } from '../../rules/observed/stage.ts'
import type { RuleContext } from '../../rules/rule-kind.ts'
import type { Row } from '../../rows/rows.ts'
import type { TriggerReads } from './trigger-reads.ts'
import type { Values } from './written-values.ts'

export const plainSetting: Omit<ObservedSetting, 'writes'> = {
  given: {},
  beside: {},
  as: null,
  settings: {},
  constraints: 'checked',
}

export const insert = (row: Row): ObservedSetting => ({ ...plainSetting, writes: [{ does: 'insert', row }] })
export const update = (given: Row, row: Row): ObservedSetting => ({
  ...plainSetting,
  given,
  writes: [{ does: 'update', row }],
})
export const remove = (given: Row): ObservedSetting => ({
  ...plainSetting,
  given,
  writes: [{ does: 'delete', row: {} }],
})

/** The given row is inserted again, with these values, which BEFORE triggers alone notice. */
export const again = (given: Row, row: Row = {}): ObservedSetting => ({
  ...plainSetting,
  given,
  writes: [{ does: 'again', row }],
})

export interface Ground {
  readonly context: RuleContext
  readonly reads: TriggerReads
  readonly base: Row
  readonly aged: Row
  readonly values: readonly Values[]
  /** Columns whose change is tried, each with another value than the base row's. */
  readonly changes: Row
}

export const on = (reads: TriggerReads, event: TriggerReads['events'][number]): boolean =>
  reads.events.includes(event)
