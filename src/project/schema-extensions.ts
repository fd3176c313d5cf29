/** Creates the extensions that the configuration lists: the only thing that is done with the administrator's rights. */
import { AssayError } from '../ground/errors.ts'
import { PgError } from '../postgres/fault.ts'
import { ident, literal } from '../postgres/quote.ts'
import type { Server } from '../postgres/server.ts'
import type { Session } from '../postgres/session.ts'

/** Trusted: PostgreSQL lets the owner create it himself, as he does in production. */
const offered = (name: string): string => `
select bool_or(v.trusted) as trusted
  from pg_catalog.pg_available_extension_versions v
 where v.name = ${literal(name)}
having count(*) > 0`

const missing = (name: string, cause?: unknown): AssayError =>
  new AssayError(`The extension ${name} cannot be created on this server.`, {
    code: 'schema.extension',
    exit: 3,
    asked: `extensions: ['${name}'] in assay.config.ts`,
    found: cause instanceof PgError ? cause.fault.message : 'the server does not have it',
    mend: 'Remove it from the list, or use a server that has it: assay … --url postgres://user@host/postgres',
    cause,
  })

/** `citext`, or `citext with schema extensions`. */
const written = /^\s*(?<name>\S+)(?:\s+with)?(?:\s+schema\s+(?<schema>\S+))?\s*$/iu

interface Extension {
  readonly name: string
  readonly schema: string | undefined
}

const readExtension = (text: string): Extension => {
  const groups = written.exec(text)?.groups
  return { name: groups?.['name'] ?? text, schema: groups?.['schema'] }
}

/** Of an extension as it is listed. */
export const nameOfExtension = (listed: string): string => readExtension(listed).name

/** The schemas that extensions of the list are created in. */
export const extensionSchemas = (listed: readonly string[]): readonly string[] =>
  listed.flatMap((text) => readExtension(text).schema ?? [])

const create = async (db: Session, { name, schema }: Extension): Promise<void> => {
  const where = schema === undefined ? '' : ` schema ${ident(schema)}`
  await db.query(`create extension if not exists ${ident(name)}${where} cascade`).catch((cause: unknown) => {
    throw missing(name, cause)
  })
}

/** Owner: whatever a schema of extensions holds besides is his. */
const createSchemas = async (owner: Session, extensions: readonly Extension[]): Promise<void> => {
  for (const { schema } of extensions) {
    if (schema !== undefined) await owner.query(`create schema if not exists ${ident(schema)}`)
  }
}

export const createExtensions = async (
  server: Server,
  database: string,
  listed: readonly string[],
): Promise<void> => {
  if (listed.length === 0) return
  const extensions = listed.map(readExtension)
  const admin = await server.connect(database, 'administrator')
  const owner = await server.connect(database, 'owner')
  try {
    await createSchemas(owner, extensions)
    for (const extension of extensions) {
      const [offer] = await admin.json<{ readonly trusted: boolean }>(offered(extension.name))
      if (!offer) throw missing(extension.name)
      await create(offer.trusted ? owner : admin, extension)
    }
  } finally {
    await Promise.all([admin.end(), owner.end()])
  }
}
