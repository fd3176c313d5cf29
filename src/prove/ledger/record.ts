/** What a run found, as pages of the ledger. Pure; every list is sorted, so that the same proof gives the same bytes. */
import { databaseObjects } from '../../ground/names.ts'
import { digest } from '../digest.ts'
import { inOrder, type Ledger, type LedgerMutant, type LedgerPage } from './page.ts'
import { recordPlans } from './plans.ts'
import type { LedgerRule, LedgerStructure } from './page.ts'
import type { MutantResult, ProveResult, RuleResult, StructureResult } from '../result.ts'

const byId = <T extends { readonly id: string }>(items: readonly T[]): T[] =>
  items.toSorted((a, b) => inOrder(a.id, b.id))

const sorted = (texts: readonly string[]): string[] => [...new Set(texts)].toSorted(inOrder)

/** The title stands in the line above: it is not said twice. */
const withoutTitle = (why: string, title: string | null): string =>
  title === null ? why : why.replace(`${title} → `, () => '')

const recordRule = (rule: RuleResult): LedgerRule => {
  const seen = rule.red?.experiment ?? null
  const plans = recordPlans(rule.plans ?? [])
  const title = rule.experiments.find((e) => e.experiment.id === seen)?.experiment.title ?? seen
  return {
    id: rule.id,
    sentence: rule.sentence,
    declared: rule.declared ?? null,
    claims: sorted(rule.claims),
    green: rule.green,
    red: rule.red
      ? { proven: rule.red.proven, experiment: title, why: withoutTitle(rule.red.why, title) }
      : { proven: false, experiment: null, why: 'this run did not look at it' },
    unsolved: rule.unsolved
      .map(({ summary, tried }) => ({ summary, tried }))
      .toSorted((a, b) => inOrder(a.summary, b.summary) || inOrder(a.tried, b.tried)),
    ...(plans.length === 0 ? {} : { plans }),
  }
}

const isProven = (rule: RuleResult): boolean => rule.green && rule.red?.proven === true

/** A table is claimed by its own declaration, under an id that is no rule's: declaring it is all that it asks for. */
const isClaimProven = (claim: string, rules: ReadonlyMap<string, RuleResult>): boolean => {
  const rule = rules.get(claim)
  return rule === undefined || isProven(rule)
}

/** A digest of mutant ids, whatever their order. */
const mutantsDigest = (ids: readonly string[]): string =>
  digest(
    ids
      .toSorted(inOrder)
      .map((id) => JSON.stringify(id))
      .join('\n'),
  )

const recordStructure = (
  structure: StructureResult,
  rules: ReadonlyMap<string, RuleResult>,
): LedgerStructure => {
  const killed = structure.mutants.filter((m) => m.verdict === 'killed').map((m) => m.id)
  const others = structure.mutants.flatMap(({ id, verdict, why }: MutantResult): LedgerMutant[] =>
    verdict === 'killed' ? [] : [{ id, verdict, why }],
  )
  return {
    id: structure.id,
    definition: structure.definition,
    fingerprint: structure.fingerprint,
    proven: structure.rules.length > 0 && structure.rules.every((id) => isClaimProven(id, rules)),
    rules: sorted(structure.rules),
    killed: { count: killed.length, digest: mutantsDigest(killed) },
    others: byId(others),
  }
}

/** The whole ledger of a run. The run must have looked at everything: what it left out would be recorded as gone. */
export const recordLedger = (result: ProveResult): Ledger => {
  const rules = new Map(result.rules.map((rule) => [rule.id, rule]))
  const tables = sorted([
    ...result.tables,
    ...result.rules.map((rule) => rule.table),
    ...result.structures.flatMap((s) => (s.table === null ? [] : [s.table])),
  ]).filter((table) => table !== databaseObjects)
  const page = (table: string | null): LedgerPage => ({
    table,
    rules: byId(result.rules.filter((r) => r.table === (table ?? databaseObjects)).map(recordRule)),
    structures: byId(
      result.structures.filter((s) => s.table === table).map((s) => recordStructure(s, rules)),
    ),
  })
  return {
    head: {
      architecture: result.architecture,
      major: result.server.major,
      locale: result.server.locale,
      extensions: sorted(result.server.extensions),
      ...(result.statistics === undefined ? {} : { statistics: result.statistics }),
    },
    pages: [null, ...tables].map(page),
    problems: [],
  }
}
