/**
 * Ways to change a row or to remove it: what appendOnly and softDeleted have refused. Each is tried with the table's
 * own triggers and without them, so that a refusal counts only when the table itself is its cause.
 */
import type { Table } from '../catalog/table.ts'
import type { TriggerFacts } from '../catalog/trigger/statement.ts'
import { ident, qualified } from '../postgres/quote.ts'
import { keptName } from '../postgres/remote/marker.ts'
import { asReplica } from './aged-row.ts'
import type { Applicant } from './applicant.ts'
import { isTaken, tryAll, tryOut, type TrialAnswer } from './attacks/trial.ts'
import type { StandingRow } from './column-changes.ts'
import type { Draft } from './draft.ts'
import type { Asker, Expected, Note } from './experiment.ts'
import { allBelow } from './partition/family.ts'
import type { RuleContext } from './rule-kind.ts'
import { canRefuse, onEvents, triggersOf } from './trigger-functions.ts'

export interface Deed {
  /** "deleting it": completes "… is refused". */
  readonly title: string
  readonly as?: Asker
  /** Instead of the standing row's own. */
  readonly given?: readonly string[]
  readonly when: readonly string[]
  /** False for TRUNCATE, which tells no number of rows. */
  readonly counts: boolean
  /** Closes the hole, where it is another than the rule's own design. */
  readonly mend?: string
}

/** The row and who may try something on it. */
export interface DeedStage extends StandingRow {
  readonly context: RuleContext
  readonly applicant: Applicant | null
}

/** All triggers of the table and of what lies below it asleep. */
export const quiet = ({ catalog, table }: RuleContext): readonly string[] =>
  [table, ...allBelow(catalog, table.id)].map((t) => `alter table ${qualified(t)} disable trigger user`)

/** The SQLSTATE that designs refuse with: object_not_in_prerequisite_state. */
export const refusalState = '55000'

const refused = ({ fault }: TrialAnswer): Expected => ({
  kind: 'rejected',
  by: fault
    ? { sqlstate: fault.sqlstate, ...(fault.routine === null ? {} : { routine: fault.routine }) }
    : { sqlstate: refusalState },
})

const didIt = (deed: Deed, answer: TrialAnswer): boolean =>
  isTaken(answer) && (!deed.counts || answer.affected > 0)

const lacksPrivilege = ({ fault }: TrialAnswer): boolean =>
  fault?.sqlstate === '42501' && fault.routine === 'aclcheck_error'

/**
 * A case for each deed that works while the triggers sleep, and for each that a missing privilege refuses. Answers
 * the deeds that could not be tried, with PostgreSQL's reason.
 */
export const addRefusals = async (
  { context, world, given }: DeedStage,
  draft: Draft,
  deeds: readonly Deed[],
  mend: string,
): Promise<readonly { readonly deed: Deed; readonly why: string }[]> => {
  const asleep = quiet(context)
  const answers = await tryAll(
    context.db,
    world,
    deeds.flatMap(({ as, given: own = given, when }) => {
      const trial = { ...(as ? { as } : {}), when }
      return [
        { ...trial, given: own },
        { ...trial, given: [...asleep, ...own] },
      ]
    }),
  )
  const untried: { readonly deed: Deed; readonly why: string }[] = []
  for (const [i, deed] of deeds.entries()) {
    const [loud, silent] = [answers[2 * i]!, answers[2 * i + 1]!]
    if (!didIt(deed, silent) && !lacksPrivilege(silent)) {
      untried.push({ deed, why: silent.fault?.message ?? 'it changes no row' })
      continue
    }
    draft.add({
      title: `${deed.title} is refused`,
      ...(deed.as ? { as: deed.as } : {}),
      given: deed.given ?? given,
      when: deed.when,
      then: refused(loud),
      mend: deed.mend ?? mend,
    })
  }
  return untried
}

/** The owner of the table, whom policies bind only as long as he lets them. */
export const asOwner = (
  { context, applicant, given }: DeedStage,
  table: Table = context.table,
): { readonly as: Asker; readonly given: readonly string[] } => ({
  as: { role: table.owner, settings: applicant?.asker.settings ?? {} },
  given: [
    ...(table.forceRowSecurity ? [`alter table ${qualified(table)} no force row level security`] : []),
    ...given,
  ],
})

/** One deed by the prover, the owner and the application. */
export const byEverybody = (stage: DeedStage, deed: Omit<Deed, 'as' | 'given'>): readonly Deed[] => {
  const { applicant, context, given } = stage
  return [
    { ...deed, given },
    { ...deed, ...asOwner(stage), title: `${deed.title} by the owner ${keptName(context.table.owner)}` },
    ...(applicant === null
      ? []
      : [{ ...deed, given, as: applicant.asker, title: `${deed.title} by ${applicant.asker.role}` }]),
  ]
}

/** `merge into t using (values (1)) … on <key>`, from PostgreSQL 15 on. */
export const mergeDeeds = (
  { context, key }: DeedStage,
  actions: readonly { readonly title: string; readonly action: string }[],
): readonly Deed[] =>
  context.catalog.major < 15
    ? []
    : actions.map(({ title, action }) => ({
        title,
        when: [
          `merge into ${qualified(context.table)} using (values (1)) source(${ident('assay_source')}) on ${key} when matched then ${action}`,
        ],
        counts: true,
      }))

/** A session that replicates runs only the triggers that run always. Asked only where the server lets the prover be one. */
export const addReplicated = async (
  rule: string,
  { context, world, given, key }: DeedStage,
  draft: Draft,
  events: TriggerFacts['events'],
): Promise<readonly Note[]> => {
  const { table, db } = context
  const [begin, deletion] = asReplica(`delete from ${qualified(table)} where ${key}`)
  const able = await tryOut(db, world, { given: [...quiet(context), ...given, begin!], when: [deletion!] })
  if (!isTaken(able)) return []
  const answer = await tryOut(db, world, { given: [...given, begin!], when: [deletion!] })
  const triggers = onEvents(triggersOf(context.catalog, table.id), ...events).filter(canRefuse)
  const mend = triggers
    .map(({ trigger }) => `alter table ${qualified(table)} enable always trigger ${ident(trigger.name)};`)
    .join('\n')
  if (!answer.fault)
    return triggers.length === 0
      ? []
      : [
          {
            rule,
            summary: `a session that replicates (session_replication_role = replica, for superusers) may remove rows of ${table.id}`,
            mend,
          },
        ]
  draft.add({
    title: 'deleting it in a session that replicates is refused',
    given: [...given, begin!],
    when: [deletion!],
    then: { kind: 'rejected', by: { sqlstate: answer.fault.sqlstate } },
    mend,
  })
  return []
}
