/** In which order Drizzle runs its SQL files: as `meta/_journal.json` lists them, and nothing that it does not list. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { AssayError } from '../../ground/errors.ts'
import { gitLogOf } from '../../ground/git-log.ts'

interface Entry {
  readonly idx: number
  readonly tag: string
}

const isEntry = (value: unknown): value is Entry =>
  typeof value === 'object' &&
  value !== null &&
  'idx' in value &&
  typeof value.idx === 'number' &&
  'tag' in value &&
  typeof value.tag === 'string'

const unreadable = (file: string, found: string): AssayError =>
  new AssayError(`Drizzle's journal cannot be read: ${file}`, {
    code: 'migration.journal',
    exit: 2,
    asked: 'the order of the migrations',
    found,
    why: 'drizzle-kit runs what stands there, in that order',
    mend: 'Solve the conflict of the merge in it, or make it again: npx drizzle-kit generate',
  })

const twoHeads = (file: string, tags: readonly string[]): AssayError =>
  new AssayError(`Two migrations have the same place in Drizzle's journal: ${tags.join(' and ')}.`, {
    code: 'migration.two-heads',
    exit: 2,
    asked: `one migration for each idx in ${file}`,
    found: tags.join(', '),
    why: 'two branches each wrote the next one: which of them runs first is for a person to say',
    mend: 'Take the one that has run nowhere yet out, and generate it again behind the other:\nnpx drizzle-kit generate',
    next: [gitLogOf(...tags)],
  })

const noFile = (directory: string, tag: string): AssayError =>
  new AssayError(`Drizzle's journal lists ${tag}, and there is no ${tag}.sql.`, {
    code: 'migration.missing-file',
    exit: 2,
    asked: `the files that meta/_journal.json of ${directory} lists`,
    found: `no ${tag}.sql`,
    mend: `Bring the file back:\n${gitLogOf(`${tag}.sql`)}`,
    next: [gitLogOf(`${tag}.sql`)],
  })

const notListed = (directory: string, names: readonly string[]): AssayError =>
  new AssayError(`Drizzle would not run ${names.join(', ')}: its journal does not list it.`, {
    code: 'migration.not-listed',
    exit: 2,
    asked: `the migrations of ${directory}, in the order of meta/_journal.json`,
    found: names.join(', '),
    why: 'what is proven here would never reach a database',
    mend: 'Let Drizzle make the file, and write into that: npx drizzle-kit generate --custom',
  })

const entriesIn = (file: string): readonly Entry[] => {
  let content: unknown
  try {
    content = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw unreadable(file, cause instanceof Error ? cause.message : String(cause))
  }
  const entries: unknown =
    typeof content === 'object' && content !== null && 'entries' in content ? content.entries : null
  if (!Array.isArray(entries) || !entries.every(isEntry))
    throw unreadable(file, 'no list of entries with idx and tag')
  return entries
}

/** `names`: the SQL files that are there. null: there is no such journal. */
export const drizzleOrder = (directory: string, names: readonly string[]): readonly string[] | null => {
  const file = path.join(directory, 'meta', '_journal.json')
  if (!existsSync(file)) return null
  const entries = entriesIn(file).toSorted((a, b) => a.idx - b.idx)
  const twice = entries.find((entry, i) => entries[i - 1]?.idx === entry.idx)
  if (twice !== undefined)
    throw twoHeads(
      file,
      entries.filter(({ idx }) => idx === twice.idx).map(({ tag }) => tag),
    )
  const gone = entries.find(({ tag }) => !names.includes(`${tag}.sql`))
  if (gone !== undefined) throw noFile(directory, gone.tag)
  const listed = entries.map(({ tag }) => `${tag}.sql`)
  const others = names.filter((name) => !listed.includes(name))
  if (others.length > 0) throw notListed(directory, others)
  return listed
}
