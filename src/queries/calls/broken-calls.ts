/** What declared calls do that they may not, one finding for each kind of it; and what policies hid from a part of a call. */
import type { DeclaredRule } from '../../architecture/rule.ts'
import { workIn } from '../../prove/call-work.ts'
import type { Finding } from '../../prove/result.ts'
import type { Measured } from './measured-call.ts'

type SaidRule = Pick<DeclaredRule, 'id' | 'at'> & { readonly sentence: string }

const about = ({ id, at }: SaidRule): Pick<Finding, 'rule' | 'where'> => ({
  rule: id,
  ...(at === null ? {} : { where: at }),
})

/** `usual`: the code of what is looked at for nothing else but its budget. */
export const brokenFindings = (
  rule: SaidRule,
  measured: readonly Measured[],
  usual: string,
): readonly Finding[] => {
  const codeOf = ({ result }: Measured): string => result.experiment.code ?? usual
  // What is refused is told once, where its budget is looked at.
  const isTold = (one: Measured): boolean => codeOf(one) !== usual && one.result.observed.fault !== null
  const broken = measured.filter((one) => one.broken !== null && !isTold(one))
  return [...new Set(broken.map(codeOf))].map((code): Finding => {
    const [first, ...others] = broken.filter((one) => codeOf(one) === code)
    return {
      code,
      severity: 'error',
      ...about(rule),
      summary: `"${rule.sentence}": ${first!.broken!}${others.length > 0 ? ` (and ${others.length} more)` : ''}`,
      why: 'the budget is declared, and what one call sends does not stay within it on filled tables',
      fix: first!.result.experiment.mend ?? 'Give it a wider budget.',
    }
  })
}

const shortest = 120

const oneLine = (sql: string): string => {
  const line = sql.trim().replaceAll(/\s+/gu, ' ')
  return line.length > shortest ? `${line.slice(0, shortest - 1)}…` : line
}

/** Of calls that see something: a statement of theirs that sees nothing where there is something. */
export const partlyUnseen = (rule: SaidRule, measured: readonly Measured[]): readonly Finding[] =>
  measured
    .filter(({ broken }) => broken === null)
    .flatMap(({ result }) => workIn(result.observed.rows)?.hidden ?? [])
    .slice(0, 1)
    .map(({ sql, rows }) => ({
      code: 'query.sees-nothing',
      severity: 'warning' as const,
      ...about(rule),
      summary: `"${rule.sentence}": whoever calls it sees nothing by "${oneLine(sql)}" under the policies; without them it finds ${rows}`,
      why: 'what it costs to find these rows was not measured: those that it comes from lead to rows of somebody else',
      fix: 'Name calls that find rows there, with { with: [{ … }] }; or where its rows belong to whoever the others belong to, say so with a foreign key over both columns.',
    }))
