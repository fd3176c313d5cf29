/** What pgTAP suites and plain scripts have in common: how they are meant, and the rows that experiments stand on. */
import { printable } from './printable.ts'
import { sqlText, type CheckedRule, type ExportedChecks } from './exported-checks.ts'
import { worldTable } from './outcome-function.ts'

/** A comment of one line that nothing in the text can end. */
export const sqlComment = (text: string): string => `-- ${printable(text).replaceAll(/\s+/gu, ' ')}`

const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`

export const scriptHeadLines = (
  architecture: string,
  { checked, skipped, shadows }: ExportedChecks,
  run: string,
): readonly string[] => [
  sqlComment(`${architecture}: ${counted(checked, 'experiment')}, written by assay export; ${run}`),
  sqlComment(
    'Run it as a superuser on a database of its own that has the migrations and no rows of anybody: every',
  ),
  sqlComment(
    'experiment is taken back, but sequences are not. The tables should be owned by a role without superuser.',
  ),
  ...(skipped.length === 0
    ? []
    : [sqlComment(`Left out, each with its reason below: ${counted(skipped.length, 'experiment')}.`)]),
  ...(shadows === 0
    ? []
    : [
        sqlComment(
          `Not listed: ${counted(shadows, 'row')} that other structures refuse, whatever becomes of the rule's own.`,
        ),
      ]),
]

/** Stored once, and laid anew for each experiment. */
export const worldsSql = ({ worlds }: ExportedChecks): string =>
  worlds
    .map(({ id, statements }) => {
      const texts = statements.map((sql) => `\n  ${sqlText(sql)}`).join(',')
      return `insert into ${worldTable} values (${sqlText(id)}, array[${texts}]::text[]);`
    })
    .join('\n')

export const ruleComment = ({ id, sentence }: CheckedRule): string => sqlComment(`${id}: ${sentence}`)
