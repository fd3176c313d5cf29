/**
 * What keeps a key from changing beside the old one, why, and how it is done by hand: what has neither a twin nor can be
 * said again in a moment.
 */
import { kindOfStructure } from '../../../catalog/kind-of.ts'
import type { KeyFacts } from '../../../catalog/key/key.ts'
import type { ReferencesFacts } from '../../../catalog/foreign-key.ts'
import type { GeneratedFacts } from '../../../catalog/generated.ts'
import type { Catalog, Structure } from '../../../catalog/structure.ts'
import type { Table } from '../../../catalog/table.ts'
import { relationId, structureId } from '../../../ground/names.ts'
import type { PgFault } from '../../../postgres/fault.ts'
import { ident, qualified } from '../../../postgres/quote.ts'
import type { Finding } from '../../../prove/result.ts'
import { saysShape } from '../lab.ts'
import { keyByPartitions } from './by-partitions.ts'
import type { KeyShape } from '../shape.ts'
import { isMoved, isReplaced, isTwin } from './stood-on.ts'
import { isTwinView, readsByPlace } from './twin-views.ts'

/** Columns that are computed when they are read, since this version. */
const virtualSince = 18
/** A foreign key of a partitioned table may be added without a look at its rows, since this version. */
const partitionedSince = 18

interface Obstacle {
  readonly id: string
  readonly what: string
  readonly why: string
  readonly fix: string
}

const statements = (all: readonly string[]): string =>
  all.map((sql) => `${sql.replace(/;\s*$/u, '')};`).join('\n')

/** In migrations of one's own. */
const aroundIt = (one: Structure, before: Catalog, until: string): string =>
  `take it away before, and make it again ${until}, each in a migration of its own:\n${statements(kindOfStructure(one).drop(one, before))}\n-- … assay migrate expand, up to ${until.replace(/^.* /u, '')} …\n${statements(kindOfStructure(one).create(one, before))}`

/** A column that is stored and computed of one that gets another type. */
export const ofGenerated = (one: Structure, before: Catalog, major: number): Obstacle => {
  const { column, expression } = one.facts as GeneratedFacts
  const table = before.tables.get(one.table ?? '')
  const type = table?.columns.find(({ name }) => name === column)?.type ?? 'text'
  const alter = `alter table ${table === undefined ? '…' : qualified(table)}`
  return {
    id: one.id,
    what: `${one.id} stands on it`,
    why: 'a column that is computed and stored is written into every row when it is made, under a lock that nobody reads past',
    fix:
      major >= virtualSince
        ? `let it be computed when it is read, before (no row is written; what stands on the column has to be made again): a virtual one is taken along\n${alter} drop column ${ident(column)};\n${alter} add column ${ident(column)} ${type} generated always as (${expression}) virtual;`
        : `let it be a plain column before, which a trigger computes: it keeps its values\n${alter} alter column ${ident(column)} drop expression;\n-- create trigger … before insert or update …: new.${ident(column)} := ${expression}\nBehind the last phase it may be made anew, while nobody writes: ${alter} drop column ${ident(column)}, add column ${ident(column)} ${type} generated always as (${expression}) stored;`,
  }
}

const ofOther = (one: Structure, before: Catalog): Obstacle => {
  const what = `${one.id} stands on it`
  if (one.kind === 'materializedView')
    return {
      id: one.id,
      what,
      why: 'it reads a function: while it is made anew, that one still reads the old side',
      fix: aroundIt(one, before, 'behind the switch'),
    }
  if (one.kind === 'excludes')
    return {
      id: one.id,
      what,
      why: 'PostgreSQL builds its index only under a lock of the whole table, and takes none that was built before',
      fix: `${aroundIt(one, before, 'behind the switch')}\nUntil then nothing refuses rows that it would refuse, and adding it locks the table for as long as its index takes: try it on a copy first.`,
    }
  return {
    id: one.id,
    what,
    why: `${kindOfStructure(one).kind} cannot be built beside the old one while writers go on, and not in the moment of the switch`,
    fix: aroundIt(one, before, 'behind the switch'),
  }
}

/** Its text reads a column of the one type, and PostgreSQL refuses it over the other. */
export const notSaidAgain = (
  shape: KeyShape,
  one: Structure,
  before: Catalog,
  refused: PgFault,
): Finding => ({
  code: 'expand.key',
  severity: 'error',
  structure: one.id,
  summary: `${saysShape(shape)}: ${one.id} stands on it, and its text does not go with the other type: ${refused.message}`,
  why: 'what stands on the column is said again by its own text in the switch',
  fix: `${aroundIt(one, before, 'behind the switch')}\n-- (the last one by a text that goes with the other type)`,
})

/** What is made of an index that was built before, where a table is one. */
const isConstraint = ({ kind }: Structure): boolean => kind === 'primaryKey' || kind === 'unique'

const byAnotherTable = ({ schema, name }: Table): string => {
  const next = { schema, name: `${name}_next` }
  return [
    'fill another table beside it, and let both change their names:',
    `create table ${qualified(next)} (…) partition by …; -- with the new type, its partitions, keys and indexes`,
    `create trigger … after insert or update or delete on ${qualified({ schema, name })} …; -- writes the same row there`,
    `assay migrate backfill --sql 'insert into ${qualified(next)} select t.* from ${qualified({ schema, name })} as t for no key update of t on conflict do nothing' --url …`,
    `begin; lock table ${qualified({ schema, name })}; alter table ${qualified({ schema, name })} rename to …; alter table ${qualified(next)} rename to ${ident(name)}; commit;`,
    'Or change the key with `assay design` while the application stands still.',
  ].join('\n')
}

/** Nothing points to it: its key can be taken from keys of its partitions. */
const byPartitions = (
  shape: KeyShape,
  table: Table,
  own: readonly Structure[],
  before: Catalog,
): string | null => {
  const part = shape.parts.find((one) => relationId(one.table) === table.id)
  const isTarget = [...before.structures.values()].some(
    ({ kind, facts }) => kind === 'references' && (facts as ReferencesFacts).target === table.id,
  )
  if (part === undefined || isTarget || shape.drawn !== undefined) return null
  const keys = own.filter(isConstraint).map((one) => one as Structure<KeyFacts>)
  return keyByPartitions(before, { table, part, keys })
}

const ofPartitioned = (
  shape: KeyShape,
  table: Table,
  olds: readonly Structure[],
  { before, major }: { readonly before: Catalog; readonly major: number },
): readonly Obstacle[] => {
  const id = structureId(table.id, 'table')
  if (table.partitionOf !== null)
    return [
      {
        id,
        what: `${table.id} is a partition, or a child of another table`,
        why: 'its columns are its parent’s',
        fix: 'declare the change on the parent',
      },
    ]
  const own = olds.filter((one) => one.table === table.id)
  const key = own.find(isConstraint)
  if (key !== undefined)
    return [
      {
        id,
        what: `${table.id} is partitioned, and ${key.id} stands on it`,
        why: 'PostgreSQL makes no constraint of a partitioned table from an index of the whole table that was built before',
        fix: byPartitions(shape, table, own, before) ?? byAnotherTable(table),
      },
    ]
  const foreign = own.find(({ kind }) => kind === 'references')
  return foreign === undefined || major >= partitionedSince
    ? []
    : [
        {
          id,
          what: `${table.id} is partitioned, and ${foreign.id} stands on it`,
          why: `before version ${partitionedSince} PostgreSQL adds a foreign key of a partitioned table only with a look at all rows, under a lock that nobody writes past`,
          fix: `take the foreign key away before, and add it behind the last phase, while nobody writes; or move to PostgreSQL ${partitionedSince} first: assay migrate cutover`,
        },
      ]
}

/** Such a text says something else once other columns stand in these places. */
const ofPlaces = (one: Structure): Obstacle => ({
  id: one.id,
  what: `${one.id} reads columns by their place`,
  why: 'one of them was renamed after it was made, and since then PostgreSQL prints its text with a list of all columns of the table',
  fix: 'make it anew in a migration of its own before: drop it, and create it by a text that names the columns as they are called now',
})

/** `olds`: what goes when the columns go. `major`: the version for which phases are written. Needs `loadParser()`. */
export const keyObstacles = (
  shape: KeyShape,
  olds: readonly Structure[],
  before: Catalog,
  major: number,
): readonly Finding[] => {
  const isVirtual = (one: Structure): boolean =>
    one.kind === 'generated' && (one.facts as GeneratedFacts).storage === 'virtual'
  const isTaken = (one: Structure): boolean =>
    isTwin(one) || isReplaced(one) || isMoved(one) || isVirtual(one) || isTwinView(one, olds)
  const tables = [...new Set(olds.flatMap(({ table }) => table ?? []))].flatMap(
    (id) => before.tables.get(id) ?? [],
  )
  const names = shape.parts.map(({ table }) => table)
  const all = [
    ...olds
      .filter((one) => !isTaken(one))
      .map((one) => (one.kind === 'generated' ? ofGenerated(one, before, major) : ofOther(one, before))),
    ...tables
      .filter(({ kind, partitionOf }) => kind === 'partitioned' || partitionOf !== null)
      .flatMap((table) => ofPartitioned(shape, table, olds, { before, major })),
    ...olds.filter((one) => readsByPlace(one, names)).map(ofPlaces),
  ]
  return all.map(({ id, what, why, fix }) => ({
    code: 'expand.key',
    severity: 'error',
    structure: id,
    summary: `${saysShape(shape)}: ${what}`,
    why,
    fix,
  }))
}
