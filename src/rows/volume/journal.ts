/**
 * What is known of a filling in the database itself: a chunk's row is written in the transaction of its rows, so that no
 * moment of a crash loses a chunk or writes it twice. The plan stands there too: who goes on has no empty tables to plan on.
 */
import { AssayError } from '../../ground/errors.ts'
import { PgError } from '../../postgres/fault.ts'
import { ident, literal } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import type { PlannedVolume } from './plan-volume.ts'

export interface FillJournal {
  /** What was wished for, in a word. */
  readonly wish: string
  readonly planned: PlannedVolume
  /** Chunks that are written, by table. */
  readonly done: ReadonlyMap<string, ReadonlySet<number>>
}

const statements: readonly string[] = [
  `create table if not exists assay.fills (
    one boolean primary key default true check (one),
    wish text not null,
    plan text not null,
    makes_schema boolean not null,
    started_at timestamptz not null default pg_catalog.now(),
    started_by text not null default session_user
  )`,
  `create table if not exists assay.fill_chunks (
    relation text not null,
    chunk bigint not null,
    primary key (relation, chunk)
  )`,
]

const noRight = ({ address: { user, database } }: Session, cause: PgError): AssayError =>
  new AssayError('The role may not keep the journal of a filling.', {
    code: 'fill.no-right',
    exit: 3,
    asked: 'the tables assay.fills and assay.fill_chunks',
    found: cause.fault.message,
    why: 'each stretch of rows is written together with a note of it, so the notes stand in the same database',
    mend: `As the owner of the database:\ngrant create on database ${ident(database)} to ${ident(user)};`,
    cause,
  })

const exists = async (db: Session, sql: string): Promise<boolean> => {
  const [found] = await db.json<{ readonly is: boolean }>(`select ${sql} is not null as is`)
  return found?.is === true
}

/** Null when no filling is unfinished in this database. */
export const readJournal = async (db: Session): Promise<FillJournal | null> => {
  if (!(await exists(db, `pg_catalog.to_regclass('assay.fills')`))) return null
  const [fill] = await db.json<{ readonly wish: string; readonly plan: string }>(
    'select wish, plan from assay.fills',
  )
  if (!fill) return null
  const chunks = await db.json<{ readonly relation: string; readonly chunks: readonly number[] }>(
    'select relation, pg_catalog.array_agg(chunk) as chunks from assay.fill_chunks group by relation',
  )
  return {
    wish: fill.wish,
    planned: JSON.parse(fill.plan) as PlannedVolume,
    done: new Map(chunks.map((one) => [one.relation, new Set(one.chunks)])),
  }
}

/** Throws AssayError `fill.no-right` (exit 3). */
export const openJournal = async (
  db: Session,
  wish: string,
  planned: PlannedVolume,
): Promise<FillJournal> => {
  const makesSchema = !(await exists(db, `pg_catalog.to_regnamespace('assay')`))
  try {
    await db.query(
      [
        'begin',
        ...(makesSchema ? ['create schema assay'] : []),
        ...statements,
        `insert into assay.fills (wish, plan, makes_schema) values (${literal(wish)}, ${literal(JSON.stringify(planned))}, ${makesSchema})`,
        'commit',
      ].join(';\n'),
    )
  } catch (cause) {
    await db.query('rollback')
    throw cause instanceof PgError && cause.fault.sqlstate === '42501' ? noRight(db, cause) : cause
  }
  return { wish, planned, done: new Map() }
}

/** To be sent in the transaction of the chunk. */
export const noteChunk = (table: string, chunk: number): string =>
  `insert into assay.fill_chunks (relation, chunk) values (${literal(table)}, ${chunk})`

/** When all is written: nothing is left of it. */
export const closeJournal = async (db: Session): Promise<void> => {
  const [made] = await db.json<{ readonly makes: boolean }>('select makes_schema as makes from assay.fills')
  await db.query('drop table assay.fill_chunks, assay.fills')
  // Others may have put something there meanwhile: then it stays.
  if (made?.makes) await db.batch(['drop schema assay'])
}
