/** What measuring a query found: a broken budget, a time beyond its target, calls that could not be made. */
import { shellCommand } from '../ground/shell-word.ts'
import type { Finding } from '../prove/result.ts'
import { estimatesMend, unknownMend } from '../rules/query/limits.ts'
import { milliseconds } from './milliseconds.ts'
import type { LoadedQuery } from './loaded-query.ts'
import type { ValidatedQuery } from './result.ts'

/** An index is asked for that is nowhere. */
const slipOf = ({ experiments }: LoadedQuery): string | null => {
  const then = experiments[0]?.then
  return then?.kind === 'plan' && then.within ? unknownMend(then.within) : null
}

const indexMend =
  'Declare an index that serves it, with t.indexed(…): the columns of its conditions first, then those of its order; or give it a wider budget.'

/** Nothing is beyond its budget but what was expected of it. */
const isMisjudged = (broken: string): boolean =>
  broken.split('; ').every((one) => one.includes('are misjudged'))

export const queryFindings = (
  query: LoadedQuery,
  { target, isUsual, calls, projected, unprojected, unsolved }: ValidatedQuery,
): readonly Finding[] => {
  const { rule, notes = [], unsolved: open } = query
  const slip = slipOf(query)
  const where = rule.at === null ? {} : { where: rule.at }
  const broken = calls.filter((call) => call.broken !== null)
  const slow = calls.filter((call) => call.broken === null && call.p95 > target)
  return [
    ...unsolved.map((summary): Finding => ({
      code: 'query.unsolved',
      severity: 'error',
      rule: rule.id,
      summary: `"${rule.sentence}" could not be run: ${summary}`,
      why: 'what it costs is not known',
      fix: open.find((one) => one.summary === summary)?.mend ?? 'Bring what it reads with a migration.',
      ...where,
    })),
    ...broken.slice(0, 1).map((call): Finding => ({
      code: 'query.over-budget',
      severity: 'error',
      rule: rule.id,
      summary: `"${rule.sentence}", ${call.title.replace(', it stays within the budget', '')}: ${call.broken!}${broken.length > 1 ? ` (and ${broken.length - 1} more)` : ''}`,
      why: `the budget is declared, and the statement does not stay within it on loaded rows${call.heaviest === null ? '' : `; most goes to ${call.heaviest}`}`,
      fix:
        slip ??
        `${isMisjudged(call.broken!) ? estimatesMend : indexMend} What would help, built and measured:\n${shellCommand('npx', 'assay', 'advise', '--only', rule.id)}`,
      ...where,
    })),
    ...projected
      .filter((call) => call.broken !== null)
      .slice(0, 1)
      .map((call): Finding => ({
        code: 'query.plan-at-size',
        severity: 'error',
        rule: rule.id,
        summary: `"${rule.sentence}", at ${Object.entries(call.rows)
          .map(([id, rows]) => `${rows.toLocaleString('en')} rows of ${id}`)
          .join(' and ')}: ${call.broken!}`,
        why:
          broken.length > 0
            ? 'it is beyond the budget at the declared size, too'
            : 'its plan on the loaded rows is within the budget, and at the declared size PostgreSQL takes another one',
        fix:
          slip ??
          `Look at the plan, and declare what keeps it as it is, with t.indexed(…):\n${call.plan.join('\n')}`,
        ...where,
      })),
    ...unprojected.map((why): Finding => ({
      code: 'query.not-projected',
      severity: 'note',
      rule: rule.id,
      summary: `"${rule.sentence}" was not planned at ${Object.keys(rule.rowsAt).length > 0 ? 'its declared size' : 'other sizes'}`,
      why,
      fix: rule.function
        ? 'Declare a statement whose plan matters as a query of its own.'
        : 'Run assay validate on the embedded server, without --url.',
      ...where,
    })),
    ...slow.slice(0, 1).map((call): Finding => ({
      code: 'query.slow',
      severity: 'warning',
      rule: rule.id,
      summary: `"${rule.sentence}" took ${milliseconds(call.p95)} at the 95th percentile; aimed at are ${milliseconds(target)}`,
      why: `${isUsual ? 'its budget names no p95, so the usual one of its class is aimed at; ' : ''}times depend on the machine: here it took ${call.ratio.toFixed(1)} times as long as the calibration query`,
      fix: rule.function
        ? 'Send fewer statements, or aim at another time: { budget: { p95: … } }.'
        : 'Look at it with EXPLAIN (ANALYZE, BUFFERS), or aim at another time: { budget: { p95: … } }.',
      ...where,
    })),
    ...notes.map((note): Finding => ({
      code: note.code ?? 'rule.note',
      severity: note.severity ?? 'note',
      rule: rule.id,
      summary: note.summary,
      why: note.why ?? 'somebody may not want it so',
      fix: note.mend,
      ...where,
    })),
  ]
}
