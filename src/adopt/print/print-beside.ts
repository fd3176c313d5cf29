/** The files of what stands beside the tables: views by schema, and lists of the objects that belong to no table. */
import type { Catalog } from '../../catalog/structure.ts'
import type { ObservedFunction } from '../calls/observed-function.ts'
import { array } from './code.ts'
import { exportConst, layout } from './layout.ts'
import { toFileName } from './names.ts'
import { split, type PlannedFile } from './print-files.ts'
import { printObjects, type PrintedObject } from './print-objects.ts'
import { printViews, type PrintedView } from './print-views.ts'
import type { Unkept } from './unkept.ts'

export interface PrintedBeside {
  readonly files: readonly PlannedFile[]
  /** Constants, in order: of views, and of lists of objects. */
  readonly views: readonly string[]
  readonly objects: readonly string[]
  /** Structure ids. */
  readonly claims: readonly string[]
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
  readonly unkept: Unkept
  /** What observeFunctions saw; absent: nothing. */
  readonly functions?: readonly ObservedFunction[]
}

/** Of one file of objects. */
const mostLines = 400

const linesOf = ({ code }: PrintedObject): number =>
  layout(code, { indent: 2, column: 2, after: 1 }).split('\n').length

/** In their order, as many together as keep a file short; functions apart from the rest. */
const listsOf = (objects: readonly PrintedObject[]): readonly (readonly PrintedObject[])[] => {
  const lists: PrintedObject[][] = []
  let lines = 0
  for (const one of objects) {
    const own = linesOf(one)
    const last = lists.at(-1)
    const isApart = last !== undefined && last[0]!.imports.includes('fn') !== one.imports.includes('fn')
    if (last === undefined || isApart || lines + own > mostLines) {
      lists.push([one])
      lines = own
    } else {
      last.push(one)
      lines += own
    }
  }
  return lists
}

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
  const objects = printObjects(catalog, (id) => isClaimed(id) || isSkipped(id), options)
  const lists: PlannedFile[] = []
  for (const own of listsOf(
    objects.toSorted((a, b) => Number(a.imports.includes('fn')) - Number(b.imports.includes('fn'))),
  )) {
    const what = own[0]!.imports.includes('fn') ? 'functions' : 'objects'
    const name = nameOf(what)
    lists.push({
      path: pathOf(`data/${what}`),
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
  }
}
