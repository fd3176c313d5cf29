/** Before its grace is over nobody removes a row for good; after it, the row goes, and until then it can be brought back. */
import { ident, qualified } from '../../postgres/quote.ts'
import { keptName } from '../../postgres/remote/marker.ts'
import { addRefusals, asOwner, addReplicated, type DeedStage } from '../deeds.ts'
import { allTrue } from '../draft.ts'
import { addPartitionCases, addPartitionsToCome, partDeeds, type PartitionMends } from '../partition/deeds.ts'
import { directRemovals, throughParents } from '../removals.ts'
import { childGraceDdl, graceDdl, truncateOnPartitions } from './design.ts'
import type { Placed, SoftStage } from './stage.ts'
import type { Note } from '../experiment.ts'

const deedStage = (stage: SoftStage, placed: Placed): DeedStage => ({
  context: stage.context,
  applicant: stage.applicants[0] ?? null,
  world: stage.ground.world,
  row: placed.row,
  given: placed.given,
  key: placed.key,
})

const addLiving = async (stage: SoftStage, living: Placed): Promise<readonly Note[]> => {
  const { rule, context, ground } = stage
  const mend = graceDdl(rule, context.architecture).join('\n')
  const on = deedStage(stage, living)
  const mends: PartitionMends = {
    onWhole: mend,
    onTruncate: truncateOnPartitions(rule, context.table),
    onChild: (part) => childGraceDdl(rule, qualified(part)).join('\n'),
  }
  const parts = await partDeeds(on, mends, (part, key, where) => ({
    title: `deleting it ${where}`,
    when: [`delete from ${part} where ${key} and ${ident(rule.column)} is null`],
    counts: true,
  }))
  const deeds = [...directRemovals(on), ...throughParents(on, 'removed'), ...parts]
  await addPartitionCases(on, ground.draft, mends)
  const untried = await addRefusals(
    on,
    ground.draft,
    deeds.map((deed) => (deed.counts ? { ...deed, title: `${deed.title} while it is living` } : deed)),
    mend,
  )
  for (const { deed, why } of untried.filter((u) =>
    ['deleting it while it is living', 'truncating the table'].includes(u.deed.title),
  ))
    ground.draft.unsolved(`${deed.title} could not be tried`, why)
  return [
    ...(await addPartitionsToCome(rule.id, on, ground.draft, mends)),
    ...(await addReplicated(rule.id, on, ground.draft, ['delete', 'truncate'])),
  ]
}

const addBoundary = async (stage: SoftStage): Promise<void> => {
  const { rule, context, ground, relation, due, young, old, place } = stage
  const mend = graceDdl(rule, context.architecture).join('\n')
  const early = await place('a', young)
  const late = await place('a', due)
  const deletion = (placed: Placed): string => `delete from ${relation} where ${placed.key}`
  if (early) {
    const on = deedStage(stage, early)
    const deed = { when: [deletion(early)], counts: true }
    await addRefusals(
      on,
      ground.draft,
      [
        { ...deed, title: 'deleting it for good a moment before its grace is over' },
        {
          ...deed,
          ...asOwner(on),
          title: `deleting it for good a moment before its grace is over by the owner ${keptName(context.table.owner)}`,
        },
      ],
      mend,
    )
  }
  if (!early || !late)
    ground.draft.unsolved(
      `no row was found whose grace of ${rule.grace} is over, or nearly`,
      `${due}, ${young}`,
    )
  const long = await place('a', old)
  for (const [placed, since] of [
    [late, `${rule.grace} ago`],
    [long, `${rule.grace} and a day ago`],
  ] as const)
    if (placed)
      ground.draft.add({
        title: `a row that was deleted ${since} may be deleted for good`,
        given: placed.given,
        when: [deletion(placed)],
        then: { kind: 'affects', rows: 1 },
        mend,
      })
}

/** Bringing it back, as long as nothing has taken its place. */
const addRestore = async ({ rule, ground, relation, place }: SoftStage): Promise<void> => {
  const deleted = await place('a', 'now()')
  if (!deleted) return
  const column = ident(rule.column)
  ground.draft.add({
    title: 'a deleted row is brought back',
    given: deleted.given,
    when: [
      `update ${relation} set ${column} = null where ${deleted.key}`,
      `select ${column} is null from ${relation} where ${deleted.key}`,
    ],
    then: allTrue(),
  })
}

export const addGraceCases = async (stage: SoftStage): Promise<readonly Note[]> => {
  const living = await stage.place('a', null)
  if (!living) {
    stage.ground.draft.unsolved(
      `no living row of ${stage.rule.table} was found`,
      `a row whose ${stage.rule.column} is null`,
    )
    return []
  }
  const notes = await addLiving(stage, living)
  await addBoundary(stage)
  await addRestore(stage)
  return notes
}
