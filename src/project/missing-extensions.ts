/**
 * Extensions of a database that runs and that Assay's own server does not have: the copy is made without them, and
 * what hangs on them is named, structure by structure and statement by statement.
 */
import type { Catalog, Structure } from '../catalog/structure.ts'
import { difference } from '../catalog/difference.ts'
import { AssayError } from '../ground/errors.ts'
import { idPart } from '../ground/names.ts'
import { ident } from '../postgres/quote.ts'
import type { Server } from '../postgres/server.ts'
import type { Finding } from '../prove/result.ts'
import type { RefusedStatement } from './apply-baseline.ts'
import { hangingList } from './load-findings.ts'
import { standsForNothing } from './load-script.ts'
import { createExtensions, nameOfExtension } from './schema-extensions.ts'

export interface AbsentExtension {
  readonly name: string
  readonly found: string
}

export interface OfferedExtensions {
  /** As they are listed. */
  readonly present: readonly string[]
  readonly absent: readonly AbsentExtension[]
}

/** Creates those that the server has. Throws AssayError for any other fault. */
export const createOffered = async (
  server: Server,
  database: string,
  listed: readonly string[],
): Promise<OfferedExtensions> => {
  const present: string[] = []
  const absent: AbsentExtension[] = []
  for (const one of listed) {
    try {
      await createExtensions(server, database, [one])
      present.push(one)
    } catch (cause) {
      if (!(cause instanceof AssayError) || cause.code !== 'schema.extension') throw cause
      absent.push({ name: nameOfExtension(one), found: cause.found ?? cause.message })
    }
  }
  return { present, absent }
}

/** A baseline of which statements were taken out, with the head that names what it needs now. */
export const withExtensions = (sql: string, { present, absent }: OfferedExtensions): string => {
  if (absent.length === 0) return sql
  const rest = sql.replace(/^-- Needs the extensions .*\n/mu, '').trimStart()
  return present.length === 0 ? rest : `-- Needs the extensions ${present.join(', ')}.\n\n${rest}`
}

/** All that stands on it, itself included, whatever stands in between. */
const closureOf = (catalog: Catalog, id: string): ReadonlySet<string> => {
  const found = new Set([id])
  for (const one of found) for (const dependent of catalog.dependents(one)) found.add(dependent.id)
  return found
}

export interface LeftWithout {
  /** Structures of the database that are explained: nothing else is to be said of them. */
  readonly ids: ReadonlySet<string>
  /** Statements that are explained. */
  readonly statements: ReadonlySet<RefusedStatement>
  readonly findings: readonly Finding[]
}

/** What the copy lacks for want of these extensions. */
export const leftWithout = (
  absent: readonly AbsentExtension[],
  { source, copy }: { readonly source: Catalog; readonly copy: Catalog },
  refused: readonly RefusedStatement[],
): LeftWithout => {
  if (absent.length === 0) return { ids: new Set(), statements: new Set(), findings: [] }
  const statements = refused.filter(({ sqlstate }) => standsForNothing(sqlstate))
  const closures = absent.map(({ name }) => closureOf(source, `extension:${idPart(name)}`))
  const isNamed = (name: string): boolean =>
    statements.some(({ text }) => text.includes(name) || text.includes(ident(name)))
  const isExplained = ({ id, name, table }: Structure): boolean =>
    closures.some((ids) => ids.has(id)) || isNamed(source.tables.get(table ?? '')?.name ?? name)
  const gone = difference(source, copy)
    .gone.flatMap(({ id }) => source.structures.get(id) ?? [])
    .filter(isExplained)
  /** A dependent that the catalog does not tell hangs on one of them, and nobody knows on which. */
  const hangsOn = (id: string, n: number): boolean =>
    closures[n]!.has(id) || !closures.some((ids) => ids.has(id))
  /** Of a table that is gone as a whole. */
  const isPart = ({ table, kind }: Structure): boolean =>
    table !== null && kind !== 'table' && source.tables.has(table) && !copy.tables.has(table)
  const names = absent.map(({ name }) => name)
  return {
    ids: new Set(gone.map(({ id }) => id)),
    statements: new Set(statements),
    findings: [
      ...absent.map(({ name, found }, n): Finding => {
        const own = gone.filter((one) => one.kind !== 'extension' && !isPart(one) && hangsOn(one.id, n))
        return {
          code: 'adopt.extension-missing',
          severity: 'warning',
          structure: `extension:${idPart(name)}`,
          summary: `the local PostgreSQL does not have the extension ${name}: what hangs on it is left out`,
          why: found,
          fix:
            own.length === 0
              ? `Nothing that is adopted hangs on it: the rest is whole without ${name}.`
              : hangingList(
                  name,
                  own.map(({ id }) => id),
                ),
        }
      }),
      ...statements.map(({ text, message }): Finding => ({
        code: 'adopt.left-out',
        severity: 'warning',
        summary: `left out, because it needs the extension ${names.join(' or ')}: ${(text.split('\n')[0] ?? '').slice(0, 160)}`,
        reason: `left out, because they need the extension ${names.join(' or ')}`,
        why: message,
        fix: 'Write what it needs into a file (types as domains, functions that answer alike) and adopt again with --before FILE.',
      })),
    ],
  }
}
