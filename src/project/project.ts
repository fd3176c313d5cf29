/** A loaded and validated configuration. */
import type { Architecture } from '../architecture/architecture.ts'
import type { SchemaSource } from './schema-source.ts'

export interface ProjectArchitecture {
  readonly architecture: Architecture
  readonly schema: SchemaSource
  /** Absolute path of the ledger's directory. */
  readonly ledger: string
  /** Absent: a migration goes both ways. */
  readonly direction?: 'forward'
  /** Absolute path of exported statistics; absent: none are kept. */
  readonly statistics?: string
}

export interface Project {
  /** Absolute: where the config stands. */
  readonly directory: string
  /** Absolute: the config. */
  readonly file: string
  readonly architectures: readonly ProjectArchitecture[]
}
