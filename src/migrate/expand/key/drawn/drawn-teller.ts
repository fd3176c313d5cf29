/** A key of which nothing tells the new value from the old one: it is drawn, and all that points to it looks it up. */
import { relationId } from '../../../../ground/names.ts'
import { ident } from '../../../../postgres/quote.ts'
import type { ColumnsShape, DrawnHead, Follower } from '../../shape.ts'
import { refuseWhere, type WalkedTable } from '../../walk.ts'
import type { Fill, Teller } from '../teller.ts'
import { drawnFunction } from './function-text.ts'
import {
  columnAt,
  isTable,
  keyAt,
  lookUp,
  otherSide,
  rowOf,
  saidBy,
  type DrawnShape,
  type Place,
  type Side,
} from './places.ts'

const inTable =
  ({ table }: Pick<ColumnsShape, 'table'>) =>
  (column: string): string =>
    `${ident(table.name)}.${ident(column)}`

const valueOf = (place: Place, follower: Follower, to: Side): string =>
  `(${lookUp(place, follower, to, inTable(follower))})`

const isFilled = (place: Place, { table, column }: DrawnHead, side: Side): string =>
  `${ident(columnAt(place, table, column, side))} is null`

/** What points to no row, as a key with a null in it may, has nothing that it could say otherwise. */
const strays = (place: Place, follower: Follower, to: Side): string => {
  const is = inTable(follower)(columnAt(place, follower.table, follower.column, to))
  return `exists (select ${rowOf(place, follower, otherSide(to), inTable(follower))} and ${saidBy(place, follower, to)} is distinct from ${is})`
}

const differing = (place: Place, part: ColumnsShape): string => {
  const { heads, followers } = place.shape.drawn
  const to: Side = place.stand === 'aside' ? 'olds' : 'news'
  return [
    ...heads.filter(({ table }) => isTable(table, part.table)).map((head) => isFilled(place, head, to)),
    ...followers.filter(({ table }) => isTable(table, part.table)).map((one) => strays(place, one, to)),
  ].join('\n  or ')
}

const pointsNowhere = (place: Place, follower: Follower, table: WalkedTable): string => {
  const name = inTable(follower)
  const found = `select ${rowOf(place, follower, 'olds', name)}`
  const complete = [...new Set([...follower.pointing, ...keyAt(place, follower, 'olds')])]
  return refuseWhere(
    table,
    `${complete.map((column) => `${name(column)} is not null`).join(' and ')} and not exists (${found})`,
    `Rows of ${relationId(follower.table)} point by ${follower.column} to no row of ${relationId(follower.target)}`,
    'Correct or delete them: no new value can be looked up for them.',
  )
}

const fillsOf = (place: Place): readonly Fill[] => {
  const { shape } = place
  const { heads, followers } = shape.drawn
  const steps = [...new Set(followers.map(({ step }) => step))]
  const drawn = shape.parts.flatMap((part): readonly Fill[] => {
    const own = heads.filter(({ table }) => isTable(table, part.table))
    return own.map((head) => ({
      part,
      set: [{ column: columnAt(place, head.table, head.column, 'news'), value: head.news }],
      condition: isFilled(place, head, 'news'),
    }))
  })
  const lookedUp = steps.flatMap((step) =>
    shape.parts.flatMap((part): readonly Fill[] => {
      const own = followers.filter((one) => one.step === step && isTable(one.table, part.table))
      if (own.length === 0) return []
      return [
        {
          part,
          set: own.map((one) => ({
            column: columnAt(place, one.table, one.column, 'news'),
            value: valueOf(place, one, 'news'),
          })),
          condition: own.map((one) => strays(place, one, 'news')).join('\n  or '),
        },
      ]
    }),
  )
  return [...drawn, ...lookedUp]
}

export const drawnTeller = (shape: DrawnShape): Teller => {
  const beside: Place = { shape, stand: 'beside' }
  return {
    sync: (part, stand) => drawnFunction({ shape, stand }, part),
    differing: (part, stand) => differing({ shape, stand }, part),
    checks: (tables) =>
      shape.drawn.followers.flatMap((one) => {
        const table = tables[shape.parts.findIndex((part) => isTable(part.table, one.table))]
        return table === undefined ? [] : [pointsNowhere(beside, one, table)]
      }),
    fills: fillsOf(beside),
    readsOthers: true,
    says: {
      expand: [
        ...shape.drawn.heads.map(
          ({ table, column, news }) =>
            `${relationId(table)}.${column} is drawn by ${news}; what points to it looks it up there.`,
        ),
        'A row that points to no row is named, and nothing is changed.',
      ],
      switch: [
        'From here on applications write and read the new values: nobody can know them before, and nobody reads the old ones behind it under these names.',
        ...shape.drawn.heads.map(
          ({ table, column }) =>
            `${relationId(table)}.${column} goes on drawing its old value, too, for the way back.`,
        ),
      ],
      loses: 'nobody was told the new values: they are drawn anew by another expand',
    },
  }
}
