/** A catalog as architecture files: tables that belong together in one file, shared types beside them, one entry. */
import { partitionAncestors, partitionParent } from '../../catalog/partition/whole.ts'
import { referencesOf } from '../../catalog/references.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { isTableLeftAlone } from '../../architecture/left-alone.ts'
import { relationId, type RelationName } from '../../ground/names.ts'
import type { Finding } from '../../prove/result.ts'
import type { AdoptedFile } from '../adopted.ts'
import type { ObservedFunction } from '../calls/observed-function.ts'
import type { ObservedTrigger } from '../observe/observed-trigger.ts'
import { aggregatesOf } from './aggregates.ts'
import { bookkeepingFinding, bookkeepingTables } from './bookkeeping.ts'
import { exportConst } from './layout.ts'
import { docLines } from './literals.ts'
import { makeNamer, toFileName, toIdentifier } from './names.ts'
import { entryFiles } from './print-entry.ts'
import { neverRunFindings } from './never-run.ts'
import { printBeside } from './print-beside.ts'
import { split, writeFiles, type Piece, type PlannedFile } from './print-files.ts'
import type { Left, PrintContext } from './print-kind.ts'
import { printPartition, printTable, type PrintedTable } from './print-table.ts'
import { asPrinted, type ReadableSql } from './readable-sql.ts'
import { tableName } from './relation-code.ts'
import { unclaimedFindings, withWhatTheyNeed } from './unclaimed.ts'
import { nothingUnkept, type Unkept } from './unkept.ts'
import { readUserTypes, type UserTypes } from './user-types.ts'

export interface PrintOptions {
  /** Of the architecture. */
  readonly name: string
  readonly ending: '.ts'
  /** What readReadableSql answered; left out: expressions as PostgreSQL prints them. */
  readonly sql?: ReadableSql
  /** What a platform's prelude makes: tables, and `*` for all of a schema. */
  readonly leftAlone?: readonly RelationName[]
  /** The catalog with the platform's part, where that is taken out of it. */
  readonly whole?: Catalog
  /** What readUnkept answered; left out: rules ask no more than the database keeps. */
  readonly unkept?: Unkept
  /** What observeTriggers saw of the triggers and rewrite rules. */
  readonly observed?: readonly ObservedTrigger[]
  /** What observeFunctions saw of functions and procedures. */
  readonly functions?: readonly ObservedFunction[]
}

export interface PrintedArchitecture {
  readonly files: readonly AdoptedFile[]
  /** File and export of the architecture. */
  readonly entry: { readonly path: string; readonly name: string }
  readonly findings: readonly Finding[]
}

/** Why a table is not declared at all; null for those that are. */
const reasonToSkip = (table: Table): string | null =>
  table.kind === 'foreign'
    ? 'it is a foreign table: its rows are another server’s, and no experiment can write them'
    : null

/** Partitions are as their whole is; one that has something of its own, or is pointed to, is declared beside it. */
const listedTables = (catalog: Catalog): readonly Table[] => {
  const all = [...catalog.tables.values()]
  const targets = new Set(
    all.flatMap((table) => referencesOf(catalog, table.id).map(({ facts }) => facts.target)),
  )
  return all.filter(
    (table) =>
      partitionParent(catalog, table) === null || catalog.of(table.id).length > 0 || targets.has(table.id),
  )
}

/** Two tables of one name are told apart by their schemas. */
const nameTables = (
  tables: readonly Table[],
  nameOf: (wish: string) => string,
): ReadonlyMap<Table, string> => {
  const wishes = new Map(tables.map((table) => [table, toIdentifier(table.name, 'table')]))
  const count = new Map<string, number>()
  for (const wish of wishes.values()) count.set(wish, (count.get(wish) ?? 0) + 1)
  return new Map(
    tables.map((table) => {
      const wish = wishes.get(table) ?? ''
      const isShared = (count.get(wish) ?? 0) > 1 && table.schema !== 'public'
      return [table, nameOf(isShared ? toIdentifier(`${table.schema} ${table.name}`, 'table') : wish)]
    }),
  )
}

const folderOf = (schema: string, folders: ReadonlyMap<string, string>): string =>
  schema === 'public' ? 'data/tables' : `data/tables/${folders.get(schema) ?? ''}`

const toPiece = (printed: PrintedTable, types: UserTypes): Piece => ({
  ...printed,
  needs: [...printed.types.flatMap((id) => types.all.get(id)?.name ?? []), ...printed.needs],
})

const typePieces = (types: UserTypes): ReadonlyMap<string, Piece> =>
  new Map(
    [...types.all.values()].map((type) => [
      type.id,
      {
        name: type.name,
        text: exportConst(type.name, type.code, docLines(type.comment)),
        imports: type.imports,
        needs: type.types.flatMap((id) => types.all.get(id)?.name ?? []),
      },
    ]),
  )

/** Types that one file alone names stand in it; the others, and what they stand on, in a file of types. */
const withTypes = (files: readonly PlannedFile[], types: UserTypes): readonly PlannedFile[] => {
  const pieces = [...typePieces(types).values()]
  const users = new Map<string, Set<string>>()
  const use = (name: string, path: string): void => {
    users.set(name, (users.get(name) ?? new Set()).add(path))
    for (const base of pieces.find((piece) => piece.name === name)?.needs ?? []) use(base, path)
  }
  for (const { path, pieces: own } of files)
    for (const name of own.flatMap((piece) => piece.needs)) use(name, path)
  const isOwn = (piece: Piece, path: string): boolean => {
    const paths = users.get(piece.name)
    return paths?.size === 1 && paths.has(path)
  }
  const shared = pieces.filter((piece) => users.get(piece.name)?.size !== 1)
  return [
    ...files.map((file) => ({
      ...file,
      pieces: [...pieces.filter((piece) => isOwn(piece, file.path)), ...file.pieces],
    })),
    ...(shared.length === 0 ? [] : [{ path: 'data/types', pieces: shared }]),
  ]
}

export const printArchitecture = (catalog: Catalog, options: PrintOptions): PrintedArchitecture => {
  const sql = options.sql ?? asPrinted
  const unkept = options.unkept ?? nothingUnkept
  const kept = bookkeepingTables(catalog)
  const candidates = listedTables(catalog).filter((table) => !kept.has(table.id))
  const skipped = candidates.flatMap((table) => {
    const why = reasonToSkip(table)
    return why === null ? [] : [{ table, why }]
  })
  const tables = candidates.filter((table) => !skipped.some((one) => one.table === table))
  const declared = new Set(tables.map((table) => table.id))
  const platform = (options.leftAlone ?? []).map(relationId)
  const context: PrintContext = {
    catalog,
    sql,
    unkept,
    whole: options.whole ?? catalog,
    isDeclared: (id) => declared.has(id) || isTableLeftAlone(platform, id),
    ...(options.observed ? { observed: options.observed } : {}),
  }

  const nameOf = makeNamer()
  const entryName = nameOf(toIdentifier(options.name, 'database'))
  const names = nameTables(tables, nameOf)
  const types = readUserTypes(
    catalog,
    tables.flatMap((table) => table.columns),
    { sql, nameOf },
  )
  const printed = new Map(
    tables.map((table) => {
      const name = names.get(table) ?? ''
      const whole = names.get(partitionAncestors(catalog, table).find((one) => names.has(one)) ?? table)
      return whole === undefined || whole === name
        ? [table, printTable(table, name, types, context)]
        : [table, printPartition(table, name, whole, context)]
    }),
  )

  const pathOf = makeNamer()
  const entryPath = pathOf(`data/${toFileName(options.name, 'database')}`)
  pathOf('data/types')
  const schemas = [...new Set(tables.map((table) => table.schema))].filter((s) => s !== 'public')
  const folders = new Map(schemas.map((schema) => [schema, pathOf(toFileName(schema, 'schema'))]))
  const aggregates = aggregatesOf(tables, catalog)
  const groups = aggregates.map((aggregate): PlannedFile => ({
    path: pathOf(`${folderOf(aggregate[0].schema, folders)}/${toFileName(aggregate[0].name, 'table')}`),
    pieces: aggregate.flatMap((table) => {
      const one = printed.get(table)
      return one ? [toPiece(one, types)] : []
    }),
  }))
  const inOrder = aggregates.flat().map((table) => names.get(table) ?? '')
  const leftTables = new Set([...kept.keys(), ...skipped.map((one) => one.table.id)])
  const beside = printBeside(catalog, {
    nameOf,
    pathOf,
    isClaimedBy: (claims) => {
      const claimed = withWhatTheyNeed(catalog, claims)
      return (id) => claimed.has(id)
    },
    claims: [...printed.values()].flatMap((one) => one.claims),
    skipped: leftTables,
    unkept,
    ...(options.functions ? { functions: options.functions } : {}),
  })
  const files = [
    ...withTypes(groups, types).flatMap((file) => split(file, pathOf)),
    ...beside.files,
    ...entryFiles({
      name: entryName,
      path: entryPath,
      title: options.name,
      tables: inOrder,
      views: beside.views,
      objects: beside.objects,
      leftAlone: [
        ...[...kept.values()].map(({ table }) => tableName(table)),
        ...(options.leftAlone ?? []).map(tableName),
      ],
      nameOf,
    }),
  ]

  const all = [...printed.values()]
  const left: readonly Left[] = [
    ...all.flatMap((one) => one.left),
    ...skipped.flatMap(({ table, why }) => catalog.of(table.id).map(({ id }) => ({ structure: id, why }))),
  ]
  return {
    files: writeFiles(files, options.ending),
    entry: { path: `${entryPath}${options.ending}`, name: entryName },
    findings: [
      ...[...kept.values()].map(bookkeepingFinding),
      ...neverRunFindings(catalog, beside.claims),
      ...unclaimedFindings(
        catalog,
        [...all.flatMap((one) => one.claims), ...beside.claims],
        left,
        new Set(kept.keys()),
      ),
    ],
  }
}
