/** What a person has to look at after a suite was judged: structures that it does not protect, and a score that is too low. */
import type { Finding } from '../prove/result.ts'
import {
  countVerdicts,
  noticed,
  protectionOf,
  toldApart,
  type GoneStructure,
  type ScoreCounts,
  type ScoredMutant,
  type ScoredStructure,
} from './score-result.ts'

const mend = ({ summary, ddl }: ScoredMutant): string =>
  `Add a test that fails when ${summary}; this makes it so:\n${ddl.map((sql) => `${sql};`).join('\n')}`

const unprotected = ({ id, mutants }: ScoredStructure): Finding => {
  const survivors = mutants.filter(({ verdict }) => verdict === 'survived')
  return {
    code: 'score.unprotected',
    severity: 'warning',
    structure: id,
    summary:
      survivors.length === 1
        ? `${id}: the suite passes when ${survivors[0]!.summary}`
        : `${id}: the suite passes with each of its ${survivors.length} mutants`,
    reason: 'the suite passes, whatever becomes of it',
    why: 'a migration could do the same, and no test would fail',
    fix: survivors[0] ? mend(survivors[0]) : 'Add a test that needs it.',
  }
}

const survivor =
  (structure: ScoredStructure) =>
  (mutant: ScoredMutant): Finding => ({
    code: 'score.survived',
    severity: 'warning',
    structure: structure.id,
    summary: `${mutant.id}: ${mutant.summary}`,
    why: 'the suite passes when it is broken in this way',
    fix: mend(mutant),
  })

const unsolved =
  (structure: ScoredStructure) =>
  (mutant: ScoredMutant): Finding => ({
    code: 'score.unsolved',
    severity: 'warning',
    structure: structure.id,
    summary: `${mutant.id}: it is not known whether the suite notices it`,
    why: mutant.why,
    fix:
      'Run the suite by hand against a database that was changed so:\n' +
      mutant.ddl.map((sql) => `${sql};`).join('\n'),
  })

export const structureFindings = (structure: ScoredStructure): readonly Finding[] => {
  const { mutants } = structure
  const open = mutants.filter(({ verdict }) => verdict === 'unsolved').map(unsolved(structure))
  const survivors = mutants.filter(({ verdict }) => verdict === 'survived')
  if (survivors.length > 0 && protectionOf(structure) === 'none') return [unprotected(structure), ...open]
  return [...survivors.map(survivor(structure)), ...open]
}

/** Rounded down to tenths, so that 100 is said of all and of nothing less; null: nothing could be told apart. */
export const scorePercent = (counts: ScoreCounts): number | null => {
  const told = toldApart(counts)
  return told === 0 ? null : Math.floor((1000 * noticed(counts)) / told) / 10
}

export const belowFinding = (counts: ScoreCounts, atLeast: number): readonly Finding[] => {
  const percent = scorePercent(counts)
  // A score of nothing is not what was asked for.
  if (percent !== null && percent >= atLeast) return []
  return [
    {
      code: 'score.below',
      severity: 'error',
      summary:
        percent === null
          ? 'there was no mutant that the suite could be judged by'
          : `the suite notices ${percent} % of the mutants, and ${atLeast} % are asked for`,
      why: `--at-least ${atLeast} refuses a suite that protects less`,
      fix: 'Add tests for the structures that are not protected, or ask for less with a reviewer’s consent.',
    },
  ]
}

/** The suite failed on the database as it is, after everything: some of what it noticed may have been that. */
export const unsteadyFinding = (why: string): Finding => ({
  code: 'score.unsteady',
  severity: 'error',
  summary: `at the end the suite fails on the database as it is: ${why}`,
  why: 'it passed there before; whatever makes it fail now may have killed mutants that it would not have noticed',
  fix: 'See what the runs leave behind (roles, files, ports), or run one at a time: assay score … --workers 1 --restart',
})

export const goneFinding = ({ id, definition }: GoneStructure, since: string): Finding => ({
  code: 'score.gone',
  severity: 'warning',
  structure: id,
  summary: `${id}: it is gone since ${since}, and the suite passes without it`,
  reason: `gone since ${since}, and the suite passes`,
  why: 'what is gone has no mutants: it is itself the change that no test noticed',
  fix: `If it is not meant, make it again and add a test that fails without it:\n-- ${definition.replaceAll('\n', '\n-- ')}`,
})

export const countAll = (structures: readonly ScoredStructure[]): ScoreCounts =>
  countVerdicts(structures.flatMap(({ mutants }) => mutants))
