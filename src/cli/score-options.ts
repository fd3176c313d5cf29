/** What the command line says to assay score. */
import type { OperatorSet } from '../catalog/operator-set/names.ts'
import type { CommonOptions } from './run-command.ts'

export interface ScoreOptions extends CommonOptions {
  readonly suite?: string
  readonly sqlSuite?: readonly string[]
  readonly migrations?: string
  readonly sql?: readonly string[]
  readonly extension?: readonly string[]
  readonly variable?: ReadonlyMap<string, string>
  readonly architecture?: string
  readonly before?: readonly string[]
  readonly workers: number
  readonly timeout?: number
  readonly since?: string
  readonly only?: readonly string[]
  readonly operators?: OperatorSet
  readonly atLeast?: number
  readonly restart?: boolean
  readonly journal?: string
  readonly markdown?: string
}
