/** Extensions that a schema names, against those that a server has and those that its owner may create. */
import { literal } from '../postgres/quote.ts'
import type { Server } from '../postgres/server.ts'
import type { Examined } from './examination.ts'
import { right } from './examination.ts'
import type { MigrationFile } from '../migrate/files/migration-files.ts'

export interface NamedExtension {
  readonly name: string
  /** Listed in the config: Assay creates it. */
  readonly listed: boolean
  readonly where?: { readonly file: string; readonly line: number }
}

const created = /\bcreate\s+extension\s+(?:if\s+not\s+exists\s+)?(?:"(?<quoted>[^"]+)"|(?<plain>[\w$-]+))/giu

/** A line comment or what stands in one: a statement that was taken out says nothing. */
const withoutComments = (text: string): string =>
  text
    .replaceAll(/--[^\n]*/gu, (comment) => ' '.repeat(comment.length))
    .replaceAll(/\/\*[^]*?\*\//gu, (comment) => comment.replaceAll(/[^\n]/gu, ' '))

export const namedExtensions = (
  listed: readonly string[],
  files: readonly MigrationFile[],
): readonly NamedExtension[] => {
  const own = listed.map((text) => ({ name: /^\s*(\S+)/u.exec(text)?.[1] ?? text, listed: true }))
  const written = files.flatMap(({ file, text }) =>
    [...withoutComments(text).matchAll(created)].map(({ groups, index }) => ({
      name: groups?.['quoted'] ?? groups?.['plain']?.toLowerCase() ?? '',
      listed: false,
      where: { file, line: text.slice(0, index).split('\n').length },
    })),
  )
  const names = new Set(own.map(({ name }) => name))
  return [...own, ...written.filter(({ name }) => !names.has(name) && names.add(name))]
}

const offered = (names: readonly string[]): string => `
select e.name::text as name, coalesce(pg_catalog.bool_or(v.trusted), false) as trusted
  from pg_catalog.pg_available_extensions e
  left join pg_catalog.pg_available_extension_versions v on v.name = e.name
 where e.name in (${names.map(literal).join(', ')})
 group by e.name`

const otherServer = (isEmbedded: boolean): string =>
  isEmbedded
    ? 'Use a server that has it, in databases that Assay makes there: assay … --url postgres://user@host/postgres'
    : 'Install it on that server, or give the --url of one that has it.'

export const examineExtensions = async (
  server: Server,
  named: readonly NamedExtension[],
  isEmbedded: boolean,
): Promise<readonly Examined[]> => {
  if (named.length === 0) return [right('extensions', 'No extension is asked for')]
  const database = await server.createDatabase('doctor')
  const admin = await server.connect(database, 'administrator')
  try {
    const has = await admin.json<{ readonly name: string; readonly trusted: boolean }>(
      offered(named.map(({ name }) => name)),
    )
    return named.map(({ name, listed, where }): Examined => {
      const offer = has.find((one) => one.name === name)
      const place = where ? { where } : {}
      if (!offer)
        return {
          code: 'schema.extension',
          state: 'wrong',
          what: `The ${isEmbedded ? 'embedded ' : ''}server does not have the extension ${name}.`,
          why: isEmbedded
            ? 'it has the extensions that come with PostgreSQL, and no others: not PostGIS, vector, pg_cron, TimescaleDB …'
            : 'it is not installed there',
          fix: otherServer(isEmbedded),
          exit: 3,
          ...place,
        }
      if (listed || offer.trusted) return right('extensions', `The server has the extension ${name}`)
      return {
        code: 'doctor.extension-unlisted',
        state: 'wrong',
        what: `A migration creates the extension ${name}, which only a superuser may.`,
        why: 'migrations run as an owner without superuser',
        fix: `Have it created before they run, in assay.config.ts:\nschema: { extensions: ['${name}'], … }`,
        exit: 1,
        ...place,
      }
    })
  } finally {
    await admin.end()
    await server.dropDatabase(database)
  }
}
