/** Which SQL files make the schema and in which order: flat files, and directories with an `up.sql` or `migration.sql`. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { AssayError } from '../../ground/errors.ts'
import { shellWord } from '../../ground/shell-word.ts'

export interface MigrationFile {
  /** Absolute. */
  readonly file: string
  /** What is run: the file without a byte order mark, and without its part that undoes. Offsets are the file's. */
  readonly text: string
  /** Of a preset: what SQL alone cannot do. */
  readonly preset?: { readonly bypassing?: readonly string[]; readonly searchPath?: readonly string[] }
}

/** `0002_b` before `0010_a`, and `2_b` before `10_a`: digits count as numbers, everything else by code unit. */
export const compareNames = (a: string, b: string): number => {
  const left = a.match(/\d+|\D+/gu) ?? []
  const right = b.match(/\d+|\D+/gu) ?? []
  for (const [index, part] of left.entries()) {
    const other = right[index]
    if (other === undefined) return 1
    if (part === other) continue
    if (/^\d/u.test(part) && /^\d/u.test(other) && BigInt(part) !== BigInt(other)) {
      return BigInt(part) < BigInt(other) ? -1 : 1
    }
    if (part !== other) return part < other ? -1 : 1
  }
  return left.length - right.length
}

const undoes = /(?:^|[._-])(?:down|undo|rollback)\.sql$/iu

/** Where dbmate, goose, node-pg-migrate and sql-migrate begin the part that undoes. */
const undoMarker = /^--\s*(?:migrate:down|\+goose\s+down|\+migrate\s+down|down\s+migration)\b.*$/imu

export const readSqlFile = (file: string): MigrationFile => {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (cause) {
    throw new AssayError(`The SQL file ${file} cannot be read.`, {
      code: 'schema.file',
      exit: 3,
      asked: 'the files of the schema',
      found: (cause as NodeJS.ErrnoException).code ?? 'no readable file',
      mend: 'Correct its name in assay.config.ts, or make it readable.',
      cause,
    })
  }
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new AssayError(`The SQL file ${file} is not UTF-8.`, {
      code: 'schema.file',
      exit: 3,
      asked: 'SQL text in UTF-8',
      found: 'bytes that are no UTF-8',
      mend: `Convert it: iconv -f LATIN1 -t UTF-8 ${path.basename(file)} > utf8.sql`,
      cause,
    })
  }
  const marker = undoMarker.exec(text)
  return { file, text: marker ? text.slice(0, marker.index) : text }
}

const isDirectory = (file: string): boolean => {
  try {
    return statSync(file).isDirectory()
  } catch {
    return false
  }
}

const sqlFilesOf = (directory: string): readonly string[] =>
  readdirSync(directory).filter((name) => name.endsWith('.sql') && !name.startsWith('.'))

/** The one file of a migration's directory; null for a directory without SQL files. */
const upFile = (directory: string): string | null => {
  const files = sqlFilesOf(directory)
  if (files.length === 0) return null
  const up = files.find((name) => /^(?:up|migration)\.sql$/iu.test(name))
  if (up !== undefined) return path.join(directory, up)
  throw new AssayError(`The migration ${directory} has no up.sql.`, {
    code: 'schema.migrations',
    exit: 3,
    asked: 'one file to run: up.sql or migration.sql',
    found: [...files].sort().join(', '),
    mend: 'Name the file that makes the change up.sql, or put the files flat into the migrations directory.',
  })
}

/** The files of a directory in the order in which they are run; none when nothing at all stands in it. */
export const listMigrations = (directory: string): readonly string[] => {
  if (!isDirectory(directory)) {
    throw new AssayError(`There is no migrations directory ${directory}.`, {
      code: 'schema.migrations',
      exit: 3,
      asked: 'the SQL files that make the schema',
      found: 'no such directory',
      mend: `Correct \`schema: { migrations: '…' }\` in assay.config.ts, or begin with an empty directory:\nmkdir ${shellWord(directory)}`,
    })
  }
  const entries = readdirSync(directory).filter((name) => !name.startsWith('.'))
  // Tests come first: before the first migration is written, every rule is to be red.
  if (entries.length === 0) return []
  const files = entries
    .filter((name) => !undoes.test(name))
    .sort(compareNames)
    .flatMap((name) => {
      const file = path.join(directory, name)
      if (isDirectory(file)) return upFile(file) ?? []
      return name.endsWith('.sql') ? file : []
    })
  if (files.length > 0) return files
  throw new AssayError(`The migrations directory ${directory} has no SQL file.`, {
    code: 'schema.migrations',
    exit: 3,
    asked: 'the SQL files that make the schema',
    found: 'no file that ends in .sql, and no directory with an up.sql',
    mend: 'Put the first migration there, such as 0001_tables.sql.',
  })
}
