/** The SQL files of a suite, named one by one or by a pattern (`tests/*.sql`, `tests/**\/*.sql`) that no shell has expanded. */
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { AssayError } from '../ground/errors.ts'
import { compareNames } from '../migrate/files/migration-files.ts'

const isPattern = (text: string): boolean => /[*?]/u.test(text)

/** A path with `/`; `**` is any number of directories. */
const patternOf = (pattern: string): RegExp => {
  const text = pattern.replaceAll(/\*\*\/|\*\*|\*|\?|[^*?]+/gu, (part) => {
    if (part === '**/') return '(?:[^/]+/)*'
    if (part === '**') return '.*'
    if (part === '*') return '[^/]*'
    if (part === '?') return '[^/]'
    return part.replaceAll(/[\\^$.|+()[\]{}]/gu, String.raw`\$&`)
  })
  return new RegExp(`^${text}$`, 'u')
}

const filesBelow = (directory: string, prefix: string): readonly string[] => {
  try {
    return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
      if (entry.name.startsWith('.') || entry.name === 'node_modules') return []
      const name = `${prefix}${entry.name}`
      return entry.isDirectory() ? filesBelow(path.join(directory, entry.name), `${name}/`) : [name]
    })
  } catch {
    return []
  }
}

const expand = (pattern: string, directory: string): readonly string[] => {
  if (!isPattern(pattern)) return [pattern]
  const plain = pattern.replaceAll('\\', '/').replace(/^(?:\.\/)+/u, '')
  // Read from the last directory that is named in full.
  const top = plain.slice(0, plain.slice(0, plain.search(/[*?]/u)).lastIndexOf('/') + 1)
  const wanted = patternOf(plain)
  const found = filesBelow(path.resolve(directory, top), top)
    .filter((name) => wanted.test(name))
    .toSorted(compareNames)
  if (found.length > 0) return found
  throw new AssayError(`No file is named by ${pattern}.`, {
    code: 'score.no-files',
    exit: 2,
    asked: `the SQL files of the suite, from ${directory}`,
    found: 'none',
    mend: "Correct the pattern; it is read from the working directory: --suite 'tests/*.sql'",
  })
}

/** Each once, in the order in which they are named; those of one pattern in name order. */
export const suiteFiles = (named: readonly string[], directory: string): readonly string[] => [
  ...new Set(named.flatMap((name) => expand(name, directory))),
]

/** `--suite tests/*.sql` names files; everything else is a command. */
export const namesSqlFiles = (suite: string): boolean => /^\S+\.sql$/iu.test(suite.trim())
