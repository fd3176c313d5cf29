/** Puts printed pieces into files: what belongs together, none too long, each with the imports that it uses. */
import { importNames } from './layout.ts'

/** A constant, and what it needs. */
export interface Piece {
  readonly name: string
  readonly text: string
  /** From 'assay'. */
  readonly imports: readonly string[]
  /** Other constants that it names. */
  readonly needs: readonly string[]
}

export interface PlannedFile {
  /** From the project's directory, without an ending. */
  readonly path: string
  readonly pieces: readonly Piece[]
}

const longest = 450

const linesOf = (text: string): number => text.split('\n').length

/** A file's pieces in as many files as keep each short: `orders`, `orders-2`. `pathOf` gives paths that nobody has. */
export const split = (
  { path, pieces }: PlannedFile,
  pathOf: (wish: string) => string,
): readonly PlannedFile[] => {
  const parts: Piece[][] = []
  let lines = longest
  for (const piece of pieces) {
    const own = linesOf(piece.text) + 1
    if (lines + own > longest) {
      parts.push([])
      lines = 10
    }
    parts.at(-1)?.push(piece)
    lines += own
  }
  return parts.map((part, i) => ({ path: i === 0 ? path : pathOf(`${path}-${i + 1}`), pieces: part }))
}

const relative = (from: string, to: string): string => {
  const [here, there] = [from, to].map((path) => path.split('/'))
  const folders = here!.slice(0, -1)
  let same = 0
  while (same < folders.length && folders[same] === there![same]) same += 1
  const up = folders.length - same
  return `${up === 0 ? './' : '../'.repeat(up)}${there!.slice(same).join('/')}`
}

/** Text of each planned file, its imports from 'assay' first, then those from its neighbours in order. */
export const writeFiles = (
  files: readonly PlannedFile[],
  ending: string,
): readonly { readonly path: string; readonly text: string }[] => {
  const placeOf = new Map(files.flatMap(({ path, pieces }) => pieces.map((piece) => [piece.name, path])))
  return files.map(({ path, pieces }) => {
    const own = [...new Set(pieces.flatMap((piece) => piece.imports))]
    const needed = new Map<string, Set<string>>()
    for (const name of pieces.flatMap((piece) => piece.needs)) {
      const from = placeOf.get(name)
      if (from === undefined || from === path) continue
      needed.set(from, (needed.get(from) ?? new Set()).add(name))
    }
    const imports = [
      ...(own.length === 0 ? [] : [importNames(own, 'assay')]),
      ...[...needed]
        .map(([from, names]) => [relative(path, from) + ending, [...names]] as const)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([from, names]) => importNames(names, from)),
    ]
    return { path: path + ending, text: [imports.join(''), ...pieces.map((piece) => piece.text)].join('\n') }
  })
}
