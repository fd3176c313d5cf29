/** Where a database is and as whom to enter it. */
import type { TlsSettings } from './tls.ts'

/** How to reach one database as one role. `host` may be a socket directory. */
export interface Address {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  readonly password?: string
  /** Absent: not encrypted. */
  readonly tls?: TlsSettings
  readonly applicationName?: string
}
