/** How long the rows of a plan are, as COPY sends them: the mean of some. */
import { compileVolume } from './compile.ts'
import type { VolumePlan } from './volume-plan.ts'

const measured = 100

/** Bytes of one row, by table. */
export const lineBytes = (plan: VolumePlan): ReadonlyMap<string, number> => {
  const compiled = compileVolume(plan)
  return new Map(
    plan.tables.map(({ id, count }) => {
      const { line } = compiled(id)
      const some = Math.min(count, measured)
      const step = Math.max(1, Math.floor(count / measured))
      let bytes = 0
      for (let k = 0; k < some; k++) bytes += Buffer.byteLength(line(k * step)) + 1
      return [id, some === 0 ? 0 : bytes / some]
    }),
  )
}
