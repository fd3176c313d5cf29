/**
 * The verb of an attack: everything that one tenant may try against another in one way, and what a sound table
 * answers. One file per attack beside this one; to add one, add a file and a line in attacks.ts.
 */
import type { Asker, Expected, Note, World } from '../experiment.ts'
import type { Gap } from './gap.ts'
import type { Tenancy } from './tenancy.ts'

/** An experiment before it has its id. */
export interface Attempt {
  /** Completes the rule's sentence: "tenant a counts the rows: its own alone". */
  readonly title: string
  readonly world: World
  readonly as?: Asker
  readonly given?: readonly string[]
  readonly when: readonly string[]
  readonly then: Expected
  readonly session?: 'fresh'
  /** Exact SQL that closes the hole, when the expectation is not met. */
  readonly mend: string
}

interface Attempted {
  readonly attempts: readonly Attempt[]
  readonly gaps?: readonly Gap[]
  /** What it tells of others without being a hole. */
  readonly notes?: readonly Omit<Note, 'rule'>[]
}

export interface Attack {
  /** Part of the experiments' ids: `products/isolatedBy:tenant_id#read-1`. */
  readonly name: string
  attempts(tenancy: Tenancy): Promise<Attempted>
}

/** A policy's refusal; a missing privilege has the same SQLSTATE and another routine. */
export const refusedByPolicy: Expected = {
  kind: 'rejected',
  by: { sqlstate: '42501', routine: 'ExecWithCheckOptions' },
}

export const refusedByPrivilege: Expected = {
  kind: 'rejected',
  by: { sqlstate: '42501', routine: 'aclcheck_error' },
}

export const accepted: Expected = { kind: 'accepted' }

export const affects = (rows: number): Expected => ({ kind: 'affects', rows })

/** The last statement answers one value. */
export const answers = (value: string): Expected => ({ kind: 'rows', rows: [[value]] })
