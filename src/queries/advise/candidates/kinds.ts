/** The kinds of candidates, the plainest first. To add one, add a file and a line. */
import type { CandidateKind } from '../candidate.ts'
import { brin } from './brin.ts'
import { btree } from './btree.ts'
import { covering } from './covering.ts'
import { extendedStatistics } from './extended-statistics.ts'
import { gin } from './gin.ts'
import { gist } from './gist.ts'
import { hash } from './hash.ts'
import { partial } from './partial.ts'
import { pattern } from './pattern.ts'

export const candidateKinds: readonly CandidateKind[] = [
  btree,
  partial,
  covering,
  pattern,
  gin,
  gist,
  brin,
  hash,
  extendedStatistics,
]
