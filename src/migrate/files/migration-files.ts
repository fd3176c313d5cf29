/** Which SQL files make the schema and in which order: flat files, and directories with an `up.sql` or `migration.sql`. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { AssayError } from '../../ground/errors.ts'
import { shellWord } from '../../ground/shell-word.ts'
import { compareVersions, parseFlywayName, type FlywayName } from './flyway-names.ts'
import { readCodeOrder } from './code-order.ts'
import { drizzleOrder } from './drizzle-journal.ts'
import { codeHistoryOf } from './tool-history.ts'

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

/** Files that undo, by their name. */
const undoes = /(?:^|[._-])(?:down|undo|rollback)\.sql$/iu

/** Where dbmate, goose, node-pg-migrate and sql-migrate begin the part that undoes. */
const undoMarker = /^--\s*(?:migrate:down|\+goose\s+down|\+migrate\s+down|down\s+migration)\b.*$/imu

/** The whole file, without a byte order mark. */
export const readSqlText = (file: string): string => {
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
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
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
}

/** Everything but line ends as spaces: offsets and lines stay what they are. */
const blank = (text: string): string => text.replaceAll(/[^\r\n]/g, ' ')

export const readSqlFile = (file: string): MigrationFile => {
  const text = readSqlText(file)
  const marker = undoMarker.exec(text)
  return { file, text: marker ? text.slice(0, marker.index) : text }
}

/** A file's two parts; `down` is null when it has none. Offsets of both are the file's. */
export const readSqlParts = (
  file: string,
): { readonly up: string; readonly down: string | null; readonly whole: string } => {
  const whole = readSqlText(file)
  const marker = undoMarker.exec(whole)
  if (!marker) return { up: whole, down: null, whole }
  const down = whole.slice(marker.index)
  return { up: whole.slice(0, marker.index), down: blank(whole.slice(0, marker.index)) + down, whole }
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

/** One migration as it lies on the disk. */
export interface MigrationPlace {
  /** `0007_products_slug_unique`; of a file without its ending, of one in repeatable/ with its directory. */
  readonly name: string
  readonly isRepeatable: boolean
  /** Absolute. */
  readonly up: string
  /** A file of its own that undoes it; null: none, or it is the second part of `up`. */
  readonly down: string | null
}

/** What makes the change, in a migration's own directory. */
const isUp = /^(?:up|migration)\.sql$/iu

/** The two files of a migration's directory; null for a directory without SQL files. */
const placeInDirectory = (directory: string, name: string): MigrationPlace | null => {
  const inside = path.join(directory, name)
  const files = sqlFilesOf(inside)
  if (files.length === 0) return null
  const up = files.find((file) => isUp.test(file))
  const down = files.find((file) => /^(?:down|undo|rollback)\.sql$/iu.test(file))
  if (up === undefined)
    throw new AssayError(`The migration ${inside} has no up.sql.`, {
      code: 'schema.migrations',
      exit: 3,
      asked: 'one file to run: up.sql or migration.sql',
      found: [...files].sort().join(', '),
      mend: 'Name the file that makes the change up.sql, or put the files flat into the migrations directory.',
    })
  return {
    name,
    isRepeatable: false,
    up: path.join(inside, up),
    down: down === undefined ? null : path.join(inside, down),
  }
}

const stem = (file: string): string => file.replace(/\.sql$/iu, '').replace(/[._-]up$/iu, '')

const undoneStem = (file: string): string => file.replace(/[._-](?:down|undo|rollback)\.sql$/iu, '')

const repeatableName = /^R__.+\.sql$/u

const placeOfFile = (directory: string, file: string, undo: string | undefined): MigrationPlace => ({
  name: stem(file),
  isRepeatable: repeatableName.test(file),
  up: path.join(directory, file),
  down: undo === undefined ? null : path.join(directory, undo),
})

/** `repeatable/`: its files run after all others, unless it is a migration of that name itself. */
const isRepeatableDirectory = (directory: string, name: string): boolean =>
  name === 'repeatable' && !sqlFilesOf(path.join(directory, name)).some((file) => isUp.test(file))

const repeatablesIn = (directory: string): readonly MigrationPlace[] =>
  [...sqlFilesOf(path.join(directory, 'repeatable'))].sort(compareNames).map((file) => ({
    name: `repeatable/${stem(file)}`,
    isRepeatable: true,
    up: path.join(directory, 'repeatable', file),
    down: null,
  }))

/** Order of versions; a baseline only where the versions that it stands for are not there. */
const flywayPlaces = (directory: string, entries: readonly string[]): readonly MigrationPlace[] => {
  const named = entries.flatMap((file) => {
    const name = parseFlywayName(file)
    return name === null ? [] : [{ file, ...name }]
  })
  const of = (prefix: FlywayName['prefix']) =>
    named
      .filter((one) => one.prefix === prefix)
      .sort((a, b) => compareVersions(a.version, b.version) || compareNames(a.file, b.file))
  const versioned = of('V')
  const baseline = of('B').at(-1)
  const needed =
    baseline !== undefined &&
    !versioned.some(({ version }) => compareVersions(version, baseline.version) <= 0)
  const undo = of('U')
  return [...(needed ? [baseline] : []), ...versioned, ...of('R')].map(({ file, version, prefix }) =>
    placeOfFile(
      directory,
      file,
      prefix === 'V' ? undo.find((one) => compareVersions(one.version, version) === 0)?.file : undefined,
    ),
  )
}

const flatPlaces = (directory: string, entries: readonly string[]): readonly MigrationPlace[] => {
  const undo = new Map(entries.filter((name) => undoes.test(name)).map((name) => [undoneStem(name), name]))
  const places = entries
    .filter((name) => !undoes.test(name))
    .sort(compareNames)
    .flatMap((name): readonly MigrationPlace[] => {
      if (isDirectory(path.join(directory, name))) {
        if (isRepeatableDirectory(directory, name)) return repeatablesIn(directory)
        const place = placeInDirectory(directory, name)
        return place === null ? [] : [place]
      }
      return name.endsWith('.sql') ? [placeOfFile(directory, name, undo.get(stem(name)))] : []
    })
  return [...places.filter((one) => !one.isRepeatable), ...places.filter((one) => one.isRepeatable)]
}

const noDirectory = (directory: string): AssayError =>
  new AssayError(`There is no migrations directory ${directory}.`, {
    code: 'schema.migrations',
    exit: 3,
    asked: 'the SQL files that make the schema',
    found: 'no such directory',
    mend: `Correct \`schema: { migrations: '…' }\` in assay.config.ts, or begin with an empty directory:\nmkdir ${shellWord(directory)}`,
  })

/** What tools run that keep migrations as code. */
const isCode = /\.(?:[cm]?[jt]s|py|rb|php|exs?|go|java|kt|cs|xml|ya?ml|json)$/u

const noSqlFile = (directory: string): AssayError => {
  const history = codeHistoryOf(directory)
  const order = readCodeOrder(directory)
  if (history === null) {
    const other = readdirSync(directory).find((name) => isCode.test(name))
    return new AssayError(`The migrations directory ${directory} has no SQL file.`, {
      code: 'schema.migrations',
      exit: 3,
      asked: 'the SQL files that make the schema',
      found: `no file that ends in .sql, and no directory with an up.sql${other === undefined ? '' : `, but ${other}`}`,
      mend:
        other === undefined
          ? 'Put the first migration there, such as 0001_tables.sql.'
          : "Where another tool runs these files, let it make the schema, in assay.config.ts:\nschema: { command: '…', down: '…' }",
    })
  }
  return new AssayError(`The migrations in ${directory} are code of ${history.tool}, and no SQL files.`, {
    code: 'schema.migrations',
    exit: 3,
    asked: 'the SQL files that make the schema',
    found:
      order === null
        ? `files that ${history.tool} runs`
        : `${order.migrations.length} migrations of ${order.tool}, the last one ${order.heads.join(', ')}`,
    why: `only ${history.tool} can apply them: it does so for proofs and for your own databases; what it sends is linted and tested`,
    mend: `Let it make the schema, in assay.config.ts:\nschema: { command: '${history.apply}'${history.back === null ? '' : `, down: '${history.back}'`} }`,
  })
}

/** The migrations of a directory in the order in which they are run; none when nothing at all stands in it. */
export const listPlaces = (directory: string): readonly MigrationPlace[] => {
  if (!isDirectory(directory)) throw noDirectory(directory)
  const entries = readdirSync(directory).filter((name) => !name.startsWith('.'))
  // Tests come first: before the first migration is written, every rule is to be red.
  if (entries.length === 0) return []
  const isFlyway = entries.some((name) => ['V', 'B'].includes(parseFlywayName(name)?.prefix ?? ''))
  const sql = sqlFilesOf(directory)
  const undo = sql.filter((name) => undoes.test(name))
  const ofDrizzle = drizzleOrder(
    directory,
    sql.filter((name) => !undo.includes(name)),
  )
  if (ofDrizzle !== null)
    return ofDrizzle.map((file) =>
      placeOfFile(
        directory,
        file,
        undo.find((name) => undoneStem(name) === stem(file)),
      ),
    )
  const places = isFlyway ? flywayPlaces(directory, entries) : flatPlaces(directory, entries)
  if (places.length > 0) return places
  throw noSqlFile(directory)
}

/** The files that are run, in their order. */
export const listMigrations = (directory: string): readonly string[] =>
  listPlaces(directory).map(({ up }) => up)

/** What a person named: one file, the directory of one migration, or a directory of many. */
export const migrationsAt = (place: string): readonly string[] => {
  if (!isDirectory(place)) return [place]
  const own = sqlFilesOf(place).find((file) => isUp.test(file))
  return own === undefined ? listMigrations(place) : [path.join(place, own)]
}

/** Files that undo a migration which is not there. */
export const strayUndo = (directory: string, places: readonly MigrationPlace[]): readonly string[] => {
  const used = new Set(places.map(({ down }) => down))
  return readdirSync(directory)
    .filter((name) => undoes.test(name) || parseFlywayName(name)?.prefix === 'U')
    .filter((name) => !used.has(path.join(directory, name)) && !isDirectory(path.join(directory, name)))
}
