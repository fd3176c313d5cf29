/**
 * `migrations.txt` in the ledger's directory: which migrations have passed `assay migrate test`, with what they do to
 * the schema. One sealed block for a migration and a major version, so that two branches merge, and an edit is seen.
 */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fingerprint } from '../../catalog/fingerprint.ts'
import type { Catalog } from '../../catalog/structure.ts'
import { AssayError } from '../../ground/errors.ts'
import { digest } from '../../prove/digest.ts'
import { formatEntries, parseEntries, type Entry, type NewEntry } from '../../prove/ledger/text.ts'
import type { Finding } from '../../prove/result.ts'
import { historyFingerprint, structuresOfHistory } from './history-fingerprint.ts'
import type { Migration, MigrationKind } from './migration.ts'
import { compareNames } from './migration-files.ts'

export const testedFile = 'migrations.txt'

/** A structure that a migration makes or changes, with its fingerprint afterwards; one that it drops has none. */
export interface TestedChange {
  readonly id: string
  readonly verb: 'makes' | 'changes' | 'drops'
  readonly fingerprint: string | null
}

export interface TestedMigration {
  readonly name: string
  /** Of both its parts, as Migration.hash is, and of what was expected of rows. */
  readonly hash: string
  readonly kind: MigrationKind
  /** `both`: its way back was tested too. `forward`: it has none, and says so. */
  readonly direction: 'both' | 'forward'
  /** Major version that it passed on: fingerprints of two versions cannot be compared. */
  readonly major: number
  /** historyFingerprint of the database before and after. */
  readonly before: string
  readonly after: string
  /** Sorted by id. */
  readonly changes: readonly TestedChange[]
}

export interface TestedFile {
  readonly passes: readonly TestedMigration[]
  /** Lines that are not the format, and blocks that were changed by hand: such a pass does not count. */
  readonly problems: readonly Finding[]
}

/** What a pass is of. */
type Testable = Pick<Migration, 'name' | 'hash' | 'expectations'>

const hashOf = ({ hash, expectations }: Testable): string =>
  expectations === undefined ? hash : digest(`${hash}\n${expectations}`, 64)

const inOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** What a migration that passed did, from the catalogs before and after it. */
export const makeTested = (
  migration: Migration,
  before: Catalog,
  after: Catalog,
  leftAlone: readonly string[] = [],
): TestedMigration => {
  const { name, kind, directives } = migration
  const was = structuresOfHistory(before, leftAlone)
  const is = structuresOfHistory(after, leftAlone)
  const made = [...is.values()].flatMap((structure): readonly TestedChange[] => {
    const old = was.get(structure.id)
    const now = fingerprint(structure, after)
    if (old === undefined) return [{ id: structure.id, verb: 'makes', fingerprint: now }]
    return fingerprint(old, before) === now ? [] : [{ id: structure.id, verb: 'changes', fingerprint: now }]
  })
  const dropped = [...was.keys()]
    .filter((id) => !is.has(id))
    .map((id): TestedChange => ({ id, verb: 'drops', fingerprint: null }))
  return {
    name,
    hash: hashOf(migration),
    kind,
    direction: directives.forward === null ? 'both' : 'forward',
    major: after.major,
    before: historyFingerprint(before, leftAlone),
    after: historyFingerprint(after, leftAlone),
    changes: [...made, ...dropped].toSorted((a, b) => inOrder(a.id, b.id)),
  }
}

const notice = '# Written by `assay migrate test`. Do not edit: change the migration and test again.\n\n'

const entryOf = (one: TestedMigration): NewEntry => ({
  keyword: 'migration',
  text: one.name,
  children: [
    { keyword: 'hash', text: one.hash },
    { keyword: 'kind', text: one.kind },
    { keyword: 'direction', text: one.direction },
    { keyword: 'postgresql', text: String(one.major) },
    { keyword: 'before', text: one.before },
    { keyword: 'after', text: one.after },
    ...one.changes.map(({ id, verb, fingerprint: print }) => ({
      keyword: verb,
      text: print === null ? id : `${print} ${id}`,
    })),
  ],
})

const sealOf = (entry: NewEntry): string => digest(formatEntries([entry]), 8)

const sealed = (entry: NewEntry): NewEntry => ({
  ...entry,
  children: [...(entry.children ?? []), { keyword: 'seal', text: sealOf(entry) }],
})

const compare = (a: TestedMigration, b: TestedMigration): number =>
  compareNames(a.name, b.name) || a.major - b.major

export const formatTested = (passes: readonly TestedMigration[]): string =>
  notice + formatEntries(passes.toSorted(compare).map((one) => sealed(entryOf(one))))

const kinds: readonly MigrationKind[] = ['versioned', 'repeatable', 'data']

const verbs: readonly TestedChange['verb'][] = ['makes', 'changes', 'drops']

const readChange = ({ keyword, text }: Entry): TestedChange | null => {
  const verb = verbs.find((one) => one === keyword)
  if (verb === undefined) return null
  if (verb === 'drops') return { id: text, verb, fingerprint: null }
  const space = text.indexOf(' ')
  return { id: text.slice(space + 1), verb, fingerprint: text.slice(0, space) }
}

/** null when its seal does not fit, or something is missing. */
const readPass = (entry: Entry): TestedMigration | null => {
  const text = (keyword: string): string => entry.children.find((one) => one.keyword === keyword)?.text ?? ''
  const kind = kinds.find((one) => one === text('kind'))
  if (entry.keyword !== 'migration' || kind === undefined) return null
  const pass: TestedMigration = {
    name: entry.text,
    hash: text('hash'),
    kind,
    direction: text('direction') === 'forward' ? 'forward' : 'both',
    major: Number(text('postgresql')),
    before: text('before'),
    after: text('after'),
    changes: entry.children.flatMap((child) => readChange(child) ?? []),
  }
  // Whatever is not as it would be written again was changed.
  const expected = formatEntries([sealed(entryOf(pass))])
  const plain = ({ keyword, text: words, children }: Entry): NewEntry => ({
    keyword,
    text: words,
    children: children.map(plain),
  })
  return formatEntries([plain(entry)]) === expected ? pass : null
}

const again = 'Run `npx assay migrate test` and commit the ledger that it writes.'

const problem = (file: string, line: number, summary: string): Finding => ({
  code: 'ledger.malformed',
  severity: 'error',
  summary: `${file}, line ${line}: ${summary}`,
  why: 'A pass that cannot be read, or was changed by hand, does not count.',
  fix: again,
  where: { file, line },
})

export const parseTested = (source: string, file: string): TestedFile => {
  const { entries, malformed } = parseEntries(source)
  const read = entries.map((entry) => ({ entry, pass: readPass(entry) }))
  return {
    passes: read.flatMap(({ pass }) => pass ?? []),
    problems: [
      ...malformed.map(({ line, summary }) => problem(file, line, `${summary}.`)),
      ...read.flatMap(({ entry, pass }) =>
        pass === null
          ? [problem(file, entry.line, `the block of ${entry.keyword} ${entry.text} was changed by hand.`)]
          : [],
      ),
    ],
  }
}

const reading = (file: string, cause: unknown): AssayError =>
  new AssayError(`The record of tested migrations cannot be read: ${file}`, {
    code: 'ledger.unreadable',
    exit: 3,
    found: cause instanceof Error ? cause.message : String(cause),
    mend: 'Make it a file that this user can read, or set `ledger` in assay.config.ts.',
    cause,
  })

/** Of a ledger's directory; no passes when there is no such file yet. */
export const readTested = async (ledger: string): Promise<TestedFile> => {
  const file = path.join(ledger, testedFile)
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return { passes: [], problems: [] }
    throw reading(file, cause)
  }
  return parseTested(text, file)
}

/** The pass of a migration as it stands now, on this major version. */
export const passOf = (
  passes: readonly TestedMigration[],
  migration: Testable,
  major: number,
): TestedMigration | null =>
  passes.find(
    (one) => one.name === migration.name && one.hash === hashOf(migration) && one.major === major,
  ) ?? null

/** Ids of what repeatable files make, as their tests saw it. */
export const madeByRepeatables = (passes: readonly TestedMigration[]): ReadonlySet<string> =>
  new Set(
    passes
      .filter(({ kind }) => kind === 'repeatable')
      .flatMap(({ changes }) => changes.filter(({ verb }) => verb === 'makes').map(({ id }) => id)),
  )

/**
 * Writes passes beside those that are recorded: a migration's own are replaced for its major version, and for a text
 * that it no longer has; those of migrations that are gone are taken out. Answers the file, null when nothing changed.
 */
export const recordTested = async (
  ledger: string,
  migrations: readonly Testable[],
  passed: readonly TestedMigration[],
): Promise<string | null> => {
  const file = path.join(ledger, testedFile)
  const { passes } = await readTested(ledger)
  const kept = passes.filter(
    (one) =>
      migrations.some((migration) => migration.name === one.name && hashOf(migration) === one.hash) &&
      !passed.some((other) => other.name === one.name && other.major === one.major),
  )
  const text = formatTested([...kept, ...passed])
  const before = await readFile(file, 'utf8').catch(() => null)
  if (before?.replaceAll('\r\n', '\n') === text || (before === null && kept.length + passed.length === 0))
    return null
  const beside = `${file}.${process.pid}.new`
  try {
    await mkdir(ledger, { recursive: true })
    await writeFile(beside, text)
    await rename(beside, file)
  } catch (cause) {
    await rm(beside, { force: true }).catch(() => undefined)
    throw new AssayError(`The record of tested migrations could not be written: ${file}`, {
      code: 'ledger.unwritable',
      exit: 3,
      found: cause instanceof Error ? cause.message : String(cause),
      mend: `Make ${ledger} a directory that this user can write, or set \`ledger\` in assay.config.ts.`,
      cause,
    })
  }
  return file
}
