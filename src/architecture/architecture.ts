/** A declared architecture as the rest of Assay reads it: plain values without the type parameters of the declaration. */
import { databaseObjects, type RelationName } from '../ground/names.ts'
import type { FormerName } from './former-name.ts'
import type { DeclaredAt, DeclaredRule } from './rule.ts'
import type { TableVolumeWish } from './volume.ts'

export interface DeclaredColumn {
  readonly name: string
  /** As declared: `varchar(100)`, or the name of a declared enum, domain or other type. */
  readonly type: string
}

export interface DeclaredTable extends RelationName {
  /** Relation id. */
  readonly id: string
  readonly columns: readonly DeclaredColumn[]
  /** In order of declaration: type, optional, enum and domain rules of the columns first, then the rules as written. */
  readonly rules: readonly DeclaredRule[]
  readonly at: DeclaredAt | null
  /** What it and its columns were called before. Absent: nothing else. */
  readonly renamedFrom?: readonly FormerName[]
}

/** How the application tells PostgreSQL who is asking: a role and settings per transaction. */
export interface Identity {
  readonly role: string
  readonly settings: (who: Readonly<Record<string, string>>) => Readonly<Record<string, string>>
}

/** A view or a materialized view. */
export interface DeclaredView extends RelationName {
  /** Relation id. */
  readonly id: string
  readonly rules: readonly DeclaredRule[]
  readonly at: DeclaredAt | null
}

/** A sequence, type, function or other object that belongs to no table. */
export interface DeclaredObject {
  /** Id of its structure: `sequence:order_numbers`. */
  readonly structure: string
  /** [] where it is the ground for others and cannot be broken alone: an extension. */
  readonly rules: readonly DeclaredRule[]
  /** DDL that makes it. */
  readonly design: readonly string[]
  readonly at: DeclaredAt | null
}

export interface Architecture {
  readonly name: string
  readonly tables: readonly DeclaredTable[]
  /** Absent: none. */
  readonly views?: readonly DeclaredView[]
  /** Absent: none. */
  readonly objects?: readonly DeclaredObject[]
  /** Relation ids of tables that are others' own, and `schema.*` for whole schemas: nothing is asked of them. Absent: none. */
  readonly leftAlone?: readonly string[]
  /** Ids of structures that stand only while a change of shape lasts, as its phases say: nothing is asked of them. Absent: none. */
  readonly temporary?: readonly string[]
  /** Rules of the queries and writes that were declared over it so far; each stands on the first table that it reads. Absent: none. */
  readonly queries?: readonly DeclaredRule[]
  readonly identity: Identity | null
  /** By relation id. Absent: sizes and distributions are as names and types let expect. */
  readonly volumes?: Readonly<Record<string, TableVolumeWish>>
}

/** Every place that rules stand on, in order of declaration: tables, views, then what belongs to no relation. */
export const placesOf = ({
  tables,
  views = [],
  objects = [],
  queries = [],
}: Pick<Architecture, 'tables' | 'views' | 'objects' | 'queries'>): readonly {
  readonly id: string
  readonly rules: readonly DeclaredRule[]
}[] => [
  ...[...tables, ...views].map((place) => {
    const own = queries.filter((query) => query.table === place.id)
    return own.length === 0 ? place : { ...place, rules: [...place.rules, ...own] }
  }),
  ...(objects.length === 0 ? [] : [{ id: databaseObjects, rules: objects.flatMap((o) => o.rules) }]),
]
