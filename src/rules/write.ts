/**
 * write: what one call writes stays within its budget on filled tables, and many writers at once come to what they come
 * to one after the other. Without the indexes and keys that it stands on it does neither.
 */
import type { WriteBudget, WriteRule } from '../architecture/kinds/write.ts'
import { loadParser } from '../postgres/parse.ts'
import { callExperiments, lacksValues, parametersOfCall, type CallWish } from './call/experiments.ts'
import { isUpsert } from './call/assigned.ts'
import { record, statementsOf } from './call/recorded.ts'
import { unseenWishes } from './call/unseen.ts'
import type { CallLimits, Experiment } from './experiment.ts'
import { claimsOfCall } from './call/claims.ts'
import type { RuleContext, RuleKind, Written } from './rule-kind.ts'

const counted = (n: number, what: string): string => `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`

const atMost = (n: number, what: string): string => (n === 0 ? `no ${what}s` : `at most ${counted(n, what)}`)

const words: readonly (readonly [Exclude<keyof WriteBudget, 'p95'>, (n: number) => string])[] = [
  ['statements', (n) => atMost(n, 'statement')],
  ['rowsReadPerRow', (n) => `${atMost(n, 'row')} read for each row`],
  ['rowsWrittenPerRow', (n) => `${atMost(n, 'row')} written for each row`],
  [
    'indexEntriesPerRow',
    (n) => (n === 0 ? 'no index entries' : `at most ${n} index entr${n === 1 ? 'y' : 'ies'} for each row`),
  ],
  ['buffersPerRow', (n) => `${atMost(n, 'buffer')} for each row`],
  ['walPerRow', (n) => `${atMost(n, 'byte')} of the write-ahead log for each row`],
  [
    'triggerCallsPerRow',
    (n) => (n === 0 ? 'no triggers called' : `at most ${counted(n, 'call')} of triggers for each row`),
  ],
]

/** Who states neither of these still does not read a table whole unnoticed. */
const mayReadWhole = ({ rowsReadPerRow, buffersPerRow }: WriteBudget): boolean =>
  rowsReadPerRow !== undefined || buffersPerRow !== undefined

/** `isNew`: nothing of what it inserts stands; what stands may be left as it is. */
const limitsOf = ({ budget: { p95: _p95, ...counts }, rows }: WriteRule, isNew: boolean): CallLimits => ({
  ...Object.fromEntries(Object.entries(counts).filter(([, value]) => value !== undefined)),
  ...(isNew ? { writes: true } : {}),
  readsWhole: mayReadWhole(counts),
  repeats: true,
  rows,
})

const sentence = ({ sentence: what, rows, concurrency, budget }: WriteRule): string => {
  const limits = words.flatMap(([name, say]) => {
    const limit = budget[name]
    return limit === undefined ? [] : [say(limit)]
  })
  const call = rows === 1 ? 'one call' : `one call with ${counted(rows, 'row')}`
  const cost = [...limits, ...(mayReadWhole(budget) ? [] : ['no table read whole'])].join(', ')
  const many = concurrency === 1 ? '' : `; ${concurrency} writers at once come to what they come to in turn`
  return `"${what}": ${call}: ${cost}${many}`
}

const costMend =
  'Declare what it lacks: an index, with t.indexed(…), for the rows that it finds and for those that point to rows that it deletes; or give it a wider budget.'
const crowdMend =
  'Let PostgreSQL count: one statement instead of reading and then writing, select … for update first, or a serializable transaction with { isolation, retries }; a key for what may be there once; rows of one call in one order.'

/** Enough for one call to wait for another in the middle of its work. */
const rowsOfCrowds = 3

const sharedBy = ({ isolation, retries }: WriteRule, most: number) => ({
  isolation,
  retries,
  isFrequent: false,
  isCrossed: false,
  most,
})

/** What a call costs that is alone. */
const aloneWishes = (rule: WriteRule, upserts: boolean, most: number): readonly CallWish[] => {
  const title = rule.rows === 1 ? 'one call' : `one call with ${counted(rule.rows, 'row')}`
  const cost = (takesOut: boolean, which: string): CallWish => ({
    ...sharedBy(rule, most),
    rows: rule.rows,
    writers: 1,
    isOwn: true,
    mend: costMend,
    takesOut,
    title: `${title}${which}, it stays within the budget`,
    then: { kind: 'cost', within: limitsOf(rule, takesOut) },
  })
  return upserts
    ? [cost(true, ', all of them new'), cost(false, ', all of them there already')]
    : [cost(true, '')]
}

const wishesOf = (rule: WriteRule, upserts: boolean, mayCross: boolean): readonly CallWish[] => {
  const crowded = Math.min(rule.rows, rowsOfCrowds)
  const most = Math.max(rule.rows, crowded * rule.concurrency)
  const shared = sharedBy(rule, most)
  const alone = aloneWishes(rule, upserts, most)
  if (rule.concurrency === 1) return alone
  const crowd = {
    ...shared,
    rows: crowded,
    writers: rule.concurrency,
    mend: crowdMend,
    then: { kind: 'inTurn' },
  } as const
  const at = `${rule.concurrency} writers at once`
  return [
    ...alone,
    {
      ...crowd,
      isOwn: false,
      takesOut: true,
      title: `${at} with the same values come to what they come to in turn`,
    },
    {
      ...crowd,
      isOwn: true,
      takesOut: true,
      title: `${at} with values of their own come to what they come to in turn`,
    },
    // In one order nobody waits for who waits for him.
    ...(mayCross && crowded > 1
      ? [
          {
            ...crowd,
            isOwn: false,
            isCrossed: true,
            takesOut: false,
            title: `${at} with the same rows in opposite orders come to what they come to in turn`,
          },
        ]
      : []),
  ]
}

/** A call alone, and as many at once as are declared, each with rows of its own, of `limit` rows together at most. */
const measuredWishes = (rule: WriteRule, upserts: boolean, limit: number): readonly CallWish[] => {
  const { rows: wanted, concurrency: writers } = rule
  const rows = Math.max(1, Math.min(wanted, Math.floor(limit / writers)))
  const most = Math.max(wanted, rows * writers)
  const alone = aloneWishes(rule, upserts, most)
  if (writers === 1) return alone
  const each = rows === wanted ? '' : ` of the ${wanted.toLocaleString('en')} that are declared`
  const title = `${writers} writers at once, each with ${rows === 1 ? 'a row' : counted(rows, 'row')} of its own${each}`
  return [
    ...alone,
    {
      ...sharedBy(rule, most),
      rows,
      writers,
      isOwn: true,
      takesOut: true,
      mend: crowdMend,
      title,
      then: { kind: 'accepted' },
    },
  ]
}

type CallContext = Pick<RuleContext, 'architecture' | 'catalog'>

const callsFor = async (
  rule: WriteRule,
  { architecture, catalog }: CallContext,
  wishes: (rule: WriteRule, upserts: boolean, mayCross: boolean) => readonly CallWish[],
): Promise<Written> => {
  await loadParser()
  await record(rule)
  const forms = statementsOf(rule)
  const lacks = lacksValues(rule, catalog)
  if (lacks !== null) return { experiments: [], unsolved: [{ rule: rule.id, ...lacks }] }
  const upserts = forms.some(({ sql }) => isUpsert(sql))
  const parts = { rule, architecture, catalog }
  const origins = parametersOfCall(rule, catalog).flatMap(({ origin }) =>
    origin?.kind === 'row' ? [origin] : [],
  )
  // Of rows that stand: a plain insert has none.
  const mayCross =
    origins.some(({ isArray }) => isArray) && (upserts || !origins.some(({ role }) => role === 'insert'))
  const own = wishes(rule, upserts, mayCross)
  const most = Math.max(...own.map((wish) => wish.most))
  const usual = { ...sharedBy(rule, most), rows: 1, writers: 1, isOwn: true, takesOut: true }
  const found = [...own, ...unseenWishes(rule, parts, usual)].flatMap((wish) => callExperiments(parts, wish))
  return {
    experiments: found.map((one, n): Experiment => ({ id: `${rule.id}#${n + 1}`, ...one })),
    unsolved: [],
  }
}

/** More are not given to writers at once: filling tables for them would take longer than all the rest. */
export const mostMeasured = 100_000

/** What the tables of its experiments are filled for. */
export const fewestMeasured = ({ rows, concurrency }: WriteRule): number =>
  Math.max(rows, Math.min(rows, rowsOfCrowds) * concurrency)

/** Its calls to be measured: those of one writer are held against the budget, those of many come to no judgement. */
export const callsToMeasure = (rule: WriteRule, context: CallContext, limit: number): Promise<Written> =>
  callsFor(rule, context, (own, upserts) => measuredWishes(own, upserts, limit))

export const write: RuleKind<WriteRule> = {
  kind: 'write',
  heedsTriggers: true,
  sentence,
  prepare: record,
  experiments: (rule, context) => callsFor(rule, context, wishesOf),
  design: () => [],
  claims: claimsOfCall,
}
