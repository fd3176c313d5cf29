/** The files of what stands beside the tables: views by schema, and lists of the objects that belong to no table. */
import type { Catalog } from '../../catalog/structure.ts'
import { array } from './code.ts'
import { exportConst } from './layout.ts'
import { toFileName } from './names.ts'
import { split, type PlannedFile } from './print-files.ts'
import type { Left } from './print-kind.ts'
import { printObjects } from './print-objects.ts'
import { printViews, type PrintedView } from './print-views.ts'

export interface PrintedBeside {
  readonly files: readonly PlannedFile[]
  /** Constants, in order: of views, and of lists of objects. */
  readonly views: readonly string[]
  readonly objects: readonly string[]
  /** Structure ids. */
  readonly claims: readonly string[]
  readonly left: readonly Left[]
}

export interface BesideOptions {
  readonly nameOf: (wish: string) => string
  readonly pathOf: (wish: string) => string
  /** Whether these claims, and what they need, state the structure. */
  readonly isClaimedBy: (claims: readonly string[]) => (id: string) => boolean
  /** What the tables claim. */
  readonly claims: readonly string[]
  /** Tables that are left alone, with all that stands on them. */
  readonly skipped: ReadonlySet<string>
}

/** Each is a line or a few: a file stays short. */
const objectsOfOneFile = 60

const viewFiles = (
  views: readonly PrintedView[],
  pathOf: BesideOptions['pathOf'],
): readonly PlannedFile[] => {
  const schemas = [...new Set(views.map((view) => view.schema))]
  return schemas.flatMap((schema) => {
    const path = schema === 'public' ? 'data/views' : `data/views/${toFileName(schema, 'schema')}`
    const pieces = views.filter((view) => view.schema === schema)
    return split({ path: pathOf(path), pieces }, pathOf)
  })
}

export const printBeside = (catalog: Catalog, options: BesideOptions): PrintedBeside => {
  const { nameOf, pathOf, skipped } = options
  const views = printViews(catalog, nameOf)
  const claims = [...options.claims, ...views.flatMap((view) => view.claims)]
  const isClaimed = options.isClaimedBy(claims)
  const isSkipped = (id: string): boolean => skipped.has(catalog.structures.get(id)?.table ?? '')
  const objects = printObjects(catalog, (id) => isClaimed(id) || isSkipped(id))
  const lists: PlannedFile[] = []
  for (let i = 0; i < objects.length; i += objectsOfOneFile) {
    const own = objects.slice(i, i + objectsOfOneFile)
    const name = nameOf('objects')
    lists.push({
      path: pathOf('data/objects'),
      pieces: [
        {
          name,
          text: exportConst(name, array(own.map((one) => one.code))),
          imports: [...new Set(own.flatMap((one) => one.imports))],
          needs: [],
        },
      ],
    })
  }
  return {
    files: [...viewFiles(views, pathOf), ...lists],
    views: views.map((view) => view.name),
    objects: lists.flatMap((list) => list.pieces.map((piece) => piece.name)),
    claims: [...views.flatMap((view) => view.claims), ...objects.flatMap((one) => one.claims)],
    left: views.flatMap((view) => view.left),
  }
}
