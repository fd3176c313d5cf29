/** Where triggers refuse every change of a typical row: the one value with which a row may be changed or deleted. */
import { tryAll } from '../../rules/attacks/trial.ts'
import { worldOf } from '../../rules/draft.ts'
import type { RuleContext } from '../../rules/rule-kind.ts'
import type { Row } from '../../rows/rows.ts'
import { stageQuickly } from './stage-quickly.ts'
import type { TriggerReads } from './trigger-reads.ts'
import type { Candidate } from './try-writes.ts'
import { typicalWrites } from './typical-writes.ts'

const mostValues = 3
const mostVariants = 40

const areTaken = async (
  context: RuleContext,
  candidates: readonly Candidate[],
): Promise<readonly boolean[]> => {
  const trials = candidates.map(({ stage: { given, when } }) => ({ given, when }))
  const answers = await tryAll(context.db, await worldOf(context), trials)
  return answers.map(({ ran, fault }) => ran && fault === null)
}

/** One column's other value each; booleans and what conditions name first. */
const variants = async (
  { rows, table }: RuleContext,
  reads: TriggerReads,
  base: Row,
): Promise<readonly Row[]> => {
  const found: { readonly row: Row; readonly rank: number }[] = []
  for (const { name, type, generated } of table.columns) {
    const own = base[name]
    if (generated !== null || own === undefined) continue
    const values = type === 'boolean' ? ['true', 'false'] : await rows.candidates(table, name)
    const rank = (type === 'boolean' ? 0 : 2) - (reads.columns.includes(name) ? 1 : 0)
    const others = values.filter((value) => value !== own && value !== 'default').slice(0, mostValues)
    found.push(...others.map((value) => ({ row: { [name]: value }, rank })))
  }
  return found
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ row }) => row)
    .slice(0, mostVariants)
}

/** Null when typical rows can be changed as they are, or no single value helps. */
export const calmValues = async (
  context: RuleContext,
  {
    reads,
    base,
    aged,
    changes,
  }: { readonly reads: TriggerReads; readonly base: Row; readonly aged: Row; readonly changes: Row },
): Promise<Row | null> => {
  const overRow = (row: Row) =>
    typicalWrites({ reads, aged: { ...aged, ...row }, base, changes }).filter(({ writes }) =>
      ['update', 'delete'].includes(writes[0]!.does),
    )
  const plain = await stageQuickly(context, overRow({}))
  if (plain.length === 0 || (await areTaken(context, plain)).some(Boolean)) return null
  const wishes = (await variants(context, reads, base)).flatMap((row) =>
    overRow(row)
      .slice(0, 2)
      .map((setting) => ({ row, setting })),
  )
  const staged = await stageQuickly(
    context,
    wishes.map(({ setting }) => setting),
  )
  const taken = await areTaken(context, staged)
  const first = staged.find((_, i) => taken[i])
  return wishes.find(({ setting }) => setting === first?.setting)?.row ?? null
}
