/** The verbs of a kind of finding about an adopted database. One file per kind beside this one; to add one, add a file and a line in kinds.ts. */
import type { Catalog } from '../../catalog/structure.ts'
import type { Session } from '../../postgres/session.ts'
import type { Finding } from '../../prove/result.ts'

/** What a kind may ask. */
export interface FindingGround {
  /**
   * Where plans are asked: Assay's copy, in a transaction that is rolled back and with an empty search_path. Ask with
   * `askEach`, which leaves nothing behind. What this session may not do is no finding.
   */
  readonly copy: Session
  /** What only a database in use knows (rows, numbers of sequences, members of roles): read only. Null: there is none. */
  readonly source: Session | null
  /** Where sequences stand as they do in use: the database itself, or what a dump's own SQL has made. */
  readonly numbers: Session
  readonly catalog: Catalog
}

export interface FindingKind {
  /** Every code that `find` may answer; all start with `adopt.`. */
  readonly codes: readonly string[]
  /** In the order of the catalog. Round trips do not grow with the number of tables. */
  find(ground: FindingGround): Promise<readonly Finding[]>
}
