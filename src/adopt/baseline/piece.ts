/**
 * What the baseline is made of: one piece for each object of the database, with its statements and the place where
 * it reads best. Families (one file each beside this one) read pieces; order.ts puts each behind what it stands on.
 */
import type { Session } from '../../postgres/session.ts'
import type { DefaultPrivileges } from '../../catalog/default-privileges.ts'
import type { TableShape } from './table-shapes.ts'

/** Headings of the file, in order; a piece comes earlier where something before it needs it. */
export const sections = [
  'Roles',
  'Schemas',
  'Types',
  'Functions',
  'Sequences',
  'Tables',
  'Keys and checks',
  'Foreign keys',
  'Indexes',
  'Functions over tables',
  'Views',
  'Rules',
  'Triggers',
  'Row-level security',
  'Publications',
  'Owners',
  'Privileges',
  'Privileges of objects to come',
] as const

export type Section = (typeof sections)[number]

/** A part of a table that reads inside CREATE TABLE where nothing later is needed for it. */
export interface Inline {
  /** Key of the table's piece. */
  readonly table: string
  /** Number of the column behind which it stands; null: on a line of its own. */
  readonly column: number | null
  readonly text: string
  /** There is no other way to make it. */
  readonly isRequired?: boolean
}

export interface Piece {
  /** The row of PostgreSQL's catalog that it stands for: `pg_class/16401`. */
  readonly key: string
  /** Rows that come into being with it: the index of a constraint, the row type of a table. */
  readonly rows?: readonly string[]
  /** As findings call it: `table public.products`. */
  readonly name: string
  readonly section: Section
  /** Order within the section. */
  readonly sort: readonly string[]
  /** Without semicolons; a table's are made of what is inline. */
  readonly statements: readonly string[] | ((inline: readonly Inline[]) => readonly string[])
  readonly inline?: Inline
  /** Keys that it stands on beside what pg_depend says. */
  readonly on?: readonly string[]
  /** Why the owner of a database cannot make it: it is named in a finding, with what hangs on it. */
  readonly cannot?: string
  /** Its id in the catalog, where it has one: what is named as not recreated is not missed in the copy again. */
  readonly structure?: string
}

/** What all families are given. Texts are canonical: the search_path is empty while they read. */
export interface Source {
  readonly db: Session
  readonly major: number
  /** Who owns the database: objects of this role need no owner named. */
  readonly owner: string
  /** By oid. */
  readonly tables: ReadonlyMap<number, TableShape>
  /** Names of pieces that a prelude makes before the baseline runs. */
  readonly made: ReadonlySet<string>
  /** Roles that are there before the baseline runs, and what objects to come are given there by themselves. */
  readonly roles: readonly string[]
  readonly defaults: readonly DefaultPrivileges[]
}

export type Family = (source: Source) => Promise<readonly Piece[]>

/** Rows of pg_class and its like as pieces name them. */
export const keyOf = (catalogTable: string, oid: number): string => `${catalogTable}/${oid}`
