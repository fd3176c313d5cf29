/** Every kind of write, told as a story: what the table held after each is what its history says of that moment. */
import { referencesOf } from '../../catalog/references.ts'
import { ident, identList, qualified } from '../../postgres/quote.ts'
import type { Row } from '../../rows/rows.ts'
import type { VersionGround } from './ground.ts'
import { historyColumns } from './plan.ts'

export interface Story {
  readonly title: string
  /** The writes of each step, which are one transaction's. */
  readonly steps: readonly (readonly string[])[]
  /** Further questions that are true at the end. */
  readonly more?: readonly string[]
}

interface Writes extends VersionGround {
  readonly a: Row
  /** Sets the touched column of these rows to the other value, and back; nothing when there is none. */
  readonly touched: (...rows: readonly Row[]) => readonly string[]
  readonly restored: (...rows: readonly Row[]) => readonly string[]
}

const versionsOf = ({ plan, key, a }: Writes): string =>
  `(select count(*) from ${plan.history} as version where ${key(a)})`

const oneRow = (w: Writes): readonly Story[] => {
  const { a, insert, remove, touched, restored } = w
  return [
    {
      title: 'a row that comes, changes, goes and comes back is found as it was at each moment',
      steps: [[insert(a)], touched(a), restored(a), [remove(a)], [insert(a)]].filter((s) => s.length > 0),
    },
    {
      title: 'what one transaction writes twice leaves its end alone',
      steps: [
        [insert(a), ...touched(a)],
        [...restored(a), ...touched(a), ...restored(a)],
      ].filter((s) => s.length > 0),
    },
    {
      title: 'a row that comes and goes in one transaction was never there',
      steps: [[insert(a), ...touched(a), remove(a)]],
      more: [`${versionsOf(w)} = 0`],
    },
    ...(w.touch === null
      ? []
      : [
          {
            title: 'a row that is updated to what it is stays as it was',
            steps: [[insert(a), ...restored(a)], restored(a)],
          },
        ]),
    {
      title: 'rows beside it that the same transaction has brought keep their versions',
      steps: [[...newBeside(w), insert(a), ...touched(a), remove(a)]],
    },
    {
      title: 'a row that goes and comes back in one transaction was always there',
      steps: [[insert(a)], [remove(a), insert(a), ...touched(a)]],
    },
  ]
}

/** The version of each row beside is cut in two, as if this transaction had brought the second. */
const newBeside = ({ plan, key, a }: Writes): readonly string[] => [
  `update ${plan.history} set valid = tstzrange(lower(valid), now()) where upper_inf(valid)`,
  `insert into ${plan.history} (${historyColumns(plan)}) select ${identList(plan.columns)}, tstzrange(now(), null) from ${plan.table} where not (${key(a)})`,
]

const manyRows = (w: Writes): readonly Story[] => {
  const { rows, insert, remove, touched, restored } = w
  if (rows.length < 2) return []
  const some = rows.slice(0, 2)
  return [
    {
      title: 'each row of a statement over several rows has its versions, and no other row gets one',
      steps: [
        [insert(...rows)],
        touched(...some),
        restored(rows[0]),
        [remove(...some)],
        [insert(...some)],
      ].filter((s) => s.length > 0),
    },
  ]
}

/** The key of one row becomes that of another, which is not there. */
const movedRow = ({ plan, rows, set, insert, remove, a }: Writes): readonly Story[] =>
  rows.slice(1).flatMap((other) => {
    const changed = plan.key.filter((c) => a[c] !== other[c])
    if (changed.length === 0 || changed.some((c) => other[c] === undefined)) return []
    const assignments = changed.map((c) => `${ident(c)} = ${other[c]}`).join(', ')
    return [
      {
        title: `a row that gets another key ends under the old one and begins under the new`,
        steps: [[insert(a)], [set(assignments, a)]],
      },
      {
        title: 'a row that gets a key that another row had was not that row before',
        steps: [[insert(other)], [remove(other)], [insert(a)], [set(assignments, a)]],
      },
    ]
  })

const upserted = ({ plan, rows, touch, insert, a }: Writes): readonly Story[] => {
  if (touch === null) return []
  const changed = { ...a, [touch.column]: touch.other }
  const excluded = `${ident(touch.column)} = excluded.${ident(touch.column)}`
  return [
    {
      title: 'an upsert keeps a version of what it changes and of what it makes',
      steps: [
        [insert(a)],
        [
          `${insert(changed, ...rows.slice(1))} on conflict (${identList(plan.key)}) do update set ${excluded}`,
        ],
      ],
    },
  ]
}

const merged = ({ context, plan, touch, insert, key, a }: Writes): readonly Story[] => {
  // MERGE is known since then.
  if (context.catalog.major < 15 || touch === null) return []
  const merge = (action: string): string =>
    `merge into ${plan.table} as present using (select 1) as given(n) on (${key(a)}) ${action}`
  const tail = insert(a).slice(`insert into ${plan.table} `.length)
  return [
    {
      title: 'a merge keeps versions of what it inserts, changes and deletes',
      steps: [
        [merge(`when not matched then insert ${tail}`)],
        [merge(`when matched then update set ${ident(touch.column)} = ${touch.other}`)],
        [merge('when matched then delete')],
      ],
    },
  ]
}

const emptied = ({ plan, rows, insert, a }: Writes): readonly Story[] => [
  {
    title: 'a truncate ends every version, and leaves none of what the transaction itself had begun',
    steps: [[insert(a)], [...(rows[1] ? [insert(rows[1])] : []), `truncate ${plan.table}`], [insert(a)]],
  },
]

/** Parents whose end or change reaches the table. */
const cascaded = ({ context, insert, a }: Writes): readonly Story[] => {
  const { catalog, table } = context
  return referencesOf(catalog, table.id).flatMap(({ facts }) => {
    const parent = catalog.tables.get(facts.target)
    if (!parent || parent.id === table.id || facts.columns.some((c) => a[c] === undefined || a[c] === 'null'))
      return []
    const where = facts.targetColumns.map((c, i) => `${ident(c)} = ${a[facts.columns[i]!]}`).join(' and ')
    return [
      {
        title: `what happens to a row when its ${parent.name} is deleted is in its history`,
        steps: [[insert(a)], [`delete from ${qualified(parent)} where ${where}`]],
      },
    ]
  })
}

/** Those that PostgreSQL takes; a story whose writes it refuses on this table is none. */
export const storiesOf = async (ground: VersionGround): Promise<readonly Story[]> => {
  const { touch, set } = ground
  const to = (value: string | undefined, rows: readonly Row[]): readonly string[] =>
    touch === null || value === undefined ? [] : [set(`${ident(touch.column)} = ${value}`, ...rows)]
  const writes: Writes = {
    ...ground,
    a: ground.rows[0],
    touched: (...rows) => to(touch?.other, rows),
    restored: (...rows) => to(touch?.own, rows),
  }
  const all = [oneRow, manyRows, movedRow, upserted, merged, emptied, cascaded].flatMap((tell) =>
    tell(writes),
  )
  const taken = await ground.taken(all.map(({ steps }) => steps.flat()))
  const told = all.filter((_, i) => taken[i])
  // Of two stories with one title (another key, another parent) the first is enough.
  return told.filter((story, i) => told.findIndex((s) => s.title === story.title) === i)
}
