/**
 * Refuses a command (schema.command, or a suite of tests) that would reach another database than Assay's: one whose
 * own text, or whose tool's configuration file, names a server that no variable of the environment can turn aside.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { AssayError, type SourcePlace } from '../ground/errors.ts'
import { connectionString } from './redirect-environment.ts'
import { placeInFile } from '../ground/source-place.ts'

/** Which command it is, in messages. */
export interface CommandWords {
  /** `schema command`. */
  readonly what: string
  /** Where it is written down. */
  readonly place: string
  readonly code: string
}

const schemaCommand: CommandWords = {
  what: 'schema command',
  place: 'schema.command in assay.config.ts',
  code: 'schema.command-refused',
}

const refuse = (
  { what, code }: CommandWords,
  summary: string,
  asked: string,
  found: string,
  mend: string,
  where?: SourcePlace,
): AssayError =>
  new AssayError(summary, {
    code,
    exit: 4,
    asked,
    found,
    why: `Assay runs the ${what} against its own server only; this one could change another database`,
    mend,
    ...(where === undefined ? {} : { where }),
  })

interface Sign {
  readonly found: RegExp
  readonly means: string
  readonly mend: string
}

/** What in the text of a command decides on a server by itself. */
const signs: readonly Sign[] = [
  {
    found: new RegExp(connectionString.source, 'iu'),
    means: 'a connection string in the command itself',
    mend: 'Take it out: the command gets DATABASE_URL and PG* from Assay.',
  },
  {
    found: /(?:^|\s)(?:--host|--hostname|--dbhost)[=\s]|\bpsql\b[^|;&]*\s-h[\s=]?\S/iu,
    means: 'a host that the command names itself',
    mend: 'Leave the host out: the command gets PGHOST and PGPORT from Assay.',
  },
  {
    found:
      /(?:^|[\s;&|])(?:export\s+)?(?:PG(?:HOST|PORT|SERVICE|HOSTADDR)|DATABASE_URL|(?:DB|POSTGRES|DATABASE)_(?:HOST|URL))=/u,
    means: 'a variable that the command sets over the one that Assay gives it',
    mend: 'Leave the assignment out: Assay sets DATABASE_URL and PG* for the command.',
  },
  {
    found: /--overload\b|\bdotenv\b[^|;&]*\s(?:-o|--override)\b/u,
    means: 'an option that lets an .env file win over the environment',
    mend: 'Leave that option out, so that the variables that Assay sets are the ones that count.',
  },
]

/** `npm run x`, `pnpm x`, `yarn x`: the text of the script that it stands for, to be looked at too. */
const scriptText = (directory: string, command: string): string => {
  const name = /\b(?:npm|pnpm|yarn|bun)\s+(?:run(?:-script)?\s+)?(?:-\S+\s+)*(?<name>[\w:.-]+)/u.exec(command)
    ?.groups?.['name']
  if (name === undefined) return ''
  try {
    const file = JSON.parse(readFileSync(path.join(directory, 'package.json'), 'utf8')) as {
      readonly scripts?: Readonly<Record<string, string>>
    }
    return file.scripts?.[name] ?? ''
  } catch {
    return ''
  }
}

/** Configuration files of migration tools in which an address may be written down. */
const toolFile =
  /^(?:.+\.prisma|(?:prisma|drizzle|kysely|mikro-orm|orm|sequelize|knex|typeorm|graphile-migrate)\.?(?:config|file)?\.[cm]?[jt]s|knexfile\.\w+|ormconfig\.\w+|.*data-source\.[jt]s|database\.json|alembic\.ini|flyway\.(?:conf|toml)|liquibase\.properties|atlas\.hcl|sqitch\.conf|\.gmrc|\.sequelizerc)$/iu

const filesToRead = (directory: string, depth: number): readonly string[] =>
  readdirSync(directory, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const file = path.join(directory, entry.name)
      if (entry.isDirectory()) {
        const skip = entry.name.startsWith('.') || entry.name === 'node_modules' || depth === 0
        return skip ? [] : filesToRead(file, depth - 1)
      }
      return entry.isFile() && toolFile.test(entry.name) && statSync(file).size < 262_144 ? [file] : []
    })

/** A line with a variable beside the string uses the string only when the variable is missing, which it is not. */
const isFallback = (line: string): boolean =>
  /process\.env|\benv\(|\$\{|getenv|os\.environ|^\s*(?:\/\/|#|--|\*)/u.test(line)

const literalInToolFile = (directory: string): SourcePlace | null => {
  for (const file of filesToRead(directory, 2)) {
    const text = readFileSync(file, 'utf8')
    for (const found of text.matchAll(connectionString)) {
      const from = text.lastIndexOf('\n', found.index) + 1
      const end = text.indexOf('\n', found.index)
      if (isFallback(text.slice(from, end < 0 ? text.length : end))) continue
      const { excerpt: _secret, ...place } = placeInFile(file, text, found.index, directory)
      return place
    }
  }
  return null
}

/** Throws (exit 4) when the command could reach a server that is not Assay's. */
export const assertRedirectable = (
  directory: string,
  command: string,
  words: CommandWords = schemaCommand,
): void => {
  for (const text of [command, scriptText(directory, command)]) {
    const sign = signs.find(({ found }) => found.test(text))
    if (sign) {
      throw refuse(words, `The ${words.what} names a server itself.`, words.place, sign.means, sign.mend)
    }
  }
  const place = literalInToolFile(directory)
  if (!place) return
  throw refuse(
    words,
    `A configuration file of the ${words.what}’s tool names a server itself.`,
    command,
    `a connection string in ${place.file}`,
    'Read it from the environment there, such as process.env.DATABASE_URL or env("DATABASE_URL").',
    place,
  )
}
