/** `architecture(…)`: tables put together, checked as a whole, as one plain value. */
import { AssayErrors, type AssayError } from '../ground/errors.ts'
import { parseRelationName, relationId, type RelationName } from '../ground/names.ts'
import type { Identity } from './architecture.ts'
import { checkPlaces } from './check-places.ts'
import { checkTables } from './check-tables.ts'
import { checkVolumes, volumesById } from './check-volumes.ts'
import type { DatabaseOfTables, DatabaseOfViews, TypedArchitecture } from './database-types.ts'
import { declaredAt } from './declared-at.ts'
import { isTableLeftAlone, type LeftAloneKey } from './left-alone.ts'
import { refuseUnknownKeys } from './rule-options.ts'
import { objectOf, type AnyObject } from './object.ts'
import { withQueries } from './with-queries.ts'
import { declarationFault, type ReferenceFact } from './rule-set.ts'
import type { Table } from './table.ts'
import type { View } from './view.ts'
import type { TableVolumeWish } from './volume.ts'

/** How the application tells PostgreSQL who is asking. Who: the fields that identify the asker, such as the tenant. */
export interface IdentityDeclaration<Who extends Readonly<Record<string, string>>> {
  /** The role that the application's transactions run as. */
  readonly role: string
  /** The settings of such a transaction. */
  readonly settings: (who: Who) => Readonly<Record<string, string>>
}

/** The sentence that the compiler shows for a foreign key that leads nowhere; never when it leads somewhere. */
type ReferenceFault<Key extends string, References, Database, Left> =
  References extends ReferenceFact<infer Target, infer Columns>
    ? // Not `Target extends keyof Database`: that lists all tables anew for every reference.
      Database extends { readonly [K in Target]: infer Row }
      ? [Columns] extends [keyof Row]
        ? never
        : `"${Key}" references "${Target}" by "${Exclude<Columns, keyof Row>}", which is not a column of it`
      : Target extends Left
        ? never
        : `"${Key}" references "${Target}", which is not among the tables`
    : never

type TableCheck<T, Database, Left> =
  T extends Table<infer Key, unknown, infer References>
    ? [ReferenceFault<Key, References, Database, Left>] extends [never]
      ? T
      : ReferenceFault<Key, References, Database, Left>
    : T

const isTable = (value: unknown): value is Table =>
  typeof value === 'object' && value !== null && 'rules' in value && 'faults' in value && 'columns' in value

const isView = (value: unknown): value is View =>
  typeof value === 'object' && value !== null && 'rules' in value && 'faults' in value && 'query' in value

/**
 * All tables of one database with what they ask of each other, the views over them, the objects that belong to no
 * table (sequences, types, functions, extensions), and how the application says who is asking.
 * Everything that is wrong with the declaration is reported at once.
 *
 * @example
 * export const commerce = architecture('commerce', {
 *   tables: { tenants, users, products },
 *   identity: { role: 'app', settings: (who: { tenant: string }) => ({ 'app.tenant_id': who.tenant }) },
 * })
 * // begin; set local role "app"; select set_config('app.tenant_id', '7', true); … commit
 */
export const architecture = <
  const Tables extends Readonly<Record<string, Table>>,
  Who extends Readonly<Record<string, string>> = Readonly<Record<string, string>>,
  const Views extends Readonly<Record<string, View>> = Readonly<Record<never, View>>,
  const LeftAlone extends string | RelationName = never,
>(
  name: string,
  options: {
    readonly tables: {
      readonly [K in keyof Tables]: TableCheck<Tables[K], DatabaseOfTables<Tables>, LeftAloneKey<LeftAlone>>
    }
    readonly views?: Views
    readonly objects?: readonly AnyObject[]
    /**
     * What others keep for themselves: tables such as `schema_migrations`, and whole schemas of a platform
     * (`auth.*`). Nothing is asked of them but what rules state; foreign keys may lead there. One that is declared
     * too has its columns for queries, and rules for what is put on it.
     */
    readonly leftAlone?: readonly LeftAlone[]
    readonly identity?: IdentityDeclaration<Who>
    /**
     * Rows that tables are expected to have and how values are spread, by table: what `assay fill` writes. Nothing of
     * it is proven.
     */
    readonly volumes?: Readonly<Record<string, TableVolumeWish>>
  },
): TypedArchitecture<DatabaseOfTables<Tables> & DatabaseOfViews<Views>> => {
  const at = declaredAt(architecture)
  const faults: AssayError[] = []
  const place = { table: name, tableColumns: [], at, refuse: (fault: AssayError) => faults.push(fault) }
  refuseUnknownKeys(place, 'architecture', options, [
    'tables',
    'views',
    'objects',
    'leftAlone',
    'identity',
    'volumes',
  ])
  const given: readonly (readonly [string, unknown])[] = Object.entries(
    (options.tables as typeof options.tables | undefined) ?? {},
  )
  const tables = given.flatMap(([key, value]) => {
    if (isTable(value)) return [value]
    faults.push(
      declarationFault(
        place,
        'not-a-table',
        `${name}: "${key}" is not a table.`,
        "Give what table('…') answers.",
      ),
    )
    return []
  })
  const givenViews: readonly (readonly [string, unknown])[] = Object.entries(options.views ?? {})
  const views = givenViews.flatMap(([key, value]) => {
    if (isView(value)) return [value]
    faults.push(
      declarationFault(
        place,
        'not-a-view',
        `${name}: "${key}" is not a view.`,
        "Give what view('…') or materializedView('…') answers.",
      ),
    )
    return []
  })
  const objects = (options.objects ?? []).flatMap((value) => objectOf(value, place) ?? [])
  const named: readonly (string | RelationName)[] = options.leftAlone ?? []
  const leftAlone = named.map((one) => relationId(typeof one === 'string' ? parseRelationName(one) : one))
  // Who is known to the user's function only; Assay calls it with every field that it asks for.
  const identity = (options.identity ?? null) as Identity | null
  faults.push(
    ...checkTables({ name, tables, leftAlone, identity, at }),
    ...checkPlaces({ tables, views, objects }),
    ...checkVolumes(options.volumes ?? {}, { name, at, tables }),
  )
  if (faults.length > 0) throw new AssayErrors(faults)
  return withQueries({
    name,
    identity,
    tables: tables.map(({ schema, name: own, id, columns, rules, written, at: line, renamedFrom }) => ({
      schema,
      name: own,
      id,
      columns,
      rules: isTableLeftAlone(leftAlone, id) ? (written ?? rules) : rules,
      at: line,
      ...(renamedFrom === undefined ? {} : { renamedFrom }),
    })),
    ...(views.length === 0
      ? {}
      : {
          views: views.map(({ schema, name: own, id, rules, at: line }) => ({
            schema,
            name: own,
            id,
            rules,
            at: line,
          })),
        }),
    ...(objects.length === 0 ? {} : { objects }),
    ...(leftAlone.length === 0 ? {} : { leftAlone }),
    ...(options.volumes === undefined ? {} : { volumes: volumesById(options.volumes, tables) }),
  })
}
