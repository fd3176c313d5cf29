/** Changes of a number by just as much as the texts of a trigger name, one step less and one step more: `new.beds < old.beds - 10`. */
import type { ObservedSetting } from '../../rules/observed/stage.ts'
import { limitsOf } from './own-rows.ts'
import { isNumber, shifted } from './stepped-values.ts'
import { on, update, type Ground } from './write-settings.ts'

const mostColumns = 2
const mostLimits = 3

export const differenceWrites = ({ context, reads, base, aged }: Ground): readonly ObservedSetting[] => {
  if (!on(reads, 'update')) return []
  const limits = limitsOf(reads.constants).slice(0, mostLimits)
  const columns = context.table.columns.filter(
    (c) => c.generated === null && isNumber(c) && reads.asked.has(c.name),
  )
  return columns.slice(0, mostColumns).flatMap((column) => {
    const low = shifted(column, base[column.name] ?? '', 0)
    if (low === null) return []
    return limits.flatMap((limit) =>
      [0, 1, 2, -1].flatMap((more) => {
        const high = shifted(column, String(Number(low) + limit), more)!
        const from = (value: string, to: string): ObservedSetting =>
          update({ ...aged, [column.name]: value }, { [column.name]: to })
        return [from(high, low), from(low, high)]
      }),
    )
  })
}
