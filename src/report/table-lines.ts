/** The rules of one table as readable lines: sentences, and one line for many rules of a kind that are all true. */
import type { RuleResult } from '../prove/result.ts'
import { headline } from './labelled.ts'
import type { Layout } from './paint.ts'

/** More true rules of one kind than this on one table share a line. */
const ownLines = 3

/** What a rule came to, in a run that looked for it. `awaited`: red because the database lacks what it asks for. */
type Standing = 'true' | 'false' | 'awaited'

/** `lookedFor` is `red` when nothing but red evidence was asked for: a rule that fails now is red as it should be. */
const standingOf = (rule: RuleResult, lookedFor: 'red' | 'all'): Standing => {
  if (rule.unsolved.length > 0) return 'false'
  if (lookedFor === 'red') return rule.red?.proven !== true ? 'false' : rule.green ? 'true' : 'awaited'
  return rule.green && (rule.red === null || rule.red.proven) ? 'true' : 'false'
}

/** What stands behind the kind in an id: `tenant_id,slug`. Rules on no table have no name before it. */
const detailOf = ({ id, table }: RuleResult): string => {
  if (!id.startsWith(`${table}/`)) return id
  const own = id.slice(table.length + 1)
  return own.slice(own.indexOf(':') + 1)
}

const ofKind = (rules: readonly RuleResult[], kind: string): readonly RuleResult[] =>
  rules.filter((rule) => rule.kind === kind)

const kindsOf = (rules: readonly RuleResult[]): readonly string[] => [
  ...new Set(rules.map((rule) => rule.kind)),
]

const groupedLines = (rules: readonly RuleResult[], mark: string, layout: Layout): readonly string[] =>
  kindsOf(rules).flatMap((kind) => {
    const own = ofKind(rules, kind)
    return own.length > ownLines
      ? [headline(mark, `${kind}: ${own.map(detailOf).join(', ')}`, layout)]
      : own.map((rule) => headline(mark, rule.sentence, layout))
  })

/** Without the table's name. */
export const tableLines = (
  rules: readonly RuleResult[],
  lookedFor: 'red' | 'all',
  layout: Layout,
): readonly string[] => {
  const { paint } = layout
  const marks = { true: paint.good('✓'), false: paint.bad('✗'), awaited: paint.dim('○') }
  if (rules.every((rule) => rule.missing?.columns === null)) {
    const mark = lookedFor === 'red' ? marks.awaited : marks.false
    const what = rules.length === 1 ? '1 rule is' : `${rules.length} rules are`
    return [headline(mark, `the table does not exist: ${what} red`, layout)]
  }
  return kindsOf(rules).flatMap((kind) => {
    const own = ofKind(rules, kind)
    const at = (standing: Standing): readonly RuleResult[] =>
      own.filter((rule) => standingOf(rule, lookedFor) === standing)
    return [
      ...groupedLines(at('true'), marks.true, layout),
      ...groupedLines(at('awaited'), marks.awaited, layout),
      ...at('false').map((rule) => headline(marks.false, rule.sentence, layout)),
    ]
  })
}
