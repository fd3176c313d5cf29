/**
 * Migrated databases of one architecture while somebody edits its migrations: files that did not change are not run
 * again, because a copy of the database before the first changed one is kept.
 */
import type { Server } from '../postgres/server.ts'
import type { MigrationFile } from '../migrate/files/migration-files.ts'
import { applySchema, readSchemaFiles, runSchemaFiles } from './migrations.ts'
import { createExtensions } from './schema-extensions.ts'
import type { SchemaSource } from './schema-source.ts'
import { putRolesAside, readRoles, rolesSince } from './watch-roles.ts'

export interface MigratedSchema {
  readonly template: string
  /** SQL files that were run for it; the others came with a copy. */
  readonly ran: number
  readonly files: number
}

/** Files would be run again that made or changed roles of the whole server, which only a new server undoes. */
export interface NeedsNewServer {
  readonly needsNewServer: true
  readonly edited: string | null
}

export interface SchemaKeeper {
  /** The first database with this schema. `edited`: a file that somebody is at work on. */
  first(schema: SchemaSource, edited: string | null): Promise<MigratedSchema>
  /** The next one. `mustRun`: even when no file changed. */
  again(schema: SchemaSource, mustRun: boolean): Promise<MigratedSchema | 'same' | NeedsNewServer>
  /** Drops what no next change can start from. Call when nobody works on earlier templates any more. */
  tidy(): Promise<void>
}

/** A database that has exactly these files, with the roles that there were then. */
interface Copy {
  readonly database: string
  readonly files: readonly MigrationFile[]
  readonly roles: string
}

/** Databases that are kept beside the last one: before each of so many last files, and before those that are edited. */
const mostCopies = 8

const isSame = (a: MigrationFile, b: MigrationFile | undefined): boolean =>
  a.file === b?.file && a.text === b.text

const commonFiles = (a: readonly MigrationFile[], b: readonly MigrationFile[]): number => {
  const at = a.findIndex((file, i) => !isSame(file, b[i]))
  return at < 0 ? a.length : at
}

const isPrefix = (files: readonly MigrationFile[], of: readonly MigrationFile[]): boolean =>
  commonFiles(files, of) === files.length

export const keepSchema = (server: Server, label: string): SchemaKeeper => {
  let copies: readonly Copy[] = []
  let last: (Copy & { readonly base: string }) | null = null
  let rolesAtStart: string | null = null
  const unneeded = new Set<string>()

  const keep = (copy: Copy): void => {
    copies = [copy, ...copies.filter((c) => c.database !== copy.database)]
    for (const old of copies.slice(mostCopies)) unneeded.add(old.database)
    copies = copies.slice(0, mostCopies)
  }

  const forgetCopies = (isOld: (copy: Copy) => boolean): void => {
    for (const { database } of copies.filter(isOld)) unneeded.add(database)
    copies = copies.filter((copy) => !isOld(copy))
  }

  /** Roles that have to be put aside to begin where there were these; null: only another server has them. */
  const laterThan = (then: string | null, now: string, mayPutAside: boolean): readonly string[] | null => {
    if (then === now) return []
    return then === null || !server.isOwn || !mayPutAside ? null : rolesSince(then, now)
  }

  /** The copy from which the fewest files are left to run. */
  const longestStart = (
    kept: readonly Copy[],
    files: readonly MigrationFile[],
    now: string,
  ): { readonly copy: Copy; readonly later: readonly string[] } | null => {
    const usable = kept.flatMap((copy) => {
      const later = isPrefix(copy.files, files) ? laterThan(copy.roles, now, true) : null
      return later === null ? [] : [{ copy, later }]
    })
    return usable.toSorted((a, b) => b.copy.files.length - a.copy.files.length)[0] ?? null
  }

  const makeDatabase = async (): Promise<string> => {
    const database = await server.createDatabase(label)
    rolesAtStart ??= await readRoles(server, database)
    return database
  }

  const makeEmpty = async (schema: SchemaSource): Promise<string> => {
    const database = await makeDatabase()
    try {
      await createExtensions(server, database, schema.extensions ?? [])
      return database
    } catch (cause) {
      unneeded.add(database)
      throw cause
    }
  }

  /** Runs the files behind `start`, keeping copies of what stands before some of them. */
  const runFrom = async (
    start: Copy | null,
    files: readonly MigrationFile[],
    keptBefore: readonly number[],
    schema: SchemaSource,
  ): Promise<string> => {
    let database = start ? await server.clone(start.database, label) : await makeEmpty(schema)
    let from = start?.files.length ?? 0
    try {
      for (const at of keptBefore.filter((n) => n > from)) {
        await runSchemaFiles(server, database, files.slice(from, at), schema)
        keep({ database, files: files.slice(0, at), roles: await readRoles(server, database) })
        from = at
        database = await server.clone(database, label)
      }
      await runSchemaFiles(server, database, files.slice(from), schema)
      return database
    } catch (cause) {
      unneeded.add(database)
      throw cause
    }
  }

  const runCommand = async (schema: SchemaSource): Promise<string> => {
    const database = await makeDatabase()
    try {
      await applySchema(server, database, schema)
      return database
    } catch (cause) {
      unneeded.add(database)
      throw cause
    }
  }

  const baseOf = ({ directory, extensions = [], command }: SchemaSource): string =>
    JSON.stringify([directory, extensions, command ?? null])

  const runAll = async (
    schema: SchemaSource,
    files: readonly MigrationFile[],
    start: Copy | null,
    keptBefore: readonly number[],
  ): Promise<MigratedSchema> => {
    const template =
      schema.command === undefined
        ? await runFrom(start, files, keptBefore, schema)
        : await runCommand(schema)
    await server.admitRoles()
    last = { database: template, files, roles: await readRoles(server, template), base: baseOf(schema) }
    return { template, ran: files.length - (start?.files.length ?? 0), files: files.length }
  }

  return {
    first(schema, edited) {
      const files = readSchemaFiles(schema)
      const places = files.map((_, at) => at)
      // People go on with the last files, or with the one that they have just changed.
      const late = places.slice(1).slice(1 - mostCopies)
      const own = files.findIndex(({ file }) => file === edited)
      return runAll(schema, files, null, own > 0 && !late.includes(own) ? [own, ...late] : late)
    },
    async again(schema, mustRun) {
      if (last === null) return { needsNewServer: true, edited: null }
      const before = last
      const files = readSchemaFiles(schema)
      const isPlain = before.base === baseOf(schema) && schema.command === undefined
      const isLonger = isPrefix(before.files, files)
      if (before.base === baseOf(schema) && !mustRun && isLonger && before.files.length === files.length)
        return 'same'

      const now = await readRoles(server, before.database)
      const start = isPlain ? longestStart([before, ...copies], files, now) : null
      const later = start === null ? laterThan(rolesAtStart, now, isPlain) : start.later
      // Before 16 a role of one's own server may make roles only until the first migration is through.
      const edited = commonFiles(files, before.files)
      if (server.major < 16 || later === null)
        return { needsNewServer: true, edited: files[edited]?.file ?? null }

      if (later.length > 0) {
        await putRolesAside(server, before.database, later)
        const then = start?.copy.roles ?? rolesAtStart
        forgetCopies((copy) => copy.roles !== then)
        // Until the files are through, nothing has the roles that the last database names.
        last = null
      } else if (!isPlain) forgetCopies(() => true)
      const made = await runAll(schema, files, start?.copy ?? null, isPlain ? [edited] : [])
      if (isPlain && isLonger && later.length === 0) keep(before)
      else unneeded.add(before.database)
      return made
    },
    async tidy() {
      for (const database of unneeded) {
        unneeded.delete(database)
        await server.dropDatabase(database)
      }
    },
  }
}
