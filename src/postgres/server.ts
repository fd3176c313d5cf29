/**
 * A PostgreSQL that Assay may use: embedded (embedded/embedded.ts) or the user's own by --url (remote/remote.ts). Three roles:
 * the administrator makes databases and runs nobody's code; the owner (no superuser) runs migrations; the prover
 * (no superuser, BYPASSRLS, member of every role that the migrations made) runs mutants and experiments.
 */
import type { Session } from './session.ts'

export interface Server {
  /** server_version_num, such as 180004. */
  readonly version: number
  readonly major: number
  /** Started by Assay and gone with it: nobody else has roles or databases there. */
  readonly isOwn: boolean
  /** The role that migrations run as and that owns every object: never a superuser. `postgres` on the embedded server. */
  readonly owner: string
  /** The role of experiments and mutants. */
  readonly prover: string
  /** Makes an empty database that the owner owns. `label` is a short word; answers the real name. */
  createDatabase(label: string): Promise<string>
  /** Copies a database made by this server object (nobody may be connected to the template). Answers its name. */
  clone(template: string, label: string): Promise<string>
  dropDatabase(name: string): Promise<void>
  connect(database: string, as: 'owner' | 'prover' | 'administrator'): Promise<Session>
  /** The connection string of the owner, for `schema.command`. */
  ownerUrl(database: string): string
  /** Grants the prover membership in every role that exists now and is neither a superuser nor reserved. Call after migrations. */
  admitRoles(): Promise<void>
  /** Drops what was made and, when embedded, stops the server and removes its files. Safe to call twice. */
  stop(): Promise<void>
}
