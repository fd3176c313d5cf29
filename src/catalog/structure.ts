/**
 * One object that the database has, and what can be done to it. Every kind of structure is one file beside this
 * one with the same verbs: read, create, drop, mutants. Over it: rules claim structures, prove breaks them.
 */
import type { Session } from '../postgres/session.ts'
import type { DependencyGraph } from './dependency/dependency.ts'
import type { Table } from './table.ts'

/** A structure as read. `Facts` belongs to its kind's file, which exports a typed accessor. */
export interface Structure<Facts = unknown> {
  /** `products/unique:tenant_id,slug`; a second one of the same shape gets `#its_name`. Database-wide ones have no table: `type/enum:order_status`. */
  readonly id: string
  readonly kind: string
  /** Key of the table in `Catalog.tables`, null for database-wide structures. */
  readonly table: string | null
  /** The object's own name in the database (constraint, index, policy …); the column's name for column attributes. */
  readonly name: string
  /** Canonical text, taken with an empty search_path, without the object's own name where PostgreSQL allows. */
  readonly definition: string
  /** Ids of structures without which this one cannot be (a foreign key's target key, a trigger's function). */
  readonly dependsOn: readonly string[]
  readonly facts: Facts
}

/** What a mutant does to the structure: takes it away, lets more through, lets less through, or does another thing. */
export type MutantEffect = 'removed' | 'weakened' | 'strengthened' | 'changed'

export interface Mutant {
  /** `products/check:price_not_negative~relational:>` : structure id, `~`, operator, `:` detail. Unique and stable. */
  readonly id: string
  readonly structure: string
  /** Stable operator name, such as `check.relational-operator-exchanged`. */
  readonly operator: string
  readonly effect: MutantEffect
  /** "price >= 0 becomes price > 0". */
  readonly summary: string
  /** Transactional DDL, run as the owner, in order. Includes dropping and making again the dependents that forbid it. */
  readonly ddl: readonly string[]
  /** Ids of other structures that this DDL has to take away with it (foreign keys on a dropped key). Their own experiments do not count as kills. */
  readonly alsoRemoves?: readonly string[]
  /** Why nobody can tell this mutant apart, when reasoning over the catalog proves it. */
  readonly equivalent?: string
  /** Why only what asks for its name can tell it apart: every value is the same. */
  readonly byName?: string
  /** Id of a function: only what calls it as it stands unbroken, or is refused its rights, can tell this one apart. */
  readonly whenCalled?: string
}

export interface Catalog {
  readonly major: number
  /** By relation id (`products`, `sales.orders`); ordinary and partitioned tables, and partitions. */
  readonly tables: ReadonlyMap<string, Table>
  readonly structures: ReadonlyMap<string, Structure>
  /** What PostgreSQL ties to columns, keys and views: DDL that it forbids is written around it (dependency/dependents.ts). */
  readonly dependencies: DependencyGraph
  /** Structures of a table, optionally of one kind. Returns [] for none. */
  of(table: string, kind?: string): readonly Structure[]
  /** Structures (transitively) that depend on this one. */
  dependents(structure: string): readonly Structure[]
}

/** A body that takes points, locks of its session, where it comes. */
export interface TellingBody {
  /** CREATE OR REPLACE, whole. */
  readonly ddl: string
  /** All of its points lie from here to before `end`; the first one is taken by every call. */
  readonly start: number
  readonly end: number
  /** Its answer may stand in a plan that its caller keeps: it is not called again then. */
  readonly mayBeKept: boolean
  /** The point that is taken before anything runs that the mutant breaks; null: only that of every call is known. */
  pointBefore(mutant: Mutant): number | null
}

/** The verbs of a kind of structure. `read` is one query for the whole database, whatever its size. */
export interface StructureKind<Facts> {
  readonly kind: string
  read(db: Session, tables: ReadonlyMap<string, Table>): Promise<readonly Structure<Facts>[]>
  /** DDL that makes it. */
  create(structure: Structure<Facts>, catalog: Catalog): readonly string[]
  /** DDL that leaves the database exactly without it (a type's absence is `text`, a column's NOT NULL is DROP NOT NULL). */
  drop(structure: Structure<Facts>, catalog: Catalog): readonly string[]
  /** Includes removal as the first one, where removal exists. */
  mutants(structure: Structure<Facts>, catalog: Catalog): readonly Mutant[]
  /** Further ones, that only calls tell apart: they are made where a rule says what its answers are. */
  answerMutants?(structure: Structure<Facts>, catalog: Catalog): readonly Mutant[]
  /** Whether plans may need it: only its mutants are put to experiments that ask for a plan. */
  readonly servesPlans?: boolean
  /** Nothing but a statement that names it, or what stands on it, does another thing without it or with another one. */
  readonly actsByName?: true
  /** The name that bodies call it by, and its own body as text: what is called there the catalog does not tell. */
  calls?(structure: Structure<Facts>): { readonly name: string; readonly body: string }
  /** With its points numbered from `start`; null: it cannot tell. */
  tells?(structure: Structure<Facts>, start: number): TellingBody | null
  /** It tells people something, and no statement does another thing without it: no test of behaviour can notice. */
  readonly isWordsOnly?: true
  /** One with other content is dropped before the other is made; absent: it is altered in place. */
  readonly isMadeAnew?: true
  /**
   * What it does when a superuser or a role with BYPASSRLS inserts a row into its table: it runs the user's code, or rests, and
   * what it depends on with it. Absent: itself nothing; what it depends on may run.
   */
  onInsert?(structure: Structure<Facts>): 'runs' | 'rests'
  /** What a person declares so that it is proven; absent: "declare the rule that needs it". */
  declaredBy?(structure: Structure<Facts>): string
  /** Why its structures have no mutants at all: infrastructure that is listed and not broken. Absent: it has mutants. */
  readonly notMutated?: string
}
