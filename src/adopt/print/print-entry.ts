/** The file that puts the tables together as one architecture; of a large database lists of them stand beside it. */
import { array, call, entry, expandedObject, object, shorthand, type Code, type Entry } from './code.ts'
import { exportConst } from './layout.ts'
import { text } from './literals.ts'
import type { PlannedFile } from './print-files.ts'

export interface EntryParts {
  /** The constant, its file, and what the architecture is called. */
  readonly name: string
  readonly path: string
  readonly title: string
  /** Constants, in order. */
  readonly tables: readonly string[]
  readonly views: readonly string[]
  readonly objects: readonly string[]
  /** Names of tables that are neither declared nor proven. */
  readonly leftAlone: readonly Code[]
  readonly nameOf: (wish: string) => string
}

/** More names than this are gathered in lists, so that the entry stays short. */
const mostNames = 120

/** What stands in the entry: the names themselves, or lists of them that stand in files beside it. */
const listed = (
  what: string,
  names: readonly string[],
  { nameOf }: EntryParts,
): {
  readonly needs: readonly string[]
  readonly entries: readonly Entry[]
  readonly files: readonly PlannedFile[]
} => {
  if (names.length <= mostNames) return { needs: names, entries: names.map(shorthand), files: [] }
  const files: PlannedFile[] = []
  for (let i = 0; i < names.length; i += mostNames) {
    const own = names.slice(i, i + mostNames)
    const list = nameOf(`${what}${files.length + 1}`)
    files.push({
      path: `data/lists/${what}-${files.length + 1}`,
      pieces: [
        { name: list, text: exportConst(list, expandedObject(own.map(shorthand))), imports: [], needs: own },
      ],
    })
  }
  const needs = files.flatMap((file) => file.pieces.map((piece) => piece.name))
  return { needs, entries: needs.map((list) => shorthand(`...${list}`)), files }
}

export const entryFiles = (parts: EntryParts): readonly PlannedFile[] => {
  const { name, path, title, objects, leftAlone } = parts
  const tables = listed('tables', parts.tables, parts)
  const views = listed('views', parts.views, parts)
  const options = object([
    entry('tables', expandedObject(tables.entries)),
    ...(views.entries.length === 0 ? [] : [entry('views', expandedObject(views.entries))]),
    ...(objects.length === 0
      ? []
      : [
          entry(
            'objects',
            array(objects.map((one) => ({ kind: 'atom', text: `...${one}`, isString: false }))),
          ),
        ]),
    ...(leftAlone.length === 0
      ? []
      : [
          entry('leftAlone', array(leftAlone), [
            'What migration tools and the platform keep for themselves.',
          ]),
        ]),
  ])
  const needs = [...tables.needs, ...views.needs, ...objects]
  return [
    ...tables.files,
    ...views.files,
    {
      path,
      pieces: [
        {
          name,
          text: exportConst(name, call('architecture', text(title), options)),
          imports: ['architecture'],
          needs,
        },
      ],
    },
  ]
}
