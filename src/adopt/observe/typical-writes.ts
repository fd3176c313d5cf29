/** The writes that show most triggers, and for constraint triggers a write with what takes it back before the end. */
import type { ObservedSetting } from '../../rules/observed/stage.ts'
import type { Row } from '../../rows/rows.ts'
import { insert, on, plainSetting, remove, update, type Ground } from './write-settings.ts'

export const typicalWrites = ({
  reads,
  aged,
  base,
  changes,
}: Pick<Ground, 'reads' | 'aged' | 'base' | 'changes'>): readonly ObservedSetting[] => {
  const [first] = Object.keys(changes)
  return [
    ...(on(reads, 'insert') ? [insert(aged), insert({})] : []),
    ...(on(reads, 'update')
      ? [
          ...Object.entries(changes).map(([column, value]) => update(aged, { [column]: value })),
          ...(first === undefined || base[first] === undefined
            ? []
            : [update({ ...aged, [first]: base[first] }, { [first]: base[first] })]),
        ]
      : []),
    ...(on(reads, 'delete') ? [remove(aged)] : []),
    ...(on(reads, 'truncate')
      ? [{ ...plainSetting, writes: [{ does: 'truncate', row: {} }] } satisfies ObservedSetting]
      : []),
  ]
}

/** A write and what takes it back, looked at before and after the deferred checks. */
export const deferredWrites = ({ reads, aged, values, changes }: Ground): readonly ObservedSetting[] => {
  if (!reads.isConstraint) return []
  const gone = remove({}).writes
  const bad = values.flatMap(({ column, values: all }) => all.map((value): Row => ({ [column]: value })))
  const back: readonly ObservedSetting[] = [
    ...(on(reads, 'insert')
      ? bad.map((row) => ({ ...plainSetting, writes: [...insert({ ...aged, ...row }).writes, ...gone] }))
      : []),
    ...(on(reads, 'update')
      ? Object.entries(changes).map(([column, value]) => ({
          ...update(aged, { [column]: value }),
          writes: [...update({}, { [column]: value }).writes, ...gone],
        }))
      : []),
    ...(on(reads, 'delete') ? [{ ...remove(aged), writes: [...gone, ...insert({}).writes] }] : []),
  ]
  const single = typicalWrites({ reads, aged, base: {}, changes })
  return (['unchecked', 'deferred'] as const).flatMap((constraints) =>
    [...back, ...single].map((one) => ({ ...one, constraints })),
  )
}
