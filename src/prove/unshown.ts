/**
 * What stands beside the tables and can be broken unnoticed, such as a function: one finding for each, however many
 * ways there are. Where nothing but its removal is noticed, no rule says what it does: unproven, and not green.
 */
import type { Finding, MutantResult, StructureResult } from './result.ts'

type Broken = Pick<MutantResult, 'verdict' | 'effect'>

const isOpen = ({ verdict }: Pick<MutantResult, 'verdict'>): boolean =>
  verdict === 'survived' || verdict === 'unsolved'

/** No rule says what it does. */
export const isUnshown = ({
  table,
  mutants,
}: {
  readonly table: string | null
  readonly mutants: readonly Broken[]
}): boolean =>
  table === null &&
  mutants.some((one) => isOpen(one) && one.effect !== 'removed') &&
  !mutants.some(({ verdict, effect }) => verdict === 'killed' && effect !== 'removed')

const why = 'no experiment shows what it does'

/** Mutants of what no rule shows are no survivors of a proof: there is none. */
export const withoutProof = (
  table: string | null,
  mutants: readonly MutantResult[],
): readonly MutantResult[] =>
  isUnshown({ table, mutants })
    ? mutants.map((one) => (one.verdict === 'survived' ? { ...one, verdict: 'unsolved', why } : one))
    : mutants

/** More are not told by name. */
const mostNamed = 12

const declaration = (s: StructureResult): string =>
  s.declaredBy === null ? 'declare a rule that shows it' : `declare a rule that shows it:\n${s.declaredBy}`

/** `told`: what would be said of each of its mutants alone. Undefined where that is said. */
export const unshownFinding = (s: StructureResult, told: readonly Finding[]): Finding | undefined => {
  if (s.table !== null || told.length < 2) return undefined
  const isWhole = isUnshown(s)
  const ways = `${told.length} ways to break it would go unnoticed`
  const named = told.slice(0, mostNamed).map((one) => one.reason ?? one.summary)
  const more = told.length > mostNamed ? `; and ${told.length - mostNamed} more` : ''
  return {
    code: isWhole ? 'structure.unproven' : 'mutant.survived',
    severity: 'error',
    structure: s.id,
    summary: isWhole
      ? `database: nothing shows what ${s.id} does: ${ways}`
      : `database: ${s.id} is proven in part: ${ways}`,
    why: `${isWhole ? 'a rule asks that it exists, and none for what it does' : 'every experiment answers as before when'}: ${named.join('; ')}${more}`,
    fix: declaration(s),
  }
}
