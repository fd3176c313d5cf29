/** What a suite of tests came to when every structure under it was broken: the command line and the reports read it. */
import type { MutantEffect } from '../catalog/structure.ts'
import type { Finding } from '../prove/result.ts'

/**
 * Killed: the suite failed. Timeout: it did not end in time, which counts as killed. Equivalent: nobody can tell it
 * apart, so it was not run. Stillborn: PostgreSQL refuses it. Unsolved: it could not be made or run.
 */
export type ScoreVerdict = 'killed' | 'timeout' | 'survived' | 'equivalent' | 'stillborn' | 'unsolved'

export interface ScoredMutant {
  readonly id: string
  readonly operator: string
  readonly effect: MutantEffect
  readonly summary: string
  readonly ddl: readonly string[]
  readonly verdict: ScoreVerdict
  /** What the suite said, or why it was not asked. */
  readonly why: string
}

export interface ScoredStructure {
  readonly id: string
  readonly table: string | null
  /** DDL that makes it. */
  readonly create: readonly string[]
  readonly mutants: readonly ScoredMutant[]
}

export type ScoreCounts = Readonly<Record<ScoreVerdict, number>>

export interface SuiteFacts {
  /** As the user wrote it. */
  readonly name: string
  /** Of one run on the database as it is: the slowest of those that were made. */
  readonly seconds: number
  /** A run that takes longer is ended. */
  readonly limitSeconds: number
}

/** A structure that a commit has and the schema has not. */
export interface GoneStructure {
  readonly id: string
  /** As PostgreSQL prints it. */
  readonly definition: string
}

export interface ScoreResult {
  readonly name: string
  readonly major: number
  readonly suite: SuiteFacts
  /** Null: all were asked for. Else a git ref, and how many structures differ from the schema there. */
  readonly since: {
    readonly ref: string
    readonly changed: number
    readonly gone: readonly GoneStructure[]
  } | null
  /** Of which any mutant was asked for. */
  readonly structures: readonly ScoredStructure[]
  readonly counts: ScoreCounts
  readonly findings: readonly Finding[]
  readonly workers: number
  /** Mutants that no test could notice and nobody named: those of comments. */
  readonly leftOut: number
  /** Mutants whose verdict an interrupted run had left behind. */
  readonly resumed: number
  /** Of running the mutants. */
  readonly seconds: number
}

const none: ScoreCounts = { killed: 0, timeout: 0, survived: 0, equivalent: 0, stillborn: 0, unsolved: 0 }

export const countVerdicts = (mutants: readonly Pick<ScoredMutant, 'verdict'>[]): ScoreCounts =>
  mutants.reduce<ScoreCounts>((counts, { verdict }) => ({ ...counts, [verdict]: counts[verdict] + 1 }), none)

/** Mutants that tell anything: a suite may fail to see them. */
export const toldApart = (counts: ScoreCounts): number =>
  counts.killed + counts.timeout + counts.survived + counts.unsolved

export const noticed = (counts: ScoreCounts): number => counts.killed + counts.timeout

/** How far a suite protects a structure; `untold`: none of its mutants could be asked about. */
export type Protection = 'none' | 'part' | 'whole' | 'untold'

export const protectionOf = ({ mutants }: Pick<ScoredStructure, 'mutants'>): Protection => {
  const counts = countVerdicts(mutants)
  const told = toldApart(counts)
  if (told === 0) return 'untold'
  return noticed(counts) === 0 ? 'none' : noticed(counts) === told ? 'whole' : 'part'
}
