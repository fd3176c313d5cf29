/** Writes over rows that the conditions of a trigger tell apart: one value at a time first, then two. */
import type { Row } from '../../rows/rows.ts'
import type { ObservedSetting } from '../../rules/observed/stage.ts'
import { agedTogether } from './aged-together.ts'
import { again, insert, on, remove, update, type Ground } from './write-settings.ts'
import { agedValues, emptied, farAhead, rowsOfConditions } from './written-values.ts'

const mostPairs = 40

const singles = ({ values }: Ground): readonly Row[] =>
  values.flatMap(({ column, values: all }) => all.map((value): Row => ({ [column]: value })))

export const variedWrites = async (ground: Ground): Promise<readonly ObservedSetting[]> => {
  const { context, reads, aged, base, changes } = ground
  const conditional = await rowsOfConditions(context, reads, base)
  const [column, value] = Object.entries(changes)[0] ?? []
  const change: Row = column === undefined ? {} : { [column]: value! }
  const ahead = await agedTogether(context, base, agedValues(context.table.columns, reads, farAhead))
  const rows = [...conditional, ...singles(ground)]
  return [
    ...(on(reads, 'insert')
      ? [
          again(aged),
          ...rows.map((row) => insert({ ...aged, ...row })),
          ...emptied(context.table, reads).map((row) => insert({ ...aged, ...row })),
          // What a BEFORE trigger refuses is refused also where nothing would be written.
          ...conditional.filter((row) => Object.keys(row).length > 0).map((row) => again(aged, row)),
        ]
      : []),
    ...(on(reads, 'update')
      ? [
          update(ahead, change),
          ...conditional.flatMap((from) => [
            update({ ...aged, ...from }, change),
            ...(Object.keys(from).length === 0 ? [] : [update(aged, from)]),
            ...conditional.flatMap((to) =>
              from === to || Object.keys(to).length === 0 ? [] : [update({ ...aged, ...from }, to)],
            ),
          ]),
        ]
      : []),
    ...(on(reads, 'delete') ? rows.map((row) => remove({ ...aged, ...row })) : []),
  ].filter((one) => one.writes[0]?.does !== 'update' || Object.keys(one.writes[0].row).length > 0)
}

/** From one value to another, and one column's value while another one changes. */
const updates = ({ aged, values }: Ground): readonly ObservedSetting[] => {
  const some = values.slice(0, 4).map((one) => ({ ...one, values: one.values.slice(0, 6) }))
  const same = some.flatMap(({ column, values: all }) =>
    all.flatMap((from) => all.map((to) => update({ ...aged, [column]: from }, { [column]: to }))),
  )
  const beside = some.flatMap((one) =>
    some.flatMap((two) =>
      one.column === two.column
        ? []
        : one.values.flatMap((state) =>
            two.values.slice(0, 4).flatMap((to, n) => [
              update({ ...aged, [one.column]: state }, { [two.column]: to }),
              // And back again: smaller where it was larger.
              ...(n === 0
                ? []
                : [
                    update(
                      { ...aged, [one.column]: state, [two.column]: to },
                      { [two.column]: two.values[0]! },
                    ),
                  ]),
            ]),
          ),
    ),
  )
  const both = some.flatMap((one) =>
    some.flatMap((two) =>
      one.column >= two.column
        ? []
        : one.values
            .slice(0, 3)
            .flatMap((a) =>
              two.values.slice(0, 3).map((b) => update(aged, { [one.column]: a, [two.column]: b })),
            ),
    ),
  )
  return [...beside.slice(0, mostPairs), ...same.slice(0, mostPairs), ...both.slice(0, mostPairs / 2)]
}

export const combinedWrites = (ground: Ground): readonly ObservedSetting[] => {
  const { reads, aged, values } = ground
  const rows = values
    .slice(0, 3)
    .flatMap((one) =>
      values
        .slice(0, 3)
        .flatMap((two) =>
          one.column >= two.column
            ? []
            : one.values
                .slice(0, 4)
                .flatMap((a) =>
                  two.values.slice(0, 4).map((b): Row => ({ [one.column]: a, [two.column]: b })),
                ),
        ),
    )
  return [
    ...(on(reads, 'update') ? updates(ground) : []),
    ...(on(reads, 'insert') ? rows.slice(0, mostPairs).map((row) => insert({ ...aged, ...row })) : []),
    ...(on(reads, 'delete') ? rows.slice(0, mostPairs).map((row) => remove({ ...aged, ...row })) : []),
  ]
}
