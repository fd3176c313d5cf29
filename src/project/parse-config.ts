/** Validates what a config exported: every fault at once, each with the name that was probably meant. */
import { readFileSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { z } from 'zod'
import { keptByTools } from '../migrate/tools/tool-tables.ts'
import { temporaryIn } from '../migrate/expand/phase-files.ts'
import type { Architecture } from '../architecture/architecture.ts'
import { AssayError, AssayErrors, type SourcePlace } from '../ground/errors.ts'
import { nearestName } from '../ground/nearest-name.ts'
import type { Project, ProjectArchitecture } from './project.ts'
import type { PreludeSql } from './schema-source.ts'

const isArchitecture = (value: unknown): value is Architecture =>
  typeof value === 'object' &&
  value !== null &&
  'name' in value &&
  typeof value.name === 'string' &&
  'tables' in value &&
  Array.isArray(value.tables) &&
  'identity' in value

const text = z.string().min(1, 'is empty')
const beforePart = { error: 'is neither a file nor part of a preset such as supabase()' }
const prelude = z.strictObject({
  name: text,
  sql: z.string(),
  bypassing: z.array(text).optional(),
  searchPath: z.array(text).optional(),
  structures: z.array(text).optional(),
})
const schemaShape = z.strictObject({
  migrations: text.optional(),
  command: text.optional(),
  down: text.optional(),
  before: z
    .array(z.custom<string | PreludeSql>((part) => text.or(prelude).safeParse(part).success, beforePart))
    .optional(),
  extensions: z.array(text).optional(),
})
const partShape = z.strictObject({
  architecture: z.custom<Architecture>(isArchitecture, {
    error: "is not an architecture: give the value that architecture('…', { tables }) answers",
  }),
  schema: schemaShape,
  ledger: text.optional(),
  direction: z.enum(['both', 'forward'], { error: "is neither 'both' nor 'forward'" }).optional(),
  statistics: text.optional(),
})
const manyShape = z.strictObject({
  architectures: z.array(partShape).min(1, 'names no architecture'),
})

type Part = z.infer<typeof partShape>
type Issue = z.core.$ZodIssue

const partKeys = Object.keys(partShape.shape)
const schemaKeys = Object.keys(schemaShape.shape)

/** The one line on which a key is written; the first line when it cannot be told. */
const lineOf = (file: string, key: string): SourcePlace => {
  const lines = readFileSync(file, 'utf8').split('\n')
  const pattern = new RegExp(`(?:^|[\\s{,'"])${key.replaceAll(/[^\w]/gu, '\\$&')}['"]?\\s*[:,(}]`, 'u')
  const hits = lines.flatMap((line, i) => (pattern.test(line) ? [i] : []))
  const hit = hits.length === 1 ? hits[0] : undefined
  const excerpt = hit === undefined ? undefined : lines[hit]
  return { file, line: (hit ?? 0) + 1, ...(excerpt === undefined ? {} : { excerpt }) }
}

const printPath = (path: readonly PropertyKey[]): string =>
  path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i === 0 ? '' : '.'}${String(part)}`))
    .join('')

const knownKeys = (path: readonly PropertyKey[], many: boolean): readonly string[] =>
  path.at(-1) === 'schema' ? schemaKeys : many && path.length === 0 ? ['architectures'] : partKeys

const unknownKey = (file: string, path: readonly PropertyKey[], key: string, many: boolean): AssayError => {
  const known = knownKeys(path, many)
  const nearest = nearestName(key, known)
  const inPart = many && path.length === 0 && partKeys.includes(key)
  return new AssayError(
    `${file}: there is no option "${printPath([...path, key])}".${nearest === null ? '' : ` Did you mean "${nearest}"?`}`,
    {
      code: 'config.unknown-key',
      exit: 2,
      asked: key,
      found: `known here: ${known.join(', ')}`,
      mend: inPart
        ? `Move "${key}" into the architecture that it belongs to: architectures: [{ architecture, schema, ledger }].`
        : nearest === null
          ? `Take "${key}" away.`
          : `Write "${nearest}" instead of "${key}".`,
      where: lineOf(file, key),
    },
  )
}

const wrongValue = (file: string, issue: Issue): AssayError => {
  const path = printPath(issue.path)
  const isMissing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined')
  const said = isMissing
    ? 'is missing'
    : issue.code === 'invalid_type'
      ? `is not ${issue.expected === 'array' || issue.expected === 'object' ? 'an' : 'a'} ${issue.expected}`
      : issue.message
  return new AssayError(`${file}: ${path === '' ? 'the default export' : `"${path}"`} ${said}.`, {
    code: 'config.value',
    exit: 2,
    mend:
      path === ''
        ? "export default defineConfig({ architecture, schema: { migrations: 'migrations' } })"
        : `Correct "${path}".`,
    where: lineOf(file, String(issue.path.at(-1) ?? '')),
  })
}

const toFaults = (file: string, issues: readonly Issue[], many: boolean): readonly AssayError[] =>
  issues
    .flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => unknownKey(file, issue.path, key, many))
        : [wrongValue(file, issue)],
    )
    .toSorted((a, b) => (a.where?.line ?? 0) - (b.where?.line ?? 0))

const configFault = (file: string, code: string, summary: string, mend: string, key: string): AssayError =>
  new AssayError(`${file}: ${summary}`, { code: `config.${code}`, exit: 2, mend, where: lineOf(file, key) })

const schemaFaults = (file: string, part: Part): readonly AssayError[] => {
  const { migrations, command, down } = part.schema
  const name = part.architecture.name
  if (migrations === undefined && command === undefined)
    return [
      configFault(
        file,
        'no-schema',
        `the schema of "${name}" comes from nowhere.`,
        "Give schema: { migrations: 'migrations' }, or schema: { command: 'npx prisma migrate deploy' }.",
        'schema',
      ),
    ]
  if (migrations !== undefined && command !== undefined)
    return [
      configFault(
        file,
        'two-schemas',
        `the schema of "${name}" has both migrations and a command.`,
        'Keep one of them; SQL files that must run first belong into schema.before.',
        'command',
      ),
    ]
  if (down !== undefined && command === undefined)
    return [
      configFault(
        file,
        'down-alone',
        `the schema of "${name}" has a command that takes it back, and none that makes it.`,
        "Give both: schema: { command: 'alembic upgrade head', down: 'alembic downgrade base' }; of SQL files each has its own down.sql.",
        'down',
      ),
    ]
  return []
}

/** A name as one part of a path. */
const pathPart = (name: string): string => name.replaceAll(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^\.+$/u, '-')

const isWithin = (directory: string, path: string): boolean => {
  const way = relative(directory, path)
  return way === '' || (!way.startsWith('..') && !isAbsolute(way))
}

const repeated = (names: readonly string[]): readonly string[] => [
  ...new Set(names.filter((name, i) => names.indexOf(name) !== i)),
]

const projectFaults = (file: string, parts: readonly ProjectArchitecture[]): readonly AssayError[] => {
  const sameNames = repeated(parts.map((part) => part.architecture.name)).map((name) =>
    configFault(
      file,
      'two-architectures',
      `two architectures are named "${name}".`,
      'Rename one.',
      'architectures',
    ),
  )
  const sameLedgers = repeated(parts.map((part) => part.ledger)).map((ledger) =>
    configFault(
      file,
      'two-ledgers',
      `two architectures write their ledger to ${ledger}.`,
      'Give each a directory of its own.',
      'ledger',
    ),
  )
  // A ledger's directory belongs to Assay alone: files of tables that are gone are removed from it.
  const taken = parts.flatMap(({ ledger, schema }) => {
    const inside = [
      file,
      ...(schema.migrations === undefined ? [] : [resolve(schema.directory, schema.migrations)]),
    ]
    return inside.some((path) => isWithin(ledger, path))
      ? [
          configFault(
            file,
            'ledger-directory',
            `the ledger's directory ${ledger} has other files of the project in it.`,
            "Give it a directory of its own, such as ledger: 'ledger'.",
            'ledger',
          ),
        ]
      : []
  })
  return [...sameNames, ...sameLedgers, ...taken]
}

/** What a preset makes in no schema of its own is left to the platform, and to a migration tool what it keeps. */
const withPlatform = (architecture: Architecture, { before = [], command }: Part['schema']): Architecture => {
  const made = before.flatMap((one) => (typeof one === 'string' ? [] : (one.structures ?? [])))
  const isDeclared = (id: string): boolean =>
    architecture.tables.some((one) =>
      id.endsWith('.*') ? one.id.startsWith(id.slice(0, -1)) : one.id === id,
    )
  const kept = keptByTools(command !== undefined).filter((id) => !isDeclared(id))
  return { ...architecture, leftAlone: [...(architecture.leftAlone ?? []), ...made, ...kept] }
}

/** What the phases of a change of shape leave for a while. */
const withTemporary = (architecture: Architecture, migrations: string | null): Architecture => {
  const temporary = migrations === null ? [] : temporaryIn(migrations)
  return temporary.length === 0 ? architecture : { ...architecture, temporary }
}

/** Throws AssayErrors with everything that is wrong. */
export const parseConfig = (file: string, exported: unknown): Project => {
  const directory = dirname(file)
  const many = typeof exported === 'object' && exported !== null && 'architectures' in exported
  const parsed = many ? manyShape.safeParse(exported) : partShape.safeParse(exported)
  if (!parsed.success) throw new AssayErrors(toFaults(file, parsed.error.issues, many))
  const parts: readonly Part[] = 'architectures' in parsed.data ? parsed.data.architectures : [parsed.data]
  const architectures = parts.map((part): ProjectArchitecture => {
    const { architecture, schema, ledger, direction, statistics } = part
    const usual = many && parts.length > 1 ? join('ledger', pathPart(architecture.name)) : 'ledger'
    const { migrations, command, down, before, extensions } = schema
    return {
      architecture: withTemporary(
        withPlatform(architecture, schema),
        migrations === undefined ? null : resolve(directory, migrations),
      ),
      ledger: resolve(directory, ledger ?? usual),
      ...(direction === 'forward' ? { direction } : {}),
      ...(statistics === undefined ? {} : { statistics: resolve(directory, statistics) }),
      schema: {
        directory,
        ...(migrations === undefined ? {} : { migrations }),
        ...(command === undefined ? {} : { command }),
        ...(down === undefined ? {} : { down }),
        ...(before === undefined ? {} : { before }),
        ...(extensions === undefined ? {} : { extensions }),
      },
    }
  })
  const faults = [...parts.flatMap((part) => schemaFaults(file, part)), ...projectFaults(file, architectures)]
  if (faults.length > 0) throw new AssayErrors(faults)
  return { directory, file, architectures }
}
