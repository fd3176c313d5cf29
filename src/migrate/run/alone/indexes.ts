/** Indexes as a build that was interrupted leaves them: asked for, and dropped where nobody is building them. */
import { AssayError } from '../../../ground/errors.ts'
import { ident, literal, qualified } from '../../../postgres/quote.ts'
import type { Session } from '../../../postgres/session.ts'
import type { RangeVar } from './alone-kind.ts'

export interface IndexState {
  readonly schema: string
  readonly name: string
  readonly valid: boolean
  /** Process that builds it now; null: none. */
  readonly builder: number | null
}

/** As SQL resolves it with the session's search_path. */
export const regclass = ({ schemaname, relname }: RangeVar): string =>
  `pg_catalog.to_regclass(${literal(schemaname === undefined ? ident(relname) : qualified({ schema: schemaname, name: relname }))})`

const select = (condition: string): string => `
  select n.nspname as schema, c.relname as name, i.indisvalid and i.indisready as valid,
    (select p.pid from pg_catalog.pg_stat_progress_create_index p
      where p.index_relid = c.oid and p.datid = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
      limit 1) as builder
  from pg_catalog.pg_index i
  join pg_catalog.pg_class c on c.oid = i.indexrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where ${condition}
  order by n.nspname collate "C", c.relname collate "C"`

export const readIndexes = (db: Session, condition: string): Promise<IndexState[]> =>
  db.json<IndexState>(select(condition))

const isBuilt = ({ schema, name, builder }: IndexState): AssayError =>
  new AssayError(`Another session is building the index ${name}.`, {
    code: 'migrate.index-being-built',
    exit: 4,
    asked: `the index ${qualified({ schema, name })}`,
    found: `process ${builder} is at it: select * from pg_stat_progress_create_index`,
    why: 'an index that is being built looks like one whose build was interrupted: only the latter may be dropped',
    mend: `Wait until it is done, or end it and run again: select pg_terminate_backend(${builder})`,
  })

/** Drops indexes that are not valid. Throws AssayError when one is being built right now. */
export const dropInvalid = async (db: Session, indexes: readonly IndexState[]): Promise<void> => {
  for (const index of indexes) {
    if (index.valid) continue
    if (index.builder !== null) throw isBuilt(index)
    await db.query(`drop index concurrently if exists ${qualified(index)}`)
  }
}
