/**
 * Puts the files of an adopted project in their place: written beside it first, then moved, so that a killed run
 * leaves nothing half. What stands there already is never written over.
 */
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import type { AdoptedFile } from '../adopt/adopted.ts'
import { AssayError } from '../ground/errors.ts'
import { isAlive } from '../postgres/process.ts'
import { atShutdown } from '../postgres/shutdown.ts'
import { configNames } from './find-config.ts'

const stagingPrefix = '.assay-adopt-'
const staged = /^\.assay-adopt-(?<pid>\d+)-/u

const refuse = (directory: string, inTheWay: readonly string[]): AssayError => {
  const few = inTheWay.slice(0, 20).map((file) => path.relative(directory, file))
  const more = inTheWay.length > few.length ? `, and ${inTheWay.length - few.length} more` : ''
  return new AssayError(
    `${inTheWay.length === 1 ? 'A file stands' : `${inTheWay.length} files stand`} in ${directory} where assay adopt would write.`,
    {
      code: 'adopt.exists',
      exit: 4,
      asked: `an adopted project in ${directory}`,
      found: `${few.join(', ')}${more}`,
      why: 'assay adopt never writes over what is there',
      mend: 'Take a directory of its own (assay adopt … --out data-architecture), or move what is there away.',
    },
  )
}

const entriesOf = (directory: string): readonly string[] =>
  statSync(directory, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(directory) : []

/** Directories whose every file would be taken for part of the project. */
const ownDirectories = ['migrations', 'ledger'] as const

/**
 * Throws AssayError (exit 4) when something stands in the way; `paths`: what will be written, as far as it is known.
 * Files of other names beside them are nobody's business, but in `migrations` they would run with the baseline.
 */
export const assertPlace = (directory: string, paths: readonly string[]): void => {
  const facts = statSync(directory, { throwIfNoEntry: false })
  if (facts !== undefined && !facts.isDirectory())
    throw new AssayError(`${directory} is a file, not a directory.`, {
      code: 'adopt.not-directory',
      exit: 4,
      asked: 'a directory for the adopted project',
      found: 'a file of that name',
      mend: 'Name another directory: assay adopt … --out NAME',
    })
  const found = [
    ...configNames.map((name) => path.join(directory, name)).filter((file) => existsSync(file)),
    ...ownDirectories.flatMap((name) =>
      entriesOf(path.join(directory, name))
        .filter((entry) => !entry.startsWith('.'))
        .map((entry) => path.join(directory, name, entry)),
    ),
    ...paths.map((file) => path.join(directory, file)).filter((file) => existsSync(file)),
  ]
  const inTheWay = [...new Set(found)].toSorted()
  if (inTheWay.length > 0) throw refuse(directory, inTheWay)
}

const filesBelow = (tree: string): readonly string[] =>
  existsSync(tree)
    ? readdirSync(tree, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.relative(tree, path.join(entry.parentPath, entry.name)))
    : []

const isSameFile = (a: string, b: string): boolean => {
  const [one, other] = [a, b].map((file) => statSync(file, { throwIfNoEntry: false }))
  return one !== undefined && other !== undefined && one.ino === other.ino && one.dev === other.dev
}

/** Takes away what runs that were killed have left: their own directory, and files that they had placed already. */
export const sweepAdopted = (directory: string): void => {
  const parent = nearestExisting(directory)
  for (const name of entriesOf(parent)) {
    const pid = staged.exec(name)?.groups?.['pid']
    if (pid === undefined || isAlive(Number(pid))) continue
    const tree = path.join(parent, name, 'tree')
    for (const file of filesBelow(tree)) {
      const placed = path.join(parent, file)
      if (isSameFile(path.join(tree, file), placed)) rmSync(placed)
    }
    rmSync(path.join(parent, name), { recursive: true, force: true })
  }
}

const nearestExisting = (directory: string): string =>
  existsSync(directory) ? directory : nearestExisting(path.dirname(directory))

/** One file in two places, until the first is taken away; a file that came in between is not written over. */
const placeFile = (from: string, to: string): void => {
  try {
    linkSync(from, to)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') throw cause
    // File systems without hard links.
    writeFileSync(to, readFileSync(from), { flag: 'wx' })
  }
}

interface Undo {
  readonly files: string[]
  /** Outermost first. */
  readonly directories: string[]
}

const takeBack = ({ files, directories }: Undo): void => {
  for (const file of files.splice(0)) rmSync(file, { force: true })
  for (const directory of directories.splice(0).toReversed()) {
    try {
      rmdirSync(directory)
    } catch {
      // Somebody else has put something there.
    }
  }
}

const makeDirectories = (directory: string, undo: Undo): void => {
  if (existsSync(directory)) return
  makeDirectories(path.dirname(directory), undo)
  mkdirSync(directory)
  undo.directories.push(directory)
}

/** Absolute paths, in the order given. Without the config, which comes last, nothing of it is a project. */
export const writeAdopted = (directory: string, files: readonly AdoptedFile[]): readonly string[] => {
  sweepAdopted(directory)
  assertPlace(
    directory,
    files.map((file) => file.path),
  )
  const place = nearestExisting(directory)
  const staging = mkdtempSync(path.join(place, `${stagingPrefix}${process.pid}-`))
  const undo: Undo = { files: [], directories: [] }
  // Nothing here waits, so that a signal that is listened for comes when all of it stands.
  const forget = atShutdown({ now: () => undefined })
  try {
    const tree = path.join(staging, 'tree')
    for (const file of files) {
      const written = path.join(tree, file.path)
      mkdirSync(path.dirname(written), { recursive: true })
      writeFileSync(written, file.text, { flag: 'wx' })
    }
    if (existsSync(directory)) {
      for (const file of files) {
        const target = path.join(directory, file.path)
        makeDirectories(path.dirname(target), undo)
        placeFile(path.join(tree, file.path), target)
        undo.files.push(target)
      }
    } else {
      makeDirectories(path.dirname(directory), undo)
      renameSync(tree, directory)
    }
    undo.files.length = 0
    undo.directories.length = 0
  } catch (cause) {
    takeBack(undo)
    throw cause
  } finally {
    rmSync(staging, { recursive: true, force: true })
    forget()
  }
  return files.map((file) => path.join(directory, file.path))
}
