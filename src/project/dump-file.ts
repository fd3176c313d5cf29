/** Reads a file that is to be adopted, and tells what is no SQL text for PostgreSQL apart before anything is run. */
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs'
import path from 'node:path'
import { AssayError } from '../ground/errors.ts'
import { shellCommand } from '../ground/shell-word.ts'
import { readSqlFile, type MigrationFile } from '../migrate/files/migration-files.ts'

/** What one string can hold, with room for its pieces. */
const largest = 400 * 1024 * 1024

/** What these files make is kept on disk from here on, not in memory: bytes. */
const large = 64 * 1024 * 1024

/** Dumps with their rows may be larger than memory should hold. Files that are not there count for nothing. */
export const areLarge = (files: readonly string[]): boolean =>
  files.reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0) > large

const refuse = (option: string, file: string, found: string, mend: string): AssayError =>
  new AssayError(`${file} is not SQL text.`, {
    code: 'adopt.file',
    exit: 2,
    asked: `${option} ${file}`,
    found,
    mend,
  })

/** A tar says what it is behind its first 256 bytes. */
const peeked = 4096

const firstBytes = (file: string): Buffer => {
  const descriptor = openSync(file, 'r')
  try {
    const bytes = Buffer.alloc(peeked)
    return bytes.subarray(0, readSync(descriptor, bytes))
  } finally {
    closeSync(descriptor)
  }
}

const converted =
  (encoding: string) =>
  (file: string): string =>
    `Convert it:\niconv -f ${encoding} -t UTF-8 ${shellCommand(file)} > utf8.sql`

interface Format {
  readonly magic: readonly number[]
  /** Where it stands; usually at the beginning. */
  readonly at?: number
  readonly found: string
  readonly mend: (file: string) => string
}

const restored = (file: string): string =>
  `Have pg_restore write it as SQL:\n${shellCommand('pg_restore', '--schema-only', '--file=schema.sql', file)}`

const formats: readonly Format[] = [
  { magic: [...Buffer.from('PGDMP')], found: "a dump in pg_dump's custom format", mend: restored },
  {
    magic: [0x1f, 0x8b],
    found: 'a file compressed by gzip',
    mend: (file) => `Unpack it:\n${shellCommand('gunzip', '--keep', file)}`,
  },
  {
    magic: [0x28, 0xb5, 0x2f, 0xfd],
    found: 'a file compressed by zstd',
    mend: (file) => `Unpack it:\n${shellCommand('unzstd', file)}`,
  },
  {
    magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a],
    found: 'a file compressed by xz',
    mend: (file) => `Unpack it:\n${shellCommand('unxz', '--keep', file)}`,
  },
  {
    magic: [...Buffer.from('BZh')],
    found: 'a file compressed by bzip2',
    mend: (file) => `Unpack it:\n${shellCommand('bunzip2', '--keep', file)}`,
  },
  {
    magic: [0x04, 0x22, 0x4d, 0x18],
    found: 'a file compressed by lz4',
    mend: (file) => `Unpack it:\n${shellCommand('unlz4', file)}`,
  },
  {
    magic: [0x50, 0x4b, 0x03, 0x04],
    found: 'a zip archive',
    mend: (file) => `Unpack it:\n${shellCommand('unzip', file)}`,
  },
  {
    magic: [...Buffer.from('toc.dat\0')],
    found: "a dump in pg_dump's tar format",
    mend: restored,
  },
  {
    magic: [...Buffer.from('ustar')],
    at: 257,
    found: 'a tar archive',
    mend: (file) => `Unpack it:\n${shellCommand('tar', '-xf', file)}`,
  },
  {
    magic: [...Buffer.from('SQLite f')],
    found: 'a database of SQLite',
    mend: () => 'Move it to PostgreSQL first, such as with pgloader, and adopt that database with --url.',
  },
  { magic: [0xff, 0xfe], found: 'text in UTF-16', mend: converted('UTF-16') },
  { magic: [0xfe, 0xff], found: 'text in UTF-16', mend: converted('UTF-16') },
]

/** UTF-16 without its mark: every other byte of what is ASCII is a zero. */
const zeros = (bytes: Buffer): Format | null => {
  if (!bytes.includes(0)) return null
  const [even, odd] = [0, 1].map((from) => bytes.filter((byte, i) => i % 2 === from && byte === 0).length)
  const half = bytes.length / 4
  if (odd! > half && even! === 0)
    return { magic: [], found: 'text in UTF-16 without its mark', mend: converted('UTF-16LE') }
  if (even! > half && odd! === 0)
    return { magic: [], found: 'text in UTF-16 without its mark', mend: converted('UTF-16BE') }
  return {
    magic: [],
    found: 'binary data: it holds zero bytes',
    mend: () => 'Name the SQL text that pg_dump writes:\npg_dump --schema-only … > schema.sql',
  }
}

/** `option`: the one that named it. Throws AssayError (exit 2) for what is no SQL text. */
export const readDumpFile = (file: string, option = '--sql'): MigrationFile => {
  const no = (found: string, mend: string): AssayError => refuse(option, file, found, mend)
  const full = path.resolve(file)
  const facts = statSync(full, { throwIfNoEntry: false })
  if (facts === undefined)
    throw new AssayError(`There is no file ${file}.`, {
      code: 'adopt.file',
      exit: 2,
      asked: `${option} ${file}`,
      found: 'no such file',
      mend: 'Correct its name, or write one:\npg_dump --schema-only … > schema.sql',
    })
  if (facts.isDirectory()) {
    const isDump = existsSync(path.join(full, 'toc.dat'))
    throw no(
      isDump ? "a dump in pg_dump's directory format" : 'a directory',
      isDump
        ? restored(file)
        : `Name the directory as one of migrations:\n${shellCommand('--migrations', file)}`,
    )
  }
  if (facts.size > largest)
    throw no(
      `${Math.round(facts.size / 1024 / 1024)} MB`,
      'Leave the rows out, which are no part of an architecture:\npg_dump --schema-only … > schema.sql',
    )
  const start = firstBytes(full)
  const format =
    formats.find(({ magic, at = 0 }) => magic.every((byte, i) => start[at + i] === byte)) ?? zeros(start)
  if (format !== null) throw no(format.found, format.mend(file))
  return readSqlFile(full)
}

/** pg_dump begins with it, so that every name in the file has its schema. */
const emptyPath = /\bset_config\s*\(\s*'search_path'\s*,\s*''\s*,\s*false\s*\)/iu

/** Whether the file says all that there is in a database, as pg_dump does. */
export const isPgDump = ({ text }: MigrationFile): boolean => emptyPath.test(text.slice(0, 20_000))

interface Dialect {
  readonly name: string
  readonly sign: RegExp
}

/** Most telling first. */
const dialects: readonly Dialect[] = [
  { name: 'JSON', sign: /^\s*[[{]/u },
  { name: 'XML or HTML', sign: /^\s*</u },
  {
    name: 'MySQL or MariaDB',
    sign: /\bENGINE\s*=\s*\w+|\bAUTO_INCREMENT\b|^\s*(?:CREATE|INSERT|DROP)[^;]*`/imu,
  },
  { name: 'SQLite', sign: /^\s*PRAGMA\b|\bAUTOINCREMENT\b/imu },
  { name: 'SQL Server', sign: /^\s*GO\s*$|\[dbo\]|\bIDENTITY\s*\(\s*1\s*,/imu },
  { name: 'Oracle', sign: /\bVARCHAR2\b|\bNUMBER\s*\(/iu },
  { name: 'a TypeScript or JavaScript file', sign: /^\s*(?:import|export|const)\b/u },
  { name: 'a Prisma schema', sign: /^\s*(?:generator|datasource|model)\s+\w+\s*\{/mu },
  { name: 'Python', sign: /^\s*(?:from\s+\w+(?:\.\w+)*\s+import|import\s+\w+|class\s+\w+\()/mu },
  { name: 'Ruby', sign: /^\s*ActiveRecord::|^\s*class\s+\w+\s*</mu },
]

/** What a text is that PostgreSQL does not understand; null when nothing tells. */
export const foreignDialect = (text: string): string | null =>
  dialects.find(({ sign }) => sign.test(text.slice(0, 200_000)))?.name ?? null
