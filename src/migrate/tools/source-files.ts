/** The file in which a migration of another tool was written, found by the name that the tool gives it. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { notLookedInto } from '../files/not-looked-into.ts'

export interface SourceFile {
  /** Absolute. */
  readonly file: string
  readonly text: string
}

const endings = /\.(?:py|[cm]?[jt]s|rb|php|exs|xml|ya?ml|json|sql|cs|go)$/u
const deepest = 7
const longest = 1_000_000

const filesIn = (directory: string, depth: number): readonly string[] =>
  readdirSync(directory, { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const place = path.join(directory, entry.name)
      if (entry.isDirectory())
        return depth === 0 || notLookedInto.test(entry.name) ? [] : filesIn(place, depth - 1)
      return entry.isFile() && endings.test(entry.name) ? [place] : []
    })

/** Absolute: those in which migrations may be written, of the directory and of all below it. */
export const filesOfProject = (directory: string): readonly string[] => filesIn(directory, deepest)

const stemOf = (file: string): string => path.basename(file).replace(endings, '')

/** By its name alone; from sure to less sure. */
const byName: readonly ((file: string, name: string) => boolean)[] = [
  (file, name) => path.basename(file) === name,
  (file, name) => stemOf(file) === name,
  // Django: app and name.
  (file, name) => file.replace(endings, '').endsWith(`/${name.replace('.', '/migrations/')}`),
  // Rails: its number alone.
  (file, name) => /^\d+$/u.test(name) && stemOf(file).startsWith(`${name}_`),
]

/** Alembic names it inside, TypeORM by its class or by a field. */
const namesInside =
  /^revision\b[^=\n]*=\s*['"](?<revision>[^'"\n]+)['"]|\bclass\s+(?<class>\w+)|\bname\s*=\s*['"](?<name>[^'"\n]+)['"]/gmu

/** Whatever is no code names nothing inside. */
const isCode = /\.(?:py|[cm]?[jt]s|rb|php|exs|cs|go)$/u

const textOf = (file: string): string => {
  try {
    return statSync(file).size > longest ? '' : readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

/** Files by what they name inside, read once, and only when a name says nothing. */
const indexOf = (files: readonly string[]): ReadonlyMap<string, readonly string[]> => {
  const index = new Map<string, string[]>()
  for (const file of files.filter((one) => isCode.test(one))) {
    const named = [...textOf(file).matchAll(namesInside)].flatMap(
      ({ groups }) => groups?.['revision'] ?? groups?.['class'] ?? groups?.['name'] ?? [],
    )
    for (const name of new Set(named)) index.set(name, [...(index.get(name) ?? []), file])
  }
  return index
}

/** One look at the project for all of them. */
export const openSources = (directory: string): ((name: string) => SourceFile | null) => {
  const files = filesOfProject(directory)
  let index: ReadonlyMap<string, readonly string[]> | null = null
  return (name) => {
    const ways: readonly (() => readonly string[])[] = [
      ...byName.map((fits) => () => files.filter((file) => fits(file, name))),
      () => (index ??= indexOf(files)).get(name) ?? [],
    ]
    for (const way of ways) {
      const [file, ...others] = way()
      // Two of one name: which of them it is cannot be told.
      if (file !== undefined && others.length === 0) return { file, text: textOf(file) }
    }
    return null
  }
}

const comment = /^[ \t]*(?:#|\/\/|--|\*)[ \t]*assay:[ \t]*(?<words>[^\r\n]*)/gimu

/** What its comments say: `# assay: loses …` of the way up, `# assay: down loses …` of the way back. */
export const directivesIn = (
  text: string,
): { readonly up: readonly string[]; readonly down: readonly string[] } => {
  const all = [...text.matchAll(comment)].map(({ groups }) => (groups?.['words'] ?? '').trim())
  const isDown = (words: string): boolean => /^down\s/iu.test(words)
  return {
    up: all.filter((words) => !isDown(words)),
    down: all.filter(isDown).map((words) => words.replace(/^down\s+/iu, '')),
  }
}
