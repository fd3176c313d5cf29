/** Where reports stand and what paths mean in them: files are asked for from here, and named from the repository's root. */
import { existsSync, statSync } from 'node:fs'
import { access, constants, mkdir, writeFile } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { AssayError } from '../ground/errors.ts'

const upwards = (directory: string): readonly string[] => {
  const parent = dirname(directory)
  return parent === directory ? [directory] : [directory, ...upwards(parent)]
}

/** The repository that a directory is in; outside of any, the working directory. */
export const repositoryOf = (directory: string): string =>
  upwards(resolve(directory)).find((place) => existsSync(join(place, '.git'))) ?? process.cwd()

/** From the root on with `/`, whatever the machine; absolute outside of it. */
export const fromRoot =
  (root: string) =>
  (file: string): string => {
    const way = relative(root, resolve(file))
    return way.startsWith('..') || isAbsolute(way) ? resolve(file) : way.replaceAll('\\', '/')
  }

const unwritable = (option: string, file: string, cause: unknown): AssayError =>
  new AssayError(`${option} cannot be written: ${file}`, {
    code: 'report.unwritable',
    exit: 3,
    asked: `${option} ${file}`,
    found: cause instanceof Error ? cause.message : String(cause),
    mend: `Name a file in a directory that this user can write: ${option} reports/${option.slice(2)}.txt`,
    cause,
  })

/** Makes the directory and throws for what could not be written later: a proof takes time, and would be lost. */
export const readyFile = async (option: string, file: string): Promise<void> => {
  try {
    await mkdir(dirname(resolve(file)), { recursive: true })
    const there = statSync(file, { throwIfNoEntry: false })
    if (there?.isDirectory()) throw new Error('it is a directory')
    await access(there ? file : dirname(resolve(file)), constants.W_OK)
  } catch (cause) {
    throw unwritable(option, file, cause)
  }
}

/** Answers the absolute path. */
export const writeReport = async (option: string, file: string, text: string): Promise<string> => {
  try {
    await writeFile(file, text)
  } catch (cause) {
    throw unwritable(option, file, cause)
  }
  return resolve(file)
}
