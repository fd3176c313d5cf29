/** What measuring a write found: a broken budget, a time beyond its target, calls that were refused or not made. */
import type { WriteRule } from '../../architecture/kinds/write.ts'
import type { PgFault } from '../../postgres/fault.ts'
import type { Finding } from '../../prove/result.ts'
import { milliseconds } from '../milliseconds.ts'
import type { MeasuredWrite, ValidatedWrite } from '../result.ts'

const wordsOf = ({ title }: MeasuredWrite): string => title.replace(', it stays within the budget', '')

const refusedText = ({ refused }: MeasuredWrite): string =>
  Object.entries(refused)
    .map(([sqlstate, times]) => `${times} with ${sqlstate}`)
    .join(', ')

/** PostgreSQL refused the rows that so many writers would need. */
export const fewerRows = ({ id, at, sentence }: WriteRule, { message }: PgFault): Finding => ({
  code: 'write.fewer-rows',
  severity: 'note',
  rule: id,
  ...(at === null ? {} : { where: at }),
  summary: `"${sentence}" was measured with fewer rows than it declares`,
  why: `its tables could not be filled for all writers at once: ${message}`,
  fix: 'Say how the column’s values are spread, with volumes in architecture(…).',
})

export const writeFindings = (
  rule: Pick<WriteRule, 'at' | 'id' | 'sentence' | 'retries'>,
  { target, calls, unsolved }: Pick<ValidatedWrite, 'target' | 'calls' | 'unsolved'>,
): readonly Finding[] => {
  const place = { rule: rule.id, ...(rule.at === null ? {} : { where: rule.at }) }
  const broken = calls.filter((call) => call.broken !== null)
  const slow = calls.filter((call) => call.runs > 0 && target !== null && call.p95 > target)
  const refused = calls.filter((call) => Object.keys(call.refused).length > 0)
  return [
    ...unsolved.map((summary): Finding => ({
      code: 'write.unsolved',
      severity: 'error',
      ...place,
      summary: `"${rule.sentence}" could not be run: ${summary}`,
      why: 'what it costs is not known',
      fix: 'Name calls to run it with: { with: [{ … }] }; or bring what it names with a migration.',
    })),
    ...broken.slice(0, 1).map((call): Finding => ({
      code: 'write.over-budget',
      severity: 'error',
      ...place,
      summary: `"${rule.sentence}", ${wordsOf(call)}: ${call.broken!}${broken.length > 1 ? ` (and ${broken.length - 1} more)` : ''}`,
      why: 'the budget is declared, and the call does not stay within it on filled tables',
      fix: 'Declare what it lacks, with t.indexed(…): an index for the rows that it finds, and for those that point to rows that it deletes; or give it a wider budget.',
    })),
    ...refused.slice(0, 1).map((call): Finding => ({
      code: 'write.refused',
      severity: 'warning',
      ...place,
      summary: `"${rule.sentence}", ${wordsOf(call)}: some calls were refused: ${refusedText(call)}`,
      why: `${rule.retries === 0 ? 'it does not begin again' : `it was begun again ${rule.retries} times at most`}, and a call that is refused has no time`,
      fix: 'Take rows in one order, lock them first (select … for update), or let the call begin again: { retries: 5 }.',
    })),
    ...slow.slice(0, 1).map((call): Finding => ({
      code: 'write.slow',
      severity: 'warning',
      ...place,
      summary: `"${rule.sentence}", ${wordsOf(call)}: it took ${milliseconds(call.p95)} at the 95th percentile; aimed at are ${milliseconds(target!)}`,
      why: `times depend on the machine: here it took ${call.ratio.toFixed(1)} times as long as the calibration query`,
      fix: 'Look at what it counts (rows, index entries, log) for what grows with it, or aim at another time: { budget: { p95: … } }.',
    })),
  ]
}
