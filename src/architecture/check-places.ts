/** What can be wrong with views and objects beside the tables: every fault with its line, all at once. */
import type { AssayError } from '../ground/errors.ts'
import type { DeclaredObject, DeclaredTable } from './architecture.ts'
import { declarationFault } from './rule-set.ts'
import type { DeclaredAt, DeclaredRule } from './rule.ts'
import type { View } from './view.ts'

interface Places {
  readonly tables: readonly DeclaredTable[]
  readonly views: readonly View[]
  readonly objects: readonly DeclaredObject[]
}

const placeText = (at: DeclaredAt | null): string =>
  at === null ? 'an unknown place' : `${at.file}:${at.line}`

/** Everything whose key was seen before, with where it was. */
const repeated = <T extends { readonly at: DeclaredAt | null }>(
  items: readonly T[],
  key: (item: T) => string,
): readonly (readonly [T, T])[] => {
  const first = new Map<string, T>()
  return items.flatMap((item): (readonly [T, T])[] => {
    const earlier = first.get(key(item))
    if (earlier !== undefined) return [[earlier, item]]
    first.set(key(item), item)
    return []
  })
}

const twice = (
  what: string,
  id: string,
  [first, second]: readonly [{ at: DeclaredAt | null }, { at: DeclaredAt | null }],
): AssayError =>
  declarationFault(
    second,
    `two-${what}s`,
    `Two ${what}s have the id "${id}": at ${placeText(first.at)} and at ${placeText(second.at)}.`,
    'Keep one of them, or give them different names.',
  )

/** Tables and views share their names in PostgreSQL. */
const twoRelations = ({ tables, views }: Places): readonly AssayError[] =>
  repeated([...tables, ...views], (place) => place.id)
    .filter(([, second]) => 'query' in second)
    .map((pair) => twice('relation', pair[1].id, pair))

const rulesIn = (places: readonly { readonly rules: readonly DeclaredRule[] }[]): readonly DeclaredRule[] =>
  places.flatMap((place) => place.rules)

const longNames = ({ views }: Places): readonly AssayError[] =>
  views.flatMap((view) =>
    [view.schema, view.name].flatMap((name) => {
      const bytes = Buffer.byteLength(name)
      if (bytes > 0 && bytes <= 63) return []
      return [
        declarationFault(
          view,
          'name-length',
          `${view.id}: a name of ${bytes} bytes; PostgreSQL keeps 1 to 63.`,
          'Give the view a name of 1 to 63 bytes.',
        ),
      ]
    }),
  )

export const checkPlaces = (places: Places): readonly AssayError[] => [
  ...places.views.flatMap((view) => view.faults),
  ...longNames(places),
  ...twoRelations(places),
  ...repeated([...rulesIn(places.views), ...rulesIn(places.objects)], (rule) => rule.id).map((pair) =>
    twice('rule', pair[1].id, pair),
  ),
  ...repeated(places.objects, (object) => object.structure).map((pair) =>
    twice('object', pair[1].structure, pair),
  ),
]
