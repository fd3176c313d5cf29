/** A CHECK that rejects nothing which NOT NULL, the types, the domains or the other CHECKs of its table let through. */
import type { Finding } from '../../prove/result.ts'
import { impliedChecks, type ImpliedCheck } from '../../rows/idle/implied.ts'
import { droppedCheck, saidImplied, whyImplied } from '../../rows/idle/words.ts'
import type { FindingKind } from './finding-kind.ts'

const finding = (implied: ImpliedCheck): Finding => ({
  code: 'adopt.check-implied',
  severity: 'note',
  structure: implied.study.structure.id,
  summary: `${implied.study.table.id}: ${saidImplied(implied)}`,
  reason: 'a CHECK is implied by what stands beside it',
  why: whyImplied(implied),
  fix: `drop it, unless it is there for its message:\n${droppedCheck(implied.study)}`,
})

export const checkImplied: FindingKind = {
  codes: ['adopt.check-implied'],
  find: async (ground) => (await impliedChecks(ground)).map(finding),
}
