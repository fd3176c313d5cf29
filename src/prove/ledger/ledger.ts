/**
 * The committed record of what was proven: `head.txt`, `database.txt` and `tables/<table>.txt` in one directory.
 * Pages that would say the same keep their bytes; pages of tables that are gone are removed; other files are left.
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AssayError } from '../../ground/errors.ts'
import { isAlive } from '../../postgres/process.ts'
import { formatHead, formatPage, parsePage } from './format.ts'
import { headFile, pageFile, tablesDirectory } from './path.ts'
import { isPageFile, parseLedger } from './parse.ts'
import { inOrder, type Ledger } from './page.ts'
import { recordLedger } from './record.ts'
import type { ProveResult } from '../result.ts'

export interface WrittenLedger {
  /** Paths inside the directory, sorted. */
  readonly written: readonly string[]
  readonly removed: readonly string[]
  readonly unchanged: readonly string[]
}

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

const fileFault = (doing: string, path: string, cause: unknown): AssayError =>
  new AssayError(`The ledger could not be ${doing}: ${path}`, {
    code: doing === 'read' ? 'ledger.unreadable' : 'ledger.unwritable',
    exit: 3,
    found: reasonOf(cause),
    why: 'The ledger is the committed record of what was proven; without its files nothing can be compared.',
    mend: `Make ${dirname(path)} a directory that this user can read and write, or set \`ledger\` in assay.config.ts.`,
    cause,
  })

const isAbsent = (cause: unknown): boolean =>
  cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR')

const filesIn = async (directory: string): Promise<string[]> => {
  try {
    const entries = await readdir(directory, { withFileTypes: true })
    return entries.filter((e) => e.isFile()).map((e) => e.name)
  } catch (cause) {
    if (isAbsent(cause)) return []
    throw fileFault('read', join(directory, '.'), cause)
  }
}

const readText = async (path: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw fileFault('read', path, cause)
  }
}

const readFiles = async (directory: string): Promise<Map<string, string>> => {
  const top = (await filesIn(directory)).filter((name) => name === headFile || isPageFile(name))
  const tables = await filesIn(join(directory, tablesDirectory))
  const paths = [...top, ...tables.map((name) => `${tablesDirectory}/${name}`).filter(isPageFile)]
  const texts = await Promise.all(
    paths.toSorted(inOrder).map(async (p) => [p, await readText(join(directory, p))] as const),
  )
  return new Map(texts)
}

/** Reads what stands in the directory. One that does not exist is an empty ledger: `head` is null. */
export const readLedger = async (directory: string): Promise<Ledger> =>
  parseLedger(await readFiles(directory), directory)

/** Written beside and renamed: a reader, or a run that is stopped here, never finds half a page. */
const replaceFile = async (path: string, text: string): Promise<void> => {
  const beside = `${path}.${process.pid}.new`
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(beside, text)
    await rename(beside, path)
  } catch (cause) {
    await rm(beside, { force: true }).catch(() => undefined)
    throw fileFault('written', path, cause)
  }
}

/** What a run that was killed between writing and renaming left behind; a living one's is its own to rename. */
const removeHalfWritten = async (directory: string): Promise<void> => {
  for (const place of [directory, join(directory, tablesDirectory)]) {
    for (const name of await filesIn(place)) {
      const pid = /\.txt\.(\d+)\.new$/u.exec(name)?.[1]
      if (pid !== undefined && !isAlive(Number(pid))) await rm(join(place, name), { force: true })
    }
  }
}

/** A file in tables/ that Assay did not write is not Assay's to remove. */
const isOurs = (text: string): boolean =>
  text.startsWith('# Written by `assay prove`') || parsePage(text).value !== null

/**
 * Records a whole run (never one of `--only`, whose other rules would look removed). Answers what changed on disk.
 */
export const writeLedger = async (directory: string, result: ProveResult): Promise<WrittenLedger> => {
  const { head, pages } = recordLedger(result)
  const wanted = new Map(pages.map((page) => [pageFile(page.table), formatPage(page)]))
  if (head) wanted.set(headFile, formatHead(head))
  await removeHalfWritten(directory)
  const before = await readFiles(directory)
  const written: string[] = []
  const unchanged: string[] = []
  for (const [path, text] of wanted) {
    // A checkout with CRLF line ends says the same: rewriting it would show every page as changed.
    if (before.get(path)?.replaceAll('\r\n', '\n') === text) unchanged.push(path)
    else {
      await replaceFile(join(directory, path), text)
      written.push(path)
    }
  }
  const removed = [...before]
    .filter(([path, text]) => !wanted.has(path) && isOurs(text))
    .map(([path]) => path)
  for (const path of removed)
    await rm(join(directory, path)).catch((cause: unknown) => {
      throw fileFault('written', join(directory, path), cause)
    })
  return { written: written.toSorted(inOrder), removed, unchanged: unchanged.toSorted(inOrder) }
}
