/** Writes for triggers that add up a column over rows of their own table, go on from its largest value, or balance two. */
import type { Column } from '../../catalog/table.ts'
import type { Row } from '../../rows/rows.ts'
import type { ObservedSetting } from '../../rules/observed/stage.ts'
import { limitsOf, type OwnRows } from './own-rows.ts'
import { beside } from './own-writes.ts'
import { bare, wordsOf } from './source-words.ts'
import { isNumber, shifted } from './stepped-values.ts'
import { again, insert, on, plainSetting, remove, update, type Ground } from './write-settings.ts'

const mostLimits = 3

/** Columns of the table in the parentheses of this aggregate. */
const aggregated = ({ context, reads }: Ground, names: readonly string[]): readonly Column[] => {
  const found = new Set<string>()
  for (const text of reads.bodies) {
    const words = wordsOf(text).map((word) => word.text)
    for (const [at, word] of words.entries()) {
      if (!names.includes(word) || words[at + 1] !== '(') continue
      for (let i = at + 2, depth = 1; i < words.length && depth > 0; i++) {
        if (words[i] === '(') depth++
        else if (words[i] === ')') depth--
        else found.add(bare(words[i]!))
      }
    }
  }
  return context.table.columns.filter((c) => found.has(c.name) && c.generated === null && isNumber(c))
}

interface Amount {
  readonly column: Column
  readonly value: string
}

const amountsOf = (ground: Ground, names: readonly string[]): readonly Amount[] =>
  aggregated(ground, names).map((column) => {
    const own = ground.base[column.name]
    return { column, value: (own === undefined ? null : shifted(column, own, 0)) ?? '1' }
  })

const insertOrUpdate = (ground: Ground, row: Row, set: Row): readonly ObservedSetting[] => [
  ...(on(ground.reads, 'insert') ? [insert({ ...row, ...set })] : []),
  ...(on(ground.reads, 'update') ? [update(row, set)] : []),
]

/** Beside a row that leaves just enough room, one step too little, and one step more. */
const addedUp = (ground: Ground, own: OwnRows): readonly ObservedSetting[] => {
  const { reads, aged } = ground
  const limits = limitsOf(reads.constants).slice(0, mostLimits)
  return amountsOf(ground, ['sum']).flatMap(({ column }) => {
    const name = column.name
    const step = shifted(column, '0', 1)!
    return limits.flatMap((limit) => {
      const rest = [-1, 0, -2].map((steps) => shifted(column, String(limit), steps)!)
      const row = { ...aged, ...own.group }
      const low = { ...row, [name]: step }
      return own.states
        .slice(0, 3)
        .flatMap((state) => [
          ...rest.flatMap((value) =>
            beside(
              ground,
              [{ ...own.group, ...state, [name]: value }],
              [
                ...(on(reads, 'insert')
                  ? [
                      insert({ ...low, ...state }),
                      again({ ...low, ...state }, { [name]: shifted(column, step, 1)! }),
                    ]
                  : []),
                ...(on(reads, 'update')
                  ? [update({ ...low, ...state }, { [name]: shifted(column, step, 1)! })]
                  : []),
              ],
            ),
          ),
          ...own.neighbours.flatMap((other) =>
            beside(
              ground,
              [{ ...other, ...state, [name]: String(limit) }],
              insertOrUpdate(ground, { ...low, ...state }, { [name]: shifted(column, step, 1)! }),
            ),
          ),
        ])
    })
  })
}

/** Beside rows with the first value and the next one: the value that follows, those before and behind it. */
const goneOn = (ground: Ground, own: OwnRows): readonly ObservedSetting[] => {
  const { reads, aged } = ground
  if (!on(reads, 'insert')) return []
  return amountsOf(ground, ['max', 'min', 'count']).flatMap(({ column, value }) => {
    const name = column.name
    const nth = (n: number): Row => ({ [name]: shifted(column, value, n)! })
    const written = (ns: readonly number[]): readonly ObservedSetting[] =>
      ns.map((n) => insert({ ...aged, ...own.group, ...nth(n) }))
    const stands = (ns: readonly number[]): readonly Row[] => ns.map((n) => ({ ...own.group, ...nth(n) }))
    return [
      ...written([1, 2, -1]),
      ...beside(ground, stands([0]), written([1, 2, 3, -1])),
      ...beside(ground, stands([0, 1]), written([2, 1, 3])),
      ...own.neighbours.flatMap((other) => beside(ground, [{ ...other, ...nth(4) }], written([0, 5]))),
    ]
  })
}

/** One row on either side, or one row that takes from one column what another one puts into the other. */
const balanced = (ground: Ground, own: OwnRows): readonly ObservedSetting[] => {
  const { reads, aged } = ground
  const [one, two] = amountsOf(ground, ['sum'])
  if (!one || !two) return []
  const [some, more] = [2, 3].map((n) => shifted(one.column, '0', n)!) as [string, string]
  const left: Row = { [one.column.name]: some, [two.column.name]: shifted(two.column, '0', 0)! }
  const right: Row = { [one.column.name]: shifted(one.column, '0', 0)!, [two.column.name]: some }
  const row = { ...aged, ...own.group, ...left }
  const counterpart = (group: Row): Row => ({ ...group, ...right })
  const both = (group: Row): ObservedSetting | null => {
    const keys = otherKeys(ground, own)
    if (keys === null || !on(reads, 'insert')) return null
    return {
      ...plainSetting,
      writes: [
        { does: 'insert', row },
        { does: 'insert', row: { ...aged, ...counterpart(group), ...keys } },
      ],
    }
  }
  return [
    ...[own.group, ...own.neighbours].flatMap((group) => both(group) ?? []),
    ...beside(
      ground,
      [counterpart(own.group)],
      [
        ...(on(reads, 'delete') ? [remove(row)] : []),
        ...(on(reads, 'update')
          ? [
              update(row, { [one.column.name]: more }),
              ...own.neighbours.slice(0, 2).map((other) => update(row, other)),
            ]
          : []),
      ],
    ),
  ]
}

/** The second row of one transaction has another key than the first. */
const otherKeys = ({ context, base }: Ground, { keys }: OwnRows): Row | null => {
  const entries = keys.map((name) => {
    const column = context.table.columns.find((c) => c.name === name)
    return [name, column && base[name] !== undefined ? shifted(column, base[name], 500) : null] as const
  })
  return entries.length > 0 && entries.every(([, value]) => value !== null)
    ? (Object.fromEntries(entries) as Row)
    : null
}

export const amountWrites = (ground: Ground, own: OwnRows): readonly ObservedSetting[] => [
  ...balanced(ground, own),
  ...goneOn(ground, own),
  ...addedUp(ground, own),
]
