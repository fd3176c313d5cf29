/** Statements that tell operator classes and methods apart: what one can answer and the other cannot. */
import { beyond, type IndexOperator } from './operators.ts'
import { condition, nameOf, selectFrom, type Statement, type StatementParts } from './select.ts'

/** Operators by which few rows are found: for many rows no index is worth its while, and nothing would be told apart. */
const finding = ['=', '&&', '@>', '@@', '@@@', '?', '~~', '%', '~=']

const fewestFirst = (operators: readonly IndexOperator[]): readonly IndexOperator[] => {
  const rank = ({ name }: IndexOperator): number =>
    finding.includes(name) ? finding.indexOf(name) : finding.length
  return operators.toSorted((a, b) => rank(a) - rank(b))
}

/** Methods that look for rows as gin does: each may stand where another was declared. */
const searching = ['gin', 'gist', 'spgist']

/** What only the declared operator class (or method) can answer, and what only another one could. */
export const classStatements = ({ rule, operators, values }: StatementParts): readonly Statement[] =>
  rule.keys.flatMap((key, n) => {
    const { own, others } = operators[n]!
    const first = (candidates: readonly IndexOperator[]): { name: string; select: string } | null => {
      for (const operator of fewestFirst(candidates)) {
        const sql = operator.purpose === 'search' ? condition(key, operator, values[n]!) : null
        if (sql !== null) return { name: operator.name, select: selectFrom(rule, { where: [sql] }) }
      }
      return null
    }
    return others
      .filter(({ method }) =>
        method === rule.using
          ? key.operatorClass !== null
          : searching.includes(method) && searching.includes(rule.using),
      )
      .flatMap((other): readonly Statement[] => {
        const who = other.method === rule.using ? key.operatorClass! : rule.using
        const served = first(beyond(own, other.operators))
        const denied = first(beyond(other.operators, own))
        return [
          ...(served === null
            ? []
            : [
                {
                  title: `${who} answers ${nameOf(key)} ${served.name} …`,
                  select: served.select,
                  demand: 'same' as const,
                },
              ]),
          ...(denied === null
            ? []
            : [
                {
                  title: `${who} does not answer ${nameOf(key)} ${denied.name} …`,
                  select: denied.select,
                  demand: 'denied' as const,
                },
              ]),
        ]
      })
  })
