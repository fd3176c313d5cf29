/**
 * The views over a table, taken away while it is proven that its rules are red: PostgreSQL changes no type under a view,
 * and to make them again after each column costs more than all else that is asked of it. Only for experiments that
 * nothing could tell of them: rows that PostgreSQL alone puts into tables.
 */
import { kindOfStructure } from '../catalog/kind-of.ts'
import { viewsOver } from '../catalog/dependency/views-over.ts'
import type { Catalog, Structure } from '../catalog/structure.ts'
import type { Experiment } from '../rules/experiment.ts'
import { namesIn } from './names-in-text.ts'
import { plainInsertsOf, runsOnInsert } from './plain-inserts.ts'

interface ViewsAside {
  /** What takes them away. */
  readonly ddl: readonly string[]
  /** As it is without them. */
  readonly catalog: Catalog
  /** Ids of structures that are gone with them. */
  readonly gone: ReadonlySet<string>
  /** Whether these experiments answer the same without them. */
  isUnseenBy(experiments: readonly Experiment[]): boolean
}

/** Of a table; null where nothing stands on its columns, or more than views does. */
type AsideOf = (table: string) => ViewsAside | null

/** With escapes; others with the letters right before them, which may mean that they end elsewhere. */
const literals = /\b[eE]'(?:[^'\\]|\\.|'')*'|(?<prefix>[\w&]*)'(?:[^']|'')*'/gsu

/** Words without which no relation is read: beside those of the user's own code. */
const readingWords = /\b(?:select|table|execute|regclass|\w*_to_xml\w*|ts_stat|ts_rewrite)\b/iu

/** Without its literals; null where it cannot be told where they end. */
const outsideLiterals = (sql: string): string | null => {
  let isOpaque = false
  const rest = sql.replaceAll(literals, (...found) => {
    isOpaque ||= Boolean((found.at(-1) as { readonly prefix?: string }).prefix)
    return "''"
  })
  return isOpaque || /\$|--|\/\*/u.test(rest) ? null : rest
}

/** A view, or what stands on one: as a relation alone it is come to. */
const isOfView = (structure: Structure, catalog: Catalog): boolean =>
  [structure.id, ...structure.dependsOn].some((id) => {
    const found = catalog.structures.get(id)
    return found !== undefined && kindOfStructure(found).actsByName === true
  })

/** Names by which a statement that reads no relation may come to code of the user's; null where it may without naming it. */
const namesOfCode = (catalog: Catalog): readonly string[] | null => {
  const names: string[] = []
  for (const structure of catalog.structures.values()) {
    if (structure.table !== null || !runsOnInsert(structure, catalog, new Set())) continue
    const called = kindOfStructure(structure).calls?.(structure)
    if (called) names.push(called.name)
    else if (!isOfView(structure, catalog)) return null
  }
  return names
}

const openViewsAside = (catalog: Catalog): AsideOf => {
  const plainInserts = plainInsertsOf(catalog)
  let code: readonly string[] | null | undefined
  const made = new Map<string, ViewsAside | null>()
  const make = (id: string): ViewsAside | null => {
    const views = viewsOver(catalog, id)
    // Over another type, one over code of the user's may not be made again.
    if (!views || views.structures.some((one) => runsOnInsert(one, catalog, new Set()))) return null
    return {
      ddl: views.drops,
      catalog: views.catalog,
      gone: new Set(views.structures.map((one) => one.id)),
      isUnseenBy(experiments) {
        if (code === undefined) code = namesOfCode(catalog)
        if (code === null) return false
        const names = code
        const readsNothing = (sql: string): boolean => {
          const text = outsideLiterals(sql)
          return text !== null && !readingWords.test(text) && !names.some(namesIn(text))
        }
        return experiments.every(({ world, given, when, as, on, session, proof, interleaving, call }) => {
          if (as || on || session || proof || interleaving || call) return false
          const statements = [...world.statements, ...given, ...when]
          return plainInserts(statements) !== null && statements.every(readsNothing)
        })
      },
    }
  }
  return (table) => {
    const known = made.get(table)
    if (known !== undefined) return known
    const one = make(table)
    made.set(table, one)
    return one
  }
}

const known = new WeakMap<Catalog, AsideOf>()

/** Opened once for a catalog. */
export const viewsAside = (catalog: Catalog): AsideOf => {
  const ready = known.get(catalog) ?? openViewsAside(catalog)
  known.set(catalog, ready)
  return ready
}
